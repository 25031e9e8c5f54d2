"""The exercises about building: checking, an op of one's own, and an engine of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.check.gradcheck import gradcheck
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.op import Op
from tinygraph.errors import TinygraphError, did_you_mean
from tinygraph.exercises import zoo
from tinygraph.exercises.verdict import Verdict, judge, returned, run
from tinygraph.ops import MSE, AddBias, MatMul, Sum
from tinygraph.validation.arrays import brief


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


def broken_of_the_zoo(answer: Any) -> Verdict:
    """11: the set of the names of all that is broken in the zoo."""
    names = {each.__name__ for each in (*zoo.OPS, *zoo.OPTIMIZERS)}
    if isinstance(answer, str) or not isinstance(answer, Iterable):
        return Verdict(False, f"The answer is a set of names; got {brief(answer)}.")
    accused = {each if isinstance(each, str) else each.__name__ for each in answer}
    for name in sorted(accused - names):
        return Verdict(False, f"Nobody in the zoo is called {name!r}." + did_you_mean(name, names))
    broken = zoo.broken()
    if innocent := sorted(accused - broken):
        return Verdict(
            False,
            f"{innocent[0]} is sound: it looks unusual, and its numbers are right. Check again.",
        )
    missing = len(broken - accused)
    if missing:
        return Verdict(
            False, f"All you named are broken; {missing} more of them are not named yet."
        )
    return Verdict(True, f"Right: these {len(broken)} are broken, and the others are sound.")


def straight_line(answer: Any) -> Verdict:
    """13: a function (x, t, W, b, lr) that takes one step of descent, by hand."""
    rng = np.random.default_rng(0)
    shapes = {"x": (6, 2), "t": (6, 1), "W": (2, 1), "b": (1,)}
    arrays = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    lr = 0.1
    W, b = Parameter(arrays["W"], name="W"), Parameter(arrays["b"], name="b")
    y = AddBias(MatMul(arrays["x"], W), b)
    values, grads = run(MSE(y, arrays["t"], name="loss"))
    loss = values["loss"]
    given = returned(answer, *(array.copy() for array in arrays.values()), lr)
    if isinstance(given, Verdict):
        return given
    if not isinstance(given, tuple) or len(given) != 3:
        return Verdict(False, "Return three things: the loss, the new W and the new b.")
    verdict = judge(given[0], loss, {"this is the half mean": loss / 2}, "loss")
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
    untouched = [array.copy() for array in arrays.values()]
    answer(*untouched, lr)
    for name, before, after in zip(shapes, arrays.values(), untouched, strict=True):
        if not np.array_equal(before, after):
            return Verdict(False, f"The numbers are right, but {name} was changed in place.")
    return Verdict(True, "Right: the loss, and both updates.")
