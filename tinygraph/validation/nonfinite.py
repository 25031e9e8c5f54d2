"""NaN in a run: find the node where it begins.

NaN spreads: one NaN in the data makes the loss NaN, and the loss does not say where it came from.
NumPy warns of an op that turns numbers into NaN, but not of NaN in a feed.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

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


class GradientWatch:
    """Replace the warnings of NumPy during a backward pass by one that names the node.

    The derivative of a root or a logarithm at 0 is infinite, and 0 times infinity is NaN. NumPy
    reports that it happened, but not where.

    Parameters
    ----------
    ops
        The ops of the graph, in topological order.
    """

    def __init__(self, ops: Sequence[NodeLike]) -> None:
        self._ops = ops
        self._has_event = False

    def __enter__(self) -> None:
        self._has_event = False
        self._errors = np.errstate(invalid="call", divide="call", call=self._note)
        self._errors.__enter__()

    def __exit__(self, *error: object) -> None:
        self._errors.__exit__(*error)  # type: ignore[arg-type]
        del self._errors  # a graph can be pickled, an errstate cannot
        if self._has_event and error[0] is None and np.geterr()["invalid"] != "ignore":
            self._warn()

    def _note(self, kind: str, flag: int) -> None:
        self._has_event = True

    def _warn(self) -> None:
        for op in reversed(self._ops):
            for parent in op.inputs:
                if parent.grad is not None and not np.isfinite(parent.grad).all():
                    kind = "NaN" if has_nan(parent.grad) else "infinite"
                    warnings.warn(
                        f"A gradient of backward is {kind}. It begins in backward of "
                        f"{describe(op)}, which computed the gradient of {describe(parent)}. The "
                        f"derivative of a root, a quotient or a logarithm at 0 is infinite: add a "
                        f"small constant to the input.",
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
