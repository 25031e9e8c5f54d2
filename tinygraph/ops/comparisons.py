"""Comparisons, and the larger and the smaller of two values.

A comparison gives 1 where it holds and 0 elsewhere, in the precision of the graph. So it can be
multiplied: ``g * (x > 0)`` keeps the gradient where x is positive. A comparison is constant except
at jumps, so no gradient flows through it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

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


@builds(np.clip)
def clip(
    a: Any,
    a_min: Any = None,
    a_max: Any = None,
    min: Any = None,  # noqa: A002 - NumPy's names
    max: Any = None,  # noqa: A002
) -> Any:
    """Build a Maximum with the lower limit and a Minimum with the upper one."""
    if (a_min is not None or a_max is not None) and (min is not None or max is not None):
        raise ArgumentTypeError(
            "The limits of np.clip must be a_min and a_max, or min and max; got some of both."
        )
    lower = a_min if min is None else min
    upper = a_max if max is None else max
    y = a if lower is None else Maximum(a, lower)
    return y if upper is None else Minimum(y, upper)


def _without_ties(rng: np.random.Generator) -> tuple[Array, Array]:
    """Return two arrays that differ in every element by at least 0.1, in both directions."""
    a = rng.normal(size=(3, 4))
    return a, a + rng.uniform(0.1, 2.0, size=(3, 4)) * rng.choice([-1.0, 1.0], size=(3, 4))
