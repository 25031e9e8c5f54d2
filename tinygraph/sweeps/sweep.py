"""Sweeps: one model, trained at every point of a grid from many seeds.

A single training run says little: another seed gives another curve. A sweep runs each setting from
many seeds, in this process or on the workers of any ``concurrent.futures.Executor``. The resulting
table is the same in both cases.

``grid`` lists the runs, ``job`` trains them, ``workers`` distributes them, ``store`` saves finished
runs to a file, and ``results`` is the table.

Not supported: a search that chooses the next settings from earlier results.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tinygraph.errors import ArgumentTypeError, StateError
from tinygraph.sweeps.grid import tasks_of
from tinygraph.sweeps.job import Build, Job
from tinygraph.sweeps.results import Run, Sweep
from tinygraph.sweeps.store import Store
from tinygraph.sweeps.workers import finished_runs
from tinygraph.train.engines import check_engine
from tinygraph.train.settings import whole_number
from tinygraph.validation.arrays import brief, is_bool

__all__ = ["Run", "Sweep", "sweep"]


def sweep(
    build: Build,
    grid: Mapping[str, Sequence[Any]] | None = None,
    seeds: int | Iterable[int] = 20,
    *,
    epochs: int,
    batch_size: int | None = None,
    engine: str = "auto",
    executor: Executor | Callable[[], Executor] | None = None,
    save: str | Path | None = None,
    progress: bool = False,
    **feeds: Any,
) -> Sweep:
    """Train a model at every point of a grid, once for every seed.

    Parameters
    ----------
    build : callable
        ``build(rng, **point)`` returns ``(model, optimizer)``. Worker processes import it by its
        name, so it must be a function at the top level of a module, not a lambda.
    grid : mapping, optional
        A list of values for each argument of ``build``; every combination is a point.
    seeds : int or iterable of int
        The seeds, or their number: 0, 1, …. Every run gets a Generator made from its seed.
    epochs : int
        The number of epochs of each run.
    batch_size : int, optional
        Mini-batch size, as for ``tg.fit``; a run shuffles with its seed. Default: the full batch.
    engine : str
        As for ``tg.fit``.
    executor : Executor or callable, optional
        The place of the runs. Default: this process. A callable that makes an executor is called
        again if an executor breaks, as a process pool does when a worker is killed.
    save : path, optional
        A file to which every finished run is added at once (one line of JSON per run). A sweep
        that finds its own file continues where it ended.
    progress : bool
        Show a progress bar.
    **feeds : array_like
        One array per input, by its name; the same for all runs.

    Returns
    -------
    Sweep
        The runs in the order of grid and seeds. A run whose code fails or whose worker dies is
        tried twice more, and then counts as ``"failed"``; the other runs are not affected. Failed
        runs are not saved to the file: the next call tries them again.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For invalid settings, or the file of another sweep.
    StateError
        If every run failed.

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
    if not callable(build):
        raise ArgumentTypeError(
            f"build must be a function build(rng, **point) that makes a model and its optimizer; "
            f"got {brief(build)}."
        )
    tasks = tasks_of(grid, seeds)
    epochs = whole_number("epochs", epochs, least=1)
    if batch_size is not None:
        batch_size = whole_number("batch_size", batch_size, least=1)
    if not is_bool(progress):
        raise ArgumentTypeError(f"progress must be True or False; got {brief(progress)}.")
    check_engine(engine)
    threads = (os.cpu_count() or 1) if executor is None else 1
    job = Job(build, epochs, engine, feeds, len(tasks), threads, batch_size)
    store = Store(save, job, tasks)
    done = store.load()
    with tqdm(
        total=len(tasks), initial=len(done), unit="run", disable=not progress, leave=False
    ) as bar:
        for number, run in finished_runs(job, tasks, set(range(len(tasks))) - set(done), executor):
            done[number] = run
            if run.stopped != "failed":
                store.add(number, run)
            bar.update()
    runs = [done[number] for number in range(len(tasks))]
    if runs and all(run.stopped == "failed" for run in runs):
        raise _all_failed(runs)
    return Sweep(runs)


def _all_failed(runs: Sequence[Run]) -> StateError:
    first = runs[0]
    settings = "".join(f"{name}={brief(value)}, " for name, value in first.point.items())
    return StateError(
        f"All {len(runs):,} runs of this sweep failed, so there is nothing to compare. The error "
        f"of the first, with {settings}seed={first.seed}: {first.error}"
    )
