"""The figures of the report: pictures of data that was computed elsewhere.

Made without pyplot, in one ink, so that a page can give the ink the colour of its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from tinygraph.lab2.experiments.catalogue import Result
from tinygraph.lab2.regions import Region
from tinygraph.lab2.report.formatting import DATA_NAMES
from tinygraph.lab2.report.seeds import Case
from tinygraph.lab2.run import DATA_SETS
from tinygraph.plots import COLOURS, MARKERS, REGIONS

INK = "#1f2933"
"""The colour of all lines and letters that carry no data."""
NOTHING = "#e5e7eb"
"""The colour of a plane of which a network says nothing: its numbers are not finite."""
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
LOWEST_LOSS = 1e-12
"""Below this a learning curve is not shown: it is rounding error."""
LOWEST_DECIMAL = 1e-3
"""An axis that goes below this has powers of ten at its ticks."""
HIGHEST_LOSS = 10.0
"""Above this it has left the picture: a run that diverges would leave no room for the others."""

P = ParamSpec("P")


def in_style(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Let a function draw with the style of the report, and leave everyone else's alone."""

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with report_style():
            return draw(*args, **kwargs)

    return styled


@contextmanager
def report_style() -> Iterator[None]:
    """Draw and save in the style of the report."""
    with mpl.rc_context(STYLE):
        yield


@in_style
def learning_curves(result: Result, data_sets: Sequence[str] = DATA_SETS) -> Figure:
    """Return the learning curves of an experiment, the data sets side by side.

    A line is the median over the seeds, its band their middle half; settings that the lab did not
    run are dashed lines alone, since bands upon bands cannot be told apart.  The scale of losses is
    one for all data sets of the experiment, drawn together or not.

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
    """Return a small picture of one seed's decision region.

    The colour is the prediction from 0 to 1, the line where it is 0.5.
    """
    figure = Figure(figsize=(2.2, 2.2))
    _draw_region(figure.add_axes((0.01, 0.01, 0.98, 0.98)), region, title="")
    return figure


@in_style
def decision_regions(result: Result) -> Figure:
    """Return the decision regions of the median seeds: a row a data set, a column a setting."""
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
    """Return colour and line of each setting; added ones are dashed, in the colours of the rest."""
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
    """Return from where to where the losses go, over all data sets; nothing if none is finite."""
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
    """Return a tick of a logarithmic axis in plain characters, which any page can show.

    All ticks of an axis are written one way: as decimals, or as powers if it goes down far.

    >>> _power_of_ten(0.1, lowest=0.002), _power_of_ten(0.1, lowest=1e-6)
    ('0.1', '10⁻¹')
    """
    if lowest >= LOWEST_DECIMAL:
        return f"{value:g}"
    exponent = round(np.log10(value))
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _shown(loss: Any) -> Any:
    """Return a curve without what a logarithmic axis cannot show, or what is far above it."""
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
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.set_title(title, fontsize=10)
