"""The graph so far when an op refuses its inputs, with that op in red."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from textwrap import wrap

from tinygraph.core.node import Node
from tinygraph.core.topology import topological_order
from tinygraph.notation.names import Notation
from tinygraph.viz.diagram.diagram import Diagram, draw
from tinygraph.viz.diagram.flow import Flow
from tinygraph.viz.diagram.folding import MOST_CARDS, neighbourhood
from tinygraph.viz.diagram.grouping import group_of, without_torn_groups
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.view import Card, connect

LINE = 76
RADIUS = 6


def draw_refusal(refused: Node, message: str) -> Diagram:
    """Draw the graph of ``refused``, with ``refused`` in red and the message below.

    Nodes get automatic names only when a Graph is built, so nodes here can be unnamed.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> try:
    ...     tg.MatMul(x, tg.Parameter([[1.0], [2.0], [3.0]], name="W"))
    ... except tg.TinygraphError as error:
    ...     error.diagram
    <Diagram of 3 nodes>
    """
    nodes = topological_order([refused])
    near, radius = set(nodes), RADIUS
    while len(near) > MOST_CARDS and radius > 0:
        near = neighbourhood(nodes, refused, radius)
        radius -= 1
    names, groups = _names(nodes), group_of(nodes)
    cards = [
        Card(index, (node,), names[node], groups[node])
        for index, node in enumerate(nodes)
        if node in near
    ]
    notes = wrap(message, LINE)
    if len(near) < len(nodes):
        notes.append(f"The nearest {len(near):,} of {len(nodes):,} nodes.")
    view = connect(without_torn_groups(connect(cards)), notes)
    # A formula names an op's inputs, shown or not.
    mentioned = dict.fromkeys(
        node for card in cards for node in (*card.nodes[0].inputs, card.nodes[0])
    )
    scene = Scene(view, Flow(view, nodes), Notation(mentioned, refused), refused=refused)
    return draw(scene, len(nodes))


def _names(nodes: Sequence[Node]) -> dict[Node, str]:
    """Return a unique name for each node, and keep the user's name if it is unique."""
    taken: Counter[str] = Counter()
    names = {}
    for node in nodes:
        name = node.name or f"{type(node).__name__} "
        taken[name] += 1
        names[node] = name + (str(taken[name]) if taken[name] > 1 or not node.name else "")
    return names
