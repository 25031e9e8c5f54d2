"""NaN in a run: find the node where it begins.

NaN spreads: one NaN in the data makes the loss NaN, and the loss does not say where it came from.
NumPy warns of an op that turns numbers into NaN, but not of NaN in a feed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import NodeLike, describe


def has_nan(array: Array) -> bool:
    """Tell whether any element is NaN.

    >>> has_nan(np.array([1.0, np.nan])), has_nan(np.float64(np.inf))
    (True, False)
    """
    if array.ndim == 0:
        return bool(array != array)  # only NaN differs from itself; much faster than isnan
    return bool(np.isnan(array).any())


def warn_of_nan(values: Iterable[tuple[NodeLike, Array | None]], caller: str) -> None:
    """Warn that the result of a run is NaN, and name the node where NaN begins.

    It is a ``RuntimeWarning``, as NumPy's own warnings of invalid values are, and
    ``np.errstate(invalid="ignore")`` turns it off.

    Parameters
    ----------
    values
        The nodes of the run in topological order, each with its value. An op comes after its
        inputs, so the first node with NaN did not get it from another.
    caller : str
        The name of the method that the user called.
    """
    if np.geterr()["invalid"] == "ignore":
        return
    for node, value in values:
        if value is not None and has_nan(value):
            count = int(np.count_nonzero(np.isnan(value)))
            first = tuple(map(int, np.argwhere(np.isnan(value))[0]))
            where = f", the first at {first}" if first else ""
            warnings.warn(
                f"The result of {caller} is NaN. It begins in {describe(node)}: {count} of "
                f"{value.size} elements are NaN{where}. {_advice(node)}",
                RuntimeWarning,
                stacklevel=4,
            )
            return


def _advice(node: NodeLike) -> str:
    if node.role == "input":
        return "Clean the data that you feed to it."
    if node.inputs:
        return "Its inputs have no NaN: look at their values."
    return "Assign numbers to it. If training produced the NaN, try a lower learning rate."
