"""Plots of data, predictions and learning curves.

Every function draws on the axes that are given.  Without any it draws on pyplot's current axes if
they are empty, or on new ones, so that a notebook shows the figure and ``plt.show()`` opens it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from tinygraph.data.attention import attention_maps
from tinygraph.data.mistakes import confusion_matrix, worst_mistakes
from tinygraph.data.pictures import (
    COLOURS,
    MARKERS,
    add_legend,
    axes_for,
    checked_points,
    class_values,
    drawable,
    figure_for,
    images,
    nearest,
    points,
    title_text,
)
from tinygraph.data.regions import REGIONS, Animation, animate, decision_regions
from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import (
    Array,
    as_dict,
    as_float_array,
    brief,
    is_bool,
)
from tinygraph.validation.shapes import show

__all__ = [
    "COLOURS",
    "MARKERS",
    "REGIONS",
    "Animation",
    "accuracy_curve",
    "animate",
    "attention_maps",
    "confusion_matrix",
    "decision_regions",
    "images",
    "learning_curve",
    "points",
    "truth_and_prediction",
    "worst_mistakes",
]

LINES = ("-", "--", ":", "-.")
"""With five colours, twenty curves look different."""

MOST_DECADES = 250
"""On a longer logarithmic axis the ticks of matplotlib would leave the range of floats."""
SMALLEST_DECIMAL = 1e-3
"""Smaller losses, and those above the inverse, are labelled with powers of ten."""
LONGEST_DECIMAL = 500
"""On an axis over a larger factor, decimals would stand too close."""
CURVES = "Learning curves must be one loss per epoch, or a History, each by its label"


def learning_curve(
    loss: Any, ax: Axes | None = None, log_epochs: bool = False, title: str = "Learning curve"
) -> Axes:
    """Draw the loss over the epochs.

    The loss axis is logarithmic.  It is linear around 0 if a loss is 0, and everywhere if one is
    negative.

    Parameters
    ----------
    loss : array_like, History, or dict of them
        One value per epoch; of several runs, by their labels.  The validation loss of a History is
        drawn as well.
    ax : matplotlib Axes, optional
    log_epochs : bool
        Also a logarithmic epoch axis, which shows the first epochs.
    title : str

    Returns
    -------
    matplotlib Axes

    >>> learning_curve([1.0, 0.5, 0.25]).get_xlabel()
    'epoch'
    """
    if not is_bool(log_epochs):
        raise ArgumentTypeError(f"log_epochs must be True or False; got {brief(log_epochs)}.")
    curves: list[tuple[str, Array, bool]] = []
    for label, values in _by_label(loss):
        curves.append((label, _curve(getattr(values, "loss", values), "A learning curve"), False))
        held_out = _curve(getattr(values, "validation_loss", ()), "A validation loss")
        if held_out.size:
            curves.append((f"{label}, validation" if label else "validation", held_out, True))
    axes = axes_for(ax, (6.0, 3.6))
    _draw_curves(axes, curves, title, log_epochs)
    _scale_loss(axes, np.concatenate([values for _, values, _ in curves] or [np.zeros(0)]))
    return axes


def accuracy_curve(history: Any, ax: Axes | None = None, title: str = "Accuracy") -> Axes:
    """Draw the accuracy at each printed line, and that of the validation data.

    Parameters
    ----------
    history : History, or dict of them
        Of several runs, by their labels.
    ax : matplotlib Axes, optional
    title : str

    Raises
    ------
    ArgumentTypeError
        If something else is given.

    >>> from tinygraph.train.history import History, Record
    >>> run = History(loss=[0.3, 0.2], records=[Record(2, 0.2, 0.75)])
    >>> accuracy_curve(run).get_ylabel()
    'accuracy'
    """
    curves: list[tuple[str, Array, bool]] = []
    for label, run in _by_label(history):
        if not isinstance(getattr(run, "records", None), list):
            raise ArgumentTypeError(
                f"An accuracy curve must be drawn of a History; got {brief(run)}."
            )
        values = np.full(len(_curve(run.loss, "The loss of a History")), np.nan)
        for record in run.records:
            if record.accuracy is not None and record.epoch <= len(values):
                values[record.epoch - 1] = record.accuracy
        if np.isfinite(values).any() or not run.validation_accuracy.size:
            curves.append((label, values, False))
        if run.validation_accuracy.size:
            name = f"{label}, validation" if label else "validation"
            curves.append((name, run.validation_accuracy, True))
    axes = axes_for(ax, (6.0, 3.6))
    _draw_curves(axes, curves, title, log_epochs=False)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.0%}"))
    axes.set(ylabel="accuracy", ylim=(-0.03, 1.03))
    return axes


def truth_and_prediction(
    x: Any, truth: Any, prediction: Any, title: str = "", figure: Figure | None = None
) -> Figure:
    """Return a figure with the ground truth next to the prediction, wrong points circled.

    Parameters
    ----------
    x : array (n, 2)
    truth, prediction : array (n, 1), or (n, k) for k classes
    title : str
    figure : matplotlib Figure, optional
        Default: a new one of pyplot.

    >>> len(truth_and_prediction([[0.0, 1.0]], [[1.0]], [[0.9]]).axes)
    2
    """
    figure = figure_for(figure, (8.4, 4.9))
    # The default pads leave the figure's title on those of the panels.
    figure.set_layout_engine(ConstrainedLayoutEngine(h_pad=0.12))
    left, right = figure.subplots(1, 2)
    points(x, truth, ax=left, title="Ground truth")
    points(x, prediction, ax=right, title="Prediction", like=truth)
    for panel in (left, right):
        if panel.get_legend():
            panel.get_legend().remove()  # the figure has one for both
    x, labels = checked_points(x, truth)
    values = class_values(labels)
    if values is not None:
        outputs = checked_points(x, prediction)[1]
        wrong = nearest(outputs, values) != nearest(labels, values)
        if wrong.any():
            style: dict[str, Any] = {"s": 150, "facecolors": "none", "edgecolors": "#111827"}
            right.scatter(*x[wrong].T, label="wrong", zorder=4, **style)
        handles, names = right.get_legend_handles_labels()
        add_legend(figure, handles, names, loc="outside lower center", ncols=min(len(names), 6))
    if title_text(title):
        figure.suptitle(title_text(title), fontsize="x-large")
    return figure


def _by_label(given: Any) -> list[tuple[str, Any]]:
    if isinstance(given, Mapping):
        return [(str(label), values) for label, values in as_dict(given, CURVES).items()]
    return [("", given)]


def _curve(values: Any, what: str) -> Array:
    array = as_float_array(values, what)
    if array.ndim != 1:
        raise ShapeError(
            f"{what} must have one loss for each epoch; got the shape {show(array.shape)}."
        )
    return array


def _draw_curves(
    axes: Axes, curves: list[tuple[str, Array, bool]], title: str, log_epochs: bool
) -> None:
    """Draw curves, those of validation data thin; a point without neighbours gets a dot."""
    handles, names = [], []
    number = -1
    for label, values, is_validation in curves:
        number += not is_validation
        shown = np.flatnonzero(np.isfinite(values))
        (line,) = axes.plot(
            shown + 1,
            drawable(values[shown]),
            color=COLOURS[number % len(COLOURS)],
            lw=1.1 if is_validation else 1.7,
            alpha=0.65 if is_validation else 1.0,
            ls=LINES[number // len(COLOURS) % len(LINES)],
            marker="o" if len(shown) == 1 else "." if is_validation and len(shown) < 50 else None,
        )
        handles.append(line)
        names.append(label)
    if len(curves) > 1 or any(names):
        names = [name or "training" for name in names]
        add_legend(axes, handles, names)
    if log_epochs:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:,.0f}"))
    axes.set(xlabel="epoch", title=title_text(title))
    axes.grid(color="#6b7280", alpha=0.2)


def _scale_loss(axes: Axes, losses: Array) -> None:
    """Choose a loss axis on which every loss is inside the picture."""
    finite = drawable(losses[np.isfinite(losses)])
    axes.set_ylabel("loss")
    if not (finite > 0).any():
        return
    if (finite > 0).all():
        if np.log10(finite.max()) - np.log10(finite.min()) > MOST_DECADES:
            return
        axes.set_yscale("log")
        _label_decimals(axes, float(finite.min()), float(finite.max()))
        axes.set_ylabel("loss (log scale)")
    elif (finite >= 0).all():
        axes.set_yscale("symlog", linthresh=float(finite[finite > 0].min()))
        axes.set_ylim(bottom=0)
        axes.set_ylabel("loss (log scale, linear below the smallest)")


def _label_decimals(axes: Axes, low: float, high: float) -> None:
    """Label a short logarithmic axis with 0.2 and 0.5; powers of ten would leave it almost bare."""
    if low < SMALLEST_DECIMAL or high > 1 / SMALLEST_DECIMAL or high > LONGEST_DECIMAL * low:
        return
    is_short = high < 10 * low
    ticks = MaxNLocator(5, steps=[1, 2, 5, 10]) if is_short else LogLocator(subs=(1.0, 2.0, 5.0))
    axes.yaxis.set_major_locator(ticks)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
