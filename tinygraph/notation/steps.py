"""Steps of a backward pass, written inline in formulas: ``dh (1 - h)`` instead of ``dh Subtract1``.

A formula goes into another one, in brackets where it binds less tightly than its place.
"""

from __future__ import annotations

import re

from tinygraph.core.op import Op

LONGEST = 60
"""The number of characters of LaTeX up to which a step is written inline."""

_SUM, _PRODUCT, _ATOM = range(3)


def in_place(inner: Op, text: str, formula: str, argument: str) -> str:
    r"""Return the formula ``text`` of ``inner`` as it stands for an argument of another formula.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> in_place(1 - x, "1 - x", r"a \odot b", "b"), in_place(1 - x, "1 - x", r"e^{x}", "x")
    ('\\left(1 - x\\right)', '1 - x')
    """
    if re.search(rf"[{{(]{re.escape(argument)}[)}}]", formula):
        return text  # brackets are there already
    binds = _binding(inner.formula)
    same_product = inner.formula == formula and binds == _PRODUCT
    is_raised = re.search(rf"\b{re.escape(argument)}\s*[\^_]", formula)
    if not is_raised and (binds > _binding(formula) or same_product):
        return text
    return rf"\left({text}\right)"


def _binding(formula: str) -> int:
    """Return how tightly the outermost operation of a formula binds."""
    flat = formula
    while True:
        outside = re.sub(r"\{[^{}]*\}|\([^()]*\)", "", flat)
        if outside == flat:
            break
        flat = outside
    if re.search(r"[-+]|\\sum|\\text", flat):
        return _SUM
    return _PRODUCT if re.search(r"\S (?!\^)\S", flat) else _ATOM
