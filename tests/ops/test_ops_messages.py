"""The error messages of ops, quoted in full."""

import pytest
from messages import NOBODY, UNNAMED, check_message

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
