"""Sizes that are known only when a batch arrives, as they appear in traced code.

An op's ``backward`` may read ``x.shape[0]`` or ``x.size``. If x is a node with an unknown batch
size, it gets a :class:`SymbolicSize`: a multiple of the batch size that can be compared and
multiplied, and that becomes a node as soon as arithmetic needs its number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class Untraceable(Exception):  # noqa: N818 - a reason, which becomes an error with the op's name
    """Code that needs numbers was called with nodes; the message says what it does."""


class SymbolicSize(NDArrayOperatorsMixin):
    """``factor`` times the batch size.

    Parameters
    ----------
    factor : int
    number : callable
        ``number(factor)`` returns the size as a number that is computed in the run.
    node : Node
        The node that the size was read from.

    >>> batch = SymbolicSize(1, lambda factor: 5.0 * factor, None)
    >>> 3 * batch == batch * 3, batch == 5, 6 * batch // (2 * batch), float(batch + 1)
    (True, False, 3, 6.0)
    """

    def __init__(self, factor: int, number: Callable[[int], Any], node: Any) -> None:
        self.factor = factor
        self.number = number
        self.node = node

    def as_number(self) -> Any:
        """Return the size as a number that is computed in the run."""
        return self.number(self.factor)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if ufunc is np.multiply and isinstance(inputs[0], np.integer):
            return inputs[1] * int(inputs[0])
        numbers = [x.as_number() if isinstance(x, SymbolicSize) else x for x in inputs]
        return getattr(ufunc, method)(*numbers, **options)

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (int, np.integer)):
            return SymbolicSize(self.factor * int(other), self.number, self.node)
        return super().__mul__(other)

    def __rmul__(self, other: Any) -> Any:
        return self * other if isinstance(other, (int, np.integer)) else super().__rmul__(other)

    def __floordiv__(self, other: Any) -> Any:
        if isinstance(other, SymbolicSize) and self.factor % other.factor == 0:
            return self.factor // other.factor
        if isinstance(other, (int, np.integer)) and other and self.factor % int(other) == 0:
            return SymbolicSize(self.factor // int(other), self.number, self.node)
        return super().__floordiv__(other)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, SymbolicSize) and self.factor == other.factor

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.factor)

    def __index__(self) -> NoReturn:
        raise Untraceable(
            "it needs the batch size as a Python number, which is known only when a batch arrives "
            "(np.zeros_like(x), and x.shape[0] in arithmetic, work for any batch size)"
        )

    __int__ = __float__ = __index__


def without_symbols(sizes: Any) -> Any:
    """Return sizes with None for the batch size.

    >>> without_symbols((SymbolicSize(1, lambda factor: 5.0, None), 3))
    (None, 3)
    """
    if isinstance(sizes, SymbolicSize):
        return None if sizes.factor == 1 else sizes
    return tuple(map(without_symbols, sizes)) if isinstance(sizes, (tuple, list)) else sizes
