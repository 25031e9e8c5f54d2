"""What was set on a node by hand, held to what a graph needs.

The attributes of a node are plain, so that a run loses no time on them: nothing is checked when one
is set.  Whoever reads a graph outside of a run asks here first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.arrays import FLOATS, brief
from tinygraph.errors import ArgumentTypeError, ShapeError, StateError
from tinygraph.node import Node, Op, check_name, describe, inputs_of
from tinygraph.shapes import fits, show


def check_nodes(nodes: Iterable[Node]) -> None:
    """Refuse a graph in which a name or the inputs of a node are none any more.

    Parameters
    ----------
    nodes
        All nodes of a graph, in topological order.

    Raises
    ------
    ArgumentTypeError
        For a name that is no text, or inputs that are no nodes.
    StateError
        For inputs that do not stand before their node in the graph, or too many or too few.

    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> model["layer1/h"].inputs = (tg.Parameter(1.0, name="w"),)
    >>> check_nodes(model.nodes)
    Traceback (most recent call last):
    tinygraph.errors.StateError: Sigmoid "layer1/h" now reads Parameter "w", which is not before \
it in this graph: its inputs were changed after the graph was made. Make the Graph anew.
    """
    seen: set[Node] = set()
    for node in nodes:
        check_name(node.name)
        for parent in inputs_of(node):
            if parent not in seen:
                raise StateError(
                    f"{describe(node)} now reads {describe(parent)}, which is not before it in "
                    f"this graph: its inputs were changed after the graph was made. Make the "
                    f"Graph anew."
                )
        if isinstance(node, Op) and not node._takes(len(node.inputs)):
            raise StateError(
                f"{describe(node)} takes {len(node.arguments)} input(s), "
                f"({', '.join(node.arguments)}); by hand it was given {len(node.inputs)}."
            )
        seen.add(node)


def check_numbers(nodes: Iterable[Node]) -> None:
    """Refuse a value or a gradient that is no array of its node's shape.

    Raises
    ------
    ArgumentTypeError, ShapeError

    >>> import tinygraph as tg
    >>> w = tg.Parameter([1.0, 2.0], name="w")
    >>> w.grad = "steep"
    >>> check_numbers([w])
    Traceback (most recent call last):
    tinygraph.errors.ArgumentTypeError: The gradient of Parameter "w" is an array of floats; it \
was set to 'steep'.
    """
    for node in nodes:
        for what, array in (("value", node.value), ("gradient", node.grad)):
            if array is not None:
                _check_array(node, what, array)


def _check_array(node: Node, what: str, array: Any) -> None:
    if not isinstance(array, (np.ndarray, np.generic)) or array.dtype not in FLOATS:
        raise ArgumentTypeError(
            f"The {what} of {describe(node)} is an array of floats; it was set to {brief(array)}."
        )
    if not fits(array.shape, node.shape):
        raise ShapeError(
            f"The {what} of {describe(node)} has the shape {show(node.shape)}; it was set to an "
            f"array {show(array.shape)}.",
            node,
        )
