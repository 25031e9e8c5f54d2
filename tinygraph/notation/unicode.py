r"""Text for a picture: escaped, and mathematics as plain Unicode.

A node's name and an op's formula are anybody's text.  They reach DOT, SVG and HTML through
:func:`escape` alone, which leaves nothing in them that any of the three would act on.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import Any

_SUPERSCRIPT = dict(zip("0123456789+-−()nixktabyT⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿⁱˣᵏᵗᵃᵇʸᵀᵀ", strict=True))
_SUBSCRIPT = dict(zip("0123456789+-−()aeijknxt", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ₐₑᵢⱼₖₙₓₜ", strict=True))
_TYPOGRAPHY = str.maketrans({"-": "−", "\xa0": " ", "ˆ": "^", "ˍ": "_"})
_UPRIGHT = re.compile(r"\\(?:mathrm|text|operatorname)\s*\{([^{}]*)\}")
_SCRIPT = re.compile(r"([_^])\s*(?:\{([^{}]*)\}|(\\[A-Za-z]+|[^\s{}\\]))")


def visible(text: str) -> str:
    r"""Return ``text`` on one line, with control characters written out.

    >>> print(visible("a\n\x00b"))
    a\n\x00b
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def escape(text: str) -> str:
    """Return ``text`` as it stands in an HTML label, in SVG and in HTML.

    >>> escape('"><script>')
    '&quot;&gt;&lt;script&gt;'
    """
    return html.escape(visible(text))


def shorten(text: str, length: int) -> str:
    """Return ``text`` with its middle left out if it is longer than ``length``.

    >>> shorten("a_name_that_never_ends", 12)
    'a_name_…ends'
    """
    if len(text) <= length:
        return text
    tail = (length - 1) // 3 + 1
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"


@lru_cache(maxsize=1024)
def unicode_math(latex: str) -> str:
    r"""Return a formula in LaTeX as one line of Unicode; what is no LaTeX stays as it is.

    >>> unicode_math(r"\frac{1}{1 + e^{-x}}"), unicode_math(r"g \odot W^\top")
    ('1/(1 + e⁻ˣ)', 'g ⊙ Wᵀ')
    """
    # A space that TeX would swallow is written as one that it keeps.
    source, before = re.sub(r"\\,|(?<=\})\s+|\s+(?=\\)", "~", latex), ""
    source = _UPRIGHT.sub(r"\1", source)
    try:
        while source != before:
            source, before = _SCRIPT.sub(_script, source), source
        text = str(_converter().latex_to_text(f"${source}$"))
    except Exception:  # the converter fails in many ways on what is not well-formed
        return latex
    return text.translate(_TYPOGRAPHY).strip() or latex


def _script(found: re.Match[str]) -> str:
    body = found[2] if found[2] is not None else found[3]
    body = _converter().latex_to_text(f"${body}$").strip()
    small = _SUPERSCRIPT if found[1] == "^" else _SUBSCRIPT
    if all(character in small for character in body):
        return "".join(small[character] for character in body)
    # Stand-ins, so that the mark is not taken for a script again.
    mark = "ˆ" if found[1] == "^" else "ˍ"
    body = re.sub(r",\s+", ",", body)  # a list of indices is short
    return mark + (body if body.isalnum() else f"({body})")


@lru_cache(maxsize=1)
def _converter() -> Any:
    # Loaded on use: most of a diagram needs no mathematics.
    from pylatexenc.latex2text import (
        LatexNodes2Text,
        MacroTextSpec,
        get_default_latex_context_db,
    )

    context = get_default_latex_context_db()
    fraction = MacroTextSpec("frac", simplify_repl=_fraction)
    context.add_context_category("tinygraph", prepend=True, macros=[fraction])
    return LatexNodes2Text(latex_context=context, math_mode="text")


def _fraction(node: Any, l2tobj: Any) -> str:
    parts = [l2tobj.nodelist_to_text([part]).strip() for part in node.nodeargd.argnlist]
    return "/".join(part if part.isalnum() else f"({part})" for part in parts)
