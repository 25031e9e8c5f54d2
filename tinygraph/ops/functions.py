"""Elementary functions, entry by entry."""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.validation.arrays import Array


class Exp(Op):
    r"""Exponential function.

    **Formula.** :math:`y = e^{x}`.  **Gradient.** The function is its own derivative:
    :math:`\partial L/\partial x = g \odot y`.

    >>> float(Exp.forward(None, np.array(0.0)))
    1.0
    """

    formula = r"e^{x}"
    code = "np.exp(x)"
    rules = (Rule(r"g \odot y", "g * y", local="y", why="exp is its own derivative"),)

    def forward(self, x: Array) -> Array:
        return np.exp(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * y


class Log(Op):
    r"""Natural logarithm, for x > 0.

    **Formula.** :math:`y = \ln x`.  **Gradient.** From :math:`e^{y} = x` and the chain rule,
    :math:`e^{y}\, y' = 1`, so :math:`y' = 1/x` and :math:`\partial L/\partial x = g / x`.

    >>> float(Log.forward(None, np.array(1.0)))
    0.0
    """

    formula = r"\ln(x)"
    code = "np.log(x)"
    rules = (Rule(r"\frac{g}{x}", "g / x", local="1 / x", why="ln′ = 1/x"),)

    def forward(self, x: Array) -> Array:
        return np.log(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / x

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.uniform(0.5, 2.0, size=(3, 4)),)
