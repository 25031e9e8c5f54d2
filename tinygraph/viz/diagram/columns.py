"""Places for the cards of a plain diagram: one column per step of the longest path."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from statistics import fmean

from tinygraph.viz.diagram.view import Card, View

COLUMN_GAP = 56.0
CARD_GAP = 26.0


@dataclass(eq=False)
class Box:
    """The rectangle of a card; ``value_y`` is where arrows of values end."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    value_y: float = 0.0

    @property
    def middle(self) -> float:
        """The height at which arrows end: that of the value, once it is drawn."""
        return self.value_y or self.y + self.height / 2


@dataclass(eq=False)
class Column:
    """A column of cards, counted from the left, and where it ends below."""

    number: int
    bottom: float = 0.0


def place_columns(view: View, boxes: dict[Card, Box]) -> dict[Card, Column]:
    """Give each box its place, and return the column of each card."""
    readers = Counter(arrow.source for arrow in view.arrows)
    # A card with several readers gets its own column, left of all of them.
    beside = {card: host for card, host in view.beside.items() if readers[card] == 1}
    hosts = [card for card in view.cards if card not in beside]
    numbers = _numbers(view, hosts, beside)
    columns = [Column(number) for number in range(max(numbers.values()) + 1)]
    column_of = {card: columns[numbers[card]] for card in hosts}
    column_of |= {card: column_of[host] for card, host in beside.items()}
    x = 0.0
    for column in columns:
        own = [card for card in hosts if column_of[card] is column]
        stacks = [_stack(card, beside) for card in _in_order(own, view, boxes)]
        width = max(boxes[card].width for stack in stacks for card in stack)
        _place(stacks, boxes, x + width / 2, column)
        x += width + COLUMN_GAP
    return column_of


def _numbers(view: View, hosts: list[Card], beside: dict[Card, Card]) -> dict[Card, int]:
    numbers = dict.fromkeys(hosts, 0)
    for arrow in view.arrows:  # grouped by target, in topological order
        if arrow.source in numbers and arrow.source.index < arrow.target.index:
            target = beside.get(arrow.target, arrow.target)
            numbers[target] = max(numbers[target], numbers[arrow.source] + 1)
    used = sorted(set(numbers.values()))
    return {card: used.index(number) for card, number in numbers.items()}


def _in_order(own: list[Card], view: View, boxes: dict[Card, Box]) -> list[Card]:
    """Return the cards of a column, the trunk first, the others by the height of their sources."""

    def height(card: Card) -> float:
        sources = [boxes[arrow.source].middle for arrow in view.arrows if arrow.target is card]
        return fmean(sources) if sources else 0.0

    return sorted(own, key=lambda card: (card not in view.trunk, height(card)))


def _stack(card: Card, beside: dict[Card, Card]) -> list[Card]:
    return [*(other for other, host in beside.items() if host is card), card]


def _place(stacks: list[list[Card]], boxes: dict[Card, Box], middle: float, column: Column) -> None:
    """Centre the first op at height 0, its companions above it and the other stacks below it."""
    first, *others = stacks
    y = -boxes[first[-1]].height / 2
    for card in reversed(first):
        box = boxes[card]
        if card is not first[-1]:
            y -= box.height + CARD_GAP
        box.x, box.y = middle - box.width / 2, y
    bottom = boxes[first[-1]].y + boxes[first[-1]].height
    for card in (card for stack in others for card in stack):
        box = boxes[card]
        box.x, box.y = middle - box.width / 2, bottom + CARD_GAP
        bottom = box.y + box.height
    column.bottom = bottom
