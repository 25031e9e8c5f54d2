"""Arrays as small coloured tables: purple below 0, white at 0, orange above.

All values of one picture share one scale, so that the same colour is the same number wherever it
stands, and all gradients share another.  Gradients fade from layer to layer, so their colour goes
by the cube root: half the colour is an eighth of the gradient.  On a linear scale one would see
the last layer alone.

Negative cells are a little smaller, so that a grey print tells the signs apart too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tinygraph.validation.arrays import Array
from tinygraph.viz.diagram.style import CELL_BORDER, NON_FINITE, PAPER

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
    shares = levels(thumbnail(array), limit, is_gradient).tolist()
    rows = "".join(f"<tr>{''.join(_cell(share, CELL) for share in row)}</tr>" for row in shares)
    height, width = len(shares) * CELL + 2, len(shares[0]) * CELL + 2
    return (
        f'<table border="1" color="{CELL_BORDER}" cellborder="0" cellspacing="0" cellpadding="0" '
        f'fixedsize="true" width="{width}" height="{height}">{rows}</table>'
    )


def bar(cells: Iterable[str]) -> str:
    """Return a row of cells as a table, for the legend."""
    return (
        f'<table border="1" color="{CELL_BORDER}" cellborder="0" cellspacing="0" cellpadding="0">'
        f"<tr>{''.join(cells)}</tr></table>"
    )


def scale() -> str:
    """Return the cells from -1 to 1, for the legend."""
    return bar(_cell(share, CELL - 1) for share in np.linspace(-1, 1, 16).tolist())


def plain_cell(color: str, size: int = CELL - 1) -> str:
    """Return a cell of one colour."""
    return f'<td width="{size}" height="{size}" fixedsize="true" bgcolor="{color}"></td>'


def _cell(share: float, size: int) -> str:
    """Return a cell for a place on the scale."""
    if share != share:
        return plain_cell(NON_FINITE, size)
    middle = STEPS // 2
    color = palette("PuOr_r")[middle + round(share * middle)]
    if share >= 0:
        return plain_cell(color, size)
    edge = f'border="1" color="{PAPER}"'
    return f'<td width="{size}" height="{size}" fixedsize="true" bgcolor="{color}" {edge}></td>'


@lru_cache(maxsize=4)
def palette(name: str) -> list[str]:
    """Return the 255 colours of one of matplotlib's colour maps."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(color) for color in colormaps[name](np.linspace(0, 1, STEPS))]
