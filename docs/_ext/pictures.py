"""Shows a diagram in the page: sphinx-gallery asks what a cell ends with for HTML."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

from tinygraph.viz import Diagram

WIDE = 900
"""From this width on, in points, a diagram is scaled down so much that one may want it larger."""


def figure(diagram: Diagram) -> str:
    """Return the picture as a figure that scrolls by itself where the page is narrow."""
    width = re.search(r'<svg[^>]* width="(\d+)', diagram.svg)
    if width is None or int(width[1]) < WIDE:
        return f'<figure class="diagram" tabindex="0">{diagram.svg}</figure>'
    return (
        f'<figure class="diagram wide" tabindex="0">{diagram.svg}'
        f"<figcaption>Click to enlarge.</figcaption></figure>"
    )


def setup(app: Sphinx) -> dict[str, Any]:
    Diagram._repr_html_ = figure  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}
