"""The writer of the report: it runs the experiments, writes their data, and renders the page.

The numbers are written to CSV files first. The tables and sentences of the page are made from the
files, so they cannot differ from them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from tinygraph.core.version import __version__
from tinygraph.lab2.experiments.catalogue import EPOCHS, EXPERIMENTS, SEEDS, Result, run_all
from tinygraph.lab2.experiments.summary import Row
from tinygraph.lab2.report import figures
from tinygraph.lab2.report.findings import Table
from tinygraph.lab2.report.layout import render
from tinygraph.lab2.report.pictures import diagnosis_rows, subject_of, subjects_of
from tinygraph.lab2.report.sections import (
    COLUMNS,
    Data,
    Section,
    SeedSection,
    section,
    seed_section,
)
from tinygraph.lab2.report.seeds import Case, cases
from tinygraph.lab2.report.tables import (
    CurveRow,
    DiagnosisRow,
    SeedRow,
    TimeRow,
    curve_rows,
    read_rows,
    seed_rows,
    time_rows,
    write_rows,
)

PAGES = {"index.html": "report.html.jinja", "index.md": "report.md.jinja"}


def write_report(
    out: Path | str = "report",
    keys: Sequence[str] = tuple(EXPERIMENTS),
    *,
    epochs: int = EPOCHS,
    seeds: int = SEEDS,
    jobs: int = 1,
    progress: bool = False,
) -> Path:
    """Run the experiments and write the report about them.

    Parameters
    ----------
    out : path
        The folder for ``index.html``, ``index.md``, ``figures/`` and ``data/``.  Finished trials
        are kept in ``data/trials/``, so an interrupted report can continue.
    keys : sequence of str
        Which experiments, of ``"E1"`` to ``"E6"``.
    epochs, seeds, jobs, progress
        As for :func:`tinygraph.lab2.experiments.run`.

    Returns
    -------
    Path
        The page.
    """
    out = Path(out)
    folder = out / "data"
    folder.mkdir(parents=True, exist_ok=True)
    results = run_all(
        keys, epochs=epochs, seeds=seeds, jobs=jobs, folder=folder / "trials", progress=progress
    )
    disputed = cases(results.values())
    write_data(results, disputed, folder)
    data = read_data(folder)
    (out / "figures").mkdir(exist_ok=True)
    with tqdm(total=len(results) + 2, unit="part", desc="write", disable=not progress) as bar:
        sections = []
        for result in results.values():
            sections.append(section(result, data))
            save_figures(result, out / "figures")
            bar.update()
        disagreements = [seed_section(case, data) for case in disputed]
        bar.update()
        for name, text in render_pages(sections, disagreements, data.rows).items():
            (out / name).write_text(text, encoding="utf-8")
        bar.update()
    return out / "index.html"


def write_data(results: Mapping[str, Result], disputed: Sequence[Case], folder: Path) -> None:
    """Write the results as CSV files, and everything except single seeds as one JSON file."""
    tables: tuple[tuple[str, type, Any], ...] = (
        ("summary.csv", Row, lambda result: result.rows),
        ("runs.csv", SeedRow, seed_rows),
        ("curves.csv", CurveRow, curve_rows),
        ("timings.csv", TimeRow, time_rows),
    )
    for name, kind, rows_of in tables:
        write_rows(folder / name, kind, (row for r in results.values() for row in rows_of(r)))
    chosen = [subject for subject in map(subject_of, results.values()) if subject is not None]
    subjects = dict.fromkeys([*chosen, *(s for case in disputed for s in subjects_of(case))])
    diagnoses = (
        row
        for subject in subjects
        for row in diagnosis_rows(results[subject.experiment].outcomes[subject[1:3]], subject)
    )
    write_rows(folder / "diagnoses.csv", DiagnosisRow, diagnoses)
    content = {
        "tinygraph": __version__,
        "experiments": [
            {
                "key": result.experiment.key,
                "title": result.experiment.title,
                "question": result.experiment.question,
                "rows": [asdict(row) for row in result.rows],
                "curves": [asdict(row) for row in curve_rows(result)],
            }
            for result in results.values()
        ],
    }
    text = json.dumps(_without_infinity(content), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")


def read_data(folder: Path) -> Data:
    """Read the CSV files in ``folder``."""
    rows = read_rows(folder / "summary.csv", Row)
    times = read_rows(folder / "timings.csv", TimeRow)
    seconds = {(time.experiment, time.data, time.setting): time.seconds for time in times}
    return Data(
        rows=rows,
        seeds=read_rows(folder / "runs.csv", SeedRow),
        diagnoses=read_rows(folder / "diagnoses.csv", DiagnosisRow),
        table=Table(rows, seconds),
    )


def save_figures(result: Result, folder: Path) -> None:
    """Save the figures of an experiment as PNG files, for the Markdown page."""
    key = result.experiment.key
    for name, figure in (
        (f"{key}-curves.png", figures.learning_curves(result)),
        (f"{key}-regions.png", figures.decision_regions(result)),
    ):
        figure.savefig(folder / name, dpi=110, facecolor="white")


def render_pages(
    sections: Sequence[Section], disagreements: Sequence[SeedSection], rows: Sequence[Row]
) -> dict[str, str]:
    """Return the text of each page, by its file name."""
    epochs, seeds = rows[0].epochs, rows[0].seeds
    context = {
        "sections": sections,
        "columns": COLUMNS,
        "disagreements": disagreements,
        "epochs": epochs,
        "seeds": seeds,
        "full_epochs": EPOCHS,
        "full_seeds": SEEDS,
        "is_small": epochs < EPOCHS or seeds < SEEDS,
        "version": __version__,
    }
    return {name: render(template, **context) for name, template in PAGES.items()}


def _without_infinity(value: Any) -> Any:
    """Return plain data with ``None`` instead of numbers that JSON cannot represent."""
    if isinstance(value, dict):
        return {key: _without_infinity(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_infinity(item) for item in value]
    if isinstance(value, float) and (value != value or abs(value) == float("inf")):
        return None
    return value
