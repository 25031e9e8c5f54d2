"""Pictures of the mistakes of a classifier: which classes it confuses, and its worst samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tinygraph.core.labels import Classes
from tinygraph.data.pictures import (
    axes_for,
    checked_images,
    class_values,
    figure_for,
    images,
    nearest,
    title_text,
)
from tinygraph.errors import ArgumentError, ShapeError
from tinygraph.validation.arrays import Array, as_float_array, brief, is_whole_number
from tinygraph.validation.shapes import show

MOST_ROWS = 100
"""The most classes of which a reader can see the mistakes in one table."""


def confusion_matrix(
    truth: Any, prediction: Any, ax: Axes | None = None, title: str = "Confusion matrix"
) -> Axes:
    """Draw the number of samples of each class that were predicted as each class.

    A row is a true class, a column a predicted one, so the diagonal counts the right ones.

    Parameters
    ----------
    truth, prediction : array (n,), (n, 1) or (n, k)
        Classes, one-hot rows or outputs, as in :func:`points`.

    Raises
    ------
    ArgumentError
        If the labels are not classes.

    >>> confusion_matrix([0, 1, 1], [0.1, 0.9, 0.2]).get_xlabel()
    'predicted class'
    """
    values, expected, decided = decided_classes(truth, prediction)
    counts = np.zeros((len(values), len(values)), int)
    np.add.at(counts, (expected[decided >= 0], decided[decided >= 0]), 1)
    axes = axes_for(ax, (0.42 * len(values) + 2.0, 0.42 * len(values) + 2.0))
    axes.imshow(np.sqrt(counts), cmap="Blues")  # the root shows single mistakes, too
    dark = counts.max() / 4
    for (row, column), count in np.ndenumerate(counts):
        ink = "white" if count > dark else "#111827"
        axes.text(column, row, f"{count:,}" if count else "·", ha="center", va="center", c=ink)
    names = [f"{value:g}".replace("-", "−") for value in values]
    places = range(len(values))
    axes.set_xticks(places, names)
    axes.set_yticks(places, names)
    axes.set(xlabel="predicted class", ylabel="true class", title=title_text(title))
    return axes


def worst_mistakes(
    pixels: Any,
    truth: Any,
    outputs: Any,
    count: int = 8,
    figure: Figure | None = None,
    title: str = "Worst mistakes",
) -> Figure:
    """Draw the images that were assigned to a wrong class with the largest margin.

    Parameters
    ----------
    pixels : array (n, height, width)
    truth : array (n,), (n, 1) or (n, k)
    outputs : array (n, k)
        The margin of a mistake is the largest output minus that of the true class.
    count : int

    >>> figure = worst_mistakes(np.zeros((2, 8, 8)), [0, 1], [[0.9, 0.1], [0.7, 0.3]])
    >>> [axes.get_title() for axes in figure.axes]
    ['1, not 0']
    """
    if not is_whole_number(count) or count < 1:
        raise ArgumentError(f"count must be a whole number of at least 1; got {brief(count)}.")
    values, expected, decided = decided_classes(truth, outputs)
    scores = _columns(outputs, "The outputs")
    if scores.shape[1] == 1:
        scores = -np.abs(scores - values)
    images_given = checked_images(pixels)
    if len(images_given) != len(expected):
        raise ShapeError(
            f"{len(expected)} labels need as many images (n, height, width); got "
            f"{show(images_given.shape)}."
        )
    rows = np.arange(len(expected))
    margin = np.where(
        decided == expected, -np.inf, np.nan_to_num(scores.max(axis=1) - scores[rows, expected])
    )
    worst = [k for k in np.argsort(-margin, kind="stable")[:count] if decided[k] != expected[k]]
    if not worst:
        figure = figure_for(figure, (4.0, 1.2))
        figure.suptitle(f"{title_text(title)}: none, all {len(expected)} samples are right")
        return figure
    names = [f"{values[expected[k]]:g}, not {values[decided[k]]:g}" for k in worst]
    return images(images_given[worst], names, figure, title=title)


def decided_classes(truth: Any, outputs: Any) -> tuple[Array, Classes, Classes]:
    """Return the classes' numbers, and the true and the predicted class of each sample.

    Raises
    ------
    ShapeError, ArgumentError
    """
    labels, scores = _columns(truth, "The labels"), _columns(outputs, "The outputs")
    if len(labels) != len(scores) or not labels.size:
        raise ShapeError(
            f"There must be one label for each output, and at least one output; got "
            f"{show(labels.shape)} and "
            f"{show(scores.shape)}."
        )
    is_decided = scores.shape[1] == labels.shape[1] == 1 and (scores == np.round(scores)).all()
    wide = labels if labels.shape[1] >= scores.shape[1] else scores
    named = np.concatenate([labels, scores]) if is_decided else labels
    values = class_values(wide if wide.shape[1] > 1 else named)
    if values is None and (named == np.round(named)).all():
        values = np.unique(named)
    if values is None or not np.isfinite(labels).all():
        raise ArgumentError(
            "Labels of classes must be whole numbers, such as 0 and 1, or one-hot rows; got other "
            "numbers."
        )
    if len(values) > MOST_ROWS:
        raise ArgumentError(
            f"A table of mistakes has at most {MOST_ROWS} classes; these labels have {len(values)}."
        )
    expected = nearest(labels, values)
    return values, expected, nearest(scores, values)


def _columns(values: Any, what: str) -> Array:
    array = as_float_array(values, what)
    if array.ndim not in (1, 2) or array.shape[-1] == 0:
        raise ShapeError(
            f"{what} must have one number or one row for each sample; got {show(array.shape)}."
        )
    return array[:, None] if array.ndim == 1 else array
