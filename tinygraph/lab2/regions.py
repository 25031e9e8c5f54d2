"""Decision regions: the prediction of a trained network over the plane around the points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.validation.arrays import Array

MARGIN = 0.1
RESOLUTION = 61


@dataclass(frozen=True, eq=False)
class Region:
    """The predictions of one network on a grid over the unit square and a margin.

    Attributes
    ----------
    x, t : array
        The data set.
    axis : array (k,)
        The grid along x1, and also along x2.
    prediction : array (k, k)
        One row for each x2, one column for each x1.
    """

    x: Array
    t: Array
    axis: Array
    prediction: Array


def region(model: Graph, x: Array, t: Array) -> Region:
    """Return the decision region of a network, with the data set in front of it.

    >>> import tinygraph as tg
    >>> region(tg.lab2.model(rng=0), *tg.data.xor()).prediction.shape
    (61, 61)
    """
    axis = np.linspace(-MARGIN, 1 + MARGIN, RESOLUTION)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    with np.errstate(all="ignore"):
        prediction = model.predict(x=grid).reshape(RESOLUTION, RESOLUTION)
    return Region(x, t, axis, prediction)
