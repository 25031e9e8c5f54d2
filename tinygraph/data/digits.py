"""Handwritten digits: a small set of real images that comes with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygraph.validation.arrays import Array

FILE = Path(__file__).with_name("digits.npz")
"""Its source and its licence are in DIGITS.txt, in the same folder."""
INK = 16
"""The largest pixel in the file."""


def digits() -> tuple[Array, NDArray[np.int64]]:
    """Return 1,797 images of handwritten digits, and the digit in each.

    Returns
    -------
    images : array (1797, 8, 8)
        From 0 (paper) to 1 (ink).
    labels : array (1797,)
        Whole numbers 0 … 9.

    Notes
    -----
    E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI Machine Learning
    Repository, 1998, CC BY 4.0: the test set, as scikit-learn ships it.

    >>> images, labels = digits()
    >>> images.shape, float(images.max()), labels[:5]
    ((1797, 8, 8), 1.0, array([0, 1, 2, 3, 4]))
    """
    with np.load(FILE) as file:
        return file["images"] / INK, file["labels"].astype(np.int64)
