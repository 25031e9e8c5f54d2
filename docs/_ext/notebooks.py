"""Makes the notebooks read as the pages do: sphinx-gallery leaves some directives as they stand.

Solutions are folded away, predictions stand out, and a link into the book is the name of its page.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

# A fold ends with its section; sphinx-gallery has taken the indentation from the code in it.
DROPDOWN = re.compile(r"^\.\. dropdown:: (?P<title>[^\n]+)\n(?P<body>.*?)(?=^#+ |\Z)", re.M | re.S)
ADMONITION = re.compile(
    r"^\.\. admonition:: (?P<title>.+)\n(?P<body>(?:\n|[ ]{4}.*(?:\n|$))+)", re.M
)
LINK = re.compile(r":doc:`/?([^`]+)`")
NAME = re.compile(r":(?:func|class|meth):`~?([^`]+)`")


def readable(text: str) -> str:
    """Return the Markdown of a cell without directives.

    >>> print(readable(".. dropdown:: Solution\\n\\n    It is 1.\\n\\n## Next\\n"))
    <details><summary>Solution</summary>
    <BLANKLINE>
    It is 1.
    <BLANKLINE>
    </details>
    <BLANKLINE>
    ## Next
    <BLANKLINE>
    >>> print(readable(".. admonition:: Predict\\n\\n    How many?\\n"))
    > **Predict.** How many?
    <BLANKLINE>
    <BLANKLINE>
    >>> print(readable("See :doc:`/derivations/04_mse`."))
    See *derivations/04_mse*.
    """

    def fold(match: re.Match[str]) -> str:
        body = re.sub("^ {4}", "", match["body"], flags=re.M).strip()
        return f"<details><summary>{match['title']}</summary>\n\n{body}\n\n</details>\n\n"

    def quote(match: re.Match[str]) -> str:
        body = f"**{match['title']}.** {textwrap.dedent(match['body']).strip()}"
        return textwrap.indent(body, "> ", lambda line: True) + "\n\n"

    text = ADMONITION.sub(quote, DROPDOWN.sub(fold, text))
    return NAME.sub(r"`\1`", LINK.sub(r"*\1*", text))


def rewrite(app: Sphinx) -> None:
    for folder in app.config.sphinx_gallery_conf["gallery_dirs"]:
        for path in (Path(app.srcdir) / folder).glob("*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for cell in notebook["cells"]:
                if cell["cell_type"] == "markdown":
                    cell["source"] = [readable("".join(cell["source"]))]
            path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    # After sphinx-gallery, which writes the notebooks at the same event.
    app.connect("builder-inited", rewrite, priority=900)
    return {"parallel_read_safe": True}
