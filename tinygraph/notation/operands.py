r"""Substitutes for an op's letters in one graph: names, constants' numbers, hyperparameters.

An op writes ``x^{k}`` and "a enters y with the factor 1".  A reader of one graph sees
:math:`z^{2}` and "z1 enters a1 with the factor 1".
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from tinygraph.core.leaves import Constant
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.numbers import number
from tinygraph.notation.renaming import substitute_math
from tinygraph.validation.arrays import is_bool

REPEATED = "broadcasting repeated this value, so the gradients of all copies add up"

_NUMBER = r"(?:\\left\()?(-?\d+(?:\.\d+)?)(?:\\right\))?"
_SHIFTED_EXPONENT = re.compile(rf"\^\{{{_NUMBER} ([+-]) (1)\}}")
# The letter "a" is an article unless one of these words, or no word, follows it.
_AFTER_ARGUMENT_A = (
    "alone|and|appears|as|at|by|contributes|enters|for|goes|has|in|is|multiplies|only|or|times|to"
    "|with"
)


def constant_number(node: Node) -> float | None:
    """Return the number of a constant that the user did not name; None for any other node."""
    is_written = isinstance(node, Constant) and (node.name is None or node.auto_named)
    if not is_written or node.shape != () or node.value is None:
        return None
    value = float(node.value)
    return value if math.isfinite(value) else None


def number_math(value: float) -> str:
    r"""Return a number in LaTeX; a negative one in brackets.

    >>> number_math(2.0), number_math(-0.5), number_math(1e-8)
    ('2', '\\left(-0.5\\right)', '10^{-8}')
    """
    mantissa, _, exponent = f"{value:.6g}".partition("e")
    text = mantissa
    if exponent:
        power = f"10^{{{int(exponent)}}}"
        text = {"1": power, "-1": f"-{power}"}.get(mantissa, rf"{mantissa} \cdot {power}")
    return rf"\left({text}\right)" if value < 0 else text


def number_code(value: float) -> str:
    """Return a number in Python; a negative one in brackets."""
    return f"({value!r})" if value < 0 else repr(value)


def number_text(value: float) -> str:
    """Return a number in a sentence; a negative one in brackets."""
    return f"({number(value, 6)})" if value < 0 else number(value, 6)


def by_argument(op: Op, inputs: list[str], form: str) -> dict[str, str]:
    """Return the inputs of an op by its argument names.

    The last argument of an op with any number of inputs is all the remaining inputs, written in
    ``form``, such as ``"({},)"``.
    """
    if op.takes(len(op.arguments) + 1):
        fixed = len(op.arguments) - 1
        inputs = [*inputs[:fixed], form.format(", ".join(inputs[fixed:]))]
    return dict(zip(op.arguments, inputs, strict=True)) if len(inputs) == len(op.arguments) else {}


def hyperparameter_letters(op: Op) -> dict[str, str]:
    r"""Return the numbers of an op's hyperparameters, by their names and letters in formulas.

    >>> import tinygraph as tg
    >>> hyperparameter_letters(tg.Input("x", shape=(None, 2)) ** 3)
    {'exponent': '3', 'k': '3'}
    """
    numbers = {
        name: number_math(float(value))
        for name, value in op.hyperparameters.items()
        if _is_finite_number(value)
    }
    letters = {letter: numbers[name] for letter, name in op.letters.items() if name in numbers}
    return numbers | letters


def written_formula(op: Op, formula: str, names: Mapping[str, str]) -> str:
    """Return a formula of an op with names and numbers substituted, and simplified if possible."""
    # An op that refused its inputs has no shape.
    if any(getattr(node, "shape", None) == () for node in (op, *op.inputs)):
        formula = formula.replace(r"\odot", r"\cdot")
    written = substitute_math(formula, {**hyperparameter_letters(op), **names})
    return _SHIFTED_EXPONENT.sub(_sum, written).replace("^{1}", "")


def written_reason(op: Op, reason: str, names: Mapping[str, str]) -> str:
    """Return a reason with the graph's names; ``y_ij`` becomes an element, ``z1[i, j]``.

    >>> from tinygraph.core.leaves import Input
    >>> z = Input("u", shape=(None, 2)) + Input("v", shape=(None, 2))
    >>> written_reason(z, "a enters y with the factor 1: a sum", {"a": "u", "b": "v", "y": "z"})
    'u enters z with the factor 1: a sum'
    """
    letters = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    article = rf"(?!(?<=\ba) (?!(?:{_AFTER_ARGUMENT_A})\b)[^\W\d])"
    pattern = rf"(?<![^\W\d])({letters})(?:_([a-z]{{1,4}}))?(?![A-Za-z0-9_]){article}"

    def named(found: re.Match[str]) -> str:
        index = f"[{', '.join(found[2])}]" if found[2] else ""
        return names[found[1]] + index

    return re.sub(pattern, named, reason)


def _sum(found: re.Match[str]) -> str:
    total = float(found[1]) + float(found[2] + found[3])
    return f"^{{{total:.6g}}}"


def _is_finite_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not is_bool(value) and math.isfinite(value)
