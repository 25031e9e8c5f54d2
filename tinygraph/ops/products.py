"""The product of elements, and sums of all elements up to each place."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.reductions import Axes, reduced_shape, spread
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, show


class Prod(Op, numpy=np.prod):
    r"""Product of all elements, or along some axes.

    **Formula.** :math:`y = \prod_i x_i`.

    **Gradient.** All other elements are a constant factor of :math:`x_i`, so the slope is their
    product:

    .. math:: \frac{\partial L}{\partial x_i} = g \cdot \prod_{k \ne i} x_k .

    If no element is 0, that is :math:`g\, y / x_i`. If one is 0, only its own slope is not 0. If
    two are 0, all slopes are.

    **Shape check.** g keeps the reduced axes with size 1, so the result has the shape of x.

    Second derivatives are right where at most one factor in each product is 0.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to multiply along. Default: all of them.
    keepdims : bool
        Keep these axes, with size 1.

    >>> import tinygraph as tg
    >>> np.prod(tg.Input("x", shape=(None, 2)), axis=1)
    <Prod (unnamed) (B,)>
    """

    formula = r"\prod x"
    code = "np.prod(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"g \odot \prod_{\text{others}} x",
            "spread(g, x, self.axis) * product_of_others(x, self.axis)",
            local="product_of_others(x, self.axis)",
            why="all other elements are a constant factor",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        y: Array = np.prod(x, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return spread(g, x, self.axis) * product_of_others(x, self.axis)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


def product_of_others(x: Array, axis: Axes) -> Array:
    """Return for each element the product of all others along the axes.

    >>> product_of_others(np.array([2.0, 3.0, 5.0]), None)
    array([15., 10.,  6.])
    >>> product_of_others(np.array([2.0, 0.0, 5.0]), None)
    array([ 0., 10.,  0.])
    """
    is_zero = x == 0
    zeros = np.sum(is_zero, axis=axis, keepdims=True)
    factors = np.where(is_zero, 1, x)
    product = np.prod(factors, axis=axis, keepdims=True)
    y: Array = np.where(is_zero, (zeros == 1) * product, (zeros == 0) * product / factors)
    return y


class CumSum(Op):
    r"""Sums of all elements up to each place along an axis.

    **Formula.** :math:`y_i = \sum_{k \le i} x_k`.

    **Gradient.** :math:`x_k` enters every :math:`y_i` with :math:`i \ge k`, with the factor 1. So
    the gradient is a sum of g from place k to the end, which is a running sum from the other side:

    .. math:: \frac{\partial L}{\partial x_k} = \sum_{i \ge k} g_i .

    **Shape check.** x, y and g have the same shape.

    Parameters
    ----------
    axis : int
        The axis to go along. Default: the last one.

    >>> import tinygraph as tg
    >>> np.cumsum(tg.Input("x", shape=(None, 2)), axis=1)
    <CumSum (unnamed) (B, 2)>
    """

    formula = r"\sum_{k \le i} x_{k}"
    code = "np.cumsum(x, axis=self.axis)"
    rules = (
        Rule(
            r"\sum_{i \ge k} g_{i}",
            "np.flip(np.cumsum(np.flip(g, self.axis), axis=self.axis), self.axis)",
            local="1.0",
            why="an element is a part of each sum from its place on, with the factor 1",
        ),
    )
    axis: int = -1

    def forward(self, x: Array) -> Array:
        y: Array = np.cumsum(x, axis=self.axis)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.flip(np.cumsum(np.flip(g, self.axis), axis=self.axis), self.axis)

    def infer_shape(self, x: Shape) -> Shape:
        if not is_whole_number(self.axis):
            raise ArgumentTypeError(
                f"axis of {describe(self)} must be a whole number; got {brief(self.axis)}."
            )
        if not -len(x) <= self.axis < len(x):
            raise self.shape_error(f"an axis of {show(x)}, not {self.axis}")
        return x


@builds(np.cumsum)
def cumsum(a: Any, axis: Any = None) -> Any:
    """Build a CumSum node."""
    if axis is None and len(a.shape) != 1:
        raise ArgumentTypeError(
            f"np.cumsum of a node must have an axis, such as axis=-1; got {brief(a)} and no axis."
        )
    return CumSum(a, axis=-1 if axis is None else axis)
