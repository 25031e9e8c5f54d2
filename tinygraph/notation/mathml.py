"""Formulas in LaTeX as MathML, which a browser sets by itself: no fonts, no script."""

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


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    r"""Return a formula as a ``<math>`` element; what cannot be set, as it is written.

    An op's formula may be anybody's text: only what is plain mathematics comes through.

    >>> mathml("x^2")
    '<math><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>'
    >>> mathml(r"\text{<b>}")
    '<code>\\text{&lt;b&gt;}</code>'
    """
    if not latex:
        return ""
    try:
        root = ET.fromstring(convert(latex))
    except Exception:  # latex2mathml has an error of its own for each way to be no formula
        return f"<code>{html.escape(latex)}</code>"
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        is_safe = _SAFE_TAG.fullmatch(element.tag) and _SAFE_ATTRIBUTES.issuperset(element.attrib)
        if not is_safe:
            return f"<code>{html.escape(latex)}</code>"
    root.attrib.clear()
    for element in root.iter():
        # A row of one letter or number is that letter or number.
        element[:] = [
            child[0] if len(child) == 1 and child[0].tag in ("mi", "mn") else child
            for child in element
        ]
    return ET.tostring(root, encoding="unicode")
