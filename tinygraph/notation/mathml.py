"""LaTeX formulas as MathML, which a browser displays without extra fonts or scripts."""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from functools import lru_cache

from latex2mathml.converter import convert

_SAFE_TAG = re.compile(r"m[a-z]+")
_SAFE_ATTRIBUTES = {"accent", "columnalign", "display", "fence", "form", "linethickness", "lspace"}
_SAFE_ATTRIBUTES |= {"mathvariant", "maxsize", "minsize", "movablelimits", "rspace", "separator"}
_SAFE_ATTRIBUTES |= {"stretchy", "width", "xmlns"}


def parse_math(latex: str) -> ET.Element | None:
    r"""Convert a LaTeX formula to a MathML tree; return None if it is not plain mathematics.

    >>> parse_math("x^2").tag, parse_math(r"\frac{")
    ('math', None)
    """
    # After a bare % the rest of a line is a comment: a part of the formula would be lost.
    if not latex or re.search(r"(?<!\\)%", latex):
        return None
    try:
        root = ET.fromstring(convert(latex))
    except Exception:  # latex2mathml raises many kinds of errors for malformed input
        return None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        is_safe = _SAFE_TAG.fullmatch(element.tag) and _SAFE_ATTRIBUTES.issuperset(element.attrib)
        if not is_safe:
            return None
    return root


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    r"""Convert a LaTeX formula to a ``<math>`` element; other text becomes a ``<code>`` element.

    A formula can be any text: only plain mathematics becomes MathML.

    >>> mathml("x^2")
    '<math><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    >>> mathml(r"\text{<b>}")
    '<code>\\text{&lt;b&gt;}</code>'
    """
    if not latex:
        return ""
    root = parse_math(latex)
    if root is None:
        return f"<code>{html.escape(latex)}</code>"
    root.attrib.clear()
    for element in root.iter():
        # A row with one letter or number is replaced by that letter or number.
        element[:] = [
            child[0] if len(child) == 1 and child[0].tag in ("mi", "mn") else child
            for child in element
        ]
    return ET.tostring(root, encoding="unicode")
