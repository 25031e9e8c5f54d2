"""Arrays as small coloured tables: purple below 0, white at 0, orange above.

All values of one picture share one scale, so that the same colour is the same number wherever it
stands, and all gradients share another.  Gradients fade from layer to layer, so their colour goes
by the cube root: half the colour is an eighth of the gradient.  On a linear scale one would see
the last layer alone.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tinygraph.arrays import Array
from tinygraph.viz.style import CELL_BORDER, NON_FINITE

MOST_CELLS = 8
CELL = 9
STEPS = 255


def thumbnail(array: Array) -> Array:
    """Return at most 8 × 8 entries of ``array``, evenly spread, as a matrix.

    >>> thumbnail(np.arange(100.0).reshape(100, 1)).ravel()
    array([ 0., 14., 28., 42., 57., 71., 85., 99.])
    """
    matrix = array.reshape(-1, array.shape[-1]) if array.ndim > 1 else np.atleast_2d(array)
    picks = [np.linspace(0, n - 1, min(n, MOST_CELLS)).round().astype(int) for n in matrix.shape]
    picked: Array = matrix[np.ix_(*picks)]
    return picked


def largest(array: Array) -> float:
    """Return the largest magnitude among the finite entries, 0 if there is none."""
    magnitudes = np.abs(array, dtype=np.float64)
    return float(np.max(magnitudes, where=np.isfinite(magnitudes), initial=0.0))


def levels(array: Array, limit: float, is_gradient: bool) -> NDArray[np.float64]:
    """Return each entry's place on the scale from -1 to 1, NaN where it is not finite.

    >>> levels(np.array([-0.125, 0.0, np.inf]), 1.0, is_gradient=True)
    array([-0.5,  0. ,  nan])
    """
    finite = np.where(np.isfinite(array), array, np.nan).astype(np.float64)
    share = np.clip(finite / (limit or 1.0), -1, 1)
    return np.cbrt(share) if is_gradient else share


def cells(array: Array, limit: float, is_gradient: bool) -> str:
    """Return a thumbnail of ``array`` as a table for a Graphviz label."""
    colors = _colors(levels(thumbnail(array), limit, is_gradient))
    rows = "".join(
        "<tr>" + "".join(_cell(color, CELL) for color in row) + "</tr>" for row in colors
    )
    height, width = len(colors) * CELL + 2, len(colors[0]) * CELL + 2
    return (
        f'<table border="1" color="{CELL_BORDER}" cellborder="0" cellspacing="0" cellpadding="0" '
        f'fixedsize="true" width="{width}" height="{height}">{rows}</table>'
    )


def bar(colors: list[str]) -> str:
    """Return a row of colours as a table, for the legend."""
    row = "".join(_cell(color, CELL - 1) for color in colors)
    return (
        f'<table border="1" color="{CELL_BORDER}" cellborder="0" cellspacing="0" cellpadding="0">'
        f"<tr>{row}</tr></table>"
    )


def scale_colors() -> list[str]:
    """Return the colours from -1 to 1, for the legend."""
    return _colors(np.linspace(-1, 1, 16)[np.newaxis])[0]


def _cell(color: str, size: int) -> str:
    return f'<td width="{size}" height="{size}" fixedsize="true" bgcolor="{color}"></td>'


def _colors(shares: NDArray[np.float64]) -> list[list[str]]:
    table = palette("PuOr_r")
    middle = STEPS // 2
    return [
        [NON_FINITE if share != share else table[middle + round(share * middle)] for share in row]
        for row in shares.tolist()
    ]


@lru_cache(maxsize=4)
def palette(name: str) -> list[str]:
    """Return the 255 colours of one of matplotlib's colour maps."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(color) for color in colormaps[name](np.linspace(0, 1, STEPS))]
