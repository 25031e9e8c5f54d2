"""Operations that move elements: fancy indices, ``take``, writes into copies, concatenation."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.record.functions import add_at, put
from tinygraph.compile.targets.javascript.formulas import no_javascript
from tinygraph.compile.targets.javascript.places import Place, Shape, as_view
from tinygraph.compile.targets.javascript.sheet import AXES, Sheet, comment_of

JOINS = (np.concatenate, np.stack)
INDEXING = (operator.getitem, np.take, put, add_at, *JOINS, np.reshape, np.ravel, np.pad)


def print_indexing(sheet: Sheet, operation: Operation) -> None:
    """Print an operation that moves elements without computing anything."""
    function = operation.function
    if function in (np.reshape, np.ravel):
        _print_reshaped(sheet, operation)
    elif function is np.pad:
        _print_padded(sheet, operation)
    elif function in JOINS:
        _print_joined(sheet, operation)
    elif function in (put, add_at):
        _print_written(sheet, operation)
    else:
        _print_picked(sheet, operation)


def _print_reshaped(sheet: Sheet, operation: Operation) -> None:
    """Copy a view whose elements do not follow one another."""
    x = operation.operands[0]
    flat = sheet.new(Value("result", x.shape, x.dtype, operation.result.label))
    sheet.copy(x, flat, comment_of(operation))
    sheet.places[operation.result] = Place(flat.buffer, 0, _plain(operation.result.shape))


def _plain(shape: Shape) -> Shape:
    return tuple(int(np.prod(shape[axis + 1 :], dtype=int)) for axis in range(len(shape)))


def _print_padded(sheet: Sheet, operation: Operation) -> None:
    """Copy an array into the middle of a larger one, which holds zeros or another number."""
    x, widths, *mode = operation.arguments
    options = {"mode": mode[0] if mode else "constant", **operation.options}
    if options.pop("mode") != "constant" or not options.keys() <= {"constant_values"}:
        raise no_javascript(operation)
    target, shape = sheet.new(operation.result), operation.result.shape
    if options.get("constant_values", 0) != 0:
        names = list(AXES[: len(shape)])
        number = float(options["constant_values"])
        sheet.loop(list(zip(names, shape)), [f"{target.at(names)} = {number!r};"])
    before = np.broadcast_to(widths, (len(x.shape), 2))[:, 0]
    offset = target.offset + int(np.dot(before, target.strides)) if x.shape else target.offset
    place = Place(target.buffer, offset, target.strides)
    sheet.copy(x, place, comment_of(operation))


def _print_joined(sheet: Sheet, operation: Operation) -> None:
    """Copy the parts one after the other."""
    parts, result = operation.arguments[0], operation.result
    given = operation.arguments[1:2] or (operation.options.get("axis", 0),)
    axis = given[0] % len(result.shape)
    target = sheet.new(result)
    start = 0
    for part in parts:
        strides = target.strides
        if operation.function is np.stack:
            strides, size = strides[:axis] + strides[axis + 1 :], 1
        else:
            size = part.shape[axis]
        offset = target.offset + start * target.strides[axis]
        sheet.copy(part, Place(target.buffer, offset, strides), comment_of(operation))
        start += size


def _print_picked(sheet: Sheet, operation: Operation) -> None:
    """Print ``x[indices]`` or ``np.take(x, indices, axis)`` with arrays of whole numbers."""
    x, result = operation.arguments[0], operation.result
    if operation.function is np.take:
        given = operation.arguments[2:3] or (operation.options.get("axis"),)
        if given[0] is None:
            raise no_javascript(operation)
        axis = given[0] % len(x.shape)
        index: Any = (*[slice(None)] * axis, operation.arguments[1])
    else:
        index = operation.arguments[1]
    names = list(AXES[: len(result.shape)])
    picked = _picked(sheet, operation, x, index, names)
    line = f"{sheet.new(result).at(names)} = {picked};"
    sheet.loop(list(zip(names, result.shape)), [line], comment_of(operation))


def _picked(sheet: Sheet, operation: Operation, x: Value, index: Any, names: list[str]) -> str:
    """Return the element of ``x`` that an index with arrays picks."""
    parts = index if isinstance(index, tuple) else (index,)
    arrays = [part for part in parts if isinstance(part, Value)]
    first = next((k for k, part in enumerate(parts) if isinstance(part, Value)), 0)
    together = parts[first : first + len(arrays)]
    rest = (*parts[:first], *parts[first + len(arrays) :])
    if not arrays or not all(isinstance(part, Value) for part in together):
        raise no_javascript(operation)
    if any(part != slice(None) for part in rest):
        raise no_javascript(operation)
    rank = len(np.broadcast_shapes(*(array.shape for array in arrays)))
    inner = names[first : first + rank]
    wanted = [
        _from_end(sheet.element(array, inner), x.shape[first + k]) for k, array in enumerate(arrays)
    ]
    return sheet.place(x).at([*names[:first], *wanted, *names[first + rank :]])


def _from_end(index: str, size: int) -> str:
    """Return an index that counts from the end if it is negative, as in Python."""
    if index.isdigit():
        return index
    return f"({index} < 0 ? {index} + {size} : {index})"


def _print_written(sheet: Sheet, operation: Operation) -> None:
    """Print a copy of an array, and then a write into it."""
    x, index, new = operation.arguments
    target = sheet.new(operation.result)
    sheet.copy(x, target, comment_of(operation))
    sign = "=" if operation.function is put else "+="
    view = as_view(
        Operation(operator.getitem, (x, index), operation.result), target, operation.result.shape
    )
    parts = index if isinstance(index, tuple) else (index,)
    if view is not None and not any(isinstance(part, Value) for part in parts):
        shape = np.empty(x.shape, np.int8)[index].shape
        names = list(AXES[: len(shape)])
        where = view.at(names)
    else:
        shape = np.empty(x.shape, np.int8)[_zeros(index)].shape
        names = list(AXES[: len(shape)])
        sheet.places[x], kept = target, sheet.place(x)
        where = _picked(sheet, operation, x, index, names)
        sheet.places[x] = kept
    line = f"{where} {sign} {sheet.element(new, names)};"
    sheet.loop(list(zip(names, shape)), [line])


def _zeros(index: Any) -> Any:
    """Return an index of the same shape that is safe for any axis."""
    if isinstance(index, tuple):
        return tuple(map(_zeros, index))
    return np.zeros(index.shape, int) if isinstance(index, Value) else index
