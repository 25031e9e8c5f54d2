"""Comparisons, and the ops that choose between two values: Where, Maximum, Minimum.

A comparison gives 1 where it holds and 0 elsewhere, in the precision of the graph. So it can be
multiplied: ``g * (x > 0)`` keeps the gradient where x is positive. A comparison is constant except
at jumps, so no gradient flows through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.validation.arrays import Array

_NO_SLOPE = (
    Rule("0", "np.zeros_like(a)", local="0.0", why="a comparison is constant except at jumps"),
    Rule("0", "np.zeros_like(b)", local="0.0", why="a comparison is constant except at jumps"),
)


class Greater(Op, numpy=np.greater):
    r"""1 where a > b, else 0.

    **Formula.** :math:`y = [a > b]`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) > 0
    <Greater (unnamed) (B, 2)>
    """

    formula = r"[a > b]"
    code = "a > b"
    rules = _NO_SLOPE

    def forward(self, a: Array, b: Array) -> Array:
        return (a > b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class GreaterEqual(Op, numpy=np.greater_equal):
    r"""1 where a ≥ b, else 0.

    **Formula.** :math:`y = [a \geq b]`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) >= 0
    <GreaterEqual (unnamed) (B, 2)>
    """

    formula = r"[a \geq b]"
    code = "a >= b"
    rules = _NO_SLOPE

    def forward(self, a: Array, b: Array) -> Array:
        return (a >= b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class Less(Op, numpy=np.less):
    r"""1 where a < b, else 0.

    **Formula.** :math:`y = [a < b]`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) < 0
    <Less (unnamed) (B, 2)>
    """

    formula = r"[a < b]"
    code = "a < b"
    rules = _NO_SLOPE

    def forward(self, a: Array, b: Array) -> Array:
        return (a < b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class LessEqual(Op, numpy=np.less_equal):
    r"""1 where a ≤ b, else 0.

    **Formula.** :math:`y = [a \leq b]`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) <= 0
    <LessEqual (unnamed) (B, 2)>
    """

    formula = r"[a \leq b]"
    code = "a <= b"
    rules = _NO_SLOPE

    def forward(self, a: Array, b: Array) -> Array:
        return (a <= b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class Equal(Op, numpy=np.equal):
    r"""1 where a = b, else 0.

    **Formula.** :math:`y = [a = b]`.  **Gradient.** None: y is constant except at jumps.

    Between two nodes write ``np.equal(a, b)``: ``a == b`` asks whether they are the same node.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) == 0
    <Equal (unnamed) (B, 2)>
    """

    formula = r"[a = b]"
    code = "a == b"
    rules = _NO_SLOPE

    def forward(self, a: Array, b: Array) -> Array:
        return np.equal(a, b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class NotEqual(Op, numpy=np.not_equal):
    r"""1 where a ≠ b, else 0.

    **Formula.** :math:`y = [a \neq b]`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)) != 0
    <NotEqual (unnamed) (B, 2)>
    """

    formula = r"[a \neq b]"
    code = "a != b"
    rules = _NO_SLOPE

    def forward(self, a: Array, b: Array) -> Array:
        return np.not_equal(a, b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


COMPARISONS = (Greater, GreaterEqual, Less, LessEqual, Equal, NotEqual)
"""The ops that give 1 or 0."""


class Maximum(Op, numpy=np.maximum):
    r"""The larger of two values, element by element.

    **Formula.** :math:`y = \max(a, b)`.

    **Gradient.** Where a > b, y is a and the whole gradient goes to a. Elsewhere it goes to b, also
    at a tie, where there is a kink. So ``np.maximum(x, 0)`` has the gradient of ReLU.

    .. math:: \frac{\partial L}{\partial a} = g \odot [a > b], \qquad
              \frac{\partial L}{\partial b} = g \odot [a \leq b] .

    >>> import tinygraph as tg
    >>> np.maximum(tg.Input("x", shape=(None, 2)), 0)
    <Maximum (unnamed) (B, 2)>
    """

    formula = r"\max(a, b)"
    code = "np.maximum(a, b)"
    rules = (
        Rule(r"g \odot [a > b]", "g * (a > b)", local="1.0 * (a > b)", why="y is a where a > b"),
        Rule(
            r"g \odot [a \leq b]", "g * (a <= b)", local="1.0 * (a <= b)", why="y is b where a ≤ b"
        ),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return np.maximum(a, b)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return unbroadcast(g * (a > b), a), unbroadcast(g * (a <= b), b)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return _without_ties(rng)


class Minimum(Op, numpy=np.minimum):
    r"""The smaller of two values, element by element.

    **Formula.** :math:`y = \min(a, b)`.

    **Gradient.** Where a < b, y is a and the whole gradient goes to a. Elsewhere it goes to b, also
    at a tie, where there is a kink.

    .. math:: \frac{\partial L}{\partial a} = g \odot [a < b], \qquad
              \frac{\partial L}{\partial b} = g \odot [a \geq b] .

    >>> import tinygraph as tg
    >>> np.minimum(tg.Input("x", shape=(None, 2)), 1)
    <Minimum (unnamed) (B, 2)>
    """

    formula = r"\min(a, b)"
    code = "np.minimum(a, b)"
    rules = (
        Rule(r"g \odot [a < b]", "g * (a < b)", local="1.0 * (a < b)", why="y is a where a < b"),
        Rule(
            r"g \odot [a \geq b]", "g * (a >= b)", local="1.0 * (a >= b)", why="y is b where a ≥ b"
        ),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return np.minimum(a, b)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return unbroadcast(g * (a < b), a), unbroadcast(g * (a >= b), b)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return _without_ties(rng)


class Where(Op):
    r"""One of two values for each element, by a condition that is 1 or 0.

    **Formula.** :math:`y = a` where the condition holds, and :math:`y = b` elsewhere.

    **Gradient.** It flows to the value that was chosen, and 0 flows to the other one. The condition
    gets no gradient.

    .. math:: \frac{\partial L}{\partial a} = g \odot [\text{condition}], \qquad
              \frac{\partial L}{\partial b} = g \odot [\text{not condition}] .

    **Shape check.** y has the shape to which the three inputs broadcast; each gradient is summed
    over the axes along which its argument was broadcast.

    A comparison such as ``x > 0`` gives the 1 and 0; numbers above 1/2 count as 1.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> np.where(x > 0, x, 0.01 * x)
    <Where (unnamed) (B, 2)>
    """

    formula = r"a \text{ if } \text{condition}, \text{ else } b"
    code = "np.where(condition > 0.5, a, b)"
    rules = (
        Rule("0", "np.zeros_like(condition)", local="0.0", why="the condition is 1 or 0"),
        Rule(
            r"g \odot [\text{condition}]",
            "np.where(condition > 0.5, g, 0)",
            local="np.where(condition > 0.5, 1.0, 0.0)",
            why="y is a where the condition holds",
        ),
        Rule(
            r"g \odot [\text{not condition}]",
            "np.where(condition > 0.5, 0, g)",
            local="np.where(condition > 0.5, 0.0, 1.0)",
            why="y is b where the condition does not hold",
        ),
    )

    def forward(self, condition: Array, a: Array, b: Array) -> Array:
        return np.where(condition > 0.5, a, b)

    def backward(
        self, g: Array, y: Array, condition: Array, a: Array, b: Array
    ) -> tuple[None, Array, Array]:
        is_a = condition > 0.5
        return None, unbroadcast(np.where(is_a, g, 0), a), unbroadcast(np.where(is_a, 0, g), b)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        near = rng.uniform(0.0, 0.4, size=(3, 4))
        condition = np.where(rng.permutation(12).reshape(3, 4) % 2, near, 1 - near)
        return condition, rng.normal(size=(3, 4)), rng.normal(size=(3, 4))


@builds(np.where)
def where(condition: Any, a: Any = None, b: Any = None) -> Node:
    """Build a Where node; refuse a lone condition, whose positions depend on the numbers."""
    if a is None or b is None:
        raise ArgumentTypeError(
            "np.where of a node needs three arguments, np.where(condition, a, b): how many "
            "elements satisfy a condition is unknown until a graph runs."
        )
    return Where(condition if isinstance(condition, Node) else np.asarray(condition, bool), a, b)


@builds(np.clip)
def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    min: Any = None,  # noqa: A002 - NumPy's names
    max: Any = None,  # noqa: A002
) -> Any:
    """Build a Maximum with the lower limit and a Minimum with the upper one."""
    lower = a_min if min is None else min
    upper = a_max if max is None else max
    y = a if lower is None else Maximum(a, lower)
    return y if upper is None else Minimum(y, upper)


def _without_ties(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return two arrays that differ in every element by at least 0.1, in both directions."""
    a = rng.normal(size=(3, 4))
    return a, a + rng.uniform(0.1, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4))
