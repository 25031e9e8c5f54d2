"""Sweeps: one model trained at every point of a grid, from many seeds, and one table of it all.

A single training run says little: another seed gives another curve.  A sweep runs each setting
from many seeds, here or on the workers of any ``concurrent.futures.Executor``, and brings back the
same table wherever the runs took place.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate
from tqdm import tqdm

from tinygraph.arrays import Array, brief, is_whole_number
from tinygraph.compile.copies import Copies, architecture
from tinygraph.compile.program import Program
from tinygraph.compile.recording import Unrecordable
from tinygraph.engines import ENGINES, SECONDS_WORTH_NUMBA
from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    NonFiniteError,
    UnknownNameError,
    did_you_mean,
)
from tinygraph.graph import Graph
from tinygraph.metrics import accuracy
from tinygraph.optim import Optimizer
from tinygraph.train import History, fit, labels

Build = Callable[..., tuple[Graph, Optimizer]]
"""Makes a model and its optimizer: called as ``build(rng, **point)``."""

Task = tuple[dict[str, Any], int]
"""What one run is asked for: a point of the grid, and a seed."""

TOGETHER = 64
"""How many runs are handed out at a time at the most; those of one architecture share a program."""
GROUPS = 4
"""Into how many groups a sweep is cut at the least, so that several workers have something to do.

Neither depends on the executor: the same runs share a program wherever they take place.
"""
CHECKS = 100
"""How often in a run the accuracy is looked at."""
ATTEMPTS = 3
"""How often a run is tried before it counts as failed."""


@dataclass
class Run:
    """One training run of a sweep.

    Attributes
    ----------
    point : dict
        The grid's settings of this run.
    seed : int
    losses : array
        One value an epoch; NaN from where the run stopped.
    accuracy : float or None
        At the end; ``None`` where the model has no labels.
    solved_at : int or None
        The first epoch, of those looked at, after which the accuracy was 100 %.
    stopped : str
        ``"finished"``, ``"non-finite"`` or ``"failed"``.
    seconds : float
    error : str
        What went wrong, for a failed run.

    >>> Run({"lr": 0.1}, seed=0, losses=np.array([0.5, 0.25])).loss
    0.25
    """

    point: dict[str, Any]
    seed: int
    losses: Array
    accuracy: float | None = None
    solved_at: int | None = None
    stopped: str = "finished"
    seconds: float = 0.0
    error: str = ""

    @property
    def loss(self) -> float:
        """The last loss; NaN for a run that did not finish."""
        return float(self.losses[-1]) if len(self.losses) else float("nan")


@dataclass
class Sweep:
    """All runs of a sweep, in the order of the grid, then of the seeds.

    >>> runs = [Run({"lr": lr}, seed=0, losses=np.array([lr])) for lr in (0.1, 1.0)]
    >>> Sweep(runs).where(lr=1.0).losses
    array([[1.]])
    """

    runs: list[Run] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __repr__(self) -> str:
        return f"<Sweep of {len(self)} runs at {len(self.points)} points>"

    @property
    def points(self) -> list[dict[str, Any]]:
        """The settings, each once."""
        return [run.point for k, run in enumerate(self.runs) if run.point not in self._before(k)]

    def _before(self, k: int) -> list[dict[str, Any]]:
        return [run.point for run in self.runs[:k]]

    @property
    def losses(self) -> Array:
        """The losses as one array, a row a run."""
        return np.array([run.losses for run in self.runs])

    def where(self, **settings: Any) -> Sweep:
        """Return the runs with these settings.

        Raises
        ------
        UnknownNameError
            If the grid has no such setting.
        """
        names = [*(self.runs[0].point if self.runs else settings), "seed"]
        for name in settings:
            if name not in names:
                raise UnknownNameError(
                    f"The grid of this sweep has no {name!r}." + did_you_mean(name, names)
                )
        return Sweep(
            [
                run
                for run in self.runs
                if all(
                    (run.seed if name == "seed" else run.point[name]) == value
                    for name, value in settings.items()
                )
            ]
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a run, as plain data: its settings, seed and results."""
        return [
            {
                **run.point,
                "seed": run.seed,
                "loss": run.loss,
                "accuracy": run.accuracy,
                "solved_at": run.solved_at,
                "stopped": run.stopped,
            }
            for run in self.runs
        ]

    def summary(self) -> list[dict[str, Any]]:
        """Return one row a point: how many seeds reached 100 %, when, and the median final loss."""
        rows = []
        for point in self.points:
            runs = [run for run in self.runs if run.point == point]
            finished = [run.loss for run in runs if run.stopped == "finished"]
            solved = [run.solved_at for run in runs if run.solved_at is not None]
            rows.append(
                {
                    **point,
                    "seeds": len(runs),
                    "reached 100 %": len(solved),
                    "median epoch": float(np.median(solved)) if solved else None,
                    "median loss": float(np.median(finished)) if finished else None,
                    "diverged": sum(run.stopped == "non-finite" for run in runs),
                }
            )
        return rows

    def table(self) -> str:
        """Return the summary for a person to read."""
        return str(tabulate(self.summary(), headers="keys", floatfmt=".4g", missingval="–"))


def sweep(
    build: Build,
    grid: Mapping[str, Sequence[Any]] | None = None,
    seeds: int | Iterable[int] = 20,
    *,
    epochs: int,
    engine: str = "auto",
    executor: Executor | Callable[[], Executor] | None = None,
    save: str | Path | None = None,
    progress: bool = False,
    **feeds: Any,
) -> Sweep:
    """Train a model at every point of a grid, from every seed.

    Parameters
    ----------
    build : callable
        ``build(rng, **point)`` returns ``(model, optimizer)``.  For an executor of other processes
        it has to be importable there: a function of a module, not a lambda.
    grid : mapping, optional
        A list of values for each setting that ``build`` takes; every combination is a point.
    seeds : int or iterable of int
        The seeds, or how many: 0, 1, ….  Every run gets a Generator of its own from its seed.
    epochs : int
        How many epochs each run takes.
    engine : str
        As for ``tg.fit``.
    executor : Executor or callable, optional
        Where the runs take place; here and now unless told.  A callable that makes an executor is
        called again if the one before broke, as a process pool does when a worker is killed.
    save : path, optional
        A file to which every finished run is added at once (a line of JSON each).  A sweep that
        finds its own file takes up where that one ended.
    progress : bool
        Show a progress bar.
    **feeds : array_like
        One array an input, by its name; the same for all runs.

    Returns
    -------
    Sweep
        The runs in the order of grid and seeds.  A run whose code failed or whose worker died is
        tried again, twice, and then counts as ``"failed"``; the others are not touched by it.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For settings that are not what is asked for, or a file of another sweep.

    Examples
    --------
    >>> import tinygraph as tg
    >>> def build(rng, lr):
    ...     model = tg.lab2.model(rng=rng)
    ...     return model, tg.Adam(model.parameters, lr=lr)
    >>> X, T = tg.data.xor()
    >>> result = sweep(build, {"lr": [0.01, 0.1]}, seeds=3, epochs=300, x=X, t=T)
    >>> result
    <Sweep of 6 runs at 2 points>
    >>> result.where(lr=0.1).losses.shape
    (3, 300)
    """
    points = _points(grid)
    tasks = [(point, seed) for point in points for seed in _seeds(seeds)]
    if not is_whole_number(epochs) or epochs < 1:
        raise ArgumentError(f"epochs is a whole number, at least 1; got {brief(epochs)}.")
    if not isinstance(engine, str) or engine not in ("auto", *ENGINES):
        raise ArgumentError(
            f"No engine is called {engine!r}." + did_you_mean(engine, ["auto", *ENGINES])
        )
    threads = (os.cpu_count() or 1) if executor is None else 1
    job = _Job(build, int(epochs), engine, feeds, len(tasks), threads)
    store = _Store(save, job, tasks)
    done = store.load()
    with tqdm(
        total=len(tasks), initial=len(done), unit="run", disable=not progress, leave=False
    ) as bar:
        for number, run in _runs(job, tasks, set(range(len(tasks))) - set(done), executor):
            done[number] = run
            if run.stopped != "failed":
                store.add(number, run)
            bar.update()
    return Sweep([done[number] for number in range(len(tasks))])


@dataclass
class _Job:
    """What all runs of a sweep have in common: what is sent to a worker beside point and seed."""

    build: Build
    epochs: int
    engine: str
    feeds: dict[str, Any]
    runs: int
    threads: int

    def __call__(self, tasks: list[Task]) -> list[Run]:
        """Train once for each task; those of one architecture with one program."""
        pairs = [self._built(point, seed) for point, seed in tasks]
        if self.engine == "interpreted":
            return [self._fitted(pair, task) for pair, task in zip(pairs, tasks)]
        alike: dict[Hashable, list[int]] = {}
        for position, pair in enumerate(pairs):
            alike.setdefault(architecture(*pair), []).append(position)
        runs: dict[int, Run] = {}
        for positions in alike.values():
            some = [pairs[k] for k in positions]
            done = self._together(some, [tasks[k] for k in positions])
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
                f"build returns a model and its optimizer, (Graph, Optimizer); got {brief(made)}."
            )
        return made

    def _together(self, pairs: list[tuple[Graph, Optimizer]], tasks: list[Task]) -> list[Run]:
        """Train models of one architecture by one program, or each by itself if there is none."""
        try:
            copies = Copies(pairs, self.feeds, self._target(*pairs[0]), self.threads)
        except Unrecordable:
            return [self._fitted(pair, task) for pair, task in zip(pairs, tasks)]
        runs = [Run(point, seed, np.full(self.epochs, np.nan)) for point, seed in tasks]
        start = time.perf_counter()
        for done in range(0, self.epochs, self.interval):
            stop = min(self.epochs, done + self.interval)
            losses = copies.run(stop - done)
            for run, row, (model, _) in zip(runs, losses, pairs):
                self._record(run, row, done, model)
        for run in runs:
            run.seconds = (time.perf_counter() - start) / len(runs)
        return runs

    def _record(self, run: Run, losses: Array, done: int, model: Graph) -> None:
        """Write a stretch of losses into a run, up to the first that is not finite."""
        if run.stopped != "finished":
            return
        sound = np.isfinite(losses)
        count = len(losses) if sound.all() else int(np.argmin(sound)) + 1
        run.losses[done : done + count] = losses[:count]
        if not sound.all():
            run.stopped = "non-finite"
        if labels(model) is not None:
            run.accuracy = self.accuracy(model)
            if run.solved_at is None and run.accuracy == 1:
                run.solved_at = done + len(losses)

    def _target(self, model: Graph, optimizer: Optimizer) -> str:
        if self.engine != "auto":
            return self.engine
        program = Program(model, optimizer, "numpy").prepare(self.feeds)
        seconds = self.runs * self.epochs * float(program.plan.seconds_a_step())
        is_long = seconds > SECONDS_WORTH_NUMBA and find_spec("numba") is not None
        return "numba" if is_long else "numpy"

    @property
    def interval(self) -> int:
        """After how many epochs the accuracy is looked at."""
        return max(1, self.epochs // CHECKS)

    def _fitted(self, pair: tuple[Graph, Optimizer], task: Task) -> Run:
        """Train one model by itself."""
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

    def accuracy(self, model: Graph) -> float:
        """Return the present accuracy on the fed data."""
        target = labels(model)
        return accuracy(
            model.predict(**self.feeds), np.asarray(self.feeds[str(target.name if target else "")])
        )


def _runs(
    job: _Job,
    tasks: list[Task],
    numbers: set[int],
    executor: Executor | Callable[[], Executor] | None,
) -> Iterator[tuple[int, Run]]:
    """Yield each run as it is done; what failed is tried again, each by itself."""
    failures: dict[int, str] = {}
    size = max(1, min(TOGETHER, len(tasks) // GROUPS))
    for _ in range(ATTEMPTS):
        waiting = sorted(numbers)
        groups = [waiting[start : start + size] for start in range(0, len(waiting), size)]
        for number, run in _attempt(job, tasks, groups, executor, failures):
            numbers.discard(number)
            yield number, run
        if not numbers:
            return
        size = 1
    for number in sorted(numbers):
        point, seed = tasks[number]
        losses = np.full(job.epochs, np.nan)
        yield number, Run(point, seed, losses, stopped="failed", error=failures[number])


def _attempt(
    job: _Job,
    tasks: list[Task],
    groups: list[list[int]],
    executor: Executor | Callable[[], Executor] | None,
    failures: dict[int, str],
) -> Iterator[tuple[int, Run]]:
    """Yield the runs of the groups that do not fail, and note why the others did."""
    if executor is None:
        for group in groups:
            try:
                runs = job([tasks[number] for number in group])
            except Exception as error:
                failures.update(dict.fromkeys(group, f"{type(error).__name__}: {error}"))
            else:
                yield from zip(group, runs)
        return
    pool = executor if isinstance(executor, Executor) else executor()
    futures: dict[Future[list[Run]], list[int]] = {}
    try:
        for group in groups:
            try:
                futures[pool.submit(job, [tasks[number] for number in group])] = group
            except BrokenExecutor as error:
                failures.update(dict.fromkeys(group, f"{type(error).__name__}: {error}"))
        for future in as_completed(futures):
            try:
                runs = future.result()
            except Exception as error:
                failures.update(dict.fromkeys(futures[future], f"{type(error).__name__}: {error}"))
            else:
                yield from zip(futures[future], runs)
    finally:
        for future in futures:
            future.cancel()
        if pool is not executor:
            pool.shutdown()


class _Store:
    """The finished runs of a sweep in a file: a line that says which sweep, then a line a run."""

    def __init__(self, path: str | Path | None, job: _Job, tasks: list[Task]) -> None:
        self.path = None if path is None else Path(path)
        digest = hashlib.sha256()
        for name, value in sorted(job.feeds.items()):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        self._which = {
            "build": getattr(job.build, "__qualname__", repr(job.build)),
            "epochs": job.epochs,
            "engine": job.engine,
            "data": digest.hexdigest(),
        }
        self._keys = [json.dumps([point, seed], default=repr) for point, seed in tasks]
        self._tasks = tasks

    def load(self) -> dict[int, Run]:
        """Return the runs that are there already, by number."""
        if self.path is None:
            return {}
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text(json.dumps(self._which) + "\n", encoding="utf-8")
            return {}
        lines = self.path.read_text(encoding="utf-8").split("\n")
        if _parsed(lines[0]) != self._which:
            raise ArgumentError(
                f"{self.path} was written by another sweep ({brief(lines[0])}); this one is "
                f"{brief(json.dumps(self._which))}. Give it a file of its own."
            )
        if lines[-1]:
            # A run that was cut off while it was being written: it is done again.
            self.path.write_text("\n".join([*lines[:-1], ""]), encoding="utf-8")
        numbers = {key: number for number, key in enumerate(self._keys)}
        done = {}
        for entry in map(_parsed, lines[1:-1]):
            if entry is not None and entry["key"] in numbers:
                number = numbers[entry["key"]]
                point, seed = self._tasks[number]
                losses = np.array(entry.pop("losses"))
                entry.pop("key")
                done[number] = Run(point, seed, losses, **entry)
        return done

    def add(self, number: int, run: Run) -> None:
        """Write one run to the end of the file."""
        if self.path is None:
            return
        entry = asdict(run)
        entry["losses"] = run.losses.tolist()
        del entry["point"], entry["seed"]
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": self._keys[number], **entry}) + "\n")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _points(grid: Mapping[str, Sequence[Any]] | None) -> list[dict[str, Any]]:
    if grid is None:
        return [{}]
    if not isinstance(grid, Mapping):
        raise ArgumentTypeError(
            f'grid gives a list of values for each setting, such as {{"lr": [0.1, 1]}}; '
            f"got {brief(grid)}."
        )
    for name, values in grid.items():
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ArgumentTypeError(f"grid[{name!r}] is a list of values; got {brief(values)}.")
        if name == "seed":
            raise ArgumentError('"seed" is no setting of the grid: give the seeds by seeds=.')
    combinations = itertools.product(*(list(values) for values in grid.values()))
    return [dict(zip(grid, values)) for values in combinations]


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if is_whole_number(seeds):
        seeds = range(int(seeds))
    if not isinstance(seeds, Iterable):
        raise ArgumentTypeError(f"seeds is a number of seeds, or a list; got {brief(seeds)}.")
    found = list(seeds)
    if not found or not all(map(is_whole_number, found)):
        raise ArgumentError(f"seeds are whole numbers, at least one; got {brief(found)}.")
    return [int(seed) for seed in found]
