"""Groups of runs, trained in this process or by the workers of an executor.

The runs of a failed group are repeated one by one, so one bad run or one killed worker does not
cost any other run.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.sweeps.grid import Task
from tinygraph.sweeps.job import Job
from tinygraph.sweeps.results import Run
from tinygraph.validation.arrays import brief

LARGEST_GROUP = 64
"""The largest number of runs in a group; those of one architecture share a program."""
GROUPS = 4
"""The smallest number of groups, so that several workers have something to do.

Neither number depends on the executor: the same runs share a program everywhere.
"""
ATTEMPTS = 3
"""The number of attempts before a run counts as failed."""


def finished_runs(
    job: Job,
    tasks: list[Task],
    numbers: set[int],
    executor: Executor | Callable[[], Executor] | None,
) -> Iterator[tuple[int, Run]]:
    """Yield each run as it finishes; failed groups are repeated run by run."""
    failures: dict[int, str] = {}
    size = max(1, min(LARGEST_GROUP, len(tasks) // GROUPS))
    for _ in range(ATTEMPTS):
        waiting = sorted(numbers)
        groups = [waiting[start : start + size] for start in range(0, len(waiting), size)]
        for group, outcome in _attempt(job, tasks, groups, executor):
            if isinstance(outcome, Exception):
                error = f"{type(outcome).__name__}: {outcome}"
                failures.update(dict.fromkeys(group, error.rstrip(".") + _advice(outcome)))
                continue
            numbers.difference_update(group)
            yield from zip(group, outcome)
        if not numbers:
            return
        size = 1
    for number in sorted(numbers):
        point, seed = tasks[number]
        losses = np.full(job.epochs, np.nan)
        yield number, Run(point, seed, losses, stopped="failed", error=failures[number])


def _attempt(
    job: Job,
    tasks: list[Task],
    groups: list[list[int]],
    executor: Executor | Callable[[], Executor] | None,
) -> Iterator[tuple[list[int], list[Run] | Exception]]:
    """Yield each group as it finishes, with its runs or its error."""
    if executor is None:
        for group in groups:
            yield group, _outcome(job, [tasks[number] for number in group])
        return
    pool = executor if isinstance(executor, Executor) else _made(executor)
    futures: dict[Future[list[Run]], list[int]] = {}
    try:
        for group in groups:
            try:
                futures[pool.submit(job, [tasks[number] for number in group])] = group
            except BrokenExecutor as error:
                yield group, error
        for future in as_completed(futures):
            yield futures[future], _outcome(future.result)
    finally:
        for future in futures:
            future.cancel()
        if pool is not executor:
            pool.shutdown()


def _made(executor: Any) -> Executor:
    """Return the executor that a callable makes."""
    try:
        pool = executor() if callable(executor) else executor
    except Exception as error:
        raise ArgumentError(
            f"executor must make an Executor, but the call failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(pool, Executor):
        raise ArgumentTypeError(
            f"executor must be a concurrent.futures.Executor, or a function that makes one; "
            f"got {brief(pool)}."
        )
    return pool


def _advice(error: Exception) -> str:
    """Explain the errors of an executor that do not name their cause."""
    if isinstance(error, BrokenExecutor):
        return (
            ". A worker process died. If workers start as a new Python (as on Windows and macOS), "
            'the call of tg.sweep in your script must be below `if __name__ == "__main__":`. '
            "Otherwise the system has killed the worker, for example because memory ran out."
        )
    if isinstance(error, pickle.PicklingError) or "pickle" in str(error):
        return (
            ". Worker processes import build by its name, so it must be a function at the top "
            "level of a module, not a lambda and not a function inside another one."
        )
    return ""


def _outcome(call: Callable[..., list[Run]], *arguments: Any) -> list[Run] | Exception:
    try:
        return call(*arguments)
    except Exception as error:
        return error
