r"""Derivatives from values alone: what a derivative by formula is held against.

For a function f of an array and a cotangent g, the number compared is the slope at s = 0 of
:math:`\varphi(s) = \langle g, f(x + s d) \rangle` along a direction d.  Two ways lead to it:

**Central differences.** :math:`(\varphi(h) - \varphi(-h)) / 2h` is right up to :math:`O(h^2)`; the
same at h/2 shows how far, and together (Richardson) they are right up to :math:`O(h^4)`.

**Complex step.** :math:`\operatorname{Im} \varphi(ih) / h` subtracts nothing, so h may be tiny and
the result is right to the last digits; but f must be made of analytic functions.  It is believed
only where central differences agree with it.

Source: W. Squire and G. Trapp, *Using complex variables to estimate derivatives of real functions*,
SIAM Review 40, 1998.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tinygraph.arrays import Array

Function = Callable[[Array], Array]
"""A function of one array."""

STEP = np.finfo(np.float64).eps ** (1 / 3)
COMPLEX_STEP = 1e-30


class Slope(NamedTuple):
    """A slope found from values.

    Attributes
    ----------
    value : float
    error : float
        How far from the truth it may be.
    magnitude : float
        The sum of the absolute terms it is made of: cancellation leaves rounding of this size.
    method : str
        ``"complex step"`` or ``"central differences"``.
    """

    value: float
    error: float
    magnitude: float
    method: str


def slope(f: Function, x: Array, direction: Array, g: Array) -> Slope:
    """Return the slope of ⟨g, f⟩ at ``x`` along ``direction``.

    >>> d = slope(np.exp, np.zeros(2), np.array([1.0, 0.0]), np.ones(2))
    >>> round(d.value, 9), d.method
    (1.0, 'complex step')
    """
    step = _step(x, direction)
    wide, _ = _central(f, x, direction, g, step)
    narrow, terms = _central(f, x, direction, g, step / 2)
    value = (4 * narrow - wide) / 3
    magnitude = float(np.abs(terms).sum())
    rounding = np.finfo(np.float64).eps * float(np.abs(g * f(x))[terms != 0].sum()) / step
    error = abs(narrow - wide) + 4 * rounding
    by_complex_step = _complex_step(f, x, direction, g)
    if by_complex_step is not None and np.isclose(
        by_complex_step, value, rtol=1e-4, atol=1e-6 * magnitude + error
    ):
        return Slope(by_complex_step, 0.0, magnitude, "complex step")
    return Slope(value, error, magnitude, "central differences")


def is_at_kink(f: Function, x: Array, direction: Array, g: Array, got: float) -> bool:
    """Tell whether ``got`` differs from the slope only because f has a kink at or near ``x``.

    Where f is smooth, the slopes to the left and to the right come together as the step shrinks.
    At a kink they stay apart, and anything between them is a subgradient; close to a kink a
    smaller step stays on one side, and there ``got`` has to be the slope.

    >>> one = np.array([1.0])
    >>> [is_at_kink(np.abs, np.array([0.0]), one, one, got) for got in (0.0, -1.0, 2.0)]
    [True, True, False]
    """
    step = _step(x, direction)
    gaps = []
    for h in (step, step / 30, step / 1000):
        here = f(x)
        right = float(np.sum(g * (f(x + h * direction) - here))) / h
        left = float(np.sum(g * (here - f(x - h * direction)))) / h
        gaps.append(abs(right - left))
        low, high = sorted((left, right))
    scale = max(abs(low), abs(high), abs(got))
    slack = 1e-3 * scale
    stays_apart = gaps[-1] > slack and gaps[-1] > gaps[0] / 2
    came_together = gaps[0] > 10 * slack and gaps[-1] < gaps[0] / 100
    return (stays_apart or came_together) and low - slack <= got <= high + slack


def _step(x: Array, direction: Array) -> float:
    """Return a step that is small beside the entries that move."""
    moved = np.abs(x[direction != 0])
    return float(STEP * max(moved.max(initial=0.0), 0.1))


def _central(f: Function, x: Array, direction: Array, g: Array, h: float) -> tuple[float, Array]:
    terms = g * (f(x + h * direction) - f(x - h * direction)) / (2 * h)
    return float(np.sum(terms)), np.asarray(terms)


def _complex_step(f: Function, x: Array, direction: Array, g: Array) -> float | None:
    """Return the slope by a complex step, or ``None`` where f does not take complex numbers."""
    moved: Any = x + 1j * COMPLEX_STEP * direction
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = np.asarray(f(moved))
    except Exception:  # f is anyone's: whatever it says to a complex number, it does not take it
        return None
    if result.dtype.kind != "c":
        return None
    value = float(np.sum(g * result.imag)) / COMPLEX_STEP
    return value if np.isfinite(value) else None
