"""Fusing: several operations become one call on larger arrays.

A small network spends its time in calls, not in arithmetic.  Three things make fewer of them:

- ``x @ W + b`` is one product where ``x`` has a row of ones beneath it and ``b`` stands beneath
  ``W`` in memory (:func:`affine`);
- the gradients of ``W`` and ``b`` are one product for the same reason
  (:func:`affine_gradient`);
- the same elementwise operation in several layers is one operation where the layers' values are
  neighbours in memory (:func:`join`).

Each function here *means* what NumPy computes in its body; a target may do it in a cheaper way.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.passes import Block, drop_dead, identity


def affine(x: Any, W: Any, b: Any) -> Any:
    """Return a layer before its activation.

    >>> affine(np.ones((1, 2)), np.ones((2, 3)), np.zeros(3))
    array([[2., 2., 2.]])
    """
    return x @ W + b


def negative_affine(x: Any, W: Any, b: Any) -> Any:
    """Return the opposite of a layer, what the exponential of a sigmoid is taken of."""
    return -(x @ W + b)


def affine_gradient(x: Any, g: Any) -> Any:
    """Return the gradient of W, with that of b as one more row."""
    return np.vstack([x.T @ g, g.sum(axis=0)])


def join(arrays: Any, with_ones: Any) -> Any:
    """Return arrays side by side; a column of ones follows each that is flagged.

    >>> join((np.zeros((1, 2)), np.zeros((1, 1))), (True, False))
    array([[0., 0., 1., 0.]])
    """
    columns = []
    for array, flagged in zip(arrays, with_ones, strict=True):
        columns.append(array)
        if flagged:
            columns.append(np.ones_like(array[:, :1]))
    return np.hstack(columns)


def affine_pairs(block: Block, trained: Iterable[Value]) -> dict[Value, Value]:
    """Return the bias of each weight matrix that has one: ``(x @ W) + b``, both trained.

    The two can be neighbours in memory only with one partner each.
    """
    trained = set(trained)
    made = {operation.result: operation for operation in block.operations}
    pairs: dict[Value, Value] = {}
    for operation in block.operations:
        found = _affine(operation, made, trained)
        if found is not None:
            _, W, b = found
            if b not in pairs.values():
                pairs.setdefault(W, b)
    return pairs


def _affine(
    operation: Operation, made: dict[Value, Operation], trained: set[Value]
) -> tuple[Value, Value, Value] | None:
    if operation.function is not np.add or operation.options:
        return None
    for z, b in (operation.operands, operation.operands[::-1]):
        product = made.get(z)
        if product is None or product.function is not np.matmul or b not in trained:
            continue
        x, W = product.operands
        if W in trained and len(W.shape) == 2 and b.shape == W.shape[1:] and len(x.shape) == 2:
            return x, W, b
    return None


def fuse_affine(block: Block, pairs: dict[Value, Value], gradients: dict[Value, Value]) -> Block:
    """Make one operation of a product and its bias, and one of their two gradients.

    ``gradients`` gives the gradient of each trained parameter, all among the block's outputs.
    """
    uses = Counter(value for operation in block.operations for value in operation.operands)
    uses.update(block.outputs)
    made = {operation.result: operation for operation in block.operations}
    operations: list[Operation] = []
    for operation in block.operations:
        fused = operation
        found = _affine(operation, made, {*pairs, *pairs.values()})
        inner = made.get(operation.operands[0]) if operation.function is np.negative else None
        if found is not None and pairs.get(found[1]) is found[2]:
            fused = _same_place(operation, affine, found, operation.result)
        elif inner is not None and inner.function is affine and uses[inner.result] == 1:
            fused = _same_place(operation, negative_affine, inner.arguments, operation.result)
        made[operation.result] = fused
        operations.append(fused)
    joint: dict[Value, list[Operation]] = {}
    absorbed: set[Value] = set()
    for W, b in pairs.items():
        found_gradient = _affine_gradient(gradients[W], gradients[b], made)
        if found_gradient is None or uses[gradients[W]] > 1 or uses[gradients[b]] > 1:
            continue
        m, k = W.shape
        both = Value("result", (m + 1, k), W.dtype)
        of_W, of_b = made[gradients[W]], made[gradients[b]]
        joint[gradients[W]] = [
            _same_place(of_W, affine_gradient, found_gradient, both),
            _same_place(of_W, operator.getitem, (both, slice(0, m)), gradients[W]),
            _same_place(of_b, operator.getitem, (both, m), gradients[b]),
        ]
        absorbed.add(gradients[b])
    rewritten = [
        one
        for operation in operations
        if operation.result not in absorbed
        for one in joint.get(operation.result, [operation])
    ]
    return drop_dead(Block(rewritten, block.outputs))


def _affine_gradient(
    of_W: Value, of_b: Value, made: dict[Value, Operation]
) -> tuple[Value, Value] | None:
    """Return x and g where the two gradients are ``x.T @ g`` and ``g.sum(axis=0)``."""
    product, total = made.get(of_W), made.get(of_b)
    if product is None or product.function is not np.matmul or total is None:
        return None
    left, g = product.operands
    turned = made.get(left)
    is_sum = total.function is np.sum and total.arguments == (g,) and total.options == {"axis": 0}
    if turned is None or turned.function is not np.transpose or not is_sum:
        return None
    (x,) = turned.arguments
    feeds_a_layer = any(
        one.function in (affine, negative_affine) and one.arguments[0] is x for one in made.values()
    )
    return (x, g) if feeds_a_layer else None


def _same_place(
    operation: Operation, function: Any, arguments: tuple[Any, ...], result: Value
) -> Operation:
    """Return another operation that the same node asked for, in the same phase."""
    return Operation(function, arguments, result, {}, operation.node, operation.phase)


def fuse_layers(block: Block, batch: int, with_ones: set[Value]) -> Block:
    """Do the same elementwise operation for all layers at once: σ(1 − σ) of every layer."""
    operations = list(block.operations)
    joined: dict[Value, tuple[Value, ...]] = {}
    joint: dict[tuple[Value, ...], Value] = {}
    layouts: dict[tuple[Value, ...], tuple[bool, ...]] = {}
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
            if isinstance(row, tuple):
                arguments.append(_joint(row, flags, joint, joined, new, group[0]))
            else:
                assert row is not None
                arguments.append(row)
        members = tuple(operation.result for operation in group)
        layouts.update((row, flags) for row in (*rows, members) if isinstance(row, tuple))
        shape = next(value.shape for value in arguments if len(value.shape) == 2)
        together = Value("result", shape, members[0].dtype)
        new.append(
            Operation(
                group[0].function, tuple(arguments), together, {}, group[0].node, group[0].phase
            )
        )
        joint[members] = together
        start = 0
        for member, flagged, operation in zip(members, flags, group):
            joined[member] = members
            stop = start + member.shape[1]
            index = (slice(None), slice(start, stop))
            new.append(
                Operation(
                    operator.getitem,
                    (together, index),
                    member,
                    {},
                    operation.node,
                    operation.phase,
                )
            )
            start = stop + flagged
        operations = [
            *operations[:position],
            *new,
            *(one for one in operations[position:] if one not in group),
        ]
        position += len(new)
    return Block(operations, block.outputs)


def _flags(
    rows: list[tuple[Value, ...] | Value | None],
    layouts: dict[tuple[Value, ...], tuple[bool, ...]],
    with_ones: set[Value],
) -> tuple[bool, ...] | None:
    """Return after which members a column of ones stands; ``None`` where the rows disagree.

    A row that is joined already has its layout; of the others, one that feeds a layer decides.
    """
    members = [row for row in rows if isinstance(row, tuple)]
    joined = {layouts[row] for row in members if row in layouts}
    others = {tuple(v in with_ones for v in row) for row in members if row not in layouts}
    decided = joined | {flags for flags in others if any(flags)} or others
    return decided.pop() if len(decided) == 1 else None


def _joint(
    members: tuple[Value, ...],
    flags: tuple[bool, ...],
    joint: dict[tuple[Value, ...], Value],
    joined: dict[Value, tuple[Value, ...]],
    new: list[Operation],
    like: Operation,
) -> Value:
    """Return the value that holds ``members`` side by side, made now if there is none yet."""
    if members not in joint:
        columns = sum(member.shape[1] for member in members) + sum(flags)
        value = Value("result", (members[0].shape[0], columns), members[0].dtype)
        new.append(Operation(join, (members, flags), value, {}, like.node, like.phase))
        joint[members] = value
        joined.update(dict.fromkeys(members, members))
    return joint[members]


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
