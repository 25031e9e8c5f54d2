"""NumPy functions that arrange elements along an axis: each builds Index nodes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.numpy_functions import builds
from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.ops.indexing import Index
from tinygraph.ops.joining import concatenate
from tinygraph.validation.arrays import brief, is_whole_number
from tinygraph.validation.naming import describe_with_shape
from tinygraph.validation.shapes import show


@builds(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    """Build an Index node with the elements along the axes in reverse order."""
    axes = range(len(m.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    turned = [_axis_of(m, each, "flip") for each in axes]
    return Index(
        m, at=tuple(slice(None, None, -1 if k in turned else None) for k in range(len(m.shape)))
    )


@builds(np.fliplr)
def flip_columns(m: Any) -> Any:
    """Build an Index node with the columns in reverse order."""
    return flip(m, 1)


@builds(np.flipud)
def flip_rows(m: Any) -> Any:
    """Build an Index node with the rows in reverse order."""
    return flip(m, 0)


@builds(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """Build an Index node with the elements along an axis moved in a circle."""
    axis = _axis_of(a, axis, "roll")
    return _picked(a, axis, np.roll(np.arange(a.shape[axis]), _count("shift", shift)))


@builds(np.repeat)
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Build an Index node with each element along an axis several times."""
    axis = _axis_of(a, axis, "repeat")
    return _picked(a, axis, np.repeat(np.arange(a.shape[axis]), _count("repeats", repeats, 0)))


@builds(np.tile)
def tile(A: Any, reps: Any) -> Any:
    """Build Index nodes that put copies of an array side by side."""
    counts = reps if isinstance(reps, (tuple, list)) else (reps,)
    counts = [_count("reps", count, 0) for count in counts]
    if len(counts) > len(A.shape):
        raise ArgumentTypeError(
            f"np.tile of a node must have at most one count for each axis; got {brief(reps)} for "
            f"{brief(A)}. Add axes with np.expand_dims first."
        )
    for axis, count in enumerate(counts, start=len(A.shape) - len(counts)):
        if count != 1:
            A = _picked(A, axis, np.tile(np.arange(A.shape[_axis_of(A, axis, "tile")]), count))
    return A


@builds(np.diff)
def differences(a: Any, n: Any = 1, axis: Any = -1) -> Any:
    """Build ``a[1:] - a[:-1]`` along an axis, ``n`` times."""
    axis = _axis_of(a, axis, "diff")
    for _ in range(_count("n", n, 0)):
        a = _part(a, axis, slice(1, None)) - _part(a, axis, slice(None, -1))
    return a


@builds(np.split)
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """Build an Index node for each part of an array that is cut along an axis."""
    axis = _axis_of(ary, axis, "split")
    try:
        places = np.split(np.arange(ary.shape[axis]), indices_or_sections)
    except (TypeError, ValueError) as error:
        raise ArgumentTypeError(
            f"np.split of a node needs sections that divide the size {ary.shape[axis]}, or a list "
            f"of places to cut at; got {brief(indices_or_sections)}."
        ) from error
    starts = np.cumsum([0, *(len(place) for place in places)]).tolist()
    return [
        _part(ary, axis, slice(start, start + len(place))) for start, place in zip(starts, places)
    ]


@builds(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    """Build a Concatenate node of two arrays."""
    if axis is None:
        raise ArgumentTypeError("np.append of a node must have an axis, such as axis=1; got none.")
    return concatenate([arr, values], axis)


def _axis_of(a: Any, axis: Any, function: str) -> int:
    """Return an axis of known size as a number from 0.

    Raises
    ------
    ArgumentTypeError, ShapeError
    """
    if axis is None and len(a.shape) == 1:
        axis = 0
    if not is_whole_number(axis) or not -len(a.shape) <= axis < len(a.shape):
        raise ArgumentTypeError(
            f"The axis of np.{function} must be one of the axes of {show(a.shape)}, such as "
            f"axis=-1; got {brief(axis)} for {brief(a)}."
        )
    position: int = int(axis) % len(a.shape)
    if a.shape[position] is None:
        raise ShapeError(
            f"np.{function} must have an axis of known size; got the batch axis of "
            f"{describe_with_shape(a)}, whose number of samples is not known."
        )
    return position


def _count(name: str, value: Any, least: int | None = None) -> int:
    if not is_whole_number(value) or (least is not None and value < least):
        limit = "" if least is None else f" of at least {least}"
        raise ArgumentTypeError(f"{name} must be a whole number{limit}; got {brief(value)}.")
    return int(value)


def _picked(a: Any, axis: int, places: Any) -> Any:
    return _part(a, axis, places)


def _part(a: Any, axis: int, part: Any) -> Any:
    return Index(a, at=(*(slice(None),) * axis, part))
