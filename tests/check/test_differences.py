"""Slopes from values: right where f is steep, flat, tiny, huge, noisy or has a kink."""

import numpy as np
import pytest
from handmade import op_of

import tinygraph as tg

RNG = np.random.default_rng(3)
N = RNG.normal(size=(5, 3))
CREST = np.array([[0.0, 1.0, 37.0, -37.0, 30.0, 36.5, 40.0, 100.0, -300.0, 709.0]])


def sigma(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def by_softmax(g, y, x):
    return y * (g - (g * y).sum(-1, keepdims=True))


def row_max(x):
    return x.max(1)


def ties_shared(g, y, x):
    is_most = x == y[:, None]
    return g[:, None] * is_most / is_most.sum(1, keepdims=True)


def relu(x):
    return np.maximum(x, 0)


def by_relu(g, y, x):
    return g * (x > 0)


def awkward(forward, backward):
    return op_of(forward, backward, (lambda x: x[:1]) if forward is row_max else None)


RIGHT = {
    "saturated sigmoid": (sigma, lambda g, y, x: g * y * (1 - y), CREST),
    "all saturated": (sigma, lambda g, y, x: g * y * (1 - y), 36 + N),
    "saturated tanh": (np.tanh, lambda g, y, x: g * (1 - y * y), [[5, 15, 18.5, -18.7, 100.0]]),
    "steep sigmoid": (lambda x: sigma(1e4 * x), lambda g, y, x: 1e4 * g * y * (1 - y), N * 1e-3),
    "softmax far apart": (softmax, by_softmax, N * 50),
    "softmax of one and zeros": (softmax, by_softmax, N * 500),
    "sharp exponential": (np.exp, lambda g, y, x: g * y, [[-700.0, -50.0, 0.0, 50.0, 700.0]]),
    "logarithm near 0": (np.log, lambda g, y, x: g / x, abs(N) * 1e-8),
    "root near 0": (np.sqrt, lambda g, y, x: g / 2 / y, abs(N) * 1e-12),
    "pole near 0": (lambda x: 1 / x, lambda g, y, x: -g * y * y, N * 1e-8),
    "scales side by side": (lambda x: x**3, lambda g, y, x: 3 * g * x * x, [[1e-8, 1e4, -1.0, 0]]),
    "many scales": (
        lambda x: x**3,
        lambda g, y, x: 3 * g * x * x,
        10.0 ** RNG.uniform(-8, 8, size=(30, 30)),
    ),
    "huge": (lambda x: 1e150 * np.sin(x), lambda g, y, x: 1e150 * g * np.cos(x), N),
    "tiny": (lambda x: 1e-200 * np.sin(x), lambda g, y, x: 1e-200 * g * np.cos(x), N),
    "fast": (lambda x: np.sin(1e8 * x), lambda g, y, x: 1e8 * g * np.cos(1e8 * x), N * 1e-8),
    "large beside its slope": (
        lambda x: 1e10 + np.abs(x),
        lambda g, y, x: g * np.sign(x),
        N,
    ),
    "digits cancel": (lambda x: (x + 1e8) - 1e8, lambda g, y, x: g, N),
    "digits cancel near 0": (lambda x: 1 - np.cos(x), lambda g, y, x: g * np.sin(x), N * 1e-6),
    "kinks on both sides": (
        lambda x: np.clip(x, 0, 6),
        lambda g, y, x: g * ((x > 0) & (x < 6)),
        [[0, 6, 6 + 1e-6, 5.999999, 3.0]],
    ),
    "nothing but kinks": (relu, by_relu, np.zeros((10, 10))),
    "a kink among many": (relu, by_relu, np.linspace(-1, 1, 1001)[None]),
    "tiny and at a kink": (relu, by_relu, N * 1e-20),
    "curvature jumps": (lambda x: x * abs(x), lambda g, y, x: 2 * g * abs(x), [[0, 1e-7, -3e-6]]),
    "ties": (row_max, ties_shared, [[1.0, 1, 0], [2, 2, 2]]),
    "near ties": (row_max, ties_shared, [[1, 1 + 1e-7, 0], [2, 2 - 1e-6, 2 + 2e-6]]),
    "a step at the point": (np.sign, lambda g, y, x: 0 * x, [[0.0, 1e-7, -1.0]]),
    "whole numbers": (np.floor, lambda g, y, x: 0 * x, [[1.0, 2.0, 2.5]]),
    "booleans": (lambda x: x > 0, lambda g, y, x: 0 * x, N),
    "a list": (lambda x: (2 * x).tolist(), lambda g, y, x: [(2 * g).tolist()], N),
    "no complex numbers": (
        lambda x: np.array([[float(v) ** 2 for v in row] for row in x]),
        lambda g, y, x: 2 * g * x,
        N,
    ),
    "complex is misleading": (lambda x: np.abs(x) * x, lambda g, y, x: 2 * g * np.abs(x), N),
    "a branch": (
        lambda x: x * (2 if x.sum() > 0 else 3),
        lambda g, y, x: g * (2 if x.sum() > 0 else 3),
        N,
    ),
}


@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_derivative_is_never_called_wrong(kind):
    forward, backward, x = RIGHT[kind]
    with np.errstate(all="ignore"):
        op = awkward(forward, backward)(tg.Parameter(np.asarray(x, float), name="w"), name="op")
        for output in (op, tg.Sum(op * 0.5)):
            report = tg.gradcheck(output)
            assert report.ok, str(report)


@pytest.mark.parametrize("kind", RIGHT)
def test_the_same_with_another_slope_is(kind):
    forward, backward, x = RIGHT[kind]

    def wrong(g, y, x):
        return 1.1 * np.asarray(backward(g, y, x)).reshape(x.shape) + 0.1 * g.sum()

    with np.errstate(all="ignore"):
        op = awkward(forward, wrong)(tg.Parameter(np.asarray(x, float), name="w"), name="op")
        report = tg.gradcheck(op)
    assert report.culprit is op, str(report)


UNDEFINED = {
    "root of 0": (np.sqrt, lambda g, y, x: g / 2 / y, [0.0, 1.0]),
    "pole": (lambda x: 1 / x, lambda g, y, x: -g * y * y, [0.0, 1.0]),
    "logarithm of 0": (np.log, lambda g, y, x: g / x, [0.0, 1.0]),
    "overflow": (np.exp, lambda g, y, x: g * y, [1000.0, 1.0]),
    "not a number": (np.log, lambda g, y, x: g / x, [-1.0, 1.0]),
    "infinitely steep": (np.cbrt, lambda g, y, x: g / 3 / y**2, [0.0, 1.0]),
}


@pytest.mark.parametrize("kind", UNDEFINED)
def test_where_there_is_no_number_nothing_is_proved(kind):
    forward, backward, x = UNDEFINED[kind]
    with np.errstate(all="ignore"):
        report = tg.gradcheck(awkward(forward, backward)(tg.Parameter(x, name="w")))
    assert report.checks[0].verdict == "undefined"
    assert not report.ok


@pytest.mark.parametrize(
    "make",
    [
        lambda x, w: tg.AddBias(x, w),
        lambda x, w: x * w,
        lambda x, w: tg.MatMul(x, tg.Parameter(N[:2], name="W")),
        lambda x, w: tg.Sum(x, axis=0) * w,
        lambda x, w: tg.MSE(x * 1.0, x + w),
    ],
)
def test_no_right_derivative_is_blamed_for_nan_in_the_data(make):
    x, w = tg.Input("x", shape=(None, 2)), tg.Parameter([1.0, 2.0], name="w")
    with np.errstate(all="ignore"):
        report = tg.gradcheck(tg.Sum(make(x, w)), x=[[np.nan, 1.0], [2.0, 3.0]])
    assert report.first_wrong is None, str(report)
    assert not report.ok
    assert "The check is incomplete" in str(report)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_an_infinite_gradient_of_a_smooth_op_is_wrong(bad):
    def backward(g, y, x):
        return np.where(x > 0.5, bad, g * np.cos(x))

    report = tg.gradcheck(awkward(np.sin, backward)(tg.Parameter([0.1, 0.9, 0.2], name="w")))
    assert report.first_wrong.index == (1,)
    assert "it is NaN or infinite" in report.first_wrong.slip


@pytest.mark.parametrize("sign", [-1, 1.05, 2])
@pytest.mark.parametrize(
    "forward",
    [
        lambda x: 1e8 + np.sin(x),
        lambda x: np.sin(x.real.astype(np.float32)).astype(float),
        lambda x: (np.sin(x.real) + 1e7) - 1e7,
    ],
)
def test_noise_in_the_values_hides_no_wrong_derivative(forward, sign):
    op = awkward(forward, lambda g, y, x: sign * g * np.cos(x))(tg.Parameter(N, name="w"))
    assert tg.gradcheck(op).culprit is op


def test_an_op_may_refuse_what_lies_outside_its_domain():
    def logarithm(x):
        if not (np.real(x) > 0).all():
            raise ValueError("not above 0")
        return np.log(np.real(x))

    point = tg.Parameter([1e-7, 1.0], name="w")
    assert tg.gradcheck(awkward(logarithm, lambda g, y, x: g / x)(point)).ok
    assert not tg.gradcheck(awkward(logarithm, lambda g, y, x: 1.1 * g / x)(point)).ok


@pytest.mark.parametrize("at", [0, 777, 2399])
def test_the_one_wrong_entry_of_a_large_array_is_named(at):
    def backward(g, y, x):
        grad = g * np.cos(x)
        grad.flat[at] += 1e-3
        return grad

    w = tg.Parameter(np.random.default_rng(4).normal(size=(40, 60)), name="w")
    op = awkward(np.sin, backward)(w)
    assert tg.gradcheck(op).first_wrong.index == divmod(at, 60)
