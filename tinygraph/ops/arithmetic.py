r"""What ``+ - * / **`` on nodes build, with NumPy's broadcasting and its gradient.

Broadcasting repeats a small array along new axes and axes of size 1.  An entry that was repeated
has entered several places of the result, so its gradient is the *sum* of the gradients there:
:func:`unbroadcast` sums them, and each ``backward`` here ends with it.
"""

from __future__ import annotations

import sys
from typing import ClassVar

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape


def unbroadcast(g: Array, like: Array) -> Array:
    """Sum ``g`` over the axes along which ``like`` was broadcast to the shape of ``g``.

    >>> unbroadcast(np.ones((5, 3)), np.zeros(3))
    array([5., 5., 5.])
    >>> unbroadcast(np.ones((5, 3)), np.zeros((5, 1))).shape
    (5, 1)
    """
    if g.shape == like.shape:
        return g
    new_axes = g.ndim - like.ndim
    stretched = tuple(
        axis
        for axis in range(g.ndim)
        if axis < new_axes or (like.shape[axis - new_axes] == 1 and g.shape[axis] != 1)
    )
    total: Array = g.sum(axis=stretched).reshape(like.shape)
    return total


class Add(Op, operator="+"):
    r"""Sum, entry by entry.

    **Formula.** :math:`y = a + b`.  **Gradient.** Both factors are 1:
    :math:`\partial L/\partial a = g` and :math:`\partial L/\partial b = g`, each summed over the
    axes along which its argument was broadcast.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) + 1
    <Add (unnamed) (B, 2)>
    """

    formula = r"a + b"
    code = "a + b"
    rules = (
        Rule("g", "g", local="1.0", why="a enters y with the factor 1"),
        Rule("g", "g", local="1.0", why="b enters y with the factor 1"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return a + b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return unbroadcast(g, a), unbroadcast(g, b)


class Subtract(Op, operator="-"):
    r"""Difference, entry by entry.

    **Formula.** :math:`y = a - b`.  **Gradient.** The factors are 1 and -1:
    :math:`\partial L/\partial a = g` and :math:`\partial L/\partial b = -g`.

    >>> import tinygraph as tg
    >>> 1 - tg.Input("x", shape=(None, 2))
    <Subtract (unnamed) (B, 2)>
    """

    formula = r"a - b"
    code = "a - b"
    rules = (
        Rule("g", "g", local="1.0", why="a enters y with the factor 1"),
        Rule("-g", "-g", local="-1.0", why="b enters y with the factor −1"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return a - b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return unbroadcast(g, a), unbroadcast(-g, b)


class Multiply(Op, operator="*"):
    r"""Product, entry by entry.

    **Formula.** :math:`y = a \odot b`.  **Gradient.** The product rule: each factor's gradient is
    scaled by the other factor, :math:`\partial L/\partial a = g \odot b` and
    :math:`\partial L/\partial b = g \odot a`.

    >>> import tinygraph as tg
    >>> 2 * tg.Input("x", shape=(None, 2))
    <Multiply (unnamed) (B, 2)>
    """

    formula = r"a \odot b"
    code = "a * b"
    rules = (
        Rule(r"g \odot b", "g * b", local="b", why="the factor of a in y is b"),
        Rule(r"g \odot a", "g * a", local="a", why="the factor of b in y is a"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return unbroadcast(g * b, a), unbroadcast(g * a, b)


class Divide(Op, operator="/"):
    r"""Quotient, entry by entry.

    **Formula.** :math:`y = a / b`.  **Gradient.** For a the factor is :math:`1/b`; for b it is
    :math:`-a/b^2 = -y/b`:

    .. math:: \frac{\partial L}{\partial a} = \frac{g}{b}, \qquad
              \frac{\partial L}{\partial b} = -\frac{g\, y}{b} .

    >>> import tinygraph as tg
    >>> 1 / tg.Input("x", shape=(None, 2))
    <Divide (unnamed) (B, 2)>
    """

    formula = r"\frac{a}{b}"
    code = "a / b"
    rules = (
        Rule(r"\frac{g}{b}", "g / b", local="1 / b", why="the factor of a in y is 1/b"),
        Rule(r"-\frac{g \odot y}{b}", "-g * y / b", local="-y / b", why="∂(a/b)/∂b = −a/b² = −y/b"),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return a / b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return unbroadcast(g / b, a), unbroadcast(-g * y / b, b)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 4)), rng.uniform(0.5, 2.0, size=(3, 4))


class Negate(Op, operator="negative"):
    r"""The opposite, entry by entry.

    **Formula.** :math:`y = -x`.
    **Gradient.** The factor is -1: :math:`\partial L/\partial x = -g`.

    >>> import tinygraph as tg
    >>> -tg.Input("x", shape=(None, 2))
    <Negate (unnamed) (B, 2)>
    """

    formula = r"-x"
    code = "-x"
    rules = (Rule("-g", "-g", local="-1.0", why="x enters y with the factor −1"),)

    def forward(self, x: Array) -> Array:
        return -x

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return -g


class Power(Op, operator="**"):
    r"""A power with a fixed exponent k, entry by entry.

    **Formula.** :math:`y = x^k`.  **Gradient.** The power rule:
    :math:`\partial L/\partial x = g \odot k\, x^{k - 1}`.  For k = 0, y is 1 everywhere and the
    gradient is 0, at x = 0 too.

    Parameters
    ----------
    exponent : float
        The k above; 2 unless told.

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
            return g * 0
        return g * self.exponent * x ** (self.exponent - 1)

    def infer_shape(self, x: Shape) -> Shape:
        k = self.exponent
        if isinstance(k, bool) or not isinstance(k, (int, float, np.number)) or np.iscomplexobj(k):
            raise ArgumentTypeError(f"exponent of {describe(self)} is a number; got {brief(k)}.")
        if not abs(k) <= sys.float_info.max:  # NaN is not either
            raise ArgumentError(f"exponent of {describe(self)} is finite; got {brief(k)}.")
        return x

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.uniform(0.5, 2.0, size=(3, 4)),)
