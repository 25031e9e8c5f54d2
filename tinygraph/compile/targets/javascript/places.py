"""The place of a value's elements: a buffer, an offset and strides.

A transpose, a slice or a broadcast is a view in JavaScript too: the same buffer with other strides.
NumPy itself computes these strides, so no kind of view needs a rule here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from tinygraph.compile.ir import Operation
from tinygraph.compile.record.arrays import VIEWS, Unrecordable

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """A view of a buffer; offset and strides count elements.

    >>> Place("W1", 0, (4, 1)).at(["i", "j"])
    'W1[i * 4 + j]'
    >>> Place("b1", 2, (1,)).at(["0"])
    'b1[2]'
    """

    buffer: str
    offset: int
    strides: Shape

    def at(self, index: list[str]) -> str:
        """Return the element at ``index``, one text for each axis, as JavaScript."""
        terms = [
            position if stride == 1 else f"{position} * {stride}"
            for position, stride in zip(index, self.strides)
            if position != "0" and stride != 0
        ]
        if self.offset or not terms:
            terms.append(str(self.offset))
        return f"{self.buffer}[{' + '.join(terms)}]"

    def is_plain(self, shape: Shape) -> bool:
        """Tell whether the elements are contiguous and begin at the start of the buffer."""
        wanted = zip(row_major(shape), self.strides, shape)
        return self.offset == 0 and all(a == b or size == 1 for a, b, size in wanted)


def row_major(shape: Shape) -> Shape:
    """Return the strides of an array whose rows follow one another.

    >>> row_major((5, 3, 2))
    (6, 2, 1)
    """
    return tuple(int(prod(shape[axis + 1 :])) for axis in range(len(shape)))


def as_view(operation: Operation, source: Place, shape: Shape) -> Place | None:
    """Return the place of an operation's result if it is a view of ``source``, else None."""
    if operation.function not in VIEWS or len(operation.operands) != 1:
        return None
    # A substitute with one byte per element, so its strides are those of the buffer.
    dummy = np.lib.stride_tricks.as_strided(np.zeros(1, np.int8), shape, source.strides)
    try:
        view = operation.function(dummy, *operation.arguments[1:], **operation.options)
    except (TypeError, ValueError, IndexError) as error:
        raise Unrecordable(f"NumPy refuses a view: {error}") from error
    start, own = _address(dummy), _address(view)
    if not np.may_share_memory(view, dummy) and 0 not in shape:
        return None  # NumPy had to copy
    return Place(source.buffer, source.offset + own - start, view.strides)


def _address(array: np.ndarray) -> int:
    address: int = array.__array_interface__["data"][0]
    return address
