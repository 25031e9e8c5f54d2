"""Loops: a program as scalar arithmetic within as few loops as possible.

Array operations read and write memory once each.  A loop that computes ``z``, ``σ(z)`` and the
slope of σ for one entry before it goes to the next keeps them in registers.  Here operations on the
same entries are gathered into one nest of loops; only what another nest reads is stored.

A value of shape (batch, features) is stored and walked through with the batch innermost: those are
the long rows that a compiler turns into vector instructions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.compile.batch_sums import sums_over_batch, write_sums
from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.loop_body import Body, name_of
from tinygraph.compile.loop_views import is_view, seen_through
from tinygraph.compile.names import Names, in_comment
from tinygraph.compile.recording import Unrecordable, cast


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
        self.done: set[Value] = set(placed)

    def write(self, operations: list[Operation]) -> None:
        """Write operations: those on the same entries together, as early as they can be."""
        remaining = list(operations)
        while remaining:
            remaining = self._without_views(remaining)
            if not remaining:
                return
            sums = sums_over_batch(self, remaining)
            nest = sums or self._nest(remaining)
            chosen = set(map(id, nest))
            remaining = [one for one in remaining if id(one) not in chosen]
            if sums:
                write_sums(self, sums)
            else:
                self._write_nest(nest, remaining)

    def _without_views(self, remaining: list[Operation]) -> list[Operation]:
        """Take out the views of what is there already: they cost nothing."""
        kept = []
        for operation in remaining:
            if is_view(operation) and operation.operands[0] in self.done:
                source = self.entry(operation.operands[0])
                self._entry[operation.result] = seen_through(operation, source)
                self.done.add(operation.result)
            else:
                kept.append(operation)
        return kept

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
                    value in self.done or value in inside or value.kind == "constant"
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
            if value in self._stored or (value in read_later and shape):
                body.store(self.place(value)(*indices), value)
            elif not shape:
                self._entry[value] = lambda text=body.local[value]: text
            self.done.add(value)
        self.lines += body.text([(indices[axis], shape[axis]) for axis in order])

    def place(self, value: Value) -> Callable[..., str]:
        """Return where a result is written, a buffer of its own unless told; it counts as done."""
        self._entry[value] = self._stored[value] if value in self._stored else self._buffer(value)
        self.done.add(value)
        return self._entry[value]

    def _buffer(self, value: Value) -> Callable[..., str]:
        name, shape = self.names.of(value.label or "v"), value.shape
        turned = len(shape) == 2 and shape[0] == self.batch
        self.buffers[name] = (shape[::-1] if turned else shape, value.dtype)

        def place(*index: str) -> str:
            return f"{name}[{', '.join(index[::-1] if turned else index)}]"

        return place

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


def _space(operation: Operation) -> tuple[int, ...]:
    return operation.result.shape
