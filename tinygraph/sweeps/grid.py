"""What a sweep is asked to run: every combination of the grid's values, from every seed."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinygraph.arrays import brief, is_whole_number
from tinygraph.errors import ArgumentError, ArgumentTypeError

Task = tuple[dict[str, Any], int]
"""What one run is asked for: a point of the grid, and a seed."""


def tasks_of(grid: Mapping[str, Sequence[Any]] | None, seeds: int | Iterable[int]) -> list[Task]:
    """Return the tasks of a sweep, in the order of the grid, then of the seeds.

    >>> tasks_of({"lr": [0.1, 1.0]}, seeds=2)
    [({'lr': 0.1}, 0), ({'lr': 0.1}, 1), ({'lr': 1.0}, 0), ({'lr': 1.0}, 1)]
    """
    return list(itertools.product(_points(grid), _seeds(seeds)))


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
