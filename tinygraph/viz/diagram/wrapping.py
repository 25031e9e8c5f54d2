"""A very wide diagram, cut between its cards and set in rows, like a line of music.

An arrow or a frame that crosses a cut ends at the edge of its row and goes on in the next one.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import NamedTuple

SVG = "{http://www.w3.org/2000/svg}"
WIDEST = 1800.0
"""Points; a wider diagram is set in rows."""
ROW = 1200.0
"""Points; a row is about as wide."""
GAP = 14.0
LEGEND = 700.0

_NUMBERS = re.compile(r"-?\d+(?:\.\d+)?")


class Reach(NamedTuple):
    """How far an arrow bends to the left, and its leftmost end."""

    left: float
    end: float


class Extent(NamedTuple):
    """The room of an element, from left to right and from top to bottom."""

    left: float
    top: float
    right: float
    bottom: float


def is_wide(picture: bytes) -> bool:
    """Tell whether an SVG is set in rows."""
    return _width(ET.fromstring(picture)) > WIDEST


def _width(root: ET.Element) -> float:
    return float((root.get("width") or "0").removesuffix("pt"))


def wrap(root: ET.Element) -> None:
    """Set the drawing of an SVG in rows if it is very wide."""
    drawing = root.find(f"{SVG}g")
    if drawing is None or _width(root) <= WIDEST:
        return
    paper, *parts = drawing
    groups = [part for part in parts if part.tag == f"{SVG}g"]
    legend = [part for part in parts if part.tag != f"{SVG}g"]
    places = {part: _extent(part) for part in groups}
    cards = [places[part] for part in groups if "node" in part.get("class", "").split()]
    arrows = [_reach(part) for part in groups if "edge" in part.get("class", "").split()]
    slices = _slices(cards, arrows)
    if len(slices) < 2:
        return
    rows, seen, y = [], set[ET.Element](), 0.0
    for left, right in slices:
        inside = [p for p in groups if places[p].right > left and places[p].left < right]
        top = min(places[part].top for part in inside) - 4
        height = max(places[part].bottom for part in inside) + 4 - top
        row = _frame(0, y, (left, top, right - left, height))
        row.extend(_again(part) if part in seen else part for part in inside)
        seen.update(inside)
        rows.append(row)
        y += height + GAP
    _set_rows(root, drawing, paper, [*rows, *_legend_row(legend, paper, rows, y)])


def _set_rows(
    root: ET.Element, drawing: ET.Element, paper: ET.Element, rows: Sequence[ET.Element]
) -> None:
    """Replace the drawing by its rows, on a sheet of their size."""
    width = max(float(row.get("width", 0)) for row in rows)
    height = max(float(row.get("y", 0)) + float(row.get("height", 0)) for row in rows)
    paper.set("points", f"0,0 0,{height:g} {width:g},{height:g} {width:g},0 0,0")
    drawing[:] = [paper, *rows]
    drawing.attrib.pop("transform", None)
    root.set("width", f"{width:.0f}pt")
    root.set("height", f"{height:.0f}pt")
    root.set("viewBox", f"0 0 {width:.2f} {height:.2f}")


def _legend_row(
    legend: Sequence[ET.Element], paper: ET.Element, rows: Sequence[ET.Element], y: float
) -> Iterator[ET.Element]:
    """Yield the row of the legend, centred below the drawing."""
    if not legend:
        return
    sheet = _extent(paper)
    heights = [place for part in legend for place in _heights(part)]
    top, bottom = min(heights) - 16, max(heights) + 8
    middle = (sheet.left + sheet.right) / 2
    width = max(float(row.get("width", 0)) for row in rows)
    x = (width - LEGEND) / 2
    row = _frame(x, y, (middle - LEGEND / 2, top, LEGEND, bottom - top))
    row.extend(legend)
    yield row


def _slices(cards: Iterable[Extent], arrows: Sequence[Reach]) -> list[tuple[float, float]]:
    """Return the left and the right end of each row: as few rows as possible, of similar widths."""
    cards = sorted(cards)
    rows = list(_cut(cards, ROW, arrows))
    width = (rows[-1][1] - rows[0][0]) / len(rows)
    while len(balanced := list(_cut(cards, width, arrows))) > len(rows):
        width += GAP
    return balanced


def _cut(
    cards: Sequence[Extent], most: float, arrows: Sequence[Reach]
) -> Iterator[tuple[float, float]]:
    """Yield the ends of rows that are at most so wide; no cut goes through a card.

    An arrow between two cards of the next row may bend to the left of both: the cut is before it.
    """
    left = cards[0].left - 10
    right, end = cards[0].right, max(card.right for card in cards) + 10
    for card in cards[1:]:
        if card.left > right and card.right - left > most:
            bends = [a.left for a in arrows if a.end > card.left - GAP and a.left > right]
            cut = min([(card.left + right) / 2, *bends])
            yield left, cut
            left = cut
        right = max(right, card.right)
    yield left, end


def _frame(x: float, y: float, view: tuple[float, float, float, float]) -> ET.Element:
    """Return an element that shows one part of the drawing."""
    _, _, width, height = view
    sizes = {"x": x, "y": y, "width": width, "height": height}
    attributes = {name: f"{size:.2f}" for name, size in sizes.items()}
    return ET.Element(
        f"{SVG}svg", {**attributes, "viewBox": " ".join(f"{number:.2f}" for number in view)}
    )


def _again(part: ET.Element) -> ET.Element:
    """Return a copy without ids: an id must be unique in a document."""
    copy = deepcopy(part)
    for element in copy.iter():
        element.attrib.pop("id", None)
    return copy


def _extent(part: ET.Element) -> Extent:
    points = [
        point
        for element in part.iter()
        for point in (*_pairs(element.get("points") or ""), *_on_curve(element.get("d") or ""))
    ]
    points += [
        (float(text.get("x", 0)), float(text.get("y", 0))) for text in part.iter(f"{SVG}text")
    ]
    x, y = zip(*points, strict=True) if points else ((0.0,), (0.0,))
    return Extent(min(x), min(y), max(x), max(y))


def _reach(arrow: ET.Element) -> Reach:
    """Return how far an arrow bends to the left, and its leftmost end."""
    ends = [
        curve[k][0]
        for path in arrow.iter(f"{SVG}path")
        if (curve := list(_pairs(path.get("d", ""))))
        for k in (0, -1)
    ]
    left = _extent(arrow).left
    return Reach(left, min(ends, default=left))


def _on_curve(path: str) -> Iterator[tuple[float, float]]:
    """Yield points of a path of cubic curves, as Graphviz draws its arrows."""
    points = list(_pairs(path))
    if len(points) % 3 != 1:
        yield from points
        return
    yield from points[:1]
    for k in range(0, len(points) - 1, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = points[k : k + 4]
        for t in (0.25, 0.5, 0.75, 1.0):
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            yield a * ax + b * bx + c * cx + d * dx, a * ay + b * by + c * cy + d * dy


def _pairs(text: str) -> Iterator[tuple[float, float]]:
    numbers = iter(map(float, _NUMBERS.findall(text)))
    yield from zip(numbers, numbers)


def _heights(part: ET.Element) -> list[float]:
    return [y for _, y in _pairs(part.get("points", ""))] or [float(part.get("y", 0))]
