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
    """01: dL/dw of L = (σ(w x + b) − t)² for x = 3, t = 1, w = 2, b = −4."""
    x, w, b = Parameter(3.0, name="x"), Parameter(2.0, name="w"), Parameter(-4.0, name="b")
    values, grads = run((Sigmoid(w * x + b, name="h") - 1.0) ** 2)
    h, g, factor = values["h"], grads["h"], values["x"]
    return judge(
        answer,
        grads["w"],
        {
            "this is dL/dh. The chain continues through σ and through w x": g,
            "this is dL/da, which is also dL/db. The last factor is missing": grads["b"],
            "this is dL/dx. For dL/dw, multiply by x instead of w": grads["x"],
            "the square gives 2 (h − t), not h − t": grads["w"] / 2,
            "the slope of the sigmoid is missing": g * factor,
            "the slope of the sigmoid is h (1 − h), not h": g * h * factor,
            "the slope of the sigmoid is h (1 − h), not 1 − h": g * (1 - h) * factor,
            "the slope of the sigmoid is h (1 − h), not h²": g * h**2 * factor,
            "the slope of the sigmoid is h (1 − h), not (1 − h)²": g * (1 - h) ** 2 * factor,
        },
        hint="Write down a, h, dL/dh and dL/da first, one after the other.",
        rtol=0.01,
    )


def diamond(answer: Any) -> Verdict:
    """02: dL/dx of L = (x · x) · (x + 1) at x = 3."""
    x = Parameter(3.0, name="x")
    a, b = Sum(x * x, name="a"), Sum(x + 1.0, name="b")
    values, grads = run(a * b)
    through_a, through_b = 2 * values["x"] * values["b"], values["a"]
    return judge(
        answer,
        grads["x"],
        {
            "this is only the path through a, but x also reaches L through b": through_a,
            "this is only the path through b, but x also reaches L through a": through_b,
            "you multiplied the contributions of the paths. Add them": through_a * through_b,
            "this is the slope of a + b, but here the last op is a product": 2 * values["x"] + 1,
            "a = x · x uses x twice. Count both paths": through_a / 2 + through_b,
            "the factors of the last product are swapped": 2 * values["x"] * values["a"]
            + values["b"],
            "this is the value of L, not its slope": values["a"] * values["b"],
        },
        hint="Write one product of local derivatives for each path, and add the products.",
    )


def layer_of_columns(answer: Any) -> Verdict:
    """03: a function (x, W, g) that gives the gradients of x, W and b, for a = W x + b."""
    rng = np.random.default_rng(0)
    x, W, b, g = (rng.normal(size=shape) for shape in [(2, 5), (3, 2), (3, 1), (3, 5)])
    z = MatMul(Parameter(x.T, name="x"), Parameter(W.T, name="W"))
    _, grads = run(AddBias(z, Parameter(b[:, 0], name="b")), seed=g.T)
    given = returned(answer, x, W, g)
    if isinstance(given, Verdict):
        return given
    if not isinstance(given, (tuple, list)) or len(given) != 3:
        return Verdict(False, "Return three gradients: of x, of W and of b, in this order.")
    slips: dict[str, tuple[Any, dict[str, Any]]] = {
        "x": (grads["x"].T, {}),
        "W": (grads["W"].T, {"you took a mean over the batch. Sum over the samples": g @ x.T / 5}),
        "b": (
            grads["b"][:, np.newaxis],
            {"you took a mean over the batch. Sum over the samples": g.mean(axis=1, keepdims=True)},
        ),
    }
    for got, (name, (right, named_slips)) in zip(given, slips.items(), strict=True):
        verdict = judge(got, right, named_slips, f"gradient of {name}")
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
            "the product rule has a second term. Differentiate the sigmoid too": values["s"],
            "the product rule has another term. Differentiate the factor x too": numbers * slope,
            "this is only the slope of the sigmoid. The factor x is missing": slope,
            "this is the function itself, not its slope": numbers * values["s"],
        },
        hint="Use the product rule.",
    )


def mean_or_sum(answer: Any) -> Verdict:
    """05: the learning rate for the plain sum that equals 1 for the mean, with 100 samples."""
    y, t = Parameter(np.linspace(0.0, 1.0, 100), name="y"), np.zeros(100)
    steps = [run(loss)[1]["y"][-1] for loss in (MSE(y, t), Sum((y - t) ** 2))]
    right = steps[0] / steps[1]
    return judge(
        answer,
        right,
        {
            "this is right for half of the sum. Here, the loss is the whole sum": right * 2,
            "both gradients contain the 2 of the square, so it cancels": right / 2,
            "this is the reciprocal. The sum has the larger gradient": 1 / right,
            "the two gradients are not equal. The mean divides by n": 1.0,
            "the factor 2 is in both gradients. The mean divides by n": 0.5,
        },
        hint="Write both gradients for one prediction, and compare them.",
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
    hint = "Print the shape of each intermediate gradient, and compare it with the node's shape."
    return judge(given, net["layer1/W"].grad, slips, hint=hint)


def _by_hand(v: dict[str, Any], slopes: Set[int] = frozenset({1, 2, 3})) -> Any:
    """Return the gradient of layer1/W, with the sigmoids' slopes of only these layers."""
    d = 2 / v["t"].size * (v["layer3/h"] - v["t"])
    for k in (3, 2, 1):
        h = v[f"layer{k}/h"]
        d = d * h * (1 - h) if k in slopes else d
        d = v["x"].T @ d if k == 1 else d @ v[f"layer{k}/W"].T
    return d


def bound_of_a_chain(answer: Any) -> Verdict:
    """10: the bound on the slope of seven sigmoids in a row, each with the weight 2."""
    weight, depth = 2.0, 7
    x = Parameter(0.0, name="x")
    steepest = run(Sigmoid(weight * x, name="y"))[1]["x"]
    return judge(
        answer,
        steepest**depth,
        {
            "the weights are missing. Each layer multiplies by w as well": (steepest / weight)
            ** depth,
            "the weight is a factor in every layer, not only once": weight
            * (steepest / weight) ** depth,
            "the factors of a chain are multiplied, not added": depth * steepest,
            "you used σ(0) for the slope. The slope is σ(0) (1 − σ(0))": (weight * 0.5) ** depth,
            "one factor is missing. Count the sigmoids": steepest ** (depth - 1),
            "there is one factor too many. Count the sigmoids": steepest ** (depth + 1),
        },
        hint="First bound the factor of a single layer, dh₁/dh₀.",
    )
