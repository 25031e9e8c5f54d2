"""The norm of an array, and numbers in a form for readers."""

from __future__ import annotations

import math

import numpy as np

from tinygraph.validation.arrays import Array


def norm(array: Array) -> float:
    """Return the root of the sum of squares, without intermediate overflow.

    >>> norm(np.array([3.0, 4.0]))
    5.0
    """
    peak = float(np.max(np.abs(array), initial=0.0))
    if peak == 0 or not math.isfinite(peak):
        return peak
    return peak * float(np.linalg.norm(np.asarray(array, dtype=np.float64) / peak))


def number(value: float, digits: int) -> str:
    """Return a number in few digits, with a true minus sign.

    >>> number(-0.00123456, 3), number(1e-9, 2), number(12345.0, 2), number(float("nan"), 2)
    ('−0.00123', '1e−9', '12000', 'nan')
    """
    text = f"{value:.{digits}g}"
    if "e" in text and 1e-3 <= abs(value) < 1e6:
        text = f"{float(text):.0f}"
    mantissa, _, exponent = text.partition("e")
    return (f"{mantissa}e{int(exponent)}" if exponent else mantissa).replace("-", "−")
