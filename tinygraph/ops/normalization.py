"""Normalization: numbers shifted and scaled to mean 0 and variance 1."""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape


def normalized(x: Array, eps: float) -> Array:
    """Return x shifted and scaled to mean 0 and variance 1 along the last axis.

    >>> normalized(np.array([1.0, 3.0]), 0.0)
    array([-1.,  1.])
    """
    y: Array = (x - np.mean(x, axis=-1, keepdims=True)) / deviation(x, eps)
    return y


def deviation(x: Array, eps: float) -> Array:
    """Return the standard deviation along the last axis, with ``eps`` added to the variance."""
    centred = x - np.mean(x, axis=-1, keepdims=True)
    y: Array = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + eps)
    return y


def through_norm(g: Array, x: Array, eps: float) -> Array:
    """Return the gradient of x, from the gradient of its normalized values."""
    h = normalized(x, eps)
    mean_g = np.mean(g, axis=-1, keepdims=True)
    mean_gh = np.mean(g * h, axis=-1, keepdims=True)
    y: Array = (g - mean_g - h * mean_gh) / deviation(x, eps)
    return y


def norm_slopes(x: Array, eps: float) -> Array:
    """Return the matrix of all slopes ∂h_i/∂x_j of the normalized values h."""
    h, n = normalized(x, eps), x.shape[-1]
    products = np.expand_dims(h, -1) * np.expand_dims(h, -2)
    slopes: Array = (np.eye(n) - 1 / n - products / n) / np.expand_dims(deviation(x, eps), -1)
    return slopes


class LayerNorm(Op):
    r"""Layer normalization: each sample is normalized over its last axis, then scaled and shifted.

    **Formula.** With the mean :math:`\mu = \frac1n \sum_j x_j`, the deviation
    :math:`s = \sqrt{\frac1n \sum_j (x_j - \mu)^2 + \varepsilon}` and
    :math:`h = (x - \mu) / s`,

    .. math:: y = \gamma \odot h + \beta .

    **Gradient.** For the gain and the bias, :math:`\partial L / \partial \gamma = \sum g \odot h`
    and :math:`\partial L / \partial \beta = \sum g`, summed over all samples. For x, write
    :math:`u = g \odot \gamma`, the gradient of h. Each :math:`x_j` enters :math:`h_i` directly,
    through the mean with the slope :math:`-1/n`, and through s with :math:`\partial s / \partial
    x_j = h_j / n`:

    .. math:: \frac{\partial h_i}{\partial x_j} = \frac1s \left([i = j] - \frac1n
              - \frac{h_i h_j}{n}\right) .

    Multiplied by :math:`u_i` and summed over i, this is

    .. math:: \frac{\partial L}{\partial x} = \frac1s \left(u - \overline{u}
              - h\, \overline{u \odot h}\right) ,

    where the bar is the mean over the last axis.

    **Shape check.** x, y, g, h and u have the same shape; the gain and the bias have the size of
    the last axis.

    Source: J. L. Ba, J. R. Kiros and G. E. Hinton, *Layer normalization*, 2016.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 4))
    >>> tg.LayerNorm(x, tg.Parameter(np.ones(4)), tg.Parameter(np.zeros(4)), name="h")
    <LayerNorm "h" (B, 4)>
    """

    role = "arithmetic"
    formula = r"gain \odot \frac{x - \mu}{s} + bias"
    code = "gain * normalized(x, self.eps) + bias"
    rules = (
        Rule(
            r"\frac{1}{s} \left(u - \overline{u} - h \odot \overline{u \odot h}\right)",
            "through_norm(g * gain, x, self.eps)",
            local="norm_slopes(x, self.eps)",
            why="x_j enters h_j directly, and all h of its row through the mean and the deviation",
        ),
        Rule(
            r"\sum_{i} g_{i} \odot h_{i}",
            "unbroadcast(g * normalized(x, self.eps), gain)",
            local="normalized(x, self.eps)",
            why="the gain multiplies h of every sample: a sum over the samples",
        ),
        Rule(
            r"\sum_{i} g_{i}",
            "unbroadcast(g, bias)",
            local="1.0",
            why="the bias is added to every sample: a sum over the samples",
        ),
    )
    eps: float = 1e-5

    def forward(self, x: Array, gain: Array, bias: Array) -> Array:
        return gain * normalized(x, self.eps) + bias

    def backward(
        self, g: Array, y: Array, x: Array, gain: Array, bias: Array
    ) -> tuple[Array, Array, Array]:
        return (
            through_norm(g * gain, x, self.eps),
            unbroadcast(g * normalized(x, self.eps), gain),
            unbroadcast(g, bias),
        )

    def infer_shape(self, x: Shape, gain: Shape, bias: Shape) -> Shape:
        if not x or x[-1] is None or not gain == bias == x[-1:]:
            raise self.shape_error("x (B, …, n), a gain (n,) and a bias (n,)")
        return x

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=4)
