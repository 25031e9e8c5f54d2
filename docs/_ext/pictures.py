"""Shows a diagram in the page: sphinx-gallery asks what a cell ends with for HTML."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from tinygraph.viz import Diagram


def figure(diagram: Diagram) -> str:
    """Return the picture as a figure that scrolls by itself where the page is narrow."""
    return f'<figure class="diagram" tabindex="0">{diagram.svg}</figure>'


def setup(app: Sphinx) -> dict[str, Any]:
    Diagram._repr_html_ = figure  # type: ignore[attr-defined]
    return {"parallel_read_safe": True}
