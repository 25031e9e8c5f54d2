"""A derivation as plain text, LaTeX, Markdown and HTML.

The names of nodes, and the words and formulas of ops, can be any text; they are escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from tinygraph.core.node import Node
from tinygraph.notation.tables import with_alignment
from tinygraph.notation.unicode import unicode_math

_PARTIAL = re.compile(r"\(∂ ([^()]+)\)/\(∂ ([^()]+)\)")


def as_text(derivation: Any) -> str:
    """Return the steps and their reasons as plain text, for a terminal."""
    lines = []
    for number, step in enumerate(derivation.steps, start=1):
        equation = _PARTIAL.sub(r"∂\1/∂\2", unicode_math(step.math))
        lines.append(f"{number:2}. {equation}")
        lines += [f"      {reason}" for reason in step.reasons]
    return "\n".join(lines)


def as_latex(derivation: Any) -> str:
    """Return the steps and their reasons as an ``align*`` environment."""
    rows = []
    for step in derivation.steps:
        left, _, right = step.math.partition(" = ")
        reason = plain_latex("; ".join(step.reasons))
        rows.append(rf"  {left} &= {right} && \text{{{reason}}} \\")
    return "\n".join([r"\begin{align*}", *rows, r"\end{align*}"])


def as_markdown(derivation: Any) -> str:
    """Return the steps as a numbered list."""
    lines = []
    for number, step in enumerate(derivation.steps, start=1):
        lines.append(f"{number}. $${step.math}$$\n   {'; '.join(step.reasons)}.")
        lines += [f"   Shapes: {term.shapes}." for term in step.terms]
    if derivation.written_out:
        lines.append(f"\nIn one line:\n\n$${derivation.written_out}$$")
    return "\n".join(lines)


def as_html(derivation: Any) -> str:
    r"""Return the steps as a table, with the formulas in ``\[ … \]``."""

    def linked(node: Node) -> str:
        name = f"<code>{html.escape(str(node.name))}</code>"
        link = derivation.links.get(node)
        return f'<a href="{link}">{name}</a>' if link else name

    def cells(step: Any) -> str:
        return with_alignment(
            f"<td>{linked(step.node)}</td><td>\\[{html.escape(step.math)}\\]</td>"
            f"<td>{_lines(step.reasons)}</td>"
            f"<td>{_lines(term.shapes for term in step.terms)}</td>"
        )

    rows = "".join(
        f"<tr><td>{number}</td>{cells(step)}</tr>"
        for number, step in enumerate(derivation.steps, start=1)
    )
    titles = ("step", "node", "gradient", "why", "shapes")
    head = with_alignment("".join(f"<th>{title}</th>" for title in titles))
    head = head.replace("<th", '<th scope="col"')
    table = f'<table class="derivation"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
    if not derivation.written_out:
        return table
    return f"{table}<p>In one line:</p>\\[{html.escape(derivation.written_out)}\\]"


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(map(html.escape, texts))


def plain_latex(text: str) -> str:
    r"""Return plain text with LaTeX's own characters escaped.

    >>> print(plain_latex("x_i & 50 %"))
    x\_i \& 50 \%
    """
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    special |= {character: f"\\{character}" for character in "&%$#_{}"}
    return "".join(special.get(character, character) for character in text)
