"""Hides the solutions in the downloadable notebooks, as the pages hide them.

A page writes ``.. dropdown:: Solution``, which a notebook would show as it stands.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

DROPDOWN = re.compile(r"^\.\. dropdown:: (?P<title>.+)\n(?P<body>(?:\n|[ ]{4}.*(?:\n|$))+)", re.M)
CODE = re.compile(r"^\.\. code-block:: python\n\n(?P<code>(?:\n|[ ]{4}.*(?:\n|$))+)", re.M)


def folded(text: str) -> str:
    """Return Markdown in which every dropdown is a folded ``<details>``.

    >>> print(folded(".. dropdown:: Solution\\n\\n    The answer is 1.\\n"))
    <details><summary>Solution</summary>
    <BLANKLINE>
    The answer is 1.
    <BLANKLINE>
    </details>
    <BLANKLINE>
    """

    def details(match: re.Match[str]) -> str:
        body = CODE.sub(
            lambda code: f"```python\n{textwrap.dedent(code['code']).strip()}\n```\n",
            textwrap.dedent(match["body"]).strip() + "\n",
        )
        return f"<details><summary>{match['title']}</summary>\n\n{body.strip()}\n\n</details>\n"

    return DROPDOWN.sub(details, text)


def fold_solutions(app: Sphinx) -> None:
    for folder in app.config.sphinx_gallery_conf["gallery_dirs"]:
        for path in (Path(app.srcdir) / folder).glob("*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            for cell in notebook["cells"]:
                if cell["cell_type"] == "markdown":
                    cell["source"] = [folded("".join(cell["source"]))]
            path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    # After sphinx-gallery, which writes the notebooks at the same event.
    app.connect("builder-inited", fold_solutions, priority=900)
    return {"parallel_read_safe": True}
