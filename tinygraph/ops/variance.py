"""Variance and standard deviation: how far elements lie from their mean."""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.ops.reductions import Axes, reduced_shape, reduced_size, refuse_empty, spread
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape


class Var(Op, numpy=np.var):
    r"""Variance over all elements, or along some axes: the mean squared distance from the mean.

    **Formula.** :math:`y = \frac{1}{n} \sum_i (x_i - m)^2`, with the mean
    :math:`m = \frac{1}{n} \sum_i x_i`.

    **Gradient.** :math:`x_i` enters directly, with the slope :math:`\frac{2}{n} (x_i - m)`, and
    through m. But the slope by m is :math:`-\frac{2}{n} \sum_k (x_k - m) = 0`, because the
    distances from the mean add up to 0. So

    .. math:: \frac{\partial L}{\partial x_i} = g \cdot \frac{2}{n} (x_i - m) .

    **Shape check.** g and m keep the reduced axes with size 1, so the product has the shape of x.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to average along. Default: all of them.
    keepdims : bool
        Keep these axes, with size 1.

    >>> import tinygraph as tg
    >>> np.var(tg.Input("x", shape=(None, 2)), axis=1)
    <Var (unnamed) (B,)>
    """

    formula = r"\mathrm{var}(x)"
    code = "np.var(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"g \odot \frac{2}{n} \odot (x - \mathrm{mean}(x))",
            "spread(g, x, self.axis) * (2 / reduced_size(x, self.axis)) * centered(x, self.axis)",
            local="2 / reduced_size(x, self.axis) * centered(x, self.axis)",
            why="the slope by the mean is 0, since the distances from it add up to 0",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        refuse_empty(self, x, "variance")
        y: Array = np.mean(centered(x, self.axis) ** 2, axis=self.axis, keepdims=self.keepdims)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return spread(g, x, self.axis) * (2 / reduced_size(x, self.axis)) * centered(x, self.axis)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


class Std(Op, numpy=np.std):
    r"""Standard deviation over all elements, or along some axes: the root of the variance.

    **Formula.** :math:`y = \sqrt{\frac{1}{n} \sum_i (x_i - m)^2}`, with the mean m.

    **Gradient.** The slope of the root of v is :math:`1 / (2 \sqrt{v}) = 1 / (2 y)`, and that of
    the variance is :math:`\frac{2}{n} (x_i - m)` (:class:`Var`). Their product is

    .. math:: \frac{\partial L}{\partial x_i} = g \cdot \frac{x_i - m}{n\, y} .

    If all elements are equal, y is 0 and has a kink there: tinygraph takes the gradient 0.

    **Shape check.** g, m and y keep the reduced axes with size 1, so the result has the shape of x.

    Parameters
    ----------
    axis : int or tuple of int, optional
        The axes to average along. Default: all of them.
    keepdims : bool
        Keep these axes, with size 1.

    >>> import tinygraph as tg
    >>> np.std(tg.Input("x", shape=(None, 2)), axis=1)
    <Std (unnamed) (B,)>
    """

    formula = r"\mathrm{std}(x)"
    code = "np.std(x, axis=self.axis, keepdims=self.keepdims)"
    rules = (
        Rule(
            r"\frac{g}{n\, y} \odot (x - \mathrm{mean}(x))",
            "spread(g / divisor(y, x, self.axis), x, self.axis) * centered(x, self.axis)",
            local="centered(x, self.axis) / spread(divisor(y, x, self.axis), x, self.axis)",
            why="the slope of the root is 1/(2y), that of the variance is 2(x − mean)/n",
        ),
    )
    axis: Axes = None
    keepdims: bool = False

    def forward(self, x: Array) -> Array:
        refuse_empty(self, x, "standard deviation")
        squares = centered(x, self.axis) ** 2
        y: Array = np.sqrt(np.mean(squares, axis=self.axis, keepdims=self.keepdims))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return spread(g / divisor(y, x, self.axis), x, self.axis) * centered(x, self.axis)

    def infer_shape(self, x: Shape) -> Shape:
        return reduced_shape(self, x, self.axis, self.keepdims)


def centered(x: Array, axis: Axes) -> Array:
    """Return the distances of the elements from their mean along the axes.

    >>> centered(np.array([1.0, 3.0]), None)
    array([-1.,  1.])
    """
    y: Array = x - np.mean(x, axis=axis, keepdims=True)
    return y


def divisor(y: Array, x: Array, axis: Axes) -> Array:
    """Return n times the standard deviation y, and n where y is 0: the numerator is 0 there."""
    return reduced_size(x, axis) * np.where(y == 0, 1, y)
