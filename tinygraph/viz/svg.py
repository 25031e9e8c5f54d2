"""The SVG that Graphviz wrote, made fit for a page.

Graphviz' SVG is a picture; here it becomes a part of a document: its ids get a prefix of their own,
so that two diagrams never clash; nodes and arrows get data attributes to be found by and titles to
be read on hover; a screen reader finds a title and a description; on a dark page it turns dark; and
text stands in the middle of its card in whichever font the reader has.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

from tinygraph.viz import style
from tinygraph.viz.identity import PREFIX

SVG = "{http://www.w3.org/2000/svg}"
XLINK = "{http://www.w3.org/1999/xlink}"
ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", XLINK[1:-1])

_KIND_OF_ID = {
    "n": ("data-node",),
    "v": ("data-node",),
    "d": ("data-node",),
    "f": ("data-from", "data-to"),
    "b": ("data-from", "data-to"),
}


def dress(
    picture: bytes, prefix: str, title: str, description: str, titles: Mapping[str, str]
) -> str:
    """Return the SVG with ids, titles and descriptions.

    Parameters
    ----------
    picture : bytes
        What Graphviz wrote.
    prefix : str
        What all ids of this diagram begin with.
    title, description : str
        What a screen reader says for the whole.
    titles : mapping
        The hover text of an element, by its id in the DOT.
    """
    root = ET.fromstring(picture)
    root.attrib.update(
        {
            "id": prefix,
            "class": "tinygraph",
            "role": "img",
            "aria-labelledby": f"{prefix}-title {prefix}-desc",
        }
    )
    groups = list(root.iter(f"{SVG}g"))
    for group in groups:
        _dress_group(group, prefix, titles)
    drawing = groups[0]
    drawing.set("id", f"{prefix}-drawing")
    for old in drawing.findall(f"{SVG}title"):
        drawing.remove(old)
    head = [_element("title", title, id=f"{prefix}-title")]
    head.append(_element("desc", description, id=f"{prefix}-desc"))
    scope = f"#{prefix}"
    dark = f"@media (prefers-color-scheme:dark){{{style.dark_rules(scope)}}}"
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
        if parts[1] in "vd":
            group.set("class", "tg-value" if parts[1] == "v" else "tg-grad")
    for old in group.findall(f"{SVG}title"):
        group.remove(old)
    if dot_id in titles:
        group.insert(0, _element("title", titles[dot_id]))
    if "node" in group.get("class", "").split():
        _centre(group)


def _unwrap_links(group: ET.Element) -> None:
    """Put the content of each ``<a>`` in its place: it is there for its id alone."""
    for link in group.findall(f"{SVG}a"):
        place = list(group).index(link)
        group[place : place + 1] = list(link)


def _centre(card: ET.Element) -> None:
    """Anchor a card's texts in its middle: Graphviz anchored them left, for its own font."""
    corners = [
        float(corner.partition(",")[0])
        for polygon in card.iter(f"{SVG}polygon")
        for corner in re.split(r"\s+", polygon.get("points", "").strip())
        if corner
    ]
    if not corners:
        return
    middle = f"{(min(corners) + max(corners)) / 2:.2f}"
    for text in card.iter(f"{SVG}text"):
        text.set("x", middle)
        text.set("text-anchor", "middle")
