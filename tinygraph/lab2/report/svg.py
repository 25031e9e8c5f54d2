"""A matplotlib figure as an ``<svg>`` element that becomes part of a page."""

from __future__ import annotations

import html
import io
import re

import matplotlib as mpl
from matplotlib.figure import Figure

from tinygraph.lab2.report.figures import INK, report_style
from tinygraph.plots import COLOURS


def inline_svg(figure: Figure, prefix: str, description: str, follows_page: bool = True) -> str:
    """Return a figure as SVG that takes the width, the text colour and the font of its page.

    Parameters
    ----------
    figure : matplotlib Figure
        Drawn in the style of the report.
    prefix : str
        The prefix of all ids in the figure, so that they are unique on the page.
    description : str
        The description for readers who cannot see the figure.
    follows_page : bool
        Whether the colours of the data adapt to the page, such as to a dark one.

    >>> svg = inline_svg(Figure(figsize=(2, 1)), "empty", "nothing < something")
    >>> svg[:52], "nothing &lt; something" in svg
    ('<svg role="img" viewBox="0 0 144 72" style="max-widt', True)
    """
    buffer = io.StringIO()
    with report_style(), mpl.rc_context({"svg.hashsalt": prefix}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    body = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    body = re.sub(r"^<svg[^>]*>", "", body, count=1)
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'((?:xlink:)?href=")#', rf"\1#{prefix}-", body)
    body = body.replace("url(#", f"url(#{prefix}-").replace(INK, "currentColor")
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1", body)
    if follows_page:
        for k, colour in enumerate(COLOURS):
            body = body.replace(colour, f"var(--series-{k})")
    width, height = figure.get_size_inches() * 72
    return (
        f'<svg role="img" viewBox="0 0 {width:g} {height:g}" style="max-width:{width * 1.5:.0f}px"'
        f' xmlns:xlink="http://www.w3.org/1999/xlink"><title>{html.escape(description)}</title>'
        f"{body.strip()}"
    )
