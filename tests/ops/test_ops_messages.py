"""The error messages of ops, quoted in full."""

import numpy as np
import pytest
from messages import NOBODY, UNNAMED, check_message

import tinygraph as tg
from tinygraph.errors import ShapeError

MESSAGES = [
    (
        "a @ b",
        "ShapeError",
        "MatMul (unnamed) needs two matrices, (B, m) times (m, n); got a (B, 2) and b (3,).",
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
        (
            "AddBias (unnamed) needs x (B, n) and a bias (n,); got a (B, 2) and b (3,): b "
            "should have 2 elements."
        ),
        UNNAMED,
    ),
    (
        "tg.MatMul(a, tg.Parameter(np.ones((3, 1))))",
        "ShapeError",
        (
            "MatMul (unnamed) needs (B, m) times (m, n); got a (B, 2) and Parameter (3, 1): the"
            " second should have 2 rows."
        ),
        UNNAMED,
    ),
    (
        "tg.AddBias(a, np.ones(3))",
        "ShapeError",
        (
            "AddBias (unnamed) needs x (B, n) and a bias (n,); got a (B, 2) and Constant "
            "(3,): the bias should have 2 elements."
        ),
        UNNAMED,
    ),
    (
        "tg.MSE(a, b)",
        "ShapeError",
        (
            "MSE (unnamed) needs a prediction and a target of the same shape; got a (B, 2) and "
            "b (3,): NumPy would broadcast them, and compare the wrong pairs."
        ),
        UNNAMED,
    ),
    (
        'a ** float("inf")',
        "ArgumentError",
        "The exponent of Power (unnamed) must be finite; got inf.",
        NOBODY,
    ),
    (
        'tg.Power(a, exponent="k")',
        "ArgumentTypeError",
        "The exponent of Power (unnamed) must be a number; got 'k'.",
        NOBODY,
    ),
    (
        "tg.Power(a, exponent=2 + 1j)",
        "ArgumentTypeError",
        "The exponent of Power (unnamed) must be a number; got (2+1j).",
        NOBODY,
    ),
    (
        'tg.Sum(a, axis="0")',
        "ArgumentTypeError",
        (
            "axis of Sum (unnamed) must be a whole number, a tuple of whole numbers, or "
            "None; got '0'."
        ),
        NOBODY,
    ),
    (
        "tg.Sum(a, axis=True)",
        "ArgumentTypeError",
        (
            "axis of Sum (unnamed) must be a whole number, a tuple of whole numbers, or "
            "None; got True."
        ),
        NOBODY,
    ),
    (
        "tg.Sum(a, keepdims=1)",
        "ArgumentTypeError",
        "keepdims of Sum (unnamed) must be True or False; got 1.",
        NOBODY,
    ),
    (
        "tg.Mean(a, axis=-3)",
        "ShapeError",
        "Mean (unnamed) needs an axis from -2 to 1 of (B, 2), not -3; got a (B, 2).",
        UNNAMED,
    ),
    (
        "tg.MatMul(tg.Parameter(np.ones((2, 3))), tg.Parameter(np.ones((4, 2))))",
        "ShapeError",
        (
            "MatMul (unnamed) needs (B, m) times (m, n); got Parameter (2, 3) and Parameter (4,"
            " 2): the second times the first would fit."
        ),
        UNNAMED,
    ),
    (
        ('tg.MatMul(tg.Input("x", (3, None)), tg.Parameter(np.ones((4, 2)), name="W"), name="z")'),
        "ShapeError",
        ('MatMul "z" needs (B, m) times (m, n); got x (3, B) and W (4, 2): W should have B rows.'),
        "z",
    ),
    (
        "lab2.forward(x=np.zeros((0, 2)), t=np.zeros((0, 1)))",
        "ShapeError",
        (
            'MSE "loss" needs at least one element, since an empty array has no mean; got '
            "the shape (0, 1). Feed a batch of at least one sample."
        ),
        "loss",
    ),
    (
        (
            'y, t = tg.Input("y", (None, 1)), tg.Input("t", (4, 1)); tg.Graph(tg.MSE(y, t, '
            'name="loss")).forward(y=np.ones((3, 1)), t=np.ones((4, 1)))'
        ),
        "ShapeError",
        (
            'MSE "loss" compares a prediction and a target of the same shape; got (3, 1) and '
            "(4, 1). Feed both from the same samples."
        ),
        "loss",
    ),
    (
        "tg.Graph(tg.Mean(a, axis=0)).forward(a=np.zeros((0, 2)))",
        "ShapeError",
        (
            'Mean "Mean1" needs at least one element, since an empty array has no mean; got '
            "the shape (0, 2). Feed a batch of at least one sample."
        ),
        "Mean1",
    ),
]


@pytest.mark.parametrize(
    ("code", "kind", "message", "node"),
    MESSAGES,
    ids=[f"{k}-{row[1]}" for k, row in enumerate(MESSAGES)],
)
def test_a_message_in_full(code, kind, message, node):
    check_message(code, kind, message, node)


@pytest.mark.parametrize(
    ("x", "z"),
    [
        ((2,), (2,)),
        ((3, 2), (4, 2)),
        ((3, 5, 2), (15, 2)),
        ((3, 5, 2), (3, 4, 2)),
        ((4, None), (4, 2)),
        ((3, 4, None), (3, 4, 2)),
        ((3, 4, 2), (3, 4, None)),
        ((4, 2), (4, None)),
    ],
)
def test_an_outer_sum_needs_equally_many_rows(x, z):
    inputs = [tg.Input(name, shape=shape) for name, shape in (("x", x), ("z", z))]
    with pytest.raises(ShapeError, match=r"needs equally many rows, \(…, m\) and \(…, n\); got x"):
        tg.OuterSum(*inputs)


def test_an_outer_sum_of_matrices_and_of_stacks():
    x, z = np.arange(6.0).reshape(3, 2), np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(tg.Graph(tg.OuterSum(x, z)).forward(), x.T @ z)
    node = tg.OuterSum(tg.Input("x", (None, 3, 2)), tg.Input("z", (None, 3, 4)))
    assert node.shape == (2, 4)


def test_an_exponent_that_is_a_node_is_explained():
    k = tg.Parameter(2.0, name="k")
    with pytest.raises(tg.TinygraphError) as caught:
        tg.Power(tg.Parameter(3.0), exponent=k, name="y")
    assert str(caught.value) == (
        'The exponent of Power "y" must be a number; got <Parameter "k" ()>. For an exponent that '
        "is a node, write x ** k, which builds a VariablePower."
    )


def test_conditions_take_truth_values_of_numpy_and_python():
    x = tg.Parameter([0.2, 0.8], name="x")
    node = (x > 0.5) & np.array([True, True]) | False
    assert tg.Graph(node).forward().tolist() == [0, 1]
    with pytest.raises(
        tg.TinygraphError, match=r"must be conditions, such as x > 0; got <Parameter"
    ):
        (x > 0.5) & x


def test_one_half_is_not_a_condition_that_holds():
    condition = tg.Parameter([0.5, 0.6], name="c")
    a, b = tg.Parameter([1.0, 1.0], name="a"), tg.Parameter([2.0, 2.0], name="b")
    model = tg.Graph(np.sum(tg.Where(condition, a, b)))
    assert model.forward() == 3
    model.backward()
    assert a.grad.tolist() == [0, 1]
    assert b.grad.tolist() == [1, 0]
