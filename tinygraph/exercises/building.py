"""The exercises about building: your own op, a training step by hand, an op for your own engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.check.gradcheck import gradcheck
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.op import Op
from tinygraph.errors import TinygraphError
from tinygraph.exercises.verdict import Verdict, judge, returned, run
from tinygraph.ops import MSE, AddBias, MatMul, Sum
from tinygraph.validation.arrays import brief


def leaky_relu(answer: Any) -> Verdict:
    """12: an op class, max(x, 0) with a slope for the negative side."""
    if not (isinstance(answer, type) and issubclass(answer, Op)):
        return Verdict(
            False, f"The answer must be the class itself, a subclass of tg.Op; got {brief(answer)}."
        )
    x = np.array([[-2.0, -0.5], [0.5, 3.0]])
    for settings, slope in (({}, 0.1), ({"slope": 0.3}, 0.3)):
        try:
            y = answer(Parameter(x, name="x"), name="y", **settings)
            model = Graph(Sum(y))
            model.forward()
            model.backward()
            report = gradcheck(model)
        except TinygraphError as error:
            return Verdict(False, f"Not yet: {error}")
        slips = {
            "this is a ReLU. A leaky ReLU has a slope on the negative side": np.maximum(x, 0),
            "the two sides are swapped": np.where(x > 0, slope * x, x),
            "the op ignores the hyperparameter `slope` and always uses 0.1": np.where(
                x > 0, x, 0.1 * x
            ),
        }
        verdict = judge(y.value, np.where(x > 0, x, slope * x), slips, f"value, slope {slope}")
        if not verdict.is_right:
            return verdict
        if not report.ok:
            return Verdict(False, f"{report}\nNot yet: forward is right, but backward is wrong.")
    return Verdict(True, "Right: the values and the derivative.")


def multiply_for_the_engine(answer: Any) -> Verdict:
    """14: a class with forward(a, b) and backward(g, y, a, b), for the engine of the tutorial."""
    if not isinstance(answer, type):
        return Verdict(False, f"The answer must be the class itself; got {brief(answer)}.")
    for method in ("forward", "backward"):
        if not callable(getattr(answer, method, None)):
            return Verdict(False, f"The class must have a method {method}.")
    a, b, g = np.array([2.0, 3.0]), np.array([5.0, 7.0]), np.array([1.0, 10.0])
    try:
        op = answer(None, None)
        y = op.forward(a, b)
        grads = op.backward(g, y, a, b)
    except Exception as error:
        return Verdict(False, f"Your class failed: {type(error).__name__}: {error}")
    if not isinstance(grads, tuple) or len(grads) != 2:
        return Verdict(False, "backward must return a tuple: one gradient for a and one for b.")
    checks = [judge(y, a * b, {"this is the sum": a + b}, "value")]
    for name, grad, own, other in (("a", grads[0], a, b), ("b", grads[1], b, a)):
        slips = {
            "g is missing. Multiply the incoming gradient by the slope": other,
            "this is the gradient of the other input": g * own,
            "the engine adds the contributions. The op must return one per input": g * (a + b),
        }
        checks.append(judge(grad, g * other, slips, f"gradient of {name}"))
    wrong = [verdict for verdict in checks if not verdict.is_right]
    return wrong[0] if wrong else Verdict(True, "Right: the value and both gradients.")


def training_step(answer: Any) -> Verdict:
    """13: a function (x, t, W, b, lr) that takes one step of gradient descent."""
    rng = np.random.default_rng(0)
    shapes = {"x": (6, 2), "t": (6, 1), "W": (2, 1), "b": (1,)}
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    lr = 0.1
    W, b = Parameter(arrays["W"], name="W"), Parameter(arrays["b"], name="b")
    y = AddBias(MatMul(arrays["x"], W), b)
    values, grads = run(MSE(y, arrays["t"], name="loss"))
    copies = [array.copy() for array in arrays.values()]
    given = returned(answer, *copies, lr)
    if isinstance(given, Verdict):
        return given
    if not isinstance(given, (tuple, list)) or len(given) != 3:
        return Verdict(False, "Return three things: the loss, the new W and the new b.")
    verdict = judge(given[0], values["loss"], {"this is half the mean": values["loss"] / 2}, "loss")
    if not verdict.is_right:
        return verdict
    for name, new in zip(("W", "b"), given[1:], strict=True):
        old, g = arrays[name], grads[name]
        slips = {
            "this is the gradient, not the new value": g,
            "the step goes uphill": old + lr * g,
            "this is the old value": old,
            "the 2 of the square is missing": old - lr * g / 2,
            "the 1/n of the mean is missing": old - lr * g * len(arrays["t"]),
        }
        verdict = judge(new, old - lr * g, slips, f"new {name}")
        if not verdict.is_right:
            return verdict
    for name, before, after in zip(shapes, arrays.values(), copies, strict=True):
        if not np.array_equal(before, after):
            return Verdict(
                False,
                f"Not yet: the numbers are right, but your function changed {name} in place.",
            )
    return Verdict(True, "Right: the loss and both updates.")
