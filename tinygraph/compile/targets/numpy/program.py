"""The numpy target: a loop of NumPy calls that write to preallocated buffers.

Buffers (``storage``), views, bound methods and the scalars of many steps (``schedule``) are created
before the loop. This module places each parameter, its gradient and its optimizer state in flat
vectors; ``loop`` writes the loop. With ``copies`` the same program trains several models batched,
on arrays with one more axis in front.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.compile.cost import Cost, cost_of
from tinygraph.compile.hyperparameters import Numbers
from tinygraph.compile.ir import Value
from tinygraph.compile.passes.affine_layers import affine_gradient
from tinygraph.compile.passes.flat import Flat
from tinygraph.compile.passes.step_plan import plan_step
from tinygraph.compile.passes.update_plan import (
    PlannedUpdate,
    check_elementwise,
    in_groups,
    plan_updates,
)
from tinygraph.compile.record.step import Step
from tinygraph.compile.targets.numpy.loop import Layout, write_loop
from tinygraph.compile.targets.numpy.storage import Storage
from tinygraph.compile.targets.schedule import Schedule, steps_in_memory
from tinygraph.compile.targets.script import compiled
from tinygraph.core.leaves import Parameter, State
from tinygraph.core.node import Node
from tinygraph.optim.optimizer import Optimizer


class NumpyProgram:
    """Training steps for one batch size, with their own buffers.

    Parameters
    ----------
    step : Step
        The recording.
    output : Node
        The node whose value is the loss.
    parameters : sequence of Parameter
        The parameters that are trained, or only differentiated if there is no update.
    optimizer : Optimizer, optional
        The optimizer whose update is part of the step.
    streamed : collection of Node
        The inputs that have other numbers at each step, from ``set_batches``.
    copies : int, optional
        The number of models that are trained batched.
    keep : Node, optional
        A node whose value is kept at every step, in ``schedule.kept``.
    updates : mapping, optional
        The node that gives the new value of each State.

    Attributes
    ----------
    weights, gradients : array
        All parameters, and their gradients, as flat vectors.
    memory : dict
        The optimizer's state, one flat vector for each slot.
    streams : dict
        The value of each input that has other numbers at each step.
    states : dict
        The array of each State that a step updates.
    """

    most_steps = 1000
    """The most steps of one call: scalars and losses are preallocated for this number."""

    def __init__(
        self,
        step: Step,
        output: Node,
        parameters: Sequence[Parameter],
        optimizer: Optimizer | None = None,
        streamed: Collection[Node] = (),
        copies: int | None = None,
        keep: Node | None = None,
        updates: Mapping[State, Node] | None = None,
    ) -> None:
        self.plan = plan_step(step, output, parameters, keep=keep, updates=updates)
        self.copies = copies
        plan = self.plan
        self.flat = Flat(in_groups(plan.weights, optimizer), plan.pairs, copies)
        self.weights, self.gradients = self.flat.vector(), self.flat.vector()
        self.memory: dict[str, Any] = {}
        fixed = {value: self.flat.part(self.weights, value) for value in plan.weights}
        self._keep_gradients(fixed)
        leaves = {node: value for node, value in step.leaves.items() if value not in fixed}
        self._leaves = {node: value for node, value in leaves.items() if node not in streamed}
        self.streams = {node: leaves[node] for node in streamed}
        self.most_steps = steps_in_memory(self.streams.values(), self.most_steps)
        self.updates: list[PlannedUpdate] = []
        self.copied_results: list[tuple[Any, Value]] = []
        self._longest: Any = None
        if optimizer is not None:
            self._plan_updates(optimizer, fixed)
        operations = [*plan.operations, *(o for u in self.updates for o in u.operations)]
        written = [value for _, value in self.copied_results]
        outputs = [plan.loss, *plan.gradients, *written, *plan.states.values()]
        self.storage = Storage(
            operations, plan.batch, fixed, leaves.values(), plan.with_ones, outputs, copies
        )
        self.states = {node: self.storage.arrays[leaves[node]] for node in updates or {}}
        self.copied_results += [(self.storage.arrays[old], new) for old, new in plan.states.items()]
        self.schedule = Schedule(
            plan, self.updates, self.flat.dtype, self.most_steps, copies, self.streams.values()
        )
        script = write_loop(
            Layout(
                plan=plan,
                updates=self.updates,
                schedule=self.schedule,
                storage=self.storage,
                flat=self.flat,
                weights=self.weights,
                copied_gradients=self.copied_gradients,
                copied_results=self.copied_results,
                clipped=None if self._longest is None else (self.gradients, self._longest),
            )
        )
        self.source = script.source()
        self._run = compiled(self.source)
        self._bound = script.bound

    def _keep_gradients(self, fixed: dict[Value, Any]) -> None:
        """Let each gradient be computed in its place in the flat vector, if that is possible."""
        plan = self.plan
        joint = {
            operation.result: operation
            for operation in plan.operations
            if operation.function is affine_gradient
        }
        made = {operation.result: operation for operation in plan.operations}
        self.copied_gradients: list[tuple[Any, Value]] = []
        for weight, gradient in zip(plan.weights, plan.gradients):
            place = self.flat.part(self.gradients, weight)
            source = made.get(gradient)
            whole = source.operands[0] if source is not None and source.operands else None
            if whole in joint and weight in plan.pairs:
                fixed[whole] = self.flat.with_bias(self.gradients, weight, plan.pairs[weight])
            if whole in joint:
                continue
            if source is None or gradient in fixed or gradient.shape[:1] == (plan.batch,):
                self.copied_gradients.append((place, gradient))
            else:
                fixed[gradient] = place

    def _plan_updates(self, optimizer: Optimizer, fixed: dict[Value, Any]) -> None:
        """Plan the updates, and let each result be computed in its place if that is possible."""
        self.memory = {slot: self.flat.vector() for slot in optimizer.slots}
        self.updates = plan_updates(optimizer, self.flat, self.plan.weights, self.plan.factor)
        if self.copies is not None:
            check_elementwise(self.updates)
        if optimizer.clip_norm is not None:
            self._longest = np.empty(self.gradients.shape[:-1])
        for planned in self.updates:
            update = planned.update

            def part(vector: Any, planned: PlannedUpdate = planned) -> Any:
                return self.flat.shaped(vector, planned.place, planned.update.weight.shape)

            places = [part(vector) for vector in (self.weights, *self.memory.values())]
            fixed[update.gradient] = part(self.gradients)
            fixed.update(zip((update.weight, *update.memory), places))
            for place, old, new in zip(places, (update.weight, *update.memory), planned.results):
                made_at = [o.result for o in planned.operations].index(new)
                reads = [i for i, o in enumerate(planned.operations) if old in o.operands]
                # Other operations may read the old numbers through a view, or too late.
                if update.is_elementwise and max(reads, default=-1) <= made_at:
                    fixed[new] = place
                else:
                    self.copied_results.append((place, new))

    @property
    def cost(self) -> Cost:
        """The cost of one step."""
        updates = [operation for update in self.updates for operation in update.operations]
        operations = [*self.plan.operations, *updates]
        computed = [one for one in operations if not self.storage.is_view(one.result)]
        return cost_of(computed)

    def set_feeds(self, arrays: Mapping[Node, Any]) -> None:
        """Copy the inputs, and the parameters that are not trained, into the program."""
        for node, value in self._leaves.items():
            array = arrays.get(node, node.value)
            self.storage.arrays[value][...] = array

    def set_batches(self, node: Node, batches: Any) -> None:
        """Copy the data of the next steps into the program, one batch for each step."""
        self.schedule.streams[self.streams[node]][: len(batches)] = batches

    def run(self, steps: int, scalars: Numbers, first: int) -> Any:
        """Take training steps, and return the loss before each update.

        Parameters
        ----------
        steps : int
            The number of steps, at most ``most_steps``.
        scalars : mapping
            The hyperparameters: each a number, or one for each copy.
        first : int
            The number of the first step, counted from 1.
        """
        with np.errstate(all="ignore"):
            self.schedule.fill(steps, scalars, first)
            if self._longest is not None:
                factor = 1.0 if self.plan.factor is None else self.plan.factor.constant
                self._longest[...] = np.divide(scalars["clip_norm"], abs(factor))
            self._run(itertools.islice(self.schedule.places, steps), *self._bound)
            return self.plan.finished(self.schedule.losses[:steps])
