"""The page of a training on a table: ``index.html``, with its scores, pictures and mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tinygraph import plots
from tinygraph.cli.train.training import SIGNIFICANT, Trained, label_text
from tinygraph.lab2.report.figures import report_style
from tinygraph.lab2.report.layout import render
from tinygraph.lab2.report.svg import inline_svg
from tinygraph.notation.numbers import number
from tinygraph.train.history import History

MISTAKES = 10
"""Rows in the list of the worst mistakes."""


def write_own_page(source: str, trained: Trained, folder: Path, files: Sequence[Path]) -> Path:
    """Write ``index.html`` on a training, and return its path.

    Parameters
    ----------
    source : str
        The name of the table's file.
    trained : Trained
    folder : Path
    files : sequence of Path
        The files of the training in ``folder``.
    """
    path = folder / "index.html"
    text = render(
        "own.html.jinja",
        source=source,
        table=trained.table,
        task="classification" if trained.table.classes else "regression",
        score_names=trained.score_names,
        scores=trained.scores(),
        history=trained.history,
        curve=draw_learning_curve(trained.history),
        pictures=_pictures(trained),
        mistakes=[] if trained.table.image_shape else worst_rows(trained),
        has_validation=bool(trained.is_held_out.any()),
        files=[file.name for file in files],
        network=files[-1].name,
    )
    path.write_text(text, encoding="utf-8")
    return path


def worst_rows(trained: Trained) -> list[tuple[str, ...]]:
    """Return the rows with the largest errors: their features, target and prediction.

    They are validation rows, or training rows if no rows were kept for validation.
    """
    table = trained.table
    rows = trained.is_held_out if trained.is_held_out.any() else ~trained.is_held_out
    decided = trained.decided
    error = np.abs(decided - table.y)
    if table.classes:
        error = np.where(error > 0, trained.margin, 0.0)
    order = [k for k in np.argsort(-error, kind="stable") if rows[k] and error[k] > 0]
    return [
        (
            *(number(float(value), SIGNIFICANT + 1) for value in table.x[k]),
            label_text(table, float(table.y[k])) if table.classes else f"{table.y[k]:.10g}",
            label_text(table, float(decided[k]))
            if table.classes
            else number(float(decided[k]), SIGNIFICANT + 1),
        )
        for k in order[:MISTAKES]
    ]


def draw_learning_curve(history: History) -> str:
    """Return the loss over the epochs, of training and of validation, as SVG."""
    with report_style():
        figure, axes = _axes(6.0, 3.4)
        plots.learning_curve({"training": history}, ax=axes, title="")
        _rename_legend(axes, {"training, validation": "validation"})
    return inline_svg(figure, "curve", "The loss over the epochs")


def _pictures(trained: Trained) -> list[tuple[str, str]]:
    """Return captions and pictures: the confusion or the fit, and the plane of two features."""
    table = trained.table
    rows = trained.is_held_out if trained.is_held_out.any() else ~trained.is_held_out
    with report_style():
        figure, axes = _axes(4.4, 4.2)
        if table.classes:
            names = dict(enumerate(table.classes))
            plots.confusion_matrix(table.y[rows], trained.decided[rows], ax=axes, title="")
            for axis in (axes.xaxis, axes.yaxis):
                labels = [_class_name(label.get_text(), names) for label in axis.get_ticklabels()]
                axis.set_ticks(axis.get_ticklocs(), labels)
            caption = "Rows are true classes, columns are predicted ones."
        else:
            _draw_fit(axes, table.y[rows], trained.decided[rows])
            caption = "Each point is a row of the table; on the line a prediction is exact."
    pictures = [(caption, inline_svg(figure, "result", caption, not table.classes))]
    if table.image_shape:
        with report_style():
            figure = Figure(figsize=(5.4, 1.6))
            pixels = table.x[rows].reshape(-1, *table.image_shape)
            truth, outputs = table.y[rows], trained.prediction[rows]
            plots.worst_mistakes(pixels, truth, outputs, figure=figure, title="")
        caption = "The worst mistakes. Each title gives the true class, then the predicted one."
        pictures.append((caption, inline_svg(figure, "images", caption, follows_page=False)))
    if table.x.shape[1] == 2 and table.classes:
        with report_style():
            figure, axes = _axes(4.8, 4.2)
            plots.decision_regions(trained.model, table.x, table.y, ax=axes, title="")
            axes.set(xlabel=table.features[0], ylabel=table.features[1])
            _rename_legend(axes, {f"class {k}": name for k, name in enumerate(table.classes)})
        caption = "The class that the network predicts at each place of the plane."
        pictures.append((caption, inline_svg(figure, "regions", caption, follows_page=False)))
    return pictures


def _draw_fit(axes: Axes, truth: np.ndarray, predicted: np.ndarray) -> None:
    limits = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
    axes.plot(limits, limits, color="#7b8794", lw=1)
    axes.scatter(truth, predicted, s=18, color=plots.COLOURS[0], alpha=0.7)
    axes.set(xlabel="true value", ylabel="predicted value")


def _rename_legend(axes: Axes, names: Mapping[str, str]) -> None:
    legend = axes.get_legend()
    for text in legend.get_texts() if legend else ():
        text.set_text(names.get(text.get_text(), text.get_text()))


def _class_name(label: str, names: dict[int, str]) -> str:
    return names.get(int(label), label) if label.isdecimal() else label


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()
