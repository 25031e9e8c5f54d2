"""Each operation of a program as one line: a NumPy call that writes to a preallocated buffer.

Elementwise functions, products and reductions write to the buffer directly. Any other function
returns a new array, which is copied.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant
from tinygraph.compile.passes.affine_layers import affine_gradient
from tinygraph.compile.passes.flat import Flat
from tinygraph.compile.passes.joined_layers import join
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.functions import WRITES
from tinygraph.compile.targets.numpy.operands import Operands
from tinygraph.compile.targets.numpy.storage import Storage
from tinygraph.compile.targets.script import Script

_REDUCTIONS = {np.sum: np.add, np.max: np.maximum, np.min: np.minimum, np.prod: np.multiply}


_FILLS: dict[Any, float | None] = {np.zeros_like: 0, np.ones_like: 1, np.full_like: None}
_LAYOUT = {"shape", "order"}
"""Options of these functions that say where the result is, and not what it is."""
_ADD_AT = np.add.at


class Calls:
    """Writes operations into a script.

    Parameters
    ----------
    script : Script
    operands : Operands
    storage : Storage
    flat : Flat
    weights : mapping
        The flat vector that ``affine`` and ``negative_affine`` each read their weights from.
    """

    def __init__(
        self,
        script: Script,
        operands: Operands,
        storage: Storage,
        flat: Flat,
        weights: Mapping[Any, Any],
    ) -> None:
        self._script = script
        self._operands = operands
        self._storage = storage
        self._flat = flat
        self._weights = weights
        self._copies = storage.copies

    def write(self, operation: Operation) -> None:
        """Write one operation as one call; a view needs none."""
        function, result = operation.function, operation.result
        if self._storage.is_view(result) or (
            function is join and result in self._storage.joined.values()
        ):
            return
        if result.dtype == object:
            self._called(operation)
        elif function is operator.getitem and operation.operands[0].dtype == object:
            (source,) = operation.operands
            self._copied(operation, f"{self._operands.read(source)}[{operation.arguments[1]}]")
        elif function is np.negative:
            # np.negative of NumPy 2.4 takes elements with a stride of eight for contiguous ones.
            (x,) = operation.arguments
            self.write(operation.another(np.multiply, (x, constant(-1)), result))
        elif operation.is_elementwise and not operation.options:
            arguments = [self._operands.read(value, operation) for value in operation.operands]
            self._script.call(function, arguments, self._operands.out(result), operation.node)
        elif function in self._weights:
            x, W, b = operation.arguments
            both = self._flat.with_bias(self._weights[function], W, b)
            out = self._operands.array(result)
            beneath = self._storage.with_ones_beneath[x]
            self._product(_turned(both), beneath, _turned(out), operation)
        elif function is affine_gradient:
            x, g = operation.arguments
            beneath, out = self._storage.with_ones_beneath[x], self._operands.array(result)
            self._product(beneath, self._operands.array(g), out, operation)
        elif function in (np.matmul, np.dot) and not operation.options:
            self._matmul(operation)
        elif function in _REDUCTIONS and set(operation.options) <= {"axis", "keepdims"}:
            self._reduction(operation)
        elif function in WRITES:
            self._write_part(operation)
        elif self._is_fill(operation):
            self._filled(operation)
        else:
            self._general(operation)

    def _is_fill(self, operation: Operation) -> bool:
        options = set(operation.options)
        return operation.function in _FILLS and options <= _LAYOUT and self._copies is None

    def _filled(self, operation: Operation) -> None:
        fill = self._script.bind(self._operands.array(operation.result).fill, "fill")
        number = _FILLS[operation.function]
        text = self._name(operation.arguments[1], operation) if number is None else str(number)
        self._script.line(f"{fill}({text})", operation.node)

    def _write_part(self, operation: Operation) -> None:
        """Write into a part of an array, in place if no other operation reads the array."""
        if self._copies is not None:
            raise Unrecordable(f"{operation.function.__name__} for many models at once")
        array, index, value = operation.arguments
        out = self._operands.out(operation.result)
        if self._operands.array_or_none(array) is not self._operands.array(operation.result):
            self._copied(operation, self._operands.read(array, operation))
        names = [self._name(each, operation) for each in (index, value)]
        text = WRITES[operation.function].format(out, *names)
        text = text.replace("np.add.at", self._script.bind(_ADD_AT, "add_at"))
        self._script.line(text, operation.node)

    def _called(self, operation: Operation) -> None:
        """Write the call of an op's own ``forward`` or ``backward``."""
        if self._copies is not None:
            raise Unrecordable("an op that is called cannot run for many models at once")
        name = self._script.names.of("called")
        self._operands.name(operation.result, name)
        call = self._script.bind(operation.function, f"called_{operation.function.__name__}")
        arguments = ", ".join(map(self._operands.read, operation.operands))
        self._script.line(f"{name} = {call}({arguments})", operation.node)

    def _matmul(self, operation: Operation) -> None:
        a, b = operation.operands
        result = operation.result
        if a.kind == "constant" or b.kind == "constant":
            self._general(operation)
            return
        left, right = self._operands.array(a), self._operands.array(b)
        ranks = len(a.shape), len(b.shape)
        if ranks == (2, 2):
            out = self._operands.array(result)
            if self._storage.is_batch_last(result):
                left, right, out = _turned(right), _turned(left), _turned(out)
            self._product(left, right, out, operation)
        elif ranks == (1, 1) and self._copies is None:
            dot = self._script.bind(left.dot, "dot")
            source, out = self._operands.bind(b, right), self._operands.out(result)
            self._script.line(f"{dot}({source}, {out})", operation.node)
        elif ranks == (1, 1):
            names = f"{self._script.bind(left, 'v')}, {self._script.bind(right, 'v')}"
            einsum = self._script.bind(np.einsum, "einsum")
            out = self._operands.out(result)
            self._script.line(f"{einsum}('kn,kn->k', {names}, out={out})", operation.node)
        elif self._copies is None and operation.function is np.matmul:
            sources = [self._operands.read(a), self._operands.read(b)]
            self._script.call(np.matmul, sources, self._operands.out(result), operation.node)
        else:
            self._general(operation)

    def _product(self, left: Any, right: Any, out: Any, operation: Operation) -> None:
        """Write a matrix product; ``dot`` is faster for one, ``matmul`` can do many."""
        place = self._operands.bind(operation.result, out)
        if self._copies is None:
            dot = self._script.bind(left.dot, "dot")
            self._script.line(f"{dot}({self._script.bind(right, 'v')}, {place})", operation.node)
        else:
            sources = [self._script.bind(left, "v"), self._script.bind(right, "v")]
            self._script.call(np.matmul, sources, place, operation.node)

    def _reduction(self, operation: Operation) -> None:
        (x,) = operation.operands
        axis = operation.options.get("axis")
        axis = operation.arguments[1] if len(operation.arguments) > 1 else axis
        keepdims = operation.options.get("keepdims", False)
        if operation.function is np.sum and axis == 0 and len(x.shape) == 2 and not keepdims:
            self._sum_of_rows(operation, x)
            return
        if self._copies is not None:
            rank = len(x.shape)
            axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
            axis = tuple(one % rank + 1 for one in axes)
        reduce = self._script.bind(_REDUCTIONS[operation.function].reduce, "reduce")
        source = self._operands.bind(x, self._operands.array(x))
        out = self._operands.out(operation.result)
        self._script.line(f"{reduce}({source}, {axis}, None, {out}, {keepdims})", operation.node)

    def _sum_of_rows(self, operation: Operation, x: Value) -> None:
        """Write a sum over the batch as a product with ones, which is faster."""
        ones, array = np.ones(x.shape[0], x.dtype), self._operands.array(x)
        if self._copies is None:
            dot = self._script.bind(array.T.dot, "dot")
            source, out = self._script.bind(ones, "ones"), self._operands.out(operation.result)
            self._script.line(f"{dot}({source}, {out})", operation.node)
        else:
            sources = [self._script.bind(_turned(array), "v"), self._script.bind(ones, "ones")]
            out = self._operands.out(operation.result)
            self._script.call(np.matmul, sources, out, operation.node)

    def _general(self, operation: Operation) -> None:
        if self._copies is not None:
            raise Unrecordable(f"{operation.function.__name__} for many models at once")
        function = operation.function

        given = [
            *(self._name(argument, operation) for argument in operation.arguments),
            *(f"{key}={self._name(value, operation)}" for key, value in operation.options.items()),
        ]
        called = self._script.bind(function, getattr(function, "__name__", "call"))
        self._copied(operation, f"{called}({', '.join(given)})")

    def _name(self, argument: Any, by: Operation) -> str:
        """Return the text of an argument in the call of a function."""
        if isinstance(argument, Value):
            return self._operands.read(argument, by)
        if isinstance(argument, tuple):
            names = [self._name(each, by) for each in argument]
            return f"({', '.join(names)},)" if argument else "()"
        if isinstance(argument, (int, str, type(None))):
            return repr(argument)
        return self._script.bind(argument, "option")

    def _copied(self, operation: Operation, text: str) -> None:
        """Write a copy of the value of an expression."""
        copyto = self._script.bind(np.copyto, "copyto")
        out = self._operands.out(operation.result)
        self._script.line(f"{copyto}({out}, {text})", operation.node)


def _turned(array: Any) -> Any:
    return array.swapaxes(-1, -2)
