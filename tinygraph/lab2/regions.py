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


MOST_UNITS = 8
"""Units of a layer whose values are returned."""


def unit_values(model: Graph, layer: int) -> Array:
    """Return the values of a layer's first units on the grid: (k, RESOLUTION, RESOLUTION).

    >>> import tinygraph as tg
    >>> unit_values(tg.lab2.model(rng=0), layer=1).shape
    (4, 61, 61)
    """
    with np.errstate(all="ignore"):
        values = Graph(model[f"layer{layer}/h"]).predict(x=_grid())
    return np.asarray(values[:, :MOST_UNITS].T.reshape(-1, RESOLUTION, RESOLUTION))


def region(model: Graph, x: Array, t: Array) -> Region:
    """Return the decision region of a network, with the data set in front of it.

    >>> import tinygraph as tg
    >>> region(tg.lab2.model(rng=0), *tg.data.xor()).prediction.shape
    (61, 61)
    """
    with np.errstate(all="ignore"):
        prediction = model.predict(x=_grid()).reshape(RESOLUTION, RESOLUTION)
    return Region(x, t, _axis(), prediction)


def _axis() -> Array:
    return np.linspace(-MARGIN, 1 + MARGIN, RESOLUTION)


def _grid() -> Array:
    return np.stack(np.meshgrid(_axis(), _axis()), axis=-1).reshape(-1, 2)
