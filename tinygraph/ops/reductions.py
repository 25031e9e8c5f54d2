"""Reductions: many entries become one, and one gradient spreads over many."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, show


class Sum(Op):
    r"""Sum over all entries, or along one axis.

    **Formula.** :math:`y = \sum_i x_i`.  **Gradient.** Every entry enters with the factor 1, so
    each gets the whole g: :math:`\partial L/\partial x_i = g`.

    Parameters
    ----------
    axis : int, optional
        The axis to sum along; all entries unless told.
    keepdims : bool
        Keep the summed axes, with size 1.

    >>> import tinygraph as tg
    >>> tg.Sum(tg.Input("x", shape=(None, 2)), axis=1)
    <Sum (unnamed) (B,)>
    """

    formula = r"\sum x"
    code = "np.sum(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"g \cdot 1",
            "np.broadcast_to(spread(g, x, self.axis), x.shape)",
            local="1.0",
            why="every entry enters the sum with the factor 1",
        ),
    )
    axis: int | None = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        y: Array = np.sum(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(spread(g, x, self.axis), x.shape)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


class Mean(Op):
    r"""Mean over all entries, or along one axis.

    **Formula.** :math:`y = \frac{1}{n} \sum_i x_i`, with n the number of entries averaged.
    **Gradient.** Every entry enters with the factor 1/n: :math:`\partial L/\partial x_i = g / n`.

    Parameters
    ----------
    axis : int, optional
        The axis to average along; all entries unless told.
    keepdims : bool
        Keep the averaged axes, with size 1.

    >>> import tinygraph as tg
    >>> tg.Mean(tg.Input("x", shape=(None, 2)))
    <Mean (unnamed) ()>
    """

    formula = r"\mathrm{mean}(x)"
    code = "np.mean(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"\frac{g}{n}",
            "np.broadcast_to(spread(g, x, self.axis) * g.size / x.size, x.shape)",
            local="y.size / x.size",
            why="every entry enters the mean with the factor 1/n",
        ),
    )
    axis: int | None = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        if (x.size if self.axis is None else x.shape[self.axis]) == 0:
            raise ShapeError(
                f"{describe(self)} needs at least one entry, since the mean of none is undefined; "
                f"got {x.shape}. Feed a batch of at least one sample.",
                self,
            )
        y: Array = np.mean(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        n = x.size if self.axis is None else x.shape[self.axis]
        return np.broadcast_to(spread(g, x, self.axis) / n, x.shape)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


def spread(g: Array, x: Array, axis: int | None) -> Array:
    """Return ``g`` with the axes that the reduction of ``x`` dropped put back, with size 1."""
    if axis is None:
        return g  # one number, which fits every shape as it is
    return np.reshape(g, tuple(1 if a == axis % x.ndim else n for a, n in enumerate(x.shape)))


def reduced_shape(op: Op, x: Shape, axis: Any, keepdims: Any) -> Shape:
    """Return the shape after reducing ``x`` along ``axis``, or refuse the axis.

    Raises
    ------
    ArgumentTypeError
        If ``axis`` is no whole number, or ``keepdims`` no boolean.
    ShapeError
        If ``x`` has no such axis.
    """
    if not isinstance(keepdims, (bool, np.bool_)):
        raise ArgumentTypeError(
            f"keepdims of {describe(op)} is True or False; got {brief(keepdims)}."
        )
    if axis is None:
        return (1,) * len(x) if keepdims else ()
    if not is_whole_number(axis):
        raise ArgumentTypeError(
            f"axis of {describe(op)} is a whole number or None; got {brief(axis)}."
        )
    if not -len(x) <= axis < len(x):
        raise op.shape_error(f"an axis from {-len(x)} to {len(x) - 1} of {show(x)}, not {axis}")
    axis = int(axis) % len(x)
    return x[:axis] + ((1,) if keepdims else ()) + x[axis + 1 :]
