"""The body of a loop: the scalar arithmetic that computes one element of each result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, function_name
from tinygraph.compile.record.arrays import Unrecordable, cast
from tinygraph.compile.targets.numba.loop_text import UNROLLED, LoopText, broadcast_index

_INFIX = {
    np.add: "+",
    np.subtract: "-",
    np.multiply: "*",
    np.divide: "/",
    np.power: "**",
    np.greater: ">",
    np.greater_equal: ">=",
    np.less: "<",
    np.less_equal: "<=",
    np.equal: "==",
    np.not_equal: "!=",
}
_CALLS: dict[Callable[..., Any], str] = {
    np.exp: "exp({})",
    np.tanh: "tanh({})",
    np.maximum: "maximum({}, {})",
    np.minimum: "minimum({}, {})",
    np.where: "({1} if {0} else {2})",
    np.clip: "minimum(maximum({}, {}), {})",
    np.negative: "-({})",
    np.positive: "{}",
    np.square: "square({})",
    np.reciprocal: "one / ({})",
    np.absolute: "abs({})",
    **{
        getattr(np, name): f"math.{name}({{}})"
        for name in ("log", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "sinh", "cosh")
    },
    np.arctan: "math.atan({})",
    np.logical_not: "(not {})",
}


class Body:
    """The body of a nest of loops: the lines for each element, and those for each row."""

    def __init__(self, loops: LoopText, indices: list[str], order: list[str]) -> None:
        self.loops = loops
        self.indices = indices
        self.inner = order[-1] if order else ""
        self.before: list[str] = []
        self.lines: list[str] = []
        self.local: dict[Value, str] = {}
        self._hoisted: dict[str, str] = {}

    def add(self, operation: Operation) -> None:
        """Compute one element of the result into a local variable."""
        if operation.function in (np.matmul, np.dot):
            text = self._product(operation)
        elif operation.function in (np.sum, np.max, np.min):
            text = self._reduction(operation)
        else:
            text = self._elementwise(operation)
        name = self.loops.names.of(operation.result.label or "s")
        self.lines.append(f"{name} = {text}")
        self.local[operation.result] = name

    def store(self, place: str, value: Value) -> None:
        self.lines.append(f"{place} = {self.local[value]}")

    def read(self, value: Value, index: tuple[str, ...]) -> str:
        """Return the text of an element; one that a whole row shares is read before the row."""
        if value in self.local:
            return self.local[value]
        text = self.loops.element(value)(*index)
        if not self.inner or self.inner in index or "[" not in text:
            return text
        if text not in self._hoisted:
            self._hoisted[text] = self.loops.names.of("w")
            self.before.append(f"{self._hoisted[text]} = {text}")
        return self._hoisted[text]

    def _elementwise(self, operation: Operation) -> str:
        function = operation.function
        if not _has_text(operation):
            raise Unrecordable(f"{function_name(operation.function)} has no loop here")
        arguments = operation.arguments if function is not cast else operation.arguments[:1]
        texts = []
        for value in arguments:
            if not isinstance(value, Value):
                value = Value("constant", (), np.dtype(float), constant=value)
            if value.kind == "constant" and not value.shape:
                texts.append(self.loops.constant(value.constant, _precision(value, operation)))
            else:
                texts.append(self.read(value, broadcast_index(value.shape, tuple(self.indices))))
        if function is cast:
            return f"np.{operation.result.dtype}({texts[0]})"
        if function in _INFIX:
            return f"{texts[0]} {_INFIX[function]} {texts[1]}"
        if function is np.reciprocal:
            return f"{self.loops.constant(1.0, operation.result.dtype)} / {texts[0]}"
        if function is np.square:
            return f"{texts[0]} * {texts[0]}"
        text = _CALLS[function].format(*texts)
        # The functions compute in float64; their result is converted to the program's precision.
        single = operation.result.dtype == np.float32 and "(" in text
        return f"np.float32({text})" if single else text

    def _product(self, operation: Operation) -> str:
        a, b = operation.operands
        if len(a.shape) > 2 or len(b.shape) > 2:
            raise Unrecordable("a product of more than two axes has no loop here")
        terms = a.shape[-1]
        left = self.indices[: len(a.shape) - 1]
        right = self.indices[len(a.shape) - 1 :]

        if terms <= UNROLLED:
            return " + ".join(
                f"{self.read(a, (*left, str(k)))} * {self.read(b, (str(k), *right))}"
                for k in range(terms)
            )
        shape = operation.result.shape
        if len(shape) == 2 and shape[0] == self.loops.batch:
            return self._by_rows(operation, terms)
        # One element at a time: a sum over the batch, whose rows are long.
        total, k = self.loops.names.of("total"), self.loops.names.of("k")
        product = f"{self.loops.element(a)(*left, k)} * {self.loops.element(b)(k, *right)}"
        self.lines += [
            f"{total} = {self.loops.constant(0.0, operation.result.dtype)}",
            f"for {k} in range({terms}):",
            f"    {total} += {product}",
        ]
        return total

    def _by_rows(self, operation: Operation, terms: int) -> str:
        """Sum the products of a whole row at once, a few terms at a time."""
        names = self.loops.names
        a, b = operation.operands
        row, i = names.of("row"), names.of("i")
        self.loops.buffers[row] = ((self.loops.batch,), operation.result.dtype)
        j = self.indices[1]
        for start in range(0, terms, UNROLLED):
            products = []
            for k in range(start, min(start + UNROLLED, terms)):
                weight = names.of("w")
                self.before.append(f"{weight} = {self.loops.element(b)(str(k), j)}")
                products.append(f"{self.loops.element(a)(i, str(k))} * {weight}")
            text = " + ".join(products if start == 0 else [f"{row}[{i}]", *products])
            self.before += [f"for {i} in range({self.loops.batch}):", f"    {row}[{i}] = {text}"]
        return f"{row}[{self.indices[0]}]"

    def _reduction(self, operation: Operation) -> str:
        (x,) = operation.operands
        axis = (
            operation.arguments[1]
            if len(operation.arguments) > 1
            else operation.options.get("axis")
        )
        rank = len(x.shape)
        axes = tuple(range(rank)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple(one % rank for one in axes)
        if not set(operation.options) <= {"axis", "keepdims"}:
            raise Unrecordable(
                f"{function_name(operation.function)} has no loop with "
                f"{', '.join(operation.options)}"
            )
        kept = iter(
            self.indices
            if not operation.options.get("keepdims")
            else [i for axis, i in enumerate(self.indices) if axis not in axes]
        )
        names = self.loops.names
        index = tuple(names.of("k") if axis in axes else next(kept) for axis in range(rank))
        total = names.of("total")
        element = self.loops.element(x)
        if operation.function is np.sum:
            start, update = (
                self.loops.constant(0.0, operation.result.dtype),
                f"{total} + {element(*index)}",
            )
        else:
            choose = "maximum" if operation.function is np.max else "minimum"
            at_first = tuple("0" if axis in axes else i for axis, i in enumerate(index))
            start, update = element(*at_first), f"{choose}({total}, {element(*index)})"
        self.lines.append(f"{total} = {start}")
        walked = [axis for axis in range(rank) if axis in axes]
        if rank == 2 and x.shape[0] == self.loops.batch:
            walked = walked[::-1]
        for depth, axis in enumerate(walked):
            self.lines.append(f"{'    ' * depth}for {index[axis]} in range({x.shape[axis]}):")
        self.lines.append(f"{'    ' * len(walked)}{total} = {update}")
        return total

    def text(self, loops: list[tuple[str, int]]) -> list[str]:
        """Return the whole nest."""
        lines: list[str] = []
        for depth, (index, size) in enumerate(loops[:-1]):
            lines.append(f"{'    ' * depth}for {index} in range({size}):")
        depth = max(0, len(loops) - 1)
        lines += [f"{'    ' * depth}{line}" for line in self.before]
        if loops:
            index, size = loops[-1]
            lines.append(f"{'    ' * depth}for {index} in range({size}):")
            depth += 1
        return lines + [f"{'    ' * depth}{line}" for line in self.lines]


def _has_text(operation: Operation) -> bool:
    """Tell whether one element of the result can be written as one expression."""
    if operation.function is cast:
        return True
    return (operation.function in _INFIX or operation.function in _CALLS) and not operation.options


def _precision(number: Value, operation: Operation) -> np.dtype[Any]:
    """Return the precision of a constant: a Python number takes that of the floats it meets."""
    operands = [value for value in operation.operands if value.kind != "constant"]
    floats = [v.dtype for v in (*operands, operation.result) if v.dtype.kind == "f"]
    is_python_number = isinstance(number.constant, (int, float)) and number.dtype.kind in "if"
    return floats[0] if is_python_number and floats else number.dtype
