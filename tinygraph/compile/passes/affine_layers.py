"""A layer as one product: ``b`` is one more row of ``W`` in memory, and ``x`` has a row of ones.

A small network spends its time in calls, not in arithmetic. So the product and the addition become
one call, and so do the gradients of ``W`` and ``b``.

The body of each function here defines its result; a target may compute it in a cheaper way.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.passes.tidy import Block, drop_dead


def affine(x: Any, W: Any, b: Any) -> Any:
    """Return a layer before its activation.

    >>> affine(np.ones((1, 2)), np.ones((2, 3)), np.zeros(3))
    array([[2., 2., 2.]])
    """
    return x @ W + b


def negative_affine(x: Any, W: Any, b: Any) -> Any:
    """Return minus the value of a layer: the exponent in a sigmoid."""
    return -(x @ W + b)


def affine_gradient(x: Any, g: Any) -> Any:
    """Return the gradient of W, with that of b as one more row."""
    return np.vstack([x.T @ g, g.sum(axis=0)])


def affine_pairs(block: Block, trained: Iterable[Value], batch: int) -> dict[Value, Value]:
    """Return the bias of each weight matrix that has one: ``(x @ W) + b``, both trained.

    The two can be contiguous in memory only if each has one partner. x holds a batch of samples: a
    trained x, or a constant, has no room for a row of ones.
    """
    trained = set(trained)
    made = block.made
    pairs: dict[Value, Value] = {}
    for operation in block.operations:
        found = _affine(operation, made, trained, batch)
        if found is not None:
            _, W, b = found
            if b not in pairs.values():
                pairs.setdefault(W, b)
    return pairs


def _affine(
    operation: Operation, made: dict[Value, Operation], trained: set[Value], batch: int
) -> tuple[Value, Value, Value] | None:
    if operation.function is not np.add or operation.options:
        return None
    for z, b in (operation.operands, operation.operands[::-1]):
        product = made.get(z)
        if product is None or product.function is not np.matmul or b not in trained:
            continue
        x, W = product.operands
        has_room = len(x.shape) == 2 and x.shape[0] == batch and x.kind != "constant"
        is_layer = W in trained and len(W.shape) == 2 and b.shape == W.shape[1:]
        if is_layer and has_room and x not in trained:
            return x, W, b
    return None


def fuse_affine(
    block: Block, pairs: dict[Value, Value], gradients: dict[Value, Value], batch: int
) -> Block:
    """Make one operation of a product and its bias, and one of their two gradients.

    ``gradients`` gives the gradient of each trained parameter, all among the block's outputs.
    """
    uses, made = block.uses, block.made
    operations: list[Operation] = []
    for operation in block.operations:
        fused = operation
        found = _affine(operation, made, {*gradients}, batch)
        inner = made.get(operation.operands[0]) if operation.function is np.negative else None
        if found is not None and pairs.get(found[1]) is found[2]:
            fused = operation.another(affine, found, operation.result)
        elif inner is not None and inner.function is affine and uses[inner.result] == 1:
            fused = operation.another(negative_affine, inner.arguments, operation.result)
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
            of_W.another(affine_gradient, found_gradient, both),
            of_W.another(operator.getitem, (both, slice(0, m)), gradients[W]),
            of_b.another(operator.getitem, (both, m), gradients[b]),
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
