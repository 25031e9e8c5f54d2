"""NumPy's elementwise functions as JavaScript.

A function without an entry cannot be printed: the program says so by its name when it is made.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, function_name
from tinygraph.compile.record.arrays import Unrecordable, cast

FORMULAS: dict[Any, str] = {
    np.add: "{} + {}",
    np.subtract: "{} - {}",
    np.multiply: "{} * {}",
    np.divide: "{} / {}",
    np.negative: "-{}",
    np.positive: "{}",
    np.square: "{0} * {0}",
    np.reciprocal: "1 / {}",
    np.power: "Math.pow({}, {})",
    np.float_power: "Math.pow({}, {})",
    np.maximum: "Math.max({}, {})",
    np.minimum: "Math.min({}, {})",
    np.absolute: "Math.abs({})",
    np.fabs: "Math.abs({})",
    np.rint: "roundToEven({})",
    np.round: "roundToEven({})",
    np.arctan: "Math.atan({})",
    np.arctan2: "Math.atan2({}, {})",
    np.arcsin: "Math.asin({})",
    np.arccos: "Math.acos({})",
    np.exp2: "Math.pow(2, {})",
    np.logaddexp: "logAddExp({}, {})",
    np.where: "{} ? {} : {}",
    np.clip: "Math.min(Math.max({}, {}), {})",
    np.greater: "Number({} > {})",
    np.greater_equal: "Number({} >= {})",
    np.less: "Number({} < {})",
    np.less_equal: "Number({} <= {})",
    np.equal: "Number({} === {})",
    np.not_equal: "Number({} !== {})",
    np.logical_not: "Number(!{})",
    np.logical_and: "Number({} && {} ? 1 : 0)",
    np.logical_or: "Number({} || {} ? 1 : 0)",
    np.bitwise_and: "{} & {}",
    np.bitwise_or: "{} | {}",
    np.isnan: "Number(Number.isNaN({}))",
    np.isfinite: "Number(Number.isFinite({}))",
    np.floor_divide: "Math.floor({} / {})",
    np.zeros_like: "0",
    np.ones_like: "1",
    np.hypot: "Math.hypot({}, {})",
}
FORMULAS |= {
    getattr(np, name): f"Math.{name}({{}})"
    for name in (
        *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "cbrt", "sin", "cos", "tan"),
        *("sinh", "cosh", "tanh", "sign", "floor", "ceil", "trunc"),
    )
}
"""The text of each function; its arguments are filled in where the braces are."""

_ATOM_ENDS = ")]"


def is_elementwise(operation: Operation) -> bool:
    """Tell whether each element of the result is computed from one element of each operand."""
    if "shape" in operation.options:  # of np.zeros_like: not the shape of its operand
        return False
    return operation.function in FORMULAS or operation.function is cast


def formula(operation: Operation, arguments: list[str]) -> str:
    """Return an elementwise operation as JavaScript.

    Raises
    ------
    Unrecordable
        If the function has options that JavaScript does not.
    """
    function, result = operation.function, operation.result
    if operation.options or (function is np.round and len(operation.arguments) > 1):
        raise no_javascript(operation)
    if function is cast:
        text = arguments[0] if result.dtype.kind in "fb" else f"Math.trunc({arguments[0]})"
    else:
        template = FORMULAS[function]
        is_call = template.endswith(")") and template.count("(") == 1
        text = template.format(*(arguments if is_call else map(bracketed, arguments)))
    return f"Math.fround({text})" if result.dtype == np.float32 else text


def bracketed(text: str) -> str:
    """Return an expression in brackets, unless it is a name, a number, an element or a call.

    >>> bracketed("a + b"), bracketed("h1[i]"), bracketed("0.5")
    ('(a + b)', 'h1[i]', '0.5')
    """
    if " " not in text and not text.startswith("-"):
        return text
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter in " -":
            return f"({text})"
        if depth == 0 and letter in _ATOM_ENDS and position < len(text) - 1:
            return f"({text})"
    return text


def literal(number: Any) -> str:
    """Return a number as JavaScript.

    >>> literal(2.0), literal(-0.5), literal(float("inf")), literal(True)
    ('2', '-0.5', 'Infinity', '1')
    """
    value = float(number)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    is_whole = value == int(value) and abs(value) < 1e15 and (value or math.copysign(1, value) > 0)
    return str(int(value)) if is_whole else repr(value)


def no_javascript(operation: Operation) -> Unrecordable:
    """Return the refusal of an operation that has no JavaScript, for the caller to raise."""
    name = function_name(operation.function)
    options = f" with {', '.join(operation.options)}" if operation.options else ""
    owner = "" if operation.node is None else f"{operation.node.name}: "
    return Unrecordable(f"{owner}{name}{options} has no JavaScript")
