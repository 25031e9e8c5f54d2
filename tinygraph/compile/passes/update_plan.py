"""From a recorded update to the operations that a target prints.

Operations on hyperparameters and the step number need no array: they are separated from the others,
and computed for many steps before the loop begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from tinygraph.compile.hyperparameters import Numbers, group_positions
from tinygraph.compile.ir import Operation, Value, evaluate, substitute
from tinygraph.compile.passes.flat import Flat
from tinygraph.compile.passes.step_plan import FASTER
from tinygraph.compile.passes.tidy import TIDY, Block, optimise
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.update import Update, record_update
from tinygraph.optim.optimizer import Optimizer


@dataclass
class PlannedUpdate:
    """An optimizer's operations on arrays, and separately its operations on scalars.

    Attributes
    ----------
    place : slice
        The part of the flat vector of all parameters that is updated.
    """

    operations: list[Operation]
    scalar_operations: list[Operation]
    update: Update
    results: tuple[Value, ...]
    place: slice

    @cached_property
    def scalars_read(self) -> list[Value]:
        """The scalars that the operations on arrays read, each once."""
        made = {operation.result for operation in self.scalar_operations}
        read = [
            value
            for operation in self.operations
            for value in operation.operands
            if value in made or value.kind == "scalar"
        ]
        return list(dict.fromkeys(read))

    def scalars(self, hyperparameters: Numbers, t: Any) -> dict[Value, Any]:
        """Return the scalars at the step numbers ``t``, in float64 whatever the program's kind.

        A hyperparameter is a number, or a function of the step number; a group has its own.
        """
        known: dict[Value, Any] = {}
        for name, value in self.update.scalars.items():
            own = (self.update.position, name)
            given = hyperparameters.get(own, hyperparameters.get(name))
            number = t if name == "t" else given
            if callable(number):
                number = [number(int(step)) for step in np.ravel(t)]
                number = np.reshape(number, np.shape(t))
            known[value] = np.asarray(number, np.float64)
        return evaluate(self.scalar_operations, known)


def in_groups(weights: Sequence[Value], optimizer: Optimizer | None) -> list[Value]:
    """Return the weights in an order in which those of one group follow one another."""
    if optimizer is None:
        return list(weights)
    position_of = dict(zip(weights, group_positions(optimizer)))
    return sorted(weights, key=lambda value: -1 if (at := position_of[value]) is None else at)


def plan_updates(
    optimizer: Optimizer, flat: Flat, weights: Sequence[Value], factor: Value | None
) -> list[PlannedUpdate]:
    """Plan the update of all parameters, whose values are ``weights``.

    Neighbours in the flat vector are updated together if they are in the same group, or all in
    none, and if the update is elementwise.
    """
    position_of = dict(zip(weights, group_positions(optimizer)))
    planned = []
    for values in flat.neighbours(position_of):
        position = position_of[values[0]]
        size = sum(int(np.prod(value.shape)) for value in values)
        update = record_update(optimizer, (size,), flat.dtype, position)
        if update.is_elementwise:
            start = flat.start(values[0])
            planned.append(plan_update(update, factor, slice(start, start + size)))
            continue
        for value in values:
            update = record_update(optimizer, value.shape, flat.dtype, position)
            planned.append(plan_update(update, factor, flat.place(value)))
    return planned


def check_elementwise(updates: Sequence[PlannedUpdate]) -> None:
    """Raise Unrecordable if one of the updates is not elementwise."""
    if not all(planned.update.is_elementwise for planned in updates):
        raise Unrecordable("the optimizer's update is not elementwise")


def plan_update(update: Update, factor: Value | None, place: slice) -> PlannedUpdate:
    """Apply the passes to an update; its gradient is multiplied by ``factor`` first."""
    operations, results = list(update.operations), update.results
    if factor is not None:
        scaled = Value("result", update.gradient.shape, update.gradient.dtype)

        def renamed(value: Value) -> Value:
            return scaled if value is update.gradient else value

        operations = [
            Operation(np.multiply, (update.gradient, factor), scaled, phase="update"),
            *(one.with_arguments(substitute(one.arguments, renamed)) for one in operations),
        ]
        results = substitute(results, renamed)
    block = optimise(Block(operations, results), (*TIDY, *FASTER))
    scalar_operations, others = scalars_only(block)
    copies, results = _each_computed(block.outputs, others)
    return PlannedUpdate([*others, *copies], scalar_operations, update, results, place)


def _each_computed(
    results: tuple[Value, ...], operations: list[Operation]
) -> tuple[list[Operation], tuple[Value, ...]]:
    """Copy each result that no operation computes, or that is computed for two places.

    An update may return an argument unchanged: the gradient, or the weights that it replaces.
    """
    uncopied = {operation.result for operation in operations}
    copies, own = [], []
    for value in results:
        if value in uncopied:
            uncopied.remove(value)
            own.append(value)
        else:
            own.append(Value("result", value.shape, value.dtype))
            copies.append(Operation(np.positive, (value,), own[-1], phase="update"))
    return copies, tuple(own)


def scalars_only(block: Block) -> tuple[list[Operation], list[Operation]]:
    """Separate the operations on hyperparameters and the step number from the others.

    They need no array, so they are done once for many steps.
    """
    known: set[Value] = set()
    scalar, others = [], []
    for operation in block.operations:
        operands = operation.operands
        if operation.result.shape == () and all(
            value.kind in ("scalar", "constant") or value in known for value in operands
        ):
            known.add(operation.result)
            scalar.append(operation)
        else:
            others.append(operation)
    return scalar, others
