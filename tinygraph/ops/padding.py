"""Padding: more elements at the edges of an array, all with the same number."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import Array, brief, is_number, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape

Widths = tuple[tuple[int, int], ...]


class Pad(Op):
    r"""An array with a frame of a fixed number around it.

    **Formula.** y contains x, and everywhere else the number c.  **Gradient.** Every element of x
    enters y once, with the factor 1; the frame is constant. So the gradient is the part of g inside
    the frame.

    **Shape check.** The part of g inside the frame has the shape of x.

    Parameters
    ----------
    widths : tuple of pairs
        For each axis, the number of new elements before and after it; 0 for the batch axis.
    fill : float
        The number c. Default: 0.

    >>> import tinygraph as tg
    >>> np.pad(tg.Input("x", shape=(None, 8, 8)), ((0, 0), (1, 1), (1, 1)))
    <Pad (unnamed) (B, 10, 10)>
    """

    formula = r"\mathrm{pad}(x)"
    code = "np.pad(x, self.widths, constant_values=self.fill)"
    rules = (
        Rule(
            r"g_{\text{inside}}",
            "g[inside(self.widths, x.shape)]",
            local="1.0",
            why="every element of x is one element of y, and the frame is constant",
        ),
    )
    widths: Widths = ((0, 0), (1, 2))
    fill: float = 0.0

    def forward(self, x: Array) -> Array:
        return np.pad(x, self.widths, constant_values=self.fill)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g[inside(self.widths, x.shape)]

    def infer_shape(self, x: Shape) -> Shape:
        widths: Any = self.widths
        if not isinstance(widths, tuple) or not all(map(_is_pair, widths)):
            raise ArgumentTypeError(
                f"widths of {describe(self)} must have a pair of whole numbers of at least 0 for "
                f"each axis, such as ((0, 0), (1, 1)); got {brief(widths)}."
            )
        if not is_number(self.fill):
            raise ArgumentTypeError(
                f"fill of {describe(self)} must be a number; got {brief(self.fill)}."
            )
        if len(widths) != len(x):
            raise self.shape_error(f"an array with {len(widths)} axes, one for each pair of widths")
        if any(n is None and pair != (0, 0) for n, pair in zip(x, widths)):
            raise self.shape_error("the widths (0, 0) for the batch axis", "samples are not added")
        return tuple(n if n is None else n + sum(pair) for n, pair in zip(x, widths))


def _is_pair(pair: Any) -> bool:
    return (
        isinstance(pair, tuple)
        and len(pair) == 2
        and all(is_whole_number(width) and width >= 0 for width in pair)
    )


def inside(widths: Widths, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the index of the elements that are not in the frame.

    >>> inside(((0, 0), (1, 2)), (3, 4))
    (slice(None, None, None), slice(1, 5, None))
    """
    return tuple(
        slice(None) if pair == (0, 0) else slice(pair[0], pair[0] + n)
        for pair, n in zip(widths, shape)
    )


@builds(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    """Build a Pad node."""
    if mode != "constant":
        raise ArgumentTypeError(
            f"mode of np.pad must be 'constant' for a node; got {brief(mode)}. Write "
            f"np.concatenate with parts of the node for any other frame."
        )
    try:
        widths = np.broadcast_to(np.asarray(pad_width), (len(array.shape), 2)).tolist()
    except ValueError:
        widths = pad_width
    pairs = tuple(tuple(pair) for pair in widths) if isinstance(widths, list) else widths
    return Pad(array, widths=pairs, fill=constant_values)
