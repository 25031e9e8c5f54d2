"""Open an op: the simpler ops that its ``forward`` consists of, as nodes.

``forward`` is NumPy code, so calling it with nodes builds the graph of its steps. The gradient of
these steps follows from the gradients of simpler ops, and must equal the op's own ``backward``:
this is a check of the derivative that needs no small differences.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

import numpy as np

from tinygraph.core.gradients import call_with_nodes, something_else
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant
from tinygraph.core.node import Node, values_of
from tinygraph.core.op import Op
from tinygraph.core.scope import absolute_prefix
from tinygraph.core.topology import topological_order
from tinygraph.core.tracing import Traced
from tinygraph.core.trial import is_the_same
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import call_backward, call_forward


def expand(node: Node) -> Node:
    """Return the node that computes the same value from the same inputs in simpler ops.

    An op whose forward is a single NumPy function is returned unchanged. The new nodes are named
    after the op: ``loss/Subtract1``.

    Raises
    ------
    ArgumentTypeError
        If ``node`` is not an op.
    OpError
        If the ``forward`` of the op needs numbers, and not only NumPy functions of whole arrays.

    >>> import tinygraph as tg
    >>> h = tg.Sigmoid(tg.Input("x", shape=(None, 2)), name="h")
    >>> [type(node).__name__ for node in tg.Graph(expand(h)).nodes if node.inputs]
    ['Negate', 'Minimum', 'Exp', 'Add', 'Divide']
    """
    if not isinstance(node, Op):
        what = describe(node) if isinstance(node, Node) else brief(node)
        raise ArgumentTypeError(
            f"expand needs an op, such as Sigmoid(x), since only an op computes its value; "
            f"got {what}."
        )
    dtype = np.dtype(np.float64)
    with absolute_prefix(f"{node.name or type(node).__name__}/"):
        result = call_with_nodes(node, "forward", [Traced(each, dtype) for each in node.inputs])
        inside = result.node if isinstance(result, Traced) else Constant(result)
    if not is_the_same(node, [inside]):
        raise something_else(node, "forward")
    return node if type(inside) is type(node) else inside


def with_expanded(graph: Graph, names: Iterable[str]) -> Graph:
    """Return a copy of the graph in which the named ops are replaced by their expansions.

    The copy has the values and gradients of the last run, and shares the leaves with the graph.
    """
    opened = {graph[name] for name in names}
    new: dict[Node, Node] = {}
    for node in graph.nodes:
        new[node] = node
        inputs = tuple(new[each] for each in node.inputs)
        if any(a is not b for a, b in zip(inputs, node.inputs)):
            new[node] = copy.copy(node)
            new[node].inputs = inputs
        if node in opened:
            new[node] = expand(new[node])
            _fill(new[node], node)
    updates = {state: new[node] for state, node in graph.updates.items()}
    return Graph(new[graph.output], new[graph.prediction], updates, graph.rng)


def _fill(inside: Node, op: Node) -> None:
    """Give the nodes of an expansion their values and gradients, if the op has them."""
    if inside._value is not None or op._value is None:
        return
    steps = [n for n in topological_order([inside]) if isinstance(n, Op) and n._value is None]
    for constant in (each for step in steps for each in step.inputs if not each.inputs):
        if isinstance(constant, Constant):
            constant._value = constant.in_precision(op._value.dtype)
    for step in steps:
        arrays = values_of(step)
        step._value = call_forward(step, arrays, np.shape(step.forward(*arrays)))
    inside.grad = op.grad
    for step in reversed(steps):
        if step.grad is None:
            continue
        for node, gradient in zip(
            step.inputs, call_backward(step, step.grad, step._value, values_of(step))
        ):
            if gradient is not None and node in steps:
                node.grad = gradient if node.grad is None else node.grad + gradient
