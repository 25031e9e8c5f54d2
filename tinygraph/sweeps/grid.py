"""The runs of a sweep: every combination of the values of a grid, with every seed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.validation.arrays import as_dict, brief, is_whole_number

Task = tuple[dict[str, Any], int]
"""One run: a point of the grid, and a seed."""

MOST = 1_000_000
"""The largest number of values: a sweep of more runs would take far too long."""


def tasks_of(grid: Mapping[str, Sequence[Any]] | None, seeds: int | Iterable[int]) -> list[Task]:
    """Return the tasks of a sweep, in the order of the grid, then of the seeds.

    >>> tasks_of({"lr": [0.1, 1.0]}, seeds=2)
    [({'lr': 0.1}, 0), ({'lr': 0.1}, 1), ({'lr': 1.0}, 0), ({'lr': 1.0}, 1)]
    """
    return list(itertools.product(_points(grid), _seeds(seeds)))


def _points(grid: Mapping[str, Sequence[Any]] | None) -> list[dict[str, Any]]:
    if grid is None:
        return [{}]
    grid = as_dict(grid, 'grid gives a list of values for each setting, such as {"lr": [0.1, 1]}')
    for name, values in grid.items():
        if not isinstance(name, str):
            raise ArgumentTypeError(
                f"The settings of a grid must be arguments of build; got {brief(name)}."
            )
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise ArgumentTypeError(
                f"grid[{name!r}] must be a list of values; got {brief(values)}."
            )
        if name == "seed":
            raise ArgumentError(
                '"seed" must not be a setting of the grid: pass the seeds with seeds=.'
            )
    lists = [_few(values, f"grid[{name!r}]") for name, values in grid.items()]
    if math.prod(map(len, lists)) > MOST:
        raise ArgumentError(f"A grid must have at most {MOST:,} points; this one has more.")
    return [dict(zip(grid, values)) for values in itertools.product(*lists)]


def _seeds(seeds: int | Iterable[int]) -> list[int]:
    if is_whole_number(seeds):
        seeds = range(min(int(seeds), MOST + 1))
    if not isinstance(seeds, Iterable):
        raise ArgumentTypeError(f"seeds must be a number of seeds, or a list; got {brief(seeds)}.")
    found = _few(seeds, "seeds")
    if not found or not all(is_whole_number(seed) and seed >= 0 for seed in found):
        raise ArgumentError(
            f"seeds must be non-negative integers, at least one; got {brief(found)}."
        )
    return [int(seed) for seed in found]


def _few(values: Iterable[Any], what: str) -> list[Any]:
    """Return the values as a list; raise if there are too many."""
    try:
        found = list(itertools.islice(values, MOST + 1))
    except Exception as error:  # a custom iterable may fail in any way
        raise ArgumentTypeError(
            f"{what} must be a list of values; iterating over {brief(values)} failed: "
            f"{type(error).__name__}: {error}"
        ) from error
    if len(found) > MOST:
        raise ArgumentError(f"{what} must have at most {MOST:,} values; got more.")
    return found
