"""A diagram in a notebook: it fits the page, can be enlarged, and survives a lack of trust.

JupyterLab removes style sheets, SVG and frames from the HTML of a notebook that is not trusted,
such as the submission of a student.  The live picture is hidden by an attribute, and a style sheet
shows it instead of the still one.  Without trust the style sheet is gone, so the still picture
appears, with a sentence that says how to see the live one.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode

WIDE = 1400.0
"""From this width on, in points, a diagram is shown at full size and scrolls."""

NOTEBOOKS = {
    '[data-jp-theme-light="true"]': "light",
    '[data-jp-theme-light="false"]': "dark",
    ".vscode-light": "light",
    ".vscode-dark": "dark",
}
"""How JupyterLab and VS Code mark what they show, by the colour scheme that it has."""

UNTRUSTED = (
    "This is a still picture, because the notebook is not trusted. To see the interactive one, "
    "trust the notebook, or run the cell again."
)


def width(picture: str) -> float:
    """Return the width that an SVG asks for, in points.

    >>> width('<svg height="10pt" width="25.5pt">')
    25.5
    """
    found = re.search(r'<svg[^>]* width="([\d.]+)', picture)
    return float(found[1]) if found else 0.0


def figure(picture: str, prefix: str, still: tuple[str, bytes], name: str, advice: str) -> str:
    """Return HTML that shows an SVG, or a still picture where SVG is removed.

    Parameters
    ----------
    picture : str
        The ``<svg>`` element.
    prefix : str
        The start of all ids of the picture.
    still : tuple of str and bytes
        The MIME type and the content of the still picture.
    name : str
        The alternative text of the still picture.
    advice : str
        How to see a wide diagram differently.
    """
    is_wide = width(picture) >= WIDE
    full = f"{prefix}-figure-full"
    live = (
        f'<input type="checkbox" id="{full}"{" checked" * is_wide}> '
        f'<label for="{full}">Full size</label>'
        f'<div style="overflow-x:auto" tabindex="0" role="group" aria-label="Diagram, scrollable">'
        f"{picture}</div>"
    )
    if is_wide:
        live += f'<p style="margin:0.3em 0">{html.escape(advice)}</p>'
    rules = f"#{full}:checked~div svg{{max-width:none!important}}"
    return f"<style>{rules}</style>{with_still(live, prefix, still, name)}"


def frame(page: str, title: str, height: str) -> str:
    """Return a frame that holds a whole page.

    The page is a separate document, so its styles, ids and scripts do not clash with others.

    >>> frame("<p>1 < 2</p>", "Numbers", "9rem").count("srcdoc")
    1
    """
    rights = "allow-scripts allow-forms allow-downloads allow-popups allow-popups-to-escape-sandbox"
    return (
        f'<iframe srcdoc="{html.escape(page)}" sandbox="{rights}" title="{html.escape(title)}" '
        f'loading="lazy" style="width:100%;height:{height};border:0"></iframe>'
    )


def with_still(live: str, prefix: str, still: tuple[str, bytes], name: str) -> str:
    """Return HTML that shows ``live``, or a still picture where a notebook is not trusted.

    A frame in it is dark where the notebook is: browsers tell a frame its own colour scheme.
    """
    scope = f"#{prefix}-figure"
    kind, content = still
    schemes = "".join(
        f"{place} {scope}-live iframe{{color-scheme:{scheme}}}"
        for place, scheme in NOTEBOOKS.items()
    )
    return (
        f"<style>{scope}-live{{display:block!important}}{scope}-still{{display:none}}{schemes}</style>"
        f'<div id="{prefix}-figure-live" style="display:none">{live}</div>'
        f'<div id="{prefix}-figure-still">'
        f'<img src="data:{kind};base64,{b64encode(content).decode()}" alt="{html.escape(name)}" '
        f'style="max-width:100%"><p>{UNTRUSTED}</p></div>'
    )


def advice(has_groups: bool) -> str:
    """Return how to see a wide diagram differently.

    >>> print(advice(has_groups=False))
    Scroll sideways. With around="…" tg.render draws one node and its neighbours.
    """
    fold = "With depth=0 tg.render folds each group into one card; with" if has_groups else "With"
    draws = "it draws" if has_groups else "tg.render draws"
    return f'Scroll sideways. {fold} around="…" {draws} one node and its neighbours.'
