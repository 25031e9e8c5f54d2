"""Clipping the gradients of a step in machine code.  Importing this needs numba."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

_OPTIONS: Any = {"error_model": "numpy", "nogil": True}


@njit(**_OPTIONS)
def clip(gradients, longest):  # type: ignore[no-untyped-def]
    """Scale the gradients down, in place, if their norm is above ``longest``."""
    norm = math.sqrt(_squares(gradients, 1.0))
    if norm == np.inf:  # the squares overflow
        largest = 0.0
        for g in gradients:
            largest = max(largest, abs(np.float64(g)))
        norm = largest
        if largest < np.inf:
            norm = largest * math.sqrt(_squares(gradients, largest))
    if norm > longest:
        scale = gradients.dtype.type(longest / norm)
        for j in range(gradients.size):
            gradients[j] *= scale


@njit(**_OPTIONS)
def _squares(gradients, unit):  # type: ignore[no-untyped-def]
    """Return the sum of the squares of the gradients, in this unit."""
    total = 0.0
    for g in gradients:
        share = np.float64(g) / unit
        total += share * share
    return total
