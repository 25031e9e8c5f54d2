"""Operations as Python expressions, with brackets only where they are needed."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, function_name
from tinygraph.compile.record.arrays import cast
from tinygraph.compile.record.functions import WRITES
from tinygraph.compile.targets.names import in_comment
from tinygraph.core.numpy_functions import signature_of

_ATOM, _POWER, _UNARY, _TIMES, _PLUS, _COMPARE = 6, 5, 4, 3, 2, 1
_INFIX = {
    np.add: ("+", _PLUS),
    np.subtract: ("-", _PLUS),
    np.multiply: ("*", _TIMES),
    np.divide: ("/", _TIMES),
    np.matmul: ("@", _TIMES),
    np.greater: (">", _COMPARE),
    np.greater_equal: (">=", _COMPARE),
    np.less: ("<", _COMPARE),
    np.less_equal: ("<=", _COMPARE),
    np.equal: ("==", _COMPARE),
    np.not_equal: ("!=", _COMPARE),
}


class Expressions:
    """The text of values and operations.

    Parameters
    ----------
    name : callable
        Gives the name of a value that has a separate line.

    >>> x, y = (Value("input", (), np.dtype(float), label) for label in "xy")
    >>> total = Value("result", (), np.dtype(float))
    >>> texts = Expressions(lambda value: value.label)
    >>> texts.write_inline(Operation(np.add, (x, y), total))
    >>> texts.of(Operation(np.multiply, (total, y), total))[0]
    '(x + y) * y'
    """

    def __init__(self, name: Callable[[Value], str]) -> None:
        self._name = name
        self._inline: dict[Value, tuple[str, int]] = {}

    def write_inline(self, operation: Operation) -> None:
        """Write the operation inline, where its result is used."""
        self._inline[operation.result] = self.of(operation)

    def write_as(self, value: Value, other: Value) -> None:
        """Let a value be written as another one is."""
        rank = self._inline[other][1] if other in self._inline else _ATOM
        self._inline[value] = self.text(other), rank

    def text(self, value: Value, rank: int = 0) -> str:
        """Return the text of a value, in brackets if it binds less tightly than ``rank``."""
        if value.kind == "constant":
            text = _constant_text(value.constant)
            own = _UNARY if text.startswith("-") else _ATOM
        elif value in self._inline:
            text, own = self._inline[value]
        else:
            text, own = self._name(value), _ATOM
        return f"({text})" if own < rank else text

    def of(self, operation: Operation) -> tuple[str, int]:
        """Return an operation as text, and how tightly it binds."""
        function, arguments = operation.function, operation.arguments
        if function in _INFIX and not operation.options:
            sign, rank = _INFIX[function]
            right = rank if function is np.add else rank + 1  # a + (b + c) needs no brackets
            a, b = arguments
            return f"{self.text(a, rank)} {sign} {self.text(b, right)}", rank
        if function is np.negative:
            return f"-{self.text(arguments[0], _UNARY)}", _UNARY
        if function is np.power and not operation.options:
            return f"{self.text(arguments[0], _ATOM)} ** {self.text(arguments[1], _ATOM)}", _POWER
        if function is np.transpose and len(arguments) == 1:
            return f"{self.text(arguments[0], _ATOM)}.T", _ATOM
        if function is cast:
            return f"{self.text(arguments[0], _ATOM)}.astype(np.{arguments[1]})", _ATOM
        if function is operator.getitem:
            return f"{self.text(arguments[0], _ATOM)}[{self._index(arguments[1])}]", _ATOM
        given = [self._argument(argument) for argument in arguments]
        given += [f"{key}={self._argument(value)}" for key, value in _options(operation).items()]
        if operation.result.dtype == object:
            node = operation.node
            called = f"{function.__name__} of {'' if node is None else node.name}"
            return f"called[{in_comment(called)!r}]({', '.join(given)})", _ATOM
        return f"{function_name(function)}({', '.join(given)})", _ATOM

    def statement(self, operation: Operation, name: str) -> str:
        """Return the statement of an operation that writes into the array called ``name``."""
        _, index, value = operation.arguments
        where = self._index(index)
        is_call = "(" in WRITES[operation.function]
        where = f"({where},)" if is_call and isinstance(index, tuple) and len(index) == 1 else where
        where = f"({where})" if is_call and isinstance(index, tuple) and len(index) > 1 else where
        return WRITES[operation.function].format(name, where, self._argument(value))

    def _argument(self, argument: Any) -> str:
        if isinstance(argument, Value):
            return self.text(argument)
        if isinstance(argument, tuple):
            return f"({', '.join(map(self._argument, argument))}{',' * (len(argument) == 1)})"
        if isinstance(argument, (np.dtype, type)):
            return f"np.{np.dtype(argument)}"
        if isinstance(argument, np.ndarray):
            return _constant_text(argument)
        return repr(argument)

    def _index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(map(self._index, index))
        if isinstance(index, slice):
            ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
            return ":".join(ends) + (f":{index.step}" if index.step is not None else "")
        return "..." if index is Ellipsis else self._argument(index)


def _options(operation: Operation) -> dict[str, Any]:
    """Return the options of an operation that are not NumPy's defaults."""
    usual = {name: each.default for name, each in _parameters(operation.function).items()}
    return {
        name: value
        for name, value in operation.options.items()
        if not (name == "keepdims" and value is False) and value is not usual.get(name, usual)
    }


def _parameters(function: Callable[..., Any]) -> Mapping[str, Parameter]:
    return {} if isinstance(function, np.ufunc) else signature_of(function).parameters


def _constant_text(number: Any) -> str:
    if type(number) in (bool, int, float):
        return literal(number)
    array = np.asarray(number)
    if array.shape == () and array.dtype.kind == "f":
        return literal(float(str(array)))  # a Python number takes the precision of its operands
    if array.shape == ():
        return literal(array.item())
    return f"np.array({literal(array.tolist())}, dtype=np.{array.dtype})"


def literal(number: Any) -> str:
    """Return a Python number, or nested lists of them, as source text.

    >>> literal([[0.5, float("nan")], [float("inf"), -float("inf")]])
    '[[0.5, np.nan], [np.inf, -np.inf]]'
    """
    if isinstance(number, list):
        return f"[{', '.join(map(literal, number))}]"
    if isinstance(number, float) and not math.isfinite(number):
        return f"-np.{abs(number)}" if number < 0 else f"np.{number}"
    return repr(number)
