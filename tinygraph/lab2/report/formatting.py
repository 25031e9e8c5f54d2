"""Formats of numbers, the same in the tables and in the sentences of the report."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tinygraph.lab2.experiments.summary import Row

DATA_NAMES = {"linear": "linear", "xor": "XOR"}
"""The names of the data sets in a text."""


def loss_text(value: float) -> str:
    """Format a loss with three significant digits.

    >>> loss_text(0.24937), loss_text(2.61e-10), loss_text(float("inf"))
    ('0.249', '2.61e-10', '∞')
    """
    return f"{value:.3g}" if np.isfinite(value) else "∞"


def amount(value: float, decimals: int = 2) -> str:
    """Format a sum of rises with a fixed number of decimals.

    >>> amount(5.104), amount(1e-14), amount(0.01123, 4), amount(float("inf"))
    ('5.10', '0.00', '0.0112', '∞')
    """
    return f"{value:.{decimals}f}" if np.isfinite(value) else "∞"


def percent(share: float) -> str:
    """Format a fraction as a percentage; return a dash if it is not finite.

    >>> percent(0.99714), percent(float("-inf"))
    ('99.7 %', '–')
    """
    return f"{100 * share:.1f} %" if np.isfinite(share) else "–"


def epochs_text(epoch: float | None) -> str:
    """Format a number of epochs; return a dash for None.

    >>> epochs_text(9128.0), epochs_text(None)
    ('9,128', '–')
    """
    return "–" if epoch is None else f"{epoch:,.0f}"


def data_name(row: Row) -> str:
    """Return the name of a row's data set in a text."""
    return DATA_NAMES[row.data]


def count_of(count: int, row: Row) -> str:
    """Format a number of a row's seeds: ``"3 of 20 seeds"``."""
    return f"{count} of {row.seeds} seeds"


def result(row: Row) -> str:
    """Return the result of a setting: how many seeds reached 100 %, and when."""
    reached = f"{count_of(row.reached, row)} reach 100 %"
    if row.median_epoch is None:
        return reached
    return f"{reached}, after {epochs_text(row.median_epoch)} epochs (median)"


def listed(parts: Iterable[str]) -> str:
    """Join parts to an enumeration.

    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def climb(row: Row) -> str:
    """Format the sum of the rises of the loss over a whole run."""
    return amount(row.climb)


def reached(row: Row) -> str:
    """Format the number of seeds that reached 100 %."""
    return str(row.reached)


def median_epoch(row: Row) -> str:
    """Format the median epoch of 100 %."""
    return epochs_text(row.median_epoch)
