"""The SVG of Graphviz, prepared for a web page.

The ids get a unique prefix, so two diagrams on one page never clash.  Nodes and arrows get data
attributes and hover texts.  Screen readers find a title and a description.  On a dark page the
diagram is dark.  In any font, texts are centred in their cards, and the words of the legend do not
overlap.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from tinygraph.viz.diagram import style
from tinygraph.viz.diagram.identity import PREFIX
from tinygraph.viz.diagram.wrapping import wrap

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", XLINK[1:-1])

DARK_SYSTEM = "@media (prefers-color-scheme:dark)"

BESIDE_BAR = 2.0
"""Points between the bar of a scale and the numbers at its ends."""

_KIND_OF_ID = {
    "n": ("data-node",),
    "v": ("data-node",),
    "d": ("data-node",),
    "m": ("data-node",),
    "f": ("data-from", "data-to"),
    "b": ("data-from", "data-to"),
}
_CLASS_OF_PANEL = {"v": "tg-value", "d": "tg-grad", "m": "tg-mark"}


def dress(
    picture: bytes,
    prefix: str,
    title: str,
    description: str,
    titles: Mapping[str, str],
    is_wrapped: bool = True,
) -> str:
    """Return the SVG with ids, titles and descriptions.

    Parameters
    ----------
    picture : bytes
        The output of Graphviz.
    prefix : str
        The start of all ids of this diagram.
    title, description : str
        The text for screen readers.
    titles : mapping
        The hover text of an element, by its id in the DOT.
    is_wrapped : bool
        Whether a very wide diagram is set in rows.
    """
    root = ET.fromstring(picture)
    root.attrib.update(
        {
            "id": prefix,
            "class": "tinygraph",
            "style": "max-width:100%;height:auto",
            "role": "img",
            "aria-labelledby": f"{prefix}-title {prefix}-desc",
        }
    )
    groups = list(root.iter(f"{SVG}g"))
    for group in groups:
        _dress_group(group, prefix, titles)
    drawing = groups[0]
    drawing.set("id", f"{prefix}-drawing")
    _set_legend(drawing)
    for old in drawing.findall(f"{SVG}title"):
        drawing.remove(old)
    if is_wrapped:
        wrap(root)
    head = [_element("title", title, id=f"{prefix}-title")]
    head.append(_element("desc", description, id=f"{prefix}-desc"))
    scope = f"#{prefix}"
    dark = f"{DARK_SYSTEM}{{{style.dark_rules(scope)}}}"
    head.append(_element("style", style.cell_rules(scope) + dark))
    root[:0] = head
    return ET.tostring(root, encoding="unicode")


def _element(tag: str, text: str, **attributes: str) -> ET.Element:
    element = ET.Element(f"{SVG}{tag}", attributes)
    element.text = text
    return element


def _dress_group(group: ET.Element, prefix: str, titles: Mapping[str, str]) -> None:
    _unwrap_links(group)
    dot_id = group.get("id", "").removeprefix("a_")
    parts = dot_id.split("-")
    if parts[0] == PREFIX and len(parts) > 2:
        group.set("id", "-".join([prefix, *parts[1:]]))
        for name, value in zip(_KIND_OF_ID.get(parts[1], ()), parts[2:]):
            group.set(name, value)
        if parts[1] in _CLASS_OF_PANEL:
            group.set("class", _CLASS_OF_PANEL[parts[1]])
    for old in group.findall(f"{SVG}title"):
        group.remove(old)
    if dot_id in titles:
        group.insert(0, _element("title", titles[dot_id]))
    if "node" in group.get("class", "").split():
        _centre(group)


def _unwrap_links(group: ET.Element) -> None:
    """Replace each ``<a>`` by its content: only its id was needed."""
    for link in group.findall(f"{SVG}a"):
        place = list(group).index(link)
        group[place : place + 1] = list(link)


def _centre(card: ET.Element) -> None:
    """Centre a card's texts: Graphviz places them for its own font."""
    sides = _sides(card.iter(f"{SVG}polygon"))
    if sides:
        for text in card.iter(f"{SVG}text"):
            _anchor(text, "middle", sum(sides) / 2)


def _set_legend(drawing: ET.Element) -> None:
    """Make each line of the legend one text: Graphviz places every word for its own font.

    A line before the bar of a scale ends there; one after it starts there; all others are centred.
    """
    paper, *parts = drawing
    runs = [list(run) for _, run in groupby(parts, key=_line)]
    for place, run in enumerate(runs):
        if run[0].tag != f"{SVG}text":
            continue
        text = _joined(run, drawing)
        before = _sides(runs[place - 1]) if place > 0 else ()
        after = _sides(runs[place + 1]) if place + 1 < len(runs) else ()
        if after:
            _anchor(text, "end", after[0] - BESIDE_BAR)
        elif before:
            _anchor(text, "start", before[1] + BESIDE_BAR)
        else:
            _anchor(text, "middle", sum(_sides([paper])) / 2)


def _line(element: ET.Element) -> tuple[str, str | None]:
    """Return the key that words of one line, or parts of one bar, have in common."""
    return element.tag, element.get("y")


def _joined(words: Sequence[ET.Element], parent: ET.Element) -> ET.Element:
    """Join texts that have separate positions into one text."""
    first = words[0]
    if len(words) == 1:
        return first
    line = ET.Element(first.tag, first.attrib)
    line.tail = words[-1].tail
    for word in words:
        word.tag = f"{SVG}tspan"
        word.tail = None
        for name in ("x", "y", "text-anchor", SPACE):
            word.attrib.pop(name, None)
        line.append(word)
    place = list(parent).index(first)
    parent[place : place + len(words)] = [line]
    return line


def _anchor(text: ET.Element, anchor: str, x: float) -> None:
    text.set("text-anchor", anchor)
    text.set("x", f"{x:.2f}")


def _sides(elements: Iterable[ET.Element]) -> tuple[float, float] | tuple[()]:
    """Return the left and the right end of polygons, or ``()`` without polygons."""
    corners = [
        float(corner.partition(",")[0])
        for element in elements
        if element.tag == f"{SVG}polygon"
        for corner in element.get("points", "").split()
    ]
    return (min(corners), max(corners)) if corners else ()
