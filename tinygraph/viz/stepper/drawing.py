"""The diagram of the page, with the same ids on every page and with fewer bytes."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from itertools import groupby

from tinygraph.errors import LayoutError
from tinygraph.viz.diagram.diagram import Diagram
from tinygraph.viz.diagram.heatmap import CELL
from tinygraph.viz.diagram.style import PAPER
from tinygraph.viz.diagram.svg import SVG

CELL_RULES = (
    f"#diagram .cells rect{{width:{CELL}px;height:{CELL}px}}#diagram .cells .n{{stroke:{PAPER}}}"
)
"""CSS for the size of the cells of a heat map, and for the edge of negative ones."""

# A rectangle as Graphviz writes it, such as a cell of a heat map, given by its corners.
_RECTANGLE = re.compile(
    r'<polygon fill="(?P<fill>[^"]*)" stroke="(?P<stroke>[^"]*)" points="'
    r"(?P<x0>[-.\d]+),(?P<y0>[-.\d]+) (?P=x0),(?P<y1>[-.\d]+) (?P<x1>[-.\d]+),(?P=y1) "
    r'(?P=x1),(?P=y0) (?P=x0),(?P=y0)" />\s*'
)
_RECTANGLES = re.compile(f"(?:{_RECTANGLE.pattern})+")
# Attributes that every text repeats; the style sheet contains them once.
_SAME_FOR_ALL = re.compile(
    r' (?:style="max-width:100%;height:auto"|font-family="[^"]*"|xml:space="preserve")'
)


def page_svg(diagram: Diagram) -> str:
    """Return the diagram of a run as SVG for the page; if Graphviz fails, say so in HTML."""
    try:
        picture = diagram._in_one_row()
    except LayoutError as error:
        return f"<p>There is no diagram here: {html.escape(str(error))}</p>"
    picture = re.sub(rf"\b{diagram.prefix}\b", "tg", _without_legend(picture))
    # The hover texts would reveal answers, and the page has its own colours.
    picture = re.sub(r"<(title|desc|style)\b.*?</\1>\s*", "", picture, flags=re.DOTALL)
    picture = re.sub(r' role="img" aria-labelledby="[^"]*"', ' aria-hidden="true"', picture)
    return _SAME_FOR_ALL.sub("", _RECTANGLES.sub(_shortly, picture))


def _without_legend(picture: str) -> str:
    """Return the picture without the legend below it, because the page has its own legend."""
    root = ET.fromstring(picture)
    drawing = root.find(f"{SVG}g")
    assert drawing is not None
    _paper, *parts = drawing
    for part in parts:
        if part.tag != f"{SVG}g":
            drawing.remove(part)
    return ET.tostring(root, encoding="unicode")


def _shortly(rectangles: re.Match[str]) -> str:
    """Return rectangles that follow one another, the cells of a heat map among them as a group."""
    runs = groupby(_RECTANGLE.finditer(rectangles[0]), key=_is_cell)
    return "".join(
        _as_cells(list(run)) if are_cells else "".join(map(_as_path, run))
        for are_cells, run in runs
    )


def _corners(rectangle: re.Match[str]) -> Iterable[float]:
    return (float(rectangle[name]) for name in ("x0", "y0", "x1", "y1"))


def _is_cell(rectangle: re.Match[str]) -> bool:
    x0, y0, x1, y1 = _corners(rectangle)
    return abs(x1 - x0 - CELL) < 0.01 and abs(y0 - y1 - CELL) < 0.01


def _as_cells(rectangles: list[re.Match[str]]) -> str:
    """Return cells by their places in their heat map; a frame follows what it is around."""
    places = [(min(x0, x1), min(y0, y1)) for x0, y0, x1, y1 in map(_corners, rectangles)]
    left, top = (min(coordinates) for coordinates in zip(*places, strict=True))
    cells: list[str] = []
    for rectangle, (x, y) in zip(rectangles, places, strict=True):
        if rectangle["fill"] == "none":
            cells[-1] = cells[-1].replace("<rect", '<rect class="n"')
        else:
            cells.append(f'<rect fill="{rectangle["fill"]}" x="{x - left:.5g}" y="{y - top:.5g}"/>')
    return f'<g class="cells" transform="translate({left:g} {top:g})">{"".join(cells)}</g>'


def _as_path(rectangle: re.Match[str]) -> str:
    x0, y0, x1, y1 = _corners(rectangle)
    is_drawn = rectangle["stroke"] not in ("none", "transparent")
    stroke = f' stroke="{rectangle["stroke"]}"' if is_drawn else ""
    return (
        f'<path fill="{rectangle["fill"]}"{stroke} d="M{x0:g} {y0:g}h{x1 - x0:.5g}v{y1 - y0:.5g}'
        f'h{x0 - x1:.5g}z"/>'
    )
