"""Show diagrams in the pages of the book: sphinx-gallery shows the HTML of a cell's last value.

Elsewhere, a diagram follows the dark mode of the system.  In the book it follows the page, which
has its own switch.  A diagram that is wider than a column of the book is broken into rows, so that
its text is readable and nothing is cut off.
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
    """Return the picture as a figure that scrolls separately if the page is too narrow."""
    return f'<figure class="diagram" tabindex="0">{themed(diagram)}</figure>'


def themed(diagram: Diagram) -> str:
    """Return the picture with style rules that follow the dark mode of the page's theme."""
    own = f"{DARK_SYSTEM}{{{dark_rules(f'#{diagram.prefix}')}}}"
    chosen = dark_rules(f'body[data-theme="dark"] #{diagram.prefix}')
    asked = dark_rules(f'body:not([data-theme="light"]) #{diagram.prefix}')
    before, found, after = diagram.svg.partition(html.escape(own, quote=False))
    if not found:
        raise LookupError("The SVG does not contain the dark rules that the theme replaces.")
    return f"{before}{chosen}{DARK_SYSTEM}{{{asked}}}{after}"


def setup(app: Sphinx) -> dict[str, Any]:
    Diagram._repr_html_ = figure  # type: ignore[attr-defined]
    wrapping.WIDEST = wrapping.ROW = wrapping.LEGEND = COLUMN
    return {"parallel_read_safe": True}
