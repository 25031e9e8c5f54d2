"""The figures of the report, drawn from results that are already computed.

They are made without pyplot, with one ink colour that a page can replace by its text colour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tinygraph.lab2.experiments.catalogue import Result
from tinygraph.lab2.regions import Region
from tinygraph.lab2.report.formatting import DATA_NAMES
from tinygraph.lab2.report.seeds import Case
from tinygraph.lab2.run import DATA_SETS
from tinygraph.plots import COLOURS, MARKERS, REGIONS

INK = "#1f2933"
"""The colour of axes and text."""
NOTHING = "#e5e7eb"
"""The colour of a plane where the predictions are not finite."""
STYLE: Any = {
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": INK,
    "grid.alpha": 0.15,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "legend.frameon": False,
    "font.size": 10,
    "svg.fonttype": "none",
}
UNITS = LinearSegmentedColormap.from_list("units", ["#ffffff", "#8b95a1"])
"""The values of a unit are grey, because they are not yet classes."""
LOWEST_LOSS = 1e-12
"""A learning curve is not drawn below this loss: there it is rounding error."""
LOWEST_DECIMAL = 1e-3
"""An axis that goes below this loss has powers of ten at its ticks."""
HIGHEST_LOSS = 10.0
"""The upper end of the axis: a diverging run would leave no room for the others."""

P = ParamSpec("P")


def in_style(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Decorate a function to draw in the style of the report."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with report_style():
            return draw(*args, **kwargs)

    return styled


@contextmanager
def report_style() -> Iterator[None]:
    """Draw and save in the style of the report within the block."""
    with mpl.rc_context(STYLE):
        yield


@in_style
def learning_curves(result: Result, data_sets: Sequence[str] = DATA_SETS) -> Figure:
    """Return the learning curves of an experiment, the data sets side by side.

    A line is the median over the seeds, and its band goes from the lower to the upper quartile.
    Settings that the lab did not run are dashed and have no band.  All data sets of the experiment
    share one scale of losses.

    >>> from tinygraph.lab2 import experiments
    >>> figure = learning_curves(experiments.run("E6", epochs=20, seeds=2))
    >>> [axes.get_title() for axes in figure.axes]
    ['linear', 'XOR']
    """
    figure = Figure(figsize=(4.9 * len(data_sets), 4.0), layout="constrained")
    panels = figure.subplots(1, len(data_sets), sharey=True, squeeze=False)[0]
    looks = _looks(result)
    for axes, data in zip(panels, data_sets, strict=True):
        for label in result.experiment.settings:
            curve = result.curves[data, label]
            look = looks[label]
            axes.plot(curve.epochs, _shown(curve.median), label=label, lw=1.9, **look)
            if label not in result.experiment.added:
                band = {"color": look["color"], "alpha": 0.16, "lw": 0}
                axes.fill_between(curve.epochs, _shown(curve.low), _shown(curve.high), **band)
        _log_axes(axes, int(result.curves[data, label].epochs[-1]))
        axes.set_ylim(_losses_shown(result))
        axes.set_title(DATA_NAMES[data])
        axes.set_xlabel("epochs")
    panels[0].set_ylabel("loss")
    handles, labels = panels[0].get_legend_handles_labels()
    columns = 3 if len(data_sets) == 1 else 6
    figure.legend(handles, labels, loc="outside lower center", ncols=columns, handlelength=1.8)
    return figure


@in_style
def learning_curve(losses: Any) -> Figure:
    """Return the learning curve of one run; both axes are logarithmic."""
    figure = Figure(figsize=(6.0, 3.2), layout="constrained")
    axes = figure.subplots()
    axes.plot(np.arange(1, len(losses) + 1), _shown(np.asarray(losses)), color=COLOURS[0], lw=1.9)
    _log_axes(axes, len(losses))
    axes.set(xlabel="epochs", ylabel="loss")
    return figure


@in_style
def decision_region(region: Region) -> Figure:
    """Return a small picture of one decision region.

    The colour is the prediction from 0 to 1, and the line is where it is 0.5.
    """
    figure = Figure(figsize=(2.2, 2.2))
    _draw_region(figure.add_axes((0.01, 0.01, 0.98, 0.98)), region, title="")
    return figure


@in_style
def unit_plane(region: Region, low: float, high: float) -> Figure:
    """Return a small picture of one unit's value over the plane: white is low, dark is high."""
    figure = Figure(figsize=(2.2, 2.2))
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    left, right = region.axis[0], region.axis[-1]
    extent = (left, right, left, right)
    axes.imshow(
        region.prediction, origin="lower", extent=extent, cmap=UNITS, vmin=low, vmax=max(high, low)
    )
    _draw_points(axes, region)
    axes.set_axis_off()
    return figure


@in_style
def decision_regions(result: Result) -> Figure:
    """Return the decision regions of the median seeds: one row for each data set."""
    labels = list(result.experiment.settings)
    figure = Figure(figsize=(2.2 * len(labels), 2.4 * len(DATA_SETS)), layout="constrained")
    panels = figure.subplots(len(DATA_SETS), len(labels), squeeze=False)
    for row, data in zip(panels, DATA_SETS, strict=True):
        for axes, label in zip(row, labels, strict=True):
            _draw_region(axes, result.regions[data, label], label)
        row[0].set_ylabel(DATA_NAMES[data])
    return figure


@in_style
def seed_curves(case: Case) -> Figure:
    """Return the learning curves of all seeds of one trial, a good and a bad one drawn out."""
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axes = figure.subplots()
    outcome = case.outcome
    for seed, loss in enumerate(outcome.loss):
        colour = COLOURS[0] if outcome.accuracy[seed] == 1.0 else COLOURS[1]
        axes.plot(outcome.epochs, _shown(loss), color=colour, lw=0.8, alpha=0.45)
    for seed, colour, text in (
        (case.good, COLOURS[0], "good"),
        (case.bad, COLOURS[1], "bad"),
    ):
        curve = _shown(outcome.loss[seed])
        axes.plot(outcome.epochs, curve, color=colour, lw=2.6, label=f"{text}: seed {seed}")
    _log_axes(axes, outcome.trial.epochs)
    axes.set(xlabel="epochs", ylabel="loss")
    axes.plot([], [], color=COLOURS[0], lw=0.8, label="every point right")
    axes.plot([], [], color=COLOURS[1], lw=0.8, label="not")
    figure.legend(loc="outside lower center", ncols=2, handlelength=1.8)
    return figure


def _looks(result: Result) -> dict[str, dict[str, Any]]:
    """Return the colour and line style of each setting; added settings are dashed."""
    added = result.experiment.added
    own = [label for label in result.experiment.settings if label not in added]
    return {
        label: {"color": COLOURS[k % len(COLOURS)], "linestyle": "--" if group is added else "-"}
        for group in (own, added)
        for k, label in enumerate(group)
    }


def _log_axes(axes: Axes, epochs: int) -> None:
    axes.set_yscale("log")
    axes.set_xscale("log")
    axes.set_xlim(1, max(epochs, 2))
    axes.set_ylim(top=min(axes.get_ylim()[1], HIGHEST_LOSS))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(numticks=7))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda loss, _: _power_of_ten(loss, axes.get_ylim()[0]))
    )
    axes.grid(visible=True)


def _losses_shown(result: Result) -> tuple[float, float] | None:
    """Return the range of the losses over all data sets; None if no loss is finite."""
    added = result.experiment.added
    drawn = [
        _shown(part)
        for (_, label), curve in result.curves.items()
        for part in ([curve.median] if label in added else [curve.low, curve.median, curve.high])
    ]
    losses = np.concatenate(drawn)
    losses = losses[np.isfinite(losses)]
    if not losses.size:
        return None
    high = min(losses.max(), HIGHEST_LOSS)
    low = min(losses.min(), high)
    margin = (high / low) ** mpl.rcParams["axes.ymargin"] if high > low else 2.0
    return float(low / margin), min(float(high * margin), HIGHEST_LOSS)


def _power_of_ten(value: float, lowest: float) -> str:
    """Return the label of a tick on a logarithmic axis, in plain characters.

    All ticks of an axis are decimals, or powers of ten if the axis goes far down.

    >>> _power_of_ten(0.1, lowest=0.002), _power_of_ten(0.1, lowest=1e-6)
    ('0.1', '10⁻¹')
    """
    if lowest >= LOWEST_DECIMAL:
        return f"{value:g}"
    exponent = round(np.log10(value))
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _shown(loss: Any) -> Any:
    """Return a curve without the values that a logarithmic axis of losses cannot show."""
    within = np.isfinite(loss) & (loss > LOWEST_LOSS)
    return np.where(within, np.minimum(loss, 100 * HIGHEST_LOSS), np.nan)


def _draw_region(axes: Axes, region: Region, title: str) -> None:
    axes.set_facecolor(NOTHING)
    low, high = region.axis[0], region.axis[-1]
    axes.imshow(
        region.prediction,
        origin="lower",
        extent=(low, high, low, high),
        cmap=REGIONS,
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )
    if (region.prediction < 0.5).any() and (region.prediction > 0.5).any():
        axes.contour(
            region.axis,
            region.axis,
            region.prediction,
            levels=[0.5],
            colors="#111827",
            linewidths=1,
        )
    _draw_points(axes, region)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=10)


def _draw_points(axes: Axes, region: Region) -> None:
    for k in (0, 1):
        chosen = region.t[:, 0] == k
        axes.scatter(
            region.x[chosen, 0],
            region.x[chosen, 1],
            c=COLOURS[k],
            marker=MARKERS[k],
            s=11,
            edgecolors="white",
            linewidths=0.4,
        )
