"""Sequences of symbols and their answers, one answer for each position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tinygraph.data.lab2 import checked_count
from tinygraph.validation.randomness import as_generator

Tokens = NDArray[np.int64]
PLUS = 10
"""The token of "+"; the tokens 0 … 9 are digits."""
LONGEST = 1_000
MOST_DIGITS = 18
"""The sum of two longer numbers may not fit into 64 bits."""


def reversal(
    n: int = 1_000,
    length: int = 8,
    symbols: int = 10,
    rng: np.random.Generator | int | None = None,
) -> tuple[Tokens, Tokens]:
    """Return random sequences, and the same sequences backwards.

    Parameters
    ----------
    n : int
        The number of sequences.
    length : int
    symbols : int
        The number of different tokens.
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    tokens, answers : array (n, length)
        Whole numbers 0 … symbols − 1.

    >>> tokens, answers = reversal(2, length=4)
    >>> print(tokens[0], answers[0])
    [8 6 5 2] [2 5 6 8]
    """
    shape = checked_count("n", n), checked_count("length", length, LONGEST)
    tokens = as_generator(rng).integers(0, checked_count("symbols", symbols), size=shape)
    return tokens, tokens[:, ::-1].copy()


def addition(
    n: int = 1_000, digits: int = 2, rng: np.random.Generator | int | None = None
) -> tuple[Tokens, Tokens]:
    """Return sums such as 27+85, digit by digit, and their results.

    Parameters
    ----------
    n : int
        The number of sums.
    digits : int
        The number of digits in each of the two numbers.
    rng : Generator or int, optional
        The random generator, or a seed.  Default: the seed 0.

    Returns
    -------
    tokens : array (n, 2 * digits + 1)
        Digits 0 … 9, and 10 for "+".
    answers : array (n, 2 * digits + 1)
        The digits of the result, with zeros in front.

    >>> tokens, answers = addition(2)
    >>> print(tokens[0], answers[0])
    [ 8  5 10  5  1] [0 0 1 3 6]
    """
    n, digits = checked_count("n", n), checked_count("digits", digits, MOST_DIGITS)
    a, b = as_generator(rng).integers(0, 10**digits, size=(2, n))
    plus = np.full((n, 1), PLUS)
    tokens = np.hstack([_digits_of(a, digits), plus, _digits_of(b, digits)])
    return tokens, _digits_of(a + b, 2 * digits + 1)


def _digits_of(numbers: Tokens, count: int) -> Tokens:
    places = [numbers // 10**place % 10 if place < 19 else 0 * numbers for place in range(count)]
    return np.stack(places[::-1], axis=1)
