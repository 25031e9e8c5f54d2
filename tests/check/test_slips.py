"""The slip that is named is the one that was made."""

import numpy as np
import pytest
from handmade import op_of

import tinygraph as tg

RNG = np.random.default_rng(2)
X, W = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 3))


def slip_of(forward, backward, *arrays, shape=None):
    """The slip named for an op with these, in the second of two layers."""
    bad_op = op_of(forward, backward, None if shape is None else lambda *shapes: shape)
    nodes = {id(a): tg.Parameter(a, name=f"p{k}") * 1.0 for k, a in enumerate(arrays)}
    bad = bad_op(*(nodes[id(a)] for a in arrays), name="bad")
    report = tg.gradcheck(tg.Sum(bad))
    assert report.culprit is bad
    return report.first_wrong.slip


def matmul(x, W):
    return x @ W


ELEMENTWISE = {
    "x is used instead of y": (np.tanh, lambda g, y, x: g * (1 - x * x)),
    "y is used instead of x": (lambda x: x**2, lambda g, y, x: 2 * g * y),
    "1.0001 times": (np.sin, lambda g, y, x: g * np.cos(x) * 1.0001),
    "1.00001 times": (np.sin, lambda g, y, x: g * np.cos(x) * 1.00001),
    "those where x is negative": (
        lambda x: np.where(x > 0, x, 0.1 * x),
        lambda g, y, x: g * np.where(x > 0, 1, -0.1),
    ),
    "those where x is positive": (np.exp, lambda g, y, x: g * np.where(x > 0, 1, y)),
    "all with the index 4 on axis 0": (
        np.sin,
        lambda g, y, x: g * np.cos(x) * (np.arange(5) < 4)[:, None],
    ),
    "all with the index 2 on axis 1": (np.sin, lambda g, y, x: g * np.cos(x) * [1, 1, 3]),
    "(1 of 15 checked)": (
        np.sin,
        lambda g, y, x: g * np.cos(x) + (np.arange(15) == 7).reshape(5, 3),
    ),
}


@pytest.mark.parametrize("slip", ELEMENTWISE)
def test_slips_of_elementwise_ops(slip):
    forward, backward = ELEMENTWISE[slip]
    few = np.copysign(X, np.arange(15).reshape(5, 3) % 4 - 0.5)
    x = {"negative": few, "positive": -few}.get(slip.split()[-1], X)
    assert slip in slip_of(forward, backward, x)


def test_a_missing_g_of_a_scalar_is_no_mere_factor():
    slip = slip_of(lambda x: np.mean(x**2), lambda g, y, x: 2 * x / x.size, X, shape=())
    assert slip.startswith("g is missing")


def test_a_division_by_the_wrong_axis_is_told():
    slip = slip_of(lambda x: np.mean(x**2), lambda g, y, x: g * 2 * x / len(x), X, shape=())
    assert slip == "the factor 1/n is missing, where n = 3 is the size of axis 1 of x"


def test_the_first_sample_alone():
    slip = slip_of(matmul, lambda g, y, x, W: (g @ W.T, x[:1].T @ g[:1]), X, W, shape=(5, 3))
    assert slip == "only the first sample of the batch contributes to it"


def test_one_node_for_both_arguments_is_no_wrong_order():
    slip = slip_of(lambda a, b: a * b, lambda g, y, a, b: (2 * g * b, g * a), X, X)
    assert slip == "a constant factor: it is 2 times the right value"
