"""The exercises about training: the learning rate, optimizers, XOR."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.exercises.verdict import Verdict, judge
from tinygraph.ops import AddBias, MatMul, ReLU
from tinygraph.optim.updates import Adam


def border_of_the_learning_rate(answer: Any) -> Verdict:
    """07: the smallest η with which descent on ½ · 4 w² does not arrive."""
    curvature = 4.0
    return judge(
        answer,
        2 / curvature,
        {
            "this one arrives in a single step: the factor 1 − η c is 0": 1 / curvature,
            "this is the border for c = 1; here the curvature is 4": 2.0,
            "the gradient is c w, not 2 c w: the ½ is there to cancel the 2": 1 / curvature / 2,
        },
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
            "this is without the correction of the start at 0": uncorrected,
            "this is η times the mean of the gradient; Adam divides by the root of the mean "
            "square as well": -lr * (1 - adam.beta1) * g,
            "this is the size of the step; it goes against the gradient": lr,
            "Adam's first step is as long as η, whatever the gradient": 0.0,
        },
    )


def xor_by_hand(answer: Any) -> Verdict:
    """09: (W1, b1, W2, b2) of a ReLU network for the corners, both columns of W1 (1, 1)."""
    wanted = {"W1": (2, 2), "b1": (2,), "W2": (2, 1), "b2": (1,)}
    if not isinstance(answer, (tuple, list)) or len(answer) != len(wanted):
        return Verdict(False, "The answer is four arrays: (W1, b1, W2, b2).")
    arrays = []
    for (name, shape), given in zip(wanted.items(), answer, strict=True):
        verdict = judge(np.shape(given), shape, {}, f"shape of {name}")
        if not verdict.is_right:
            return Verdict(False, f"{name} has the shape {shape}; got {np.shape(given)}.")
        arrays.append(np.asarray(given, dtype=float))
    W1, b1, W2, b2 = map(Parameter, arrays)
    if not (W1.value == 1).all():
        return Verdict(False, "A network it may be, but here both columns of W1 are to be (1, 1).")
    corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    hidden = ReLU(AddBias(MatMul(corners, W1), b1))
    y = Graph(AddBias(MatMul(hidden, W2), b2)).predict()[:, 0]
    targets = np.array([0.0, 1.0, 1.0, 0.0])
    for corner, got, target in zip(corners, y, targets, strict=True):
        if not np.isclose(got, target):
            where = f"({corner[0]:g}, {corner[1]:g})"
            return Verdict(False, f"Not yet: at {where} it answers {got:g}; XOR is {target:g}.")
    return Verdict(True, "Right at all four corners.")
