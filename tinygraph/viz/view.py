"""What a picture shows: cards and arrows between them.

A view is the graph as it is to be drawn, before any thought of shapes or colours: which nodes get a
card, which card stands beside which, and which arrows run between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tinygraph.node import Input, Node, Op


@dataclass(frozen=True, eq=False)
class Card:
    """One box of the picture: a node, or a group of nodes folded into one.

    Attributes
    ----------
    index : int
        The place of its (first) node in ``Graph.nodes``: what the ids of the picture are made of.
    nodes : tuple of Node
    name : str
        Full name of the node or of the group.
    group : str
        The cluster that the card stands in.
    """

    index: int
    nodes: tuple[Node, ...]
    name: str
    group: str

    @property
    def is_folded(self) -> bool:
        """Whether the card stands for a group, not for one node."""
        return len(self.nodes) > 1

    @property
    def label(self) -> str:
        """The name without the group that the card stands in."""
        own = self.name.removeprefix(f"{self.group}/") if self.group else self.name
        return own or self.name


@dataclass(frozen=True, eq=False)
class Arrow:
    """The value of ``source`` going into ``target``: one arrow an argument.

    ``number`` counts the arrows between the same two cards; ``reads`` are the (op, position of the
    argument) pairs behind the arrow, more than one only where cards are folded.
    """

    source: Card
    target: Card
    number: int
    reads: tuple[tuple[Op, int], ...]


class View(NamedTuple):
    """Cards in topological order, the arrows between them, and who stands beside whom.

    ``beside`` maps a card to the card of the op it stands next to, instead of in line before it.
    ``cut`` holds the cards at which the graph goes on unseen, and whether it does so before them.
    """

    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]
    beside: dict[Card, Card]
    notes: tuple[str, ...]
    cut: tuple[tuple[Card, bool], ...] = ()


def connect(cards: Iterable[Card], notes: Sequence[str] = ()) -> View:
    """Return the view of ``cards`` with every arrow between two of them."""
    cards = tuple(cards)
    card_of = {node: card for card in cards for node in card.nodes}
    reads: dict[tuple[Card, Card], list[tuple[Op, int]]] = {}
    for card in cards:
        for op in card.nodes:
            for position, parent in enumerate(op.inputs):
                source = card_of.get(parent)
                if source is not None and source is not card and isinstance(op, Op):
                    reads.setdefault((source, card), []).append((op, position))
    arrows = []
    for (source, target), pairs in reads.items():
        if source.is_folded or target.is_folded:
            arrows.append(Arrow(source, target, 0, tuple(pairs)))
        else:
            arrows.extend(Arrow(source, target, k, (pair,)) for k, pair in enumerate(pairs))
    return View(cards, tuple(arrows), _beside(arrows), tuple(notes))


def _beside(arrows: Iterable[Arrow]) -> dict[Card, Card]:
    """Return which leaf stands beside the op that reads it first.

    A parameter or a constant does, where something else flows into the op; so do labels, an input
    that meets what was computed before.
    """
    into: dict[Card, list[Card]] = {}
    for arrow in arrows:
        into.setdefault(arrow.target, []).append(arrow.source)
    beside: dict[Card, Card] = {}
    for target, sources in into.items():
        flows = any(source.is_folded or source.nodes[0].inputs for source in sources)
        for source in sources:
            if source.is_folded or source.nodes[0].inputs or source.group != target.group:
                continue
            is_data = isinstance(source.nodes[0], Input)
            other_data = any(isinstance(other.nodes[0], Input) for other in sources)
            if flows or (other_data and not is_data):
                beside.setdefault(source, target)
    return beside
