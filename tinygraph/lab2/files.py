"""The files of one run of Lab 2: figures, predictions, diagrams, a stepper and a playground."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.lab2.run import Outcome, first_steps, live, problem
from tinygraph.validation.arrays import Array

if TYPE_CHECKING:
    from tinygraph.viz.diagram.diagram import Diagram

STEPPED = 4
"""Samples on the stepper page: few enough to show every row, so each number can be checked."""


def save_files(outcome: Outcome, folder: Path) -> list[Path]:
    """Write all files of a run into ``folder``, and return their paths."""
    name = outcome.settings.data
    predictions = folder / f"{name}-predictions.csv"
    with predictions.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("x1", "x2", "label", "prediction"))
        writer.writerows(np.hstack([outcome.x, outcome.t, outcome.y]).tolist())
    stepper = first_steps(outcome.settings, samples=stepped_samples(outcome.x, outcome.t))
    return [
        *_save_figures(outcome, folder),
        predictions,
        stepper.save(folder / f"{name}-step.html"),
        live(outcome.settings).save(folder / f"{name}-playground.html"),
        *_save_diagrams(outcome, folder),
    ]


def stepped_samples(x: Array, t: Array) -> list[int]:
    """Return the indices of the samples on the stepper page: of each class, the outermost two.

    >>> import tinygraph as tg
    >>> x, t = tg.data.xor()
    >>> x[stepped_samples(x, t)].tolist()
    [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]]
    """
    distance = ((x - 0.5) ** 2).sum(axis=1)
    order = np.argsort(-distance, kind="stable")
    chosen = [k for label in (0, 1) for k in order[t[order, 0] == label][: STEPPED // 2]]
    return [int(k) for k in chosen]


def _save_figures(outcome: Outcome, folder: Path) -> list[Path]:
    """Write three figures as PNG files."""
    from matplotlib.figure import Figure

    from tinygraph import plots

    def axes(width: float, height: float) -> Any:
        return Figure(figsize=(width, height), layout="constrained").subplots()

    name = outcome.settings.data
    truth = plots.truth_and_prediction(
        outcome.x,
        outcome.t,
        outcome.y,
        title=f"{name}: accuracy {outcome.accuracy:.2%}",
        figure=Figure(figsize=(8.4, 4.9)),
    )
    curve = outcome.history.plot(ax=axes(6.0, 3.6))
    curve.set_title(f"{name}: learning curve")
    regions = plots.decision_regions(
        outcome.model,
        outcome.x,
        outcome.t,
        ax=axes(5.2, 4.4),
        title=f"{name}: decision regions",
    )
    figures: dict[str, Any] = {
        "prediction": truth,
        "learning-curve": curve.figure,
        "decision-regions": regions.figure,
    }
    paths = []
    for kind, figure in figures.items():
        paths.append(folder / f"{name}-{kind}.png")
        figure.savefig(paths[-1], dpi=150)
    return paths


def _save_diagrams(outcome: Outcome, folder: Path) -> list[Path]:
    """Write the structure, and the gradient flow before and after the training, as SVG.

    Without Graphviz the diagrams are plainer, and a warning says so.
    """
    from tinygraph.viz.diagram.diagram import render

    start, _, _, _ = problem(outcome.settings)
    diagrams: dict[str, Diagram] = {"structure": render(start)}
    for when, model in (("start", start), ("end", outcome.model)):
        model.forward(x=outcome.x, t=outcome.t)
        model.backward()
        diagrams[f"gradient-flow-{when}"] = render(model, gradients=True)
    before, after = diagrams["gradient-flow-start"], diagrams["gradient-flow-end"]
    diagrams["gradient-flow-start"] = before.on_scale_of(after)
    diagrams["gradient-flow-end"] = after.on_scale_of(before)
    name = outcome.settings.data
    return [diagram.save(folder / f"{name}-{kind}.svg") for kind, diagram in diagrams.items()]
