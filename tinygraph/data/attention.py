"""Pictures of attention: which position of a sequence looks at which other position."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tinygraph.data.pictures import as_drawn, figure_for, title_text
from tinygraph.errors import ArgumentError, ShapeError
from tinygraph.validation.arrays import Array, as_float_array, brief
from tinygraph.validation.shapes import show


def attention_maps(
    weights: Any, tokens: Any = None, figure: Figure | None = None, title: str = ""
) -> Figure:
    """Draw attention weights as heat maps, one for each head.

    A row is the position that looks, a column the position that it looks at. Each row sums to 1.

    Parameters
    ----------
    weights : array (heads, T, T), (T, T) or (blocks, heads, T, T)
        The weights of one sample, or their mean over many samples. Several blocks are drawn one
        below the other.
    tokens : sequence of length T, optional
        The text at each position. Default: the numbers of the positions, from 1.
    figure : matplotlib Figure, optional
        Default: a new one of pyplot.
    title : str

    Raises
    ------
    ShapeError, ArgumentError

    >>> figure = attention_maps(np.full((2, 3, 3), 1 / 3), tokens=["a", "b", "c"])
    >>> [axes.get_title() for axes in figure.axes]
    ['head 1', 'head 2']
    """
    maps = _checked(weights)
    blocks, heads, length = maps.shape[:3]
    names = _names(tokens, length)
    figure = figure_for(figure, (1.9 * heads + 0.4, 2.1 * blocks))
    for k in range(blocks):
        for head in range(heads):
            axes = figure.add_subplot(blocks, heads, k * heads + head + 1)
            axes.imshow(maps[k, head], cmap="Blues", vmin=0.0, vmax=1.0)
            axes.set_xticks(range(length), names)
            axes.set_yticks(range(length), names if head == 0 else [""] * length)
            axes.tick_params(length=0, labelsize="small")
            place = f"block {k + 1}, " if blocks > 1 else ""
            axes.set_title(f"{place}head {head + 1}", fontsize="small")
    if title_text(title):
        figure.suptitle(title_text(title))
    return figure


def _checked(weights: Any) -> Array:
    maps = as_float_array(weights, "The weights")
    if maps.ndim in (2, 3):
        maps = maps[(None,) * (4 - maps.ndim)]
    if maps.ndim != 4 or maps.shape[2] != maps.shape[3] or not maps.size:
        raise ShapeError(
            f"Attention weights must be an array (heads, T, T) or (blocks, heads, T, T); got "
            f"{show(np.shape(weights))}. Choose one sample of a batch, or take the mean over it."
        )
    return maps


def _names(tokens: Any, length: int) -> list[str]:
    if tokens is None:
        return [str(k + 1) for k in range(length)]
    if not isinstance(tokens, (list, tuple, np.ndarray, str)) or len(tokens) != length:
        raise ArgumentError(
            f"tokens must hold one text for each of the {length} positions; got {brief(tokens)}."
        )
    return [as_drawn(str(token)) for token in tokens]
