"""The slope of an activation at each element of a run, and the state of its units.

No op is known by name. The ``backward`` of an elementwise op gives its slope, with g = 1. Its
steepest slope is the largest one among the elements of the run and on [-8, 8].
"""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array
from tinygraph.validation.op_results import one_each

FLAT = 0.05
"""A slope below this fraction of the steepest one counts as flat."""
MOST = 0.9
"""A unit that is flat for this fraction of the batch counts as saturated."""

IMAGES = 4
"""The number of axes of images (B, channels, height, width), whose units are the channels."""


class Slope:
    """The slope of an activation at each element, and its dead and saturated units."""

    def __init__(self, at_elements: Array, value: Array, steepest: float) -> None:
        axis = 1 if value.ndim == IMAGES else -1
        units = value.shape[axis] if value.ndim > 1 else 1
        self.steepest = steepest
        dead = (at_elements == 0) & (value == 0)
        flat = (np.abs(at_elements) < FLAT * steepest) & ~dead
        if value.ndim > 1:
            dead, flat = (np.moveaxis(each, axis, -1) for each in (dead, flat))
        self.dead = dead.reshape(-1, units).all(axis=0)
        self.saturated = flat.reshape(-1, units).mean(axis=0) >= MOST
        self.units = units


def slope_of(op: Op) -> Slope | None:
    """Return the slope of an activation; None if it is not elementwise."""
    y = op.value
    if op.role != "activation" or len(op.inputs) != 1 or y is None or y.size == 0:
        return None
    x = op.inputs[0].value
    if x is None or x.shape != y.shape or not np.isfinite(y).all():
        return None
    if y.ndim > 1 and len(y) == 1:  # one sample says nothing about the others
        return None
    column = np.asarray(x).reshape(-1, 1)
    probe = np.concatenate([column, np.linspace(-8, 8, 65, dtype=x.dtype)[:, np.newaxis]])
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(op.forward(probe))
            slopes = np.asarray(one_each(op, op.backward(np.ones_like(values), values, probe))[0])
    except Exception:  # a custom op may not accept this column
        return None
    if values.shape != probe.shape or slopes.shape != probe.shape:
        return None
    if not np.allclose(values[: y.size].reshape(y.shape), y, rtol=1e-5, atol=0):
        return None
    return Slope(slopes[: y.size].reshape(y.shape), np.asarray(y), float(np.abs(slopes).max()))
