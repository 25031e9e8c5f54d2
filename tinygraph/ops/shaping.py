"""Shaping: the same elements in another shape or in another order."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.core.symbolic_size import without_symbols
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, show


class Reshape(Op):
    r"""The same elements, in the same order, in another shape.

    **Formula.** :math:`y = \mathrm{reshape}(x)`: element number k of y, counted row by row, is
    element number k of x.

    **Gradient.** Every element enters y once, with the factor 1. So the gradient is g in the shape
    of x: :math:`\partial L/\partial x = \mathrm{reshape}(g)`.

    **Shape check.** Both shapes have the same number of elements. The batch size must stay where it
    is, since samples would be mixed otherwise.

    Parameters
    ----------
    to : tuple
        The new sizes, with None (or -1) for the batch size, or -1 for one size that follows from
        the others.

    >>> import tinygraph as tg
    >>> tg.Input("image", shape=(None, 8, 8)).reshape(-1, 64)
    <Reshape (unnamed) (B, 64)>
    """

    formula = r"\mathrm{reshape}(x)"
    code = "np.reshape(x, self.sizes)"
    rules = (
        Rule(
            r"\mathrm{reshape}(g)",
            "np.reshape(g, x.shape)",
            local="1.0",
            why="every element of x is one element of y",
        ),
    )
    to: tuple[int | None, ...] = (-1,)

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes as NumPy takes them, with -1 for the unknown one."""
        return tuple(-1 if size is None else size for size in self.to)

    def forward(self, x: Array) -> Array:
        return np.reshape(x, self.sizes)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.reshape(g, x.shape)

    def infer_shape(self, x: Shape) -> Shape:
        to: Any = (self.to,) if is_whole_number(self.to) else self.to
        if not isinstance(to, (tuple, list)) or not all(
            size is None or (is_whole_number(size) and size >= -1) for size in to
        ):
            raise ArgumentTypeError(
                f"to of {describe(self)} must be a tuple of sizes, with None for the batch size; "
                f"got {brief(self.to)}."
            )
        self.to = _resolved(self, x, tuple(to))
        return self.to

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(12,)),)


def _resolved(op: Op, x: Shape, to: Shape) -> Shape:
    """Return the new shape with the size for which -1 stands."""
    if sum(size in (None, -1) for size in to) > 1 and (None not in to or to.count(None) > 1):
        raise op.shape_error(f"at most one unknown size in {show(to)}")
    if None in x:
        has_batch = None in to
        known = math.prod(size for size in x if size is not None)
        others = math.prod(size for size in to if size not in (None, -1))
        if not has_batch and others == known:
            to = tuple(None if size == -1 else size for size in to)
        elif has_batch and -1 in to and others and known % others == 0:
            to = tuple(known // others if size == -1 else size for size in to)
        elif not has_batch or others != known:
            raise _batch_lost(op, x, to)
        if None not in to or _before_batch(to) != _before_batch(x):
            raise _batch_lost(op, x, to)
        return to
    size = math.prod(n for n in x if n is not None)
    others = math.prod(size for size in to if size not in (None, -1))
    if None not in to and -1 in to and others and size % others == 0:
        return tuple(size // others if n == -1 else n for n in to)
    if -1 in to or (size != others if None not in to else not others or size % others):
        raise op.shape_error(f"as many elements in {show(to)} as before")
    return to


def _before_batch(shape: Shape) -> int:
    return math.prod(n for n in shape[: shape.index(None)] if n is not None)


def _batch_lost(op: Op, x: Shape, to: Shape) -> Exception:
    rest = math.prod(size for size in x if size is not None)
    return op.shape_error(
        f"a shape that keeps the batch axis where it is; {show(to)} would mix the samples",
        f"to flatten each sample, write reshape(-1, {rest}); to combine the samples, write "
        f"np.sum or np.mean with axis={x.index(None)}",
    )


class Transpose(Op):
    r"""The axes in another order; for a matrix, rows become columns.

    **Formula.** :math:`y = x^\top`, :math:`y_{ij} = x_{ji}`.

    **Gradient.** :math:`x_{ji}` enters only :math:`y_{ij}`, with the factor 1. So the axes of g go
    back to their places: :math:`\partial L/\partial x = g^\top`.

    **Shape check.** For x of shape (m, n), y and g have the shape (n, m), and the gradient (m, n).

    Parameters
    ----------
    axes : tuple of int, optional
        For each axis of y, the axis of x that it is. Default: all in reverse order.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 2)).T
    <Transpose (unnamed) (2, B)>
    """

    formula = r"x^\top"
    code = "x.T if self.axes is None else np.transpose(x, self.axes)"
    rules = (
        Rule(
            r"g^\top",
            "g.T if self.axes is None else np.transpose(g, inverse(self.axes))",
            local="1.0",
            why="every element of x is one element of y, so g goes back in the old order",
        ),
    )
    axes: tuple[int, ...] | None = None

    def forward(self, x: Array) -> Array:
        return x.T if self.axes is None else np.transpose(x, self.axes)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g.T if self.axes is None else np.transpose(g, inverse(self.axes))

    def infer_shape(self, x: Shape) -> Shape:
        axes: Any = range(len(x))[::-1] if self.axes is None else self.axes
        if not isinstance(axes, (tuple, list, range)) or not all(map(is_whole_number, axes)):
            raise ArgumentTypeError(
                f"axes of {describe(self)} must be a tuple of whole numbers; got {brief(axes)}."
            )
        order = [axis % len(x) for axis in axes if -len(x) <= axis < len(x)]
        if len(axes) != len(x) or sorted(order) != list(range(len(x))):
            raise self.shape_error(f"each axis of {show(x)} once, not {tuple(axes)}")
        if self.axes is not None:
            self.axes = tuple(order)
        return tuple(x[axis] for axis in order)


def inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return the order of axes that undoes ``axes``.

    >>> inverse((2, 0, 1))
    (1, 2, 0)
    """
    return None if axes is None else tuple(sorted(range(len(axes)), key=axes.__getitem__))


@builds(np.reshape)
def reshape(a: Any, shape: Any, order: str = "C") -> Any:
    """Build a Reshape node."""
    if order != "C":
        raise ArgumentTypeError(f"A node is reshaped row by row, order='C'; got {brief(order)}.")
    sizes = without_symbols(shape)
    if is_whole_number(sizes) or sizes is None:
        sizes = (sizes,)
    return Reshape(a, to=sizes)


@builds(np.ravel)
def ravel(a: Any, order: str = "C") -> Any:
    """Build a Reshape node with a single axis."""
    return reshape(a, (-1,), order)


@builds(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    """Build a Reshape node with new axes of size 1."""
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    ndim = len(a.shape) + count
    new = _positions("np.expand_dims", a, axis, ndim)
    sizes = iter(a.shape)
    return Reshape(a, to=tuple(1 if k in new else next(sizes) for k in range(ndim)))


@builds(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    """Build a Reshape node without axes of size 1; the batch axis stays."""
    ones = [k for k, n in enumerate(a.shape) if n == 1]
    axes = ones if axis is None else _positions("np.squeeze", a, axis, len(a.shape))
    if any(k not in ones for k in axes):
        raise ArgumentTypeError(
            f"np.squeeze removes axes of size 1 only; got the axis {axis} of {brief(a)}."
        )
    return Reshape(a, to=tuple(n for k, n in enumerate(a.shape) if k not in axes))


def _positions(function: str, a: Any, axis: Any, ndim: int) -> list[int]:
    """Return different axes, as numbers from 0 to ``ndim`` - 1."""
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    if all(is_whole_number(each) and -ndim <= each < ndim for each in axes):
        positions = [each % ndim for each in axes]
        if len(set(positions)) == len(positions):
            return positions
    valid = f"whole numbers from {-ndim} to {ndim - 1}, each once" if ndim else "an empty tuple"
    raise ArgumentTypeError(
        f"The axes of {function} must be {valid}; got {brief(axis)} for {brief(a)}."
    )


@builds(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    """Build a Transpose node."""
    return Transpose(a, axes=axes) if axes is not None else Transpose(a)


@builds(np.swapaxes)
def swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    """Build a Transpose node that exchanges two axes."""
    order = list(range(len(a.shape)))
    i, k = (
        *_positions("np.swapaxes", a, axis1, len(order)),
        *_positions("np.swapaxes", a, axis2, len(order)),
    )
    order[i], order[k] = order[k], order[i]
    return Transpose(a, axes=tuple(order))


@builds(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    """Build a Transpose node that moves axes to other places."""
    ndim = len(a.shape)
    moved = _positions("np.moveaxis", a, source, ndim)
    places = _positions("np.moveaxis", a, destination, ndim)
    if len(moved) != len(places):
        raise ArgumentTypeError(
            f"np.moveaxis needs one destination for each axis; got {brief(source)} and "
            f"{brief(destination)}."
        )
    order = [k for k in range(ndim) if k not in moved]
    for place, axis in sorted(zip(places, moved, strict=True)):
        order.insert(place, axis)
    return Transpose(a, axes=tuple(order))


if hasattr(np, "matrix_transpose"):  # new in NumPy 2.0

    @builds(np.matrix_transpose)
    def matrix_transpose(x: Any) -> Any:
        """Build a Transpose node that exchanges the last two axes."""
        return swapaxes(x, -1, -2)
