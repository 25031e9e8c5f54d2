"""Loops: a program as scalar arithmetic within as few loops as possible.

Array operations read and write memory once each.  A loop that computes ``z``, ``σ(z)`` and the
slope of σ for one entry before it goes to the next keeps them in registers.  Here operations on the
same entries are gathered into one nest of loops; only what another nest reads is stored.

A value of shape (batch, features) is stored and walked through with the batch innermost: those are
the long rows that a compiler turns into vector instructions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.loop_body import UNROLLED, Body, broadcast_index, name_of
from tinygraph.compile.names import Names, in_comment
from tinygraph.compile.recording import Unrecordable, cast

LONGEST_SUMS = 64
"""Up to so many rows of a gradient are summed side by side."""

_VIEWS = {np.transpose, np.reshape, np.ravel, np.expand_dims, np.squeeze, np.broadcast_to}


class Loops:
    """Writes operations as loops.

    Parameters
    ----------
    batch : int
        The size of the first axis of what is stored batch last.
    placed : mapping
        The text of an entry of a value that is in memory already, from the texts of its indices.
    stored : mapping
        What has to be written to memory as well, and how: the text of the entry.
    """

    def __init__(
        self,
        batch: int,
        placed: Mapping[Value, Callable[..., str]],
        stored: Mapping[Value, Callable[..., str]],
        names: Names,
    ) -> None:
        self.batch = batch
        self.names = names
        self.lines: list[str] = []
        self.buffers: dict[str, tuple[tuple[int, ...], Any]] = {}
        self.constants: dict[str, Any] = {}
        self._stored = dict(stored)
        self._entry: dict[Value, Callable[..., str]] = dict(placed)
        self._done: set[Value] = set(placed)

    def write(self, operations: list[Operation]) -> None:
        """Write operations: those on the same entries together, as early as they can be."""
        remaining = list(operations)
        while remaining:
            remaining = self._without_views(remaining)
            if not remaining:
                return
            sums = self._sums_over_batch(remaining)
            nest = sums or self._nest(remaining)
            chosen = set(map(id, nest))
            remaining = [one for one in remaining if id(one) not in chosen]
            if sums:
                self._write_sums(sums)
            else:
                self._write_nest(nest, remaining)

    def _without_views(self, remaining: list[Operation]) -> list[Operation]:
        """Take out the views of what is there already: they cost nothing."""
        kept = []
        for operation in remaining:
            if is_view(operation) and operation.operands[0] in self._done:
                self._view(operation)
            else:
                kept.append(operation)
        return kept

    def _sums_over_batch(self, remaining: list[Operation]) -> list[Operation]:
        """Return the gradients ``x.T @ g`` and ``g.sum(axis=0)`` that one walk over g can sum."""
        g = self._summed(remaining[0])
        if g is None or g not in self._done:
            return []
        return [
            one
            for one in remaining
            if self._summed(one) is g and all(value in self._done for value in one.operands)
        ]

    def _summed(self, operation: Operation) -> Value | None:
        if operation.function is np.matmul:
            x, g = operation.operands
            short = len(x.shape) == 2 and x.shape[0] <= LONGEST_SUMS
            fits = short and len(g.shape) == 2 and x.shape[1] == g.shape[0] == self.batch
            return g if fits and x.shape[0] != self.batch else None
        if operation.function is np.sum and operation.options == {"axis": 0}:
            (g,) = operation.operands
            return g if len(g.shape) == 2 and g.shape[0] == self.batch else None
        return None

    def _write_sums(self, sums: list[Operation]) -> None:
        """Write sums over the batch, several side by side: each entry of g is read once for all."""
        g = self._summed(sums[0])
        if g is None:
            return
        j, i = self.names.of("j"), self.names.of("i")
        zero = self.constant(0.0, g.dtype)
        terms: list[tuple[Operation, tuple[str, ...], str]] = []
        for operation in sums:
            if operation.function is np.sum:
                terms.append((operation, (j,), ""))
            else:
                x = self.entry(operation.operands[0])
                rows = operation.result.shape[0]
                terms += [(operation, (str(k), j), f"{x(str(k), i)} * ") for k in range(rows)]
        for operation in sums:
            value = operation.result
            if value in self._stored:
                self._entry[value] = self._stored[value]
            else:
                self._entry[value] = self._buffer(self.names.of(value.label or "v"), value)
            self._done.add(value)
        nodes = dict.fromkeys(in_comment(str(one.node.name)) for one in sums if one.node)
        self.lines += [f"# {', '.join(nodes)}", f"for {j} in range({g.shape[1]}):"]
        for start in range(0, len(terms), 2 * UNROLLED):
            part = terms[start : start + 2 * UNROLLED]
            totals = [self.names.of("total") for _ in part]
            entry = self.names.of("g")
            self.lines += [f"    {total} = {zero}" for total in totals]
            self.lines += [f"    for {i} in range({self.batch}):"]
            self.lines += [f"        {entry} = {self.entry(g)(i, j)}"]
            self.lines += [
                f"        {total} += {factor}{entry}" for total, (_, _, factor) in zip(totals, part)
            ]
            self.lines += [
                f"    {self.entry(operation.result)(*index)} = {total}"
                for total, (operation, index, _) in zip(totals, part)
            ]

    def _nest(self, remaining: list[Operation]) -> list[Operation]:
        """Return the first operation and all others that can share its loops."""
        first = remaining[0]
        shape = _space(first)
        nest: list[Operation] = []
        inside: set[Value] = set()
        waiting: set[Value] = set()
        for operation in remaining:
            operands = set(operation.operands)
            fits = (
                _space(operation) == shape
                and not is_view(operation)
                and not operands & waiting
                and (
                    operation.is_elementwise
                    or operation.function in (np.where, np.clip, cast)
                    or not operands & inside
                )
                and all(
                    value in self._done or value in inside or value.kind == "constant"
                    for value in operands
                )
            )
            if fits and all(value.shape == shape for value in operands & inside):
                nest.append(operation)
                inside.add(operation.result)
            else:
                waiting.add(operation.result)
        if not nest:
            raise Unrecordable(f"{name_of(first)} of these shapes has no loop here")
        return nest

    def _write_nest(self, nest: list[Operation], later: list[Operation]) -> None:
        shape = nest[0].result.shape
        read_later = {value for one in later for value in one.operands}
        indices = [self.names.of("i" if n == self.batch else "j") for n in shape]
        order = range(len(shape))
        if len(shape) == 2 and shape[0] == self.batch:
            order = range(1, -1, -1)
        nodes = dict.fromkeys(in_comment(str(one.node.name)) for one in nest if one.node)
        self.lines.append(f"# {', '.join(nodes) or 'update'}")
        body = Body(self, indices, [indices[axis] for axis in order])
        for operation in nest:
            body.add(operation)
        for operation in nest:
            value = operation.result
            if value in self._stored:
                body.store(self._stored[value](*indices), value)
                self._entry[value] = self._stored[value]
            elif value in read_later and shape:
                name = self.names.of(value.label or "v")
                place = self._buffer(name, value)
                body.store(place(*indices), value)
                self._entry[value] = place
            elif not shape:
                self._entry[value] = lambda text=body.local[value]: text
            self._done.add(value)
        self.lines += body.text([(indices[axis], shape[axis]) for axis in order])

    def _buffer(self, name: str, value: Value) -> Callable[..., str]:
        shape = value.shape
        turned = len(shape) == 2 and shape[0] == self.batch
        self.buffers[name] = (shape[::-1] if turned else shape, value.dtype)

        def place(*index: str) -> str:
            return f"{name}[{', '.join(index[::-1] if turned else index)}]"

        return place

    def _view(self, operation: Operation) -> None:
        """Let entries of the result be entries of the operand, under other indices."""
        source, result = operation.operands[0], operation.result
        entry = self.entry(source)
        if operation.function is np.transpose and len(operation.arguments) == 1:
            self._entry[result] = lambda *index: entry(*index[::-1])
        elif operation.function is np.broadcast_to:
            self._entry[result] = lambda *index: entry(*broadcast_index(source.shape, index))
        elif operation.function is not operator.getitem and _without_ones(
            source.shape
        ) == _without_ones(result.shape):

            def squeezed(*index: str) -> str:
                long = iter([i for i, n in zip(index, result.shape) if n != 1])
                return entry(*("0" if n == 1 else next(long) for n in source.shape))

            self._entry[result] = squeezed
        elif (
            len(result.shape) == 1
            and operation.function in (np.ravel, np.reshape)
            and len(source.shape) == 2
        ):
            width = source.shape[1]
            self._entry[result] = lambda i: entry(f"({i}) // {width}", f"({i}) % {width}")
        else:
            raise Unrecordable(f"{name_of(operation)} has no loop here")
        self._done.add(result)

    def entry(self, value: Value) -> Callable[..., str]:
        """Return what gives the text of an entry of ``value``."""
        if value.kind != "constant":
            return self._entry[value]
        name = self.constant(value.constant, value.dtype)
        return lambda *index: f"{name}[{', '.join(index)}]" if value.shape else name

    def constant(self, number: Any, dtype: Any) -> str:
        """Return the name of a constant of the compiled module."""
        array = np.asarray(number, dtype)
        for name, known in self.constants.items():
            if known.dtype == array.dtype and np.array_equal(known, array, equal_nan=True):
                return name
        text = f"c_{array:g}" if array.shape == () and array.dtype.kind == "f" else "constant"
        name = self.names.of(text.replace("-", "minus_"))
        self.constants[name] = array
        return name


def is_view(operation: Operation) -> bool:
    """Whether no loop is needed: entries of the result are entries of the operand."""
    return operation.function in _VIEWS or operation.function is operator.getitem


def _space(operation: Operation) -> tuple[int, ...]:
    return operation.result.shape


def _without_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
