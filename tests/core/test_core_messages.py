"""The error messages of core, quoted in full."""

import pytest
from messages import NOBODY, UNNAMED, check_message

MESSAGES = [
    (
        "tg.Input(None, shape=())",
        "ArgumentTypeError",
        'A node of class Input needs a name: Input("x", …).',
        NOBODY,
    ),
    (
        "a + b",
        "ShapeError",
        (
            "Add (unnamed): broadcasting needs sizes that are equal or 1, compared from the "
            "last axis; got (B, 2) and (3,), from a (B, 2), b (3,)."
        ),
        UNNAMED,
    ),
    (
        'a ** "k"',
        "ArgumentTypeError",
        "The exponent k of a ** k must be a number, an array or a node; got 'k'.",
        NOBODY,
    ),
    (
        "a ** True",
        "ArgumentTypeError",
        "The exponent k of a ** k must be a number, an array or a node; got True.",
        NOBODY,
    ),
    (
        "a ** b",
        "ShapeError",
        (
            "VariablePower (unnamed): broadcasting needs sizes that are equal or 1, "
            "compared from the last axis; got (B, 2) and (3,), from a (B, 2), b (3,)."
        ),
        UNNAMED,
    ),
    (
        "tg.Sum(a, axs=1)",
        "ArgumentTypeError",
        ('Sum takes no keyword \'axs\'. Did you mean "axis"? Valid: "name", "axis", "keepdims".'),
        NOBODY,
    ),
    (
        "tg.Sigmoid()",
        "ArgumentTypeError",
        "Sigmoid (unnamed) takes 1 input(s), (x); got 0.",
        NOBODY,
    ),
    (
        "tg.Sigmoid(a, a)",
        "ArgumentTypeError",
        "Sigmoid (unnamed) takes 1 input(s), (x); got 2.",
        NOBODY,
    ),
    (
        "Anything()",
        "ArgumentTypeError",
        "Anything (unnamed) takes 1 input(s), (xs); got 0.",
        NOBODY,
    ),
    (
        'tg.Sigmoid("x")',
        "ArgumentTypeError",
        (
            "The inputs of Sigmoid (unnamed) must be nodes, or numbers that become constants; "
            "got 'x'."
        ),
        NOBODY,
    ),
    (
        "tg.Sigmoid(tg.Sigmoid)",
        "ArgumentTypeError",
        "The inputs of Sigmoid (unnamed) must be nodes; got the class Sigmoid itself.",
        NOBODY,
    ),
    (
        "tg.Sigmoid(a, exponent=2)",
        "ArgumentTypeError",
        "Sigmoid takes no keyword 'exponent'. Valid: \"name\".",
        NOBODY,
    ),
    (
        "lab2.forward(np.ones((1, 2)), np.ones((1, 1)))",
        "ArgumentTypeError",
        (
            "Pass each feed by the name of its input: forward(x=…, t=…). Without names, one "
            "array could be mistaken for another."
        ),
        NOBODY,
    ),
    (
        "lab2.predict(np.ones((1, 2)))",
        "ArgumentTypeError",
        (
            "Pass each feed by the name of its input: predict(x=…). Without names, one array "
            "could be mistaken for another."
        ),
        NOBODY,
    ),
    (
        "class Odd(tg.Op):\n    forward = 7",
        "ArgumentTypeError",
        (
            "forward of Odd must be a method that names its arguments, such as forward(self, x); "
            "got 7."
        ),
        NOBODY,
    ),
    (
        "tg.Op(a)",
        "OpError",
        "Op (unnamed) has no forward: its class must define one.",
        UNNAMED,
    ),
    (
        "class Empty(tg.Op):\n    def forward(self): ...\nEmpty(a)",
        "ArgumentTypeError",
        "Empty (unnamed) takes 0 input(s), (); got 1.",
        NOBODY,
    ),
    (
        'Pair(a, b, name="pair")',
        "ShapeError",
        (
            'Pair "pair": broadcasting needs sizes that are equal or 1, compared from the last '
            "axis; got (B, 2) and (3,), from a (B, 2), b (3,)."
        ),
        "pair",
    ),
    (
        'tg.Graph(Pair.__base__(name="op"))',
        "OpError",
        'infer_shape of Op "op" failed on : IndexError: tuple index out of range',
        "op",
    ),
    (
        'tg.Graph("cat")',
        "ArgumentTypeError",
        (
            "The output of a Graph must be a node, such as the MSE node at the end of a "
            "network; got 'cat'."
        ),
        NOBODY,
    ),
    (
        'tg.Graph(a, prediction="cat")',
        "ArgumentTypeError",
        (
            "The prediction of a Graph must be a node, such as the MSE node at the end of a "
            "network; got 'cat'."
        ),
        NOBODY,
    ),
    (
        'tg.Graph(tg.Add(tg.Input("a", ()), a))',
        "DuplicateNameError",
        (
            'Node names must be unique, but Input "a" and Input "a" have the same name. Rename '
            "one of them."
        ),
        NOBODY,
    ),
    (
        'lab2["layer1/x"]',
        "UnknownNameError",
        (
            'No node of this graph is called \'layer1/x\'. Did you mean "layer1/z"? Valid: "x", '
            '"layer1/W", "layer1/z", "layer1/b", "layer1/a", "layer1/h", "layer2/W", '
            '"layer2/z", "layer2/b", "layer2/a", "layer2/h", "layer3/W", … (18 in all).'
        ),
        NOBODY,
    ),
    (
        "lab2[3]",
        "UnknownNameError",
        (
            'No node of this graph is called 3. Valid: "x", "layer1/W", "layer1/z", "layer1/b",'
            ' "layer1/a", "layer1/h", "layer2/W", "layer2/z", "layer2/b", "layer2/a", '
            '"layer2/h", "layer3/W", … (18 in all).'
        ),
        NOBODY,
    ),
    (
        "tg.Graph(a).backward()",
        "StateError",
        "Call forward(…) before backward(): there is no run to differentiate yet.",
        NOBODY,
    ),
    (
        "b.value = np.ones(4)",
        "ShapeError",
        'The value of Parameter "b" must keep its shape (3,); got an array of shape (4,).',
        "b",
    ),
    (
        'tg.gradcheck("cat")',
        "ArgumentTypeError",
        (
            "The output of a Graph must be a node, such as the MSE node at the end of a "
            "network; got 'cat'."
        ),
        NOBODY,
    ),
    (
        (
            "f, s = tg.Exp(b, name='first'), tg.Exp(b, name='second'); "
            "f.inputs, s.inputs = (s,), (f,); tg.Graph(s)"
        ),
        "CycleError",
        (
            'A graph must not have a cycle, but Exp "first" reads Exp "second", which itself '
            'depends on Exp "first". Build a new node instead of changing the inputs of an old '
            "one."
        ),
        NOBODY,
    ),
]


@pytest.mark.parametrize(
    ("code", "kind", "message", "node"),
    MESSAGES,
    ids=[f"{k}-{row[1]}" for k, row in enumerate(MESSAGES)],
)
def test_a_message_in_full(code, kind, message, node):
    check_message(code, kind, message, node)
