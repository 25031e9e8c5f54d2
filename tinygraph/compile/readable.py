"""A training step as a person would write it: one line a node, forward, backward, update.

What is printed is the recorded program with nothing but the obvious done to it (equal expressions
once, constants folded, nothing that nobody reads).  It needs NumPy alone.
"""

from __future__ import annotations

import operator
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.names import Names, in_comment
from tinygraph.compile.passes import TIDY, Block, optimise
from tinygraph.compile.recording import cast
from tinygraph.compile.step import Step
from tinygraph.compile.update import record_update
from tinygraph.node import Node, Parameter
from tinygraph.optim import Optimizer

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
_CHEAP = {np.transpose, np.ravel, np.reshape, operator.getitem}
_REGROUPS_FREELY = {np.add, np.multiply}


def readable_source(
    step: Step, output: Node, parameters: Sequence[Parameter], optimizer: Optimizer | None
) -> str:
    """Return the program text: a function from data and parameters to the next parameters.

    Raises
    ------
    Unrecordable
        If the optimizer's update cannot be written down.
    """
    writer = _Writer(step, () if optimizer is None else optimizer.hyperparameters)
    wanted = (step.values[output], *(step.gradients[p] for p in parameters))
    block = optimise(Block(step.operations, wanted), TIDY)
    loss, *gradients = block.outputs
    inputs = [value for value in step.values.values() if value.kind == "input"]
    weights = [value for value in step.values.values() if value.kind == "parameter"]
    signature = [[writer.name(value) for value in inputs], [writer.name(v) for v in weights]]
    for phase in ("forward", "backward"):
        writer.heading(phase)
        writer.write(block, phase)
    loss_text = writer.text(loss)
    if optimizer is None:
        title, returned = "gradients", [loss_text, writer.several(gradients)]
    else:
        title = "training_step"
        memory = writer.update(step, parameters, gradients, optimizer)
        signature += [
            memory,
            ["step"],
            [f"{name}={getattr(optimizer, name)!r}" for name in optimizer.hyperparameters],
        ]
        names = [writer.names_of[step.values[parameter]] for parameter in parameters]
        returned = [loss_text, _tuple(names)]
        if memory:
            returned.append(_tuple(memory))
    arguments = "".join(
        textwrap.fill(", ".join(line) + ",", 92, initial_indent="    ", subsequent_indent="    ")
        + "\n"
        for line in signature
        if line
    )
    body = "\n".join(f"    {line}".rstrip() for line in [*writer.lines, ""])
    result = f"    return {', '.join(returned)}"
    if len(result) > 92:
        wrapped = textwrap.fill(result[11:], 84)
        result = f"    return (\n{textwrap.indent(wrapped, ' ' * 8)}\n    )"
    sizes = {value.shape[0] for value in inputs if value.shape}
    note = f"    # for batches of {sizes.pop()} samples\n" if len(sizes) == 1 else ""
    return f"import numpy as np\n\n\ndef {title}(\n{arguments}):\n{note}{body}{result}\n"


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


class _Writer:
    """Turns operations into lines; what is used once and has no name is written in its place."""

    def __init__(self, step: Step, hyperparameters: Sequence[str]) -> None:
        taken = ("np", "step", "called", "training_step", "gradients")
        self.names = Names((*taken, *hyperparameters))
        self.names_of: dict[Value, str] = {}
        self.lines: list[str] = []
        self._inline: dict[Value, tuple[str, int]] = {}
        for node, value in step.values.items():
            if value.kind in ("input", "parameter"):
                self.names_of[value] = self.names.of(str(node.name))

    def name(self, value: Value) -> str:
        if value not in self.names_of:
            self.names_of[value] = self.names.of(value.label or "part")
        return self.names_of[value]

    def heading(self, text: str) -> None:
        self.lines += ["", f"# {text}"] if self.lines else [f"# {text}"]

    def several(self, values: Sequence[Value]) -> str:
        return _tuple([self.text(value) for value in values])

    def write(self, block: Block, phase: str) -> None:
        """Write the operations of one phase."""
        uses = block.uses
        for operation in block.operations:
            if operation.phase != phase:
                continue
            result = operation.result
            text, rank = self.expression(operation)
            if _is_inline(operation, uses):
                self._inline[result] = (text, rank)
                continue
            if not result.label and operation.node is not None:
                result.label = f"{operation.node.name}_part"
            self.lines.append(f"{self.name(result)} = {text}")

    def update(
        self,
        step: Step,
        parameters: Sequence[Parameter],
        gradients: Sequence[Value],
        optimizer: Optimizer,
    ) -> list[str]:
        """Write the optimizer's lines for each parameter; return the names of its memory."""
        self.heading(f"update: {in_comment(type(optimizer).__name__)}")
        memory_names = []
        for parameter, gradient in zip(parameters, gradients):
            update = record_update(optimizer, parameter.value.shape, parameter.value.dtype)
            weight = self.names_of[step.values[parameter]]
            for name, value in update.scalars.items():
                self.names_of[value] = "step" if name == "t" else name
            targets = [weight]
            for slot in update.memory:
                targets.append(self.names.of(f"{slot.label}_{weight}"))
                self.names_of[slot] = targets[-1]
            memory_names += targets[1:]
            self.names_of[update.weight] = weight
            self._inline[update.gradient] = (self.text(gradient), self._rank(gradient))
            block = optimise(Block(update.operations, update.results), TIDY)
            self._assign(block, targets, (update.weight, *update.memory))
        return memory_names

    def _assign(self, block: Block, targets: list[str], old: tuple[Value, ...]) -> None:
        """Write an update whose results take the names of what they replace, once it is read."""
        changed = [one for one in zip(targets, old, block.outputs) if one[1] is not one[2]]
        for target, _, result in changed:
            result.label = result.label or target
        last = _last_lines(block)
        made = {one.result: k for k, one in enumerate(block.operations)}
        late: dict[str, Value] = {}
        for target, before, result in changed:
            is_free = before not in block.outputs and result not in self.names_of
            if is_free and result in made and last.get(before, -1) <= made[result]:
                self.names_of[result] = target
            else:
                late[target] = result
        self.write(block, "update")
        if late:
            # In one line: what one of them is given may be what another one replaces.
            self.lines.append(f"{', '.join(late)} = {', '.join(map(self.text, late.values()))}")

    def text(self, value: Value, rank: int = 0) -> str:
        """Return the text of a value, in brackets where it binds less than ``rank``."""
        if value.kind == "constant":
            text = _constant_text(value.constant)
            own = _UNARY if text.startswith("-") else _ATOM
        elif value in self._inline:
            text, own = self._inline[value]
        else:
            text, own = self.name(value), _ATOM
        return f"({text})" if own < rank else text

    def _rank(self, value: Value) -> int:
        return self._inline[value][1] if value in self._inline else _ATOM

    def expression(self, operation: Operation) -> tuple[str, int]:
        """Return an operation as text, and how tightly it binds."""
        function, arguments = operation.function, operation.arguments
        if function in _INFIX and not operation.options:
            sign, rank = _INFIX[function]
            right = rank if function in _REGROUPS_FREELY and rank == _PLUS else rank + 1
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
            return f"{self.text(arguments[0], _ATOM)}[{self.index(arguments[1])}]", _ATOM
        given = [self.argument(argument) for argument in arguments]
        given += [f"{key}={self.argument(value)}" for key, value in operation.options.items()]
        if operation.result.dtype == object:
            called = f"{function.__name__} of {operation.node.name if operation.node else ''}"
            return f"called[{in_comment(called)!r}]({', '.join(given)})", _ATOM
        return f"np.{function.__name__}({', '.join(given)})", _ATOM

    def argument(self, argument: Any) -> str:
        if isinstance(argument, Value):
            return self.text(argument)
        if isinstance(argument, tuple):
            return f"({', '.join(map(self.argument, argument))}{',' * (len(argument) == 1)})"
        if isinstance(argument, (np.dtype, type)):
            return f"np.{np.dtype(argument)}"
        return repr(argument)

    def index(self, index: Any) -> str:
        if isinstance(index, tuple) and index:
            return ", ".join(map(self.index, index))
        if isinstance(index, slice):
            ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
            return ":".join(ends) + (f":{index.step}" if index.step is not None else "")
        return "..." if index is Ellipsis else self.argument(index)


def _is_inline(operation: Operation, uses: Mapping[Value, int]) -> bool:
    """Whether an operation is written where its result is used, not in a line of its own."""
    result = operation.result
    is_short = uses[result] == 1 or operation.function in _CHEAP
    return result.dtype != object and is_short and not result.label


def _last_lines(block: Block) -> dict[Value, int]:
    """Return the position of the operation in whose line each value stands last."""
    uses = block.uses
    last: dict[Value, int] = {}
    for position, operation in reversed(list(enumerate(block.operations))):
        is_inline = _is_inline(operation, uses)
        line = last.get(operation.result, position) if is_inline else position
        for value in operation.operands:
            last[value] = max(line, last.get(value, -1))
    return last


def _constant_text(number: Any) -> str:
    if type(number) in (bool, int, float):
        return repr(number)
    array = np.asarray(number)
    if array.shape == () and array.dtype.kind == "f":
        return repr(float(str(array)))  # a Python number takes the precision of what it meets
    if array.shape == ():
        return repr(array.item())
    return f"np.array({array.tolist()!r}, dtype=np.{array.dtype})"
