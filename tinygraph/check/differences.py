r"""Numerical derivatives: slopes computed from values of a function.

For a function f of an array and a cotangent g, the number compared is the slope at s = 0 of
:math:`\varphi(s) = \langle g, f(x + s d) \rangle` along a direction d. There are two methods:

**Central differences.** :math:`(\varphi(h) - \varphi(-h)) / 2h` has an error of :math:`O(h^2)`. A
second difference at h/2 shows its size, and both together (Richardson) have :math:`O(h^4)`.

**Complex step.** :math:`\operatorname{Im} \varphi(ih) / h` does not subtract, so h may be tiny and
the result is accurate to the last digits. But f must consist of analytic functions. It is used only
if central differences agree with it.

Both fail if f bends within a step, or if its values are so large that their differences are mostly
rounding. So a number is called wrong only after :func:`closer_slope` has tried steps from large to
tiny.

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
"""The steps of :func:`closer_slope`, in units of the usual step."""
POINTS = np.cos(np.pi * np.arange(9) / 8)
POWERS = np.vander(POINTS, 5, increasing=True)
FIT = np.linalg.pinv(POWERS)
"""Maps values at ``POINTS`` to the polynomial of degree 4 that fits them best."""


class Slope(NamedTuple):
    """A slope computed from values.

    Attributes
    ----------
    value : float
    error : float
        The largest possible error.
    magnitude : float
        The sum of its absolute terms: their cancellation leaves a rounding error of this scale.
    method : str
        ``"complex step"`` or ``"central differences"``.
    resolution : float
        The largest difference that the values of f cannot distinguish from 0.
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

    If f is smooth, the slopes to the left and to the right converge as the step shrinks. At a kink
    they stay apart, and every number between them is a subgradient. Close to a kink, a smaller
    step stays on one side, and ``got`` must be the slope there. If f jumps or is infinitely steep,
    it has no slope, and ``got`` may be any number.

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
        return True  # f jumps here, or is infinitely steep: it has no slope
    scale = max(abs(low), abs(high), abs(got))
    slack = 1e-3 * scale
    # A gap from rounding would grow as the step shrinks.
    stays_apart = gaps[-1] > slack and gaps[0] / 2 < gaps[-1] < 2 * gaps[0]
    came_together = gaps[0] > 10 * slack and gaps[-1] < gaps[0] / 100
    return bool((stays_apart or came_together) and low - slack <= got <= high + slack)


def closer_slope(found: Slope, f: Function, x: Array, direction: Array, g: Array) -> Slope:
    """Compute a slope of :func:`slope` again, as accurately as the values of f allow.

    >>> def root(x):
    ...     return np.sqrt(np.abs(x))
    >>> x, one = np.array([1e-9]), np.array([1.0])
    >>> found = slope(root, x, one, one)  # its step is large compared with this x
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
    # Values that do not move still have rounding errors: a gradient that cancels to zero may leave
    # as much behind.
    size = rounding if is_affected.any() else EPS * float(np.nansum(np.abs(g * here)))
    resolution = 64 * size / max(largest, 0.1)

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
    """Tell which elements of f depend on the moving elements of x, also far away."""
    far = (1 + 2 * float(np.abs(x[np.isfinite(x)]).max(initial=0.0))) * direction
    found = np.zeros(here.shape, dtype=bool)
    for there in (f(x + far), f(x - far), f(np.where(direction != 0, 0.0, x))):
        found |= (there != here) & ~(np.isnan(there) & np.isnan(here))
    return found


def _least_error(
    along: Callable[[float], float], steps: list[float], largest: float, rounding: float
) -> tuple[float, float]:
    """Return the slope of a function of one number at 0, and its error.

    A polynomial is fitted at each step; its residual is curvature and noise, which is the error.
    The slope with the least error is returned, unless a smaller step, which is closer to the limit,
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
        # If nothing moves at this step, the last movement was noise.
        rest = 16 * max(rest, rounding, last_rise if rise == 0 else 0.0)
        error_here = rest / h + abs(slope_here) * EPS * largest / h
        last_rise = rise or last_rise
        if error_here < error or abs(slope_here - value) > error_here + error:
            value, error = slope_here, error_here
    return value, error


def _step(x: Array, direction: Array) -> float:
    """Return a step that is small compared with the moving elements."""
    return float(STEP * max(_largest(x, direction), 0.1))


def _largest(x: Array, direction: Array) -> float:
    return float(np.abs(x[direction != 0]).max(initial=0.0))


def _central(f: Function, x: Array, direction: Array, g: Array, h: float) -> tuple[float, Array]:
    terms = g * (f(x + h * direction) - f(x - h * direction)) / (2 * h)
    return float(np.sum(terms)), np.asarray(terms)


def _complex_step(f: Function, x: Array, direction: Array, g: Array) -> float | None:
    """Return the slope by a complex step, or ``None`` if f does not accept complex numbers."""
    moved: Any = x + 1j * COMPLEX_STEP * direction
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = np.asarray(f(moved))
    except Exception:  # a custom f may refuse complex numbers in any way
        return None
    if result.dtype.kind != "c":
        return None
    value = float(np.sum(g * result.imag)) / COMPLEX_STEP
    return value if np.isfinite(value) else None
