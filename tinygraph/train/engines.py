"""What runs the epochs of ``fit``: the interpreter, or a compiled program.

An engine runs a stretch of epochs and writes down each one's loss.  One step of each engine is the
same to the last few bits, since sums are taken in another order; a long run of an optimizer that
swings at a minimum, as RMSProp may, multiplies that difference.  Engines differ in speed, too, and
in what the nodes hold afterwards: only the interpreter leaves every value and gradient behind.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np

from tinygraph.compile.program import Program
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.core.graph import Graph
from tinygraph.errors import ArgumentError, did_you_mean
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array, brief

ENGINES = ("interpreted", "numpy", "numba")
STEPS_WORTH_COMPILING = 100
"""Recording and compiling for NumPy takes about as long as so many interpreted steps."""
SECONDS_WORTH_NUMBA = 2.0
"""A run of the numpy target that is longer than this is worth numba's compile time."""
STRETCH_SECONDS = 0.05
"""How long a compiled loop may run before it looks up: Ctrl-C loses no more than this."""


class Engine(Protocol):
    """What runs epochs for ``fit``."""

    name: str
    completed: int
    """How many epochs of the present stretch are done, at any moment."""

    def run(self, losses: Array) -> None:
        """Run one epoch for each entry of ``losses``, and write its loss there.

        After a non-finite loss the engine returns at once, with that loss written and the
        parameters as they were when it was computed.
        """


class Batches:
    """The data, whole or shuffled anew each epoch and cut into mini-batches.

    Every engine gets its batches from here, so that a seed gives the same ones whichever runs.
    """

    def __init__(
        self,
        model: Graph,
        feeds: Mapping[str, Any],
        batch_size: int | None,
        rng: np.random.Generator,
    ) -> None:
        self.feeds = {
            str(node.name): array
            for node, array in model.feed_arrays(feeds).items()
            if node in model.inputs
        }
        self._rng = rng
        self._batched = [str(node.name) for node in model.inputs if None in node.shape[:1]]
        sizes = {len(self.feeds[name]) for name in self._batched}
        self.samples = max(sizes, default=1)
        self.size = self.samples if batch_size is None else min(batch_size, self.samples)

    @property
    def count(self) -> int:
        """How many batches an epoch has."""
        return max(1, -(-self.samples // self.size)) if self.size else 1

    def of_an_epoch(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield each batch of one epoch, with its share of the data."""
        if self.count == 1:
            yield 1.0, self.feeds
            return
        order = self._rng.permutation(self.samples)
        for start in range(0, self.samples, self.size):
            rows = order[start : start + self.size]
            cut = {name: self.feeds[name][rows] for name in self._batched}
            yield len(rows) / self.samples, {**self.feeds, **cut}


class Interpreter:
    """The engine that does what a learner would write by hand."""

    name = "interpreted"

    def __init__(self, model: Graph, optimizer: Optimizer, batches: Batches) -> None:
        self.model = model
        self.optimizer = optimizer
        self.batches = batches
        self.completed = 0

    def run(self, losses: Array) -> None:
        """Run one epoch for each entry of ``losses``, and write its loss there."""
        self.completed = 0
        for epoch in range(len(losses)):
            losses[epoch] = 0.0
            for share, feeds in self.batches.of_an_epoch():
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


class Compiled:
    """The engine that runs a compiled program.

    Its loop is left every so often to see whether somebody pressed Ctrl-C, and whether the loss is
    still a number.  What it was in the middle of is undone then: a step is whole or not done.
    """

    def __init__(self, model: Graph, optimizer: Optimizer, batches: Batches, target: str) -> None:
        self.name = target
        self.batches = batches
        self.completed = 0
        self._program = Program(model, optimizer, target)
        self._steps_at_once = 1
        self._compiled = self._program.prepare(batches.feeds)

    def seconds_a_step(self) -> float:
        """Estimate how long a step takes."""
        return float(self._compiled.plan.seconds_a_step())

    def run(self, losses: Array) -> None:
        """Run one epoch for each entry of ``losses``, and write its loss there."""
        self.completed = 0
        if self.batches.count == 1:
            self._run_whole(losses)
        else:
            self._run_batches(losses)

    def _run_whole(self, losses: Array) -> None:
        while self.completed < len(losses):
            count = min(self._steps_at_once, len(losses) - self.completed)
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

    def _run_batches(self, losses: Array) -> None:
        for epoch in range(len(losses)):
            losses[epoch] = 0.0
            for share, feeds in self.batches.of_an_epoch():
                got = self._program.run_while_finite(1, feeds)
                losses[epoch] += share * got[-1]
                if not np.isfinite(losses[epoch]):
                    self.completed = epoch + 1
                    return
            self.completed = epoch + 1


def check_engine(name: Any) -> None:
    """Refuse what is no engine's name, nor ``"auto"``.

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

    The choice depends on the graph and on the number of epochs alone, never on a clock: the same
    call computes the same numbers, on a slow day too.

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
    if epochs * batches.count < STEPS_WORTH_COMPILING:
        return Interpreter(model, optimizer, batches)
    try:
        engine = Compiled(model, optimizer, batches, "numpy")
    except Unrecordable:
        return Interpreter(model, optimizer, batches)
    is_long = epochs * engine.seconds_a_step() > SECONDS_WORTH_NUMBA
    if is_long and batches.count == 1 and find_spec("numba") is not None:
        try:
            return Compiled(model, optimizer, batches, "numba")
        except Unrecordable:
            return engine
    return engine
