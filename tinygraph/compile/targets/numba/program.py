"""The numba target: the whole loop over steps as machine code.

The program's operations become loops (:mod:`~tinygraph.compile.targets.numba.loops`). The loops
become a Python function in a file, and numba compiles that file
(:mod:`~tinygraph.compile.targets.numba.machine_code`). Only this module needs numba.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numba.core.errors import NumbaError

from tinygraph.compile.hyperparameters import Numbers
from tinygraph.compile.ir import Value
from tinygraph.compile.passes.flat import Flat
from tinygraph.compile.passes.step_plan import plan_step
from tinygraph.compile.passes.update_plan import (
    PlannedUpdate,
    check_elementwise,
    in_groups,
    plan_updates,
)
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.step import Step
from tinygraph.compile.targets.names import Names
from tinygraph.compile.targets.numba.loop_views import is_view
from tinygraph.compile.targets.numba.loops import Loops
from tinygraph.compile.targets.numba.machine_code import compile_source
from tinygraph.compile.targets.readable.expressions import literal
from tinygraph.compile.targets.schedule import ScalarWindow, steps_in_memory
from tinygraph.core.leaves import Parameter, State
from tinygraph.core.node import Node
from tinygraph.optim.optimizer import Optimizer

_TAKEN = (
    "run", "losses", "step", "steps", "P", "G", "math", "np", "clip", "exp", "tanh", "maximum",
    "minimum",
)  # fmt: skip


class NumbaProgram:
    """Training steps for one batch size, compiled to machine code.

    Parameters and attributes are those of
    :class:`tinygraph.compile.targets.numpy.program.NumpyProgram`.
    """

    most_steps = 1_000_000
    """The most steps of one call."""

    def __init__(
        self,
        step: Step,
        output: Node,
        parameters: Sequence[Parameter],
        optimizer: Optimizer | None = None,
        streamed: Collection[Node] = (),
        updates: Mapping[State, Node] | None = None,
    ) -> None:
        if updates:
            raise Unrecordable("the graph updates a State")
        self.states: dict[State, Any] = {}
        if step.called:
            op, phase, reason = step.called[0]
            raise Unrecordable(f"{phase} of {op.name} can only be called: {reason}")
        self.plan = plan = plan_step(step, output, parameters, fuse=False)
        self.flat = Flat(in_groups(plan.weights, optimizer), plan.pairs, None)
        self.weights, self.gradients = self.flat.vector(), self.flat.vector()
        self.memory: dict[str, Any] = {}
        self._leaves = {
            node: value for node, value in step.leaves.items() if value not in plan.weights
        }
        self.streams = {node: self._leaves[node] for node in streamed}
        self.most_steps = steps_in_memory(self.streams.values(), self.most_steps)
        self._updates: list[PlannedUpdate] = []
        self._longest: Any = None
        if optimizer is not None:
            self.memory = {slot: self.flat.vector() for slot in optimizer.slots}
            self._updates = plan_updates(optimizer, self.flat, plan.weights, plan.factor)
            check_elementwise(self._updates)
            if optimizer.clip_norm is not None:
                self._longest = np.empty(1)
        self._windows = [ScalarWindow(planned) for planned in self._updates]
        self._write()

    def _write(self) -> None:
        """Write the loops of a step, and allocate the arrays that they read and write."""
        plan = self.plan
        names = Names(_TAKEN)
        self._arguments: dict[str, Any] = {"P": self.weights, "G": self.gradients}
        self._schedule_names: dict[Value, str] = {}
        placed = {weight: self._block("P", weight) for weight in plan.weights}
        placed |= self._place_leaves(names)
        stored: dict[Value, Callable[..., str]] = {}
        for weight, gradient in zip(plan.weights, plan.gradients):
            if gradient.kind == "result":  # two weights can have one gradient: the second is a copy
                stored.setdefault(gradient, self._block("G", weight))
        loops = Loops(plan.batch, placed, stored, names)
        loops.write(plan.operations)
        self._copy_gradients(loops, stored)
        loops.lines.append(f"losses[step] = {loops.element(plan.loss)()}")
        if self._longest is not None:
            self._arguments[loops.names.of("longest")] = self._longest
            loops.lines.append(f"clip(G, {next(reversed(self._arguments))}[0])")
        slots = {slot: loops.names.of(slot) for slot in self.memory}
        self._arguments |= {name: self.memory[slot] for slot, name in slots.items()}
        for planned in self._updates:
            self._write_update(planned, slots, loops)
        for name, (shape, dtype) in loops.buffers.items():
            self._arguments[name] = np.empty(shape, dtype)
        self.source = _source(loops, [*self._arguments, *self._schedule_names.values()])

    def _place_leaves(self, names: Names) -> dict[Value, Callable[..., str]]:
        """Allocate the inputs and the parameters that are not trained."""
        self._places: dict[Node, Any] = {}
        placed = {}
        for node, value in self._leaves.items():
            name = names.of(value.label)
            turned = len(value.shape) == 2 and value.shape[0] == self.plan.batch
            lead = (self.most_steps,) if node in self.streams else ()
            array = np.empty(lead + (value.shape[::-1] if turned else value.shape), value.dtype)
            self._arguments[name] = array
            self._places[node] = array.swapaxes(-1, -2) if turned else array
            placed[value] = _indexed(name, turned, "step" if lead else "")
        return placed

    def _write_update(self, planned: PlannedUpdate, slots: Mapping[str, str], loops: Loops) -> None:
        """Write the loops of an update after those of the step."""
        update, start = planned.update, planned.place.start
        names = {update.weight: "P", update.gradient: "G"}
        names |= {value: slots[value.label] for value in update.memory}
        places = {value: _shifted(name, start) for value, name in names.items()}
        stored = {
            new: places[old]
            for old, new in zip((update.weight, *update.memory), planned.results)
            if new.kind == "result"
        }
        for value in planned.scalars_read:
            name = self._schedule_names[value] = loops.names.of(value.label or "factor")
            places[value] = _indexed(name, step="step")
        part = Loops(self.plan.batch, places, stored, loops.names)
        part.buffers, part.constants = loops.buffers, loops.constants
        part.write(planned.operations)
        loops.lines += part.lines

    def compile(self) -> None:
        """Compile the loops to machine code.

        Raises
        ------
        Unrecordable
            If numba refuses them.
        """
        self._run = compile_source(self.source)
        schedule = [np.empty(0, self.flat.dtype) for _ in self._schedule_names]
        self._loop(np.empty(0, self.plan.loss.dtype), schedule)  # of no steps

    def _copy_gradients(self, loops: Loops, stored: dict[Value, Any]) -> None:
        """Store the gradients that no loop stores: constants, and one that two parameters share."""
        kept: set[Value] = set()
        for weight, gradient in zip(self.plan.weights, self.plan.gradients):
            if gradient in kept or gradient not in stored or not _is_written(gradient, self.plan):
                indices = [loops.names.of("j") for _ in weight.shape]
                lines = [f"for {i} in range({n}):" for i, n in zip(indices, weight.shape)]
                place, element = (
                    self._block("G", weight)(*indices),
                    loops.element(gradient)(*indices),
                )
                lines.append(f"{place} = {element}")
                loops.lines += ["    " * depth + line for depth, line in enumerate(lines)]
            kept.add(gradient)

    def _block(self, vector: str, value: Value) -> Callable[..., str]:
        start = self.flat.start(value)
        strides = [int(np.prod(value.shape[axis + 1 :])) for axis in range(len(value.shape))]

        def place(*index: str) -> str:
            terms = [f"{i} * {s}" if s != 1 else i for i, s in zip(index, strides)]
            return f"{vector}[{' + '.join([str(start), *terms])}]"

        return place

    def set_feeds(self, arrays: Mapping[Node, Any]) -> None:
        """Copy the inputs, and the parameters that are not trained, into the program."""
        for node in self._leaves:
            if node not in self.streams:
                self._places[node][...] = arrays.get(node, node.value)

    def set_batches(self, node: Node, batches: Any) -> None:
        """Copy the data of the next steps into the program, one batch for each step."""
        self._places[node][: len(batches)] = batches

    def run(self, steps: int, scalars: Numbers, first: int) -> Any:
        """Take training steps, and return the loss before each update."""
        losses = np.empty(steps, self.plan.loss.dtype)
        known: dict[Value, Any] = {}
        for window in self._windows:
            known |= window.at(first, steps, scalars)
        schedule = [known[v].astype(self.flat.dtype) for v in self._schedule_names]
        if self._longest is not None:
            factor = 1.0 if self.plan.factor is None else self.plan.factor.constant
            self._longest[:] = np.divide(scalars["clip_norm"], abs(factor))
        with np.errstate(all="ignore"):
            self._loop(losses, schedule)
            return self.plan.finished(losses)

    def _loop(self, losses: Any, schedule: Sequence[Any]) -> None:
        try:
            self._run(losses, *self._arguments.values(), *schedule)
        except NumbaError as error:
            raise Unrecordable(f"numba refuses it: {str(error).strip().splitlines()[0]}") from error


def _is_written(gradient: Value, plan: Any) -> bool:
    made = {one.result: one for one in plan.operations}
    return gradient in made and not is_view(made[gradient])


def _indexed(name: str, turned: bool = False, step: str = "") -> Callable[..., str]:
    def place(*index: str) -> str:
        whole = [*filter(None, [step]), *(index[::-1] if turned else index)]
        return f"{name}[{', '.join(whole) or '()'}]"

    return place


def _shifted(name: str, start: int) -> Callable[..., str]:
    return lambda index: f"{name}[{start} + {index}]" if start else f"{name}[{index}]"


def _source(loops: Loops, arguments: list[str]) -> str:
    constants = "".join(
        f"{name} = np.{array.dtype}({literal(array.item())})\n"
        if array.shape == ()
        else f"{name} = np.array({literal(array.tolist())}, np.{array.dtype})\n"
        for name, array in loops.constants.items()
    )
    body = "\n".join(f"        {line}" for line in loops.lines)
    return f'''"""A training step as loops, written by tinygraph for numba."""

import math

import numpy as np

from tinygraph.compile.targets.numba.clipping import clip
from tinygraph.compile.targets.numba.vector_math import exp, maximum, minimum, tanh

{constants}

def run(losses, {", ".join(arguments)}):
    for step in range(losses.size):
{body}
'''
