"""The exercises about training: the learning rate, optimizers, XOR."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.exercises.answers import read
from tinygraph.exercises.verdict import Verdict, judge, run
from tinygraph.ops import AddBias, MatMul, ReLU
from tinygraph.optim.adam import Adam


def limit_of_the_learning_rate(answer: Any) -> Verdict:
    """07: the smallest η at which descent on 3 (u − 1)² + ½ v² does not converge."""

    def slope(u: float) -> Any:
        return run(3.0 * (Parameter(u, name="u") - 1.0) ** 2)[1]["u"]

    curvature = slope(2.0) - slope(1.0)
    return judge(
        answer,
        2 / curvature,
        {
            "with this η, u reaches its minimum in a single step. η can be larger": 1 / curvature,
            "this is the limit only for v, but u diverges before that": 2.0,
            "differentiate 3 (u − 1)² twice. Its curvature is not 3": 2 / (curvature / 2),
            "the curvatures of two directions do not add. Which one sets the limit?": 2
            / (curvature + 1),
        },
        hint="By which factor does one step multiply u − 1? And v?",
        rtol=0.01,
    )


def first_step_of_adam(answer: Any) -> Verdict:
    """08: the weight after Adam's first step from 0, with η = 0.1 and the gradient 1000."""
    g, lr = 1000.0, 0.1
    w = Parameter(0.0, name="w")
    adam = Adam([w], lr=lr)
    w.grad = np.asarray(g)
    adam.step()
    uncorrected = -lr * (1 - adam.beta1) * g / np.sqrt((1 - adam.beta2) * g * g)
    return judge(
        answer,
        w.value,
        {
            "this is the step of plain gradient descent": -lr * g,
            "the correction of the start at 0 is missing": uncorrected,
            "this is η times the mean of the gradient. Adam also divides by the root of the mean "
            "square": -lr * (1 - adam.beta1) * g,
            "check the direction. A step goes against the gradient": lr,
            "the weight does change. Compute m and v, correct them, and divide": 0.0,
        },
        hint="Compute m, v, their corrected values, and then the step.",
    )


_PATTERNS = {
    (0, 1, 1, 1): "this is OR. What must happen at (1, 1)?",
    (0, 0, 0, 1): "this is AND",
    (1, 1, 1, 0): "this is NAND",
    (0, 1, 1, 2): "this is x1 + x2. Where must the second unit bend?",
    (1, 0, 0, 1): "this is the opposite of XOR",
    (0, 0, 0, 0): "the network gives 0 everywhere. Do the two units cancel, or are both 0?",
    (0, -1, -1, 0): "check the sign of W2",
}
"""The usual mistakes in XOR, by the network's answers at (0, 0), (0, 1), (1, 0) and (1, 1)."""


def xor_by_hand(answer: Any) -> Verdict:
    """09: (W1, b1, W2, b2) of a ReLU network for the corners, both columns of W1 (1, 1)."""
    wanted = {"W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    if not isinstance(answer, (tuple, list)) or len(answer) != len(wanted):
        return Verdict(False, "The answer must be four arrays: (W1, b1, W2, b2).")
    arrays = []
    for (name, shape), given in zip(wanted.items(), answer, strict=True):
        try:
            array = read(given)
        except ValueError as error:
            return Verdict(False, f"{name}: {error}")
        if array.size != np.prod(shape) or (name == "W1" and array.shape != shape):
            return Verdict(False, f"{name} must have the shape {shape}; yours is {array.shape}.")
        arrays.append(array.reshape(shape))
    W1, b1, W2, b2 = map(Parameter, arrays)
    if not (W1.value == 1).all():
        return Verdict(False, "Not yet: in this exercise both columns of W1 must be (1, 1).")
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    hidden = ReLU(AddBias(MatMul(corners, W1), b1))
    y = Graph(AddBias(MatMul(hidden, W2), b2)).predict()[:, 0]
    if b1.value[0] == b1.value[1]:
        return Verdict(False, "Not yet: both units compute the same. Give them different biases.")
    for pattern, slip in _PATTERNS.items():
        if np.allclose(y, pattern):
            return Verdict(False, f"Not yet: {slip}.")
    for corner, got, target in zip(corners, y, (0.0, 1.0, 1.0, 0.0), strict=True):
        if not np.isclose(got, target):
            where = f"({corner[0]:g}, {corner[1]:g})"
            return Verdict(
                False, f"Not yet: at {where} the network gives {got:g}, but XOR is {target:g}."
            )
    return Verdict(True, "Right at all four corners.")
