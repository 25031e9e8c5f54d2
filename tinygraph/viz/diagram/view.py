"""The content of a picture: cards, and arrows between them.

A view says which nodes have a card, which cards are next to each other, and which arrows connect
them.  It does not contain shapes or colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tinygraph.core.leaves import Input
from tinygraph.core.node import Node
from tinygraph.core.op import Op

MOST_ARROWS_OF_A_LEAF = 3


@dataclass(frozen=True, eq=False)
class Card:
    """One box of the picture: a node, or a group of nodes folded into one.

    Attributes
    ----------
    index : int
        The position of its (first) node in ``Graph.nodes``, for the ids of the picture.
    nodes : tuple of Node
    name : str
        Full name of the node or of the group.
    group : str
        The cluster that contains the card.
    note : str
        The text of a folded card, such as "3 × like block1".
    steps : tuple of Node
        The steps of a backward pass that the formula of the card shows.
    """

    index: int
    nodes: tuple[Node, ...]
    name: str
    group: str
    note: str = ""
    steps: tuple[Node, ...] = ()

    @property
    def is_folded(self) -> bool:
        """Whether the card is a group and not one node."""
        return len(self.nodes) > 1

    @property
    def label(self) -> str:
        """The name without the group that contains the card."""
        own = self.name.removeprefix(f"{self.group}/") if self.group else self.name
        return own or self.name


@dataclass(frozen=True, eq=False)
class Arrow:
    """The value of ``source`` as an argument of ``target``: one arrow per argument.

    ``number`` counts the arrows between the same two cards; ``reads`` are the (op, position of the
    argument) pairs behind the arrow, more than one only where cards are folded.
    """

    source: Card
    target: Card
    number: int
    reads: tuple[tuple[Op, int], ...]


class View(NamedTuple):
    """Cards in topological order, the arrows between them, and the pairs of neighbours.

    ``beside`` maps a card to the card of the op next to which it is drawn, not in line before it.
    ``trunk`` maps each card on the longest path to the output to the next: they are drawn in line.
    ``cut`` holds the cards next to hidden parts of the graph, and whether these come before them.
    ``tags`` are arrows that start at a small copy of their source's name: those of a parameter that
    many ops read, except the first.
    """

    cards: tuple[Card, ...]
    arrows: tuple[Arrow, ...]
    beside: dict[Card, Card]
    trunk: dict[Card, Card | None]
    notes: tuple[str, ...]
    cut: tuple[tuple[Card, bool], ...] = ()
    tags: frozenset[Arrow] = frozenset()


def connect(cards: Iterable[Card], notes: Sequence[str] = ()) -> View:
    """Return the view of ``cards`` with every arrow between two of them."""
    cards = tuple(cards)
    card_of = {node: card for card in cards for node in (*card.nodes, *card.steps)}
    reads: dict[tuple[Card, Card], list[tuple[Op, int]]] = {}
    for card in cards:
        for op in (*card.nodes, *card.steps):
            for position, parent in enumerate(op.inputs):
                source = card_of.get(parent)
                if source is not None and source is not card and isinstance(op, Op):
                    reads.setdefault((source, card), []).append((op, position))
    arrows = []
    for (source, target), pairs in reads.items():
        if source.is_folded or target.is_folded or target.steps:
            arrows.append(Arrow(source, target, 0, tuple(pairs)))
        else:
            arrows.extend(Arrow(source, target, k, (pair,)) for k, pair in enumerate(pairs))
    beside = _beside(arrows)
    trunk = _trunk(arrows, beside)
    return View(cards, tuple(arrows), beside, trunk, tuple(notes), tags=_tags(arrows))


def _tags(arrows: Iterable[Arrow]) -> frozenset[Arrow]:
    """Return the arrows that would cross the picture: of a leaf with many readers, all but one."""
    by_source: dict[Card, list[Arrow]] = {}
    for arrow in arrows:
        if not arrow.source.is_folded and not arrow.source.nodes[0].inputs:
            by_source.setdefault(arrow.source, []).append(arrow)
    many = [found for found in by_source.values() if len(found) > MOST_ARROWS_OF_A_LEAF]
    first = {min(found, key=lambda arrow: arrow.target.index) for found in many}
    return frozenset(arrow for found in many for arrow in found if arrow not in first)


def _beside(arrows: Iterable[Arrow]) -> dict[Card, Card]:
    """Return the leaves that are drawn next to the op that reads them.

    These are a parameter or a constant if the op has another input, and labels: an input that is
    combined with a computed value.  A parameter that several ops read is drawn next to the first.
    """
    into: dict[Card, list[Card]] = {}
    readers: dict[Card, list[Card]] = {}
    for arrow in arrows:
        into.setdefault(arrow.target, []).append(arrow.source)
        readers.setdefault(arrow.source, []).append(arrow.target)
    beside: dict[Card, Card] = {}
    for source, targets in readers.items():
        first = min(targets, key=lambda target: target.index)
        if source.is_folded or source.nodes[0].inputs or source.group != first.group:
            continue
        others = [other for other in into[first] if other is not source]
        flows = any(other.is_folded or other.nodes[0].inputs for other in others)
        is_data = isinstance(source.nodes[0], Input)
        meets_data = any(isinstance(other.nodes[0], Input) for other in others)
        if (flows and len(targets) == 1) or (not is_data and (flows or meets_data)):
            beside[source] = first
    return beside


def _trunk(arrows: Iterable[Arrow], beside: dict[Card, Card]) -> dict[Card, Card | None]:
    length: dict[Card, int] = {}
    before: dict[Card, Card] = {}
    for arrow in arrows:  # grouped by target, in topological order
        if arrow.source in beside:
            continue
        through = length.get(arrow.source, 0) + 1
        if through > length.get(arrow.target, 0):
            length[arrow.target] = through
            before[arrow.target] = arrow.source
    trunk: dict[Card, Card | None] = {}
    following: Card | None = None
    card = max(length, key=lambda card: length[card], default=None)
    while card is not None and card not in trunk:  # between folded cards there may be a circle
        trunk[card] = following
        following, card = card, before.get(card)
    return trunk
