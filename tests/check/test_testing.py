"""``check_op`` is a whole test: what it must find in an op, and what it must let pass."""

import numpy as np
import pytest
from handmade import op_of

import tinygraph as tg
from tinygraph.check.op_check import check_op
from tinygraph.errors import GradientError, OpError, ShapeError


def weighted(x, W):
    return x @ W


def by_weighted(g, y, x, W):
    return g @ W.T, x.T @ g


def square_example(rng):
    return rng.normal(size=(3, 3)), rng.normal(size=(3, 3))


def square_shape(x):
    if x != (3, 3):
        raise ShapeError("the matrix is 3 by 3")
    return x


def memory():
    """A forward that keeps its argument, and a backward that reads it."""
    kept = {}

    def forward(x):
        kept["x"] = x
        return np.sin(x)

    return forward, lambda g, y, x: g * np.cos(kept["x"])


def mean_square(p, t):
    return np.mean((p - t) ** 2)


WRONG = {
    "right for one sample alone": (
        op_of(lambda x: np.sin(x), lambda g, y, x: g * np.cos(x) / len(x)),
        GradientError,
        "once too often",
    ),
    "wrong for one sample alone": (
        op_of(lambda x: np.sin(x), lambda g, y, x: g * np.cos(x) * (2 if len(x) == 1 else 1)),
        GradientError,
        'Handmade "Handmade, a batch of one sample" is wrong',
    ),
    "n of the example": (
        op_of(lambda x: x.mean(axis=0), lambda g, y, x: np.ones_like(x) * g / 3, lambda x: x[1:]),
        GradientError,
        "a batch of",
    ),
    "squeezes one sample": (
        op_of(lambda x: np.squeeze(2 * x), lambda g, y, x: (2 * g).reshape(x.shape)),
        OpError,
        'forward of Handmade "Handmade, a batch of one sample" returned an array of shape',
    ),
    "a shape computed from the batch size": (
        op_of(
            lambda x: x.reshape(-1), lambda g, y, x: g.reshape(x.shape), lambda x: (x[0] * x[1],)
        ),
        OpError,
        "infer_shape of Handmade",
    ),
    "a shape with the batch size of the example": (
        op_of(lambda x: 2 * x, lambda g, y, x: 2 * g, lambda x: (3, 4)),
        OpError,
        r"infer_shape gave \(3, 4\)",
    ),
    "the shape of the wrong argument": (
        op_of(weighted, by_weighted, lambda x, W: W, square_example),
        OpError,
        "infer_shape gave",
    ),
    "wrong only if one node is read twice": (
        op_of(lambda a, b: a * b, lambda g, y, a, b: (g * b * (1 + (a is b)), g * a)),
        GradientError,
        "Handmade of one node",
    ),
    "overflows in float32": (
        op_of(lambda x: np.log(np.exp(100 + x)) - 100, lambda g, y, x: g),
        OpError,
        "agree within rounding, but forward of Handmade",
    ),
    "float64 in float32": (
        op_of(lambda x: x * np.ones(4), lambda g, y, x: g),
        OpError,
        "returned float64 for float32 arguments",
    ),
    "remembers": (op_of(*memory()), GradientError, "must be pure"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_op_is_found(kind):
    op, error, words = WRONG[kind]
    with pytest.raises(error, match=words):
        check_op(op)


RIGHT = {
    "a weight with as many rows as samples": op_of(
        weighted, by_weighted, lambda x, W: (x[0], W[1]), square_example
    ),
    "a loss": op_of(
        mean_square,
        lambda g, y, p, t: (g * 2 * (p - t) / p.size, g * 2 * (t - p) / p.size),
        lambda p, t: (),
    ),
    "a matrix of fixed size": op_of(
        lambda x: np.linalg.inv(x),
        lambda g, y, x: -y.T @ g @ y.T,
        square_shape,
        lambda rng: (rng.normal(size=(3, 3)) + 3 * np.eye(3),),
    ),
    "numbers that come as a list": op_of(lambda x: list(2 * x), lambda g, y, x: [2 * g]),
    "over the batch": op_of(lambda x: x - x.mean(axis=0), lambda g, y, x: g - g.mean(axis=0)),
    "two of one size, one node not in the domain": op_of(
        lambda a, b: a * np.log(b),
        lambda g, y, a, b: (g * np.log(b), g * a / b),
        None,
        lambda rng: (-np.ones((3, 4)), np.exp(rng.normal(size=(3, 4)))),
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_right_op_passes(kind):
    check_op(RIGHT[kind])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tg.testing.check_texts(5, [1.0], 0), "check_texts takes an op"),
        (lambda: tg.testing.check_texts(tg.Exp(1.0), 5, 0), "must be a tuple of arrays"),
        (lambda: tg.testing.check_texts(tg.Exp(1.0), ["cat"], 0), "must be a tuple of arrays; got"),
        (lambda: tg.testing.check_texts(tg.Exp(1.0), [1.0], "cat"), "rng must be a numpy"),
        (lambda: tg.testing.check_op(tg.Exp, name="e"), "Remove name="),
        (
            lambda: tg.testing.check_texts(tg.MatMul([[1.0]], [[1.0]]), [[[1.0]], [1.0, 2.0]], 0),
            "forward of MatMul .* failed",
        ),
    ],
)
def test_odd_arguments_are_refused(call, words):
    with pytest.raises(tg.TinygraphError, match=words):
        call()
