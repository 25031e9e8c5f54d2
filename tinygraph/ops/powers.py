"""Powers: a fixed exponent, an exponent that is a node, the square and the square root."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

import numpy as np

from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.validation.arrays import Array, as_float_array, brief, is_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape


class Power(Op):
    r"""A power with a fixed exponent k, element by element.

    **Formula.** :math:`y = x^k`.  **Gradient.** The power rule:
    :math:`\partial L/\partial x = g \odot k\, x^{k - 1}`.  For k = 0, y is 1 everywhere and the
    gradient is 0, also at x = 0.

    Parameters
    ----------
    exponent : float
        The k above. Default: 2. If it is itself a node, write ``x ** k``.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) ** 3
    <Power (unnamed) (B, 2)>
    """

    formula = r"x^{k}"
    letters: ClassVar[dict[str, str]] = {"k": "exponent"}
    code = "x ** self.exponent"
    rules = (
        Rule(
            r"g \odot k\, x^{k - 1}",
            "g * self.exponent * x ** (self.exponent - 1)",
            local="self.exponent * x ** (self.exponent - 1)",
            why="the power rule",
        ),
    )
    exponent: float = 2.0

    def forward(self, x: Array) -> Array:
        return x**self.exponent

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        if self.exponent == 0:
            return np.zeros_like(g)
        return g * self.exponent * x ** (self.exponent - 1)

    def infer_shape(self, x: Shape) -> Shape:
        k = self.exponent
        if isinstance(k, Node):
            raise ArgumentTypeError(
                f"The exponent of {describe(self)} must be a number; got {brief(k)}. For an "
                f"exponent that is a node, write x ** k, which builds a VariablePower."
            )
        if isinstance(k, bool) or not isinstance(k, (int, float, np.number)) or np.iscomplexobj(k):
            raise ArgumentTypeError(
                f"The exponent of {describe(self)} must be a number; got {brief(k)}."
            )
        if not abs(k) <= sys.float_info.max:  # NaN is not either
            raise ArgumentError(f"The exponent of {describe(self)} must be finite; got {brief(k)}.")
        return x

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.uniform(0.5, 2.0, size=(3, 4)),)


class VariablePower(Op):
    r"""A power with a node as exponent, element by element, for x ≥ 0.

    **Formula.** :math:`y = x^k`.

    **Gradient.** For fixed k it is a power of x, with the slope :math:`k\,x^{k-1}`. For fixed x it
    is an exponential function of k: :math:`x^k = e^{k \ln x}`, with the slope
    :math:`e^{k \ln x} \ln x = y \ln x`. So

    .. math:: \frac{\partial L}{\partial x} = g \odot k\, x^{k - 1}, \qquad
              \frac{\partial L}{\partial k} = g \odot y \odot \ln x ,

    each summed over the axes along which its argument was broadcast. At the edges, both are limits:
    for k = 0, y is 1 everywhere and the slope by x is 0; for x = 0, y is 0 for every k > 0 and the
    slope by k is 0.

    **Shape check.** y has the shape to which x and k broadcast.

    >>> import tinygraph as tg
    >>> k = tg.Parameter(3.0, name="k")
    >>> tg.Input("x", shape=(None, 2)) ** k
    <VariablePower (unnamed) (B, 2)>
    """

    formula = r"x^{k}"
    code = "x ** k"
    rules = (
        Rule(
            r"g \odot k\, x^{k - 1}",
            "g * k * x ** np.where(k == 0, 1, k - 1)",
            local="k * x ** np.where(k == 0, 1, k - 1)",
            why="for fixed k, the power rule",
        ),
        Rule(
            r"g \odot y \odot \ln(x)",
            "g * y * np.log(np.where(x == 0, 1, x))",
            local="y * np.log(np.where(x == 0, 1, x))",
            why="for fixed x, x^k is the exponential function of k ln x",
        ),
    )

    def forward(self, x: Array, k: Array) -> Array:
        return x**k

    def backward(self, g: Array, y: Array, x: Array, k: Array) -> tuple[Array, Array]:
        by_x = k * x ** np.where(k == 0, 1, k - 1)
        by_k = y * np.log(np.where(x == 0, 1, x))
        return unbroadcast(g * by_x, x), unbroadcast(g * by_k, k)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.uniform(0.5, 2.0, size=(3, 4)), rng.normal(size=(3, 4))


@builds(np.power)
def power(base: Any, exponent: Any) -> Node:
    """Build ``base ** exponent``: a Power if the exponent is a number, else a VariablePower."""
    if isinstance(exponent, (list, tuple)):
        exponent = as_float_array(exponent, "The exponent k of a ** k")
    if is_number(exponent):
        return Power(base, exponent=exponent)
    if not isinstance(exponent, (Node, np.ndarray)):
        raise ArgumentTypeError(
            f"The exponent k of a ** k must be a number, an array or a node; got {brief(exponent)}."
        )
    return VariablePower(base, exponent)


OPERATORS["**"] = power


class Square(Op, numpy=np.square):
    r"""The square, element by element.

    **Formula.** :math:`y = x^2`.  **Gradient.** From :math:`(x + h)^2 = x^2 + 2xh + h^2`, the part
    that is linear in h is :math:`2xh`, so :math:`\partial L/\partial x = g \odot 2x`.

    >>> float(Square.forward(None, np.array(3.0)))
    9.0
    """

    formula = r"x^2"
    code = "np.square(x)"
    rules = (
        Rule(r"2\, g \odot x", "g * 2 * x", local="2 * x", why="the square of x has slope 2x"),
    )

    def forward(self, x: Array) -> Array:
        return np.square(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * 2 * x


class Sqrt(Op, numpy=np.sqrt):
    r"""The square root, element by element, for x > 0.

    **Formula.** :math:`y = \sqrt{x}`.  **Gradient.** From :math:`y^2 = x` and the chain rule,
    :math:`2y\,y' = 1`, so :math:`\partial L/\partial x = g / (2y)`.  At 0 the slope is infinite.

    >>> float(Sqrt.forward(None, np.array(9.0)))
    3.0
    """

    formula = r"\sqrt{x}"
    code = "np.sqrt(x)"
    rules = (
        Rule(r"\frac{g}{2\,y}", "g / (2 * y)", local="1 / (2 * y)", why="y² = x gives 2y · y′ = 1"),
    )

    def forward(self, x: Array) -> Array:
        return np.sqrt(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / (2 * y)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.uniform(0.5, 2.0, size=(3, 4)),)
