"""Predicting: the value of one node for new data.  No node changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tinygraph.core.leaves import Input, Random
from tinygraph.core.node import Node, inputs_of, of_type
from tinygraph.core.op import Op
from tinygraph.core.switch import Switch, predicting_inputs
from tinygraph.core.topology import topological_order
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief
from tinygraph.validation.op_results import call_forward
from tinygraph.validation.shapes import batch_size, with_batch


class Path(NamedTuple):
    """The nodes on which the value of ``node`` depends when a graph predicts.

    Attributes
    ----------
    node : Node
    inputs : tuple of Input
    randoms : tuple of Random
    ops : tuple of Op
        In topological order.
    """

    node: Node
    inputs: tuple[Input, ...]
    randoms: tuple[Random, ...]
    ops: tuple[Op, ...]


def path_to(node: Node) -> Path:
    """Return the path to a node; of a Switch only its second input is on it."""
    ancestors = topological_order([node], predicting_inputs)
    return Path(node, *inputs_and_randoms(ancestors), of_type(Op, ancestors))


def inputs_and_randoms(nodes: Iterable[Node]) -> tuple[tuple[Input, ...], tuple[Random, ...]]:
    """Return the inputs that a user feeds, and those that a run draws."""
    nodes = tuple(nodes)
    inputs = tuple(node for node in of_type(Input, nodes) if not isinstance(node, Random))
    return inputs, of_type(Random, nodes)


def own_node(nodes: Sequence[Node], at: Any, default: Node) -> Node:
    """Return ``at`` if it is one of the nodes, and ``default`` if it is None.

    Raises
    ------
    ArgumentTypeError
        If it is anything else.
    """
    if at is None:
        return default
    if isinstance(at, Node) and at in nodes:
        return at
    raise ArgumentTypeError(
        f"predict(at=…) needs a node of this graph, or its name; got {brief(at)}."
    )


def predicted(path: Path, values: dict[Node, Any]) -> Any:
    """Return the value of a path's node; put those of its ops into ``values``.

    Parameters
    ----------
    path : Path
    values : dict
        The arrays that were fed and drawn. All other leaves have their own.

    Raises
    ------
    OpError
        If the ``forward`` of an op fails.
    """
    batch = batch_size((node.shape, values[node].shape) for node in path.inputs)
    for op in path.ops:
        arrays = [values.get(node, node._value) for node in inputs_of(op)]
        if isinstance(op, Switch):
            values[op] = arrays[1]
        else:
            values[op] = call_forward(op, arrays, with_batch(op.shape, batch))
    return values.get(path.node, path.node._value)
