"""Joining: several arrays become one."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.leaves import Constant
from tinygraph.core.node import Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.shaping import expand_dims
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, fits, show


class Concatenate(Op):
    r"""Arrays side by side along one axis.

    **Formula.** :math:`y = [x_1, x_2, \dots]`.  **Gradient.** Every element enters y once, with the
    factor 1. So each input gets its own part of g.

    Parameters
    ----------
    axis : int
        The axis along which the sizes add up. Default: the last one.

    >>> import tinygraph as tg
    >>> a, b = tg.Input("a", shape=(None, 2)), tg.Input("b", shape=(None, 3))
    >>> np.concatenate([a, b], axis=1)
    <Concatenate (unnamed) (B, 5)>
    """

    formula = r"[x_1, x_2, \dots]"
    code = "np.concatenate(xs, axis=self.axis)"
    rules = (
        Rule(
            r"g_{\text{part}}",
            "g[part(self.axis, 0, xs.shape[self.axis], g.ndim)]",
            local="1.0",
            why="every element of an input is one element of y",
        ),
    )
    axis: int = -1

    def forward(self, *xs: Array) -> Array:
        return np.concatenate(xs, axis=self.axis)

    def backward(self, g: Array, y: Array, *xs: Array) -> tuple[Array, ...]:
        grads, start = [], 0
        for x in xs:
            stop = start + x.shape[self.axis]
            grads.append(g[part(self.axis, start, stop, g.ndim)])
            start = stop
        return tuple(grads)

    def infer_shape(self, *xs: Shape) -> Shape:
        axis, first = self.axis, xs[0]
        if not is_whole_number(axis):
            raise ArgumentTypeError(
                f"axis of {describe(self)} must be a whole number; got {brief(axis)}."
            )
        if not -len(first) <= axis < len(first):
            raise self.shape_error(f"an axis of {show(first)}, not {axis}")
        axis %= len(first)
        rest = [x[:axis] + x[axis + 1 :] for x in xs]
        if not all(len(x) == len(first) and fits(rest[0], other) for x, other in zip(xs, rest)):
            raise self.shape_error(f"inputs that differ in axis {axis} at most")
        sizes = [x[axis] for x in xs]
        if None in sizes:
            raise self.shape_error("another axis than that of the batch", "samples cannot be added")
        total = sum(size for size in sizes if size is not None)
        known = [next((n for n in each if n is not None), None) for each in zip(*rest)]
        return (*known[:axis], total, *known[axis:])

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(3, 4)),)


def part(axis: int, start: int, stop: int, ndim: int) -> tuple[slice, ...]:
    """Return the index of the elements from ``start`` to ``stop`` along an axis.

    >>> part(-1, 2, 5, 2)
    (slice(None, None, None), slice(2, 5, None))
    """
    return (slice(None),) * (axis % ndim) + (slice(start, stop),)


@builds(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0) -> Any:
    """Build a Concatenate node."""
    return Concatenate(*arrays, axis=axis)


@builds(np.stack)
def stack(arrays: Any, axis: Any = 0) -> Any:
    """Build a Concatenate node of the arrays, each with a new axis."""
    nodes = [node if isinstance(node, Node) else Constant(node) for node in arrays]
    return Concatenate(*(expand_dims(node, axis) for node in nodes), axis=axis)


@builds(np.hstack)
def side_by_side(tup: Any) -> Any:
    """Build a Concatenate node of arrays side by side: along axis 1, or 0 for one axis."""
    return concatenate(tup, axis=0 if len(_shape(tup[0])) == 1 else 1)


@builds(np.vstack)
def one_below_the_other(tup: Any) -> Any:
    """Build a Concatenate node along axis 0; an array with one axis is a row."""
    if len(_shape(tup[0])) == 1:
        return stack(tup)
    return concatenate(tup, axis=0)


def _shape(array: Any) -> Any:
    return array.shape if isinstance(array, Node) else np.shape(array)
