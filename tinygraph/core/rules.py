"""Evaluate an op's rules: the NumPy code next to each formula, at the current values."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape


def rule_names(op: Op, values: Mapping[Node, Any], g: Array) -> dict[str, Any]:
    """Return the values of the names that an op's rules use."""
    arrays = [values[parent] for parent in op.inputs]
    space = dict(vars(sys.modules[type(op).__module__])) | {"np": np, "self": op}
    if len(arrays) == len(op.arguments):
        space |= dict(zip(op.arguments, arrays, strict=True))
    return space | {"g": g, "y": values[op]}


def evaluate(code: str, space: dict[str, Any]) -> Array | None:
    """Evaluate a rule's NumPy code; return None if the result is not a numeric array.

    A rule only documents its op: a faulty rule must not stop the run that it describes.
    """
    try:
        with np.errstate(all="ignore"):
            array = np.asarray(eval(code, dict(space)))
    except Exception:
        return None
    return array if array.dtype.kind in "biuf" else None


def broadcast_axes(written: Shape, shape: Shape) -> tuple[int, ...]:
    """Return the axes over which the result of a rule must still be summed.

    ``written`` is the shape of the result, ``shape`` that of the argument it belongs to.

    >>> broadcast_axes((None, 3), (3,)), broadcast_axes((5, 3), (5, 1)), broadcast_axes((3,), (3,))
    ((0,), (1,), ())
    """
    if written == shape or len(written) < len(shape):
        return ()
    new = len(written) - len(shape)
    padded = (1,) * new + shape
    return tuple(
        axis for axis, size in enumerate(written) if axis < new or (padded[axis] == 1 and size != 1)
    )
