"""The diagram as the page needs it: with ids that do not count up, and in fewer bytes."""

from __future__ import annotations

import html
import re

from tinygraph.errors import LayoutError
from tinygraph.graph import Graph
from tinygraph.viz.diagram import render

# A rectangle as Graphviz writes it, above all each cell of a heat map: corners by x and y.
_RECTANGLE = re.compile(
    r'<polygon fill="(?P<fill>[^"]*)" stroke="(?P<stroke>[^"]*)" points="'
    r"(?P<x0>[-.\d]+),(?P<y0>[-.\d]+) (?P=x0),(?P<y1>[-.\d]+) (?P<x1>[-.\d]+),(?P=y1) "
    r'(?P=x1),(?P=y0) (?P=x0),(?P=y0)" />\s*'
)
# What each text repeats: the style sheet says it once.
_SAME_FOR_ALL = re.compile(r' (?:font-family="[^"]*"|xml:space="preserve")')


def draw(model: Graph) -> str:
    """Return the diagram of a run as SVG; where there is no Graphviz, say so in HTML."""
    diagram = render(model, gradients=True)
    try:
        picture = diagram.svg
    except LayoutError as error:
        return f"<p>There is no diagram here: {html.escape(str(error))}</p>"
    picture = re.sub(rf"\b{diagram.prefix}\b", "tg", picture)
    # The page says by itself what the texts on hover would give away, and has colours of its own.
    picture = re.sub(r"<(title|desc|style)\b.*?</\1>\s*", "", picture, flags=re.DOTALL)
    picture = re.sub(r' role="img" aria-labelledby="[^"]*"', ' aria-hidden="true"', picture)
    return _SAME_FOR_ALL.sub("", _RECTANGLE.sub(_as_path, picture))


def _as_path(rectangle: re.Match[str]) -> str:
    x0, y0, x1, y1 = (float(rectangle[name]) for name in ("x0", "y0", "x1", "y1"))
    is_drawn = rectangle["stroke"] not in ("none", "transparent")
    stroke = f' stroke="{rectangle["stroke"]}"' if is_drawn else ""
    return (
        f'<path fill="{rectangle["fill"]}"{stroke} d="M{x0:g} {y0:g}h{x1 - x0:.5g}v{y1 - y0:.5g}'
        f'h{x0 - x1:.5g}z"/>'
    )
