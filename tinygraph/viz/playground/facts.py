"""What the page knows of a graph: its nodes, formulas, start values and data, as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.topology import topological_order
from tinygraph.diagnosis.slopes import slope_of
from tinygraph.notation.mathml import mathml
from tinygraph.notation.names import Notation
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array
from tinygraph.viz.diagram.cards import formula_lines
from tinygraph.viz.diagram.diagram import Diagram, render
from tinygraph.viz.diagram.flow import kind_of
from tinygraph.viz.diagram.heatmap import palette
from tinygraph.viz.diagram.legend import gradient_color

COLOURS = 33
"""The number of colours of a scale on the page."""
MARKED = 3
"""The number of samples whose rows the cards show."""


class Formulas:
    """Formulas as MathML, each stored once."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def place(self, latex: str) -> int:
        """Store a formula, and return its position."""
        text = mathml(latex)
        if text not in self.texts:
            self.texts.append(text)
        return self.texts.index(text)


def marked_rows(samples: int) -> list[int]:
    """Return the samples whose rows the cards show, spread over the data.

    >>> marked_rows(21), marked_rows(2)
    ([3, 10, 17], [0, 1])
    """
    if samples <= MARKED:
        return list(range(samples))
    return [round((k + 0.5) * samples / MARKED - 0.5) for k in range(MARKED)]


def nodes_data(model: Graph) -> list[dict[str, Any]]:
    """Return the name, kind, role, inputs, shape and layer of each node."""
    place = {node: k for k, node in enumerate(model.nodes)}
    # A node that only the prediction needs has no gradient: the walk leaves it out.
    trained = set(topological_order([model.output]))
    return [
        {
            "name": str(node.name),
            "kind": type(node).__name__ if isinstance(node, Op) else node.role,
            "role": node.role,
            "scale": kind_of(node),
            "inputs": [place[parent] for parent in node.inputs],
            "shape": list(node.shape or ()),
            "layer": str(node.name).rpartition("/")[0],
            "isTrained": node in trained,
        }
        for node in model.nodes
    ]


def card_texts(model: Graph, diagram: Diagram, formulas: Formulas) -> list[dict[str, Any] | None]:
    """Return for each op its kind, the formula on its card, and its formulas in MathML."""
    notation = Notation(model.nodes, model.output)
    return [
        {
            "kind": type(node).__name__,
            "formula": " ".join(formula_lines(node, diagram._scene)) if node.formula else "",
            "forward": formulas.place(notation.value_math(node)),
            "backward": [
                formulas.place(notation.gradient_math(node, position))
                for position, parent in enumerate(node.inputs)
                if parent.takes_gradient
            ],
        }
        if isinstance(node, Op)
        else None
        for node in model.nodes
    ]


def update_formulas(model: Graph, optimizer: Optimizer, formulas: Formulas) -> list[int]:
    """Return the lines of an optimizer's update of its first parameter, as places of formulas."""
    notation = Notation(model.nodes, model.output)
    (first, *_) = optimizer.parameters
    return [formulas.place(notation.update_math(first, line)) for line in optimizer.lines]


def steepest_slopes(model: Graph) -> dict[str, float]:
    """Return the steepest slope of each activation, by name; from the values of the last run."""
    slopes = {str(n.name): slope_of(n) for n in model.nodes if isinstance(n, Op)}
    return {name: slope.steepest for name, slope in slopes.items() if slope is not None}


@contextmanager
def kept_numbers(model: Graph) -> Iterator[Graph]:
    """Yield a graph of the same nodes, whose runs leave no trace in them."""
    kept = [(node, node._value, node.grad) for node in model.nodes]
    try:
        yield Graph(model.output, prediction=model.prediction)
    finally:
        for node, value, gradient in kept:
            node._value, node.grad = value, gradient


def drawn(model: Graph, feeds: Mapping[str, Any]) -> Diagram:
    """Return the diagram of a run with gradients, without the findings of a diagnosis."""
    model.forward(**feeds)
    model.backward()
    diagram = render(model, gradients=True)
    scene = replace(diagram._scene, marks={}, explanations={})
    return Diagram(scene, diagram.title, diagram._description, diagram._titles)


def flat(array: Any) -> list[float]:
    """Return the numbers of an array one after the other; the page knows its shape."""
    return [float(number) for number in np.ravel(array)]


def start_values(models: Sequence[Graph]) -> list[dict[str, list[float]]]:
    """Return the numbers of all parameters and states of each model, by name."""
    return [
        {str(node.name): flat(node.value) for node in (*model.parameters, *model.states)}
        for model in models
    ]


def colour_scales() -> dict[str, list[str]]:
    """Return the colours of the heat maps and of the gradient arrows, from low to high."""
    shares = np.linspace(0, 1, COLOURS)
    shades = palette("PuOr_r")
    return {
        "heat": [shades[round(share * (len(shades) - 1))] for share in shares],
        "ramp": [gradient_color(share) for share in shares],
    }


def feeds_data(model: Graph, arrays: Mapping[Node, Array], is_plane: bool) -> dict[str, Any]:
    """Return the data of each input: its numbers, and how many of them belong to a sample.

    The numbers of a plane are left out: its page makes them from the points.
    """
    return {
        str(node.name): {
            "numbers": [] if is_plane else flat(arrays[node]),
            "perSample": int(np.prod(arrays[node].shape[1:])) if None in node.shape else 0,
            "shape": list(arrays[node].shape),
        }
        for node in model.inputs
    }


def generator_state(seed: int) -> dict[str, Any]:
    """Return the state of NumPy's generator for JavaScript: whole numbers beyond 2**53 as text."""
    state: Any = np.random.default_rng(seed).bit_generator.state
    return {
        "state": str(state["state"]["state"]),
        "inc": str(state["state"]["inc"]),
        "has_uint32": int(state["has_uint32"]),
        "uinteger": int(state["uinteger"]),
    }
