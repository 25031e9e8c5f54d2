"""Broadcasting: the same elements repeated, and the size of a node as a number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.core.symbolic_size import SymbolicSize, without_symbols
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, broadcast, show


class BroadcastTo(Op):
    r"""The elements repeated along new axes and along axes of size 1.

    **Formula.** :math:`y_{ij} = x_j`, for example.  **Gradient.** An element that is repeated
    enters y several times, with the factor 1. So its gradient is a sum over the repetitions:
    :math:`\partial L/\partial x_j = \sum_i g_{ij}`.

    Parameters
    ----------
    to : tuple of int
        The new sizes. For a shape with the batch size, see :class:`BroadcastLike`.

    >>> import tinygraph as tg
    >>> np.broadcast_to(tg.Parameter([1.0, 2.0]), (3, 2))
    <BroadcastTo (unnamed) (3, 2)>
    """

    formula = r"\mathrm{repeat}(x)"
    code = "np.broadcast_to(x, self.to)"
    rules = (
        Rule(
            r"\sum_{\text{repeated}} g",
            "unbroadcast(g, x)",
            local="1.0",
            why="each repetition of an element has the factor 1, and contributions add up",
        ),
    )
    to: tuple[int, ...] = (2, 3, 4)

    def forward(self, x: Array) -> Array:
        return np.broadcast_to(x, self.to)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return unbroadcast(g, x)

    def infer_shape(self, x: Shape) -> Shape:
        if not isinstance(self.to, (tuple, list)) or not all(map(is_whole_number, self.to)):
            raise ArgumentTypeError(
                f"to of {describe(self)} must be a tuple of known sizes; got {brief(self.to)}. For "
                f"a shape with the batch size, write BroadcastLike(x, like) with a node of that "
                f"shape."
            )
        self.to = tuple(self.to)
        return _repeated(self, x, self.to)


class BroadcastLike(Op):
    r"""The elements repeated to the shape of another node, whose numbers do not matter.

    **Formula.** :math:`y_{ij} = x_j`, for example.  **Gradient.** A sum over the repetitions, as in
    :class:`BroadcastTo`: :math:`\partial L/\partial x_j = \sum_i g_{ij}`. The other node gets none.

    >>> import tinygraph as tg
    >>> BroadcastLike(tg.Parameter([1.0, 2.0]), tg.Input("x", shape=(None, 2)))
    <BroadcastLike (unnamed) (B, 2)>
    """

    formula = r"\mathrm{repeat}(x)"
    code = "np.broadcast_to(x, like.shape)"
    rules = (
        Rule(
            r"\sum_{\text{repeated}} g",
            "unbroadcast(g, x)",
            local="1.0",
            why="each repetition of an element has the factor 1, and contributions add up",
        ),
        Rule("0", "np.zeros_like(like)", local="0.0", why="only the shape is used"),
    )

    def forward(self, x: Array, like: Array) -> Array:
        return np.broadcast_to(x, like.shape)

    def backward(self, g: Array, y: Array, x: Array, like: Array) -> tuple[Array, None]:
        return unbroadcast(g, x), None

    def infer_shape(self, x: Shape, like: Shape) -> Shape:
        return _repeated(self, x, like)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(4,)), rng.normal(size=(3, 4))


class Size(Op):
    r"""The number of elements of a node, as a number for arithmetic.

    A batch size is known only when a batch arrives, so a division by it is a division by a node.

    **Formula.** :math:`y = n`.  **Gradient.** None: the number does not depend on the elements.

    Parameters
    ----------
    axis : int, optional
        Count along one axis. Default: all elements.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)).size
    <Size (unnamed) ()>
    """

    formula = r"\mathrm{size}(x)"
    code = "1.0 * x.size if self.axis is None else 1.0 * x.shape[self.axis]"
    rules = (Rule("0", "np.zeros_like(x)", local="0.0", why="it does not depend on the elements"),)
    axis: int | None = None

    def forward(self, x: Array) -> Array:
        size: Any = x.dtype.type(x.size if self.axis is None else x.shape[self.axis])
        return size  # type: ignore[no-any-return]

    def backward(self, g: Array, y: Array, x: Array) -> tuple[None]:
        return (None,)

    def infer_shape(self, x: Shape) -> Shape:
        return ()


def _repeated(op: Op, x: Shape, to: Shape) -> Shape:
    if len(x) > len(to) or broadcast(x, to) != to or (None in x and None not in to):
        raise op.shape_error(f"a shape that broadcasts to {show(to)}")
    return to


@builds(np.size)
def size(a: Any, axis: int | None = None) -> Any:
    """Return the number of elements of a node: a number if it is known, else a Size node."""
    if axis is not None and not (is_whole_number(axis) and -len(a.shape) <= axis < len(a.shape)):
        raise ArgumentTypeError(f"np.size needs an axis of {brief(a)}; got {brief(axis)}.")
    counted = a.shape if axis is None else (a.shape[axis],)
    return Size(a, axis=axis) if None in counted else math.prod(counted)


@builds(np.shape)
def shape_of(a: Any) -> Any:
    """Return the shape of a node."""
    return a.shape


@builds(np.ndim)
def ndim_of(a: Any) -> int:
    """Return the number of axes of a node."""
    return len(a.shape)


@builds(np.broadcast_to)
def broadcast_to(array: Any, shape: Any) -> Any:
    """Build a BroadcastTo node, or a BroadcastLike node for a shape with the batch size."""
    sizes = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    symbols = [size for size in sizes if isinstance(size, SymbolicSize)]
    if symbols:
        like = symbols[0].node
        if like.shape == without_symbols(sizes):
            return BroadcastLike(array, like)
    return BroadcastTo(array, to=without_symbols(sizes))


@builds(np.zeros_like)
def zeros_like(a: Any) -> Any:
    """Build zeros of the shape of a node."""
    return full_like(a, 0.0)


@builds(np.ones_like)
def ones_like(a: Any) -> Any:
    """Build ones of the shape of a node."""
    return full_like(a, 1.0)


@builds(np.full_like)
def full_like(a: Any, fill_value: Any) -> Any:
    """Build an array of the shape of a node, filled with one value."""
    if isinstance(a, Node) and None in a.shape:
        return BroadcastLike(fill_value, a)
    return BroadcastTo(fill_value, to=a.shape)
