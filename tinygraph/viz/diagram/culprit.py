"""A graph with the op whose derivative is wrong in red."""

from __future__ import annotations

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.notation.names import Notation
from tinygraph.viz.diagram.diagram import Diagram, draw
from tinygraph.viz.diagram.flow import Flow
from tinygraph.viz.diagram.folding import choose_view
from tinygraph.viz.diagram.scene import Scene

MOST_NODES = 60
"""Of a larger graph, only the neighbourhood of the red card is drawn."""


def draw_culprit(graph: Graph, culprit: Node, mark: str) -> Diagram:
    """Draw ``graph`` with ``culprit`` in red and ``mark`` on its card.

    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> draw_culprit(model, model["layer2/h"], "wrong sign")
    <Diagram of 18 nodes>
    """
    around = culprit if len(graph.nodes) > MOST_NODES else None
    view = choose_view(graph, None, around, 2)
    scene = Scene(
        view,
        Flow(view, graph.nodes),
        Notation(graph.nodes, graph.output),
        marks={culprit: [mark]},
        culprit=culprit,
    )
    return draw(scene, len(graph.nodes))
