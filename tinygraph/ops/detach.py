"""A value that is used without a gradient."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.op import Op, Rule
from tinygraph.validation.arrays import Array


def detached(x: Any) -> Any:
    """Return x; of a node, build a Detach node.

    >>> float(detached(np.array(2.0)))
    2.0
    """
    if isinstance(x, ArrayInterface):
        node: Any = x
        return node.__array_function__(detached, (type(x),), (x,), {})
    return np.positive(x)


class Detach(Op, numpy=detached):
    r"""The value of a node as if it were a constant: no gradient flows through it.

    **Formula.** :math:`y = x`.

    **Gradient.** By definition, :math:`\partial L/\partial x = 0`, although the slope is 1. So the
    gradient of the graph is not that of its loss: x is a number for it. Use it for a target that
    the network itself computes.

    **Shape check.** y has the shape of x.

    ``gradcheck`` holds the value constant, too.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(3.0, name="w")
    >>> model = tg.Graph(w * tg.Detach(w))
    >>> model.forward(), model.backward(), float(w.grad)
    (9.0, None, 3.0)
    """

    formula = r"\mathrm{detach}(x)"
    code = "x"
    rules = (Rule("0", "np.zeros_like(x)", local="0.0", why="no gradient flows through this op"),)
    stops_gradient: ClassVar[bool] = True

    def forward(self, x: Array) -> Array:
        y: Array = detached(x)
        return y

    def backward(self, g: Array, y: Array, x: Array) -> tuple[None]:
        return (None,)
