r"""The derivation of one gradient, written from the graph itself.

For every node between the loss and the chosen node, the chain rule needs the ops that use it and
their factors.  Each op gives its factors in its ``rules``.  A derivation puts them in order, with
the names and shapes of the graph.  You can read it (text, LaTeX, Markdown, HTML) and evaluate it:
:meth:`Derivation.evaluate` runs the lines that it shows.

Not supported: simplification.  A derivation shows each rule as its op gives it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph, as_graph
from tinygraph.core.leaves import Constant
from tinygraph.core.node import Node
from tinygraph.core.rules import broadcast_axes, evaluate, rule_names
from tinygraph.core.topology import as_node, check_nodes
from tinygraph.derivation.formats import as_html, as_latex, as_markdown, as_text
from tinygraph.derivation.steps import Term, steps_from_output
from tinygraph.errors import ArgumentError, ArgumentTypeError, StateError
from tinygraph.notation.names import Notation
from tinygraph.notation.printing import printable
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.edits import check_numbers
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import show


class Derivation:
    r"""The derivation of ∂output/∂node; :func:`derive` makes it.

    A notebook displays it, and ``print`` writes it as plain text.

    Attributes
    ----------
    node : Node
    steps : tuple of Step
        From the output, whose gradient by itself is 1, to the node.
    names : Notation
        The symbols and identifiers in it.

    >>> import tinygraph as tg
    >>> how = derive(tg.lab2.model(rng=0), "layer3/b")
    >>> how
    <Derivation of the gradient of Parameter "layer3/b", 4 steps>
    >>> [step.node.name for step in how.steps]
    ['loss', 'layer3/h', 'layer3/a', 'layer3/b']
    """

    def __init__(self, model: Graph, node: Node, diagram: Any = None) -> None:
        self.node = node
        self.names = Notation(model.nodes, model.output)
        self.links = _links(model, diagram)
        for each, link in self.links.items():
            self.names.symbols[each] = rf"\href{{{link}}}{{{self.names.symbols[each]}}}"
        self.model = model
        self.steps = steps_from_output(model, node, self.names)

    def __repr__(self) -> str:
        return f"<Derivation of the gradient of {describe(self.node)}, {len(self.steps)} steps>"

    def __str__(self) -> str:
        return printable(as_text(self))

    @property
    def written_out(self) -> str:
        """The gradient as one expression in LaTeX.

        Empty if a node on the path has several readers: the steps are clearer then.
        """
        if any(len(step.terms) > 1 for step in self.steps):
            return ""
        expression = "1"
        previous = self.steps[0]
        for step in self.steps[1:]:
            (term,) = step.terms
            is_plain = expression == "1" or term.math == previous.symbol
            inner = expression if is_plain else rf"\left({expression}\right)"
            expression = term.math.replace(previous.symbol, inner)
            previous = step
        return f"{previous.symbol} = {expression}"

    @property
    def code(self) -> str:
        """The steps as lines of NumPy, in the graph's identifiers."""
        return "\n".join(
            f"{self.names.gradient_identifier(step.node)} = "
            + (" + ".join(term.code for term in step.terms) or "1.0")
            for step in self.steps
        )

    @property
    def latex(self) -> str:
        """The steps and their reasons as an ``align*`` environment."""
        return as_latex(self)

    @property
    def markdown(self) -> str:
        """The steps as a numbered list."""
        return as_markdown(self)

    @property
    def html(self) -> str:
        r"""The steps as an HTML table, with formulas in ``\[ … \]`` for KaTeX or MathJax."""
        return as_html(self)

    def evaluate(self) -> Array:
        """Evaluate the written steps at the values of the last run.

        Raises
        ------
        StateError
            Before any ``forward``.
        ArgumentError
            If an op on the path has no rule that can be evaluated.
        """
        check_numbers(self.model.nodes)
        values = {node: node.value for node in self.model.nodes}
        gradients: dict[Node, Any] = {}
        for step in self.steps:
            if values[step.node] is None:
                raise StateError("A derivation needs the values of a run. Call forward(…) first.")
            contributions = [
                _evaluated(term, values, gradients[term.op], step.node) for term in step.terms
            ]
            gradients[step.node] = sum(contributions) if contributions else np.float64(1.0)
        return np.asarray(gradients[self.node])

    def _repr_markdown_(self) -> str:
        return self.markdown

    def _repr_html_(self) -> str:
        return self.html


def derive(model: Graph, node: Node | str, diagram: Any = None) -> Derivation:
    r"""Derive the gradient of one node, in this graph's own names.

    Parameters
    ----------
    model : Graph
    node : Node or str
        The node, or its name.
    diagram : Diagram, optional
        A diagram of the same graph on the same page. Every symbol links to its card there.

    Raises
    ------
    UnknownNameError
        If no node has that name.
    ArgumentError
        If the output does not depend on the node, or the node is a constant.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> W = tg.Parameter([[1.0], [2.0]], name="W")
    >>> model = tg.Graph(tg.Sum(tg.MatMul(x, W, name="z"), name="loss"))
    >>> how = derive(model, "W")
    >>> print(how.code)
    dloss = 1.0
    dz = np.broadcast_to(spread(dloss, z, None), z.shape)
    dW = x.T @ dz
    >>> print(how.steps[-1].math)
    \frac{\partial L}{\partial W} = x^\top \frac{\partial L}{\partial z}
    >>> model.forward(x=[[3.0, 4.0]])
    11.0
    >>> how.evaluate()
    array([[3.],
           [4.]])
    """
    check_nodes(as_graph(model, "derive").nodes)
    found = model[
        node if isinstance(node, str) else str(as_node(node, "What derive asks for").name)
    ]
    if isinstance(node, Node) and found is not node:
        raise ArgumentError(
            f"{describe(node)} is not a node of this graph, which has another node of that name."
        )
    if isinstance(found, Constant):
        raise ArgumentError(
            f"{describe(found)} never changes, so no gradient is kept for it. "
            f"Make it a Parameter to ask how the output depends on it."
        )
    return Derivation(model, found, diagram)


def _links(model: Graph, diagram: Any) -> dict[Node, str]:
    """Return the link to each node's card in a diagram of the graph."""
    if diagram is None:
        return {}
    if not isinstance(getattr(diagram, "prefix", None), str):
        raise ArgumentTypeError(
            f"diagram must be a picture of the graph, as tg.render returns it; "
            f"got {brief(diagram)}."
        )
    return {node: f"#{diagram.prefix}-n-{place}" for place, node in enumerate(model.nodes)}


def _evaluated(term: Term, values: dict[Node, Any], g: Array, node: Node) -> Array:
    """Evaluate the NumPy code of one contribution at the current values."""
    rules = term.op.rules
    code = rules[term.argument].code if term.argument < len(rules) else ""
    array = evaluate(code, rule_names(term.op, values, g))
    if array is None:
        raise ArgumentError(
            f"{describe(term.op)} has no rule for {node.name} that can be evaluated. Give its "
            f"class one Rule(math, code) per argument."
        )
    shape = values[node].shape
    total: Array = array.sum(axis=broadcast_axes(array.shape, shape))
    if total.size != math.prod(shape):
        raise ArgumentError(
            f"The rule of {describe(term.op)} for {node.name} gives an array {show(array.shape)}; "
            f"a gradient must have the shape of its node, {show(shape)}."
        )
    return total.reshape(shape)
