"""The buffers of a program: one place for each value, allocated before the first step.

- **Batch last.** A value of shape (batch, features) is stored as (features, batch): the elements of
  one feature are contiguous, a bias is one number for each row, and products have long rows.
- **Images in the order of their operands.** With three and more axes, an elementwise result is
  stored in the order of its operands, as NumPy itself would do.
- **Row of ones.** The input of a layer has one more row, of ones, so that the bias is part of the
  product.
- **Views** (``W.T``, a slice, most reshapes) cost nothing: they are created here, once.
- **Reuse.** An elementwise result overwrites an operand that is not read later. Any other result
  takes the first buffer of its size that has become free.

With ``copies`` every array has one more axis in front, for models that are trained batched.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, values_in
from tinygraph.compile.passes.joined_layers import join
from tinygraph.compile.record.arrays import VIEWS, cast
from tinygraph.compile.record.functions import WRITES

_FOLLOWING = {np.where, np.zeros_like, np.ones_like, cast, *WRITES}
"""Functions that are not elementwise, but keep the order of their operand."""


class Storage:
    """The arrays of a program.

    Parameters
    ----------
    operations : list of Operation
    batch : int
        The size of the first axis of the values that are stored batch last.
    fixed : dict
        Arrays that exist already, such as a parameter's block of the flat vector, by value.
    leaves : iterable of Value
        The inputs, and the parameters that are not trained: each gets its own buffer.
    with_ones : iterable of Value
        The values that need a row of ones.
    outputs : iterable of Value
        The values that are read after the last operation.
    copies : int or None
        The number of models that are trained batched.
    """

    def __init__(
        self,
        operations: list[Operation],
        batch: int,
        fixed: dict[Value, Any],
        leaves: Iterable[Value],
        with_ones: Iterable[Value],
        outputs: Iterable[Value],
        copies: int | None = None,
    ) -> None:
        self.batch = batch
        self.copies = copies
        self.with_ones = set(with_ones)
        self.arrays: dict[Value, Any] = dict(fixed)
        self.with_ones_beneath: dict[Value, Any] = {}
        self.root: dict[Value, Value] = {}
        self._free: dict[Any, list[Any]] = {}
        for value in leaves:
            self.arrays[value] = self.allocate(value)
        self._fixed = set(self.arrays)
        self._find_views(operations)
        self._outputs = {self.base(value) for value in outputs}
        self._place(operations)

    def is_view(self, value: Value) -> bool:
        """Whether ``value`` is a view of the buffer of another value."""
        return value in self.root

    def base(self, value: Value) -> Value:
        """Return the value whose buffer contains ``value``."""
        while value in self.root:
            value = self.root[value]
        return value

    def is_batch_last(self, value: Value) -> bool:
        """Whether ``value`` is stored with the batch as its last axis."""
        return len(value.shape) == 2 and value.shape[0] == self.batch and value.dtype != object

    def allocate(self, value: Value, model: Any = None) -> Any:
        """Allocate a buffer for ``value``, and return it as an array of its shape.

        Its axes have the order in memory that those of the array ``model`` have.
        """
        lead = () if self.copies is None else (self.copies,)
        if model is not None:
            return np.empty_like(model, value.dtype)
        if not self.is_batch_last(value):
            return np.empty(lead + value.shape, value.dtype)
        rows = value.shape[1] + (value in self.with_ones)
        kept = np.empty((*lead, rows, self.batch), value.dtype)
        return self._looked_at(value, kept)

    def _looked_at(self, value: Value, kept: Any) -> Any:
        """Return ``value`` as a view of rows that store it batch last; fill its row of ones."""
        count = value.shape[1]
        if value in self.with_ones:
            kept[..., count, :] = 1
            self.with_ones_beneath[value] = kept[..., : count + 1, :]
        return kept[..., :count, :].swapaxes(-1, -2)

    def _find_views(self, operations: list[Operation]) -> None:
        """Find the operations that return a view, by trying them on arrays of the same layout."""
        trial = dict(self.arrays)
        beneath: dict[Value, Any] = {}
        for operation in operations:
            result = operation.result
            if operation.function in VIEWS and result not in self._fixed | self.with_ones:
                (source, *others) = values_in(operation.arguments)
                if source.dtype != object and source.kind != "constant" and not others:
                    viewed = self.look(operation, trial[source])
                    if viewed is not None:
                        trial[result] = viewed
                        self.root[result] = source
                        continue
            if operation.function is join:
                for member in operation.operands:
                    if member not in self._fixed and not self.is_view(member):
                        beneath[member] = result
            if result not in trial and result.dtype != object:
                trial[result] = self.allocate(result, self._model_of(operation, trial))
        self.joined = {
            member: whole
            for member, whole in beneath.items()
            if all(beneath.get(one) is whole for one in _members(operations, whole))
        }
        self.with_ones_beneath = {
            value: array for value, array in self.with_ones_beneath.items() if value in self._fixed
        }

    def _model_of(self, operation: Operation, arrays: dict[Value, Any]) -> Any:
        """Return the operand in whose order the result is stored; ``None`` for the usual order."""
        shape = operation.result.shape
        follows = operation.is_elementwise or operation.function in _FOLLOWING
        if not follows or len(shape) < 3 or self.copies is not None or operation.options:
            return None
        operands = [one for one in operation.operands if one.shape == shape and one in arrays]
        return arrays[operands[0]] if operands else None

    def look(self, operation: Operation, source: Any) -> Any:
        """Return the view of ``source``, or ``None`` if the operation must copy."""
        arguments = operation.arguments
        if self.copies is not None:
            return self._look_at_copies(operation, source)
        viewed = operation.function(
            *(source if isinstance(argument, Value) else argument for argument in arguments),
            **operation.options,
        )
        return viewed if np.may_share_memory(viewed, source) else None

    def _look_at_copies(self, operation: Operation, source: Any) -> Any:
        """Return the same view of every copy at once."""
        function, (_, *rest) = operation.function, operation.arguments
        if function is np.transpose and not rest:
            axes = (0, *range(source.ndim - 1, 0, -1))
            return source.transpose(axes)
        if function is operator.getitem:
            index = rest[0] if isinstance(rest[0], tuple) else (rest[0],)
            return source[(slice(None), *index)]
        if function in (np.reshape, np.ravel):
            viewed = source.reshape((source.shape[0], *operation.result.shape))
            return viewed if np.may_share_memory(viewed, source) else None
        return None

    def _place(self, operations: list[Operation]) -> None:
        last = self._last_reads(operations)
        self._place_joined(operations)
        self._place_backward(operations, last)
        for position, operation in enumerate(operations):
            value = operation.result
            if self.is_view(value):
                viewed = self.look(operation, self.arrays[self.root[value]])
                self.arrays[value] = viewed
                continue
            if value not in self.arrays and value.dtype != object:
                place = self._in_place(operation, position, last)
                model = self._model_of(operation, self.arrays)
                self.arrays[value] = self._new(value, model) if place is None else place
            for operand in dict.fromkeys(map(self.base, operation.operands)):
                if last.get(operand) == position and self._may_be_reused(operand):
                    array = self.arrays[operand]
                    key = _size(operand, self), _order(array)
                    self._free.setdefault(key, []).append(array)

    def _last_reads(self, operations: list[Operation]) -> dict[Value, int]:
        """Return the position of the last read of each value, its views included."""
        last: dict[Value, int] = {}
        for value, position in _last_uses(operations).items():
            base = self.base(value)
            last[base] = max(position, last.get(base, -1))
        return last

    def _place_joined(self, operations: list[Operation]) -> None:
        for operation in operations:
            if operation.function is not join:
                continue
            whole = operation.result
            self.arrays[whole] = self.allocate(whole)
            rows = self.arrays[whole].swapaxes(-1, -2)
            start = 0
            for member, flagged in zip(*operation.arguments):
                stop = start + member.shape[1] + flagged
                if flagged:
                    rows[..., stop - 1, :] = 1
                if self.joined.get(member) is whole:
                    self.arrays[member] = self._looked_at(member, rows[..., start:stop, :])
                start = stop

    def _place_backward(self, operations: list[Operation], last: dict[Value, int]) -> None:
        """Let a chain of elementwise operations use the buffer of its last result."""
        shared = {id(array) for value, array in self.arrays.items() if value.kind != "result"}
        own = {
            value
            for value, array in self.arrays.items()
            if value.kind == "result" and id(array) not in shared
        }
        for position in range(len(operations) - 1, -1, -1):
            operation = operations[position]
            if not operation.is_elementwise or operation.result not in own:
                continue
            for operand in operation.operands:
                if (
                    operand.kind == "result"
                    and operand not in self.arrays
                    and not self.is_view(operand)
                    and last.get(operand) == position
                    and operand.shape == operation.result.shape
                    and operand.dtype == operation.result.dtype
                    and operand not in self.with_ones
                ):
                    self.arrays[operand] = self.arrays[operation.result]
                    self._fixed.add(operand)
                    own.add(operand)
                    break

    def _in_place(self, operation: Operation, position: int, last: dict[Value, int]) -> Any:
        may_be = operation.is_elementwise or operation.function in WRITES
        if not may_be or operation.result in self.with_ones:
            return None
        for operand in operation.operands if operation.is_elementwise else operation.operands[:1]:
            if (
                last.get(operand) == position
                and not self.is_view(operand)
                and self._may_be_reused(operand)
                and _size(operand, self) == _size(operation.result, self)
            ):
                last[operand] = -1  # its buffer is taken, so it does not become free as well
                return self.arrays[operand]
        return None

    def _new(self, value: Value, model: Any) -> Any:
        order = range(len(value.shape)) if model is None else _order(model)
        free = self._free.get((_size(value, self), tuple(order)))
        if free and value not in self.with_ones:
            return free.pop()
        return self.allocate(value, model)

    def _may_be_reused(self, value: Value) -> bool:
        return (
            value.kind == "result"
            and value in self.arrays
            and value not in self._fixed
            and value not in self._outputs
            and value not in self.joined
            and value not in self.joined.values()
            and value not in self.with_ones
            and value.dtype != object
        )


def _order(array: Any) -> tuple[int, ...]:
    """Return the axes from the largest stride to the smallest; batch last counts as usual."""
    if array.ndim < 3:
        return tuple(range(array.ndim))
    return tuple(sorted(range(array.ndim), key=lambda axis: -array.strides[axis]))


def _members(operations: list[Operation], whole: Value) -> tuple[Value, ...]:
    return next(one.operands for one in operations if one.result is whole)


def _size(value: Value, storage: Storage) -> Any:
    return value.shape, value.dtype, storage.is_batch_last(value)


def _last_uses(operations: list[Operation]) -> dict[Value, int]:
    """Return the position of the last operation that reads each value."""
    return {
        value: position
        for position, operation in enumerate(operations)
        for value in values_in(operation.arguments)
    }
