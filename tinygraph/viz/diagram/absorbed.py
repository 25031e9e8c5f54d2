"""The steps of a backward pass, drawn in the card of the gradient that they lead to.

The formula on that card shows them: ``dh ⊙ h ⊙ (1 − h)``. So the backward pass has one card for
each gradient, and mirrors the forward pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tinygraph.core.backward_names import is_step, pass_and_group
from tinygraph.core.node import Node
from tinygraph.viz.diagram.view import Card


def with_steps(cards: Sequence[Card], nodes: Sequence[Node]) -> list[Card]:
    """Return the cards without those of steps, which go into the cards of their gradients."""
    card_of = {card.nodes[0]: card for card in cards if not card.is_folded}
    steps: dict[Node, list[Node]] = {}
    for step, gradient in steps_of(nodes).items():
        if step in card_of and gradient in card_of:
            steps.setdefault(gradient, []).append(step)
    drawn_inside = {step for found in steps.values() for step in found}
    return [
        replace(card, steps=tuple(steps.get(card.nodes[0], ()))) if not card.is_folded else card
        for card in cards
        if card.is_folded or card.nodes[0] not in drawn_inside
    ]


def steps_of(nodes: Sequence[Node]) -> dict[Node, Node]:
    """Return the steps that lead to a single gradient, each with that gradient.

    Parameters
    ----------
    nodes : sequence of Node
        All nodes of a graph, in topological order.

    >>> import tinygraph as tg
    >>> x = tg.Parameter([1.0, 2.0], name="x")
    >>> (dx,) = tg.gradients(tg.Sum(tg.Tanh(x, name="y")), [x])
    >>> [(step.name, dx.name) for step, dx in steps_of(tg.Graph(dx).nodes).items()][:2]
    [('backward/Subtract1', 'backward/dx'), ('backward/Multiply1', 'backward/dx')]
    """
    readers: dict[Node, list[Node]] = {}
    for node in nodes:
        for parent in node.inputs:
            readers.setdefault(parent, []).append(node)
    found: dict[Node, Node] = {}
    for node in reversed(nodes):
        ends = _ends(readers.get(node, ()), found)
        if is_step(node) and len(ends) == 1 and all(pass_and_group(end)[0] for end in ends):
            found[node] = ends.pop()
    return found


def _ends(readers: Iterable[Node], found: dict[Node, Node]) -> set[Node]:
    return {found.get(reader, reader) for reader in readers}
