"""The topological order of a graph, and a unique name for every node.

A graph needs both before it can run: an order in which every node comes after its inputs, and names
by which a user can look up a node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter

from tinygraph.core.node import Node, inputs_of
from tinygraph.errors import ArgumentTypeError, CycleError, StateError
from tinygraph.validation.arrays import brief
from tinygraph.validation.naming import check_name, describe, duplicate_name


def topological_order(
    outputs: Iterable[Node], inputs: Callable[[Node], tuple[Node, ...]] = attrgetter("inputs")
) -> list[Node]:
    """Return all nodes that ``outputs`` depend on, each after its inputs.

    This is a depth-first search with its own stack: a chain of a million nodes needs no recursion.
    A node is *open* from the moment its inputs are pushed on the stack until all of them are in the
    order. If an input of a node is open, the graph has a cycle.

    Parameters
    ----------
    outputs
        The nodes to start from.
    inputs
        Gives the inputs of a node. Default: all of them.

    Raises
    ------
    CycleError
        If a node depends on itself.
    ArgumentTypeError
        If a user has set the inputs of a node to something other than nodes.
    """
    order: list[Node] = []
    is_open: dict[Node, bool] = {}
    stack = list(outputs)[::-1]
    try:
        while stack:
            node = stack[-1]
            state = is_open.get(node)
            if state is None:
                is_open[node] = True
                parents = inputs(node)
                if type(parents) is not tuple:
                    inputs_of(node)
                for parent in reversed(parents):
                    parent_state = is_open.get(parent)
                    if parent_state is None:
                        stack.append(parent)
                    elif parent_state:
                        raise _cycle_error(node, parent)
            else:
                stack.pop()
                if state:
                    is_open[node] = False
                    order.append(node)
    except (AttributeError, KeyError, TypeError):
        for node in is_open:  # a user has put something else among the inputs
            inputs_of(node)
        raise
    return order


def _cycle_error(node: Node, parent: Node) -> CycleError:
    return CycleError(
        f"A graph must not have a cycle, but {describe(node)} reads {describe(parent)}, which "
        f"itself depends on {describe(node)}. Build a new node instead of changing the inputs of "
        f"an old one."
    )


def name_nodes(nodes: Sequence[Node]) -> dict[str, Node]:
    """Name the unnamed nodes after their class, and return all nodes by name.

    ``nodes`` are in topological order, so the same graph always gets the same names:
    ``MatMul1``, ``MatMul2``, … A node keeps the name that an earlier graph gave it. If two nodes
    come with the same such name, one of them becomes ``MatMul1_2``.

    Raises
    ------
    DuplicateNameError
        If the user has given the same name to two nodes.
    """
    by_name: dict[str, Node] = {}
    for node in nodes:
        if node.name is not None and not isinstance(node.name, str):
            check_name(node.name)
        if node.name is not None and not node.auto_named:
            if node.name in by_name:
                raise duplicate_name(by_name[node.name], node)
            by_name[node.name] = node
    unnamed: list[Node] = []
    for node in nodes:
        if node.name is None or by_name.setdefault(node.name, node) is not node:
            unnamed.append(node)
    taken: dict[str, int] = {}
    for node in unnamed:
        stem, number = f"{node.name}_", 2
        if node.name is None:
            stem, number = f"{node.prefix}{type(node).__name__}", 1
        number = taken.get(stem, number)
        while (name := f"{stem}{number}") in by_name:
            number += 1
        taken[stem] = number + 1
        node.name = name
        node.auto_named = True
        by_name[name] = node
    return by_name


def as_node(value: object, what: str) -> Node:
    """Return ``value`` if it is a node; ``what`` names it in the error message.

    Raises
    ------
    ArgumentTypeError
        If ``value`` is not a node.
    """
    if isinstance(value, Node):
        return value
    raise ArgumentTypeError(
        f"{what} must be a node, such as the MSE node at the end of a network; got {brief(value)}."
    )


def check_nodes(nodes: Iterable[Node]) -> None:
    """Raise if the names or the inputs of the nodes are no longer those of a graph.

    Parameters
    ----------
    nodes
        All nodes of a graph, in topological order.

    Raises
    ------
    ArgumentTypeError
        For a name that is not a string, or inputs that are not nodes.
    StateError
        For inputs that do not come before their node in the graph, or too many or too few.

    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> model["layer1/h"].inputs = (tg.Parameter(1.0, name="w"),)
    >>> check_nodes(model.nodes)
    Traceback (most recent call last):
    tinygraph.errors.StateError: Sigmoid "layer1/h" reads Parameter "w", which does not come \
before it in this graph: its inputs have changed since the graph was built. Build the Graph again.
    """
    seen: set[Node] = set()
    for node in nodes:
        check_name(node.name)
        for parent in inputs_of(node):
            if parent not in seen:
                raise StateError(
                    f"{describe(node)} reads {describe(parent)}, which does not come before it in "
                    f"this graph: its inputs have changed since the graph was built. Build the "
                    f"Graph again."
                )
        if not node.takes(len(node.inputs)):
            arguments = getattr(node, "arguments", ())
            raise StateError(
                f"{describe(node)} takes {len(arguments)} input(s), "
                f"({', '.join(arguments)}), but its inputs were set to {len(node.inputs)} nodes."
            )
        seen.add(node)
