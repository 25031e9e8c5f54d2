"""Validation of node attributes that the user has changed directly.

The attributes of a node are plain, so a run loses no time on them: nothing is checked when one is
set. Code that reads a graph outside a run calls these checks first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import FLOATS, brief
from tinygraph.validation.naming import NodeLike, describe
from tinygraph.validation.shapes import fits, show


def check_numbers(nodes: Iterable[NodeLike]) -> None:
    """Raise if a value or a gradient is not an array with the shape of its node.

    Raises
    ------
    ArgumentTypeError, ShapeError

    >>> import tinygraph as tg
    >>> w = tg.Parameter([1.0, 2.0], name="w")
    >>> w.grad = "steep"
    >>> check_numbers([w])
    Traceback (most recent call last):
    tinygraph.errors.ArgumentTypeError: The gradient of Parameter "w" must be an array of floats; \
it was set to 'steep'.
    """
    for node in nodes:
        for what, array in (("value", node.value), ("gradient", node.grad)):
            if array is not None:
                _check_array(node, what, array)


def _check_array(node: NodeLike, what: str, array: Any) -> None:
    is_array = isinstance(array, (np.ndarray, np.generic))
    is_labels = is_array and array.dtype.kind in "iu" and getattr(node, "is_whole", False)
    if not is_labels and (not is_array or array.dtype not in FLOATS):
        raise ArgumentTypeError(
            f"The {what} of {describe(node)} must be an array of floats; "
            f"it was set to {brief(array)}."
        )
    if not fits(array.shape, node.shape):
        raise ShapeError(
            f"The {what} of {describe(node)} must have the shape {show(node.shape)}; it was set to "
            f"an array of shape {show(array.shape)}.",
            node,
        )
