"""The training of a group of runs: tasks in, finished runs out.

This object is sent to the workers. Models of one architecture are trained by one program, all
others one by one; both give the same runs. ``workers`` distributes the tasks and handles errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile.copies import architecture, trainer
from tinygraph.compile.cost import SHORTEST_NUMBA_COMPILE, is_worth_numba
from tinygraph.compile.program import Program
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.core.graph import Graph
from tinygraph.errors import ArgumentTypeError, NonFiniteError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.sweeps.grid import Task
from tinygraph.sweeps.results import Run
from tinygraph.train.classification import accuracy_on
from tinygraph.train.fit import fit
from tinygraph.train.history import History
from tinygraph.validation.arrays import Array, brief

Build = Callable[..., tuple[Graph, Optimizer]]
"""Makes a model and its optimizer; called as ``build(rng, **point)``."""

CHECKS = 100
"""The number of times that a run computes the accuracy."""


@dataclass
class Job:
    """The settings that all runs of a sweep share."""

    build: Build
    epochs: int
    engine: str
    feeds: dict[str, Any]
    runs: int
    threads: int
    batch_size: int | None = None

    @property
    def interval(self) -> int:
        """The number of epochs between two accuracies."""
        return max(1, self.epochs // CHECKS)

    def __call__(self, tasks: list[Task]) -> list[Run]:
        """Train one model per task; those of one architecture share a program."""
        pairs = [self._built(point, seed) for point, seed in tasks]
        if self.engine == "interpreted" or self.batch_size is not None:
            return [self._fitted(pair, task) for pair, task in zip(pairs, tasks)]
        alike: dict[Hashable, list[int]] = {}
        for position, pair in enumerate(pairs):
            alike.setdefault(architecture(*pair), []).append(position)
        runs: dict[int, Run] = {}
        for positions in alike.values():
            some = [pairs[k] for k in positions]
            done = self._batched(some, [tasks[k] for k in positions])
            runs.update(zip(positions, done))
        return [runs[position] for position in range(len(tasks))]

    def _built(self, point: dict[str, Any], seed: int) -> tuple[Graph, Optimizer]:
        made = self.build(np.random.default_rng(seed), **point)
        if not (
            isinstance(made, tuple)
            and len(made) == 2
            and isinstance(made[0], Graph)
            and isinstance(made[1], Optimizer)
        ):
            raise ArgumentTypeError(
                f"build must return a model and its optimizer, (Graph, Optimizer); "
                f"got {brief(made)}."
            )
        return made

    def _batched(self, pairs: list[tuple[Graph, Optimizer]], tasks: list[Task]) -> list[Run]:
        """Train models of one architecture by one program, or one by one if there is none."""
        try:
            together = trainer(pairs, self.feeds, self._target(*pairs[0]), self.threads)
        except Unrecordable:
            return [self._fitted(pair, task) for pair, task in zip(pairs, tasks)]
        runs = [Run(point, seed, np.full(self.epochs, np.nan)) for point, seed in tasks]
        start = time.perf_counter()
        for done in range(0, self.epochs, self.interval):
            stop = min(self.epochs, done + self.interval)
            losses = together.run(stop - done)
            for run, row, (model, _) in zip(runs, losses, pairs):
                self._record(run, row, done, model)
        for run in runs:
            run.seconds = (time.perf_counter() - start) / len(runs)
        return runs

    def _target(self, model: Graph, optimizer: Optimizer) -> str:
        if self.engine != "auto":
            return self.engine
        program = Program(model, optimizer, "numpy")
        cost = program.prepare(self.feeds).cost
        steps = self.runs * self.epochs
        worth = is_worth_numba(cost, steps, SHORTEST_NUMBA_COMPILE) and is_worth_numba(
            cost, steps, program.machine_code_seconds()
        )
        return "numba" if worth else "numpy"

    def _fitted(self, pair: tuple[Graph, Optimizer], task: Task) -> Run:
        """Train one model."""
        model, optimizer = pair
        run = Run(*task, np.full(self.epochs, np.nan))

        def look(history: History) -> None:
            start = (len(history) - 1) // self.interval * self.interval
            self._record(run, history.loss[start:], start, model)

        try:
            history = fit(
                model,
                optimizer,
                epochs=self.epochs,
                batch_size=self.batch_size,
                rng=task[1],
                engine=self.engine,
                print_interval=0,
                callback=look,
                callback_interval=self.interval,
                **self.feeds,
            )
        except NonFiniteError as error:
            history = error.history
            look(history)
        if history.stopped == "interrupted":
            raise KeyboardInterrupt
        run.seconds = history.seconds
        return run

    def _record(self, run: Run, losses: Array, done: int, model: Graph) -> None:
        """Write losses into a run, up to the first one that is not finite.

        After it the parameters are not numbers, so the accuracy is an earlier one.
        """
        if run.stopped != "finished":
            return
        sound = np.isfinite(losses)
        count = len(losses) if sound.all() else int(np.argmin(sound)) + 1
        run.losses[done : done + count] = losses[:count]
        if not sound.all():
            run.stopped = "non-finite"
            return
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # as in training
            run.accuracy = accuracy_on(model, self.feeds)
        if run.solved_at is None and run.accuracy == 1:
            run.solved_at = done + len(losses)
