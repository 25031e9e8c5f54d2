"""A wide diagram in a notebook: it scrolls, where it would be shrunk until nobody can read it."""

from __future__ import annotations

import html
import re

WIDE = 1400.0
"""Points from which on a diagram scrolls; a narrower one, shrunk to the page, can be read."""


def width(picture: str) -> float:
    """Return the width that an SVG asks for, in points.

    >>> width('<svg height="10pt" width="25.5pt">')
    25.5
    """
    found = re.search(r'<svg[^>]* width="([\d.]+)', picture)
    return float(found[1]) if found else 0.0


def scrolling(picture: str, advice: str) -> str:
    """Return an SVG that scrolls by itself, a point as wide as a pixel, with advice below it."""
    sized = picture.replace(
        "<svg ", f'<svg style="width:{width(picture):.0f}px;max-width:none;height:auto" ', 1
    )
    return (
        f'<div style="overflow-x:auto" tabindex="0" role="group" aria-label="Diagram, scrollable">'
        f'{sized}</div><p style="margin:0.3em 0">{html.escape(advice)}</p>'
    )


def advice(has_groups: bool) -> str:
    """Return how to see a wide diagram otherwise.

    >>> print(advice(has_groups=False))
    Scroll sideways. With around="…" tg.render draws one node and its neighbours.
    """
    fold = "With depth=0 tg.render folds each group into one card; with" if has_groups else "With"
    draws = "it draws" if has_groups else "tg.render draws"
    return f'Scroll sideways. {fold} around="…" {draws} one node and its neighbours.'
