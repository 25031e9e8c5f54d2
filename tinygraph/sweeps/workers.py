"""Who does the runs: groups of tasks, handed to this process or to an executor's workers.

What fails is tried again by itself, so that one bad run or one killed worker costs no other run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.sweeps.grid import Task
from tinygraph.sweeps.job import Job
from tinygraph.sweeps.results import Run
from tinygraph.validation.arrays import brief

TOGETHER = 64
"""How many runs are handed out at a time at the most; those of one architecture share a program."""
GROUPS = 4
"""Into how many groups a sweep is cut at the least, so that several workers have something to do.

Neither depends on the executor: the same runs share a program wherever they take place.
"""
ATTEMPTS = 3
"""How often a run is tried before it counts as failed."""


def finished_runs(
    job: Job,
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
        for group, outcome in _attempt(job, tasks, groups, executor):
            if isinstance(outcome, Exception):
                error = f"{type(outcome).__name__}: {outcome}"
                failures.update(dict.fromkeys(group, error))
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
    """Yield each group as it is done, with its runs or with what went wrong."""
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
    """Return the executor that a callable makes, or refuse what is none."""
    try:
        pool = executor() if callable(executor) else executor
    except Exception as error:
        raise ArgumentError(
            f"executor was called to make an Executor, and failed: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(pool, Executor):
        raise ArgumentTypeError(
            f"executor is a concurrent.futures.Executor, or a function that makes one; "
            f"got {brief(pool)}."
        )
    return pool


def _outcome(call: Callable[..., list[Run]], *arguments: Any) -> list[Run] | Exception:
    try:
        return call(*arguments)
    except Exception as error:
        return error
