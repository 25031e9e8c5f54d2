r"""Derivatives from values alone: what a derivative by formula is held against.

For a function f of an array and a cotangent g, the number compared is the slope at s = 0 of
:math:`\varphi(s) = \langle g, f(x + s d) \rangle` along a direction d.  Two ways lead to it:

**Central differences.** :math:`(\varphi(h) - \varphi(-h)) / 2h` is right up to :math:`O(h^2)`; the
same at h/2 shows how far, and together (Richardson) they are right up to :math:`O(h^4)`.

**Complex step.** :math:`\operatorname{Im} \varphi(ih) / h` subtracts nothing, so h may be tiny and
the result is right to the last digits; but f must be made of analytic functions.  It is believed
only where central differences agree with it.

Both mislead where f bends within a step, or where its values are so large that their differences
are mostly rounding.  So a number is called wrong only after :func:`closer_slope` has looked
at steps from large to tiny.

Source: W. Squire and G. Trapp, *Using complex variables to estimate derivatives of real functions*,
SIAM Review 40, 1998.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tinygraph.validation.arrays import Array

Function = Callable[[Array], Array]
"""A function of one array."""

EPS = float(np.finfo(np.float64).eps)
STEP = EPS ** (1 / 3)
COMPLEX_STEP = 1e-30
LADDER = (1e4, 1e2, 1.0, 1e-2, 1e-4, 1e-6, 1e-8)
"""The steps of a closer look, in units of the usual one."""
POINTS = np.cos(np.pi * np.arange(9) / 8)
POWERS = np.vander(POINTS, 5, increasing=True)
FIT = np.linalg.pinv(POWERS)
"""Takes values at ``POINTS`` to the polynomial of degree 4 that fits them best."""


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
    resolution : float
        A difference that the values of f cannot tell from 0.
    """

    value: float
    error: float
    magnitude: float
    method: str
    resolution: float = 0.0


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
    rounding = EPS * float(np.abs(g * f(x))[terms != 0].sum()) / step
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
    smaller step stays on one side, and there ``got`` has to be the slope.  Where f jumps, or is
    infinitely steep, it has none, and ``got`` may be anything.

    >>> one = np.array([1.0])
    >>> [is_at_kink(np.abs, np.array([0.0]), one, one, got) for got in (0.0, -1.0, 2.0)]
    [True, True, False]
    """
    step = STEP * (_largest(x, direction) or 0.1)
    gaps, rises = [], []
    for h in (step, step / 30, step / 1000):
        here, ahead, behind = f(x), f(x + h * direction), f(x - h * direction)
        right = float(np.sum(g * (ahead - here))) / h
        left = float(np.sum(g * (here - behind))) / h
        gaps.append(abs(right - left))
        rises.append(float(np.abs(g * (ahead - behind)).sum()))
        low, high = sorted((left, right))
    if rises[-1] > 0.05 * rises[0] and rises[-1] > 1e-6 * float(np.abs(g * here).sum()):
        return True  # f jumps here, or is infinitely steep: no number is its slope
    scale = max(abs(low), abs(high), abs(got))
    slack = 1e-3 * scale
    # Of mere rounding the gap would grow as the step shrinks.
    stays_apart = gaps[-1] > slack and gaps[0] / 2 < gaps[-1] < 2 * gaps[0]
    came_together = gaps[0] > 10 * slack and gaps[-1] < gaps[0] / 100
    return bool((stays_apart or came_together) and low - slack <= got <= high + slack)


def closer_slope(found: Slope, f: Function, x: Array, direction: Array, g: Array) -> Slope:
    """Return a slope found by :func:`slope` again, with all that the values of f can tell.

    >>> def root(x):
    ...     return np.sqrt(np.abs(x))
    >>> x, one = np.array([1e-9]), np.array([1.0])
    >>> found = slope(root, x, one, one)  # by a step that is large beside this x
    >>> round(found.value, 3), round(closer_slope(found, root, x, one, one).value, 3)
    (3.648, 15811.388)
    """
    largest = _largest(x, direction)
    here = f(x)
    is_affected = _moves(f, here, x, direction)
    rounding = EPS * float(np.abs(g * here)[is_affected].sum())
    is_undefined = not is_affected.any() and bool(np.isnan(here).any())
    if is_undefined or not np.isfinite(rounding):
        return found._replace(value=np.nan)
    # A backward computes from values that were rounded, and no step tells less than this.
    resolution = 64 * rounding / max(largest, 0.1)

    def along(s: float) -> float:
        return float(np.sum((g * (f(x + s * direction) - here))[is_affected]))

    steps = {_step(x, direction) * rung for rung in LADDER} | {STEP * (largest or 0.1)}
    value, error = _least_error(along, sorted(steps, reverse=True), largest, rounding)
    if not np.isfinite(value):
        return found
    if found.method == "complex step" and abs(found.value - value) <= error:
        return found._replace(resolution=resolution)
    return Slope(value, 0.0, 0.0, "central differences", error + resolution)


def _moves(f: Function, here: Array, x: Array, direction: Array) -> Array:
    """Tell which entries of f depend on those that move, be it only far away."""
    far = (1 + 2 * float(np.abs(x[np.isfinite(x)]).max(initial=0.0))) * direction
    found = np.zeros(here.shape, dtype=bool)
    for there in (f(x + far), f(x - far), f(np.where(direction != 0, 0.0, x))):
        found |= (there != here) & ~(np.isnan(there) & np.isnan(here))
    return found


def _least_error(
    along: Callable[[float], float], steps: list[float], largest: float, rounding: float
) -> tuple[float, float]:
    """Return the slope of a function of one number at 0, and its error.

    At each step a polynomial is fitted; what it leaves over is curvature and noise, and so the
    error.  The least error is taken, unless a smaller step, which is nearer to the limit,
    contradicts it.
    """
    value, error, last_rise = np.nan, np.inf, 0.0
    for h in steps:
        values = np.array([along(h * point) for point in POINTS])
        if not np.isfinite(values).all():
            continue
        fitted = FIT @ values
        slope_here = float(fitted[1]) / h
        rest = float(np.abs(POWERS @ fitted - values).max())
        rise = float(np.abs(values).max())
        # Where nothing moves any more, the last thing that did is the noise.
        rest = 16 * max(rest, rounding, last_rise if rise == 0 else 0.0)
        error_here = rest / h + abs(slope_here) * EPS * largest / h
        last_rise = rise or last_rise
        if error_here < error or abs(slope_here - value) > error_here + error:
            value, error = slope_here, error_here
    return value, error


def _step(x: Array, direction: Array) -> float:
    """Return a step that is small beside the entries that move."""
    return float(STEP * max(_largest(x, direction), 0.1))


def _largest(x: Array, direction: Array) -> float:
    return float(np.abs(x[direction != 0]).max(initial=0.0))


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
