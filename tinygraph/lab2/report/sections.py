"""The parts of the report for its templates: figures as SVG, numbers as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinygraph.lab2.experiments.catalogue import Result
from tinygraph.lab2.experiments.summary import Row
from tinygraph.lab2.experiments.trials import Outcome
from tinygraph.lab2.report import figures
from tinygraph.lab2.report.claims import findings
from tinygraph.lab2.report.findings import Finding, Table, divided
from tinygraph.lab2.report.formatting import (
    DATA_NAMES,
    amount,
    data_name,
    epochs_text,
    loss_text,
    percent,
)
from tinygraph.lab2.report.pictures import (
    Subject,
    diagram,
    sentences_of,
    subject_of,
    subjects_of,
)
from tinygraph.lab2.report.seeds import Case, why_they_differ
from tinygraph.lab2.report.svg import inline_svg
from tinygraph.lab2.report.tables import DiagnosisRow, SeedRow
from tinygraph.lab2.run import DATA_SETS

COLUMNS = (
    ("setting", "the settings that differ from row to row"),
    ("100 % reached", "seeds that predicted every point correctly at some epoch"),
    ("median epoch", "the first such epoch of a seed; median over these seeds"),
    ("100 % at the end", "seeds that predict every point correctly after the last epoch"),
    ("final loss", "median over the seeds"),
    ("accuracy", "fraction of points whose rounded prediction is the label; median"),
    ("1 − mean abs error", "how close the predictions are to the labels; median"),
    ("climb", "the sum of all rises of the loss, 0 for a curve that only falls; median"),
    ("diverged", "seeds whose loss is no longer a finite number"),
)
"""The columns of a table, each with its meaning."""


@dataclass(frozen=True)
class Line:
    """A row of a table, formatted."""

    cells: tuple[str, ...]
    share: float
    is_added: bool
    is_infinite: bool


@dataclass(frozen=True)
class Panel:
    """A small figure with a title."""

    title: str
    svg: str


@dataclass(frozen=True)
class Picture:
    """A network in detail: its diagram, and its diagnosis at the start and at the end."""

    title: str
    setting: str
    svg: str
    sentences: dict[str, list[str]]


@dataclass(frozen=True)
class Data:
    """The contents of the CSV files."""

    rows: list[Row]
    seeds: list[SeedRow]
    diagnoses: list[DiagnosisRow]
    table: Table


@dataclass(frozen=True)
class Section:
    """One experiment."""

    key: str
    title: str
    question: str
    curves: list[Panel]
    tables: dict[str, list[Line]]
    findings: list[Finding]
    divided: list[str]
    regions: dict[str, list[Panel]]
    picture: Picture | None


@dataclass(frozen=True)
class Side:
    """The good or the bad seed of a case."""

    title: str
    facts: list[tuple[str, str]]
    region: str
    picture: Picture


@dataclass(frozen=True)
class SeedSection:
    """One trial whose seeds disagree."""

    title: str
    curves: str
    sentences: list[str]
    sides: list[Side]


def section(result: Result, data: Data) -> Section:
    """Return the part of the report about one experiment."""
    experiment = result.experiment
    own = [row for row in data.rows if row.experiment == experiment.key]
    subject = subject_of(result)
    return Section(
        key=experiment.key,
        title=experiment.title,
        question=experiment.question,
        curves=[
            Panel(
                DATA_NAMES[name],
                inline_svg(
                    figures.learning_curves(result, [name]),
                    f"{experiment.key}-{name}-curves",
                    f"Learning curves of {experiment.key} on {DATA_NAMES[name]}: "
                    + ", ".join(experiment.settings),
                ),
            )
            for name in DATA_SETS
        ],
        tables={
            DATA_NAMES[name]: [line(row, experiment.added) for row in own if row.data == name]
            for name in DATA_SETS
        },
        findings=findings(experiment.key, data.table),
        divided=divided(own),
        regions={
            DATA_NAMES[name]: [
                Panel(
                    label,
                    inline_svg(
                        figures.decision_region(result.regions[name, label]),
                        f"{experiment.key}-{name}-region-{k}",
                        f"Decision region of the median seed on {DATA_NAMES[name]}, {label}",
                        follows_page=False,
                    ),
                )
                for k, label in enumerate(experiment.settings)
            ]
            for name in DATA_SETS
        },
        picture=None
        if subject is None
        else picture_of(result.outcomes[subject[1:3]], subject, data),
    )


def line(row: Row, added: Sequence[str]) -> Line:
    """Format a row, in the order of ``COLUMNS``."""
    return Line(
        cells=(
            row.setting,
            f"{row.reached} of {row.seeds}",
            epochs_text(row.median_epoch),
            f"{row.at_end} of {row.seeds}",
            loss_text(row.median_loss),
            percent(row.median_accuracy),
            percent(row.median_closeness),
            amount(row.climb),
            str(row.diverged),
        ),
        share=row.reached / row.seeds,
        is_added=row.setting in added,
        is_infinite=not np.isfinite(row.median_loss),
    )


def seed_section(case: Case, data: Data) -> SeedSection:
    """Return the part of the report about one trial whose seeds disagree."""
    good, bad = subjects_of(case)
    where = good[:3]
    (row,) = [row for row in data.rows if (row.experiment, row.data, row.setting) == where]
    own = [seed for seed in data.seeds if (seed.experiment, seed.data, seed.setting) == where]
    prefix = f"spread-{case.experiment}-{case.data}"
    return SeedSection(
        title=f"{case.setting} on {data_name(row)} ({case.experiment})",
        curves=inline_svg(
            figures.seed_curves(case), prefix, f"Learning curves of all seeds of {case.setting}"
        ),
        sentences=why_they_differ(row, own, data.table),
        sides=[
            Side(
                title=f"{name.capitalize()}: seed {subject.seed}",
                facts=seed_facts(own[subject.seed]),
                region=inline_svg(
                    figures.decision_region(case.outcome.region(subject.seed)),
                    f"{prefix}-{name}",
                    f"Decision region of seed {subject.seed}",
                    follows_page=False,
                ),
                picture=picture_of(case.outcome, subject, data),
            )
            for name, subject in (("good", good), ("bad", bad))
        ],
    )


def seed_facts(seed: SeedRow) -> list[tuple[str, str]]:
    """Return the results of one seed as names and values."""
    return [
        ("100 % reached after", epochs_text(None if seed.reached < 0 else seed.reached)),
        ("final loss", loss_text(seed.final_loss)),
        ("accuracy", percent(seed.accuracy)),
        ("1 − mean abs error", percent(seed.closeness)),
        ("stuck units at the start", str(seed.stuck_before)),
        ("stuck units at the end", str(seed.stuck_after)),
    ]


def picture_of(outcome: Outcome, subject: Subject, data: Data) -> Picture:
    """Return the detailed picture of a network."""
    return Picture(
        title=f"Seed {subject.seed} after {outcome.trial.epochs:,} epochs, run on all points.",
        setting=subject.setting,
        svg=diagram(outcome, subject.seed),
        sentences=sentences_of(data.diagnoses, subject),
    )
