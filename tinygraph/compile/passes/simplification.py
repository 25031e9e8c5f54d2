"""Cheaper ways to compute the same: a reciprocal for a division, a better order of products.

The results are equal to within rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant
from tinygraph.compile.passes.tidy import Block, drop_dead, rewritten


def simplify(block: Block) -> Block:
    """Write some operations in a cheaper way that is equal to within rounding.

    ``1 / x`` is one operand less as ``reciprocal``; a mean is a sum and a division; and in
    ``1 / (1 + exp(min(x, c)))`` the bound has no effect, since an overflow to infinity is allowed.
    """
    made: dict[Value, Operation] = {}

    def rewrite(operation: Operation) -> list[Operation] | Value:
        written = _simpler(operation, made)
        for one in written:
            made[one.result] = one
        return written

    return rewritten(block, rewrite)


def _simpler(operation: Operation, made: dict[Value, Operation]) -> list[Operation]:
    function, arguments, result = operation.function, operation.arguments, operation.result
    if function is np.divide and _is_one(arguments[0]) and not operation.options:
        unbounded = _without_bound(arguments[1], made)
        before, denominator = unbounded if unbounded else ([], arguments[1])
        return [*before, operation.another(np.reciprocal, (denominator,), result)]
    if function is np.mean and set(operation.options) <= {"axis", "keepdims"}:
        x = arguments[0]
        total = Value("result", result.shape, result.dtype)
        count = int(np.prod(x.shape)) // max(1, int(np.prod(result.shape)))
        return [
            operation.another(np.sum, arguments, total, operation.options),
            operation.another(np.divide, (total, constant(count)), result),
        ]
    return [operation]


def _without_bound(
    denominator: Value, made: dict[Value, Operation]
) -> tuple[list[Operation], Value] | None:
    """Return ``1 + exp(x)`` for ``1 + exp(min(x, c))`` where c is near the largest exponent."""
    plus = made.get(denominator)
    if plus is None or plus.function is not np.add or not any(map(_is_one, plus.operands)):
        return None
    exp = next((made[v] for v in plus.operands if v in made), None)
    bound = made.get(exp.operands[0]) if exp is not None and exp.function is np.exp else None
    if exp is None or bound is None or bound.function is not np.minimum:
        return None
    x, c = bound.operands
    if c.kind != "constant" or np.ndim(c.constant) or x.dtype != exp.result.dtype:
        return None
    if float(c.constant) < np.log(np.finfo(x.dtype).max) - 1:
        return None
    power = Value("result", exp.result.shape, exp.result.dtype)
    total = Value("result", denominator.shape, denominator.dtype)
    one = next(value for value in plus.operands if _is_one(value))
    return [exp.another(np.exp, (x,), power), plus.another(np.add, (power, one), total)], total


def _is_one(value: Any) -> bool:
    return (
        isinstance(value, Value)
        and value.kind == "constant"
        and value.shape == ()
        and bool(value.constant == 1)
    )


def shorten_products(block: Block) -> Block:
    """Multiply early factors first: ``(g * y) * (1 - y)`` becomes ``g * (y * (1 - y))``.

    The second factor no longer depends on g, so it can be computed for all layers at once.
    """
    uses = block.uses
    made: dict[Value, Operation] = {}
    depth: dict[Value, int] = {}

    def rewrite(operation: Operation) -> list[Operation]:
        written = [operation]
        inner = made.get(operation.arguments[0]) if operation.function is np.multiply else None
        if inner is not None and inner.function is np.multiply and uses[inner.result] == 1:
            (a, b), c = inner.arguments, operation.arguments[1]
            late, early = (a, b) if depth.get(a, 0) >= depth.get(b, 0) else (b, a)
            same = early.shape == c.shape == late.shape and early.dtype == c.dtype
            if same and depth.get(late, 0) >= depth.get(c, 0):
                factor = Value("result", c.shape, c.dtype)
                written = [
                    operation.another(np.multiply, (early, c), factor),
                    operation.another(np.multiply, (late, factor), operation.result),
                ]
        for one in written:
            made[one.result] = one
            depth[one.result] = 1 + max((depth.get(v, 0) for v in one.operands), default=0)
        return written

    return drop_dead(rewritten(block, rewrite))
