"""Joined layers: the same elementwise operation of several layers, done at once.

If the values of the layers are contiguous in memory, σ(1 − σ) of all of them is one call.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.passes.tidy import Block, identity


def join(arrays: Any, with_ones: Any) -> Any:
    """Return arrays joined along the columns; a column of ones follows each flagged one.

    >>> join((np.zeros((1, 2)), np.zeros((1, 1))), (True, False))
    array([[0., 0., 1., 0.]])
    """
    columns = []
    for array, flagged in zip(arrays, with_ones, strict=True):
        columns.append(array)
        if flagged:
            columns.append(np.ones_like(array[:, :1]))
    return np.hstack(columns)


Layout = tuple[Value, tuple[bool, ...]]
"""The value that holds several joined ones, and after which of them a column of ones stands."""


def fuse_layers(block: Block, batch: int, with_ones: set[Value]) -> Block:
    """Do the same elementwise operation for all layers at once: σ(1 − σ) of every layer."""
    operations = list(block.operations)
    joined: dict[Value, tuple[Value, ...]] = {}
    layouts: dict[tuple[Value, ...], Layout] = {}
    position = 0
    while position < len(operations):
        group = _group(operations, position, batch, with_ones)
        rows = [_rows(group, index, joined) for index in range(len(group[0].operands))]
        flags = _flags(rows, layouts, with_ones)
        if len(group) < 2 or any(row is None for row in rows) or flags is None:
            position += 1
            continue
        new: list[Operation] = []
        arguments: list[Value] = []
        for row in rows:
            if isinstance(row, tuple) and row not in layouts:
                new.append(_join(row, flags, group[0]))
                layouts[row] = new[-1].result, flags
                joined.update(dict.fromkeys(row, row))
            if row is not None:
                arguments.append(layouts[row][0] if isinstance(row, tuple) else row)
        shape = next(value.shape for value in arguments if len(value.shape) == 2)
        together = Value("result", shape, group[0].result.dtype)
        new.append(group[0].another(group[0].function, tuple(arguments), together))
        new += _parts(together, group, flags)
        members = tuple(operation.result for operation in group)
        layouts[members] = together, flags
        joined.update(dict.fromkeys(members, members))
        operations = [
            *operations[:position],
            *new,
            *(one for one in operations[position:] if one not in group),
        ]
        position += len(new)
    return Block(operations, block.outputs)


def _join(members: tuple[Value, ...], flags: tuple[bool, ...], like: Operation) -> Operation:
    columns = sum(member.shape[1] for member in members) + sum(flags)
    whole = Value("result", (members[0].shape[0], columns), members[0].dtype)
    return like.another(join, (members, flags), whole)


def _parts(together: Value, group: list[Operation], flags: tuple[bool, ...]) -> list[Operation]:
    """Return the slices of ``together`` that are the group's results."""
    parts = []
    start = 0
    for operation, flagged in zip(group, flags):
        stop = start + operation.result.shape[1]
        index = (slice(None), slice(start, stop))
        parts.append(operation.another(operator.getitem, (together, index), operation.result))
        start = stop + flagged
    return parts


def _flags(
    rows: list[tuple[Value, ...] | Value | None],
    layouts: dict[tuple[Value, ...], Layout],
    with_ones: set[Value],
) -> tuple[bool, ...] | None:
    """Return after which members a column of ones stands; ``None`` if no memory suits all rows.

    A row that is joined already has its layout; of the others, one that feeds a layer decides.  A
    value has one place: it is not a member of two rows.
    """
    members = {row for row in rows if isinstance(row, tuple)}
    if len({value for row in members for value in row}) < sum(map(len, members)):
        return None
    joined = {layouts[row][1] for row in members if row in layouts}
    others = {tuple(v in with_ones for v in row) for row in members if row not in layouts}
    decided = joined | {flags for flags in others if any(flags)} or others
    return decided.pop() if len(decided) == 1 else None


def _group(
    operations: list[Operation], position: int, batch: int, with_ones: set[Value]
) -> list[Operation]:
    """Return the operations that can be done together with the one at ``position``."""
    first = operations[position]
    if not _is_batched(first, batch) or first.result in with_ones:
        return [first]
    later = {operation.result for operation in operations[position:]}
    key = _key(first)
    return [
        operation
        for operation in operations[position:]
        if _is_batched(operation, batch)
        and operation.result not in with_ones
        and _key(operation) == key
        and not later.intersection(operation.operands)
    ]


def _is_batched(operation: Operation, batch: int) -> bool:
    shape = operation.result.shape
    return (
        operation.is_elementwise
        and not operation.options
        and len(shape) == 2
        and shape[0] == batch
        and any(value.kind != "constant" for value in operation.operands)
        and all(
            value.shape == () if value.kind == "constant" else _is_whole(value, operation.result)
            for value in operation.operands
        )
    )


def _is_whole(value: Value, like: Value) -> bool:
    return value.kind == "result" and value.shape == like.shape and value.dtype == like.dtype


def _key(operation: Operation) -> Any:
    constants = [identity(v) if v.kind == "constant" else None for v in operation.operands]
    return operation.function, constants, operation.result.dtype


def _rows(
    group: list[Operation], index: int, joined: dict[Value, tuple[Value, ...]]
) -> tuple[Value, ...] | Value | None:
    """Return the group's operands at ``index``: a constant, or values that can be neighbours."""
    values = tuple(operation.operands[index] for operation in group)
    if values[0].kind == "constant":
        return values[0]
    if len(set(values)) < len(values):
        return None
    return values if all(joined.get(value, values) == values for value in values) else None
