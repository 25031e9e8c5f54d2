r"""The ops of ``+ - * /`` between nodes, with NumPy's broadcasting and its gradient.

Broadcasting repeats a small array along new axes and axes of size 1.  An element that was
repeated enters several places of the result, so its gradient is the *sum* of the gradients there.
:func:`unbroadcast` computes this sum, and each ``backward`` here ends with it.
"""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.validation.arrays import Array


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


class Add(Op, operator="+", numpy=np.add):
    r"""Sum, element by element.

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


class Subtract(Op, operator="-", numpy=np.subtract):
    r"""Difference, element by element.

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


class Multiply(Op, operator="*", numpy=np.multiply):
    r"""Product, element by element.

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


class Divide(Op, operator="/", numpy=np.true_divide):
    r"""Quotient, element by element.

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


class Negate(Op, operator="negative", numpy=np.negative):
    r"""The opposite, element by element.

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
