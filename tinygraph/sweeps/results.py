"""The results of a sweep: its runs, and tables of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tabulate import tabulate

from tinygraph.errors import ArgumentTypeError, UnknownNameError, did_you_mean
from tinygraph.validation.arrays import Array, as_float_array, brief, is_number, is_whole_number

RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "point": (lambda value: isinstance(value, dict), "a dict of settings"),
    "seed": (is_whole_number, "a whole number"),
    "losses": (lambda value: value.ndim == 1, "one number per epoch"),
    "accuracy": (lambda value: value is None or is_number(value), "a number or None"),
    "solved_at": (lambda value: value is None or is_whole_number(value), "an epoch or None"),
    "stopped": (lambda value: isinstance(value, str), "a text"),
    "seconds": (is_number, "a number"),
    "error": (lambda value: isinstance(value, str), "a text"),
}
"""The rule for each field of a Run."""


@dataclass
class Run:
    """One training run of a sweep.

    Attributes
    ----------
    point : dict
        The settings of this run.
    seed : int
    losses : array
        One value per epoch; NaN after the end of the run.
    accuracy : float or None
        At the end, or the last one before the loss became non-finite; ``None`` if there is none:
        the model is not a classifier, or none was computed yet.
    solved_at : int or None
        The first epoch at which the accuracy was computed and was 100 %.
    stopped : str
        ``"finished"``, ``"non-finite"`` or ``"failed"``.
    seconds : float
    error : str
        The error of a failed run.

    >>> Run({"lr": 0.1}, seed=0, losses=np.array([0.5, 0.25]))
    <Run at {'lr': 0.1}, seed 0, 2 epochs, last loss 0.25, finished>
    """

    point: dict[str, Any]
    seed: int
    losses: Array
    accuracy: float | None = None
    solved_at: int | None = None
    stopped: str = "finished"
    seconds: float = 0.0
    error: str = ""

    def __post_init__(self) -> None:
        self.losses = as_float_array(self.losses, "losses of a Run")
        for name, (is_sound, rule) in RULES.items():
            value = getattr(self, name)
            if not is_sound(value):
                raise ArgumentTypeError(f"{name} of a Run must be {rule}; got {brief(value)}.")

    def __repr__(self) -> str:
        return (
            f"<Run at {brief(self.point)}, seed {self.seed}, {len(self.losses)} epochs, "
            f"last loss {self.loss:.6g}, {self.stopped}>"
        )

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

    def __post_init__(self) -> None:
        if not isinstance(self.runs, list) or not all(isinstance(run, Run) for run in self.runs):
            raise ArgumentTypeError(
                f"The runs of a Sweep must be a list of Run; got {brief(self.runs)}."
            )

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[Run]:
        return iter(self.runs)

    def __repr__(self) -> str:
        return f"<Sweep of {len(self)} runs at {len(self.points)} points>"

    @property
    def points(self) -> list[dict[str, Any]]:
        """The settings, each once."""
        points: list[dict[str, Any]] = []
        for run in self.runs:
            if not any(_agree(run.point, point) for point in points):
                points.append(run.point)
        return points

    @property
    def losses(self) -> Array:
        """The losses as one array, one row per run."""
        return np.array([run.losses for run in self.runs])

    def where(self, /, **settings: Any) -> Sweep:
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
            [run for run in self.runs if _agree(settings, {**run.point, "seed": run.seed})]
        )

    def rows(self) -> list[dict[str, Any]]:
        """Return one row per run, as plain data: its settings, seed, results and error."""
        return [
            {
                **run.point,
                "seed": run.seed,
                "loss": run.loss,
                "accuracy": run.accuracy,
                "solved_at": run.solved_at,
                "stopped": run.stopped,
                "error": run.error,
            }
            for run in self.runs
        ]

    def summary(self) -> list[dict[str, Any]]:
        """Return one row per point: how many seeds reached 100 %, when, and the median final loss.

        If a run failed, the column ``"failed"`` counts the failed runs.
        """
        any_failed = any(run.stopped == "failed" for run in self.runs)
        rows = []
        for point in self.points:
            runs = [run for run in self.runs if _agree(run.point, point)]
            finished = [run.loss for run in runs if run.stopped == "finished"]
            solved = [run.solved_at for run in runs if run.solved_at is not None]
            row = {
                **point,
                "seeds": len(runs),
                "reached 100 %": len(solved),
                "median epoch": float(np.median(solved)) if solved else None,
                "median loss": float(np.median(finished)) if finished else None,
                "diverged": sum(run.stopped == "non-finite" for run in runs),
            }
            if any_failed:
                row["failed"] = sum(run.stopped == "failed" for run in runs)
            rows.append(row)
        return rows

    def table(self) -> str:
        """Format the summary as a table."""
        return str(tabulate(self.summary(), headers="keys", floatfmt=".4g", missingval="–"))


def _agree(settings: Mapping[str, Any], point: Mapping[str, Any]) -> bool:
    """Tell whether the point has these settings, which may be arrays."""
    return all(name in point and _is_same(value, point[name]) for name, value in settings.items())


def _is_same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    try:
        return np.shape(one) == np.shape(other) and bool(np.all(one == other))
    except Exception:  # values that cannot be compared equal only themselves
        return False
