"""Products of stacks as one product: BLAS multiplies one large matrix faster than many small ones.

If all matrices of a stack are multiplied by the same ``W``, their rows can form one: x of shape
(B, T, m) times W is x of shape (B·T, m) times W. The gradient of W then needs no sum over the
stack: the product of the two long matrices is that sum.
"""

from __future__ import annotations

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.passes.tidy import Block, drop_dead, rewritten


def flatten_stacks(block: Block) -> Block:
    """Write products of a stack with one matrix, and sums of products over a stack, as one product.

    >>> x, W, y = (Value("input", s, np.dtype(float)) for s in ((5, 4, 3), (3, 2), (5, 4, 2)))
    >>> product = Block([Operation(np.matmul, (x, W), y)], (y,))
    >>> [(one.function.__name__, one.result.shape) for one in flatten_stacks(product).operations]
    [('reshape', (20, 3)), ('matmul', (20, 2)), ('reshape', (5, 4, 2))]
    """
    made: dict[Value, Operation] = {}

    def rewrite(operation: Operation) -> list[Operation] | Value:
        if operation.function is np.reshape:
            (x,) = operation.operands
            if x.shape == operation.result.shape:
                return x
        written = _product(operation) or _summed_product(operation, made) or [operation]
        made[operation.result] = operation
        return written

    return drop_dead(rewritten(block, rewrite))


def _product(operation: Operation) -> list[Operation]:
    """Return the operations of a stack times one matrix as one product."""
    if operation.function is not np.matmul or operation.options:
        return []
    x, W = operation.operands
    if len(x.shape) < 3 or len(W.shape) != 2:
        return []
    flat, product = _flat(x), Value("result", (_rows(x), W.shape[1]), operation.result.dtype)
    return [
        operation.another(np.reshape, (x, flat.shape), flat),
        operation.another(np.matmul, (flat, W), product),
        operation.another(np.reshape, (product, operation.result.shape), operation.result),
    ]


def _summed_product(operation: Operation, made: dict[Value, Operation]) -> list[Operation]:
    """Return the operations of ``(x.mT @ g).sum(axis=0)`` as one product."""
    if operation.function is not np.sum:
        return []
    product = made.get(operation.operands[0])
    if product is None or product.function is not np.matmul or product.options:
        return []
    left, g = product.operands
    turned = made.get(left)
    if turned is None or not _swaps_last_axes(turned) or len(g.shape) < 3:
        return []
    (x,) = turned.operands
    if x.shape[:-1] != g.shape[:-1] or operation.result.shape != (x.shape[-1], g.shape[-1]):
        return []
    flat_x, flat_g = _flat(x), _flat(g)
    across = Value("result", flat_x.shape[::-1], x.dtype)
    return [
        operation.another(np.reshape, (x, flat_x.shape), flat_x),
        operation.another(np.reshape, (g, flat_g.shape), flat_g),
        operation.another(np.transpose, (flat_x,), across),
        operation.another(np.matmul, (across, flat_g), operation.result),
    ]


def _swaps_last_axes(operation: Operation) -> bool:
    if operation.function is not np.swapaxes or operation.options:
        return False
    rank = len(operation.result.shape)
    axes = [axis for axis in operation.arguments[1:] if isinstance(axis, int)]
    return {axis % rank for axis in axes} == {rank - 1, rank - 2}


def _rows(x: Value) -> int:
    return int(np.prod(x.shape[:-1]))


def _flat(x: Value) -> Value:
    return Value("result", (_rows(x), x.shape[-1]), x.dtype)
