"""Feeds: the arrays given to a graph's inputs for one run, checked by name.

What a feed can get wrong is said here, in terms of the inputs' names, before any op runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygraph.errors import ArgumentTypeError, DtypeError, FeedError, ShapeError, did_you_mean
from tinygraph.validation.arrays import Array, as_float_array
from tinygraph.validation.naming import NodeLike
from tinygraph.validation.shapes import fits, show, with_batch

FLOAT64 = np.dtype(np.float64)
FLOAT32 = np.dtype(np.float32)


def check_feeds(
    needed: Iterable[NodeLike],
    allowed: Iterable[NodeLike],
    feeds: Mapping[str, Any],
    precision: np.dtype[Any] | None,
) -> dict[Any, Array]:
    """Return one float array for each needed input.

    Parameters
    ----------
    needed, allowed
        The inputs that this run reads, and all inputs of the graph: a feed that is allowed but
        not needed is left alone.
    feeds
        What arrived, by name.
    precision
        The precision of the graph's parameters; ``None`` where there are none.

    Raises
    ------
    FeedError
        For a missing or an unknown name.
    ShapeError
        For a shape that is not the input's, or for batch sizes that differ.
    DtypeError
        For what is no array of real numbers, or float64 fed to a float32 graph.
    """
    arrays: dict[Any, Array] = {}
    first: tuple[str, int] | None = None
    for node in needed:
        name = str(node.name)
        if name not in feeds:
            raise _missing(name, needed, feeds)
        value = feeds[name]
        if type(value) is np.ndarray and value.dtype is FLOAT64 and precision != FLOAT32:
            array = value
        else:
            array = _checked_dtype(name, value, precision)
        if first is None or array.shape != with_batch(node.shape, first[1]):
            first = _checked_shape(name, node, array, first)
        arrays[node] = array
    if len(feeds) > len(arrays):
        _refuse_unknown(feeds, allowed)
    return arrays


def unnamed_feed(caller: str, inputs: Iterable[NodeLike], before: str = "") -> ArgumentTypeError:
    """Return the error for arrays that came by position: which input each is for, is not known."""
    names = [str(node.name) for node in inputs]
    call = ", ".join(f"{name}=…" for name in names if name.isidentifier())
    return ArgumentTypeError(
        f"An array is fed to an input by its name, so that none is taken for another: "
        f"{caller}({before}{call})."
    )


def _checked_shape(
    name: str, node: NodeLike, array: Array, first: tuple[str, int] | None
) -> tuple[str, int] | None:
    """Refuse a wrong shape; return the name and the size of the first batch of the run."""
    if not fits(array.shape, node.shape):
        raise _wrong_shape(name, node, array)
    for size, expected in zip(array.shape, node.shape):
        if expected is None:
            first_name, batch = first = first or (name, size)
            if size != batch:
                raise ShapeError(
                    f"All inputs of one run share one batch size; {first_name!r} has {batch} "
                    f"samples, {name!r} has {size}. Feed both from the same samples.",
                    node,
                )
    return first


def _checked_dtype(name: str, value: Any, precision: np.dtype[Any] | None) -> Array:
    array = as_float_array(value, f"The feed {name!r}", precision)
    if precision == FLOAT32 and array.dtype == FLOAT64:
        raise DtypeError(
            f"This graph's parameters are float32, and stay so end to end; the feed {name!r} is "
            f"float64. Feed {name}.astype(np.float32), or make the parameters float64."
        )
    return array


def _missing(name: str, needed: Iterable[NodeLike], feeds: Mapping[str, Any]) -> FeedError:
    names = [str(node.name) for node in needed]
    arrived = ", ".join(map(repr, feeds)) or "nothing"
    unknown = [feed for feed in feeds if feed not in names]
    hint = f" Is {unknown[0]!r} meant to be {name!r}?" if len(unknown) == 1 else ""
    return FeedError(
        f"This run needs a feed for each of the inputs {', '.join(map(repr, names))}; "
        f"{name!r} is missing, and {arrived} arrived.{hint}"
    )


def _refuse_unknown(feeds: Mapping[str, Any], allowed: Iterable[NodeLike]) -> None:
    names = [str(node.name) for node in allowed]
    for name in feeds:
        if name not in names:
            raise FeedError(
                f"A feed goes to an input of the graph by its name; no input is called {name!r}."
                + did_you_mean(name, names)
            )


def _wrong_shape(name: str, node: NodeLike, array: Array) -> ShapeError:
    hint = ""
    if array.ndim + 1 == len(node.shape) and fits((*array.shape, 1), node.shape):
        hint = f" A column of labels is {name}.reshape(-1, 1)."
    elif array.ndim + 1 == len(node.shape) and fits((1, *array.shape), node.shape):
        hint = f" One sample is a batch of one: {name}.reshape(1, -1)."
    elif array.ndim == 2 and fits(array.shape[::-1], node.shape):
        hint = f" Is it transposed? Try {name}.T."
    return ShapeError(
        f"The input {name!r} has the shape {show(node.shape)}, with B the batch size; the feed has "
        f"{show(array.shape)}.{hint}",
        node,
    )


def common_precision(nodes: Iterable[NodeLike]) -> np.dtype[Any] | None:
    """Return float32 if all nodes' values are float32, else float64; ``None`` for no nodes."""
    dtypes = {node.value.dtype for node in nodes if node.value is not None}
    if not dtypes:
        return None
    return FLOAT32 if dtypes == {FLOAT32} else FLOAT64
