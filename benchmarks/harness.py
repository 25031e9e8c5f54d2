"""Interleaved rounds: every candidate runs once in each round, so a slow moment affects all.

The measured time is processor time, of all threads together. It depends little on other processes,
and no candidate gains by using more than its one thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

Run = Callable[[int], object]
"""Takes the given number of steps."""

ROUND_SECONDS = 0.02


def measure(candidates: dict[str, Run], rounds: int = 15) -> dict[str, float]:
    """Return the median time per step of each candidate, in seconds."""
    counts = {name: _steps_for_a_round(run) for name, run in candidates.items()}
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            start = time.process_time()
            run(counts[name])
            times[name].append((time.process_time() - start) / counts[name])
    return {name: median(values) for name, values in times.items()}


def _steps_for_a_round(run: Run) -> int:
    run(1)  # compiles, where there is something to compile
    stretch = getattr(run, "stretch", 0)
    if stretch:  # it takes so many steps at a time, and no fewer
        return int(stretch)
    steps = 1
    while True:
        start = time.process_time()
        run(steps)
        seconds = time.process_time() - start
        if seconds > ROUND_SECONDS / 4 or steps >= 100_000:
            return max(1, int(steps * ROUND_SECONDS / max(seconds, 1e-9)))
        steps *= 4
