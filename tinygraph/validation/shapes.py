"""Shapes that are known before a graph has any numbers.

A shape is a tuple of sizes, and ``None`` means *the batch size*: it is unknown until a batch
is fed, and every ``None`` of one run is the same number. So two ``None`` match each other, and
broadcasting ``None`` with 1 gives ``None``.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import brief

Shape = tuple[int | None, ...]
"""A tuple of sizes; ``None`` is the batch size."""


def as_shape(shape: Any, what: str) -> Shape:
    """Convert ``shape`` to a tuple of sizes; ``what`` names its owner in the error message.

    Raises
    ------
    ArgumentTypeError
        If ``shape`` is not a sequence of non-negative integers and ``None``.
    """
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        sizes = tuple(shape)
        if all(_is_size(size) for size in sizes):
            return tuple(None if size is None else int(size) for size in sizes)
    raise ArgumentTypeError(
        f"The shape of {what} must be a tuple of sizes, with None for the batch size, such as "
        f"(None, 2); got {brief(shape)}."
    )


def _is_size(size: Any) -> bool:
    if size is None:
        return True
    try:
        return not isinstance(size, bool) and operator.index(size) >= 0
    except TypeError:
        return False


def fits(shape: Sequence[int | None], pattern: Sequence[int | None]) -> bool:
    """Tell whether two shapes agree; ``None`` agrees with every size.

    >>> fits((100, 2), (None, 2)), fits((100, 3), (None, 2)), fits((2,), (None, 2))
    (True, False, False)
    """
    if len(shape) != len(pattern):
        return False
    for a, b in zip(shape, pattern, strict=True):
        if a != b and a is not None and b is not None:
            return False
    return True


def broadcast(*shapes: Shape) -> Shape:
    """Return the shape that NumPy's broadcasting gives; ``None`` is the batch size.

    Raises
    ------
    ShapeError
        If two sizes differ and neither is 1.

    >>> broadcast((None, 4), (4,)), broadcast((None, 1), (1, 3)), broadcast((2, 1), ())
    ((None, 4), (None, 3), (2, 1))
    """
    first = shapes[0]
    if shapes.count(first) == len(shapes):
        return first
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    result = tuple(_broadcast_size(sizes, shapes) for sizes in zip(*padded, strict=True))
    for shape, longer in zip(shapes, padded, strict=True):
        if len(shape) < rank and None in shape:
            _check_batch_axis(shape, result, longer.index(None))
    return result


def _check_batch_axis(shape: Shape, result: Shape, axis: int) -> None:
    """Raise if the batch axis of a shape with fewer axes than the result meets another axis."""
    size = result[axis]
    if size is not None:
        aligned = (shape[0], *(1 for _ in result[len(shape) :]), *shape[1:])
        raise ShapeError(
            f"broadcasting compares axes from the last one, so that the batch axis of "
            f"{show(shape)} would meet an axis of size {size} (keep an axis that is reduced with "
            f"keepdims=True, or reshape to {show(aligned)})"
        )


def _broadcast_size(sizes: tuple[int | None, ...], shapes: tuple[Shape, ...]) -> int | None:
    # If None meets a size k > 1, the batch size can only be 1 or k: the result is k in both cases.
    known = {size for size in sizes if size is not None and size != 1}
    if len(known) > 1:
        raise ShapeError(
            f"broadcasting needs sizes that are equal or 1, compared from the last axis; "
            f"got {' and '.join(show(shape) for shape in shapes)}"
        )
    if known:
        return known.pop()
    return None if None in sizes else 1


def batch_size(pairs: Iterable[tuple[Shape, Sequence[int]]]) -> int | None:
    """Return the batch size: the size of the first array axis whose shape says ``None``.

    >>> batch_size([((3,), (3,)), ((None, 2), (100, 2))])
    100
    """
    for shape, sizes in pairs:
        if None in shape:
            return sizes[shape.index(None)]
    return None


@lru_cache(maxsize=4096)
def with_batch(shape: Shape, batch: int | None) -> Shape:
    """Replace ``None`` in a shape by the batch size.

    >>> with_batch((None, 4), 100)
    (100, 4)
    """
    if None not in shape:
        return shape
    return tuple([batch if size is None else size for size in shape])


def show(shape: Sequence[int | None]) -> str:
    """Format a shape for a message, with B for the batch size.

    >>> show((None, 4)), show((4,)), show(())
    ('(B, 4)', '(4,)', '()')
    """
    sizes = ["B" if size is None else str(size) for size in shape]
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(sizes)})"
