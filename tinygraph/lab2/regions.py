"""What a trained network says about the whole plane around the points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygraph.lab2.trials import Outcome, points
from tinygraph.validation.arrays import Array

MARGIN = 0.1
RESOLUTION = 61


@dataclass(frozen=True, eq=False)
class Region:
    """The predictions of one seed on a grid over the unit square and a margin.

    Attributes
    ----------
    x, t : array
        The data set itself.
    axis : array (k,)
        The grid along x1, which is also the one along x2.
    prediction : array (k, k)
        A row for each x2, a column for each x1.
    seed : int
    accuracy : float
        On the data set.
    """

    x: Array
    t: Array
    axis: Array
    prediction: Array
    seed: int
    accuracy: float


def region(outcome: Outcome, seed: int) -> Region:
    """Return the decision region of one seed after its training."""
    axis = np.linspace(-MARGIN, 1 + MARGIN, RESOLUTION)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    with np.errstate(all="ignore"):
        prediction = outcome.model(seed).predict(x=grid).reshape(RESOLUTION, RESOLUTION)
    x, t = points(outcome.trial.data)
    return Region(x, t, axis, prediction, seed, float(outcome.accuracy[seed]))
