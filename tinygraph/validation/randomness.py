"""Sources of randomness: a NumPy Generator, or a seed for one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.validation.arrays import brief, is_whole_number


def as_generator(rng: Any) -> np.random.Generator:
    """Return ``rng`` if it is a Generator, or a new one from it as a seed; 0 for ``None``.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If it is neither a Generator nor a whole number from 0 on.
    """
    if isinstance(rng, np.random.Generator):
        return rng
    seed = 0 if rng is None else rng
    if not is_whole_number(seed):
        raise ArgumentTypeError(
            f"rng is a numpy.random.Generator or a whole number to seed one; got {brief(rng)}."
        )
    if seed < 0:
        raise ArgumentError(f"A seed is a whole number from 0 on; got {rng}.")
    return np.random.default_rng(int(seed))
