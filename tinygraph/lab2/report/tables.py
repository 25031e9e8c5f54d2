"""CSV files of the results: one dataclass is one row, and reading returns the same dataclass.

Floats are written with all their digits. The same results give the same bytes, and reading returns
exactly the numbers that were written.
"""

from __future__ import annotations

import csv
import types
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

from tinygraph.lab2.experiments.catalogue import Result

R = TypeVar("R")


@dataclass(frozen=True)
class SeedRow:
    """One seed of one trial: a row of ``runs.csv``; the columns are those of ``Outcome``."""

    experiment: str
    data: str
    setting: str
    seed: int
    reached: int
    final_loss: float
    accuracy: float
    closeness: float
    early_accuracy: float
    climb: float
    early_climb: float
    stuck_before: int
    stuck_after: int
    output_stuck_before: int
    output_stuck_after: int


@dataclass(frozen=True)
class CurveRow:
    """One epoch of a trial's median learning curve, with quartiles: a row of ``curves.csv``."""

    experiment: str
    data: str
    setting: str
    epoch: int
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class TimeRow:
    """The time of a trial, over all seeds: a row of ``timings.csv``."""

    experiment: str
    data: str
    setting: str
    seconds: float


@dataclass(frozen=True)
class DiagnosisRow:
    """A sentence about a network that the report shows: a row of ``diagnoses.csv``.

    ``moment`` is ``"start"`` or ``"end"``.
    """

    experiment: str
    data: str
    setting: str
    seed: int
    moment: str
    sentence: str


def seed_rows(result: Result) -> Iterator[SeedRow]:
    """Yield a row for each seed of each trial of an experiment."""
    for (data, label), outcome in result.outcomes.items():
        for seed in range(outcome.trial.seeds):
            yield SeedRow(
                experiment=result.experiment.key,
                data=data,
                setting=label,
                seed=seed,
                reached=int(outcome.reached[seed]),
                final_loss=float(outcome.final_loss[seed]),
                accuracy=float(outcome.accuracy[seed]),
                closeness=float(outcome.closeness[seed]),
                early_accuracy=float(outcome.early_accuracy[seed]),
                climb=float(outcome.climb[seed]),
                early_climb=float(outcome.early_climb[seed]),
                stuck_before=int(outcome.stuck_before[seed]),
                stuck_after=int(outcome.stuck_after[seed]),
                output_stuck_before=int(outcome.output_stuck_before[seed]),
                output_stuck_after=int(outcome.output_stuck_after[seed]),
            )


def curve_rows(result: Result) -> Iterator[CurveRow]:
    """Yield a row for each kept epoch of each trial of an experiment."""
    for (data, label), curve in result.curves.items():
        for point in zip(curve.epochs, curve.low, curve.median, curve.high, strict=True):
            epoch, *losses = (number.item() for number in point)
            yield CurveRow(result.experiment.key, data, label, epoch, *losses)


def time_rows(result: Result) -> Iterator[TimeRow]:
    """Yield a row for each trial of an experiment."""
    for (data, label), outcome in result.outcomes.items():
        yield TimeRow(result.experiment.key, data, label, outcome.seconds)


def write_rows(path: Path, kind: type, rows: Iterable[Any]) -> None:
    """Write rows of one dataclass as CSV; ``None`` is an empty cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(field.name for field in fields(kind))
        writer.writerows(astuple(row) for row in rows)


def read_rows(path: Path, kind: type[R]) -> list[R]:
    """Return the rows of a file that ``write_rows`` wrote."""
    types_of = get_type_hints(kind)
    with path.open(newline="", encoding="utf-8") as file:
        return [
            kind(**{name: _parsed(text, types_of[name]) for name, text in line.items()})
            for line in csv.DictReader(file)
        ]


def _parsed(text: str, kind: Any) -> Any:
    if isinstance(kind, types.UnionType):
        return _parsed(text, get_args(kind)[0]) if text else None
    return kind(text)
