"""Training on mini-batches: parameters stay in the program from one batch to the next.

An epoch is a few calls of the compiled loop, each over many batches. If the last batch is shorter,
a second program runs it. That one is for NumPy, whatever the target is: its compile time is short.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.compile.program import Program, hyperparameters
from tinygraph.compile.transfer import (
    give_back,
    hand_over,
    restore_state,
    saved_state,
    take_over,
)
from tinygraph.core.node import Node
from tinygraph.validation.arrays import Array

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
        self, program: Program, arrays: Mapping[Node, Array], batched: list[Node], size: int
    ) -> None:
        self._program = program
        self._arrays = arrays
        self._batched = batched
        self._size = size
        self._rest = len(arrays[batched[0]]) % size
        self._compile()

    def _compile(self) -> None:
        self.compiled = self._compiled_for(self._size, self._program.target)
        self._last = self._compiled_for(self._rest, "numpy") if self._rest else None

    def _compiled_for(self, size: int, target: str) -> Any:
        cut = {node: self._arrays[node][:size] for node in self._batched}
        return self._program.compiled(
            {**self._arrays, **cut}, streamed=tuple(self._batched), target=target
        )

    def begin(self) -> None:
        """Copy the parameters into the program; compile it again if a setting has changed."""
        self._compile()
        self._optimizer = self._program.needs_optimizer()
        self._scalars = hyperparameters(self._optimizer)
        for compiled in filter(None, (self.compiled, self._last)):
            compiled.set_feeds(self._arrays)
        take_over(self.compiled, self._program.parameters, self._optimizer)

    def end(self) -> None:
        """Copy the parameters back to the model."""
        give_back(self.compiled, self._program.parameters, self._optimizer)

    def run_epoch(self, order: Order) -> Array:
        """Take one step on each batch of the samples in this order; return their losses.

        There is no step after a loss that is not finite. If an error or Ctrl-C interrupts the
        epoch, none of its steps counts.
        """
        steps, saved = self._optimizer.steps, saved_state(self.compiled)
        try:
            return self._epoch(order)
        except BaseException:
            restore_state(self.compiled, saved)
            self._optimizer.steps = steps
            raise

    def _epoch(self, order: Order) -> Array:
        losses: list[Any] = []
        whole = len(order) - self._rest
        stride = self._size * self.compiled.most_steps
        for start in range(0, whole, stride):
            losses.extend(self._steps(self.compiled, order[start : min(start + stride, whole)]))
            if not np.isfinite(losses[-1]):
                return np.array(losses)
        if self._last is not None:
            hand_over(self.compiled, self._last)
            losses.extend(self._steps(self._last, order[whole:]))
            hand_over(self._last, self.compiled)
        return np.array(losses)

    def _steps(self, compiled: Any, rows: Order) -> Array:
        """Take a step on each batch of these rows; none after a loss that is not finite."""
        size = self._size if compiled is self.compiled else self._rest
        count = len(rows) // size
        for node in self._batched:
            batches = self._arrays[node].take(rows, axis=0)
            compiled.set_batches(node, batches.reshape((count, size, *batches.shape[1:])))
        saved, first = saved_state(compiled), self._optimizer.steps + 1
        losses: Array = compiled.run(count, self._scalars, first)
        if not np.isfinite(losses).all():
            count = int(np.argmin(np.isfinite(losses)))
            restore_state(compiled, saved)
            compiled.run(count, self._scalars, first)
            losses = losses[: count + 1]
        self._optimizer.steps += count
        return losses
