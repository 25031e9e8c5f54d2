"""Training on mini-batches: parameters stay in the program from one batch to the next.

An epoch is a few calls of the compiled loop, each over many batches. If the last batch is shorter,
a second program runs it. That one is for NumPy, whatever the target is: its compile time is short.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.compile.hyperparameters import hyperparameters
from tinygraph.compile.program import Program
from tinygraph.compile.transfer import (
    give_back,
    hand_over,
    restore_state,
    saved_state,
    take_over,
)
from tinygraph.core.node import Node
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import with_batch

Order = np.ndarray[Any, np.dtype[np.integer[Any]]]
"""The numbers of samples, in the order in which an epoch takes them."""


class BatchTraining:
    """Training steps on the mini-batches of some data.

    Parameters
    ----------
    program : Program
        With an optimizer.
    arrays : mapping
        The checked data, by node.
    batched : sequence of Node
        The inputs that are cut into mini-batches.
    size : int
        The number of samples in a batch.

    Raises
    ------
    Unrecordable
        If no program can be made.
    """

    def __init__(
        self, program: Program, arrays: Mapping[Node, Array], batched: Sequence[Node], size: int
    ) -> None:
        self._program = program
        self._arrays = arrays
        self._batched = batched
        self._size = size
        self._rest = len(arrays[batched[0]]) % size
        self._compile()
        self._now = self.compiled

    def _compile(self) -> None:
        self.compiled = self._compiled_for(self._size, self._program.target)
        self._last = self._compiled_for(self._rest, "numpy") if self._rest else None

    def _compiled_for(self, size: int, target: str) -> Any:
        arrays = dict(self._arrays)
        for node in self._batched:
            arrays[node] = arrays[node][:size]
        randoms = self._program.model.randoms
        for random in randoms:
            shape: Any = with_batch(random.shape, size)
            arrays[random] = np.zeros(shape, arrays[random].dtype)
        return self._program.compiled(arrays, streamed=(*self._batched, *randoms), target=target)

    def begin(self) -> None:
        """Copy the parameters into the program; compile it again if a setting has changed."""
        self._compile()
        self._optimizer = self._program.needs_optimizer()
        self._scalars = hyperparameters(self._optimizer)
        self._now = self.compiled
        for compiled in filter(None, (self.compiled, self._last)):
            compiled.set_feeds(self._arrays)
        take_over(self.compiled, self._program.parameters, self._optimizer)

    def end(self) -> None:
        """Copy the parameters back to the model."""
        give_back(self._now, self._program.parameters, self._optimizer)

    def run_epoch(self, order: Order, before_last: Callable[[Order], None] | None = None) -> Array:
        """Take one step on each batch of the samples in this order; return their losses.

        There is no step after a loss that is not finite. If an error or Ctrl-C interrupts the
        epoch, none of its steps counts.

        Parameters
        ----------
        order : array
            The numbers of all samples.
        before_last : callable, optional
            Called with the samples of the last batch, when the model has its parameters.
        """
        self._go_to(self.compiled)
        steps, saved = self._optimizer.steps, saved_state(self._now)
        position = self._program.draws.position()
        losses: list[Any] = []
        try:
            for compiled, rows, is_last in self._parts(order, before_last is not None):
                self._go_to(compiled)
                if is_last and before_last is not None:
                    self.end()
                    before_last(rows)
                losses.extend(self._steps(rows))
                if not np.isfinite(losses[-1]):
                    break
        except BaseException:
            self._now = self.compiled
            restore_state(self._now, saved)
            self._optimizer.steps = steps
            self._program.draws.go_back(position)
            raise
        return np.array(losses)

    def _parts(self, order: Order, splits_last: bool) -> Iterator[tuple[Any, Order, bool]]:
        """Yield the samples of each call, its program, and whether it is only the last batch."""
        whole = len(order) - self._rest
        end = whole - self._size if splits_last and not self._rest else whole
        stride = self._size * self.compiled.most_steps
        for start in range(0, end, stride):
            yield self.compiled, order[start : min(start + stride, end)], False
        if end < len(order):
            yield self._last if self._rest else self.compiled, order[end:], True

    def _go_to(self, compiled: Any) -> None:
        """Move the parameters to this program."""
        if compiled is not self._now:
            hand_over(self._now, compiled)
            self._now = compiled

    def _steps(self, rows: Order) -> Array:
        """Take a step on each batch of these samples; none after a loss that is not finite."""
        compiled, program = self._now, self._program
        size = self._rest if compiled is self._last else self._size
        count = len(rows) // size
        for node in self._batched:
            batches = self._arrays[node].take(rows, axis=0)
            compiled.set_batches(node, batches.reshape((count, size, *batches.shape[1:])))
        saved, first = saved_state(compiled), self._optimizer.steps + 1
        position = program.draws.position()
        program.draws.draw(compiled, count)
        losses: Array = compiled.run(count, self._scalars, first)
        if not np.isfinite(losses).all():
            count = int(np.argmin(np.isfinite(losses)))
            restore_state(compiled, saved)
            program.draws.go_back(position)
            program.draws.draw(compiled, count + 1)
            compiled.run(count, self._scalars, first)
            losses = losses[: count + 1]
        self._optimizer.steps += count
        return losses
