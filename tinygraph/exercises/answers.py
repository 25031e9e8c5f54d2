"""Parses a typed answer: a number, a list, an array, or arithmetic as text."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.validation.arrays import Array, brief

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_TYPED = str.maketrans({"−": "-", "–": "-", "·": "*", "×": "*", "÷": "/", "^": "**", "\u00a0": " "})
_LONGEST = 200


def read(answer: Any) -> Array:
    """Return a typed answer as an array of floats.

    Raises
    ------
    ValueError
        If it is not made of numbers. The message says how to type it.

    >>> read("-1/4"), read([["(1/2)^2", 3]]), read("[-0.25, 1]")
    (array(-0.25), array([[0.25, 3.  ]]), array([-0.25,  1.  ]))
    """
    if isinstance(answer, Node):
        raise ValueError(
            f"The answer must be a number, but {brief(answer)} is a node. Its numbers are in "
            "`.value` and `.grad`."
        )
    try:
        return np.asarray(_parsed(answer), dtype=float)
    except Exception:  # every answer of a learner gets a reply
        comma = isinstance(answer, str) and "," in answer
        fix = "Write a decimal point, such as 0.25" if comma else 'Write a number, -0.25 or "-1/4"'
        raise ValueError(
            f"The answer must be made of numbers; got {brief(answer)}. {fix}."
        ) from None


def _parsed(answer: Any) -> Any:
    """Replace each text in an answer, or in a list of answers, by its number."""
    if isinstance(answer, str):
        if len(answer) > _LONGEST:
            raise ValueError("too long")
        return _numbers(ast.parse(answer.strip().translate(_TYPED), mode="eval").body)
    if isinstance(answer, (list, tuple)):
        return [_parsed(each) for each in answer]
    return answer


def _numbers(expression: ast.expr) -> Any:
    """Return a number, or a list of numbers that is typed with brackets."""
    if isinstance(expression, ast.List):
        return [_numbers(element) for element in expression.elts]
    return _number(expression)


def _number(expression: ast.expr) -> float:
    """Return the number of an arithmetic expression. Nothing else in it is evaluated."""
    match expression:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _number(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_number(left), _number(right))
    raise ValueError("not arithmetic")
