"""The data of a trace: steps, and summaries of arrays.

:mod:`tinygraph.trace.writing` fills them; a page, a terminal or a test reads them.  A step contains
only text, numbers, lists and dicts, so ``json.dumps`` accepts it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, TypedDict

import numpy as np

from tinygraph.core.node import Node
from tinygraph.validation.arrays import Array

CORNER = 8
"""How many rows and columns of an array a trace keeps."""


class ArrayData(TypedDict):
    """An array: its shape, its size, and its elements or those of its first corner."""

    shape: list[int]
    dtype: str
    norm: float | str
    min: float | str | None
    max: float | str | None
    entries: Any
    """A number, a list, or a list of rows; numbers that are not finite are text, such as "nan"."""
    complete: bool
    """Whether ``entries`` has all elements of the array."""


class InputData(TypedDict):
    """One input of an op."""

    node: str
    argument: str
    symbol: str
    identifier: str
    array: ArrayData


class OutgoingData(TypedDict, total=False):
    """The gradient that leaves an op backward, towards one of its inputs."""

    node: str
    argument: str
    symbol: str
    identifier: str
    math: str
    code: str
    why: str
    local_code: str
    local: ArrayData | None
    """The local derivative, if the op gives one."""
    contribution: ArrayData
    """The contribution of this op to the gradient of the input."""
    before: ArrayData | None
    """The gradient of the input before this contribution; nothing before the first."""
    number: int
    """The position of this contribution among those to the same gradient, from 1 …"""
    count: int
    """… of how many."""
    total: ArrayData
    """The gradient of the input so far: the sum of the contributions up to this one."""


class LineData(TypedDict):
    """One line of an optimizer's update."""

    name: str
    math: str
    code: str
    why: str
    array: ArrayData


class Step(TypedDict, total=False):
    """One op forward, one op backward, or the update of one parameter."""

    index: int
    training_step: int
    phase: str
    """``"forward"``, ``"backward"`` or ``"update"``."""
    node: str
    op: str
    """The class of the op; that of the optimizer, in an update."""
    about: str
    """The first line of the docstring of that class."""
    role: str
    symbol: str
    identifier: str
    math: str
    code: str
    inputs: list[InputData]
    value: ArrayData
    """The forward value of the op; in an update, the parameter's old value."""
    incoming: ArrayData
    """Backward and update: ∂L/∂value, complete by then."""
    incoming_symbol: str
    incoming_identifier: str
    outgoing: list[OutgoingData]
    lines: list[LineData]
    hyperparameters: dict[str, float]
    memory: dict[str, ArrayData]
    """Update: the optimizer's state for the parameter before this step."""
    t: int
    """Update: the number of the optimizer's step."""
    after: ArrayData
    """Update: the parameter's new value."""
    loss_before: float | str
    """Update: L, the output, before the updates of this training step …"""
    loss_after: float | str
    """… and after all of them, on the same feeds."""


class Moment(NamedTuple):
    """A step with its whole arrays, from which a page makes its questions.

    Attributes
    ----------
    step : Step
    node : Node
        The op, or the parameter that is updated.
    values, gradients : mapping
        All nodes' arrays of this round.
    contributions : mapping
        Backward: the contribution to each argument's gradient, by position.
    totals : mapping
        Backward: the gradient of each such argument, after this contribution.
    after : array
        Update: the parameter's new value.
    """

    step: Step
    node: Node
    values: Mapping[Node, Any]
    gradients: Mapping[Node, Any]
    contributions: Mapping[int, Array]
    totals: Mapping[int, Array]
    after: Array | None = None


def summarise(array: Any) -> ArrayData:
    """Return an array as plain data; of a large one, its size and its first corner.

    >>> summarise(np.array([1.0, np.nan]))["entries"]
    [1.0, 'nan']
    >>> summarise(np.ones((100, 20)))["complete"]
    False
    """
    array = np.asarray(array)
    matrix = array[(0,) * max(array.ndim - 2, 0)]
    corner = matrix[(slice(CORNER),) * matrix.ndim]
    is_empty = array.size == 0
    with np.errstate(all="ignore"):
        norm = float(np.sqrt(np.square(array, dtype=np.float64).sum()))
        return ArrayData(
            shape=list(array.shape),
            dtype=str(array.dtype),
            norm=_plain(norm),
            min=None if is_empty else _plain(float(array.min())),
            max=None if is_empty else _plain(float(array.max())),
            entries=_plain(corner.tolist()),
            complete=corner.size == array.size,
        )


def _plain(entries: Any) -> Any:
    """Return numbers for JSON, which has neither infinity nor NaN."""
    if isinstance(entries, list):
        return [_plain(entry) for entry in entries]
    return entries if np.isfinite(entries) else str(float(entries))
