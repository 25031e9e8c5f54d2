"""NumPy applied to nodes builds ops, which compute what NumPy computes."""

from __future__ import annotations

import math

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import ops
from tinygraph.core import numpy_functions
from tinygraph.core.numpy_functions import FUNCTIONS
from tinygraph.errors import ArgumentTypeError, ShapeError

RNG = np.random.default_rng(0)
NUMPY_2_0 = np.lib.NumpyVersion(np.__version__) < "2.1.0"
X = RNG.uniform(0.1, 0.9, size=(3, 4))
Y = RNG.uniform(0.1, 0.9, size=(3, 4))

FORMULAS = {
    "add": lambda x, y: np.add(x, y) + 1 + x,
    "subtract": lambda x, y: np.subtract(x, y) - x - (1 - y),
    "multiply": lambda x, y: np.multiply(x, y) * 2.0,
    "divide": lambda x, y: np.divide(x, y) / 2.0,
    "power": lambda x, y: x**y + x**3 + 2**x + np.power(x, 2.0) + np.power(x, y),
    "negative": lambda x, y: -x + np.negative(y) + +x,
    "exp": lambda x, y: np.exp(x) + np.expm1(y),
    "log": lambda x, y: np.log(x) + np.log1p(y),
    "roots": lambda x, y: np.sqrt(x) + np.square(y),
    "tanh": lambda x, y: np.tanh(x - y),
    "waves": lambda x, y: np.sin(x) * np.cos(y),
    "abs": lambda x, y: np.abs(x - y) + abs(y - x) + np.sign(x - y),
    "maximum": lambda x, y: np.maximum(x, y) + np.minimum(x, 0.5),
    "where": lambda x, y: np.where(x > y, x, 0.0) + np.where(x <= 0.5, 1.0, y),
    "clip": lambda x, y: np.clip(x, 0.3, 0.6) + y.clip(0.2) + np.clip(x, None, 0.5),
    "comparisons": lambda x, y: (x > y) + 2.0 * (x < y) + 4.0 * (x >= 0.5) + 8.0 * (x <= 0.5),
    "equality": lambda x, y: np.equal(x, y) + 2.0 * (x == 0.5) + 4.0 * (x != 0.5),
    "sum": lambda x, y: np.sum(x) + x.sum(axis=1, keepdims=True) + np.sum(y, 0),
    "sum over axes": lambda x, y: np.sum(x, axis=(0, 1)) + np.add.reduce(y),
    "mean": lambda x, y: (
        np.mean(x, axis=1, keepdims=True) + y.mean(axis=(0, 1)) + np.mean(x, -1)[0]
    ),
    "max": lambda x, y: np.max(x, axis=0) + y.max() + np.amax(x, axis=1, keepdims=True),
    "min": lambda x, y: np.min(x, axis=(0, 1)) + y.min(axis=0) + np.amin(x),
    "transpose": lambda x, y: x.T + np.transpose(y) + np.swapaxes(y, 0, 1) + y.transpose(1, 0),
    "reshape": lambda x, y: np.reshape(x, (2, 6)) + y.reshape(2, -1) + x.reshape((-1, 6)),
    "ravel": lambda x, y: np.ravel(x) + y.ravel() + y.flatten(),
    "axes": lambda x, y: np.expand_dims(x, 1) + np.squeeze(np.expand_dims(y, (0, -1))),
    "broadcast_to": lambda x, y: np.broadcast_to(x[0], (5, 4)) + np.broadcast_to(y[:1], (5, 4)),
    "concatenate": lambda x, y: np.concatenate([x, y]) + np.concatenate((y, x), axis=0),
    "joined columns": lambda x, y: np.concatenate([x, y, x], axis=1),
    "stack": lambda x, y: np.stack([x, y]) + np.stack([y, x], axis=0),
    "stack behind": lambda x, y: np.stack([x, y], axis=-1),
    "matmul": lambda x, y: x @ y.T + np.matmul(x, y.T) + x.dot(y.T) + np.dot(x, y.T),
    "vectors": lambda x, y: x @ y[0] + x[:, 1] + x[:, 0] @ y[:, 0],
    "row times matrix": lambda x, y: x[:, 0] @ y,
    "stacks": lambda x, y: np.stack([x, y]) @ y.T + np.stack([x, x]) @ np.stack([y.T, x.T]),
    "index": lambda x, y: x[1] + x[-1, 1:3].sum() + y[..., 2][0] + x[:, None, 0][1],
    "arrays as index": lambda x, y: x[[0, 0, 2]] + y[np.array([1, 2, 1])],
    "step": lambda x, y: x[::2, ::-1] + y[1:],
    "take": lambda x, y: np.take(x, [1, 1, 0], axis=1),
    "conditions": lambda x, y: (
        np.where((x > 0.5) & (y > 0.5) | ~(x < 0.7), x, y)
        + np.where(np.logical_or(x > 0.8, y), x, y)
    ),
    "numbers as condition": lambda x, y: np.where(x - 0.5, x, y) + np.where(np.rint(x), x, 2.0),
    "and, or, not": lambda x, y: np.logical_and(x, y > 0.3) * x + np.logical_not(x > 0.3),
    "moved axes": lambda x, y: np.moveaxis(np.stack([x, y]), 0, -1) + np.stack([y, x], axis=-1),
    "stacks transposed": lambda x, y: np.matrix_transpose(np.stack([x, y])) + np.stack([y, x]).mT,
    "names of NumPy": lambda x, y: (
        np.fabs(x - y) + np.positive(x) + np.reciprocal(y) + np.round(x) + np.around(y)
    ),
    "likes": lambda x, y: np.zeros_like(x) + np.ones_like(y) + np.full_like(x, 3.0),
    "products": lambda x, y: np.prod(x) + x.prod(axis=1, keepdims=True) + np.multiply.reduce(y),
    "spread": lambda x, y: np.var(x, axis=0) + y.var() + np.std(x) + y.std(axis=1, keepdims=True),
    "running sums": lambda x, y: np.cumsum(x, axis=1) + y.cumsum(axis=0) + np.cumsum(x[0]),
    "angles": lambda x, y: np.arcsin(x) + np.arccos(y) * np.arctan(x) + np.tan(x),
    "hyperbolas": lambda x, y: np.sinh(x) * np.cosh(y),
    "turned": lambda x, y: np.flip(x) + np.flip(y, 1) + np.fliplr(x) + np.flipud(y),
    "moved": lambda x, y: np.roll(x, 1, axis=1) + np.roll(y, -2, axis=0) + np.roll(x[0], 1),
    "repeated": lambda x, y: np.repeat(x, 2, axis=1) + np.tile(y, (1, 2)) + y.repeat(2, axis=1),
    "framed": lambda x, y: np.pad(x, 1) + np.pad(y, ((2, 0), (0, 2)), constant_values=3.0),
    "cut": lambda x, y: np.split(x, 2, axis=1)[1] + np.split(y, [1, 3], axis=1)[1],
    "differences": lambda x, y: np.diff(x) + np.diff(y, n=2, axis=0)[0, 1:],
    "put together": lambda x, y: (
        np.hstack([x, y])[:, :4] + np.vstack([x, y])[3:] + np.append(x, y, axis=0)[1:4]
    ),
    "sizes": lambda x, y: x * x.size + y * y.ndim + len(x) + np.size(x, 1) + np.ndim(y),
}


NOT_NUMPY = {"detached", "log_sum_exp"}
"""Functions of the ops Detach and LogSumExp, which NumPy does not have."""


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_on_nodes_gives_the_numbers_of_numpy(name):
    formula = FORMULAS[name]
    x, y = tg.Parameter(X, name="x"), tg.Parameter(Y, name="y")
    node = formula(x, y)
    expected = formula(X, Y)
    assert node.shape == expected.shape
    np.testing.assert_allclose(tg.Graph(node).forward(), expected, rtol=1e-14)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.filterwarnings("ignore:.*NaN or infinite")
def test_the_gradient_of_a_formula_is_right(name):
    x, y = tg.Parameter(X, name="x"), tg.Parameter(Y, name="y")
    weights = np.random.default_rng(1).normal(size=FORMULAS[name](X, Y).shape)
    node = np.sum(FORMULAS[name](x, y) * weights)
    report = tg.gradcheck(node)
    assert report.ok, report


@pytest.mark.parametrize("name", FORMULAS)
def test_the_compiler_records_every_function_that_nodes_accept(name):
    x, y = tg.Parameter(X, name="x"), tg.Parameter(Y, name="y")
    weights = np.random.default_rng(1).normal(size=FORMULAS[name](X, Y).shape)
    model = tg.Graph(np.sum(FORMULAS[name](x, y) * weights) + np.sum(x * y))
    loss = model.forward()
    model.backward()
    program = tg.compile(model)
    compiled, grads = program.gradients()
    assert "called[" not in program.source
    np.testing.assert_allclose(compiled, loss, rtol=1e-12)
    for node in (x, y):
        np.testing.assert_allclose(grads[node.name], node.grad, rtol=1e-10, atol=1e-12)


def test_every_function_of_the_table_is_in_a_formula(monkeypatch):
    """So each is tried above: on arrays, on nodes, differentiated, and in the compiler."""
    used = set()

    class Table(dict):
        def get(self, function):
            used.add(function)
            return super().get(function)

    monkeypatch.setattr(numpy_functions, "FUNCTIONS", Table(FUNCTIONS))
    for formula in FORMULAS.values():
        formula(tg.Parameter(X, name="x"), tg.Parameter(Y, name="y"))
    left = {function.__name__ for function in FUNCTIONS.keys() - used}
    assert left <= {"put", "add_at", "columns", "add_windows", "outer_sum", "shape", *NOT_NUMPY}


BATCHED = [
    ("column and sum", lambda x: x - x.mean(axis=1, keepdims=True), (None, 4)),
    ("flatten", lambda x: np.reshape(x, (-1, 2, 2)).reshape(-1, 4), (None, 4)),
    ("rows named None", lambda x: x.reshape(x.shape[0], 2, -1), (None, 2, 2)),
    ("transposed", lambda x: x.T, (4, None)),
    ("expanded", lambda x: np.expand_dims(x, 1), (None, 1, 4)),
    ("squeezed", lambda x: np.squeeze(x[:, :1]), (None,)),
    ("columns", lambda x: x[:, 1:3], (None, 2)),
    ("one sample", lambda x: x[0], (4,)),
    ("size", lambda x: x.sum() / x.size, ()),
    ("batch size", lambda x: x.sum(axis=0) / np.size(x, 0), (4,)),
    ("likes", lambda x: np.ones_like(x), (None, 4)),
    ("stacked", lambda x: np.stack([x, x], axis=1), (None, 2, 4)),
]


@pytest.mark.parametrize(("name", "formula", "shape"), BATCHED, ids=[row[0] for row in BATCHED])
def test_an_unknown_batch_size_stays_unknown(name, formula, shape):
    x = tg.Input("x", shape=(None, 4))
    node = formula(x)
    assert node.shape == shape
    model = tg.Graph(node)
    for rows in (1, 5):
        data = RNG.normal(size=(rows, 4))
        expected = np.asarray(formula(data)).reshape(tuple(rows if n is None else n for n in shape))
        np.testing.assert_array_equal(model.forward(x=data), expected)


def test_a_row_of_a_table_is_taken_by_a_node():
    table = tg.Parameter(RNG.normal(size=(5, 3)), name="table")
    token = tg.Input("token", shape=(None,), dtype=int)
    model = tg.Graph(np.sum(table[token] ** 2))
    model.forward(token=[1, 4, 1])
    model.backward()
    expected = np.zeros((5, 3))
    expected[[1, 4]] = 2 * table.value[[1, 4]] * np.array([[2.0], [1.0]])
    np.testing.assert_allclose(table.grad, expected)
    with pytest.raises(tg.TinygraphError, match="from 0 to 4"):
        model.forward(token=[5])
    columns = table[:, token]
    assert columns.shape == (5, None)


def test_maximum_with_0_has_the_gradient_of_relu():
    x = tg.Parameter([-1.0, 0.0, 2.0], name="x")
    model = tg.Graph(np.sum(np.maximum(x, 0)))
    model.forward()
    model.backward()
    assert x.grad.tolist() == [0, 0, 1]


def test_equally_large_elements_share_the_gradient():
    x = tg.Parameter([[1.0, 3.0, 3.0]], name="x")
    model = tg.Graph(np.max(x))
    model.forward()
    model.backward()
    assert x.grad.tolist() == [[0, 0.5, 0.5]]


@pytest.mark.parametrize("to", [(-1,), (2, -1), (6,), (4, None), (2, 3)])
def test_the_batch_is_not_reshaped_away(to):
    with pytest.raises(ShapeError, match="keeps the batch axis where it is"):
        tg.Input("x", shape=(None, 4)).reshape(to)


def test_an_array_on_the_left_builds_a_node():
    w = tg.Parameter(np.ones(2), name="w")
    assert type(np.ones(2) * w) is tg.Multiply
    assert type(np.float64(2.0) / w) is tg.Divide
    assert type(np.ones((3, 2)) @ tg.Parameter(np.ones((2, 2)))) is tg.MatMul


def test_an_op_of_your_own_may_have_the_name_of_an_array_attribute():
    class Window(tg.Op):
        size = 2
        max = 1.0

        def forward(self, x):
            return x * self.size * self.max * self.T

        def backward(self, g, y, x):
            return g * self.size * self.max * self.T

    window = Window(tg.Parameter(1.0), size=3, T=5.0)
    assert tg.Graph(window).forward() == 15


def test_two_nodes_are_equal_if_they_are_the_same():
    a, b = tg.Parameter(1.0, name="a"), tg.Parameter(1.0, name="b")
    assert a == a
    assert a != b
    assert [a, b].index(b) == 1
    assert len({a, b}) == 2
    assert type(a == 1.0) is ops.Equal
    assert type(a != np.ones(2)) is ops.NotEqual
    assert a != "a"


x = tg.Input("x", shape=(None, 2))
w = tg.Parameter(np.ones((2, 2)), name="w")

EXPLAINED = [
    (lambda: bool(x), "cannot decide an if", "np.where"),
    (lambda: bool(x > 0), "cannot decide an if", "np.where"),
    (lambda: bool(x == 0), "cannot decide an if", "np.where"),
    (lambda: 1 if 0 < x < 1 else 2, "cannot decide an if", "np.where"),
    (lambda: float(x), "functions of math cannot read it", "np.exp"),
    (lambda: int(x), "functions of math cannot read it", "node.value"),
    (lambda: math.exp(x), "functions of math cannot read it", "np.exp"),
    (lambda: round(x), "round() cannot read it", "np.rint(node)"),
    (lambda: round(x, 2), "round() cannot read it", "np.rint(node)"),
    (lambda: f"{x:.2f}", "can be written as '.2f'", "node.value"),
    (lambda: divmod(x, 2), "divmod() cannot divide it", "node / number"),
    (lambda: list(range(x)), "cannot be a size", "x[index]"),
    (lambda: list(x), "loop cannot walk", "whole array"),
    (lambda: list(w), "loop cannot walk", "node[0]"),
    (lambda: sum(x), "loop cannot walk", "whole array"),
    (lambda: len(x), "batch size is unknown", "np.mean(node, axis=0)"),
    (lambda: 1.0 in x, "nothing can be looked up", "np.max(node == value)"),
    (lambda: np.asarray(x), "cannot make an array", "node.value"),
    (lambda: np.array([x, x]), "cannot make an array", "node.value"),
    (lambda: x.__setitem__(0, 1.0), "nothing can be written", "np.where"),
]


@pytest.mark.parametrize(("call", "rule", "instead"), EXPLAINED)
def test_a_question_for_numbers_is_explained(call, rule, instead):
    with pytest.raises(ArgumentTypeError) as caught:
        call()
    message = str(caught.value)
    assert "A node has no numbers until a graph runs" in message
    assert rule in message
    assert instead in message


def newer(*values):
    """Mark a call that the oldest supported NumPy refuses by itself."""
    return pytest.param(*values, marks=pytest.mark.skipif(NUMPY_2_0, reason="newer NumPy"))


UNSUPPORTED = [
    (lambda: np.median(x), "np.median cannot be applied to nodes", "np.mean(x)"),
    (lambda: np.ptp(x), "np.ptp cannot be", "np.max(x) - np.min(x)"),
    (lambda: np.linalg.norm(x), "np.linalg.norm cannot be", "np.sqrt(np.sum(x ** 2))"),
    (lambda: np.column_stack([x, x]), "np.column_stack cannot be", "np.stack([a, b], axis=1)"),
    (lambda: np.log2(x), "np.log2 cannot be", "np.log(x) / np.log(2)"),
    (lambda: np.cbrt(x), "np.cbrt cannot be", "x ** (1 / 3)"),
    (lambda: np.cumsum(x), "np.cumsum of a node must have an axis", ""),
    (lambda: np.append(x, x), "np.append of a node must have an axis", ""),
    (lambda: np.pad(x, 1, mode="edge"), "mode of np.pad must be 'constant'", "np.concatenate"),
    (lambda: np.pad(w, 1.5), "a pair of whole numbers", ""),
    (lambda: np.pad(w, -1), "at least 0", ""),
    (lambda: np.pad(w, 1, constant_values="a"), "fill of Pad", "'a'"),
    (lambda: np.flip(w, 2), "The axis of np.flip", "axis=-1"),
    (lambda: np.repeat(w, -1, axis=1), "repeats must be a whole number", "at least 0"),
    (lambda: np.tile(w, (1, 1, 2)), "at most one count for each axis", "np.expand_dims"),
    (lambda: np.split(w, 4, axis=1), "sections that divide the size 2", ""),
    (lambda: x // 2, "np.floor_divide cannot be", "a / b"),
    (lambda: np.argmax(x), "np.argmax cannot be", "np.argmax(node.value)"),
    (lambda: np.add.outer(x, x), "np.add.outer cannot be", "np.add"),
    (lambda: np.exp(x, out=np.ones((2, 2))), "np.exp of a node takes", "out=…"),
    (
        lambda: np.sum(x, dtype=float),
        "np.sum of a node takes the arguments (a, axis, keepdims)",
        "",
    ),
    (lambda: np.sum(x, 0, keepdims=None), "keepdims of Sum", "None"),
    newer(lambda: np.reshape(x, (-1, 2), copy=True), "np.reshape of a node takes", "copy"),
    (lambda: np.reshape(x, (-1, 2), order="F"), "row by row", "'F'"),
    (lambda: np.where(x > 0), "needs three arguments", ""),
    (lambda: np.sum(x, 0, False, 1), "takes the arguments (a, axis, keepdims)", "dtype=…"),
    (lambda: np.round(x, 2), "rounds to whole numbers", "np.rint"),
    newer(lambda: np.clip(x, 0, max=1), "must be a_min and a_max, or min and max", ""),
    (lambda: np.dot(x, np.ones((3, 2, 2))), "stacks by a matrix", "a @ b"),
    (lambda: np.moveaxis(w, (0, 1), 0), "one destination for each axis", ""),
    (lambda: x & (x > 0), "must be conditions", "(x > 0) & (x < 1)"),
    (lambda: (x > 0) | 1, "must be conditions", "(x > 0) & (x < 1)"),
    (lambda: ~x, "must be conditions", ""),
    (lambda: x[x > 0], "must be known whole numbers", "np.where"),
    (lambda: w[np.array([True, False])], "must be known whole numbers", "np.where"),
    (lambda: w["a"], "An index into a node must consist of whole numbers", "'a'"),
    (lambda: w[1.5], "An index into a node must consist of whole numbers", "1.5"),
    (lambda: np.broadcast_to(w, x.shape), "BroadcastLike", ""),
    (lambda: np.squeeze(w, 0), "removes axes of size 1 only", ""),
    (lambda: np.swapaxes(w, 0, 2), "The axes of np.swapaxes", "-2 to 1"),
    (lambda: np.expand_dims(w, 5), "The axes of np.expand_dims", ""),
    (lambda: np.expand_dims(w, (0, 0)), "each once", ""),
    (lambda: np.squeeze(np.sum(w), 0), "an empty tuple", ""),
    (lambda: np.size(w, 2), "np.size needs an axis", ""),
    (lambda: np.take(w, [0]), "needs an axis", ""),
]


@pytest.mark.parametrize(("call", "words", "instead"), UNSUPPORTED)
def test_what_is_not_supported_is_explained(call, words, instead):
    with pytest.raises(ArgumentTypeError) as caught:
        call()
    assert words in str(caught.value)
    assert instead in str(caught.value)


WRONG_SHAPES = [
    (lambda: x[1:], "the whole batch axis"),
    (lambda: w[5], "an index that fits"),
    (lambda: np.flip(x), "an axis of known size"),
    (lambda: np.pad(x, 1), "widths \\(0, 0\\) for the batch axis"),
    (lambda: np.cumsum(w, axis=2), "an axis of"),
    (lambda: np.vstack([x, x]), "samples cannot be added"),
    (lambda: w[:, :, 0], "an index that fits"),
    (lambda: np.concatenate([x, x]), "samples cannot be added"),
    (lambda: np.concatenate([w, np.ones((1, 3))]), "differ in axis 0 at most"),
    (lambda: np.concatenate([w], axis=2), "an axis of"),
    (lambda: np.broadcast_to(w, (3, 3)), "broadcasting needs"),
    (lambda: np.broadcast_to(w, (2,)), "broadcasts to"),
    (lambda: np.broadcast_to(x, (3, 2)), "broadcasts to"),
    (lambda: np.reshape(w, (3,)), "as many elements"),
    (lambda: np.reshape(w, (-1, -1)), "at most one unknown size"),
    (lambda: np.transpose(w, (0, 0)), "each axis"),
    (lambda: np.sum(w, axis=(0, 0)), "different axes"),
    (lambda: np.take(w, [0], axis=3), "an axis of"),
    (lambda: np.take(w, [2], axis=0), "whole numbers from -2 to 1"),
    (lambda: np.take(w, [0.5], axis=0), "whole numbers from -2 to 1"),
    (lambda: np.transpose(np.sum(w), (1, 0)), "each axis"),
    (lambda: x[tg.Input("i", shape=(None,), dtype=int)], "the number of samples is unknown"),
]


@pytest.mark.parametrize(("call", "words"), WRONG_SHAPES)
def test_a_shape_that_does_not_fit_is_refused(call, words):
    with pytest.raises(ShapeError, match=words):
        call()


def test_every_function_in_the_table_is_a_function_of_numpy_or_of_an_op():
    for function, builder in FUNCTIONS.items():
        assert callable(function)
        assert callable(builder)
