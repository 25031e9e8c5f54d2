"""Indexing: Index takes parts of an array, Put puts them back."""

from __future__ import annotations

from types import EllipsisType, NoneType
from typing import Any

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.leaves import Constant
from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.conditions import CONDITIONS
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.shapes import Shape, show, with_batch


class Index(Op):
    r"""Parts of an array, as ``x[index]`` takes them.

    **Formula.** :math:`y = x[\text{index}]`.

    **Gradient.** An element that was taken enters y with the factor 1, once for each time it was
    taken. So g is added up at the places it came from, and all other places get 0.

    **Shape check.** The shape of y is NumPy's; the gradient has the shape of x.

    Parameters
    ----------
    at : tuple
        Whole numbers, slices, ``...``, ``None`` for a new axis, and arrays of whole numbers. For a
        node of whole numbers, see :class:`Take`.

    >>> import tinygraph as tg
    >>> tg.Input("x", shape=(None, 5))[:, :2]
    <Index (unnamed) (B, 2)>
    """

    formula = r"x[\text{index}]"
    code = "x[self.at]"
    rules = (
        Rule(
            r"\mathrm{put}(g)",
            "put(g, self.at, x)",
            local="1.0",
            why="an element that was taken has the factor 1, all others have the factor 0",
        ),
    )
    at: tuple[Any, ...] = (slice(None), slice(1, 3))

    def forward(self, x: Array) -> Array:
        y: Array = x[self.at]
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return put(g, self.at, x)

    def infer_shape(self, x: Shape) -> Shape:
        self.at = _checked(self.at)
        return _indexed(self, x)


class Put(Op):
    r"""Elements put back at the places that an index takes them from; all others are 0.

    It is the gradient of :class:`Index`. Elements that are put at the same place add up.

    **Formula.** :math:`y = \mathrm{put}(x)`, of the shape of another node, whose numbers do not
    matter.  **Gradient.** Each element of x enters y once, with the factor 1, at its place:
    :math:`\partial L/\partial x = g[\text{index}]`.

    **Shape check.** x has the shape that the index takes from y, and y the shape of the other node.

    >>> put(np.ones(2), (slice(1, 3),), np.zeros(4))
    array([0., 1., 1., 0.])
    """

    formula = r"\mathrm{put}(x)"
    code = "put(x, self.at, like)"
    rules = (
        Rule(r"g[\text{index}]", "g[self.at]", local="1.0", why="x is added to that part of y"),
        Rule("0", "np.zeros_like(like)", local="0.0", why="only the shape is used"),
    )
    at: tuple[Any, ...] = (slice(None), slice(1, 3))

    def forward(self, x: Array, like: Array) -> Array:
        return put(x, self.at, like)

    def backward(self, g: Array, y: Array, x: Array, like: Array) -> tuple[Array, None]:
        return g[self.at], None

    def infer_shape(self, x: Shape, like: Shape) -> Shape:
        self.at = _checked(self.at)
        if _indexed(self, like) != x:
            raise self.shape_error("elements of the shape that the index takes")
        return like

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 2)), rng.normal(size=(3, 4))


class Take(Op):
    r"""Rows of a table, chosen by a node of whole numbers: an embedding.

    **Formula.** :math:`y_i = x_{k_i}`, with k the index.

    **Gradient.** Row :math:`k` of x enters y once for each i with :math:`k_i = k`, with the factor
    1. So the rows of g add up at the rows they came from:

    .. math:: \frac{\partial L}{\partial x_k} = \sum_{i:\, k_i = k} g_i .

    The index gets no gradient.

    **Shape check.** The axis of x is replaced by the axes of the index: (V, d) taken by (B,) is
    (B, d).

    Parameters
    ----------
    axis : int
        The axis of x that the index goes along. Default: the first one.

    >>> import tinygraph as tg
    >>> token = tg.Input("token", shape=(None,), dtype=int)
    >>> tg.Parameter(np.ones((10, 4)), name="table")[token]
    <Take (unnamed) (B, 4)>
    """

    formula = r"x_{\text{index}}"
    code = "np.take(x, as_index(index), axis=self.axis)"
    rules = (
        Rule(
            r"\sum_{i:\, \text{index}_i = k} g_i",
            "add_at(g, index, self.axis, x)",
            local="1.0",
            why="row k enters y once for each time that the index names it",
        ),
        Rule("0", "np.zeros_like(index)", local="0.0", why="an index has no slope"),
    )
    axis: int = 0

    def forward(self, x: Array, index: Array) -> Array:
        y: Array = np.take(x, as_index(index), axis=self.axis)
        return y

    def backward(self, g: Array, y: Array, x: Array, index: Array) -> tuple[Array, None]:
        return add_at(g, index, self.axis, x), None

    def infer_shape(self, x: Shape, index: Shape) -> Shape:
        return _taken(self, x, index)

    def feed_ranges(self) -> dict[str, tuple[float, float]]:
        size = self.inputs[0].shape[self.axis]
        return {} if size is None else {"index": (0, size - 1)}

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 4)), rng.permutation(5)[:3].astype(float)


class Embedding(Op):
    r"""A row of a table for each token.

    **Formula.** :math:`y_i = table_{index_i}`, with a table of shape (tokens, d). An index of shape
    (B, T) gives (B, T, d).

    **Gradient.** Row k of the table enters y once for each time that the index names it, with the
    factor 1, so the gradients of these places add up. No gradient flows to the index.

    **Shape check.** g is (B, T, d); the sum over the places of token k leaves (d,), a row of the
    table.

    >>> import tinygraph as tg
    >>> token = tg.Input("token", shape=(None, 8), dtype=int)
    >>> tg.Embedding(tg.Parameter(np.ones((10, 4)), name="table"), token, name="e")
    <Embedding "e" (B, 8, 4)>
    """

    role = "linear"
    formula = r"table_{index}"
    code = "table[as_index(index)]"
    rules = (
        Rule(
            r"\sum_{i:\, index_i = k} g_i",
            "add_at(g, index, 0, table)",
            local="1.0",
            why="row k enters y once for each time that the index names it",
        ),
        Rule("0", "np.zeros_like(index)", local="0.0", why="an index has no slope"),
    )

    def forward(self, table: Array, index: Array) -> Array:
        y: Array = np.take(table, as_index(index), axis=0)
        return y

    def backward(self, g: Array, y: Array, table: Array, index: Array) -> tuple[Array, None]:
        return add_at(g, index, 0, table), None

    def infer_shape(self, table: Shape, index: Shape) -> Shape:
        if len(table) != 2 or None in table:
            raise self.shape_error("a table (tokens, d) and an index of whole numbers")
        return (*index, table[1])

    def feed_ranges(self) -> dict[str, tuple[float, float]]:
        tokens = self.inputs[0].shape[0]
        return {} if tokens is None else {"index": (0, tokens - 1)}

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(7, 4)), rng.permutation(7)[:6].reshape(2, 3).astype(float)


class AddAt(Op):
    r"""Rows added up at the places that an index names: the gradient of :class:`Take`.

    **Formula.** :math:`y_k = \sum_{i:\, k_i = k} x_i`, of the shape of another node, whose numbers
    do not matter.  **Gradient.** Row i of x enters row :math:`k_i` of y with the factor 1:
    :math:`\partial L/\partial x_i = g_{k_i}`.

    >>> add_at(np.ones((2, 1)), np.array([2, 2]), 0, np.zeros((4, 1))).T
    array([[0., 0., 2., 0.]])
    """

    formula = r"\sum_{i:\, \text{index}_i = k} x_i"
    code = "add_at(x, index, self.axis, like)"
    rules = (
        Rule(
            r"g_{\text{index}}",
            "np.take(g, as_index(index), axis=self.axis)",
            local="1.0",
            why="row i of x is added to one row of y",
        ),
        Rule("0", "np.zeros_like(index)", local="0.0", why="an index has no slope"),
        Rule("0", "np.zeros_like(like)", local="0.0", why="only the shape is used"),
    )
    axis: int = 0

    def forward(self, x: Array, index: Array, like: Array) -> Array:
        return add_at(x, index, self.axis, like)

    def backward(
        self, g: Array, y: Array, x: Array, index: Array, like: Array
    ) -> tuple[Array, None, None]:
        return np.take(g, as_index(index), axis=self.axis), None, None

    def infer_shape(self, x: Shape, index: Shape, like: Shape) -> Shape:
        if _taken(self, like, index) != x:
            raise self.shape_error("rows of the shape that the index takes")
        return like

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        table, index = Take.example(rng)
        return rng.normal(size=(3, 4)), index, table


def as_index(index: Array) -> Any:
    """Return whole numbers that came as floats in a type that NumPy accepts as an index."""
    return index if index.dtype.kind in "iu" else np.rint(index).astype(np.intp)


def put(x: Array, at: tuple[Any, ...], like: Array) -> Array:
    """Return zeros of the shape of ``like``, with ``x`` added at the places of a fixed index.

    >>> put(np.array([1.0, 2.0, 3.0]), (np.array([0, 2, 0]),), np.zeros(3))
    array([4., 0., 2.])
    """
    if isinstance(x, ArrayInterface):
        return x.__array_function__(put, (type(x),), (x, at, like), {})
    y = np.zeros_like(like)
    if all(isinstance(part, (slice, int, NoneType, EllipsisType)) for part in at):
        y[at] = x  # such an index names no element twice
    else:
        np.add.at(y, at, x)
    return y


def add_at(x: Array, index: Array, axis: int, like: Array) -> Array:
    """Return zeros of the shape of ``like``, with ``x`` added along ``axis`` at the ``index``."""
    if isinstance(x, ArrayInterface):
        return x.__array_function__(add_at, (type(x),), (x, index, axis, like), {})
    return put(x, (slice(None),) * (axis % like.ndim) + (as_index(index),), like)


@builds(put)
def put_node(x: Any, at: Any, like: Any) -> Any:
    """Build a Put node."""
    return Put(x, like, at=at)


@builds(add_at)
def add_at_node(x: Any, index: Any, axis: int, like: Any) -> Any:
    """Build an AddAt node."""
    return AddAt(x, index, like, axis=axis)


@builds(np.take)
def take(a: Any, indices: Any, axis: Any = None) -> Any:
    """Build a Take node."""
    if axis is None and len(a.shape) > 1:
        raise ArgumentTypeError(
            f"np.take of a node needs an axis, such as axis=0, which takes rows; got {brief(a)}."
        )
    return Take(a, indices, axis=axis or 0)


def index(x: Any, at: Any) -> Any:
    """Build ``x[at]``: an Index node, or a Take node if the index is itself a node."""
    parts = at if isinstance(at, tuple) else (at,)
    places = [k for k, each in enumerate(parts) if isinstance(each, Node)]
    if not places:
        return Index(x, at=parts)
    if isinstance(parts[places[0]], CONDITIONS):
        raise _mask(parts[places[0]])
    before, after = parts[: places[0]], parts[places[0] + 1 :]
    if any(not isinstance(each, slice) or each != slice(None) for each in (*before, *after)):
        raise ArgumentTypeError(
            f"A node may be the index along one axis, with full slices : on the others, such as "
            f"x[:, index]; got {brief(at)}. Take the other parts first: x[1:][index]."
        )
    return Take(x, parts[places[0]], axis=places[0])


OPERATORS["[]"] = index


def _checked(at: Any) -> tuple[Any, ...]:
    """Return an index as a tuple, with lists as arrays."""
    checked: list[Any] = []
    for each in at if isinstance(at, tuple) else (at,):
        part = np.asarray(each) if isinstance(each, (list, tuple, np.ndarray)) else each
        if isinstance(part, np.ndarray):
            part = part if part.size else part.astype(np.intp)  # NumPy has no type for nothing
            if part.dtype.kind == "b":
                raise _mask(each)
        is_array = isinstance(part, np.ndarray) and part.dtype.kind in "iu"
        is_basic = isinstance(part, (slice, NoneType, EllipsisType))
        if not (is_array or is_basic or is_whole_number(part)):
            raise ArgumentTypeError(
                f"An index into a node must consist of whole numbers, slices, ..., None, and "
                f"arrays or nodes of whole numbers; got {brief(each)}."
            )
        checked.append(part)
    return tuple(checked)


def _mask(each: Any) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"An index into a node must be known whole numbers; got the mask {brief(each)}. How many "
        f"elements a mask selects is unknown until a graph runs. Write np.where(mask, x, 0), which "
        f"keeps the shape."
    )


_BATCH = 7919
"""A batch size that no other axis has, to see where the batch axis goes."""


def _indexed(op: Index | Put, x: Shape) -> Shape:
    """Return the shape of ``x[op.at]``: NumPy indexes an array without numbers."""
    if None in x and _cuts_batch(op.at, x):
        raise op.shape_error(
            "the whole batch axis, or one sample of it; a part of the batch has an unknown size"
        )
    array: Any = np.broadcast_to(0.0, with_batch(x, _BATCH))  # type: ignore[arg-type]
    try:
        shape = array[op.at].shape
    except IndexError as error:
        raise op.shape_error(f"an index that fits {show(x)} ({error})") from None
    return tuple(None if n == _BATCH else n for n in shape)


def _cuts_batch(at: tuple[Any, ...], x: Shape) -> bool:
    """Tell whether the index takes a part of the batch axis by a slice."""
    parts = [each for each in at if each is not None]
    dots = [k for k, each in enumerate(parts) if each is Ellipsis]
    if dots:
        parts[dots[0] : dots[0] + 1] = [slice(None)] * (len(x) - len(parts) + 1)
    batch = x.index(None)
    each = parts[batch] if batch < len(parts) else slice(None)
    return isinstance(each, slice) and each not in (slice(None), slice(0, None))


def _taken(op: Take | AddAt, x: Shape, index: Shape) -> Shape:
    """Return the shape of ``x`` with the sizes of the index instead of one axis."""
    axis = op.axis
    if not is_whole_number(axis) or not -len(x) <= axis < len(x):
        raise op.shape_error(f"an axis of {show(x)}, not {brief(axis)}")
    axis, size = axis % len(x), x[axis]
    if size is None:
        raise op.shape_error("an axis of known size, since the number of samples is unknown")
    node = op.inputs[1]
    if isinstance(node, Constant):
        at: Any = node.value
        if not np.all((at == np.rint(at)) & (at >= -size) & (at < size)):
            raise op.shape_error(f"whole numbers from {-size} to {size - 1} as index")
    return (*x[:axis], *index, *x[axis + 1 :])
