"""The two toy problems: points in the unit square, and their classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.randomness import as_generator

MOST_POINTS = 10_000_000
"""More would fill the memory of a small machine."""


def linear(n: int = 100, rng: np.random.Generator | int | None = None) -> tuple[Array, Array]:
    """Return points that a straight line separates.

    Parameters
    ----------
    n : int
        The number of points, drawn uniformly from [0, 1)².
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    x : array (n, 2)
    t : array (n, 1)
        0 where x1 > x2, else 1.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If ``n`` is not a whole number above 0, or ``rng`` neither a generator nor a seed.

    >>> x, t = linear(100, rng=0)
    >>> x.shape, t.shape, bool((t[:, 0] == (x[:, 0] <= x[:, 1])).all())
    ((100, 2), (100, 1), True)
    """
    x = as_generator(rng).uniform(size=(checked_count("n", n), 2))
    return x, np.where(x[:, :1] > x[:, 1:], 0.0, 1.0)


def xor() -> tuple[Array, Array]:
    """Return the 21 points of two crossing diagonals, which no straight line separates.

    Returns
    -------
    x : array (21, 2)
        (i/10, i/10) and (i/10, 1 - i/10) for i = 0..10; the centre, which both share, once.
    t : array (21, 1)
        0 on the diagonal, 1 on the anti-diagonal; the centre counts as diagonal.

    >>> x, t = xor()
    >>> x.shape, t.shape, int(t.sum())
    ((21, 2), (21, 1), 10)
    """
    diagonal = [(i / 10, i / 10, 0.0) for i in range(11)]
    anti_diagonal = [(i / 10, 1 - i / 10, 1.0) for i in range(11) if i != 5]
    rows = np.array(diagonal + anti_diagonal)
    return rows[:, :2].copy(), rows[:, 2:].copy()


def checked_count(name: str, count: Any, most: int = MOST_POINTS) -> int:
    """Return a whole number from 1 to ``most``, or refuse it.

    Raises
    ------
    ArgumentTypeError, ArgumentError
    """
    if not is_whole_number(count):
        raise ArgumentTypeError(f"{name} must be a whole number; got {brief(count)}.")
    if not 1 <= count <= most:
        raise ArgumentError(
            f"{name} must be a whole number from 1 to {most:,}; got {brief(count)}."
        )
    return int(count)
