"""Pictures of data: points in the plane, images, and the samples a classifier gets wrong.

:mod:`tinygraph.plots` offers these functions to users, next to those that draw a training run.
Classes differ in colour and in marker, so the plots can be read in grey and by everyone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.mathtext import MathTextParser

from tinygraph.core.labels import Classes, Coding
from tinygraph.errors import ArgumentError, ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import Array, as_float_array, brief, is_whole_number
from tinygraph.validation.shapes import show

COLOURS = ("#0067a3", "#b04600", "#00755a", "#8a5c00", "#7a3e9d")
"""Blue, vermilion, green, ochre, violet: colour-blind readers tell them apart, too."""
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
"""Five colours and seven markers make 35 different looks."""
NUMBERS = "cividis"
"""The colour map of numbers that are not classes."""
NO_CLASS = "#6b7280"
"""The colour of an output that is NaN."""
MOST_CLASSES = 20
"""More different labels are drawn as numbers."""
LARGEST = 1e300
"""The largest number that a plot shows."""
LONGEST_NAME = 60
"""The characters of a legend's entry; a longer one would leave no space for the axes."""


def axes_for(ax: Any, size: tuple[float, float]) -> Axes:
    """Return the axes to draw on: those given, pyplot's current ones if empty, or new ones.

    Raises
    ------
    ArgumentTypeError
    """
    if isinstance(ax, Axes):
        return ax
    if ax is not None:
        raise ArgumentTypeError(
            f"ax must be the matplotlib axes to draw on, such as plt.gca(); got {brief(ax)}."
        )
    from matplotlib import pyplot as plt  # slow to import, and not needed with ax=

    if plt.get_fignums():
        current = plt.gcf()
        if not current.axes or not current.gca().has_data():
            return current.gca()
    axes: Axes = plt.subplots(figsize=size, layout="constrained")[1]
    return axes


def figure_for(figure: Any, size: tuple[float, float]) -> Figure:
    """Return the figure to draw on: the one given, or a new one of pyplot.

    Raises
    ------
    ArgumentTypeError
    """
    if isinstance(figure, Figure):
        return figure
    if figure is not None:
        raise ArgumentTypeError(f"figure must be a matplotlib Figure; got {brief(figure)}.")
    from matplotlib import pyplot as plt

    return plt.figure(FigureClass=Panels, figsize=size, layout="constrained")


class Panels(Figure):
    """A figure of pyplot that a notebook shows once, although a function returned it."""

    def _ipython_display_(self) -> None:
        """Close the figure in pyplot, because the inline backend shows every open one again."""
        from matplotlib import pyplot as plt

        if "inline" in plt.get_backend():
            plt.close(self)
        raise NotImplementedError("IPython shows it like any other figure.")


def title_text(title: Any) -> str:
    """Return a title, or refuse anything that is not a string."""
    if not isinstance(title, str):
        raise ArgumentTypeError(f"A title must be a string; got {brief(title)}.")
    return as_drawn(title)


def as_drawn(text: str) -> str:
    """Escape the dollar signs of a text that is not valid TeX, which would stop the drawing."""
    try:
        MathTextParser("path").parse(text)
    except ValueError:
        return text.replace("$", r"\$")
    return text


def add_colour_bar(drawn: Any, axes: Axes, label: str) -> None:
    """Add a colour bar on the right of the axes, of the same height."""
    axes.figure.colorbar(drawn, cax=axes.inset_axes((1.04, 0.0, 0.05, 1.0)), label=label)


def add_legend(axes: Any, handles: Any, names: list[str], **settings: Any) -> Any:
    """Add a legend with every name in it; matplotlib leaves out those that begin with "_"."""
    legend = axes.legend(handles, [str(k) for k in range(len(names))], frameon=False, **settings)
    for text, name in zip(legend.get_texts(), names):
        text.set_text(as_drawn(brief_name(name)))
    return legend


def brief_name(name: str) -> str:
    """Return a name, or the beginning of a long one."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def drawable(values: Array) -> Array:
    """Return the values, those beyond ±1e300 there: matplotlib's axes do not reach further."""
    return np.clip(values, -LARGEST, LARGEST)


def look(k: int) -> dict[str, Any]:
    """Return the colour and the marker of class ``k``."""
    return {"c": COLOURS[k % len(COLOURS)], "marker": MARKERS[k % len(MARKERS)]}


def points(x: Any, labels: Any, ax: Axes | None = None, title: str = "", like: Any = None) -> Axes:
    """Draw points in the plane, coloured by class.

    Parameters
    ----------
    x : array (n, 2)
    labels : array (n,), (n, 1) or (n, k)
        Classes as whole numbers, such as 0 and 1 or −1 and 1; or k columns, of which the largest
        decides.  Outputs of a network are classes, too: those from 0 to 1 are split at 0.5, those
        from −1 to 1 at 0.  Any other numbers are drawn on a scale of colours.
    ax : matplotlib Axes, optional
        Default: pyplot's current axes if they are empty, or new ones.
    title : str
    like : array, optional
        The true labels, if ``labels`` are outputs for them: each output is drawn as the nearest
        class.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ShapeError
        If x does not have two columns, or if there is not one label for each point.

    >>> points([[0.0, 1.0]], [[1.0]]).get_xlabel()
    'x1'
    """
    x, numbers = checked_points(x, labels)
    coded = class_values(numbers if like is None else checked_points(x, like)[1], like is None)
    axes = axes_for(ax, (4.2, 4.2))
    style: dict[str, Any] = {"s": 46, "edgecolors": "white", "linewidths": 0.6, "zorder": 3}
    if coded is None:
        drawn = axes.scatter(x[:, 0], x[:, 1], c=numbers[:, 0], cmap=NUMBERS, **style)
        add_colour_bar(drawn, axes, "label")
    else:
        classes = nearest(numbers, coded)
        for k, value in enumerate(coded):
            chosen = classes == k
            name = f"class {value:g}".replace("-", "−")
            drawn_as: dict[str, Any] = {**look(k), **style}
            axes.scatter(x[chosen, 0], x[chosen, 1], label=name, **drawn_as)
        if (classes < 0).any():
            left_out = x[classes < 0]
            axes.scatter(
                left_out[:, 0], left_out[:, 1], c=NO_CLASS, marker="x", label="NaN", zorder=3
            )
        if len(coded) > 2:
            handles, names = axes.get_legend_handles_labels()
            add_legend(axes, handles, names, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.set(xlabel="x1", ylabel="x2", title=title_text(title))
    set_limits(axes, x)
    return axes


def class_values(labels: Array, may_be_outputs: bool = False) -> Array | None:
    """Return the numbers that name the classes, in order; ``None`` if labels are not classes.

    >>> class_values(np.array([[-1.0], [1.0]]))
    array([-1.,  1.])
    >>> class_values(np.array([[0.2], [0.9]]), may_be_outputs=True)
    array([0., 1.])
    """
    if labels.shape[1] > 1:
        return np.arange(float(labels.shape[1]))
    found = np.unique(labels[np.isfinite(labels)])
    if not found.size:
        return np.arange(2.0)
    low, high = found[0], found[-1]
    if (found == np.round(found)).all():
        if low == -1 and high <= 1 and not (found == 0).any():
            return np.array([-1.0, 1.0])
        if low >= 0 and high < MOST_CLASSES:
            return np.arange(max(high, 1.0) + 1)
        return found if len(found) <= MOST_CLASSES else None
    if may_be_outputs and low >= -1 and high <= 1:
        return np.array([-1.0, 1.0]) if low < 0 else np.arange(2.0)
    return None


def nearest(numbers: Array, values: Array) -> Classes:
    """Return the class of each row: its largest column, or the class with the nearest number.

    Between two classes this is a threshold midway; NaN gives −1.
    """
    columns = numbers if numbers.shape[1] > 1 else -np.abs(numbers - values)
    return Coding("one-hot").decide(columns)


def images(
    pixels: Any,
    titles: Any = None,
    figure: Figure | None = None,
    columns: int = 8,
    title: str = "",
) -> Figure:
    """Draw images side by side, all on one scale of grey.

    Parameters
    ----------
    pixels : array (n, height, width), (n, 1, height, width) or (height, width)
    titles : sequence, optional
        The text above each image, such as its label.
    figure : matplotlib Figure, optional
        Default: a new one of pyplot.
    columns : int
        The number of images in a row.
    title : str

    Raises
    ------
    ShapeError, ArgumentError

    >>> len(images(np.zeros((3, 8, 8)), titles=[0, 1, 2]).axes)
    3
    """
    pixels = checked_images(pixels)
    if not is_whole_number(columns) or columns < 1:
        raise ArgumentError(f"columns must be a whole number of at least 1; got {brief(columns)}.")
    if titles is not None and not isinstance(titles, (list, tuple, np.ndarray)):
        raise ArgumentError(f"titles must be a list with one title per image; got {brief(titles)}.")
    names = [""] * len(pixels) if titles is None else [str(each) for each in titles]
    if len(names) != len(pixels):
        raise ArgumentError(f"{len(pixels)} images need as many titles; got {len(names)}.")
    across = min(int(columns), len(pixels))
    down = -(-len(pixels) // across)
    figure = figure_for(figure, (1.1 * across, (1.35 if titles is not None else 1.1) * down))
    finite = pixels[np.isfinite(pixels)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    for k, (image, name) in enumerate(zip(pixels, names)):
        axes = figure.add_subplot(down, across, k + 1)
        axes.imshow(image, cmap="gray_r", vmin=low, vmax=high)
        axes.set(xticks=[], yticks=[])
        axes.set_title(as_drawn(name), fontsize="small")
    if title_text(title):
        figure.suptitle(title_text(title))
    return figure


def checked_images(pixels: Any) -> Array:
    """Return images as an array (n, height, width), or refuse other shapes.

    Raises
    ------
    ShapeError
    """
    array = as_float_array(pixels, "The images")
    if array.ndim == 2:
        array = array[None]
    elif array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 3 or not array.size:
        raise ShapeError(
            f"Images must be an array (n, height, width) with at least one pixel; got "
            f"{show(array.shape)}."
        )
    return array


def checked_points(x: Any, labels: Any) -> tuple[Array, Array]:
    """Return points and a row of numbers for each, or refuse other shapes.

    Raises
    ------
    ShapeError
    """
    x = as_float_array(x, "x")
    numbers = as_float_array(labels, "The labels")
    if x.ndim and numbers.size == len(x):
        numbers = numbers.reshape(-1, 1)
    if x.ndim != 2 or x.shape[1] != 2 or numbers.ndim != 2 or len(numbers) != len(x):
        raise ShapeError(
            f"Points in the plane must be an array (n, 2), with one label each; got "
            f"{show(x.shape)} and {show(numbers.shape)}."
        )
    return np.where(np.isfinite(x), drawable(x), x), numbers


def set_limits(axes: Axes, x: Array) -> None:
    """Show all points with a margin, on equal scales unless one axis is much longer."""
    limits = [_with_margin(x[:, k]) for k in (0, 1)]
    (left, right), (bottom, top) = limits
    ratio = (right - left) / (top - bottom)
    axes.set(xlim=limits[0], ylim=limits[1], aspect="equal" if 0.2 < ratio < 5 else "auto")


def _with_margin(values: Array) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    margin = 0.06 * (high - low) or max(0.5, 0.06 * abs(low))
    return low - margin, high + margin
