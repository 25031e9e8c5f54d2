"""Passes: each takes a program and returns one that computes the same with less.

A pass is a function from :class:`Block` to :class:`Block`.  Because no value ever changes, a pass
may drop, merge and reorder operations freely, as long as each still stands after its operands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant, substitute, values_in


@dataclass
class Block:
    """Operations in order, and the values that somebody outside will read."""

    operations: list[Operation]
    outputs: tuple[Value, ...]


def optimise(block: Block, passes: Iterable[Callable[[Block], Block]]) -> Block:
    """Apply passes one after the other."""
    for one_pass in passes:
        block = one_pass(block)
    return block


def _rewritten(block: Block, rewrite: Callable[[Operation], list[Operation] | Value]) -> Block:
    """Return the block with each operation rewritten, or replaced by a value that is at hand."""
    replaced: dict[Value, Value] = {}
    operations: list[Operation] = []
    for operation in block.operations:
        arguments = substitute(operation.arguments, lambda value: replaced.get(value, value))
        result = rewrite(operation.with_arguments(arguments))
        if isinstance(result, Value):
            replaced[operation.result] = result
        else:
            operations.extend(result)
    return Block(operations, tuple(replaced.get(value, value) for value in block.outputs))


def _is_called(operation: Operation) -> bool:
    return operation.result.dtype == object


def fold_constants(block: Block) -> Block:
    """Compute now what depends on constants alone: ``1.0 * 2 / 100`` saves two calls a step."""

    def rewrite(operation: Operation) -> list[Operation] | Value:
        operands = operation.operands
        if _is_called(operation) or not all(value.kind == "constant" for value in operands):
            return [operation]
        with np.errstate(all="ignore"):
            arguments = substitute(operation.arguments, lambda value: value.constant)
            number = operation.function(*arguments, **operation.options)
        # Of the precision that was recorded: a Python number that met a Python number stays one.
        return constant(number[()] if isinstance(number, np.ndarray) else number)

    return _rewritten(block, rewrite)


def share_common(block: Block) -> Block:
    """Compute equal operations once: the forward's ``p - t`` serves the backward too."""
    seen: dict[Any, Value] = {}

    def rewrite(operation: Operation) -> list[Operation] | Value:
        if _is_called(operation):
            return [operation]
        key = (
            operation.function,
            substitute(operation.arguments, identity),
            repr(sorted(operation.options.items())),
            repr([a for a in operation.arguments if not isinstance(a, Value)]),
        )
        try:
            earlier = seen.setdefault(key, operation.result)
        except TypeError:  # an argument that has no hash, such as a slice
            return [operation]
        if earlier is operation.result:
            return [operation]
        earlier.label = earlier.label or operation.result.label
        return earlier

    return _rewritten(block, rewrite)


def identity(value: Value) -> Any:
    """Return what makes two values the same: a constant is its number, others are themselves."""
    if value.kind != "constant":
        return value
    array = np.asarray(value.constant)
    return (type(value.constant), array.dtype, array.shape, array.tobytes())


def drop_dead(block: Block) -> Block:
    """Leave out what nobody reads: the gradient of the data costs a matrix product."""
    needed = set(block.outputs)
    kept = []
    for operation in reversed(block.operations):
        if operation.result in needed:
            kept.append(operation)
            needed.update(operation.operands)
    return Block(kept[::-1], block.outputs)


def simplify(block: Block) -> Block:
    """Write some operations in a cheaper way that gives the same bits, or the last but one.

    ``1 / x`` is one operand less as ``reciprocal``; a mean is a sum and a division; and in
    ``1 / (1 + exp(min(x, c)))`` the bound is idle where an overflow to infinity is let pass.
    """
    made: dict[Value, Operation] = {}

    def rewrite(operation: Operation) -> list[Operation] | Value:
        written = _simpler(operation, made)
        for one in written:
            made[one.result] = one
        return written

    return _rewritten(block, rewrite)


def _simpler(operation: Operation, made: dict[Value, Operation]) -> list[Operation]:
    function, arguments, result = operation.function, operation.arguments, operation.result
    if function is np.divide and _is_one(arguments[0]) and not operation.options:
        unbounded = _without_bound(arguments[1], made)
        before, denominator = unbounded if unbounded else ([], arguments[1])
        return [*before, _like(operation, np.reciprocal, (denominator,), result)]
    if function is np.mean and set(operation.options) <= {"axis", "keepdims"}:
        x = arguments[0]
        total = Value("result", result.shape, result.dtype)
        count = int(np.prod(x.shape)) // max(1, int(np.prod(result.shape)))
        return [
            Operation(np.sum, arguments, total, operation.options, operation.node, operation.phase),
            _like(operation, np.divide, (total, constant(count)), result),
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
    return [_like(exp, np.exp, (x,), power), _like(plus, np.add, (power, one), total)], total


def _is_one(value: Any) -> bool:
    return (
        isinstance(value, Value)
        and value.kind == "constant"
        and value.shape == ()
        and bool(value.constant == 1)
    )


def _like(
    operation: Operation, function: Callable[..., Any], arguments: tuple[Any, ...], result: Value
) -> Operation:
    """Return another operation for the same node and phase."""
    return Operation(function, arguments, result, {}, operation.node, operation.phase)


_LINEAR_IN_ALL = {np.multiply, np.matmul, np.dot}
_LINEAR_IN_FIRST = {np.sum, np.transpose, np.reshape, np.ravel, np.divide}


def pull_factors(block: Block) -> Block:
    """Carry scalar factors through whatever is linear, to the end.

    ``(c e) * s`` is ``c (e * s)``, and ``xᵀ @ (c d)`` is ``c (xᵀ @ d)``: the 2/n of a mean travels
    from the batch to the gradients of the parameters, and meets the learning rate there.
    """
    scaled: dict[Value, tuple[Value, Value]] = {}
    operations: list[Operation] = []

    def emit(like: Operation, function: Any, arguments: Any, shape: Any, options: Any) -> Value:
        result = Value("result", shape, like.result.dtype)
        operations.append(Operation(function, arguments, result, options, like.node, like.phase))
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
            operations.append(_like(operation, np.negative, (base,), result))
        else:
            operations.append(_like(operation, np.multiply, (base, factor), result))
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


def shorten_products(block: Block) -> Block:
    """Multiply what is known early first: ``(g * y) * (1 - y)`` is ``g * (y * (1 - y))``.

    The second factor no longer waits for g, so that it can be had for all layers at once.
    """
    uses = Counter(value for operation in block.operations for value in operation.operands)
    uses.update(block.outputs)
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
                    _like(operation, np.multiply, (early, c), factor),
                    _like(operation, np.multiply, (late, factor), operation.result),
                ]
        for one in written:
            made[one.result] = one
            depth[one.result] = 1 + max((depth.get(v, 0) for v in one.operands), default=0)
        return written

    return drop_dead(_rewritten(block, rewrite))


def common_factor(block: Block, first: int) -> tuple[Block, Value | None]:
    """Strip the scalar factor that all outputs from number ``first`` on share, and return it."""
    made = {operation.result: operation for operation in block.operations}
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


def scalars_only(block: Block) -> tuple[list[Operation], list[Operation]]:
    """Part the operations into those on hyperparameters and the step number, and the others.

    The first need no array: they are done once for many steps, not once a step.
    """
    known: set[Value] = set()
    scalar, others = [], []
    for operation in block.operations:
        operands = operation.operands
        if operation.result.shape == () and all(
            value.kind in ("scalar", "constant") or value in known for value in operands
        ):
            known.add(operation.result)
            scalar.append(operation)
        else:
            others.append(operation)
    return scalar, others


def last_uses(operations: list[Operation]) -> dict[Value, int]:
    """Return the position of the last operation that reads each value."""
    return {
        value: position
        for position, operation in enumerate(operations)
        for value in values_in(operation.arguments)
    }


TIDY = (fold_constants, share_common, drop_dead)
"""What a person would do before writing the program down."""

FASTER = (
    simplify,
    pull_factors,
    fold_constants,
    drop_dead,
    shorten_products,
    share_common,
    drop_dead,
)
"""What a target adds: nothing that a person would want to read."""
