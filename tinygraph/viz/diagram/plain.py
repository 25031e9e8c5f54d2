"""A plainer diagram for machines without Graphviz: cards in columns, and arrows between them.

A card is one column to the right of the last card that it reads.  Parameters, labels and
constants are above the op that reads them.  An arrow that skips columns runs below the cards in
between.  Groups have no frames; the names of the cards contain them.

The result has the structure of an SVG by Graphviz, so all that follows treats both alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tinygraph.core.op import Op
from tinygraph.notation.unicode import escape, shorten_name
from tinygraph.viz.diagram import cards, legend, style
from tinygraph.viz.diagram.columns import Box, Column, place_columns
from tinygraph.viz.diagram.flow import kind_of
from tinygraph.viz.diagram.heatmap import CELL, Sample, cell_color
from tinygraph.viz.diagram.identity import arrow_id, card_id, panel_id
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.view import Arrow, Card

LETTER = 0.62
"""The width of a letter, as a share of its size."""
PADDING = 6.0
MARGIN = 12.0
LINE = 18.0
NOTE = "Drawn without Graphviz. For frames around groups: pip install pygraphviz."


class _Row(NamedTuple):
    """One line of a card: a text, or a heat map."""

    text: str = ""
    size: float = 10
    color: str = style.INK
    shown: Sample | None = None
    limit: float = 0.0
    is_gradient: bool = False

    @property
    def height(self) -> float:
        return self.size + 5 if self.shown is None else self.shown.cells.shape[0] * CELL + 6.0

    @property
    def width(self) -> float:
        if self.shown is None:
            return len(self.text) * self.size * LETTER
        return float(self.shown.cells.shape[1] * CELL)


def draw_plain(scene: Scene) -> bytes:
    """Return the SVG of a scene."""
    drawings = {card: _Drawing(card, scene) for card in scene.view.cards}
    boxes = {card: Box(drawing.width, drawing.height) for card, drawing in drawings.items()}
    columns = place_columns(scene.view, boxes)
    bottom = max(box.y + box.height for box in boxes.values())
    arrows = [part for arrow in scene.view.arrows for part in _arrows(arrow, boxes, columns, scene)]
    lowest = max([bottom, *(arrow.lowest for arrow in arrows)])
    width = max(box.x + box.width for box in boxes.values()) + 2 * MARGIN
    lines = [_roles(scene), *scene.view.notes, NOTE]
    top = min(box.y for box in boxes.values()) - MARGIN
    height = lowest - top + LINE * (len(lines) + 1) + MARGIN
    parts = [drawing.svg(boxes[card]) for card, drawing in drawings.items()]
    parts += [arrow.svg for arrow in arrows]
    for number, line in enumerate(lines, start=1):
        parts.append(_text(width / 2 - MARGIN, lowest + LINE * number + 6, line, 10, style.INK))
    corners = _rectangle(-MARGIN, top, width, height)
    paper = f'<polygon fill="{style.PAPER}" stroke="transparent" points="{corners}" />'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'width="{width:.0f}pt" height="{height:.0f}pt" '
        f'viewBox="{-MARGIN:g} {top:.2f} {width:.2f} {height:.2f}">'
        f'<g class="graph" id="tg">{paper}{"".join(parts)}</g></svg>'
    ).encode()


class _Drawing:
    """One card: its head, its formula, its value and its gradient."""

    def __init__(self, card: Card, scene: Scene) -> None:
        is_wrong = card.nodes[0] in (scene.refused, scene.culprit)
        self.card = card
        self.paint = style.WRONG if is_wrong else style.ROLES[cards.role(card)]
        self.head = [
            _Row(shorten_name(cards.head_text(card, card.name), 2 * cards.LONGEST_NAME), 12),
            _Row(cards.kind(card) if cards.names_its_kind(card) else "", 8),
        ]
        node = card.nodes[0]
        self.formula: list[_Row] = []
        if not card.is_folded and isinstance(node, Op) and node.formula:
            self.formula = [_Row(line, 10) for line in cards.formula_lines(node, scene)]
        self.value = list(_value(card, scene))
        self.gradient = list(_gradient(card, scene))
        rows = [*self.head, *self.formula, *self.value, *self.gradient]
        self.width = max(row.width for row in rows) + 2 * PADDING
        self.height = sum(row.height for row in rows) + PADDING * (2 if self.gradient else 1)

    def svg(self, box: Box) -> str:
        """Return the card at its place; the arrows of values and gradients end at its panels."""
        y = box.y
        head = sum(row.height for row in self.head)
        body = _filled(box.x, y, box.width, box.height, self.paint.fill, self.paint.line)
        parts = [body, _filled(box.x, y, box.width, head, self.paint.line, self.paint.line)]
        for row in self.head:
            parts.append(_row(row._replace(color=style.HEAD_INK), box, y))
            y += row.height
        for row in self.formula:
            parts.append(_row(row, box, y))
            y += row.height
        y = self._panel("v", self.value, self.paint.fill, box, y, parts)
        box.value_y = y - sum(row.height for row in self.value) / 2
        if self.gradient:
            y = self._panel("d", self.gradient, style.GRADIENT_PAPER, box, y, parts)
        role = cards.role(self.card)
        return f'<g id="{card_id(self.card)}" class="node tg-{role}">{"".join(parts)}</g>'

    def _panel(
        self, port: str, rows: Sequence[_Row], fill: str, box: Box, y: float, parts: list[str]
    ) -> float:
        height = sum(row.height for row in rows) + PADDING
        content = [_filled(box.x + 1, y, box.width - 2, height - 1, fill, "none")]
        for row in rows:
            content.append(_row(row, box, y))
            y += row.height
        parts.append(f'<g id="{panel_id(port, self.card)}">{"".join(content)}</g>')
        return y + PADDING


def _value(card: Card, scene: Scene) -> Iterator[_Row]:
    node = card.nodes[0]
    shown = scene.flow.values.get(node)
    if card.is_folded:
        yield _Row(f"{len(card.nodes):,} nodes")
    elif node is scene.refused:
        yield from (_Row(f"got {cards.times(p.shape)}", 9, style.WRONG.line) for p in node.inputs)
    elif shown is None:
        yield _Row(cards.times(node.shape), 9, style.VALUE)
    else:
        if shown.cells.size and shown.shape:
            yield _Row(shown=shown, limit=scene.flow.scales.values.get(kind_of(node), 0.0))
        yield _Row(cards.size_text(shown), 9, style.VALUE)
        yield from (_Row(note, 8) for note in shown.notes)
    for member in card.nodes:
        yield from (_Row(f"! {mark}", 9, style.WRONG.line) for mark in scene.marks.get(member, ()))


def _gradient(card: Card, scene: Scene) -> Iterator[_Row]:
    if not cards.has_gradient_panel(card, scene):
        return
    shown = scene.flow.gradients.get(card.nodes[0])
    if shown is not None and shown.cells.size and shown.shape:
        yield _Row(shown=shown, limit=scene.flow.scales.gradient, is_gradient=True)
    yield _Row(cards.gradient_text(card, scene), 9, style.GRADIENT)


def _row(row: _Row, box: Box, y: float) -> str:
    middle = box.x + box.width / 2
    if row.shown is None:
        return _text(middle, y + row.size + 1, row.text, row.size, row.color)
    left = middle - row.width / 2
    return "".join(
        _filled(left + CELL * j, y + 4 + CELL * i, CELL, CELL, color, "none")
        for i, colors in enumerate(cell_color(row.shown, row.limit, row.is_gradient))
        for j, color in enumerate(colors)
    )


class _Line(NamedTuple):
    svg: str
    lowest: float


def _arrows(
    arrow: Arrow, boxes: dict[Card, Box], columns: dict[Card, Column], scene: Scene
) -> Iterator[_Line]:
    """Yield the arrow of a value, and next to it that of its gradient."""
    size = scene.flow.norms.get(arrow)
    points = _route(arrow, boxes, columns)
    yield _line(points, arrow_id("f", arrow), "forward", style.VALUE, 1.2)
    if size is not None:
        color, width = style.NO_GRADIENT, 1.2
        if size and math.isfinite(size):
            strength = scene.flow.scales.strength(size)
            color, width = legend.gradient_color(strength), legend.gradient_width(strength)
        is_vertical = columns[arrow.source] is columns[arrow.target]
        dx, dy = (16.0, 0.0) if is_vertical else (0.0, 12.0)
        moved = [(x + dx, y + dy) for x, y in reversed(points)]
        yield _line(moved, arrow_id("b", arrow), "backward", color, width)


def _route(
    arrow: Arrow, boxes: dict[Card, Box], columns: dict[Card, Column]
) -> list[tuple[float, float]]:
    """Return the four corners of an arrow, or six where it runs below the cards in between."""
    source, target = boxes[arrow.source], boxes[arrow.target]
    if columns[arrow.source] is columns[arrow.target]:  # above the op that reads it
        x = source.x + source.width / 2 - 8
        gap = (target.y - source.y - source.height) / 2
        start, end = source.y + source.height, target.y
        return [(x, start), (x, start + gap), (x, end - gap), (x, end)]
    start_x, end_x = source.x + source.width, target.x
    start_y, end_y = source.middle, target.middle + 5.0 * arrow.number
    half = (end_x - start_x) / 2
    first, last = columns[arrow.source].number, columns[arrow.target].number
    between = [c for c in set(columns.values()) if first < c.number < last]
    if not between:
        middle = start_x + half
        return [(start_x, start_y), (middle, start_y), (middle, end_y), (end_x, end_y)]
    below = max(column.bottom for column in between) + 16
    return [
        (start_x, start_y),
        (start_x + 20, start_y),
        (start_x + 20, below),
        (end_x - 20, below),
        (end_x - 20, end_y),
        (end_x, end_y),
    ]


def _line(
    points: Sequence[tuple[float, float]], identity: str, kind: str, color: str, width: float
) -> _Line:
    (x0, y0), *inner, (x1, y1) = points
    beyond = 8.0 + width
    before = inner[-1]
    length = math.hypot(x1 - before[0], y1 - before[1]) or 1.0
    dx, dy = (x1 - before[0]) / length, (y1 - before[1]) / length
    foot = (x1 - dx * beyond, y1 - dy * beyond)
    if len(inner) == 2:
        (a, b), (c, d) = inner
        path = f"M{x0:.1f},{y0:.1f}C{a:.1f},{b:.1f} {c:.1f},{d:.1f} {foot[0]:.1f},{foot[1]:.1f}"
    else:
        path = "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in [(x0, y0), *inner, foot])
    half = 2.5 + width / 2
    tip = " ".join(
        f"{x:.1f},{y:.1f}"
        for x, y in (
            (x1, y1),
            (foot[0] - dy * half, foot[1] + dx * half),
            (foot[0] + dy * half, foot[1] - dx * half),
        )
    )
    svg = (
        f'<g id="{identity}" class="edge tg-{kind}">'
        f'<path fill="none" stroke="{color}" stroke-width="{width:.2f}" d="{path}" />'
        f'<polygon fill="{color}" stroke="{color}" points="{tip}" /></g>'
    )
    return _Line(svg, max(y for _, y in points) + width)


def _roles(scene: Scene) -> str:
    present = dict.fromkeys(cards.role(card) for card in scene.view.cards)
    arrows = "blue arrows: values"
    if scene.flow.has_gradients:
        arrows += "; orange arrows: gradients"
    return f"Cards: {', '.join(present)}. {arrows[0].upper()}{arrows[1:]}."


def _rectangle(x: float, y: float, width: float, height: float) -> str:
    corners = ((x, y), (x, y + height), (x + width, y + height), (x + width, y), (x, y))
    return " ".join(f"{a:.2f},{b:.2f}" for a, b in corners)


def _filled(x: float, y: float, width: float, height: float, fill: str, stroke: str) -> str:
    corners = _rectangle(x, y, width, height)
    return f'<polygon fill="{fill}" stroke="{stroke}" points="{corners}" />'


def _text(x: float, y: float, text: str, size: float, color: str) -> str:
    return (
        f'<text text-anchor="middle" x="{x:.2f}" y="{y:.2f}" font-family="{style.FONT}" '
        f'font-size="{size:.2f}" fill="{color}">{escape(text)}</text>'
    )
