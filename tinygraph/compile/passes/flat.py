"""All parameters in one vector, their gradients in another.

An optimizer treats every number alike, so one update of the vector replaces one update for each
parameter. A bias comes directly after its weight matrix: together they are one matrix with one
more row, and so are their gradients.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.compile.ir import Value
from tinygraph.compile.record.arrays import Unrecordable


class Flat:
    """The place of each parameter in a flat vector.

    Parameters
    ----------
    values : sequence of Value
        The parameters.
    pairs : mapping
        The bias that must come after a weight matrix.
    copies : int or None
        The number of models that are trained batched: a vector then has one row for each.
    """

    def __init__(
        self, values: Sequence[Value], pairs: Mapping[Value, Value], copies: int | None
    ) -> None:
        self._lead = () if copies is None else (copies,)
        biases = set(pairs.values())
        order = [
            one
            for value in values
            if value not in biases
            for one in ((value, pairs[value]) if value in pairs else (value,))
        ]
        dtypes = {value.dtype for value in order}
        if not dtypes:
            raise Unrecordable("there is no parameter to train")
        if len(dtypes) > 1:
            raise Unrecordable("the parameters are of more than one precision")
        self.dtype = dtypes.pop()
        self._span: dict[Value, slice] = {}
        start = 0
        for value in order:
            stop = start + int(np.prod(value.shape))
            self._span[value] = slice(start, stop)
            start = stop
        self.size = start

    def start(self, value: Value) -> int:
        """Return the position at which ``value`` begins."""
        return int(self._span[value].start)

    def place(self, value: Value) -> slice:
        """Return the part of a vector that is ``value``."""
        return self._span[value]

    def neighbours(self, key: Mapping[Value, Any]) -> list[list[Value]]:
        """Return the parameters in their order; neighbours with the same key are in one list."""
        return [list(values) for _, values in itertools.groupby(self._span, key=key.__getitem__)]

    def has_layout_of(self, other: Flat) -> bool:
        """Tell whether each parameter is at the same position in both vectors."""
        return list(self._span.values()) == list(other._span.values())

    def vector(self) -> Any:
        """Return a new vector of zeros for all parameters."""
        return np.zeros((*self._lead, self.size), self.dtype)

    def part(self, vector: Any, value: Value) -> Any:
        """Return the part of ``vector`` that is ``value``, in its shape."""
        return self.shaped(vector, self._span[value], value.shape)

    def shaped(self, vector: Any, place: slice, shape: tuple[int, ...]) -> Any:
        """Return the part of ``vector`` at this place, in this shape."""
        return vector[..., place].reshape(self._lead + shape)

    def with_bias(self, vector: Any, W: Value, b: Value) -> Any:
        """Return the part that is ``W`` with ``b`` as one more row."""
        rows, columns = W.shape
        both = vector[..., self._span[W].start : self._span[b].stop]
        return both.reshape((*self._lead, rows + 1, columns))
