"""Scalar factors: moved through linear operations, they are multiplied once, at the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant
from tinygraph.compile.passes.tidy import Block, drop_dead, identity

_LINEAR_IN_ALL = {np.multiply, np.matmul, np.dot}
_LINEAR_IN_FIRST = {np.sum, np.transpose, np.reshape, np.ravel, np.divide}


def pull_factors(block: Block) -> Block:
    """Move scalar factors through linear operations to the end.

    ``(c e) * s`` is ``c (e * s)``, and ``xᵀ @ (c d)`` is ``c (xᵀ @ d)``: the 2/n of a mean travels
    from the batch to the gradients of the parameters, and meets the learning rate there.
    """
    scaled: dict[Value, tuple[Value, Value]] = {}
    operations: list[Operation] = []

    def emit(like: Operation, function: Any, arguments: Any, shape: Any, options: Any) -> Value:
        result = Value("result", shape, like.result.dtype)
        operations.append(like.another(function, arguments, result, options))
        return result

    def product(like: Operation, a: Value | None, b: Value | None) -> Value | None:
        if a is None or b is None:
            return a or b
        return emit(like, np.multiply, (a, b), (), {})

    def split(value: Any) -> tuple[Any, Value | None]:
        return scaled.get(value, (value, None)) if isinstance(value, Value) else (value, None)

    for operation in block.operations:
        function, arguments = operation.function, operation.arguments
        result, factor, base = operation.result, None, None
        if function is np.negative:
            base, inner = split(arguments[0])
            factor = product(operation, inner, constant(-1.0)) if base.shape else None
        elif function in (np.multiply, np.divide) and result.shape and not operation.options:
            base, factor = _by_scalar(
                operation, split, lambda a, b, like=operation: product(like, a, b), emit
            )
        if factor is None and (function in _LINEAR_IN_ALL or function in _LINEAR_IN_FIRST):
            count = 2 if function in _LINEAR_IN_ALL else 1
            parts = [split(argument) for argument in arguments[:count]]
            if any(part[1] is not None for part in parts):
                for part in parts:
                    factor = product(operation, factor, part[1])
                bases = (*(part[0] for part in parts), *arguments[count:])
                base = emit(operation, function, bases, result.shape, operation.options)
        if factor is None and function in (np.add, np.subtract):
            (a, first), (b, second) = map(split, arguments)
            if first is not None and second is not None and identity(first) == identity(second):
                factor = first
                base = emit(operation, function, (a, b), result.shape, {})
        if factor is None or base is None or base.dtype != result.dtype:
            operations.append(operation)
            continue
        scaled[result] = (base, factor)
        if factor.kind == "constant" and factor.constant == -1:
            operations.append(operation.another(np.negative, (base,), result))
        else:
            operations.append(operation.another(np.multiply, (base, factor), result))
    return Block(operations, block.outputs)


def _by_scalar(
    operation: Operation, split: Any, product: Any, emit: Any
) -> tuple[Value | None, Value | None]:
    """Return array and factor of ``array * scalar``, ``scalar * array`` or ``array / scalar``."""
    a, b = operation.arguments
    if operation.function is np.multiply and a.shape == () and b.shape:
        a, b = b, a
    if not a.shape or b.shape or (b.kind == "result" and operation.phase != "update"):
        return None, None
    base, inner = split(a)
    if operation.function is np.divide:
        one = constant(1.0)
        b = emit(operation, np.divide, (one, b), (), {})
    return base, product(inner, b)


def common_factor(block: Block, first: int) -> tuple[Block, Value | None]:
    """Strip the scalar factor that all outputs from number ``first`` on share, and return it."""
    made = block.made
    products = [made.get(value) for value in block.outputs[first:]]
    factors = {
        identity(product.arguments[1])
        if product is not None and product.function is np.multiply
        else None
        for product in products
    }
    if len(factors) != 1 or not products or products[0] is None or None in factors:
        return block, None
    factor = products[0].arguments[1]
    if factor.kind != "constant" or factor.shape:
        return block, None
    stripped = tuple(product.arguments[0] for product in products if product is not None)
    return drop_dead(Block(block.operations, (*block.outputs[:first], *stripped))), factor
