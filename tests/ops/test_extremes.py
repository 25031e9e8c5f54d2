"""Numbers at the ends of what float64 and float32 can hold, and infinities."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.validation.op_results import one_each

INF = np.inf


def run(op, arrays, precision):
    """Return the value of an op and its gradients for g = 1."""
    arrays = [np.asarray(array, precision) for array in arrays]
    node = op(*arrays)
    with np.errstate(all="ignore"):
        y = np.asarray(node.forward(*arrays))
        grads = one_each(node, node.backward(np.ones(y.shape, precision), y, *arrays))
    return y, grads


@pytest.mark.parametrize("precision", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("logits", "label", "loss", "slopes"),
    [
        ([900.0, -900.0, 0.0], 0, 0.0, [0, 0, 0]),
        ([900.0, -900.0, 0.0], 1, 1800.0, [1, -1, 0]),
        ([1e30, -1e30, 0.0], 1, 2e30, [1, -1, 0]),
        ([-900.0, -900.0, -900.0], 2, np.log(3), [1 / 3, 1 / 3, -2 / 3]),
        ([-INF, 0.0, 0.0], 1, np.log(2), [0, -0.5, 0.5]),
        ([-INF, -INF, 5.0], 2, 0.0, [0, 0, 0]),
        ([-INF, 0.0, 0.0], 0, INF, [-1, 0.5, 0.5]),
    ],
)
def test_cross_entropy_of_large_and_masked_logits(precision, logits, label, loss, slopes):
    y, grads = run(tg.CrossEntropy, ([logits], [label]), precision)
    np.testing.assert_allclose(y, loss, rtol=1e-6)
    assert not np.signbit(y)
    np.testing.assert_allclose(grads[0], [slopes], rtol=1e-6)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("logit", "target", "loss", "slope"),
    [
        (900.0, 0.0, 900.0, 1.0),
        (900.0, 1.0, 0.0, 0.0),
        (-900.0, 0.0, 0.0, 0.0),
        (-900.0, 1.0, 900.0, -1.0),
        (1e30, 0.5, 5e29, 0.5),
        (-40.0, 0.0, np.exp(-40.0), np.exp(-40.0)),
        (-30.0, 0.0, np.exp(-30.0), np.exp(-30.0)),
    ],
)
def test_binary_cross_entropy_is_precise_at_both_ends(precision, logit, target, loss, slope):
    y, grads = run(tg.BinaryCrossEntropy, ([logit], [target]), precision)
    np.testing.assert_allclose(y, loss, rtol=1e-5)
    np.testing.assert_allclose(grads[0], [slope], rtol=1e-5)


@pytest.mark.parametrize("precision", [np.float64, np.float32])
def test_the_slope_of_gelu_is_0_or_1_far_away(precision):
    x = np.array([-1e30, -900.0, -20.0, 20.0, 900.0, 1e30])
    y, grads = run(tg.GELU, (x,), precision)
    np.testing.assert_allclose(y, np.maximum(x, 0), rtol=1e-6)
    np.testing.assert_array_equal(grads[0], x > 0)


def test_a_masked_class_trains_in_every_engine():
    """A logit of −∞ takes a class out: its gradient is 0, and the loss stays finite."""
    rng = np.random.default_rng(0)
    x, mask = rng.normal(size=(8, 3)), np.array([0.0, 0.0, -1e9, 0.0])
    labels = rng.choice([0, 1, 3], size=8)
    found = []
    for engine in ("interpreted", "numpy", "auto"):
        W = tg.Parameter(np.zeros((3, 4)), name="W")
        data, label = tg.Input("x", (None, 3)), tg.Input("label", (None,), dtype=int)
        logits = np.where(mask < 0, -INF, data @ W)
        model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits)
        history = tg.fit(
            model,
            tg.SGD([W], lr=0.5),
            epochs=20,
            engine=engine,
            print_interval=0,
            x=x,
            label=labels,
        )
        assert np.isfinite(history.loss).all()
        assert history.loss[-1] < history.loss[0]
        np.testing.assert_array_equal(W.value[:, 2], 0)
        found.append(W.value.copy())
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-12)


@pytest.mark.parametrize("k", [0.0, 0.5, 1.0, 2.0])
def test_a_power_of_0_has_the_slopes_of_its_limits(k):
    x, exponent = tg.Parameter([0.0, 4.0], name="x"), tg.Parameter([k, k], name="k")
    model = tg.Graph(np.sum(x**exponent))
    model.forward()
    with np.errstate(all="ignore"):
        (by_x, by_k) = model.output.inputs[0].backward(
            np.ones(2), (x**exponent).forward(x.value, exponent.value), x.value, exponent.value
        )
    assert by_k[0] == 0
    assert by_x[0] == (INF if k == 0.5 else 1.0 if k == 1 else 0.0)
    np.testing.assert_allclose(by_x[1], k * 4.0 ** (k - 1))
    np.testing.assert_allclose(by_k[1], 4.0**k * np.log(4.0))
