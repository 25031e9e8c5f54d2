"""Write every stepper and playground of the book to its own file, with a link that opens the file.

A cell of a tutorial ends with a frame that contains the text of a whole page.  When Sphinx writes
the surrounding page, that text becomes a file in the folder ``live``.  The frame loads the file
when a reader scrolls to it (``_static/book.js``).  So a page opens fast, and a stepper can fill a
tab.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from tinygraph.viz.playground.playground import Playground
from tinygraph.viz.stepper.stepper import Stepper

FOLDER = "live"
FRAME = re.compile(r'<iframe class="(?P<kind>\w+)" srcdoc="(?P<page>[^"]*)"></iframe>')
MAY = "allow-scripts allow-forms allow-downloads"
"""The permissions of a frame: it cannot read the surrounding page."""


def frame(kind: str, page: str) -> str:
    """Return a frame that holds a whole page until Sphinx writes the surrounding page."""
    return f'<iframe class="{kind}" srcdoc="{html.escape(page)}"></iframe>'


def figure(kind: str, address: str) -> str:
    """Return a frame that loads a file when it is scrolled to, with a link to that file.

    >>> 'data-src="../live/07-1.html"' in figure("stepper", "../live/07-1.html")
    True
    """
    return (
        f'<figure class="live"><iframe class="{kind}" data-src="{address}" title="The {kind}" '
        f'sandbox="{MAY}"></iframe><figcaption><a href="{address}" target="_blank">Open the {kind} '
        f"in its own tab</a></figcaption></figure>"
    )


def file_frames(body: str, page: str, folder: Path, up: str) -> str:
    """Write the frames of a page as files, and return the page with frames that load them.

    Parameters
    ----------
    body : str
        The HTML of the page.
    page : str
        The name of the page, such as ``"tutorials/07_training"``.
    folder : Path
        The root of the book.
    up : str
        The relative path from the page to the root, such as ``"../"``.
    """
    frames = list(FRAME.finditer(body))
    for number, found in enumerate(frames, start=1):
        address = f"{FOLDER}/{page.replace('/', '-')}-{number}.html"
        path = folder / address
        path.parent.mkdir(exist_ok=True)
        path.write_text(html.unescape(found["page"]), encoding="utf-8")
        body = body.replace(found[0], figure(found["kind"], up + address), 1)
    return body


def write_frames(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Write the frames of a page that Sphinx is about to write."""
    if "body" in context:
        up = "../" * page.count("/")
        context["body"] = file_frames(context["body"], page, Path(app.outdir), up)


def setup(app: Sphinx) -> dict[str, Any]:
    Stepper._repr_html_ = lambda self: frame("stepper", self.html)  # type: ignore[method-assign]
    Playground._repr_html_ = lambda self: frame("playground", self.html)  # type: ignore[method-assign]
    app.connect("html-page-context", write_frames)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
