"""Data in a plane: which input is drawn as points, and how its labels name classes.

A graph whose prediction reads one input of two numbers a sample is drawn as a plane. Its page can
offer other data, points drawn with the mouse, and the value of each unit at every place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tinygraph import data
from tinygraph.core.graph import Graph
from tinygraph.core.labels import Coding, NoClassesError, coding_of
from tinygraph.core.leaves import Input
from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array


@dataclass(frozen=True)
class Plane:
    """What a page has to know to draw samples as points.

    Attributes
    ----------
    input, labels : str
        The names of the two inputs.
    coding : str
        ``"two values"``, ``"one-hot"``, ``"indices"`` or, for a regression, ``"number"``.
    low, high : float
        The two numbers of a label of two values; the range of the labels of a regression.
    threshold : float
        The output above which the second of two classes is chosen.
    classes : int
        The number of classes; 0 for a regression.
    """

    input: str
    labels: str
    coding: str
    low: float
    high: float
    threshold: float
    classes: int

    def plain(self) -> dict[str, Any]:
        """Return the attributes as plain data."""
        return asdict(self)

    def points(self, x: Array, t: Array) -> list[list[float]]:
        """Return each sample as its two coordinates and its class, or its number."""
        if self.coding == "number":
            classes = np.ravel(t)
        else:
            classes = np.ravel(Coding(self.coding, self.low, self.high).read(np.asarray(t)))
        return [[*map(float, place), float(label)] for place, label in zip(x, classes)]


def find_plane(model: Graph, arrays: Mapping[Any, Array]) -> Plane | None:
    """Return how the samples of a graph are drawn in a plane, or None if they cannot be.

    Parameters
    ----------
    model : Graph
    arrays : mapping
        The data, by input.
    """
    others = [node for node in model.inputs if node not in model.prediction_inputs]
    if len(model.prediction_inputs) != 1 or len(others) != 1:
        return None
    (x,), (labels,) = model.prediction_inputs, others
    outputs = 1 if len(model.prediction.shape) < 2 else int(model.prediction.shape[-1] or 1)
    if x.shape != (None, 2) or x.is_whole or labels.shape[:1] != (None,):
        return None
    if len(labels.shape) > 2 or model.prediction.shape[:1] != (None,):
        return None
    t = arrays[labels]
    names = {"input": str(x.name), "labels": str(labels.name)}
    if labels.is_whole:
        return Plane(**names, coding="indices", low=0, high=1, threshold=0.5, classes=outputs)
    try:
        coding = coding_of(t)
    except NoClassesError:
        if t.size != len(t):
            return None
        low, high = float(t.min()), float(t.max())
        return Plane(**names, coding="number", low=low, high=high, threshold=0, classes=0)
    if coding.kind == "two values" and t.size != len(t):
        return None
    middle = 0.0 if _reads_logits(model, labels) else (coding.low + coding.high) / 2
    classes = 2 if coding.kind == "two values" else int(t.shape[-1])
    return Plane(
        **names,
        coding=coding.kind,
        low=coding.low,
        high=coding.high,
        threshold=middle,
        classes=classes,
    )


def _reads_logits(model: Graph, labels: Input) -> bool:
    """Tell whether the loss reads the prediction itself as logits."""
    readers = [node for node in model.nodes if isinstance(node, Op) and labels in node.inputs]
    return any(
        op.compares is not None and op.compares.are_logits and model.prediction in op.inputs
        for op in readers
    )


def generated_sets() -> dict[str, tuple[str, list[list[float]]]]:
    """Return two-class data sets: the code that makes each, and its points."""
    made = {
        "line": ("tg.data.linear(100, rng=1)", data.linear(100, rng=1)),
        "XOR": ("tg.data.xor()", data.xor()),
        "circles": ("tg.data.circles(120, rng=1)", data.circles(120, rng=1)),
        "two moons": ("tg.data.moons(120, rng=1)", data.moons(120, rng=1)),
        "spirals": (
            "tg.data.spiral(120, classes=2, noise=0.05, rng=1)",
            data.spiral(120, classes=2, noise=0.05, rng=1),
        ),
    }
    return {
        name: (code, [[*map(float, place), float(k)] for place, k in zip(x, np.ravel(t))])
        for name, (code, (x, t)) in made.items()
    }
