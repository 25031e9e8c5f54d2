"""Elementary functions that a compiler can turn into vector instructions.

The C library computes one number per call. These functions are a few products and sums, which the
machine computes for several numbers at once.  Importing this needs numba.

Method: W. J. Cody and W. Waite, *Software manual for the elementary functions*, 1980.
"""

from __future__ import annotations

from math import factorial
from typing import Any

import numpy as np
from numba import njit

_LOG2_E = 1.4426950408889634
# ln 2 in two parts, the first with so few bits that n times it is exact.
_LN2_HIGH = 6.93145751953125e-1
_LN2_LOW = 1.42860682030941723212e-6
_ROUND = 6755399441055744.0  # 1.5 · 2⁵²: adding it rounds to a whole number
_LARGEST = 709.782712893384
_SMALLEST = -707.7
_TAYLOR = tuple(1 / factorial(k) for k in range(13))
# Only flags that keep the order of operations: the rounding above must not be simplified away.
_OPTIONS: Any = {
    "error_model": "numpy",
    "fastmath": {"contract"},
    "nogil": True,
    "forceinline": True,
}


@njit(**_OPTIONS)
def exp(x):  # type: ignore[no-untyped-def]
    """Return e^x, accurate to about the last bit.

    With n the whole number nearest to x / ln 2, the rest r = x - n ln 2 is at most 0.35 and e^r is
    a short Taylor sum; e^x = 2^n e^r is that sum with n added to the exponent in its bits.  Below
    -707.7, where float64 begins to lose digits, it is 0.
    """
    bounded = min(max(x, _SMALLEST), _LARGEST)
    shifted = bounded * _LOG2_E + _ROUND
    n = shifted - _ROUND
    r = (bounded - n * _LN2_HIGH) - n * _LN2_LOW
    p = _TAYLOR[12]
    p = p * r + _TAYLOR[11]
    p = p * r + _TAYLOR[10]
    p = p * r + _TAYLOR[9]
    p = p * r + _TAYLOR[8]
    p = p * r + _TAYLOR[7]
    p = p * r + _TAYLOR[6]
    p = p * r + _TAYLOR[5]
    p = p * r + _TAYLOR[4]
    p = p * r + _TAYLOR[3]
    p = p * r + _TAYLOR[2]
    p = p * r + 1.0
    p = p * r + 1.0
    bits = np.float64(p).view(np.int64) + (np.float64(shifted).view(np.int64) << 52)
    y = np.int64(bits).view(np.float64)
    y = y if x <= _LARGEST else x * np.inf
    return y if x >= _SMALLEST or x != x else 0.0


@njit(**_OPTIONS)
def tanh(x):  # type: ignore[no-untyped-def]
    """Return the hyperbolic tangent, accurate to a few units of the last digit.

    Away from 0 it is 1 - 2 / (e^2|x| + 1).  Near 0 that would lose digits by cancellation; there
    the continued fraction x / (1 + x²/(3 + x²/(5 + …))) is short.
    """
    z = x * x
    near = 1.0 + z / (3.0 + z / (5.0 + z / (7.0 + z / (9.0 + z / (11.0 + z / (13.0 + z / 15.0))))))
    size = abs(x)
    far = 1.0 - 2.0 / (exp(2.0 * size) + 1.0)
    if x < 0.0:
        far = -far
    return x / near if size < 0.55 else far


@njit(**_OPTIONS)
def maximum(a, b):  # type: ignore[no-untyped-def]
    """Return the larger of two numbers; NaN if one of them is."""
    return a if a > b or a != a else b


@njit(**_OPTIONS)
def minimum(a, b):  # type: ignore[no-untyped-def]
    """Return the smaller of two numbers; NaN if one of them is."""
    return a if a < b or a != a else b
