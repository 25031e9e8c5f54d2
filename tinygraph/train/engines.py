"""The engines that run the epochs of ``fit``: the interpreter, or a compiled program.

One step of each engine is equal to within rounding, since sums are taken in another order; a long
run of an optimizer that swings at a minimum, as RMSProp may, multiplies that difference. A compiled
program computes no values of nodes, so before a callback reads them the graph computes the last
step, too.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from tinygraph.compile.batches import BatchTraining
from tinygraph.compile.cost import SHORTEST_NUMBA_COMPILE, is_worth_numba
from tinygraph.compile.program import Program
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.step import kept_state
from tinygraph.core.graph import Graph
from tinygraph.errors import ArgumentError, did_you_mean
from tinygraph.optim.optimizer import Optimizer
from tinygraph.train.batches import Batches
from tinygraph.validation.arrays import Array, brief

ENGINES = ("interpreted", "numpy", "numba")
STEPS_WORTH_COMPILING = 80
"""Recording and compiling for NumPy takes about as long as this number of interpreted steps."""
STRETCH_SECONDS = 0.05
"""The seconds that a compiled loop may run at a time: Ctrl-C loses no more than this."""


class Engine(Protocol):
    """Runs the epochs of ``fit``."""

    name: str
    completed: int
    """The number of finished epochs in the current stretch."""

    def run(self, losses: Array, first: int, watched: bool) -> None:
        """Run one epoch for each element of ``losses``, and write its loss there.

        After a non-finite loss the engine returns at once, with that loss written and the
        parameters as they were when it was computed.

        Parameters
        ----------
        losses : array
        first : int
            The number of epochs before these.
        watched : bool
            Whether the nodes must hold the values and gradients of the last step afterwards.
        """


class Interpreter:
    """The engine that runs forward, backward and step, as a training loop would."""

    name = "interpreted"

    def __init__(self, model: Graph, optimizer: Optimizer, batches: Batches) -> None:
        self.model = model
        self.optimizer = optimizer
        self.batches = batches
        self.completed = 0

    def run(self, losses: Array, first: int, watched: bool) -> None:
        """Run one epoch for each element of ``losses``; the nodes hold the last step anyway."""
        self.completed = 0
        for epoch in range(len(losses)):
            losses[epoch] = 0.0
            for share, feeds in self.batches.of_epoch(first + epoch):
                losses[epoch] += share * self.model.forward(**feeds)
                if not np.isfinite(losses[epoch]):
                    self.completed = epoch + 1
                    return
                self.model.backward()
                self._step()
            self.completed = epoch + 1

    def _step(self) -> None:
        steps = self.optimizer.steps
        try:
            self.optimizer.step()
        except KeyboardInterrupt:
            if self.batches.count == 1:
                self.completed += self.optimizer.steps - steps  # it may have been finished
            raise
        if self.model.updates:
            self.model.update_states()


class Compiled:
    """The engine that runs a compiled program.

    Its loop returns regularly to notice Ctrl-C and a loss that is not finite.  An interrupted call
    of the loop is undone: a step is complete, or it does not count.
    """

    def __init__(self, model: Graph, optimizer: Optimizer, batches: Batches, target: str) -> None:
        self._model = model
        self._optimizer = optimizer
        self.batches = batches
        self.completed = 0
        self._program = Program(model, optimizer, target)
        self._steps_at_once = 1
        self._training: BatchTraining | None = None
        self._interpreter: Interpreter | None = None
        if batches.count > 1:
            arrays = self._program.checked(batches.feeds)
            self._training = BatchTraining(self._program, arrays, batches.batched, batches.size)
            self._compiled = self._training.compiled
        else:
            self._compiled = self._program.prepare(batches.feeds)
        self.name = "numpy" if self._program.fallback else target

    def is_worth_numba(self, steps: int) -> bool:
        """Tell whether numba is faster for this number of steps, compile time included."""
        cost = self._compiled.cost
        if not is_worth_numba(cost, steps, SHORTEST_NUMBA_COMPILE):
            return False
        seconds = self._program.machine_code_seconds()
        return is_worth_numba(cost, steps, seconds)

    def run(self, losses: Array, first: int, watched: bool) -> None:
        """Run one epoch for each element of ``losses``, and write its loss there."""
        self.completed = 0
        try:
            self._prepare()
        except Unrecordable:
            # A callback has changed the model or the optimizer to something that is not compiled.
            self._interpreter = Interpreter(self._model, self._optimizer, self.batches)
        if self._interpreter is not None:
            try:
                self._interpreter.run(losses, first, watched)
            finally:
                self.completed = self._interpreter.completed
        elif self._training is None:
            self._run_whole(losses, watched)
        else:
            try:
                self._run_batches(self._training, losses, first, watched)
            finally:
                self._training.end()

    def _prepare(self) -> None:
        if self._training is not None:
            self._training.begin()
        else:
            self._program.prepare(self.batches.feeds)

    def _run_whole(self, losses: Array, watched: bool) -> None:
        unwatched = len(losses) - watched
        while self.completed < len(losses):
            count = min(self._steps_at_once, unwatched - self.completed)
            if count == 0:
                count = 1
                self._show(self.batches.feeds)
            start = time.perf_counter()
            got = self._program.run_while_finite(count, self.batches.feeds)
            seconds = time.perf_counter() - start
            losses[self.completed : self.completed + len(got)] = got
            self.completed += len(got)
            if not np.isfinite(got[-1]):
                return
            if seconds < STRETCH_SECONDS:
                self._steps_at_once = min(2 * self._steps_at_once, 1_000_000)
            elif seconds > 2 * STRETCH_SECONDS:
                self._steps_at_once = max(1, self._steps_at_once // 2)

    def _run_batches(
        self, training: BatchTraining, losses: Array, first: int, watched: bool
    ) -> None:
        sizes = np.full(self.batches.count, self.batches.size)
        sizes[-1] = self.batches.samples - sizes[:-1].sum()
        shares = sizes / self.batches.samples
        for epoch in range(len(losses)):
            is_last = watched and epoch == len(losses) - 1
            order = self.batches.order(first + epoch)
            got = training.run_epoch(order, self._show_samples if is_last else None)
            losses[epoch] = np.dot(shares[: len(got)], got)
            self.completed = epoch + 1
            if not np.isfinite(losses[epoch]):
                return

    def _show_samples(self, rows: Any) -> None:
        self._show(self.batches.at(rows))

    def _show(self, feeds: Mapping[str, Any]) -> None:
        """Leave the values and gradients of the next step in the nodes, for a callback to read."""
        position = self._program.draws.position()
        with kept_state(self._model.nodes):
            self._model.forward(**feeds)
            self._model.backward()
        self._program.draws.go_back(position)  # the step itself draws the same numbers


def check_engine(name: Any) -> None:
    """Raise if ``name`` is neither the name of an engine nor ``"auto"``.

    Raises
    ------
    ArgumentError
    """
    if not isinstance(name, str) or name not in ("auto", *ENGINES):
        raise ArgumentError(
            f"No engine is called {brief(name)}." + did_you_mean(name, ["auto", *ENGINES])
        )


def make_engine(
    name: Any, model: Graph, optimizer: Optimizer, batches: Batches, epochs: int
) -> Engine:
    """Return the engine called ``name``; for ``"auto"`` the one worth its compile time.

    The choice depends only on the graph and on the number of epochs, never on measured times: the
    same call computes the same numbers, also on a busy machine.

    Raises
    ------
    ArgumentError
        If there is no such engine, or it cannot run this graph here.
    """
    check_engine(name)
    if name == "auto":
        return _best(model, optimizer, batches, epochs)
    if name == "interpreted":
        return Interpreter(model, optimizer, batches)
    try:
        return Compiled(model, optimizer, batches, name)
    except Unrecordable as reason:
        raise ArgumentError(
            f"The engine {name!r} cannot run this graph: {reason}. "
            f'Choose engine="auto", which takes the best that can.'
        ) from None


def _best(model: Graph, optimizer: Optimizer, batches: Batches, epochs: int) -> Engine:
    """Return the engine that is fastest for this number of epochs, by estimates of their costs."""
    steps = epochs * batches.count
    has_shorter_batch = batches.count > 1 and batches.samples % batches.size > 0
    if steps < STEPS_WORTH_COMPILING * (1 + has_shorter_batch):
        return Interpreter(model, optimizer, batches)
    try:
        engine = Compiled(model, optimizer, batches, "numpy")
    except Unrecordable:
        return Interpreter(model, optimizer, batches)
    return Compiled(model, optimizer, batches, "numba") if engine.is_worth_numba(steps) else engine
