"""The steps of a derivation: the readers of each node on the paths, and their contributions.

The paths lead from the output back to one node.  Each node on them gets its gradient from its
readers.  The contribution of a reader is its own rule, with the graph's names.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.rules import broadcast_axes
from tinygraph.errors import ArgumentError
from tinygraph.notation.names import Notation
from tinygraph.notation.operands import REPEATED
from tinygraph.notation.renaming import parsed
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import show


class Term(NamedTuple):
    """The contribution of one reader of a node to its gradient.

    Attributes
    ----------
    op : Op
        The reader.
    argument : int
        The position of the node among the op's inputs.
    math, code : str
        The contribution, in LaTeX and in NumPy.
    why : str
        The reason, in one sentence.
    shapes : str
        The shapes of its factors, and of the result.
    """

    op: Op
    argument: int
    math: str
    code: str
    why: str
    shapes: str


class Step(NamedTuple):
    """The gradient of one node, as the sum of its readers' contributions."""

    node: Node
    symbol: str
    terms: tuple[Term, ...]

    @property
    def math(self) -> str:
        """The whole equation, in LaTeX."""
        return f"{self.symbol} = {' + '.join(term.math for term in self.terms) or '1'}"

    @property
    def reasons(self) -> list[str]:
        """One sentence per term, which begins with the name of its op."""
        return [
            f"{term.op.name} ({type(term.op).__name__}): {term.why}" for term in self.terms
        ] or ["the derivative of the output with respect to itself"]


def steps_from_output(model: Graph, node: Node, names: Notation) -> tuple[Step, ...]:
    """Return the steps from the output, whose gradient by itself is 1, back to ``node``.

    Raises
    ------
    ArgumentError
        If the output does not depend on the node.
    """
    return tuple(
        Step(each, names.gradient_symbol(each), tuple(_terms(names, each, readers)))
        for each, readers in _way_back(model, node)
    )


def _way_back(model: Graph, node: Node) -> list[tuple[Node, list[tuple[Op, int]]]]:
    """Return the nodes from the output back to ``node``, each with the ops that read it."""
    depends = {node}
    for each in model.nodes:
        if not depends.isdisjoint(each.inputs):
            depends.add(each)
    if model.output not in depends:
        raise ArgumentError(
            f"{describe(model.output)} does not depend on {describe(node)}, so its gradient with "
            f"respect to it is 0 and there is nothing to derive."
        )
    readers: dict[Node, list[tuple[Op, int]]] = {model.output: []}
    way = []
    for each in reversed(model.nodes):
        if each not in readers or each not in depends:
            continue
        way.append((each, readers[each]))
        if isinstance(each, Op) and each is not node:
            for argument, parent in enumerate(each.inputs):
                readers.setdefault(parent, []).append((each, argument))
    return way


def _terms(names: Notation, node: Node, readers: list[tuple[Op, int]]) -> Iterator[Term]:
    for op, argument in readers:
        # An op with the default shape rule works element by element, and broadcasts.
        broadcasts = type(op).infer_shape is Op.infer_shape
        summed = broadcast_axes(op.shape, node.shape) if broadcasts else ()
        why = names.reason(op, argument)
        if summed:
            why += ("; " if why else "") + REPEATED
        yield Term(
            op,
            argument,
            names.gradient_math(op, argument, summed).partition(" = ")[2],
            names.gradient_code(op, argument, summed).partition(" = ")[2],
            why or "its class does not give a rule",
            _shapes(op, argument),
        )


def _shapes(op: Op, argument: int) -> str:
    """Return the shapes of the names in a rule, and of its result."""
    node = op.inputs[argument]
    used = _names_in(op.rules[argument].code) if argument < len(op.rules) else {"g"}
    parts = [f"∂{op.name} {show(op.shape)}"] if "g" in used else []
    if "y" in used:
        parts.append(f"{op.name} {show(op.shape)}")
    parts += [
        f"{parent.name} {show(parent.shape)}"
        for name, parent in zip(op.arguments, op.inputs)
        if name in used
    ]
    return f"{', '.join(parts)} → {show(node.shape)} as {node.name}"


def _names_in(code: str) -> set[str]:
    tree = parsed(code)
    if tree is None:
        return {"g"}
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
