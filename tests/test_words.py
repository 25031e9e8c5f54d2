"""What tinygraph says, to the letter: a lesson is only as good as its words."""

import numpy as np
import pytest

import tinygraph as tg


class Bad(tg.Op):
    y = None
    grads = None
    promised = (2, 3)

    def forward(self, x):
        return self.y(x)

    def backward(self, g, y, x):
        return self.grads(g)

    def infer_shape(self, x):
        return self.promised


class Pair(tg.Op):
    def forward(self, a, b):
        raise ValueError("no luck")


class Anything(tg.Op):
    def forward(self, *xs):
        return sum(xs)


def bad(y=lambda x: x, grads=lambda g: g, promised=(2, 3)):
    """Run an op that does what it is told, forward and backward."""
    w = tg.Parameter(np.ones((2, 3)), name="w")
    model = tg.Graph(Bad(w, name="bad", y=y, grads=grads, promised=promised))
    model.forward()
    model.backward(seed=np.ones((2, 3)))


def state(**changes):
    """Load a changed state into an Adam."""
    opt = tg.Adam([tg.Parameter(np.ones(2), name="w")])
    opt.load_state({**opt.state(), **changes})


def feed(shape, **feeds):
    """Feed a graph with the inputs x, of ``shape``, and t."""
    x, t = tg.Input("x", shape=shape), tg.Input("t", shape=(None, 1))
    return tg.Graph(tg.Sum(x) + tg.Sum(t)).forward(**feeds)


a, b = tg.Input("a", shape=(None, 2)), tg.Parameter(np.ones(3), name="b")
lab2 = tg.lab2.model(rng=0)

NOBODY, UNNAMED = object(), object()

LESSONS = [
    (
        "tg.Input(None, shape=())",
        "ArgumentTypeError",
        'An Input needs a name to be fed by, such as Input("x", …).',
        NOBODY,
    ),
    (
        'tg.Input("", shape=())',
        "ArgumentTypeError",
        "The name of a node is a text of at least one character, such as \"layer1/W\"; got ''.",
        NOBODY,
    ),
    (
        'tg.Input("x", shape=3)',
        "ArgumentTypeError",
        "The shape of input 'x' is a tuple of sizes, with None for the batch size, such "
        "as (None, 2); got 3.",
        NOBODY,
    ),
    (
        'tg.Input("x", shape=(-1,))',
        "ArgumentTypeError",
        "The shape of input 'x' is a tuple of sizes, with None for the batch size, such "
        "as (None, 2); got (-1,).",
        NOBODY,
    ),
    (
        "tg.Parameter(1.0, name=3)",
        "ArgumentTypeError",
        'The name of a node is a text of at least one character, such as "layer1/W"; got 3.',
        NOBODY,
    ),
    (
        'tg.Constant("cat", name="k")',
        "DtypeError",
        "The value of constant 'k' must be an array of numbers, float64 or float32 (whole"
        " numbers and booleans are converted); got dtype <U3 in 'cat'.",
        NOBODY,
    ),
    (
        "tg.Constant(None)",
        "DtypeError",
        "The value of constant None must be an array of numbers, float64 or float32 "
        "(whole numbers and booleans are converted); got dtype object in None.",
        NOBODY,
    ),
    (
        "a @ b",
        "ShapeError",
        "MatMul (unnamed) needs two matrices, (B, m) times (m, n); got a (B, 2) and b (3,).",
        UNNAMED,
    ),
    (
        "a + b",
        "ShapeError",
        "Add (unnamed): broadcasting needs sizes that are equal or 1, compared from the "
        "last axis on; got (B, 2) and (3,), from a (B, 2), b (3,).",
        UNNAMED,
    ),
    (
        'tg.AddBias(a, tg.Parameter(np.ones((1, 2)), name="W"))',
        "ShapeError",
        "AddBias (unnamed) needs x (B, n) and a bias (n,); got a (B, 2) and W (1, 2).",
        UNNAMED,
    ),
    (
        "tg.AddBias(a, b)",
        "ShapeError",
        "AddBias (unnamed) needs x (B, n) and a bias (n,); got a (B, 2) and b (3,): b "
        "should have 2 entries.",
        UNNAMED,
    ),
    (
        "tg.MatMul(a, tg.Parameter(np.ones((3, 1))))",
        "ShapeError",
        "MatMul (unnamed) needs (B, m) times (m, n); got a (B, 2) and Parameter (3, 1): "
        "the second should have 2 rows.",
        UNNAMED,
    ),
    (
        "tg.AddBias(a, np.ones(3))",
        "ShapeError",
        "AddBias (unnamed) needs x (B, n) and a bias (n,); got a (B, 2) and Constant "
        "(3,): the bias should have 2 entries.",
        UNNAMED,
    ),
    (
        "tg.MSE(a, b)",
        "ShapeError",
        "MSE (unnamed) needs a prediction and a target of the same shape; got a (B, 2) "
        "and b (3,): NumPy would broadcast them, and compare the wrong pairs.",
        UNNAMED,
    ),
    (
        'a ** "k"',
        "ArgumentTypeError",
        "In a ** k the exponent k is a number; got 'k'. For a power that is itself a "
        "node, write Exp(k * Log(a)).",
        NOBODY,
    ),
    (
        "a ** True",
        "ArgumentTypeError",
        "In a ** k the exponent k is a number; got True. For a power that is itself a "
        "node, write Exp(k * Log(a)).",
        NOBODY,
    ),
    (
        "a ** b",
        "ArgumentTypeError",
        'In a ** k the exponent k is a number; got <Parameter "b" (3,)>. For a power that'
        " is itself a node, write Exp(k * Log(a)).",
        NOBODY,
    ),
    (
        "2 ** a",
        "ArgumentTypeError",
        'In a ** k the exponent k is a number; got Input "a". For a power with a node as '
        "exponent, write Exp(np.log(a) * k).",
        NOBODY,
    ),
    (
        'a ** float("inf")',
        "ArgumentError",
        "exponent of Power (unnamed) is finite; got inf.",
        NOBODY,
    ),
    (
        'tg.Power(a, exponent="k")',
        "ArgumentTypeError",
        "exponent of Power (unnamed) is a number; got 'k'.",
        NOBODY,
    ),
    (
        "tg.Power(a, exponent=2 + 1j)",
        "ArgumentTypeError",
        "exponent of Power (unnamed) is a number; got (2+1j).",
        NOBODY,
    ),
    (
        'tg.Sum(a, axis="0")',
        "ArgumentTypeError",
        "axis of Sum (unnamed) is a whole number or None; got '0'.",
        NOBODY,
    ),
    (
        "tg.Sum(a, axis=True)",
        "ArgumentTypeError",
        "axis of Sum (unnamed) is a whole number or None; got True.",
        NOBODY,
    ),
    (
        "tg.Sum(a, keepdims=1)",
        "ArgumentTypeError",
        "keepdims of Sum (unnamed) is True or False; got 1.",
        NOBODY,
    ),
    (
        "tg.Mean(a, axis=-3)",
        "ShapeError",
        "Mean (unnamed) needs an axis from -2 to 1 of (B, 2), not -3; got a (B, 2).",
        UNNAMED,
    ),
    (
        "tg.Sum(a, axs=1)",
        "ArgumentTypeError",
        'Sum takes no keyword \'axs\'. Did you mean "axis"? Valid: "name", "axis", "keepdims".',
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
        "The inputs of Sigmoid (unnamed) are nodes, or numbers that become constants; got 'x'.",
        NOBODY,
    ),
    (
        "tg.Sigmoid(tg.Sigmoid)",
        "ArgumentTypeError",
        "The inputs of Sigmoid (unnamed) are nodes; got the class Sigmoid itself.",
        NOBODY,
    ),
    (
        "tg.Sigmoid(a, name=1)",
        "ArgumentTypeError",
        'The name of a node is a text of at least one character, such as "layer1/W"; got 1.',
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
        "An array is fed to an input by its name, so that none is taken for another: "
        "forward(x=…, t=…).",
        NOBODY,
    ),
    (
        "lab2.predict(np.ones((1, 2)))",
        "ArgumentTypeError",
        "An array is fed to an input by its name, so that none is taken for another: predict(x=…).",
        NOBODY,
    ),
    (
        "tg.MatMul(tg.Parameter(np.ones((2, 3))), tg.Parameter(np.ones((4, 2))))",
        "ShapeError",
        "MatMul (unnamed) needs (B, m) times (m, n); got Parameter (2, 3) and Parameter (4, 2): "
        "the second times the first would fit.",
        UNNAMED,
    ),
    (
        'tg.MatMul(tg.Input("x", (3, None)), tg.Parameter(np.ones((4, 2)), name="W"), name="z")',
        "ShapeError",
        'MatMul "z" needs (B, m) times (m, n); got x (3, B) and W (4, 2): W should have B rows.',
        "z",
    ),
    (
        'w = tg.Parameter(1.0, name="w")\nm = tg.Graph(tg.Tanh(w, name="y"))\nm.forward()\n'
        'm["y"].value = "cat"\nm.backward()',
        "ArgumentTypeError",
        "The value of Tanh \"y\" is an array of floats; it was set to 'cat'.",
        NOBODY,
    ),
    (
        'class Odd(tg.Op):\n    rules = "cat"\n    def forward(self, x): return x',
        "ArgumentTypeError",
        "rules of Odd is a tuple with one Rule(math, code) of texts an argument; got 'cat'.",
        NOBODY,
    ),
    (
        "class Odd(tg.Op):\n    forward = 7",
        "ArgumentTypeError",
        "forward of Odd is a method that names its arguments, such as forward(self, x); got 7.",
        NOBODY,
    ),
    (
        "class Odd:\n    def __iter__(self): raise ValueError('no')\n"
        "    def __repr__(self): return 'Odd()'\ntg.SGD(Odd())",
        "ArgumentTypeError",
        "An optimizer takes the parameters to train, such as model.parameters; got Odd(), which "
        "fails to give them: ValueError: no",
        NOBODY,
    ),
    (
        "tg.Op(a)",
        "OpError",
        "Op (unnamed) has no forward: its class must define one.",
        UNNAMED,
    ),
    (
        "bad(y=lambda x: None)",
        "OpError",
        'forward of Bad "bad" returned None. Is its return missing?',
        "bad",
    ),
    (
        "bad(grads=lambda g: None)",
        "OpError",
        'backward of Bad "bad" returned None. Is its return missing? For an input to which no '
        "gradient flows, None stands in a tuple: (None,).",
        "bad",
    ),
    (
        "class Empty(tg.Op):\n    def forward(self): ...\nEmpty(a)",
        "ArgumentTypeError",
        "Empty (unnamed) takes 0 input(s), (); got 1.",
        NOBODY,
    ),
    (
        "tg.Graph(Bad(a, promised=(1.5,)))",
        "ArgumentTypeError",
        "The shape of Bad (unnamed), from its infer_shape, is a tuple of sizes, with "
        "None for the batch size, such as (None, 2); got (1.5,).",
        NOBODY,
    ),
    (
        'tg.Graph(Bad(a, promised="cat"))',
        "ArgumentTypeError",
        "The shape of Bad (unnamed), from its infer_shape, is a tuple of sizes, with "
        "None for the batch size, such as (None, 2); got 'cat'.",
        NOBODY,
    ),
    (
        'Pair(a, b, name="pair")',
        "ShapeError",
        'Pair "pair": broadcasting needs sizes that are equal or 1, compared from the '
        "last axis on; got (B, 2) and (3,), from a (B, 2), b (3,).",
        "pair",
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
        'The value that forward of Bad "bad" returned must be an array of numbers, '
        "float64 or float32 (whole numbers and booleans are converted); got dtype <U3 in "
        "'cat'.",
        NOBODY,
    ),
    (
        "bad(y=lambda x: x[0])",
        "OpError",
        'forward of Bad "bad" returned the shape (3,); infer_shape promised (2, 3). Mend '
        "whichever of the two is wrong.",
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
        'backward of Bad "bad" returns one gradient an input, in order: 1; it returned 2.',
        "bad",
    ),
    (
        "bad(grads=lambda g: [])",
        "OpError",
        'backward of Bad "bad" returns one gradient an input, in order: 1; it returned 0.',
        "bad",
    ),
    (
        "bad(grads=lambda g: g.T)",
        "OpError",
        'A gradient has the shape of what it belongs to; backward of Bad "bad" returned '
        "(3, 2) for w, which has (2, 3). Is a transpose missing?",
        "bad",
    ),
    (
        "bad(grads=lambda g: g[0])",
        "OpError",
        'A gradient has the shape of what it belongs to; backward of Bad "bad" returned '
        "(3,) for w, which has (2, 3).",
        "bad",
    ),
    (
        "bad(grads=lambda g: np.ones((5, 2, 3)))",
        "OpError",
        'A gradient has the shape of what it belongs to; backward of Bad "bad" returned '
        "(5, 2, 3) for w, which has (2, 3). Is a sum over the batch, or over a broadcast "
        "axis, missing?",
        "bad",
    ),
    (
        "bad(grads=lambda g: np.ones((4, 3)))",
        "OpError",
        'A gradient has the shape of what it belongs to; backward of Bad "bad" returned '
        "(4, 3) for w, which has (2, 3). Is a sum over the batch, or over a broadcast "
        "axis, missing?",
        "bad",
    ),
    (
        'bad(grads=lambda g: "cat")',
        "DtypeError",
        'The gradient that backward of Bad "bad" returned must be an array of numbers, '
        "float64 or float32 (whole numbers and booleans are converted); got dtype <U3 in "
        "'cat'.",
        NOBODY,
    ),
    (
        "bad(grads=lambda g: 1 / 0)",
        "OpError",
        'backward of Bad "bad" failed on w (2, 3): ZeroDivisionError: division by zero',
        "bad",
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
        "The output of a Graph is a node, such as the MSE node at the end of a network; got 'cat'.",
        NOBODY,
    ),
    (
        'tg.Graph(a, prediction="cat")',
        "ArgumentTypeError",
        "The prediction of a Graph is a node, such as the MSE node at the end of a "
        "network; got 'cat'.",
        NOBODY,
    ),
    (
        'tg.Graph(tg.Add(tg.Input("a", ()), a))',
        "DuplicateNameError",
        'Every node of a graph has a name of its own; Input "a" and Input "a" share '
        "theirs. Rename one of them.",
        NOBODY,
    ),
    (
        'lab2["layer1/x"]',
        "UnknownNameError",
        'No node of this graph is called \'layer1/x\'. Did you mean "layer1/z"? Valid: "x",'
        ' "layer1/W", "layer1/z", "layer1/b", "layer1/a", "layer1/h", "layer2/W", '
        '"layer2/z", "layer2/b", "layer2/a", "layer2/h", "layer3/W", … (18 in all).',
        NOBODY,
    ),
    (
        "lab2[3]",
        "UnknownNameError",
        'No node of this graph is called 3. Valid: "x", "layer1/W", "layer1/z", '
        '"layer1/b", "layer1/a", "layer1/h", "layer2/W", "layer2/z", "layer2/b", '
        '"layer2/a", "layer2/h", "layer3/W", … (18 in all).',
        NOBODY,
    ),
    (
        "lab2.forward()",
        "FeedError",
        "This run needs a feed for each of the inputs 'x', 't'; 'x' is missing, and "
        "nothing arrived.",
        NOBODY,
    ),
    (
        "lab2.forward(X=1, t=1)",
        "FeedError",
        "This run needs a feed for each of the inputs 'x', 't'; 'x' is missing, and 'X', "
        "'t' arrived. Is 'X' meant to be 'x'?",
        NOBODY,
    ),
    (
        "lab2.forward(x=1, t=1, y=1)",
        "ShapeError",
        "The input 'x' has the shape (B, 2), with B the batch size; the feed has ().",
        "x",
    ),
    (
        "lab2.predict(X=1)",
        "FeedError",
        "This run needs a feed for each of the inputs 'x'; 'x' is missing, and 'X' "
        "arrived. Is 'X' meant to be 'x'?",
        NOBODY,
    ),
    (
        "feed((None, 1), x=np.ones(3), t=np.ones((3, 1)))",
        "ShapeError",
        "The input 'x' has the shape (B, 1), with B the batch size; the feed has (3,). A "
        "column of labels is x.reshape(-1, 1).",
        "x",
    ),
    (
        "feed((None, 2), x=np.ones(2), t=np.ones((3, 1)))",
        "ShapeError",
        "The input 'x' has the shape (B, 2), with B the batch size; the feed has (2,). "
        "One sample is a batch of one: x.reshape(1, -1).",
        "x",
    ),
    (
        "feed((3, 2), x=np.ones((2, 3)), t=np.ones((3, 1)))",
        "ShapeError",
        "The input 'x' has the shape (3, 2), with B the batch size; the feed has (2, 3). "
        "Is it transposed? Try x.T.",
        "x",
    ),
    (
        "feed((3, 2), x=np.ones((4, 5)), t=np.ones((3, 1)))",
        "ShapeError",
        "The input 'x' has the shape (3, 2), with B the batch size; the feed has (4, 5).",
        "x",
    ),
    (
        "feed((3, 2), x=np.ones((2, 3, 1)), t=np.ones((3, 1)))",
        "ShapeError",
        "The input 'x' has the shape (3, 2), with B the batch size; the feed has (2, 3, 1).",
        "x",
    ),
    (
        "feed((None, 1), x=np.ones((4, 1)), t=np.ones((3, 1)))",
        "ShapeError",
        "All inputs of one run share one batch size; 'x' has 4 samples, 't' has 3. Feed "
        "both from the same samples.",
        "t",
    ),
    (
        "feed((None, 2), x=np.ones(5), t=np.ones((3, 1)))",
        "ShapeError",
        "The input 'x' has the shape (B, 2), with B the batch size; the feed has (5,).",
        "x",
    ),
    (
        'feed((None, 1), x=np.ones((1, 1)), t="cat")',
        "DtypeError",
        "The feed 't' must be an array of numbers, float64 or float32 (whole numbers and "
        "booleans are converted); got dtype <U3 in 'cat'.",
        NOBODY,
    ),
    (
        "feed((None, 1), x=[[1]])",
        "FeedError",
        "This run needs a feed for each of the inputs 'x', 't'; 't' is missing, and 'x' arrived.",
        NOBODY,
    ),
    (
        "tg.Graph(a).backward()",
        "StateError",
        "backward() differentiates a run; there was none yet. Call forward(…) first.",
        NOBODY,
    ),
    (
        "lab2.forward(x=np.zeros((0, 2)), t=np.zeros((0, 1)))",
        "ShapeError",
        'MSE "loss" needs at least one entry, since the mean of none is undefined; got '
        "(0, 1). Feed a batch of at least one sample.",
        "loss",
    ),
    (
        'y, t = tg.Input("y", (None, 1)), tg.Input("t", (4, 1))\n'
        'tg.Graph(tg.MSE(y, t, name="loss")).forward(y=np.ones((3, 1)), t=np.ones((4, 1)))',
        "ShapeError",
        'MSE "loss" compares a prediction and a target of the same shape; got (3, 1) and (4, 1). '
        "Feed both from the same samples.",
        "loss",
    ),
    (
        "tg.Graph(tg.Mean(a, axis=0)).forward(a=np.zeros((0, 2)))",
        "ShapeError",
        'Mean "Mean1" needs at least one entry, since the mean of none is undefined; got '
        "(0, 2). Feed a batch of at least one sample.",
        "Mean1",
    ),
    (
        "m = tg.Graph(b * 2.0)\nm.forward()\nm.backward()",
        "StateError",
        "backward() starts from a scalar, which has one gradient; the output Multiply "
        '"Multiply1" has the shape (3,). Give the gradient to start from, '
        "backward(seed=…), or end the graph in a loss or a Sum.",
        NOBODY,
    ),
    (
        "m = tg.Graph(b * 2.0)\nm.forward()\nm.backward(seed=np.ones(4))",
        "ShapeError",
        'The seed of backward() has the shape of the output Multiply "Multiply1", (3,); got (4,).',
        "Multiply1",
    ),
    (
        'm = tg.Graph(b * 2.0)\nm.forward()\nm.backward(seed="cat")',
        "DtypeError",
        "The seed of backward() must be an array of numbers, float64 or float32 (whole "
        "numbers and booleans are converted); got dtype <U3 in 'cat'.",
        NOBODY,
    ),
    (
        "b.value = np.ones(4)",
        "ShapeError",
        'Parameter "b" keeps its shape (3,); got (4,).',
        "b",
    ),
    (
        'b.value = "cat"',
        "DtypeError",
        "The value of a parameter must be an array of numbers, float64 or float32 (whole "
        "numbers and booleans are converted); got dtype <U3 in 'cat'.",
        NOBODY,
    ),
    (
        "tg.SGD(3)",
        "ArgumentTypeError",
        "An optimizer takes the parameters to train, such as model.parameters; got 3.",
        NOBODY,
    ),
    (
        "tg.SGD([])",
        "ArgumentError",
        "An optimizer needs at least one parameter to train; got none.",
        NOBODY,
    ),
    (
        "tg.SGD([a])",
        "ArgumentTypeError",
        'An optimizer trains Parameter nodes; among them came <Input "a" (B, 2)>.',
        NOBODY,
    ),
    (
        "tg.SGD([b, b])",
        "ArgumentError",
        "An optimizer takes each parameter once; one of them came twice.",
        NOBODY,
    ),
    (
        "tg.SGD([b], lr=0)",
        "ArgumentError",
        "lr of SGD is a finite number above 0; got 0.",
        NOBODY,
    ),
    (
        'tg.SGD([b], lr="1")',
        "ArgumentTypeError",
        "lr of SGD is a number; got '1'.",
        NOBODY,
    ),
    (
        "tg.SGD([b], lr=True)",
        "ArgumentTypeError",
        "lr of SGD is a number; got True.",
        NOBODY,
    ),
    (
        "tg.Momentum([b], beta=1)",
        "ArgumentError",
        "beta of Momentum is a number from 0 up to, not with, 1; got 1.",
        NOBODY,
    ),
    (
        "tg.Adam([b], eps=0)",
        "ArgumentError",
        "eps of Adam is a finite number above 0; got 0.",
        NOBODY,
    ),
    (
        "tg.SGD([b], beta=1)",
        "ArgumentTypeError",
        "SGD takes parameters, lr; got an unexpected keyword argument 'beta'.",
        NOBODY,
    ),
    (
        'tg.SGD([tg.Parameter(1.0, name="w")]).step()',
        "StateError",
        'SGD.step() needs the gradient of every parameter; Parameter "w" has none. Call '
        "backward() first; if you did, the output does not depend on it: leave it out of "
        "the optimizer.",
        NOBODY,
    ),
    (
        "tg.SGD([b]).load_state(3)",
        "ArgumentTypeError",
        "load_state takes what state() gave; got 3.",
        NOBODY,
    ),
    (
        "tg.SGD([b]).load_state({})",
        "ArgumentError",
        "A state of SGD has an entry 'kind'; this one has none.",
        NOBODY,
    ),
    (
        'state(kind="SGD")',
        "ArgumentError",
        "This optimizer is Adam; the state is of 'SGD'.",
        NOBODY,
    ),
    (
        "state(kind=[1])",
        "ArgumentError",
        "This optimizer is Adam; the state is of [1].",
        NOBODY,
    ),
    (
        "state(steps=-1)",
        "ArgumentError",
        "steps is a whole number from 0 on; the state has -1.",
        NOBODY,
    ),
    (
        "state(steps=2**53)",
        "ArgumentError",
        "steps is a whole number from 0 on; the state has 9007199254740992.",
        NOBODY,
    ),
    (
        "state(steps=True)",
        "ArgumentError",
        "steps is a whole number from 0 on; the state has True.",
        NOBODY,
    ),
    (
        'state(steps="1")',
        "ArgumentError",
        "steps is a whole number from 0 on; the state has '1'.",
        NOBODY,
    ),
    (
        "state(hyperparameters=3)",
        "ArgumentTypeError",
        "The hyperparameters in a state are numbers by name; got 3.",
        NOBODY,
    ),
    (
        'state(hyperparameters={"beta": 0.9})',
        "UnknownNameError",
        'Adam has no \'beta\'. Did you mean "beta2"? Valid: "lr", "beta1", "beta2", "eps".',
        NOBODY,
    ),
    (
        'state(hyperparameters={"lr": -1})',
        "ArgumentError",
        "A state of Adam has its beta1; this one has none.",
        NOBODY,
    ),
    (
        'state(hyperparameters={"lr": 0.1})',
        "ArgumentError",
        "A state of Adam has its beta1; this one has none.",
        NOBODY,
    ),
    (
        "state(memory=3)",
        "ArgumentTypeError",
        "The memory in a state is a list, an entry a parameter; got 3.",
        NOBODY,
    ),
    (
        "state(memory=[])",
        "ArgumentError",
        "The state remembers 0 parameters; this optimizer has 1.",
        NOBODY,
    ),
    (
        "state(memory=[{}])",
        "ArgumentError",
        'The m of Parameter "w" in a state of Adam is missing.',
        NOBODY,
    ),
    (
        "state(memory=[3])",
        "ArgumentError",
        'The m of Parameter "w" in a state of Adam is missing.',
        NOBODY,
    ),
    (
        'state(memory=[{"m": np.ones(2), "v": np.ones(3)}])',
        "ShapeError",
        'The v of Parameter "w" in a state of Adam has the parameter\'s shape, (2,); got (3,).',
        "w",
    ),
    (
        'state(memory=[{"m": "cat", "v": np.ones(2)}])',
        "DtypeError",
        'The m of Parameter "w" in a state of Adam must be an array of numbers, float64 '
        "or float32 (whole numbers and booleans are converted); got dtype <U3 in 'cat'.",
        NOBODY,
    ),
    (
        "tg.gradcheck(b)",
        "ArgumentError",
        "gradcheck compares the derivatives of ops, entry by entry; this graph has no op."
        " Give it a graph with ops, and feeds of at least one sample.",
        NOBODY,
    ),
    (
        'tg.gradcheck("cat")',
        "ArgumentTypeError",
        "The output of a Graph is a node, such as the MSE node at the end of a network; got 'cat'.",
        NOBODY,
    ),
    (
        "tg.gradcheck(tg.Sum(a), a=np.ones((0, 2)))",
        "ArgumentError",
        "gradcheck compares the derivatives of ops, entry by entry; this graph has no "
        "entry to compare. Give it a graph with ops, and feeds of at least one sample.",
        NOBODY,
    ),
    (
        "f, s = tg.Exp(b, name='first'), tg.Exp(b, name='second')\n"
        "f.inputs, s.inputs = (s,), (f,)\ntg.Graph(s)",
        "CycleError",
        'A graph has no cycles: each node is computed from nodes before it. Exp "first" '
        'reads Exp "second", which itself depends on Exp "first". Build a new node '
        "instead of changing the inputs of an old one.",
        NOBODY,
    ),
]


@pytest.mark.parametrize(
    ("code", "kind", "words", "node"),
    LESSONS,
    ids=[f"{k}-{row[1]}" for k, row in enumerate(LESSONS)],
)
def test_a_lesson_to_the_letter(code, kind, words, node):
    with pytest.raises(tg.TinygraphError) as caught, np.errstate(all="ignore"):
        exec(code, dict(globals()))
    assert type(caught.value).__name__ == kind
    assert str(caught.value) == words
    blamed = getattr(caught.value, "node", None)
    if node is NOBODY:
        assert blamed is None
    else:
        assert blamed.name == (None if node is UNNAMED else node)


def test_what_a_node_looks_like():
    assert repr(a) == '<Input "a" (B, 2)>'
    assert repr(tg.Parameter(1.0)) == "<Parameter (unnamed) ()>"
    with pytest.raises(tg.TinygraphError) as caught:
        tg.AddBias(a, b, name="z")
    assert repr(caught.value.node) == '<AddBias "z" (refused)>'


def test_what_an_optimizer_and_a_graph_look_like():
    assert repr(tg.Adam([b])) == "<Adam lr=0.001, beta1=0.9, beta2=0.999, eps=1e-08, 0 steps taken>"
    assert repr(tg.lab2.model(rng=0)) == (
        '<Graph of 18 nodes, 37 numbers in 6 parameters, output MSE "loss">'
    )


def test_a_summary_to_the_letter():
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter(np.ones((2, 3)), name="W")
    model = tg.Graph(tg.Sum(tg.AddBias(tg.MatMul(x, W), tg.Parameter(np.ones(3)), name="a")))
    assert model.summary().splitlines() == [
        "name        op         shape    inputs                 parameters",
        "----------  ---------  -------  -------------------  ------------",
        "x           Input      (B, 2)",
        "W           Parameter  (2, 3)                                   6",
        "MatMul1     MatMul     (B, 3)   x, W",
        "Parameter1  Parameter  (3,)                                     3",
        "a           AddBias    (B, 3)   MatMul1, Parameter1",
        "Sum1        Sum        ()       a",
        "total                                                           9",
    ]
