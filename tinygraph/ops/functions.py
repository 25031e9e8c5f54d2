"""Elementary functions of one variable, element by element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.numpy_functions import FUNCTIONS, builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import Array, brief


class Exp(Op, numpy=np.exp):
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


class Expm1(Op, numpy=np.expm1):
    r"""Exponential function minus 1, exact also for x close to 0.

    **Formula.** :math:`y = e^{x} - 1`.  **Gradient.** The slope is :math:`e^{x} = y + 1`:
    :math:`\partial L/\partial x = g \odot (y + 1)`.

    >>> float(Expm1.forward(None, np.array(1e-20)))
    1e-20
    """

    formula = r"e^{x} - 1"
    code = "np.expm1(x)"
    rules = (
        Rule(r"g \odot (y + 1)", "g * (y + 1)", local="y + 1", why="the slope is e^x = y + 1"),
    )

    def forward(self, x: Array) -> Array:
        return np.expm1(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * (y + 1)


class Log(Op, numpy=np.log):
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


class Log1p(Op, numpy=np.log1p):
    r"""Natural logarithm of 1 + x, for x > -1, exact also for x close to 0.

    **Formula.** :math:`y = \ln(1 + x)`.  **Gradient.** With :math:`u = 1 + x`, the slope of
    :math:`\ln u` is :math:`1/u` and the slope of u is 1:
    :math:`\partial L/\partial x = g / (1 + x)`.

    >>> float(Log1p.forward(None, np.array(1e-20)))
    1e-20
    """

    formula = r"\ln(1 + x)"
    code = "np.log1p(x)"
    rules = (Rule(r"\frac{g}{1 + x}", "g / (1 + x)", local="1 / (1 + x)", why="ln′ at 1 + x"),)

    def forward(self, x: Array) -> Array:
        return np.log1p(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / (1 + x)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.uniform(-0.5, 1.0, size=(3, 4)),)


class Abs(Op, numpy=np.abs):
    r"""Absolute value.

    **Formula.** :math:`y = |x|`.  **Gradient.** The slope is 1 where x > 0 and -1 where x < 0. At
    x = 0 there is a kink, where tinygraph takes 0:
    :math:`\partial L/\partial x = g \odot \operatorname{sign}(x)`.

    >>> float(Abs.forward(None, np.array(-2.0)))
    2.0
    """

    formula = r"|x|"
    code = "np.abs(x)"
    rules = (
        Rule(
            r"g \odot \operatorname{sign}(x)",
            "g * np.sign(x)",
            local="np.sign(x)",
            why="the slope is 1 where x > 0 and −1 where x < 0; at the kink, 0 is taken",
        ),
    )

    def forward(self, x: Array) -> Array:
        return np.abs(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * np.sign(x)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        # Away from the kink at 0, where there is no derivative.
        return (rng.uniform(0.1, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4)),)


class Sign(Op, numpy=np.sign):
    r"""The sign: 1 where x > 0, -1 where x < 0, and 0 at 0.

    **Formula.** :math:`y = \operatorname{sign}(x)`.  **Gradient.** The function is constant on both
    sides of 0, so no gradient flows: :math:`\partial L/\partial x = 0`.

    >>> float(Sign.forward(None, np.array(-2.0)))
    -1.0
    """

    formula = r"\operatorname{sign}(x)"
    code = "np.sign(x)"
    rules = (
        Rule("0", "np.zeros_like(x)", local="0.0", why="the sign is constant on each side of 0"),
    )

    def forward(self, x: Array) -> Array:
        return np.sign(x)

    def backward(self, g: Array, y: Array, x: Array) -> tuple[None]:
        return (None,)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return Abs.example(rng)


class Round(Op, numpy=np.rint):
    r"""The nearest whole number.

    **Formula.** :math:`y = \operatorname{round}(x)`.  **Gradient.** The function is constant except
    at jumps, so no gradient flows: :math:`\partial L/\partial x = 0`.

    >>> float(Round.forward(None, np.array(1.7)))
    2.0
    """

    formula = r"\operatorname{round}(x)"
    code = "np.rint(x)"
    rules = (Rule("0", "np.zeros_like(x)", local="0.0", why="it is constant except at jumps"),)

    def forward(self, x: Array) -> Array:
        return np.rint(x)

    def backward(self, g: Array, y: Array, x: Array) -> tuple[None]:
        return (None,)


FUNCTIONS[np.fabs] = Abs


@builds(np.round, np.around)
def round_half_even(a: Any, decimals: Any = 0) -> Any:
    """Build a Round node."""
    if decimals != 0:
        raise ArgumentTypeError(
            f"np.round of a node rounds to whole numbers; got decimals={brief(decimals)}. Write "
            f"np.rint(x * 100) / 100 for two decimals."
        )
    return Round(a)


@builds(np.positive)
def positive(x: Any) -> Any:
    """Return the node itself."""
    return x


@builds(np.reciprocal)
def reciprocal(x: Any) -> Any:
    """Build ``1 / x``."""
    return 1 / x
