"""Sources of randomness: a NumPy Generator, or a seed for one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.validation.arrays import brief, is_whole_number


def as_generator(rng: Any) -> np.random.Generator:
    """Return ``rng`` if it is a Generator; otherwise a new one, seeded with it (default 0).

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If it is neither a Generator nor a non-negative integer.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    seed = 0 if rng is None else rng
    if not is_whole_number(seed):
        raise ArgumentTypeError(
            f"rng must be a numpy.random.Generator, or a whole number as its seed; "
            f"got {brief(rng)}."
        )
    if seed < 0:
        raise ArgumentError(f"A seed must not be negative; got {rng}.")
    return np.random.default_rng(int(seed))
