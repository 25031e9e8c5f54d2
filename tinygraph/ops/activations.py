"""Activations: the elementwise functions after a linear layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.validation.arrays import Array

LARGEST_EXPONENT: dict[np.dtype[Any], Array] = {
    np.dtype(np.float64): np.array(709.0, np.float64),
    np.dtype(np.float32): np.array(88.0, np.float32),
}
"""Whole numbers whose exponentials are finite, as arrays: NumPy need not make them so each time."""


class Sigmoid(Op):
    r"""Logistic function, from the whole line to (0, 1).

    **Formula.** :math:`y = \sigma(x) = \dfrac{1}{1 + e^{-x}}`, element by element.

    **Gradient.** With :math:`u = 1 + e^{-x}`, so that :math:`y = u^{-1}` and
    :math:`du/dx = -e^{-x}`, the chain rule gives

    .. math:: \frac{dy}{dx} = -u^{-2} \cdot (-e^{-x}) = \frac{e^{-x}}{(1 + e^{-x})^2}
              = \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}} = y\,(1 - y),

    the last step because :math:`e^{-x} / (1 + e^{-x}) = 1 - y`.  Hence
    :math:`\partial L/\partial x = g \odot y \odot (1 - y)`.  The factor is at most 1/4, at x = 0:
    this is why gradients fade in deep chains of sigmoids.

    **Shape check.** All factors have the shape of x.

    The exponent is held below the largest that does not overflow, so that x = -1000 gives a
    number indistinguishable from 0 without a warning.

    >>> float(Sigmoid.forward(None, np.array(0.0)))
    0.5
    """

    role = "activation"
    formula = r"\sigma(x)"
    code = "1 / (1 + np.exp(-x))"
    rules = (
        Rule(
            r"g \odot y \odot (1 - y)",
            "g * y * (1 - y)",
            local="y * (1 - y)",
            why="σ′ = σ(1 − σ), element by element",
        ),
    )

    def forward(self, x: Array) -> Array:
        y: Array = 1 / (1 + np.exp(np.minimum(-x, LARGEST_EXPONENT[x.dtype])))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * y * (1 - y)


class Tanh(Op, numpy=np.tanh):
    r"""Hyperbolic tangent, from the whole line to (-1, 1), centred on 0.

    **Formula.** :math:`y = \tanh x = \dfrac{e^{x} - e^{-x}}{e^{x} + e^{-x}} = s / c`, element by
    element, with :math:`s = \sinh x` and :math:`c = \cosh x`.

    **Gradient.** :math:`s' = c` and :math:`c' = s`, so by the quotient rule

    .. math:: \frac{dy}{dx} = \frac{c \cdot c - s \cdot s}{c^2} = 1 - \frac{s^2}{c^2} = 1 - y^2 ,

    and :math:`\partial L/\partial x = g \odot (1 - y^2)`.  The factor is at most 1, at x = 0.

    **Shape check.** All factors have the shape of x.

    >>> float(Tanh.forward(None, np.array(0.0)))
    0.0
    """

    role = "activation"
    formula = r"\tanh(x)"
    code = "np.tanh(x)"
    rules = (
        Rule(
            r"g \odot (1 - y \odot y)",
            "g * (1 - y * y)",
            local="1 - y * y",
            why="tanh′ = 1 − tanh², element by element",
        ),
    )

    def forward(self, x: Array) -> Array:
        return np.tanh(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * (1 - y * y)


class ReLU(Op):
    r"""Rectified linear unit: negative elements become 0.

    **Formula.** :math:`y = \max(x, 0)`, element by element.

    **Gradient.** Where x > 0, y = x and the factor is 1; where x < 0, y = 0 and the factor is 0.
    At x = 0 there is a kink and no derivative: any number in [0, 1] is a subgradient, and 0 is
    taken here.  So :math:`\partial L/\partial x = g \odot [x > 0]`.  A unit that is negative for
    every sample gets no gradient at all: it is dead.

    **Shape check.** All factors have the shape of x.

    >>> ReLU.forward(None, np.array([-2.0, 3.0]))
    array([0., 3.])
    """

    role = "activation"
    formula = r"\max(x, 0)"
    code = "np.maximum(x, 0)"
    rules = (
        Rule(
            r"g \odot [x > 0]",
            "g * (x > 0)",
            local="1.0 * (x > 0)",
            why="the slope is 1 where x > 0 and 0 elsewhere; at the kink 0 is taken",
        ),
    )

    def forward(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * (x > 0)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        # Away from the kink at 0, where there is no derivative.
        return (rng.uniform(0.1, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4)),)


class Identity(Op):
    r"""No activation: the value is passed through unchanged.

    **Formula.** :math:`y = x`.  **Gradient.** The factor is 1: :math:`\partial L/\partial x = g`.

    >>> Identity.forward(None, np.array([-2.0, 3.0]))
    array([-2.,  3.])
    """

    role = "activation"
    formula = r"x"
    code = "x"
    rules = (Rule(r"g", "g", local="1.0", why="y is x, so the factor is 1"),)

    def forward(self, x: Array) -> Array:
        return x

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g


class LeakyReLU(Op):
    r"""ReLU with a small slope for negative x, so no unit can be dead.

    **Formula.** :math:`y = x` for x > 0, and :math:`y = k x` otherwise, element by element, with
    the hyperparameter k = ``slope``.

    **Gradient.** The slope is 1 for x > 0 and k for x < 0. At 0 there is no derivative, and k is
    used:

    .. math:: \frac{\partial L}{\partial x} = g \odot \begin{cases} 1 & x > 0 \\ k & x \le 0
              \end{cases} .

    **Shape check.** All factors have the shape of x.

    Source: A. L. Maas, A. Y. Hannun and A. Y. Ng, *Rectifier nonlinearities improve neural network
    acoustic models*, 2013.

    >>> LeakyReLU.forward(LeakyReLU(0.0, slope=0.1), np.array([-2.0, 3.0]))
    array([-0.2,  3. ])
    """

    role = "activation"
    formula = r"\max(x, slope \cdot x)"
    code = "np.where(x > 0, x, self.slope * x)"
    rules = (
        Rule(
            r"g \odot \begin{cases} 1 & x > 0 \\ slope & x \le 0 \end{cases}",
            "g * np.where(x > 0, 1.0, self.slope)",
            local="np.where(x > 0, 1.0, self.slope)",
            why="the slope is 1 for a positive input, and small for a negative one",
        ),
    )
    slope: float = 0.01

    def forward(self, x: Array) -> Array:
        return np.where(x > 0, x, self.slope * x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.where(x > 0, g, self.slope * g)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return ReLU.example(rng)


class GELU(Op):
    r"""A smooth ReLU that weights x by the probability that a normal number is smaller.

    **Formula.** :math:`y = x\, \Phi(x)`, with the usual approximation of the normal distribution
    function :math:`\Phi`:

    .. math:: y = \tfrac12 x (1 + h), \qquad h = \tanh(u), \qquad
              u = \sqrt{2 / \pi}\, (x + 0.044715\, x^3) .

    **Gradient.** By the product rule and the chain rule, with
    :math:`du/dx = \sqrt{2 / \pi}\, (1 + 3 \cdot 0.044715\, x^2)`,

    .. math:: \frac{dy}{dx} = \tfrac12 (1 + h) + \tfrac12 x\, (1 - h^2)\, \frac{du}{dx} .

    **Shape check.** All factors have the shape of x.

    Source: D. Hendrycks and K. Gimpel, *Gaussian error linear units*, 2016.

    >>> round(float(GELU.forward(None, np.array(1.0))), 4)
    0.8412
    """

    role = "activation"
    formula = r"x\, \Phi(x)"
    code = "0.5 * x * (1 + np.tanh(normal_argument(x)))"
    rules = (
        Rule(
            r"g \odot \left(\Phi(x) + x\, \Phi'(x)\right)",
            "g * gelu_slope(x)",
            local="gelu_slope(x)",
            why="the product rule: x has the slope 1, and Φ(x) has the slope Φ′(x)",
        ),
    )

    def forward(self, x: Array) -> Array:
        y: Array = 0.5 * x * (1 + np.tanh(normal_argument(x)))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * gelu_slope(x)


def normal_argument(x: Array) -> Array:
    """Return u with tanh(u) ≈ 2Φ(x) − 1."""
    y: Array = 0.7978845608028654 * (x + 0.044715 * x * x * x)
    return y


def gelu_slope(x: Array) -> Array:
    """Return the derivative of GELU.

    >>> round(float(gelu_slope(np.array(0.0))), 4)
    0.5
    """
    h = np.tanh(normal_argument(x))
    # Beyond 10, 1 − h² is 0, and the square might be infinite in float32.
    slope = 0.7978845608028654 * (1 + 0.134145 * np.minimum(x * x, 100))
    y: Array = 0.5 * (1 + h) + 0.5 * x * (1 - h * h) * slope
    return y
