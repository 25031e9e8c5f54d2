"""Shows a diagram in the page: sphinx-gallery asks what a cell ends with for HTML.

By itself a diagram turns dark with the system; in the book it does so with the page, which has a
switch of its own.  A diagram that is wider than a column of the book is set in rows, so that its
text can be read and nothing is cut off.
"""

from __future__ import annotations

import html
from typing import Any

from sphinx.application import Sphinx

from tinygraph.viz.diagram import wrapping
from tinygraph.viz.diagram.diagram import Diagram
from tinygraph.viz.diagram.style import dark_rules
from tinygraph.viz.diagram.svg import DARK_SYSTEM

COLUMN = 600.0
"""The width of the book's column on a wide screen, in points."""


def figure(diagram: Diagram) -> str:
    """Return the picture as a figure that scrolls by itself where the page is narrower."""
    return f'<figure class="diagram" tabindex="0">{themed(diagram)}</figure>'


def themed(diagram: Diagram) -> str:
    """Return the picture, dark where the page is, as the theme's own style sheet decides it."""
    own = f"{DARK_SYSTEM}{{{dark_rules(f'#{diagram.prefix}')}}}"
    chosen = dark_rules(f'body[data-theme="dark"] #{diagram.prefix}')
    asked = dark_rules(f'body:not([data-theme="light"]) #{diagram.prefix}')
    before, found, after = diagram.svg.partition(html.escape(own, quote=False))
    if not found:
        raise LookupError("A diagram has no dark rules of its own any more, to be put in a theme.")
    return f"{before}{chosen}{DARK_SYSTEM}{{{asked}}}{after}"


def setup(app: Sphinx) -> dict[str, Any]:
    Diagram._repr_html_ = figure  # type: ignore[attr-defined]
    wrapping.WIDEST = wrapping.ROW = wrapping.LEGEND = COLUMN
    return {"parallel_read_safe": True}
