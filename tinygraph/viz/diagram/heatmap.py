"""Arrays as small coloured tables: purple below 0, white at 0, orange above.

All values of one role share a scale, so that the same colour is the same number on every
activation, for example.  All gradients share another scale.  Gradients shrink from layer to layer,
so their colour follows the cube root: half the colour is an eighth of the gradient.  On a linear
scale only the last layer would be visible.

Negative cells are slightly smaller, so that a grey print shows the signs too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tinygraph.validation.arrays import Array
from tinygraph.viz.diagram.style import CELL_BORDER, NON_FINITE, PAPER

MOST_CELLS = 8
MOST_PIXELS = 14
"""How many rows and columns of an image are drawn."""
CELL = 9
STEPS = 255
OUTLIER = 1e6
"""Numbers from this magnitude on, such as a mask of -1e9, do not set the scale of the others."""


class Sample(NamedTuple):
    """The part of an array that a card shows.

    Attributes
    ----------
    shape : tuple
        The shape of the whole array.
    cells : array
        The shown elements, as a matrix.
    notes : tuple of str
        The parts that are left out, such as "8 of 21 rows".
    peak, plain_peak : float
        The largest magnitude of the whole array, and the largest one below ``OUTLIER``.
    """

    shape: tuple[int, ...]
    cells: Array
    notes: tuple[str, ...]
    peak: float
    plain_peak: float


def sample(array: Array) -> Sample:
    """Return the part of ``array`` that fits on a card, evenly spread.

    Of an array with more than two axes, such as a batch of images, the first matrix is shown.

    >>> shown = sample(np.arange(100.0).reshape(100, 1))
    >>> shown.cells.ravel(), shown.notes
    (array([ 0., 14., 28., 42., 57., 71., 85., 99.]), ('8 of 100 rows',))
    """
    is_image = array.ndim > 2 and array.size > 0
    matrix: Array = np.atleast_2d(array[(0,) * (array.ndim - 2)] if is_image else array)
    matrix = matrix.reshape(-1, matrix.shape[-1])
    most = MOST_PIXELS if is_image else MOST_CELLS
    picks = [np.linspace(0, n - 1, min(n, most)).round().astype(int) for n in matrix.shape]
    axes = ("rows", "columns" if array.ndim > 1 else "elements")
    notes = [
        f"{len(pick)} of {size:,} {axis}"
        for pick, size, axis in zip(picks, matrix.shape, axes, strict=True)
        if len(pick) < size
    ]
    if is_image:
        notes.insert(0, f"the first of {' × '.join(map(str, array.shape[:-2]))}")
    magnitudes = np.abs(array, dtype=np.float64)
    plain = magnitudes[magnitudes < OUTLIER]
    return Sample(
        array.shape,
        matrix[np.ix_(*picks)].copy(),
        tuple(notes),
        largest(array),
        float(np.max(plain, initial=0.0)),
    )


def largest(array: Array) -> float:
    """Return the largest magnitude among the finite elements, or 0."""
    magnitudes = np.abs(array, dtype=np.float64)
    return float(np.max(magnitudes, where=np.isfinite(magnitudes), initial=0.0))


def levels(array: Array, limit: float, is_gradient: bool) -> NDArray[np.float64]:
    """Return the position of each element on the scale from -1 to 1, NaN where it is not finite.

    >>> levels(np.array([-0.125, 0.0, np.inf]), 1.0, is_gradient=True)
    array([-0.5,  0. ,  nan])
    """
    finite = np.where(np.isfinite(array), array, np.nan).astype(np.float64)
    share = np.clip(finite / (limit or 1.0), -1, 1)
    return np.cbrt(share) if is_gradient else share


def cell_color(shown: Sample, limit: float, is_gradient: bool) -> list[list[str]]:
    """Return the colour of each cell of a sample, row by row."""
    shares = levels(shown.cells, limit, is_gradient).tolist()
    return [[_color(share) for share in row] for row in shares]


def table(shown: Sample, limit: float, is_gradient: bool) -> str:
    """Return a sample as a table for a Graphviz label."""
    shares = levels(shown.cells, limit, is_gradient).tolist()
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
    color = _color(share)
    if not share < 0:
        return plain_cell(color, size)
    edge = f'border="1" color="{PAPER}"'
    return f'<td width="{size}" height="{size}" fixedsize="true" bgcolor="{color}" {edge}></td>'


def _color(share: float) -> str:
    middle = STEPS // 2
    return NON_FINITE if share != share else palette("PuOr_r")[middle + round(share * middle)]


@lru_cache(maxsize=4)
def palette(name: str) -> list[str]:
    """Return the 255 colours of one of matplotlib's colour maps."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return [to_hex(color) for color in colormaps[name](np.linspace(0, 1, STEPS))]
