"""The exercises about building: an op of one's own, and an engine of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.arrays import brief
from tinygraph.check import gradcheck
from tinygraph.errors import TinygraphError
from tinygraph.exercises.verdict import Verdict, judge
from tinygraph.graph import Graph
from tinygraph.node import Op, Parameter
from tinygraph.ops import Sum


def leaky_relu(answer: Any) -> Verdict:
    """12: an op class, max(x, 0) with a slope for the negative side."""
    if not (isinstance(answer, type) and issubclass(answer, Op)):
        return Verdict(False, f"The answer is the class itself, a tg.Op; got {brief(answer)}.")
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
            "this is a ReLU; the negative side leaks": np.maximum(x, 0),
            "the sides are the wrong way round": np.where(x > 0, slope * x, x),
            "`slope` is asked for, and 0.1 is used all the same": np.where(x > 0, x, 0.1 * x),
        }
        verdict = judge(y.value, np.where(x > 0, x, slope * x), slips, f"value, slope {slope}")
        if not verdict.is_right:
            return verdict
        if not report.ok:
            return Verdict(False, f"forward is right; backward is not yet.\n{report}")
    return Verdict(True, "Right: the values, and the derivative.")


def multiply_for_the_engine(answer: Any) -> Verdict:
    """14: a class with forward(a, b) and backward(g, y, a, b), for the engine of the tutorial."""
    if not isinstance(answer, type):
        return Verdict(False, f"The answer is the class itself; got {brief(answer)}.")
    for method in ("forward", "backward"):
        if not callable(getattr(answer, method, None)):
            return Verdict(False, f"The class has no {method}.")
    a, b, g = np.array([2.0, 3.0]), np.array([5.0, 7.0]), np.array([1.0, 10.0])
    try:
        op = answer(None, None)
        y = op.forward(a, b)
        grads = op.backward(g, y, a, b)
    except Exception as error:
        return Verdict(False, f"Your class failed: {type(error).__name__}: {error}")
    if not isinstance(grads, tuple) or len(grads) != 2:
        return Verdict(False, "backward returns a tuple: one gradient for a and one for b.")
    checks = [judge(y, a * b, {"this is the sum": a + b}, "value")]
    for name, grad, own, other in (("a", grads[0], a, b), ("b", grads[1], b, a)):
        slips = {
            "g is missing: backward multiplies what arrives by the slope": other,
            "this is the gradient of the other input": g * own,
            "the engine adds up contributions; the op gives one for each input": g * (a + b),
        }
        checks.append(judge(grad, g * other, slips, f"gradient of {name}"))
    wrong = [verdict for verdict in checks if not verdict.is_right]
    return wrong[0] if wrong else Verdict(True, "Right: the value, and both gradients.")
