"""Codings of class labels, and how an output is read as a class.

A course codes two classes as 0 and 1 or as −1 and 1, k classes as one-hot rows or as class
indices.  Each coding needs its own rule to decide between classes.  The accuracy in ``fit``, the
plots and the confusion matrix all use the rules of this module.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygraph.validation.arrays import Array

Classes = NDArray[np.integer]
UNDECIDED = -1
"""The class of an output that is NaN: it equals no label."""
PAIRS = ((0.0, 1.0), (-1.0, 1.0))
"""The two numbers that code two classes, in each of the usual codings."""


class NoClassesError(Exception):
    """Labels that do not name classes; the text is the reason, as a clause."""


@dataclass(frozen=True)
class Coding:
    """How labels name classes.

    Attributes
    ----------
    kind : str
        ``"two values"`` (each output decides between two classes), ``"one-hot"`` (k outputs of
        which the largest decides) or ``"indices"`` (the same, with labels 0, 1, …).
    low, high : float
        The two numbers in labels of the first two kinds.

    >>> signs = Coding("two values", -1.0, 1.0)
    >>> signs.read(np.array([[-1.0], [1.0]])).tolist()
    [[0], [1]]
    >>> signs.decide(np.array([[-0.9], [0.4]])).tolist()
    [[0], [1]]
    """

    kind: str
    low: float = 0.0
    high: float = 1.0

    def read(self, labels: Array) -> Classes:
        """Return the class that each label names."""
        if self.kind == "one-hot":
            return np.asarray(np.argmax(labels, axis=-1))
        if self.kind == "indices":
            return np.asarray(labels).astype(np.int64)
        return np.asarray(labels == self.high).astype(np.int64)

    def decide(self, outputs: Array, threshold: float | None = None) -> Classes:
        """Return the class that each output decides for; −1 if the output is NaN.

        Parameters
        ----------
        outputs : array
        threshold : float, optional
            For two values: the output above which the second class is chosen.  Default: midway
            between the two labels.
        """
        is_nan = np.isnan(outputs)
        if self.kind == "two values":
            middle = (self.low + self.high) / 2 if threshold is None else threshold
            return np.where(is_nan, UNDECIDED, outputs > middle)
        chosen = np.argmax(outputs, axis=-1)
        return np.where(is_nan.any(axis=-1), UNDECIDED, chosen)


BINARY = Coding("two values")
"""Labels 0 and 1."""


def coding_of(labels: Array) -> Coding:
    """Return the coding of ``labels``, one number or one row of numbers for each sample.

    Raises
    ------
    NoClassesError
        If the labels are not classes, or if their coding is ambiguous.

    >>> coding_of(np.array([[0.0, 1.0], [1.0, 0.0]])).kind
    'one-hot'
    >>> coding_of(np.array([[3.0], [7.0]]))
    Traceback (most recent call last):
    tinygraph.core.labels.NoClassesError: they hold numbers other than 0 and 1, such as 3, so this \
is a regression
    """
    found = np.unique(labels)
    if not found.size:
        raise NoClassesError("there are none")
    pair = next((pair for pair in PAIRS if np.isin(found, pair).all()), None)
    if pair is None:
        other = next(value for value in found if value not in (0, 1))
        raise NoClassesError(
            f"they hold numbers other than 0 and 1, such as {other:g}, so this is a regression"
        )
    is_one_hot = labels.ndim > 1 and labels.shape[-1] > 1 and _one_high(labels)
    if is_one_hot:
        return Coding("one-hot", *pair)
    if found.size == 1 and found[0] == 1:
        raise NoClassesError("all of them are 1, in a coding by 0 and 1 or by −1 and 1")
    return Coding("two values", *pair)


def _one_high(labels: Array) -> bool:
    return bool(((labels == 1).sum(axis=-1) == 1).all())
