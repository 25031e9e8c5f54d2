"""The exercises about gradients: one neuron, the chain rule, a layer, activations, the loss."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.data.lab2 import xor
from tinygraph.exercises.verdict import Verdict, judge, returned, run
from tinygraph.lab2 import model
from tinygraph.ops import MSE, AddBias, MatMul, Sigmoid, Sum


def one_neuron(answer: Any) -> Verdict:
    """01: dL/db of L = (σ(−1 · 1 + b) − 1)² at b = 1."""
    b = Parameter(1.0, name="b")
    _, grads = run((Sigmoid(-1.0 + b, name="h") - 1.0) ** 2)
    return judge(
        answer,
        grads["b"],
        {
            "this is dL/dh; the sigmoid still has to be passed": grads["h"],
            "the square gives 2 (h − t), not h − t": grads["b"] / 2,
            "σ′(a) = h (1 − h) is 1/4 at a = 0; this has h in its place": grads["h"] / 2,
        },
    )


def diamond(answer: Any) -> Verdict:
    """02: dL/dx of L = (x · x) · (3 x) at x = 2."""
    x = Parameter(2.0, name="x")
    a, b = Sum(x * x, name="a"), Sum(3.0 * x, name="b")
    values, grads = run(a * b)
    by_a, by_b = 2 * values["x"] * values["b"], 3.0 * values["a"]
    return judge(
        answer,
        grads["x"],
        {
            "this is the way by a alone; x reaches L by b as well": by_a,
            "this is the way by b alone; x reaches L by a as well": by_b,
            "contributions of several ways add; these were multiplied": by_a * by_b,
            "this is the slope of a + b; here the last op is a product": 2 * values["x"] + 3,
            "a = x · x reads x twice: its slope is 2 x, not x": by_a / 2 + by_b,
        },
    )


def layer_gradients(answer: Any) -> Verdict:
    """03: a function (x, W, g) that gives the gradients of x, W and b."""
    rng = np.random.default_rng(0)
    x, W, b, g = (rng.normal(size=shape) for shape in [(5, 2), (2, 3), (3,), (5, 3)])
    z = MatMul(Parameter(x, name="x"), Parameter(W, name="W"))
    _, grads = run(AddBias(z, Parameter(b, name="b")), seed=g)
    given = returned(answer, x, W, g)
    if isinstance(given, Verdict):
        return given
    if not isinstance(given, tuple) or len(given) != 3:
        return Verdict(False, "Return three gradients: of x, of W and of b, in this order.")
    slips: dict[str, dict[str, Any]] = {
        "x": {},
        "W": {"the batch is summed over, not averaged": x.T @ g / len(x)},
        "b": {"the batch is summed over, not averaged": g.mean(axis=0)},
    }
    for got, (name, named_slips) in zip(given, slips.items(), strict=True):
        verdict = judge(got, grads[name], named_slips, f"gradient of {name}")
        if not verdict.is_right:
            return verdict
    return Verdict(True, "Right, all three.")


def silu_slope(answer: Any) -> Verdict:
    """04: a function that gives the slope of x σ(x)."""
    numbers = np.linspace(-3.0, 3.0, 13)
    x = Parameter(numbers, name="x")
    values, grads = run(Sum(x * Sigmoid(x, name="s")))
    given = returned(answer, numbers)
    if isinstance(given, Verdict):
        return given
    slope = values["s"] * (1 - values["s"])
    return judge(
        given,
        grads["x"],
        {
            "the product rule has a second term: x times the slope of the sigmoid": values["s"],
            "the product rule has a first term too: 1 times the sigmoid": numbers * slope,
            "this is the slope of the sigmoid alone": slope,
        },
    )


def mean_or_half(answer: Any) -> Verdict:
    """05: the learning rate for half the sum that equals 1 for the mean, with 100 samples."""
    y, t = Parameter(np.linspace(0.0, 1.0, 100), name="y"), np.zeros(100)
    steps = [run(loss)[1]["y"][-1] for loss in (MSE(y, t), 0.5 * Sum((y - t) ** 2))]
    right = steps[0] / steps[1]
    return judge(
        answer,
        right,
        {
            "the mean keeps the 2 of the square: its gradient is 2/n (y − t)": right / 2,
            "upside down: the half sum has the larger gradient and needs the smaller η": 1 / right,
            "the ½ is not all: the mean also divides by n": 0.5,
            "the 2 is not all: the mean also divides by n": 2.0,
        },
    )


def first_weight_of_lab2(answer: Any) -> Verdict:
    """06: a function of all values that gives the gradient of layer1/W."""
    x, t = xor()
    net = model(rng=1)
    net.forward(x=x, t=t)
    net.backward()
    v: dict[str, Any] = {str(node.name): node.value for node in net.nodes}
    given = returned(answer, {name: value.copy() for name, value in v.items()})
    if isinstance(given, Verdict):
        return given
    slips = {
        f"the slope of layer {k}'s sigmoid is missing": _by_hand(v, slopes={1, 2, 3} - {k})
        for k in (1, 2, 3)
    }
    slips["the 2 of the square is missing"] = _by_hand(v) / 2
    slips["the 1/n of the mean is missing"] = _by_hand(v) * len(x)
    return judge(given, net["layer1/W"].grad, slips)


def _by_hand(v: dict[str, Any], slopes: Set[int] = frozenset({1, 2, 3})) -> Any:
    """Return the gradient of layer1/W, with the sigmoids' slopes of these layers alone."""
    d = 2 / v["t"].size * (v["layer3/h"] - v["t"])
    for k in (3, 2, 1):
        h = v[f"layer{k}/h"]
        d = d * h * (1 - h) if k in slopes else d
        d = v["x"].T @ d if k == 1 else d @ v[f"layer{k}/W"].T
    return d


def bound_of_ten_sigmoids(answer: Any) -> Verdict:
    """10: the bound on the slope of ten sigmoids in a row."""
    x = Parameter(0.0, name="x")
    steepest = run(Sigmoid(x, name="y"))[1]["x"]
    return judge(
        answer,
        steepest**10,
        {
            "the factors of a chain are multiplied, not added": 10 * steepest,
            "a quarter of a tenth? Every sigmoid has its own factor of 1/4": steepest / 10,
            "this is (1/2)^10: σ(0) is 1/2, and its slope there is 1/4": 0.5**10,
            "one factor too few: ten sigmoids, ten slopes": steepest**9,
            "one factor too many: ten sigmoids, ten slopes": steepest**11,
        },
    )
