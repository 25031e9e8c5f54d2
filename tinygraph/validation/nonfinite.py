"""NaN in a run: which node had it first.

NaN spreads: one entry of the data makes the loss NaN, and the loss does not tell where it came
from.  An op that makes NaN out of numbers is reported by NumPy, NaN that was fed by nobody.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import NodeLike, describe


def has_nan(array: Array) -> bool:
    """Tell whether any entry is NaN.

    >>> has_nan(np.array([1.0, np.nan])), has_nan(np.float64(np.inf))
    (True, False)
    """
    if array.ndim == 0:
        return bool(array != array)  # NaN alone differs from itself: many times quicker than isnan
    return bool(np.isnan(array).any())


def warn_of_nan(values: Iterable[tuple[NodeLike, Array | None]], caller: str) -> None:
    """Warn that a run gave NaN, and name the node where it begins.

    As NumPy's own warnings of invalid values, it is a ``RuntimeWarning``, and
    ``np.errstate(invalid="ignore")`` turns it off.

    Parameters
    ----------
    values
        The run's nodes in topological order, each with its value: since an op stands after its
        inputs, the first that has NaN did not get it from another.
    caller : str
        What the user called.
    """
    if np.geterr()["invalid"] == "ignore":
        return
    for node, value in values:
        if value is not None and has_nan(value):
            count = int(np.count_nonzero(np.isnan(value)))
            first = tuple(map(int, np.argwhere(np.isnan(value))[0]))
            where = f", the first at {first}" if first else ""
            warnings.warn(
                f"{caller} gave NaN. It begins in {describe(node)}, with NaN in {count} of "
                f"{value.size} entries{where}. {_advice(node)}",
                RuntimeWarning,
                stacklevel=3,
            )
            return


def _advice(node: NodeLike) -> str:
    if node.role == "input":
        return "Clean the data that are fed to it."
    if node.inputs:
        return "What it read had none: look at the values of its inputs."
    return "Give it numbers; if a training run left it so, try a lower learning rate."
