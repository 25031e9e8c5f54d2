"""Two numbers that say how good a classifier is, which are easily mistaken for each other."""

from __future__ import annotations

import numpy as np

from tinygraph.errors import ShapeError
from tinygraph.validation.arrays import Array, as_float_array
from tinygraph.validation.shapes import show


def accuracy(prediction: Array, target: Array) -> float:
    """Return the share of samples whose rounded prediction equals the label.

    Parameters
    ----------
    prediction, target : array (B, n)
        Of several outputs a sample must have all right.

    Raises
    ------
    ShapeError
        If the two have different shapes, or no samples.

    >>> accuracy(np.array([[0.2], [0.9]]), np.array([[0.0], [0.0]]))
    0.5
    """
    prediction, target = _of_the_same_shape(prediction, target)
    right = np.round(prediction) == target
    return float(np.mean(right.all(axis=tuple(range(1, right.ndim)))))


def one_minus_mean_abs_error(prediction: Array, target: Array) -> float:
    """Return 1 − mean|y − t|: no share of samples, but how near the predictions are on average.

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
            f"Predictions are compared with labels of the same shape, a row a sample, at least "
            f"one; got {show(y.shape)} and {show(t.shape)}."
        )
    return y, t
