"""Building nodes: shapes are inferred at once, and what does not fit is met with a lesson."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ArgumentTypeError, DtypeError, ShapeError

x = tg.Input("x", shape=(None, 2))


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (lambda: x + 1, tg.Add),
        (lambda: 1 + x, tg.Add),
        (lambda: x - 1, tg.Subtract),
        (lambda: 1 - x, tg.Subtract),
        (lambda: x * 2, tg.Multiply),
        (lambda: 2 * x, tg.Multiply),
        (lambda: x / 2, tg.Divide),
        (lambda: 2 / x, tg.Divide),
        (lambda: -x, tg.Negate),
        (lambda: x**2, tg.Power),
        (lambda: x @ tg.Parameter(np.ones((2, 2))), tg.MatMul),
        (lambda: np.ones((3, 2)) @ tg.Parameter(np.ones((2, 2))), tg.MatMul),
        (lambda: np.ones(2) * x, tg.Multiply),
    ],
)
def test_operators_build_the_ops_of_their_names(build, kind):
    assert type(build()) is kind


def test_operands_keep_their_order():
    model = tg.Graph((1 - x) / 2 + 2 / (x + 1))
    got = model.forward(x=[[0.0, 3.0]])
    np.testing.assert_allclose(got, [[0.5 + 2, -1 + 0.5]])


@pytest.mark.parametrize("exponent", ["2", None, True])
def test_an_exponent_is_a_number(exponent):
    with pytest.raises(ArgumentTypeError, match="exponent"):
        x**exponent


@pytest.mark.parametrize("base", [2, np.ones(2), x])
def test_an_exponent_may_be_a_node(base):
    assert type(base**x) is tg.ops.VariablePower


def test_shapes_are_inferred_when_the_graph_is_built():
    W, b = tg.Parameter(np.ones((2, 4)), name="W"), tg.Parameter(np.ones(4), name="b")
    z = tg.MatMul(x, W)
    a = tg.AddBias(z, b)
    assert (z.shape, a.shape, tg.Sigmoid(a).shape) == ((None, 4), (None, 4), (None, 4))
    assert tg.Sum(a).shape == ()
    assert tg.Mean(a, axis=0).shape == (4,)
    assert tg.Sum(a, axis=-1, keepdims=True).shape == (None, 1)


def test_a_wrong_matrix_product_is_refused_with_a_lesson():
    W = tg.Parameter(np.ones((3, 4)), name="W1")
    with pytest.raises(ShapeError) as caught:
        tg.MatMul(x, W, name="z1")
    message = str(caught.value)
    assert 'MatMul "z1" needs (B, m) times (m, n)' in message
    assert "x (B, 2) and W1 (3, 4): W1 should have 2 rows" in message
    assert isinstance(caught.value, ValueError)


def test_factors_in_the_wrong_order_are_told_so():
    W = tg.Parameter(np.ones((2, 3)), name="W")
    with pytest.raises(ShapeError, match="x times W would fit"):
        tg.MatMul(W, x)


@pytest.mark.parametrize(
    "build",
    [
        lambda: tg.MatMul(tg.Parameter(np.ones((4, 3))), x),
        lambda: tg.MatMul(x, tg.Parameter(np.ones(2))),
        lambda: tg.AddBias(x, tg.Parameter(np.ones(3), name="b")),
        lambda: tg.AddBias(x, tg.Parameter(np.ones((1, 2)), name="b")),
        lambda: x + tg.Parameter(np.ones(3), name="b"),
        lambda: tg.MSE(tg.Input("p", (None, 1)), tg.Input("t", (None,))),
        lambda: tg.MSE(tg.Input("p", (None, 1)), tg.Input("t", (None, 2))),
        lambda: tg.Sum(x, axis=2),
        lambda: tg.Mean(x, axis=-3),
    ],
)
def test_wrong_shapes_are_refused_with_what_arrived(build):
    with pytest.raises(ShapeError, match=r"\(B, ") as caught:
        build()
    assert isinstance(caught.value.node, tg.Op)


def test_broadcasting_infers_as_numpy_does():
    shapes = [(3, 4), (4,), (1, 4), (3, 1), (), (1,), (5, 1, 4)]
    for first in shapes:
        for second in shapes:
            a, b = tg.Parameter(np.ones(first)), tg.Parameter(np.ones(second))
            assert (a + b).shape == np.broadcast_shapes(first, second)


@pytest.mark.parametrize("name", [3, "", b"w", ["w"]])
def test_a_name_is_a_text(name):
    with pytest.raises(ArgumentTypeError, match="name of a node"):
        tg.Parameter(1.0, name=name)


def test_an_input_needs_a_name():
    with pytest.raises(ArgumentTypeError, match="needs a name"):
        tg.Input(None, shape=(2,))


@pytest.mark.parametrize("shape", [3, "ab", (2.5,), (-1,), (True,), None])
def test_a_shape_is_a_tuple_of_sizes(shape):
    with pytest.raises(ArgumentTypeError, match=r"None for the batch size"):
        tg.Input("x", shape=shape)


@pytest.mark.parametrize(
    "value",
    ["cat", None, object(), [1, "a"], 1j, np.array([1 + 2j]), [[1], [1, 2]], np.datetime64("now")],
)
def test_a_parameter_is_an_array_of_real_numbers(value):
    with pytest.raises(DtypeError, match="parameter 'w'"):
        tg.Parameter(value, name="w")


@pytest.mark.parametrize("value", [1, True, [1, 2], np.arange(3), np.uint8([1])])
def test_whole_numbers_become_float64(value):
    assert tg.Parameter(value).value.dtype == np.float64


def test_a_parameter_keeps_its_shape_and_precision():
    w = tg.Parameter(np.ones((2, 2), dtype=np.float32), name="w")
    w.value = np.zeros((2, 2))
    assert w.value.dtype == np.float32
    with pytest.raises(
        ShapeError, match=r'"w" must keep its shape \(2, 2\); got an array of shape \(3,\)'
    ):
        w.value = [1, 2, 3]


def test_the_number_of_inputs_is_checked():
    with pytest.raises(ArgumentTypeError, match=r"takes 2 input.*x, W.*got 1"):
        tg.MatMul(x)
    with pytest.raises(ArgumentTypeError, match="got 0"):
        tg.Sigmoid()


@pytest.mark.parametrize("value", ["x", None, object(), tg.Sigmoid, {}])
def test_the_inputs_of_an_op_are_nodes_or_numbers(value):
    with pytest.raises(ArgumentTypeError, match="inputs of"):
        tg.Sigmoid(value)


def test_numbers_become_constants():
    model = tg.Graph(tg.Sigmoid(np.zeros(3)))
    np.testing.assert_array_equal(model.forward(), [0.5, 0.5, 0.5])


def test_a_misspelt_keyword_is_refused_with_the_nearest():
    with pytest.raises(ArgumentTypeError, match='Did you mean "axis"'):
        tg.Sum(x, axes=0)
    with pytest.raises(ArgumentTypeError, match='Did you mean "name"'):
        tg.Sigmoid(x, nmae="h")


@pytest.mark.parametrize(("op", "keyword"), [(tg.ReLU, "maximum"), (tg.Sigmoid, "dtype")])
def test_a_keyword_that_the_op_does_not_read_is_refused(op, keyword):
    with pytest.raises(ArgumentTypeError, match=f"takes no keyword '{keyword}'"):
        op(x, **{keyword: 6})


def test_hyperparameters_are_kept_on_the_op():
    class Scale(tg.Op):
        def forward(self, x):
            return self.factor * x

        def backward(self, g, y, x):
            return self.factor * g

    class LeakyReLU(tg.Op):
        slope = 0.01

        def forward(self, x):
            return np.where(x > 0, x, self.slope * x)

        def backward(self, g, y, x):
            return g * np.where(x > 0, 1, self.slope)

    class Shift(tg.Op):
        def __init__(self, x, *, by, name=None):
            super().__init__(x, name=name, by=by)

        def forward(self, x):
            return x + self.by

        def backward(self, g, y, x):
            return g

    assert tg.Graph(Scale(x, factor=3.0)).forward(x=[[1, 2]]).tolist() == [[3, 6]]
    assert tg.Graph(LeakyReLU(x)).forward(x=[[-1, 2]]).tolist() == [[-0.01, 2]]
    assert tg.Graph(LeakyReLU(x, slope=0.5)).forward(x=[[-1, 2]]).tolist() == [[-0.5, 2]]
    assert tg.Graph(Shift(x, by=1.0)).forward(x=[[1, 2]]).tolist() == [[2, 3]]
    with pytest.raises(ArgumentTypeError, match="slopes"):
        LeakyReLU(x, slopes=0.5)


def test_an_op_may_take_any_number_of_inputs():
    class Total(tg.Op):
        def forward(self, *xs):
            return sum(xs)

        def backward(self, g, y, *xs):
            return [g for _ in xs]

    parameters = [tg.Parameter(float(k), name=f"p{k}") for k in range(4)]
    model = tg.Graph(Total(*parameters))
    assert model.forward() == 6
    model.backward()
    assert [p.grad for p in parameters] == [1, 1, 1, 1]


def test_an_op_without_forward_says_so():
    class Empty(tg.Op):
        pass

    with pytest.raises(tg.TinygraphError, match="has no forward: its class must define one"):
        Empty(x)


def test_groups_come_from_names():
    assert tg.Parameter(1.0, name="encoder/layer1/W").group == "encoder/layer1"
    assert tg.Parameter(1.0, name="W").group == ""
    assert tg.Parameter(1.0).group == ""


def test_hyperparameters_are_those_given_and_the_defaults():
    w = tg.Parameter(np.ones((2, 3)), name="w")
    assert tg.Sum(w, axis=1).hyperparameters == {"axis": 1, "keepdims": False}
    assert tg.Power(w, exponent=3.0).hyperparameters == {"exponent": 3.0}
    assert tg.Sigmoid(w).hyperparameters == {}
