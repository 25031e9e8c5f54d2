"""Checks of the feeds: the arrays that a user gives to the inputs of a graph for one run.

A wrong feed is reported here, by the name of its input, before any op runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    DtypeError,
    FeedError,
    ShapeError,
    did_you_mean,
)
from tinygraph.validation.arrays import Array, as_float_array, brief
from tinygraph.validation.naming import NodeLike, describe
from tinygraph.validation.shapes import fits, show, with_batch

FLOAT64 = np.dtype(np.float64)
FLOAT32 = np.dtype(np.float32)
ROUNDING = 1e-6
"""A sum of probabilities may be so much more than 1."""


class FeedRange(NamedTuple):
    """The smallest and the largest number that an op allows in a feed."""

    low: float
    high: float
    op: Any


def check_feeds(
    needed: Iterable[Any],
    allowed: Iterable[NodeLike],
    feeds: Mapping[str, Any],
    precision: np.dtype[Any] | None,
    ranges: Mapping[Any, FeedRange],
) -> dict[Any, Array]:
    """Return one checked array for each needed input.

    Parameters
    ----------
    needed, allowed
        The inputs that this run reads, and all inputs of the graph. A feed that is allowed but
        not needed is ignored.
    feeds
        The user's arrays, by name.
    precision
        The precision of the graph's parameters; ``None`` if there are none.
    ranges
        The numbers that an op allows, for the inputs that it limits.

    Raises
    ------
    FeedError
        For a missing or an unknown name.
    ShapeError
        For a shape that does not fit the input, or for batch sizes that differ.
    DtypeError
        For a feed that is not an array of real numbers, or float64 fed to a float32 graph.
    """
    arrays: dict[Any, Array] = {}
    first: tuple[str, int] | None = None
    for node in needed:
        name = str(node.name)
        if name not in feeds:
            raise _missing(name, needed, feeds)
        value = feeds[name]
        if node.is_whole:
            array = _whole_numbers(node, value)
        elif type(value) is np.ndarray and value.dtype is FLOAT64 and precision != FLOAT32:
            array = value
        else:
            array = _checked_dtype(name, value, precision)
        if first is None or array.shape != with_batch(node.shape, first[1]):
            first = _checked_shape(name, node, array, first)
        if node in ranges:
            _check_range(name, array, ranges[node])
        arrays[node] = array
    if len(feeds) > len(arrays):
        _refuse_unknown(feeds, allowed)
    return arrays


def unnamed_feed(caller: str, inputs: Iterable[NodeLike], before: str = "") -> ArgumentTypeError:
    """Return the error for feeds passed by position: it is unknown which input each is for."""
    names = [str(node.name) for node in inputs]
    call = ", ".join(f"{name}=…" for name in names if name.isidentifier())
    return ArgumentTypeError(
        f"Pass each feed by the name of its input: {caller}({before}{call}). Without names, one "
        f"array could be mistaken for another."
    )


def _checked_shape(
    name: str, node: NodeLike, array: Array, first: tuple[str, int] | None
) -> tuple[str, int] | None:
    """Raise if the shape is wrong; return the name and the batch size of the first feed."""
    if not fits(array.shape, node.shape):
        raise _wrong_shape(name, node, array)
    for size, expected in zip(array.shape, node.shape):
        if expected is None:
            first_name, batch = first = first or (name, size)
            if size != batch:
                raise ShapeError(
                    f"All feeds of one run must have the same batch size, but {first_name!r} has "
                    f"{batch} samples and {name!r} has {size}. Feed both from the same samples.",
                    node,
                )
    return first


def _checked_dtype(name: str, value: Any, precision: np.dtype[Any] | None) -> Array:
    array = as_float_array(value, f"The feed {name!r}", precision)
    if precision == FLOAT32 and array.dtype == FLOAT64:
        raise DtypeError(
            f"The parameters of this graph are float32, but the feed {name!r} is float64. Use "
            f"{name}.astype(np.float32), or make the parameters float64."
        )
    return array


def feed_ranges(ops: Iterable[Any]) -> dict[Any, FeedRange]:
    """Return the range of each input that an op limits; of several the one with the least end."""
    ranges: dict[Any, FeedRange] = {}
    for op in ops:
        for argument, (low, high) in op.feed_ranges().items():
            node = op.inputs[op.arguments.index(argument)]
            if node.role == "input" and (node not in ranges or high < ranges[node].high):
                ranges[node] = FeedRange(low, high, op)
    return ranges


def _whole_numbers(node: NodeLike, value: Any) -> Any:
    """Return class labels or tokens as an array of int64."""
    what = f"The feed {str(node.name)!r}"
    try:
        array = np.asarray(value)
    except Exception as error:  # a custom __array__ may fail in any way
        raise DtypeError(f"{what} must be whole numbers; got {brief(value)} ({error}).") from error
    if array.dtype.kind in "US" or array.dtype.kind == "O":
        raise DtypeError(
            f"{what} must be whole numbers, such as 0 for the first class; got {brief(value)}. "
            f"Number the classes: names, {node.name} = np.unique(labels, return_inverse=True)."
        )
    if array.dtype.kind == "f":
        is_whole = array == np.floor(array)  # NaN and infinity: see below
        if not (is_whole & np.isfinite(array)).all():
            place = tuple(map(int, np.argwhere(~(is_whole & np.isfinite(array)))[0]))
            raise DtypeError(
                f"{what} must be whole numbers; {_at(place)} is {array[place]:g}. For targets that "
                f"are not class labels, use an Input with dtype=float."
            )
    elif array.dtype.kind not in "biu":
        raise DtypeError(f"{what} must be whole numbers; got dtype {array.dtype}.")
    return array.astype(np.int64)


def _check_range(name: str, array: Any, allowed: FeedRange) -> None:
    """Raise if a class label, a token or a target is outside the range that an op allows."""
    low, high, op = allowed
    is_whole = isinstance(high, int)
    margin = 0 if is_whole else ROUNDING
    if array.size and (array.min() < low - margin or array.max() > high + margin):
        outside = (array < low - margin) | (array > high + margin)
        place = tuple(map(int, np.argwhere(outside)[0]))
        kind, hint = "whole numbers" if is_whole else "numbers", ""
        if not is_whole and np.isin(array, (-1, 1)).all():
            hint = f" Are these labels −1 and 1? Feed ({name} + 1) / 2."
        raise ArgumentError(
            f"{describe(op)} needs {kind} from {low} to {high} in the feed {name!r}; {_at(place)} "
            f"is {array[place]}.{hint}"
        )


def _at(place: tuple[int, ...]) -> str:
    if not place:
        return "the value"
    return f"sample {place[0]}" if len(place) == 1 else f"the element at {place}"


def _missing(name: str, needed: Iterable[NodeLike], feeds: Mapping[str, Any]) -> FeedError:
    names = [str(node.name) for node in needed]
    arrived = ", ".join(map(repr, feeds)) or "nothing"
    unknown = [feed for feed in feeds if feed not in names]
    hint = f" Should {unknown[0]!r} be {name!r}?" if len(unknown) == 1 else ""
    return FeedError(
        f"This run needs a feed for each of the inputs {', '.join(map(repr, names))}. The feed "
        f"{name!r} is missing; got {arrived}.{hint}"
    )


def _refuse_unknown(feeds: Mapping[str, Any], allowed: Iterable[NodeLike]) -> None:
    names = [str(node.name) for node in allowed]
    for name in feeds:
        if name not in names:
            raise FeedError(
                f"Each feed must have the name of an input, but no input is called {name!r}."
                + did_you_mean(name, names)
            )


def _wrong_shape(name: str, node: NodeLike, array: Array) -> ShapeError:
    hint = ""
    is_one_hot = array.ndim == len(node.shape) + 1 and fits(array.shape[:-1], node.shape)
    if getattr(node, "is_whole", False) and is_one_hot:
        hint = f" If these are one-hot labels, use {name}.argmax(axis=-1)."
    elif array.ndim + 1 == len(node.shape) and fits((*array.shape, 1), node.shape):
        hint = f" To make a column of labels, use {name}.reshape(-1, 1)."
    elif array.ndim + 1 == len(node.shape) and fits((1, *array.shape), node.shape):
        hint = f" To feed one sample as a batch of one, use {name}.reshape(1, -1)."
    elif None not in node.shape and array.ndim == len(node.shape) + 1:
        hint = (
            f" Does the feed have a batch axis? Then the input must have one, too: "
            f"shape={(None, *node.shape)}."
        )
    elif array.ndim == 2 and fits(array.shape[::-1], node.shape):
        hint = f" Is it transposed? Try {name}.T."
    return ShapeError(
        f"The input {name!r} has the shape {show(node.shape)}, where B is the batch size, but the "
        f"feed has the shape {show(array.shape)}.{hint}",
        node,
    )


def common_precision(nodes: Iterable[NodeLike]) -> np.dtype[Any] | None:
    """Return float32 if all values are float32, else float64; ``None`` if there are no nodes."""
    dtypes = {node.value.dtype for node in nodes if node.value is not None}
    if not dtypes:
        return None
    return FLOAT32 if dtypes == {FLOAT32} else FLOAT64
