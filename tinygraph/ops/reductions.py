"""Reductions: many elements become one, and the gradient of that one spreads over the many."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.numpy_functions import FUNCTIONS
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, show

Axes = int | tuple[int, ...] | None
"""The axes of a reduction; None means all of them."""


class Sum(Op, numpy=np.sum):
    r"""Sum over all elements, or along some axes.

    **Formula.** :math:`y = \sum_i x_i`.  **Gradient.** Every element enters with the factor 1, so
    each gets the whole g: :math:`\partial L/\partial x_i = g`.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to sum along. Default: all of them.
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
            why="every element enters the sum with the factor 1",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        y: Array = np.sum(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(spread(g, x, self.axis), x.shape)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


class Mean(Op, numpy=np.mean):
    r"""Mean over all elements, or along some axes.

    **Formula.** :math:`y = \frac{1}{n} \sum_i x_i`, with n the number of elements averaged.
    **Gradient.** Every element enters with the factor 1/n: :math:`\partial L/\partial x_i = g / n`.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to average along. Default: all of them.
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
            why="every element enters the mean with the factor 1/n",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        refuse_empty(self, x, "mean")
        y: Array = np.mean(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.broadcast_to(spread(g, x, self.axis) / reduced_size(x, self.axis), x.shape)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


class Max(Op, numpy=np.max):
    r"""Largest element, over all or along some axes.

    **Formula.** :math:`y = \max_i x_i`.

    **Gradient.** Near x, y is the one element that is the largest, so its slope is 1 and that of
    all others is 0. If n elements are equally large, there is a kink, and each of them gets 1/n:

    .. math:: \frac{\partial L}{\partial x_i} = g \cdot \frac{[x_i = y]}{n} .

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to search along. Default: all of them.
    keepdims : bool
        Keep these axes, with size 1.

    >>> import tinygraph as tg
    >>> tg.Max(tg.Input("x", shape=(None, 2)), axis=1)
    <Max (unnamed) (B,)>
    """

    formula = r"\max x"
    code = "np.max(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"g \cdot \frac{[x = y]}{n}",
            "spread(g, x, self.axis) * share_of(y, x, self.axis)",
            local="share_of(y, x, self.axis)",
            why="the slope is 1 for the largest element and 0 for all others",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        refuse_empty(self, x, "maximum")
        y: Array = np.max(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return spread(g, x, self.axis) * share_of(y, x, self.axis)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


class Min(Op, numpy=np.min):
    r"""Smallest element, over all or along some axes.

    **Formula.** :math:`y = \min_i x_i`.

    **Gradient.** As for the maximum, only the element that is the smallest has the slope 1; if n
    elements are equally small, each of them gets 1/n:

    .. math:: \frac{\partial L}{\partial x_i} = g \cdot \frac{[x_i = y]}{n} .

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to search along. Default: all of them.
    keepdims : bool
        Keep these axes, with size 1.

    >>> import tinygraph as tg
    >>> tg.Min(tg.Input("x", shape=(None, 2)), axis=1)
    <Min (unnamed) (B,)>
    """

    formula = r"\min x"
    code = "np.min(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"g \cdot \frac{[x = y]}{n}",
            "spread(g, x, self.axis) * share_of(y, x, self.axis)",
            local="share_of(y, x, self.axis)",
            why="the slope is 1 for the smallest element and 0 for all others",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        refuse_empty(self, x, "minimum")
        y: Array = np.min(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return spread(g, x, self.axis) * share_of(y, x, self.axis)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


def log_sum_exp(x: Any, axis: Axes = None, keepdims: bool = False) -> Any:
    """Return the logarithm of the sum of exponentials, without overflow.

    >>> float(log_sum_exp(np.array([900.0, 900.0])).round(4))
    900.6931
    """
    if isinstance(x, ArrayInterface):
        node: Any = x
        return node.__array_function__(log_sum_exp, (type(x),), (x, axis, keepdims), {})
    largest = np.max(x, axis=axis, keepdims=True)
    y = largest + np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True))
    return y if keepdims else np.squeeze(y, axis=axis)


class LogSumExp(Op, numpy=log_sum_exp):
    r"""Logarithm of a sum of exponentials, over all elements or along some axes: a smooth maximum.

    **Formula.** :math:`y = \ln \sum_i e^{x_i}`. It lies between the maximum and the maximum plus
    :math:`\ln n`.

    **Gradient.** The derivative of the logarithm is 1 divided by the sum, and that of the sum is
    :math:`e^{x_i}`. With :math:`e^{y} = \sum_k e^{x_k}`, the quotient is the softmax:

    .. math:: \frac{\partial L}{\partial x_i} = g \cdot \frac{e^{x_i}}{\sum_k e^{x_k}}
              = g \cdot e^{x_i - y} .

    **Shape check.** g and y keep the reduced axes with size 1, so the product has the shape of x.

    The largest x is subtracted before the exponentials and added again after the logarithm, so
    nothing overflows.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to sum along. Default: all of them.
    keepdims : bool
        Keep these axes, with size 1.

    >>> import tinygraph as tg
    >>> tg.LogSumExp(tg.Input("x", shape=(None, 2)), axis=1)
    <LogSumExp (unnamed) (B,)>
    """

    formula = r"\ln \sum e^{x}"
    code = "np.log(np.sum(np.exp(x), axis=self.axis, keepdims=self.keepdims))"
    rules = (
        Rule(
            r"g \odot e^{x - y}",
            "spread(g, x, self.axis) * np.exp(x - spread(y, x, self.axis))",
            local="np.exp(x - spread(y, x, self.axis))",
            why="ln′ is 1 divided by the sum, so the slope is e^x divided by the sum: a softmax",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        refuse_empty(self, x, "sum of exponentials with a logarithm")
        y: Array = log_sum_exp(x, self.axis, self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return spread(g, x, self.axis) * np.exp(x - spread(y, x, self.axis))

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


FUNCTIONS.update({np.amax: Max, np.amin: Min})  # NumPy's old names


def spread(g: Array, x: Array, axis: Axes) -> Array:
    """Return ``g`` with the axes that the reduction of ``x`` removed, each with size 1.

    >>> spread(np.ones(3), np.ones((3, 5)), 1).shape
    (3, 1)
    """
    if axis is None:
        return g if g.ndim == 0 else np.reshape(g, ())
    reduced = _axes(x.ndim, axis)
    return np.reshape(g, tuple(1 if a in reduced else n for a, n in enumerate(x.shape)))


def share_of(y: Array, x: Array, axis: Axes) -> Array:
    """Return 1 for the elements of ``x`` that equal the extreme ``y``, shared if there are more."""
    is_extreme = (x == spread(y, x, axis)).astype(x.dtype)
    share: Array = is_extreme / np.sum(is_extreme, axis=axis, keepdims=True)
    return share


def reduced_size(x: Array, axis: Axes) -> int:
    """Return the number of elements that each element of the result is computed from."""
    size = 1
    for a in _axes(x.ndim, axis):
        size = size * x.shape[a]
    return size


def reduced_shape(op: Op, x: Shape, axis: Any, keepdims: Any) -> Shape:
    """Return the shape after reducing ``x`` along ``axis``.

    Raises
    ------
    ArgumentTypeError
        If ``axis`` is not whole numbers, or ``keepdims`` is not a boolean.
    ShapeError
        If ``x`` does not have such an axis.
    """
    if not isinstance(keepdims, bool):
        raise ArgumentTypeError(
            f"keepdims of {describe(op)} must be True or False; got {brief(keepdims)}."
        )
    given = () if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if not all(map(is_whole_number, given)):
        raise ArgumentTypeError(
            f"axis of {describe(op)} must be a whole number, a tuple of whole numbers, or None; "
            f"got {brief(axis)}."
        )
    for each in given:
        if not -len(x) <= each < len(x):
            rule = f"an axis from {-len(x)} to {len(x) - 1} of {show(x)}, not {each}"
            raise op.shape_error(rule if x else "at least one axis to reduce")
    reduced = _axes(len(x), axis)
    if len(set(reduced)) < len(reduced):
        raise op.shape_error(f"different axes, not {axis}")
    if keepdims:
        return tuple(1 if a in reduced else n for a, n in enumerate(x))
    return tuple(n for a, n in enumerate(x) if a not in reduced)


def _axes(ndim: int, axis: Any) -> tuple[int, ...]:
    """Return the axes as a tuple of numbers from 0.

    >>> _axes(3, None), _axes(3, -1), _axes(3, (0, -1))
    ((0, 1, 2), (2,), (0, 2))
    """
    if axis is None:
        return tuple(range(ndim))
    return tuple(int(a) % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def refuse_empty(op: Op, x: Array, what: str) -> None:
    """Raise if a reduction has no element to compute its result from."""
    if reduced_size(x, op.axis) == 0:
        raise ShapeError(
            f"{describe(op)} needs at least one element, since an empty array has no {what}; "
            f"got the shape {show(x.shape)}. Feed a batch of at least one sample.",
            op,
        )
