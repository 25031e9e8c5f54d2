"""Two measures of a classifier that are easily confused."""

from __future__ import annotations

import numpy as np

from tinygraph.core.labels import BINARY, Classes, Coding, NoClassesError, coding_of
from tinygraph.errors import ArgumentError, ShapeError
from tinygraph.validation.arrays import Array, as_float_array
from tinygraph.validation.shapes import show


def accuracy(prediction: Array, target: Array) -> float:
    """Return the fraction of samples that are classified correctly.

    Parameters
    ----------
    prediction, target : array (B, n)
        Labels 0 and 1, or −1 and 1: an output above the middle chooses the larger one, and a
        sample of several outputs needs all of them right.  One-hot labels: the largest output
        decides.

    Raises
    ------
    ShapeError
        If the two have different shapes, or no samples.
    ArgumentError
        If the labels are not classes.

    >>> accuracy(np.array([[0.2], [0.9]]), np.array([[0.0], [0.0]]))
    0.5
    """
    prediction, target = _of_the_same_shape(prediction, target)
    try:
        coding = BINARY if (target == 1).all() else coding_of(target)
    except NoClassesError as reason:
        raise ArgumentError(
            f"accuracy needs labels that are classes (0 and 1, −1 and 1, or one-hot); {reason}."
        ) from None
    return share_right(coding.decide(prediction), coding.read(target), coding)


def share_right(decided: Classes, labels: Classes, coding: Coding) -> float:
    """Return the fraction of samples whose class was decided correctly.

    In a coding with independent outputs, a sample needs all of them right.  In the other codings,
    each label (of a sequence, say) counts by itself.
    """
    right = decided == labels
    if coding.kind == "two values":
        right = right.all(axis=tuple(range(1, right.ndim)))
    return float(np.mean(right))


def one_minus_mean_abs_error(prediction: Array, target: Array) -> float:
    """Return 1 − mean|y − t|: the mean closeness of the predictions, not a fraction of samples.

    Parameters
    ----------
    prediction, target : array (B, n)

    Raises
    ------
    ShapeError
        If the two have different shapes, or no samples.

    >>> one_minus_mean_abs_error(np.array([[0.25], [0.75]]), np.array([[0.0], [1.0]]))
    0.75
    """
    prediction, target = _of_the_same_shape(prediction, target)
    return float(1 - np.mean(np.abs(prediction - target)))


def _of_the_same_shape(prediction: Array, target: Array) -> tuple[Array, Array]:
    y, t = as_float_array(prediction, "A prediction"), as_float_array(target, "A target")
    if y.shape != t.shape or y.size == 0 or y.ndim == 0:
        raise ShapeError(
            f"Predictions must be compared with labels of the same shape, one row for each sample "
            f"and at least one sample; got {show(y.shape)} and {show(t.shape)}."
        )
    return y, t
