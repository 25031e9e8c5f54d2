"""Indexing: Index takes parts of an array, Put puts them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.comparisons import (
    Equal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    NotEqual,
)
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.shapes import Shape, show, with_batch


class Index(Op):
    r"""Parts of an array, as ``x[index]`` takes them.

    **Formula.** :math:`y = x[\text{index}]`.

    **Gradient.** An element that was taken enters y with the factor 1, once for each time it was
    taken. So g is added up at the places it came from, and all other places get 0.

    **Shape check.** The shape of y is NumPy's; the gradient has the shape of x.

    The index has whole numbers, slices, ``...``, ``None`` for a new axis, arrays of whole numbers,
    and nodes of whole numbers, which come after x among the inputs.

    Parameters
    ----------
    at : tuple
        The index. ``Index.NODE`` marks the places of the nodes.

    >>> import tinygraph as tg
    >>> x, label = tg.Input("x", shape=(None, 5)), tg.Input("label", shape=(None,), dtype=int)
    >>> x[:, :2], tg.Parameter(np.ones((10, 4)))[label]
    (<Index (unnamed) (B, 2)>, <Index (unnamed) (B, 4)>)
    """

    NODE = "node"

    formula = r"x[\text{index}]"
    code = "x[self.places()]"
    rules = (
        Rule(
            r"\mathrm{put}(g)",
            "put(g, self.places(), x)",
            local="1.0",
            why="an element that was taken has the factor 1, all others have the factor 0",
        ),
    )
    at: tuple[Any, ...] = (slice(None), slice(1, 3))

    def places(self, *index: Array) -> Any:
        """Return the index with the values of its nodes."""
        return _filled(self.at, index)

    def forward(self, x: Array, *index: Array) -> Array:
        return x[self.places(*index)]

    def backward(self, g: Array, y: Array, x: Array, *index: Array) -> tuple[Array | None, ...]:
        return put(g, self.places(*index), x), *(None for _ in index)

    def infer_shape(self, x: Shape, *index: Shape) -> Shape:
        return _indexed(self, x, index)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(3, 4)),)


class Put(Op):
    r"""Elements put back at the places that an index takes them from; all others are 0.

    It is the gradient of :class:`Index`. Elements that are put at the same place add up.

    **Formula.** :math:`y = \mathrm{put}(x)`, of the shape of another node, whose numbers do not
    matter.  **Gradient.** Each element of x enters y once, with the factor 1, at its place:
    :math:`\partial L/\partial x = g[\text{index}]`.

    **Shape check.** x has the shape that the index takes from y, and y the shape of the other node.

    >>> Put.forward(Put([1.0, 2.0], [0.0] * 4, at=(slice(1, 3),)), np.ones(2), np.zeros(4))
    array([0., 1., 1., 0.])
    """

    formula = r"\mathrm{put}(x)"
    code = "put(x, self.places(), like)"
    rules = (
        Rule(
            r"g[\text{index}]",
            "g[self.places()]",
            local="1.0",
            why="each element of x is one part of an element of y",
        ),
        Rule("0", "np.zeros_like(like)", local="0.0", why="only the shape is used"),
    )
    at: tuple[Any, ...] = (slice(None), slice(1, 3))

    def places(self, *index: Array) -> Any:
        """Return the index with the values of its nodes."""
        return _filled(self.at, index)

    def forward(self, x: Array, like: Array, *index: Array) -> Array:
        return put(x, self.places(*index), like)

    def backward(
        self, g: Array, y: Array, x: Array, like: Array, *index: Array
    ) -> tuple[Array | None, ...]:
        return g[self.places(*index)], None, *(None for _ in index)

    def infer_shape(self, x: Shape, like: Shape, *index: Shape) -> Shape:
        if _indexed(self, like, index) != x:
            raise self.shape_error("elements of the shape that the index takes")
        return like

    @classmethod
    def takes(cls, count: int) -> bool:
        return count >= 2

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 2)), rng.normal(size=(3, 4))


def put(x: Array, places: Any, like: Array) -> Array:
    """Return zeros of the shape of ``like``, with ``x`` added at the ``places`` of an index.

    >>> put(np.array([1.0, 2.0, 3.0]), np.array([0, 2, 0]), np.zeros(3))
    array([4., 0., 2.])
    """
    if not isinstance(x, (np.ndarray, np.generic)):
        made: Array = x.__array_function__(put, (type(x),), (x, places, like), {})
        return made
    y = np.zeros(like.shape, x.dtype)
    np.add.at(y, places, x)
    return y


@builds(put)
def put_node(x: Any, places: Any, like: Any) -> Any:
    """Build a Put node."""
    at, nodes = _marked(places)
    return Put(x, like, *nodes, at=at)


def index(x: Any, at: Any) -> Any:
    """Build an Index node: ``x[at]``."""
    at, nodes = _marked(at)
    return Index(x, *nodes, at=at)


OPERATORS["[]"] = index


def _marked(at: Any) -> tuple[tuple[Any, ...], list[Node]]:
    """Return an index with marks in the places of its nodes, and these nodes."""
    marked: list[Any] = []
    nodes: list[Node] = []
    for each in at if isinstance(at, tuple) else (at,):
        if isinstance(each, Node):
            if isinstance(each, (Greater, GreaterEqual, Less, LessEqual, Equal, NotEqual)):
                raise _mask(each)
            nodes.append(each)
            marked.append(Index.NODE)
            continue
        is_array = isinstance(each, (list, np.ndarray)) and np.ndim(each) > 0
        array = np.asarray(each) if is_array else None
        if array is not None and array.dtype.kind == "b":
            raise _mask(each)
        known = (slice, type(None), type(Ellipsis))
        if array is None and not is_whole_number(each) and not isinstance(each, known):
            raise _no_index(each)
        if array is not None and array.dtype.kind not in "iu":
            raise _no_index(each)
        marked.append(each if array is None else array)
    return tuple(marked), nodes


def _mask(each: Any) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"An index into a node must be known whole numbers; got the mask {brief(each)}. How many "
        f"elements a mask selects is unknown until a graph runs. Write np.where(mask, x, 0), which "
        f"keeps the shape."
    )


def _no_index(each: Any) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"An index into a node must consist of whole numbers, slices, ..., None, and arrays or "
        f"nodes of whole numbers; got {brief(each)}."
    )


def _filled(at: Any, index: Sequence[Any]) -> tuple[Any, ...]:
    """Return the index with the values of its nodes, as whole numbers."""
    values = iter(index)
    return tuple(
        np.rint(next(values)).astype(np.intp) if isinstance(each, str) else each for each in at
    )


_BATCH = 7919
"""A batch size that no other axis has, to see where the batch axis goes."""


def _indexed(op: Op, x: Shape, index: Sequence[Shape]) -> Shape:
    """Return the shape of ``x[index]``, which NumPy itself says."""
    at = op.at  # type: ignore[attr-defined]
    if None in x and _cuts_batch(at, x):
        raise op.shape_error(
            "the whole batch axis, or one sample of it; a part of the batch has an unknown size"
        )
    dummies = [np.zeros(with_batch(shape, _BATCH), np.intp) for shape in index]  # type: ignore[arg-type]
    array: Any = np.broadcast_to(0.0, with_batch(x, _BATCH))  # type: ignore[arg-type]
    try:
        shape = array[_filled(at, dummies)].shape
    except IndexError as error:
        raise op.shape_error(f"an index that fits {show(x)} ({error})") from None
    return tuple(None if n == _BATCH else n for n in shape)


def _cuts_batch(at: tuple[Any, ...], x: Shape) -> bool:
    """Tell whether the index takes a part of the batch axis by a slice."""
    parts = [each for each in at if each is not None]
    if any(each is Ellipsis for each in parts):
        k = next(k for k, each in enumerate(parts) if each is Ellipsis)
        parts[k : k + 1] = [slice(None)] * (len(x) - len(parts) + 1)
    batch = x.index(None)
    each = parts[batch] if batch < len(parts) else slice(None)
    return isinstance(each, slice) and each not in (slice(None), slice(0, None))
