"""Points in the plane with two or more classes, for networks that need hidden layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygraph.data.lab2 import checked_count
from tinygraph.errors import ArgumentError
from tinygraph.validation.arrays import Array, brief, is_number, is_whole_number
from tinygraph.validation.randomness import as_generator

Labels = NDArray[np.int64]
MOST_CLASSES = 20


def moons(
    n: int = 200, noise: float = 0.1, rng: np.random.Generator | int | None = None
) -> tuple[Array, Array]:
    """Return two half moons that reach into each other.

    Parameters
    ----------
    n : int
        The number of points.
    noise : float
        The standard deviation of the points around their half circle, whose radius is 1.
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    x : array (n, 2)
    t : array (n, 1)
        0 and 1, half of the points each.

    >>> x, t = moons(100)
    >>> x.shape, t.shape, int(t.sum())
    ((100, 2), (100, 1), 50)
    """
    n, noise, rng = checked_count("n", n), _noise(noise), as_generator(rng)
    t = (np.arange(n) % 2).astype(float)[:, None]
    angle = rng.uniform(0, np.pi, size=(n, 1))
    upper = np.hstack([np.cos(angle), np.sin(angle)])
    lower = np.hstack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    return np.where(t == 0, upper, lower) + noise * rng.normal(size=(n, 2)), t


def circles(
    n: int = 200, noise: float = 0.1, rng: np.random.Generator | int | None = None
) -> tuple[Array, Array]:
    """Return a ring, and a disc of points around its centre.

    Parameters
    ----------
    n : int
        The number of points.
    noise : float
        The standard deviation of the distance from the centre; the ring has the radius 1.
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    x : array (n, 2)
    t : array (n, 1)
        1 inside and 0 on the ring, half of the points each.

    >>> x, t = circles(100, noise=0)
    >>> float(np.hypot(*x[t[:, 0] == 0].T).round(9).min())
    1.0
    """
    n, noise, rng = checked_count("n", n), _noise(noise), as_generator(rng)
    t = (np.arange(n) % 2).astype(float)[:, None]
    radius = np.where(t == 1, 0.5 * np.sqrt(rng.uniform(size=(n, 1))), 1.0)
    radius = radius + noise * rng.normal(size=(n, 1))
    angle = rng.uniform(0, 2 * np.pi, size=(n, 1))
    return radius * np.hstack([np.cos(angle), np.sin(angle)]), t


def spiral(
    n: int = 300,
    classes: int = 3,
    noise: float = 0.2,
    rng: np.random.Generator | int | None = None,
) -> tuple[Array, Labels]:
    """Return the arms of a spiral, one for each class.

    Parameters
    ----------
    n : int
        The number of points.
    classes : int
        The number of arms.
    noise : float
        The standard deviation of the angle, in radians.
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    x : array (n, 2)
        Within the unit circle.
    labels : array (n,)
        Whole numbers 0 … classes − 1.  ``np.eye(classes)[labels]`` makes them one-hot.

    >>> x, labels = spiral(300)
    >>> x.shape, np.bincount(labels)
    ((300, 2), array([100, 100, 100]))
    """
    n, k, rng = checked_count("n", n), _classes(classes), as_generator(rng)
    labels = np.arange(n) % k
    radius = np.sqrt(rng.uniform(size=n))
    angle = 4 * radius + 2 * np.pi * labels / k + _noise(noise) * rng.normal(size=n)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]), labels


def blobs(
    n: int = 300,
    classes: int = 3,
    noise: float = 0.3,
    rng: np.random.Generator | int | None = None,
) -> tuple[Array, Labels]:
    """Return clouds of normally distributed points, one for each class.

    Parameters
    ----------
    n : int
        The number of points.
    classes : int
        The number of clouds; their centres are evenly spaced on the unit circle.
    noise : float
        The standard deviation of each coordinate.
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    x : array (n, 2)
    labels : array (n,)
        Whole numbers 0 … classes − 1.  ``np.eye(classes)[labels]`` makes them one-hot.

    >>> x, labels = blobs(300)
    >>> x.shape, np.bincount(labels)
    ((300, 2), array([100, 100, 100]))
    """
    n, k, rng = checked_count("n", n), _classes(classes), as_generator(rng)
    labels = np.arange(n) % k
    angle = 2 * np.pi * labels / k
    centres = np.column_stack([np.cos(angle), np.sin(angle)])
    return centres + _noise(noise) * rng.normal(size=(n, 2)), labels


def _noise(noise: Any) -> float:
    if not is_number(noise) or not 0 <= noise < np.inf:
        raise ArgumentError(
            f"noise must be a standard deviation of at least 0; got {brief(noise)}."
        )
    return float(noise)


def _classes(classes: Any) -> int:
    if not is_whole_number(classes) or not 2 <= classes <= MOST_CLASSES:
        raise ArgumentError(
            f"classes must be a whole number from 2 to {MOST_CLASSES}; got {brief(classes)}."
        )
    return int(classes)
