"""Convert the directives that sphinx-gallery leaves in notebooks to Markdown.

Solutions become folded sections and predictions become quotations. Tables and listings become
Markdown, and a link into the book becomes the name of its page.
"""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.directives.code import LiteralIncludeReader

BOOK = Path(__file__).parents[1]

# A fold ends with its section; sphinx-gallery has taken the indentation from the code in it.
DROPDOWN = re.compile(r"^\.\. dropdown:: (?P<title>[^\n]+)\n(?P<body>.*?)(?=^#+ |\Z)", re.M | re.S)
ADMONITION = re.compile(
    r"^\.\. admonition:: (?P<title>.+)\n(?P<body>(?:\n|[ ]{4}.*(?:\n|$))+)", re.M
)
TABLE = re.compile(r"^\.\. list-table::\n(?: +:.*\n)+\n(?P<rows>(?:\n|[ ]{3}.*(?:\n|$))+)", re.M)
LISTING = re.compile(r"^\.\. literalinclude:: /(?P<path>.+)\n(?P<options>(?: +:.*(?:\n|$))+)", re.M)
OPTION = re.compile(r":([\w-]+): (.+)")
MATH = re.compile(r"\$[^$]+\$")
LINK = re.compile(r":doc:`/?([^`]+)`")
NAME = re.compile(r":(?:func|class|meth):`~?([^`]+)`")


def readable(text: str) -> str:
    """Convert the directives in the text of a cell to Markdown.

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
    >>> rows = "   * - $|x|$\\n     - has no\\n       sign\\n"
    >>> print(readable(".. list-table::\\n   :widths: 5 5\\n\\n" + rows))
    <BLANKLINE>
    | | |
    |:---|:---|
    | $\\vert x\\vert $ | has no sign |
    <BLANKLINE>
    <BLANKLINE>
    >>> print(readable(
    ...     ".. literalinclude:: /../tinygraph/ops/arithmetic.py\\n"
    ...     "   :pyobject: Negate.forward\\n   :dedent: 4\\n"
    ... ))
    <BLANKLINE>
    ```python
    def forward(self, x: Array) -> Array:
        return -x
    ```
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

    text = LISTING.sub(listing, TABLE.sub(table, ADMONITION.sub(quote, DROPDOWN.sub(fold, text))))
    return NAME.sub(r"`\1`", LINK.sub(r"*\1*", text))


def table(match: re.Match[str]) -> str:
    """Convert a list-table to Markdown: one row per line, below the header that Markdown needs."""
    rows = [
        [
            MATH.sub(without_bars, " ".join(cell.split()))
            for cell in re.split(r"^ {5}- ", row, flags=re.M)
        ]
        for row in re.split(r"^ {3}\* - ", match["rows"], flags=re.M)[1:]
    ]
    columns = len(rows[0])
    head = ["|" + " |" * columns, "|" + ":---|" * columns]
    return "\n" + "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n\n"


def listing(match: re.Match[str]) -> str:
    """Convert a literalinclude to a block of code with the same lines of the source file."""
    options: dict[str, Any] = dict(OPTION.findall(match["options"]))
    if "dedent" in options:
        options["dedent"] = int(options["dedent"])
    lines, _ = LiteralIncludeReader(str(BOOK / match["path"]), options, Config()).read()
    return f"\n```python\n{lines.rstrip()}\n```\n"


def without_bars(formula: re.Match[str]) -> str:
    """Replace the bars in a formula, because a bar would end a cell of a Markdown table."""
    return formula[0].replace(r"\|", r"\Vert ").replace("|", r"\vert ")


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
