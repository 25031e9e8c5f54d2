"""Plots of data, predictions and learning curves.

Every function draws on axes that are given, or on a new figure, and returns it.  Figures are made
without pyplot: nothing opens a window, and nothing has to be closed.  Classes differ in colour and
in marker, so that the plots can be read in grey and by everyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from tinygraph.core.graph import Graph, as_graph
from tinygraph.errors import ArgumentError, ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import (
    Array,
    as_dict,
    as_float_array,
    brief,
    is_bool,
    is_whole_number,
)
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import show

COLOURS = ("#0067a3", "#b04600", "#00755a", "#8a5c00", "#7a3e9d")
"""Blue, vermilion, green, ochre, violet; colour-blind readers tell them apart, too."""
MARKERS = ("o", "^")
REGIONS = LinearSegmentedColormap.from_list("regions", ["#8fc1e3", "#f7f7f7", "#efb08c"])
"""From class 0 to class 1, pale enough for the points to stand out."""

FINEST = 2_000
"""Four million samples; a finer grid would be finer than any screen, and fill the memory."""

CURVES = "A learning curve is one loss an epoch, or several of them by their labels"


def learning_curve(
    loss: Any, ax: Axes | None = None, log_epochs: bool = False, title: str = "Learning curve"
) -> Axes:
    """Draw the loss over the epochs, on a logarithmic loss axis.

    Parameters
    ----------
    loss : array_like, or dict of them
        One value an epoch; of several runs, by their labels.
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
        raise ArgumentTypeError(f"log_epochs is True or False; got {brief(log_epochs)}.")
    axes = _axes(ax, (6.0, 3.6))
    axes.set_ylabel("loss")
    curves = as_dict(loss, CURVES) if isinstance(loss, Mapping) else {"": loss}
    for k, (label, values) in enumerate(curves.items()):
        if hasattr(values, "records"):
            raise ArgumentTypeError(
                "A learning curve is one loss an epoch; got a History: pass history.loss, or call "
                "history.plot()."
            )
        array = as_float_array(values, "A learning curve")
        if array.ndim != 1:
            raise ShapeError(
                f"A learning curve has one loss an epoch; got the shape {show(array.shape)}."
            )
        epochs = np.arange(1, len(array) + 1)
        axes.plot(epochs, array, color=COLOURS[k % len(COLOURS)], lw=1.6, label=label or None)
        if (array > 0).any():
            axes.set_yscale("log")
            axes.set_ylabel("loss (log scale)")
    if log_epochs:
        axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:,.0f}"))
    axes.set(xlabel="epoch", title=_text(title))
    axes.grid(alpha=0.3)
    if len(curves) > 1:
        axes.legend(frameon=False)
    return axes


def points(x: Any, labels: Any, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw points in the plane, coloured by class.

    Parameters
    ----------
    x : array (n, 2)
    labels : array (n, 1) or (n,)
        0 or 1; other numbers are rounded.

    Raises
    ------
    ShapeError
        If x has not two columns, or there is not one label a point.

    >>> points([[0.0, 1.0]], [[1.0]]).get_xlabel()
    'x1'
    """
    x, classes = _checked_points(x, labels)
    axes = _axes(ax, (4.2, 4.2))
    for k in (0, 1):
        chosen = classes == k
        axes.scatter(
            x[chosen, 0],
            x[chosen, 1],
            c=COLOURS[k],
            marker=MARKERS[k],
            s=46,
            edgecolors="white",
            linewidths=0.6,
            label=f"class {k}",
            zorder=3,
        )
    axes.set(xlabel="x1", ylabel="x2", title=_text(title), aspect="equal")
    axes.set(xlim=_with_margin(x[:, 0]), ylim=_with_margin(x[:, 1]))
    return axes


def truth_and_prediction(x: Any, truth: Any, prediction: Any, title: str = "") -> Figure:
    """Return a figure with the ground truth beside the prediction, wrong points circled.

    Parameters
    ----------
    x : array (n, 2)
    truth, prediction : array (n, 1)

    >>> len(truth_and_prediction([[0.0, 1.0]], [[1.0]], [[0.9]]).axes)
    2
    """
    # The default pads leave the figure's title on those of the panels.
    figure = Figure(figsize=(8.4, 4.9), layout=ConstrainedLayoutEngine(h_pad=0.12))
    left, right = figure.subplots(1, 2)
    points(x, truth, ax=left, title="Ground truth")
    points(x, prediction, ax=right, title="Prediction")
    x, expected = _checked_points(x, truth)
    wrong = _checked_points(x, prediction)[1] != expected
    if wrong.any():
        right.scatter(
            *x[wrong].T, s=150, facecolors="none", edgecolors="#111827", label="wrong", zorder=4
        )
    handles, names = right.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)
    if _text(title):
        figure.suptitle(title, fontsize="x-large")
    return figure


def decision_regions(
    model: Graph,
    x: Any,
    truth: Any,
    ax: Axes | None = None,
    title: str = "Decision regions",
    resolution: int = 200,
) -> Axes:
    """Draw what the model predicts over the whole plane around the points.

    The colour is the prediction, from 0 to 1; the line is where it crosses 0.5.

    Parameters
    ----------
    model : Graph
        Whose prediction needs one input (B, 2) and gives one number a sample.
    x : array (n, 2)
    truth : array (n, 1)
    resolution : int
        Grid points along each side.

    Raises
    ------
    ShapeError
        If the model is not of that kind.
    ArgumentTypeError, ArgumentError
        If it is no Graph, ``ax`` no axes, or the resolution no such number.

    >>> import tinygraph as tg
    >>> decision_regions(tg.lab2.model(rng=0), *tg.data.xor(), resolution=20).get_title()
    'Decision regions'
    """
    if not is_whole_number(resolution) or not 2 <= resolution <= FINEST:
        raise ArgumentError(
            f"resolution is a whole number of grid points a side, from 2 to {FINEST:,}; "
            f"got {brief(resolution)}."
        )
    inputs = as_graph(model, "decision_regions").prediction_inputs
    if len(inputs) != 1 or inputs[0].shape != (None, 2):
        raise ShapeError(
            "decision_regions draws a plane: the prediction needs one input of shape (B, 2); got "
            + (", ".join(f"{node.name} {show(node.shape)}" for node in inputs) or "none")
            + "."
        )
    axes = _axes(ax, (5.2, 4.4))
    points(x, truth, ax=axes, title=title)
    columns = np.linspace(*axes.get_xlim(), resolution)
    rows = np.linspace(*axes.get_ylim(), resolution)
    grid = np.stack(np.meshgrid(columns, rows), axis=-1)
    samples = grid.reshape(-1, 2).astype(model.precision or np.float64)
    if model.prediction.shape != (None, 1):
        raise ShapeError(
            f"decision_regions draws one number a sample, a prediction (B, 1); "
            f"{describe(model.prediction)} has the shape {show(model.prediction.shape)}."
        )
    y = model.predict(**{str(inputs[0].name): samples})
    y = y.reshape(resolution, resolution)
    colours = axes.pcolormesh(
        columns, rows, y, cmap=REGIONS, vmin=0, vmax=1, rasterized=True, zorder=0
    )
    if y.min() < 0.5 < y.max():
        axes.contour(columns, rows, y, levels=[0.5], colors="#111827", linewidths=1.4, zorder=2)
    axes.figure.colorbar(colours, ax=axes, label="prediction", shrink=0.85)
    return axes


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is None:
        return Figure(figsize=size, layout="constrained").subplots()
    if not isinstance(ax, Axes):
        raise ArgumentTypeError(
            f"ax is the matplotlib axes to draw on, such as plt.gca(); got {brief(ax)}."
        )
    return ax


def _text(title: Any) -> str:
    if isinstance(title, str):
        return title
    raise ArgumentTypeError(f"A title is a text; got {brief(title)}.")


def _checked_points(x: Any, labels: Any) -> tuple[Array, Array]:
    x = as_float_array(x, "x")
    classes = as_float_array(labels, "The labels")
    if x.ndim != 2 or x.shape[1] != 2 or classes.size != len(x):
        raise ShapeError(
            f"Points in the plane are an array (n, 2), with one label each; got "
            f"{show(x.shape)} and {show(classes.shape)}."
        )
    return x, np.clip(np.round(classes.ravel()), 0, 1)


def _with_margin(values: Array) -> tuple[float, float]:
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin
