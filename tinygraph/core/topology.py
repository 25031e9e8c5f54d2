"""The order of computation, and a name for every node.

Both are what a graph needs before it can run: an order in which every node stands after its
inputs, and names by which a person can ask for a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tinygraph.core.node import Node, inputs_of
from tinygraph.errors import ArgumentTypeError, CycleError, DuplicateNameError, StateError
from tinygraph.validation.arrays import brief
from tinygraph.validation.naming import check_name, describe


def topological_order(outputs: Iterable[Node]) -> list[Node]:
    """Return every node that ``outputs`` depend on, each after its inputs.

    A depth-first walk with its own stack: a chain of a million nodes is no deeper for it than a
    chain of two.  A node is *open* from the moment its inputs are put on the stack until they are
    all in the order; to meet an open node among one's own inputs is to have walked in a circle.

    Raises
    ------
    CycleError
        If a node depends on itself.
    ArgumentTypeError
        If the inputs of a node were set by hand to what are no nodes.
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
                if type(node.inputs) is not tuple:
                    inputs_of(node)
                for parent in reversed(node.inputs):
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
        for node in is_open:  # the walk met what is no node: somebody put it there by hand
            inputs_of(node)
        raise
    return order


def _cycle_error(node: Node, parent: Node) -> CycleError:
    return CycleError(
        f"A graph has no cycles: each node is computed from nodes before it. "
        f"{describe(node)} reads {describe(parent)}, which itself depends on {describe(node)}. "
        f"Build a new node instead of changing the inputs of an old one."
    )


def name_nodes(nodes: Sequence[Node]) -> dict[str, Node]:
    """Give each node without a name the next free one of its class, and return all by name.

    ``nodes`` are in topological order, so the same graph always gets the same names:
    ``MatMul1``, ``MatMul2``, …  A node that an earlier graph named keeps that name; only where two
    such meet, one becomes ``MatMul1_2``, a name that is free in its earlier graph too.

    Raises
    ------
    DuplicateNameError
        If two nodes were given the same name.
    """
    by_name: dict[str, Node] = {}
    for node in nodes:
        if node.name is not None and not isinstance(node.name, str):
            check_name(node.name)
        if node.name is not None and not node.auto_named:
            if node.name in by_name:
                raise DuplicateNameError(
                    f"Every node of a graph has a name of its own; {describe(node)} and "
                    f"{describe(by_name[node.name])} share theirs. Rename one of them."
                )
            by_name[node.name] = node
    unnamed: list[Node] = []
    for node in nodes:
        if node.name is None or by_name.setdefault(node.name, node) is not node:
            unnamed.append(node)
    taken: dict[str, int] = {}
    for node in unnamed:
        stem, number = (type(node).__name__, 1) if node.name is None else (f"{node.name}_", 2)
        number = taken.get(stem, number)
        while (name := f"{stem}{number}") in by_name:
            number += 1
        taken[stem] = number + 1
        node.name = name
        node.auto_named = True
        by_name[name] = node
    return by_name


def as_node(value: object, what: str) -> Node:
    """Return ``value`` if it is a node, or refuse it; ``what`` says what it was meant to be.

    Raises
    ------
    ArgumentTypeError
        If ``value`` is no node.
    """
    if isinstance(value, Node):
        return value
    raise ArgumentTypeError(
        f"{what} is a node, such as the MSE node at the end of a network; got {brief(value)}."
    )


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
        if not node.takes(len(node.inputs)):
            arguments = getattr(node, "arguments", ())
            raise StateError(
                f"{describe(node)} takes {len(arguments)} input(s), "
                f"({', '.join(arguments)}); by hand it was given {len(node.inputs)}."
            )
        seen.add(node)
