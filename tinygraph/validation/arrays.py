"""Conversion of a user's values to arrays of numbers.

tinygraph computes in float64, or in float32 if everything it is given is float32. Whole numbers and
booleans become floats; all other types are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from tinygraph.errors import ArgumentTypeError, DtypeError

Array: TypeAlias = NDArray[np.floating[Any]]
"""An array of float64 or float32; of shape () also a NumPy scalar."""

FLOATS = (np.dtype(np.float64), np.dtype(np.float32))


def as_float_array(value: Any, what: str, dtype: np.dtype[Any] | None = None) -> Array:
    """Convert ``value`` to a float array, which may share its memory.

    ``what`` names the value in error messages. ``dtype`` is the precision for numbers that have
    none (Python numbers, lists, integer arrays); float arrays keep their own.

    Raises
    ------
    DtypeError
        If ``value`` does not consist of real numbers of at most 64 bits.

    >>> as_float_array([1, 2], "x")
    array([1., 2.])
    """
    if type(value) is np.ndarray and value.dtype in FLOATS:
        return value
    if isinstance(value, np.ma.MaskedArray):
        raise DtypeError(
            f"{what} must be a plain array; got a masked array, and its mask would be lost. "
            f"Fill or drop the masked elements first, for example with .filled(0)."
        )
    try:
        array = np.asarray(value)
    except Exception as error:  # a custom __array__ may fail in any way
        raise DtypeError(
            f"{what} must be an array of numbers, but NumPy cannot make one from "
            f"{brief(value)}: {str(error).rstrip('.')}."
        ) from error
    if array.dtype in FLOATS:
        has_own_precision = isinstance(value, (np.ndarray, np.generic))
        if has_own_precision or dtype is None or array.dtype == dtype:
            return array
        return array.astype(dtype)
    if array.dtype.kind in "biu":
        return array.astype(np.float64 if dtype is None else dtype)
    raise DtypeError(
        f"{what} must be an array of numbers, float64 or float32 (whole numbers and booleans are "
        f"converted); got dtype {array.dtype} in {brief(value)}."
    )


def is_whole_number(value: Any) -> TypeGuard[int | np.integer[Any]]:
    """Tell whether ``value`` is an integer of Python or NumPy. True and False do not count.

    >>> is_whole_number(np.int64(3)), is_whole_number(3.0), is_whole_number(True)
    (True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Tell whether ``value`` is a real number of Python or NumPy that a float can hold.

    True and False do not count.

    >>> is_number(3), is_number(np.float32(0.5)), is_number(True), is_number(10**400)
    (True, True, False, False)
    """
    if not isinstance(value, (int, float, np.integer, np.floating)) or isinstance(value, bool):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def is_bool(value: Any) -> bool:
    """Tell whether ``value`` is True or False, of Python or NumPy."""
    return isinstance(value, (bool, np.bool_))


def as_dict(value: Any, what: str) -> dict[Any, Any]:
    """Convert a mapping to a dict; ``what`` states the rule in the error message.

    Raises
    ------
    ArgumentTypeError

    >>> as_dict({"lr": 0.1}, "settings are numbers by name")
    {'lr': 0.1}
    """
    if isinstance(value, Mapping):
        with suppress(Exception):  # a custom mapping may fail in any way
            return dict(value.items())
    raise ArgumentTypeError(f"{what}; got {brief(value)}.")


def brief(value: Any) -> str:
    """Return a short description of ``value`` for an error message.

    >>> brief("cat"), brief(np.zeros((2, 3)))
    ("'cat'", 'an array of shape (2, 3) and dtype float64')
    """
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and dtype {value.dtype}"
    try:
        text = repr(value)
    except Exception:  # the message must not depend on the object's own repr
        text = object.__repr__(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
