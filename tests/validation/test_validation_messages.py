"""The error messages of validation, quoted in full."""

import pytest
from messages import NOBODY, check_message

MESSAGES = [
    (
        'tg.Input("", shape=())',
        "ArgumentTypeError",
        (
            'The name of a node must be a string of at least one character, such as "layer1/W";'
            " got ''."
        ),
        NOBODY,
    ),
    (
        'tg.Input("x", shape=3)',
        "ArgumentTypeError",
        (
            "The shape of input 'x' must be a tuple of sizes, with None for the batch size, "
            "such as (None, 2); got 3."
        ),
        NOBODY,
    ),
    (
        'tg.Input("x", shape=(-1,))',
        "ArgumentTypeError",
        (
            "The shape of input 'x' must be a tuple of sizes, with None for the batch size, "
            "such as (None, 2); got (-1,)."
        ),
        NOBODY,
    ),
    (
        "tg.Parameter(1.0, name=3)",
        "ArgumentTypeError",
        (
            'The name of a node must be a string of at least one character, such as "layer1/W";'
            " got 3."
        ),
        NOBODY,
    ),
    (
        'tg.Constant("cat", name="k")',
        "DtypeError",
        (
            "The value of constant 'k' must be an array of numbers, float64 or float32 (whole "
            "numbers and booleans are converted); got dtype <U3 in 'cat'."
        ),
        NOBODY,
    ),
    (
        "tg.Constant(None)",
        "DtypeError",
        (
            "The value of constant None must be an array of numbers, float64 or float32 (whole "
            "numbers and booleans are converted); got dtype object in None."
        ),
        NOBODY,
    ),
    (
        "tg.Sigmoid(a, name=1)",
        "ArgumentTypeError",
        (
            'The name of a node must be a string of at least one character, such as "layer1/W";'
            " got 1."
        ),
        NOBODY,
    ),
    (
        (
            'w = tg.Parameter(1.0, name="w"); m = tg.Graph(tg.Tanh(w, name="y")); m.forward(); '
            'm["y"].value = "cat"; m.backward()'
        ),
        "StateError",
        (
            'backward() differentiates the last forward run, but Tanh "y" has another value '
            "since (by an assignment). Call forward(…) again first."
        ),
        NOBODY,
    ),
    (
        'class Odd(tg.Op):\n    rules = "cat"\n    def forward(self, x): return x',
        "ArgumentTypeError",
        (
            "rules of Odd must be a tuple with one Rule(math, code) per argument, made of "
            "strings; got 'cat'."
        ),
        NOBODY,
    ),
    (
        "bad(y=lambda x: None)",
        "OpError",
        'forward of Bad "bad" returned None. Does it lack a return statement?',
        "bad",
    ),
    (
        "bad(grads=lambda g: None)",
        "OpError",
        (
            'backward of Bad "bad" returned None. Does it lack a return statement? If no '
            "gradient flows to an input, put None in a tuple: (None,)."
        ),
        "bad",
    ),
    (
        "tg.Graph(Bad(a, promised=(1.5,)))",
        "ArgumentTypeError",
        (
            "The shape of Bad (unnamed), from its infer_shape, must be a tuple of sizes, with "
            "None for the batch size, such as (None, 2); got (1.5,)."
        ),
        NOBODY,
    ),
    (
        'tg.Graph(Bad(a, promised="cat"))',
        "ArgumentTypeError",
        (
            "The shape of Bad (unnamed), from its infer_shape, must be a tuple of sizes, with "
            "None for the batch size, such as (None, 2); got 'cat'."
        ),
        NOBODY,
    ),
    (
        'tg.Graph(Pair(a, a, name="pair")).forward(a=np.ones((1, 2)))',
        "OpError",
        'forward of Pair "pair" failed on a (1, 2), a (1, 2): ValueError: no luck',
        "pair",
    ),
    (
        'tg.Graph(Pair(a, a, name="pair")).predict(a=np.ones((1, 2)))',
        "OpError",
        'forward of Pair "pair" failed on a (1, 2), a (1, 2): ValueError: no luck',
        "pair",
    ),
    (
        'tg.Graph(Pair(1.0, 2.0, name="pair")).forward()',
        "OpError",
        'forward of Pair "pair" failed on Constant1 (), Constant2 (): ValueError: no luck',
        "pair",
    ),
    (
        'bad(y=lambda x: "cat")',
        "DtypeError",
        (
            'The value that forward of Bad "bad" returned must be an array of numbers, float64 '
            "or float32 (whole numbers and booleans are converted); got dtype <U3 in 'cat'."
        ),
        NOBODY,
    ),
    (
        "bad(y=lambda x: x[0])",
        "OpError",
        (
            'forward of Bad "bad" returned an array of shape (3,), but its infer_shape gave (2,'
            " 3). Correct the one that is wrong."
        ),
        "bad",
    ),
    (
        "bad(y=lambda x: 1 / 0)",
        "OpError",
        'forward of Bad "bad" failed on w (2, 3): ZeroDivisionError: division by zero',
        "bad",
    ),
    (
        "bad(grads=lambda g: (g, g))",
        "OpError",
        (
            'backward of Bad "bad" must return one gradient per input (1, in the same order); '
            "it returned 2."
        ),
        "bad",
    ),
    (
        "bad(grads=lambda g: [])",
        "OpError",
        (
            'backward of Bad "bad" must return one gradient per input (1, in the same order); '
            "it returned 0."
        ),
        "bad",
    ),
    (
        "bad(grads=lambda g: g.T)",
        "OpError",
        (
            'backward of Bad "bad" returned a gradient of shape (3, 2) for w, but w has the '
            "shape (2, 3). A gradient must have the same shape as its value. Did you forget a "
            "transpose?"
        ),
        "bad",
    ),
    (
        "bad(grads=lambda g: g[0])",
        "OpError",
        (
            'backward of Bad "bad" returned a gradient of shape (3,) for w, but w has the shape'
            " (2, 3). A gradient must have the same shape as its value."
        ),
        "bad",
    ),
    (
        "bad(grads=lambda g: np.ones((5, 2, 3)))",
        "OpError",
        (
            'backward of Bad "bad" returned a gradient of shape (5, 2, 3) for w, but w has the '
            "shape (2, 3). A gradient must have the same shape as its value. Did you forget to "
            "sum over the batch, or over a broadcast axis?"
        ),
        "bad",
    ),
    (
        "bad(grads=lambda g: np.ones((4, 3)))",
        "OpError",
        (
            'backward of Bad "bad" returned a gradient of shape (4, 3) for w, but w has the '
            "shape (2, 3). A gradient must have the same shape as its value. Did you forget to "
            "sum over the batch, or over a broadcast axis?"
        ),
        "bad",
    ),
    (
        'bad(grads=lambda g: "cat")',
        "DtypeError",
        (
            'The gradient that backward of Bad "bad" returned must be an array of numbers, '
            "float64 or float32 (whole numbers and booleans are converted); got dtype <U3 in "
            "'cat'."
        ),
        NOBODY,
    ),
    (
        "bad(grads=lambda g: 1 / 0)",
        "OpError",
        'backward of Bad "bad" failed on w (2, 3): ZeroDivisionError: division by zero',
        "bad",
    ),
    (
        "lab2.forward()",
        "FeedError",
        (
            "This run needs a feed for each of the inputs 'x', 't'. The feed 'x' is missing; "
            "got nothing."
        ),
        NOBODY,
    ),
    (
        "lab2.forward(X=1, t=1)",
        "FeedError",
        (
            "This run needs a feed for each of the inputs 'x', 't'. The feed 'x' is missing; "
            "got 'X', 't'. Should 'X' be 'x'?"
        ),
        NOBODY,
    ),
    (
        "lab2.forward(x=1, t=1, y=1)",
        "ShapeError",
        (
            "The input 'x' has the shape (B, 2), where B is the batch size, but the feed has "
            "the shape ()."
        ),
        "x",
    ),
    (
        "lab2.predict(X=1)",
        "FeedError",
        (
            "This run needs a feed for each of the inputs 'x'. The feed 'x' is missing; got "
            "'X'. Should 'X' be 'x'?"
        ),
        NOBODY,
    ),
    (
        "feed((None, 1), x=np.ones(3), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "The input 'x' has the shape (B, 1), where B is the batch size, but the feed has "
            "the shape (3,). To make a column of labels, use x.reshape(-1, 1)."
        ),
        "x",
    ),
    (
        "feed((None, 2), x=np.ones(2), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "The input 'x' has the shape (B, 2), where B is the batch size, but the feed has "
            "the shape (2,). To feed one sample as a batch of one, use x.reshape(1, -1)."
        ),
        "x",
    ),
    (
        "feed((3, 2), x=np.ones((2, 3)), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "The input 'x' has the shape (3, 2), where B is the batch size, but the feed has "
            "the shape (2, 3). Is it transposed? Try x.T."
        ),
        "x",
    ),
    (
        "feed((3, 2), x=np.ones((4, 5)), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "The input 'x' has the shape (3, 2), where B is the batch size, but the feed has "
            "the shape (4, 5)."
        ),
        "x",
    ),
    (
        "feed((3, 2), x=np.ones((2, 3, 1)), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "The input 'x' has the shape (3, 2), where B is the batch size, but the feed "
            "has the shape (2, 3, 1). Does the feed have a batch axis? Then the input must "
            "have one, too: shape=(None, 3, 2)."
        ),
        "x",
    ),
    (
        "feed((None, 1), x=np.ones((4, 1)), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "All feeds of one run must have the same batch size, but 'x' has 4 samples and 't' "
            "has 3. Feed both from the same samples."
        ),
        "t",
    ),
    (
        "feed((None, 2), x=np.ones(5), t=np.ones((3, 1)))",
        "ShapeError",
        (
            "The input 'x' has the shape (B, 2), where B is the batch size, but the feed has "
            "the shape (5,)."
        ),
        "x",
    ),
    (
        'feed((None, 1), x=np.ones((1, 1)), t="cat")',
        "DtypeError",
        (
            "The feed 't' must be an array of numbers, float64 or float32 (whole numbers and "
            "booleans are converted); got dtype <U3 in 'cat'."
        ),
        NOBODY,
    ),
    (
        "feed((None, 1), x=[[1]])",
        "FeedError",
        (
            "This run needs a feed for each of the inputs 'x', 't'. The feed 't' is missing; "
            "got 'x'."
        ),
        NOBODY,
    ),
    (
        "m = tg.Graph(b * 2.0)\nm.forward()\nm.backward()",
        "StateError",
        (
            'backward() needs a scalar output, but Multiply "Multiply1" has the shape (3,). End'
            " the graph with a loss or a Sum, or pass backward(seed=…), the gradient to start "
            "from."
        ),
        NOBODY,
    ),
    (
        "m = tg.Graph(b * 2.0)\nm.forward()\nm.backward(seed=np.ones(4))",
        "ShapeError",
        (
            'The seed of backward() must have the shape of the output Multiply "Multiply1", '
            "(3,); got (4,)."
        ),
        "Multiply1",
    ),
    (
        'm = tg.Graph(b * 2.0)\nm.forward()\nm.backward(seed="cat")',
        "DtypeError",
        (
            "The seed of backward() must be an array of numbers, float64 or float32 (whole "
            "numbers and booleans are converted); got dtype <U3 in 'cat'."
        ),
        NOBODY,
    ),
    (
        'b.value = "cat"',
        "DtypeError",
        (
            "The value of a parameter must be an array of numbers, float64 or float32 (whole "
            "numbers and booleans are converted); got dtype <U3 in 'cat'."
        ),
        NOBODY,
    ),
    (
        'tg.SGD([tg.Parameter(1.0, name="w")]).step()',
        "StateError",
        (
            'SGD.step() needs the gradient of every parameter, but Parameter "w" has none. Call'
            " backward() first. If you did, the output does not depend on this parameter: leave"
            " it out of the optimizer."
        ),
        NOBODY,
    ),
    (
        'state(memory=[{"m": "cat", "v": np.ones(2)}])',
        "DtypeError",
        (
            'The m of Parameter "w" in a state of Adam must be an array of numbers, float64 or '
            "float32 (whole numbers and booleans are converted); got dtype <U3 in 'cat'."
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
