"""A training step as a person would write it: one line for each node; forward, backward, update.

The text is the recorded program after the passes of ``tidy``: equal expressions are computed once,
constants are folded, and unused results are dropped. It needs only NumPy.
"""

from __future__ import annotations

import operator
import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from tinygraph.compile.hyperparameters import group_positions
from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.passes.tidy import TIDY, Block, optimise
from tinygraph.compile.record.functions import WRITES
from tinygraph.compile.record.step import Step
from tinygraph.compile.record.update import record_update
from tinygraph.compile.targets.names import Names, in_comment
from tinygraph.compile.targets.readable.expressions import Expressions
from tinygraph.core.backward_names import is_step, pass_and_group
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.optim.optimizer import Optimizer

_TAKEN = ("np", "step", "called", "training_step", "gradients", "g", "sum", "max")
_CHEAP = {np.transpose, np.ravel, np.reshape, operator.getitem}


def readable_source(
    step: Step, output: Node, parameters: Sequence[Parameter], optimizer: Optimizer | None
) -> str:
    """Return the program text: a function from data and parameters to the next parameters.

    Raises
    ------
    Unrecordable
        If the optimizer's update cannot be recorded.
    """
    writer = _Writer(step, optimizer)
    wanted = (step.values[output], *(step.gradients[p] for p in parameters))
    block = optimise(Block(step.operations, wanted), TIDY)
    loss, *gradients = block.outputs
    inputs = [value for value in step.leaves.values() if value.kind == "input"]
    weights = [value for value in step.leaves.values() if value.kind == "parameter"]
    signature = [[writer.name(value) for value in inputs], [writer.name(v) for v in weights]]
    replaced = set() if optimizer is None else {step.values[p] for p in parameters}
    passes = _passes(block)
    for number in sorted({0, *passes.values()}):
        writer.heading(f"backward{number if number > 1 else ''}, as nodes" if number else "forward")
        writer.write(block, [one for one in block.operations if passes.get(one.result) == number])
    if loss in replaced:
        loss = writer.keep(loss, str(output.name))
    writer.heading("backward of all lines above" if any(passes.values()) else "backward")
    writer.write(block, [one for one in block.operations if one.phase == "backward"])
    gradients = [
        writer.keep(gradient, f"g_{parameter.name}") if gradient in replaced else gradient
        for parameter, gradient in zip(parameters, gradients)
    ]
    loss_text = writer.text(loss)
    if optimizer is None:
        title, returned = "gradients", [loss_text, writer.several(gradients)]
    else:
        title = "training_step"
        memory = writer.update(step, parameters, gradients, optimizer)
        signature += [memory, ["step"], list(writer.settings.values())]
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


def _passes(block: Block) -> dict[Value, int]:
    """Return for each forward operation the number of the backward pass that it belongs to.

    It is 0 for the forward pass itself. What is computed from a backward pass belongs to it, too.
    """
    passes: dict[Value, int] = {}
    for operation in block.operations:
        if operation.phase == "forward":
            own = 0 if operation.node is None else pass_and_group(operation.node)[0]
            before = [passes.get(value, 0) for value in operation.operands]
            passes[operation.result] = max([own, *before])
    return passes


def _settings(optimizer: Optimizer) -> dict[str, str]:
    """Return the arguments of the function that are hyperparameters, by name."""
    clip = () if optimizer.clip_norm is None else ("clip_norm",)
    return {n: f"{n}={getattr(optimizer, n)!r}" for n in (*optimizer.hyperparameters, *clip)}


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


class _Writer:
    """Turns operations into lines; an unnamed result that is used once is written inline."""

    def __init__(self, step: Step, optimizer: Optimizer | None) -> None:
        self.settings = {} if optimizer is None else _settings(optimizer)
        self.names = Names((*_TAKEN, *self.settings))
        self.names_of: dict[Value, str] = {}
        self._of_groups: dict[tuple[int, str], str] = {}
        self.lines: list[str] = []
        self._expressions = Expressions(self.name)
        for node, value in step.leaves.items():
            self.names_of[value] = self.names.of(str(node.name))

    def name(self, value: Value) -> str:
        if value not in self.names_of:
            self.names_of[value] = self.names.of(value.label or "part")
        return self.names_of[value]

    def heading(self, text: str) -> None:
        self.lines += ["", f"# {text}"] if self.lines else [f"# {text}"]

    def text(self, value: Value) -> str:
        return self._expressions.text(value)

    def several(self, values: Sequence[Value]) -> str:
        return _tuple([self.text(value) for value in values])

    def write(self, block: Block, operations: Sequence[Operation]) -> None:
        """Write some of the operations of a block."""
        uses = block.uses
        for operation in operations:
            result = operation.result
            if _is_inline(operation, uses):
                self._expressions.write_inline(operation)
                continue
            is_write = operation.function in WRITES
            text = "" if is_write else self._expressions.of(operation)[0]
            if not result.label and operation.node is not None:
                name = str(operation.node.name)
                result.label = name if is_step(operation.node) else f"{name}_part"
            if is_write:
                name = self.name(result)
                self.lines.append(f"{name} = np.array({self.text(operation.operands[0])})")
                self.lines.append(self._expressions.statement(operation, name))
            else:
                self.lines.append(f"{self.name(result)} = {text}")

    def keep(self, weight: Value, label: str) -> Value:
        """Write a line that keeps a parameter as it is before the update, and return its value.

        An op may return a parameter unchanged: as the loss, or as the gradient of another one.
        """
        kept = Value("result", weight.shape, weight.dtype, label)
        self.lines.append(f"{self.name(kept)} = {self.text(weight)}")
        return kept

    def update(
        self,
        step: Step,
        parameters: Sequence[Parameter],
        gradients: Sequence[Value],
        optimizer: Optimizer,
    ) -> list[str]:
        """Write the optimizer's lines for each parameter; return the names of its state."""
        weights = [self.names_of[step.values[parameter]] for parameter in parameters]
        if optimizer.clip_norm is not None:
            gradients = self._clipped(weights, gradients)
        self.heading(f"update: {in_comment(type(optimizer).__name__)}")
        memory_names = []
        positions = group_positions(optimizer)
        for parameter, weight, gradient, position in zip(parameters, weights, gradients, positions):
            value = parameter.value
            update = record_update(optimizer, value.shape, value.dtype, position)
            own = {} if position is None else self._own(optimizer, position, weights[position])
            for name, scalar in update.scalars.items():
                self.names_of[scalar] = "step" if name == "t" else own.get(name, name)
            targets = [weight]
            for slot in update.memory:
                targets.append(self.names.of(f"{slot.label}_{weight}"))
                self.names_of[slot] = targets[-1]
            memory_names += targets[1:]
            self.names_of[update.weight] = weight
            self._expressions.write_as(update.gradient, gradient)
            block = optimise(Block(update.operations, update.results), TIDY)
            self._assign(block, targets, (update.weight, *update.memory))
        return memory_names

    def _own(self, optimizer: Optimizer, position: int, weight: str) -> dict[str, str]:
        """Return the names of the hyperparameters that a group has of its own."""
        parameter = optimizer.parameters[position]
        own = {}
        for name in optimizer.groups[parameter]:
            own[name] = self._of_groups.setdefault(
                (position, name), self.names.of(f"{name}_{weight}")
            )
            self.settings[own[name]] = f"{own[name]}={getattr(optimizer.of(parameter), name)!r}"
        return own

    def _clipped(self, weights: Sequence[str], gradients: Sequence[Value]) -> list[Value]:
        """Write the lines that clip the gradients, and return their results."""
        self.heading("clip the gradients")
        scale = Value("result", (), gradients[0].dtype, "scale")
        texts = textwrap.fill(", ".join(map(self.text, gradients)) + ",", 84).splitlines()
        self.lines += ["gradients = (", *(f"    {line}" for line in texts), ")"]
        norm = "np.sqrt(sum(np.vdot(g, g) for g in gradients))"
        self.lines.append(f"{self.name(scale)} = clip_norm / max(clip_norm, {norm})")
        results = []
        for weight, gradient in zip(weights, gradients):
            results.append(Value("result", gradient.shape, gradient.dtype, f"clipped_{weight}"))
            product = Operation(np.multiply, (scale, gradient), results[-1])
            self.lines.append(f"{self.name(results[-1])} = {self._expressions.of(product)[0]}")
        return results

    def _assign(self, block: Block, targets: list[str], old: tuple[Value, ...]) -> None:
        """Write an update whose results take the names of the values that they replace."""
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
        self.write(block, [one for one in block.operations if one.phase == "update"])
        if late:
            # In one line, since one of them may read the value that another one replaces.
            self.lines.append(f"{', '.join(late)} = {', '.join(map(self.text, late.values()))}")


def _is_inline(operation: Operation, uses: Mapping[Value, int]) -> bool:
    """Whether an operation is written where its result is used, not in a separate line."""
    result = operation.result
    is_short = uses[result] == 1 or operation.function in _CHEAP
    is_expression = result.dtype != object and operation.function not in WRITES
    return is_expression and is_short and not result.label


def _last_lines(block: Block) -> dict[Value, int]:
    """Return the position of the last operation whose line contains each value."""
    uses = block.uses
    last: dict[Value, int] = {}
    for position, operation in reversed(list(enumerate(block.operations))):
        is_inline = _is_inline(operation, uses)
        line = last.get(operation.result, position) if is_inline else position
        for value in operation.operands:
            last[value] = max(line, last.get(value, -1))
    return last
