"""Views in loops: an element of one value is an element of another, under other indices."""

from __future__ import annotations

import operator
from collections.abc import Callable

import numpy as np

from tinygraph.compile.ir import Operation, function_name
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.targets.numba.loop_text import broadcast_index

_VIEWS = {np.transpose, np.reshape, np.ravel, np.expand_dims, np.squeeze, np.broadcast_to}


def is_view(operation: Operation) -> bool:
    """Whether no loop is needed: elements of the result are elements of the operand."""
    return operation.function in _VIEWS or operation.function is operator.getitem


def seen_through(operation: Operation, element: Callable[..., str]) -> Callable[..., str]:
    """Return the text of an element of a view, from that of an element of its base."""
    source, result = operation.operands[0].shape, operation.result.shape
    if operation.function is np.transpose and len(operation.arguments) == 1:
        return lambda *index: element(*index[::-1])
    if operation.function is np.broadcast_to:
        return lambda *index: element(*broadcast_index(source, index))
    if operation.function is not operator.getitem and _without_ones(source) == _without_ones(
        result
    ):

        def squeezed(*index: str) -> str:
            long = iter([i for i, n in zip(index, result) if n != 1])
            return element(*("0" if n == 1 else next(long) for n in source))

        return squeezed
    if operation.function in (np.ravel, np.reshape) and (len(source), len(result)) == (2, 1):
        width = source[1]
        return lambda i: element(f"({i}) // {width}", f"({i}) % {width}")
    raise Unrecordable(f"{function_name(operation.function)} has no loop here")


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
