"""Data in a plane: which input is drawn as points, and other data that a page can offer.

A graph whose prediction reads one input with two numbers for each sample is drawn as a plane. Its
page can offer other data, points drawn with the mouse, and the value of each unit at every place.
"""

from __future__ import annotations

import numpy as np

from tinygraph import data
from tinygraph.core.graph import Graph
from tinygraph.validation.arrays import Array


def find_plane(model: Graph) -> str | None:
    """Return the name of the input whose samples are points of a plane, or None."""
    if len(model.prediction_inputs) != 1:
        return None
    (x,) = model.prediction_inputs
    return str(x.name) if x.shape == (None, 2) and not x.is_whole else None


def points(x: Array, classes: list[float]) -> list[list[float]]:
    """Return each sample as its two coordinates and its class, or its number.

    >>> points(np.array([[0.0, 1.0], [2.0, 3.0]]), [0.0, 1.0])
    [[0.0, 1.0, 0.0], [2.0, 3.0, 1.0]]
    """
    return [[*map(float, place), float(label)] for place, label in zip(x, classes)]


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
        name: (code, points(x, [float(k) for k in np.ravel(t)]))
        for name, (code, (x, t)) in made.items()
    }
