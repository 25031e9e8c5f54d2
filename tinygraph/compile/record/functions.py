"""NumPy functions that a recording treats in a special way; all others are recorded as they are."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from tinygraph.core import numpy_functions

REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    **numpy_functions.REDUCTIONS,
    np.multiply: np.prod,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
"""The function that equals ``ufunc.reduce``."""

POWERS: dict[float, Callable[..., Any]] = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
"""The cheaper function for a power of this exponent."""

METHODS = frozenset(
    """
    all any argmax argmin argsort conj cumprod cumsum diagonal dot max mean min prod ravel
    repeat round searchsorted squeeze std sum swapaxes take trace var
    """.split()  # noqa: SIM905 - a list of quoted names would fill the page
)
"""The methods of an array that do the same as the function of that name."""

WRITERS = {np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal}
"""Functions that change an argument."""

_OF_SHAPE_ALONE = {np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj, np.isrealobj}


def put(array: Any, index: Any, value: Any) -> Any:
    """Return a copy of an array with other elements at an index.

    >>> put(np.zeros(3), 1, 5.0)
    array([0., 5., 0.])
    """
    new = np.array(array)
    new[index] = value
    return new


def add_at(array: Any, index: Any, value: Any) -> Any:
    """Return a copy of an array with ``value`` added at an index, once for each repetition.

    >>> add_at(np.zeros(3), np.array([1, 1]), 5.0)
    array([ 0., 10.,  0.])
    """
    new = np.array(array)
    np.add.at(new, index, value)
    return new


WRITES = {put: "{0}[{1}] = {2}", add_at: "np.add.at({0}, {1}, {2})"}
"""The statement that does in place the same as each of these functions."""


def of_shape_alone(function: Any, arguments: Any, options: Any) -> Any:
    """Return the result of a function that reads no numbers; ``None`` for any other function."""
    if function not in _OF_SHAPE_ALONE:
        return None
    samples = [_sample(argument) for argument in arguments]
    return function(*samples, **options)


def _sample(argument: Any) -> Any:
    has_shape = hasattr(argument, "tape")
    return np.empty(argument.shape, argument.dtype) if has_shape else argument


def pieces(function: Any, arguments: Any, options: Any) -> list[Any] | None:
    """Return the index of each piece that a splitting function makes; ``None`` for any other."""
    if function not in (*_SPLITS, _UNSTACK) or function is None:
        return None
    array, *rest = arguments
    sections = rest.pop(0) if function is not _UNSTACK and rest else 1
    sections = options.get("indices_or_sections", sections)
    axis = _SPLITS.get(function)
    if axis is None:
        axis = options.get("axis", rest[0] if rest else 0)
    axis = min(axis, len(array.shape) - 1) % len(array.shape)
    before, size = (slice(None),) * axis, array.shape[axis]
    if function is _UNSTACK:
        return [(*before, position) for position in range(size)]
    if not isinstance(sections, (int, np.integer)):
        ends = [int(end) for end in sections]
    else:
        split = np.array_split if function is np.array_split else np.split
        ends = [int(part[0]) for part in split(np.arange(size), sections)[1:]]
    return [(*before, slice(*pair)) for pair in pairwise((0, *ends, size))]


_SPLITS: dict[Any, int | None] = {
    np.split: None,
    np.array_split: None,
    np.hsplit: 1,
    np.vsplit: 0,
    np.dsplit: 2,
}
"""The axis along which each function splits; ``None`` where it is an argument."""
_UNSTACK = getattr(np, "unstack", None)  # new in NumPy 2.1
