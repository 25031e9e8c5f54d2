"""Loops: a program as scalar arithmetic within as few loops as possible.

Every array operation reads and writes memory. A loop that computes ``z``, ``σ(z)`` and the slope of
σ for one element before it goes to the next keeps them in registers. So operations on the same
elements share one nest of loops, and only the results that another nest reads are stored.

A value of shape (batch, features) is stored and walked through with the batch innermost: those are
the long rows that a compiler turns into vector instructions.
"""

from __future__ import annotations

import numpy as np

from tinygraph.compile.ir import Operation, Value, function_name
from tinygraph.compile.record.arrays import Unrecordable, cast
from tinygraph.compile.targets.names import in_comment
from tinygraph.compile.targets.numba.batch_sums import sums_over_batch, write_sums
from tinygraph.compile.targets.numba.loop_body import Body
from tinygraph.compile.targets.numba.loop_text import LoopText
from tinygraph.compile.targets.numba.loop_views import is_view, seen_through


class Loops(LoopText):
    """Write operations as loops; the parameters are those of :class:`LoopText`."""

    def write(self, operations: list[Operation]) -> None:
        """Write operations: those on the same elements share loops, as early as possible."""
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
        """Remove the views of computed values: they need no loop."""
        kept = []
        for operation in remaining:
            if is_view(operation) and operation.operands[0] in self.done:
                source = self.element(operation.operands[0])
                self.elements[operation.result] = seen_through(operation, source)
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
            raise Unrecordable(f"{function_name(first.function)} of these shapes has no loop here")
        return nest

    def _write_nest(self, nest: list[Operation], later: list[Operation]) -> None:
        shape = nest[0].result.shape
        read_later = {value for one in later for value in one.operands}
        indices = [self.names.of("i" if n == self.batch else "j") for n in shape]
        order = range(len(shape))
        if len(shape) == 2 and shape[0] == self.batch:
            order = range(1, -1, -1)
        nodes = dict.fromkeys(
            in_comment(str(one.node.name)) for one in nest if one.node is not None
        )
        self.lines.append(f"# {', '.join(nodes) or 'update'}")
        body = Body(self, indices, [indices[axis] for axis in order])
        for operation in nest:
            body.add(operation)
        for operation in nest:
            value = operation.result
            if value in self.stored or (value in read_later and shape):
                body.store(self.place(value)(*indices), value)
            elif not shape:
                self.elements[value] = lambda text=body.local[value]: text
            self.done.add(value)
        self.lines += body.text([(indices[axis], shape[axis]) for axis in order])


def _space(operation: Operation) -> tuple[int, ...]:
    return operation.result.shape
