"""Calls: each operation of a program as one line, a NumPy call into memory at hand.

What a line calls and what it hands over (bound methods, views, constants as arrays) is made before
the loop begins; in the loop there are only names.
"""

from __future__ import annotations

import itertools
import linecache
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.compile.fusion import affine, affine_gradient, join, negative_affine
from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.names import Names, in_comment
from tinygraph.compile.recording import Unrecordable
from tinygraph.node import Node

if TYPE_CHECKING:
    from tinygraph.compile.numpy_target import NumpyProgram

_KEYWORD_OUT = {np.maximum, np.minimum}  # NumPy 2.4 deprecates a third argument by position there
_REDUCTIONS = {np.sum: np.add, np.max: np.maximum, np.min: np.minimum, np.prod: np.multiply}
_number = itertools.count(1)


class Calls:
    """Writes the loop, and keeps what its names stand for."""

    def __init__(self, program: NumpyProgram) -> None:
        self.program = program
        self.storage = program.storage
        self.names = Names(("places", "run"))
        self.bound: list[Any] = []
        self.lines: list[tuple[str, str]] = []
        self.loop_names: list[str] = []
        self._arguments: list[str] = []
        self._by_id: dict[Any, str] = {}
        lead = () if program.copies is None else (program.copies,)
        self.losses = np.zeros((program.most_steps, *lead), program.plan.loss.dtype)
        per_step = [[self.losses[k, ...] for k in range(program.most_steps)]]
        self._loss = self.names.of("loss")
        self.loop_names.append(self._loss)
        self.schedule: dict[Value, Any] = {}
        for planned in program.updates:
            for value in planned.scalars_read:
                array = np.zeros(
                    (program.most_steps, *lead, *(1 for _ in lead)), program.flat.dtype
                )
                self.schedule[value] = array
                per_step.append([array[k, ...] for k in range(program.most_steps)])
                name = self.names.of(value.label or "c")
                self.loop_names.append(name)
                self._by_id[value] = name
        self.places = per_step[0] if len(per_step) == 1 else list(zip(*per_step))

    def bind(self, thing: Any, label: str) -> str:
        """Return the name under which the loop knows ``thing``."""
        key = id(thing)
        if key not in self._by_id:
            self._by_id[key] = self.names.of(label)
            self._arguments.append(self._by_id[key])
            self.bound.append(thing)
        return self._by_id[key]

    def write(self, operations: list[Operation]) -> None:
        program = self.program
        plan = program.plan
        if any(operation.function is negative_affine for operation in operations):
            self.negated = np.empty_like(program.weights)
            self._line(
                np.negative,
                [self.bind(program.weights, "weights")],
                self.bind(self.negated, "negated"),
                None,
            )
        made = [o.result for o in operations if not self.storage.is_view(o.result)]
        is_copied = not self._writes_loss(plan.loss, made)
        if is_copied and all(operation.result is not plan.loss for operation in operations):
            self._copy_loss()
        last_of_step = len(plan.operations)
        for position, operation in enumerate(operations):
            if position == last_of_step:
                self._copy_gradients()
            self.operation(operation)
            if is_copied and operation.result is plan.loss:
                self._copy_loss()
        if last_of_step == len(operations):
            self._copy_gradients()
        for place, value in program.handed_on:
            self._copy(place, self.operand(value, None), None)

    def _copy_loss(self) -> None:
        """Copy the loss to its place at once: later operations may write where it stands."""
        source = self.operand(self.program.plan.loss, None)
        self._line_text(f"{self.bind(np.copyto, 'copyto')}({self._loss}, {source})", None)

    def _copy_gradients(self) -> None:
        for place, value in self.program.copied_gradients:
            self._copy(place, self.operand(value, None), None)

    def _writes_loss(self, loss: Value, made: list[Value]) -> bool:
        """Whether the loss is written to its place by the operation that computes it."""
        return loss in made and loss.dtype != object and self._loss_is_read_once(loss)

    def _loss_is_read_once(self, loss: Value) -> bool:
        return all(loss not in one.operands for one in self.program.plan.operations)

    def array(self, value: Value) -> Any:
        return self.storage.arrays[value]

    def operand(self, value: Value, like: Operation | None) -> str:
        """Return the name of an operand, as an operation of that rank can read it."""
        if value in self._by_id:
            return self._by_id[value]
        if value.kind == "constant":
            return self._constant(value, like)
        array = self.array(value)
        rank = len(like.result.shape) if like is not None else len(value.shape)
        if self.program.copies is not None and 0 <= len(value.shape) < rank:
            lead, *rest = array.shape
            array = array.reshape((lead, *(1,) * (rank - len(value.shape)), *rest))
            key = (value, rank)
            if key not in self._by_id:
                self._by_id[key] = self.bind(array, value.label or "v")
            return self._by_id[key]
        return self.bind(array, self._label(value))

    def _label(self, value: Value) -> str:
        return value.label or {"gradient": "gradients"}.get(value.kind, "v")

    def _constant(self, value: Value, like: Operation | None) -> str:
        number = value.constant
        if isinstance(number, (bool, int, float)):
            others = [v.dtype for v in like.operands if v.kind != "constant"] if like else []
            dtype = np.result_type(*others) if others else np.dtype(float)
            array = np.asarray(number, dtype if dtype.kind == "f" else None)
        else:
            array = np.asarray(number)
        key = (array.dtype, array.shape, array.tobytes())
        if key not in self._by_id:
            text = f"{number:g}" if array.shape == () else "constant"
            self._by_id[key] = self.bind(array, f"c_{text}".replace("-", "minus_"))
        return self._by_id[key]

    def out(self, value: Value) -> str:
        if value is self.program.plan.loss and self._loss_is_read_once(value):
            return self._loss
        return self.bind(self.array(value), self._label(value))

    def _line(self, function: Any, arguments: list[str], out: str, node: Any) -> None:
        name = self.bind(function, getattr(function, "__name__", "call"))
        last = f"out={out}" if function in _KEYWORD_OUT else out
        self._line_text(f"{name}({', '.join([*arguments, last])})", node)

    def _line_text(self, text: str, node: Node | None) -> None:
        self.lines.append((text, "" if node is None else f"  # {in_comment(str(node.name))}"))

    def _copy(self, place: Any, source: str, node: Node | None) -> None:
        self._line_text(
            f"{self.bind(np.copyto, 'copyto')}({self.bind(place, 'place')}, {source})", node
        )

    def operation(self, operation: Operation) -> None:
        """Write one operation as one call."""
        function, result = operation.function, operation.result
        if self.storage.is_view(result) or (
            function is join and result in self.storage.joined.values()
        ):
            return
        if function is operator.getitem and result in self.storage.arrays:
            source = operation.operands[0]
            if source.dtype == object:
                returned = f"{self._by_id[source]}[{operation.arguments[1]}]"
                copyto = self.bind(np.copyto, "copyto")
                self._line_text(f"{copyto}({self.out(result)}, {returned})", operation.node)
                return
        if operation.result.dtype == object:
            name = self.names.of("called")
            self._by_id[result] = name
            self._called(operation, name)
        elif operation.is_elementwise and not operation.options:
            arguments = [self.operand(value, operation) for value in operation.operands]
            self._line(function, arguments, self.out(result), operation.node)
        elif function in (affine, negative_affine):
            x, W, b = operation.arguments
            vector = self.program.weights if function is affine else self.negated
            both = self.program.flat.with_bias(vector, W, b)
            self._product(
                _turned(both),
                self.storage.with_ones_beneath[x],
                _turned(self.array(result)),
                operation,
            )
        elif function is affine_gradient:
            x, g = operation.arguments
            self._product(
                self.storage.with_ones_beneath[x], self.array(g), self.array(result), operation
            )
        elif function in (np.matmul, np.dot) and not operation.options:
            self._matmul(operation)
        elif function in _REDUCTIONS and set(operation.options) <= {"axis", "keepdims"}:
            self._reduction(operation)
        else:
            self._general(operation)

    def _called(self, operation: Operation, name: str) -> None:
        if self.program.copies is not None:
            raise Unrecordable("an op that is called as it is cannot run for many models at once")
        call = self.bind(operation.function, f"called_{operation.function.__name__}")
        arguments = ", ".join(self.operand(value, None) for value in operation.operands)
        self._line_text(f"{name} = {call}({arguments})", operation.node)

    def _matmul(self, operation: Operation) -> None:
        a, b = operation.operands
        result = operation.result
        if a.kind == "constant" or b.kind == "constant":
            self._general(operation)
            return
        left, right = self.array(a), self.array(b)
        if len(a.shape) == len(b.shape) == 2:
            out = self.array(result)
            if self.storage.is_batch_last(result):
                self._product(_turned(right), _turned(left), _turned(out), operation)
            else:
                self._product(left, right, out, operation)
        elif len(a.shape) == len(b.shape) == 1 and self.program.copies is None:
            dot = self.bind(left.dot, "dot")
            self._line_text(
                f"{dot}({self.bind(right, self._label(b))}, {self.out(result)})", operation.node
            )
        elif len(a.shape) == len(b.shape) == 1:
            self._einsum("kn,kn->k", (left, right), operation)
        elif self.program.copies is None and operation.function is np.matmul:
            self._line(
                np.matmul,
                [self.operand(a, None), self.operand(b, None)],
                self.out(result),
                operation.node,
            )
        else:
            self._general(operation)

    def _einsum(self, indices: str, arrays: tuple[Any, ...], operation: Operation) -> None:
        names = ", ".join(self.bind(array, "v") for array in arrays)
        einsum = self.bind(np.einsum, "einsum")
        self._line_text(
            f"{einsum}({indices!r}, {names}, out={self.out(operation.result)})", operation.node
        )

    def _product(self, left: Any, right: Any, out: Any, operation: Operation) -> None:
        """Write a matrix product; ``dot`` is the quicker for one, ``matmul`` takes many."""
        place = self.bind(out, self._label(operation.result))
        if self.program.copies is None:
            dot = self.bind(left.dot, "dot")
            self._line_text(f"{dot}({self.bind(right, 'v')}, {place})", operation.node)
        else:
            self._line(
                np.matmul, [self.bind(left, "v"), self.bind(right, "v")], place, operation.node
            )

    def _reduction(self, operation: Operation) -> None:
        (x,) = operation.operands
        axis = operation.options.get("axis")
        axis = operation.arguments[1] if len(operation.arguments) > 1 else axis
        array = self.array(x)
        keepdims = operation.options.get("keepdims", False)
        if operation.function is np.sum and axis == 0 and len(x.shape) == 2 and not keepdims:
            ones = np.ones(x.shape[0], x.dtype)
            out = self.array(operation.result)
            if self.program.copies is None:
                dot = self.bind(array.T.dot, "dot")
                self._line_text(
                    f"{dot}({self.bind(ones, 'ones')}, {self.out(operation.result)})",
                    operation.node,
                )
            else:
                self._line(
                    np.matmul,
                    [self.bind(_turned(array), "v"), self.bind(ones, "ones")],
                    self.bind(out, self._label(operation.result)),
                    operation.node,
                )
            return
        if self.program.copies is not None:
            rank = len(x.shape)
            axes = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
            axis = tuple(one % rank + 1 for one in axes)
        reduce = self.bind(_REDUCTIONS[operation.function].reduce, "reduce")
        self._line_text(
            f"{reduce}({self.bind(array, self._label(x))}, {axis}, None, "
            f"{self.out(operation.result)}, {keepdims})",
            operation.node,
        )

    def _general(self, operation: Operation) -> None:
        """Write any other function: it makes an array of its own, which is copied."""
        if self.program.copies is not None:
            raise Unrecordable(f"{operation.function.__name__} for many models at once")
        function = operation.function
        arguments = operation.arguments
        options = operation.options

        def name(argument: Any) -> str:
            if isinstance(argument, Value):
                return self.operand(argument, operation)
            if isinstance(argument, tuple):
                return f"({', '.join(map(name, argument))},)" if argument else "()"
            return (
                repr(argument)
                if isinstance(argument, (int, str, type(None)))
                else self.bind(argument, "option")
            )

        given = [*map(name, arguments), *(f"{key}={name(value)}" for key, value in options.items())]
        called = f"{self.bind(function, getattr(function, '__name__', 'call'))}({', '.join(given)})"
        self._line_text(
            f"{self.bind(np.copyto, 'copyto')}({self.out(operation.result)}, {called})",
            operation.node,
        )

    def source(self) -> str:
        """Return the loop as Python text."""
        names = "".join(f"    {name},\n" for name in self._arguments)
        width = max((len(text) for text, _ in self.lines), default=0)
        body = "".join(
            f"        {text:<{width if note else 0}}{note}\n" for text, note in self.lines
        )
        return (
            f"def run(\n    places,\n{names}):\n"
            f"    for {', '.join(self.loop_names)} in places:\n{body or '        pass'}"
        )

    def compile(self, source: str) -> Callable[..., None]:
        """Return the loop as a function; tracebacks and debuggers find its text."""
        filename = f"<tinygraph numpy program {next(_number)}>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        namespace: dict[str, Any] = {}
        exec(compile(source, filename, "exec"), namespace)
        run: Callable[..., None] = namespace["run"]
        return run


def _turned(array: Any) -> Any:
    return array.swapaxes(-1, -2)
