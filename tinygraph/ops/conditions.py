"""Conditions: comparisons combined by and, or, not; and Where, which chooses by a condition.

A condition is 1 where it holds and 0 elsewhere. A number counts as true if it is not 0, as in
NumPy. A condition is constant except at jumps, so no gradient flows through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.ops.comparisons import COMPARISONS, NotEqual
from tinygraph.validation.arrays import Array, brief

_WHY = "a condition is constant except at jumps"


class LogicalAnd(Op, numpy=np.logical_and):
    r"""1 where both conditions hold, else 0.

    **Formula.** :math:`y = a \wedge b`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> (x > 0) & (x < 1)
    <LogicalAnd (unnamed) (B, 2)>
    """

    formula = r"a \wedge b"
    code = "np.logical_and(a, b)"
    rules = (
        Rule("0", "np.zeros_like(a)", local="0.0", why=_WHY),
        Rule("0", "np.zeros_like(b)", local="0.0", why=_WHY),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return np.logical_and(a, b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class LogicalOr(Op, numpy=np.logical_or):
    r"""1 where at least one of two conditions holds, else 0.

    **Formula.** :math:`y = a \vee b`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> (x < 0) | (x > 1)
    <LogicalOr (unnamed) (B, 2)>
    """

    formula = r"a \vee b"
    code = "np.logical_or(a, b)"
    rules = (
        Rule("0", "np.zeros_like(a)", local="0.0", why=_WHY),
        Rule("0", "np.zeros_like(b)", local="0.0", why=_WHY),
    )

    def forward(self, a: Array, b: Array) -> Array:
        return np.logical_or(a, b).astype(a.dtype)

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[None, None]:
        return None, None


class LogicalNot(Op, numpy=np.logical_not):
    r"""1 where a condition does not hold, else 0.

    **Formula.** :math:`y = \neg x`.  **Gradient.** None: y is constant except at jumps.

    >>> import tinygraph as tg
    >>> ~(tg.Input("x", shape=(None, 2)) > 0)
    <LogicalNot (unnamed) (B, 2)>
    """

    formula = r"\neg x"
    code = "np.logical_not(x)"
    rules = (Rule("0", "np.zeros_like(x)", local="0.0", why=_WHY),)

    def forward(self, x: Array) -> Array:
        return np.logical_not(x).astype(x.dtype)

    def backward(self, g: Array, y: Array, x: Array) -> tuple[None]:
        return (None,)


CONDITIONS = (*COMPARISONS, LogicalAnd, LogicalOr, LogicalNot)
"""The ops that give 1 or 0."""


@builds(np.bitwise_and)
def bitwise_and(a: Any, b: Any) -> Node:
    """Build ``a & b``, of conditions only."""
    return LogicalAnd(*_conditions("&", a, b))


@builds(np.bitwise_or)
def bitwise_or(a: Any, b: Any) -> Node:
    """Build ``a | b``, of conditions only."""
    return LogicalOr(*_conditions("|", a, b))


@builds(np.invert)
def invert(x: Any) -> Node:
    """Build ``~x``, of a condition only."""
    return LogicalNot(*_conditions("~", x))


def _conditions(operator: str, *operands: Any) -> tuple[Any, ...]:
    for operand in operands:
        is_boolean = not isinstance(operand, Node) and np.asarray(operand).dtype == bool
        if not (is_boolean or isinstance(operand, CONDITIONS)):
            raise ArgumentTypeError(
                f"The operands of {operator} must be conditions, such as x > 0; got "
                f"{brief(operand)}. With two comparisons, write the parentheses: (x > 0) & (x < 1)."
            )
    return operands


class Where(Op):
    r"""One of two values for each element, by a condition that is 1 or 0.

    **Formula.** :math:`y = a` where the condition holds, and :math:`y = b` elsewhere.

    **Gradient.** It flows to the value that was chosen, and 0 flows to the other one. The condition
    gets no gradient.

    .. math:: \frac{\partial L}{\partial a} = g \odot [\text{condition}], \qquad
              \frac{\partial L}{\partial b} = g \odot [\text{not condition}] .

    **Shape check.** y has the shape to which the three inputs broadcast; each gradient is summed
    over the axes along which its argument was broadcast.

    A comparison such as ``x > 0`` gives the 1 and 0. Of other numbers, those above 1/2 count as 1;
    ``np.where`` on a node counts all but 0, as in NumPy.

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
    if not isinstance(condition, Node):
        condition = np.asarray(condition, bool)
    elif not isinstance(condition, CONDITIONS):
        condition = NotEqual(condition, 0)
    return Where(condition, a, b)
