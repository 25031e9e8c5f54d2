"""Passes: each takes a program and returns a cheaper one with the same results.

A pass is a function from :class:`Block` to :class:`Block`.  Because no value ever changes, a pass
may drop, merge and reorder operations freely, as long as each still comes after its operands.
This module has the passes that every compiler has, and the parts of a pass. Passes that know
some arithmetic are in ``simplification`` and ``factors``; passes that know layers are in
``affine_layers`` and ``joined_layers``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant, substitute


@dataclass
class Block:
    """Operations in order, and the values that are read from outside."""

    operations: list[Operation]
    outputs: tuple[Value, ...]

    @property
    def made(self) -> dict[Value, Operation]:
        """The operation that computes each value."""
        return {operation.result: operation for operation in self.operations}

    @property
    def uses(self) -> Counter[Value]:
        """How often each value is read, by operations and from outside."""
        read = [value for operation in self.operations for value in operation.operands]
        return Counter((*read, *self.outputs))


def optimise(block: Block, passes: Iterable[Callable[[Block], Block]]) -> Block:
    """Apply passes one after the other."""
    for one_pass in passes:
        block = one_pass(block)
    return block


def rewritten(block: Block, rewrite: Callable[[Operation], list[Operation] | Value]) -> Block:
    """Return the block with each operation rewritten, or replaced by an existing value."""
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
    """Compute results of constants at compile time: ``1.0 * 2 / 100`` saves two calls a step."""

    def rewrite(operation: Operation) -> list[Operation] | Value:
        operands = operation.operands
        if _is_called(operation) or not all(value.kind == "constant" for value in operands):
            return [operation]
        with np.errstate(all="ignore"):
            arguments = substitute(operation.arguments, lambda value: value.constant)
            number = operation.function(*arguments, **operation.options)
        # Of the precision that was recorded: a Python number that met a Python number stays one.
        return constant(number[()] if isinstance(number, np.ndarray) else number)

    return rewritten(block, rewrite)


def use_numbers(block: Block) -> Block:
    """Write one number for a constant array of equal elements; drop a product with 1.

    The gradient of a sum is an array of ones: ``ones * x`` is x.
    """

    def rewrite(operation: Operation) -> list[Operation] | Value:
        if not operation.is_elementwise or operation.options:
            return [operation]
        result = operation.result
        arguments = tuple(_as_number(value, operation) for value in operation.arguments)
        if operation.function is np.multiply:
            for one, other in (arguments, arguments[::-1]):
                is_one = one.kind == "constant" and one.shape == () and one.constant == 1
                if is_one and (other.shape, other.dtype) == (result.shape, result.dtype):
                    other.label = other.label or result.label
                    return other
        return [operation.with_arguments(arguments)]

    return rewritten(block, rewrite)


def _as_number(value: Value, operation: Operation) -> Value:
    """Return a constant array as one number if its elements are equal and the shape stays."""
    array = value.constant
    others = [each.shape for each in operation.operands if each is not value]
    if value.kind != "constant" or np.ndim(array) == 0 or array.size == 0:
        return value
    if not (array == array.flat[0]).all() or operation.result.shape not in others:
        return value
    return constant(array.flat[0])


def cancel_transposes(block: Block) -> Block:
    """Read the matrix itself for the transpose of its transpose."""
    made = block.made

    def rewrite(operation: Operation) -> list[Operation] | Value:
        inner = made.get(operation.arguments[0]) if _is_reversal(operation) else None
        if inner is None or not _is_reversal(inner):
            return [operation]
        matrix: Value = inner.arguments[0]
        return matrix

    return rewritten(block, rewrite)


def _is_reversal(operation: Operation) -> bool:
    is_plain = len(operation.arguments) == 1 and not operation.options
    return operation.function is np.transpose and is_plain


def share_common(block: Block) -> Block:
    """Compute equal operations once: the forward's ``p - t`` serves the backward too."""
    seen: dict[Any, Value] = {}

    def rewrite(operation: Operation) -> list[Operation] | Value:
        if _is_called(operation):
            return [operation]
        key = (
            operation.function,
            _with_hash(substitute(operation.arguments, identity)),
            repr(sorted(operation.options.items())),
            repr([a for a in operation.arguments if not isinstance(a, Value)]),
        )
        try:
            earlier = seen.setdefault(key, operation.result)
        except TypeError:  # an argument that has no hash, such as a list
            return [operation]
        if earlier is operation.result:
            return [operation]
        earlier.label = earlier.label or operation.result.label
        return earlier

    return rewritten(block, rewrite)


def _with_hash(arguments: Any) -> Any:
    """Return nested arguments with each slice as a tuple: older versions of Python hash no slice.

    >>> _with_hash((1, (slice(0, 2), None)))
    (1, ((<class 'slice'>, 0, 2, None), None))
    """
    if isinstance(arguments, slice):
        return slice, arguments.start, arguments.stop, arguments.step
    if isinstance(arguments, tuple):
        return tuple(map(_with_hash, arguments))
    return arguments


def identity(value: Value) -> Any:
    """Return a key that is equal for equal constants, or the same value."""
    if value.kind != "constant":
        return value
    array = np.asarray(value.constant)
    return (type(value.constant), array.dtype, array.shape, array.tobytes())


def drop_dead(block: Block) -> Block:
    """Drop unused results, such as the gradient of the data, which costs a matrix product."""
    needed = set(block.outputs)
    kept = []
    for operation in reversed(block.operations):
        if operation.result in needed:
            kept.append(operation)
            needed.update(operation.operands)
    return Block(kept[::-1], block.outputs)


TIDY = (fold_constants, use_numbers, cancel_transposes, share_common, drop_dead)
"""The passes that a person would do before writing the program."""
