"""From a recorded step to the operations that the numpy target writes down.

Here the passes are put in a row, and what belongs to the loop is parted from what does not: the
last scalar operations of the loss wait until many steps are done, and those on hyperparameters and
the step number are done before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile.affine_layers import (
    affine,
    affine_gradient,
    affine_pairs,
    fuse_affine,
    negative_affine,
)
from tinygraph.compile.factors import common_factor, pull_factors
from tinygraph.compile.ir import Operation, Value, evaluate, substitute
from tinygraph.compile.joined_layers import fuse_layers
from tinygraph.compile.passes import (
    TIDY,
    Block,
    drop_dead,
    fold_constants,
    optimise,
    share_common,
)
from tinygraph.compile.simplification import shorten_products, simplify
from tinygraph.compile.step import Step
from tinygraph.compile.update import Update
from tinygraph.node import Node, Parameter

FASTER = (
    simplify,
    pull_factors,
    fold_constants,
    drop_dead,
    shorten_products,
    share_common,
    drop_dead,
)
"""What a target adds: nothing that a person would want to read."""

RecordUpdate = Callable[[tuple[int, ...], Any], Update]
"""Gives the recorded update of an array of weights, from its shape and precision."""


@dataclass
class Plan:
    """What a training step is made of.

    Attributes
    ----------
    operations : list of Operation
        Forward and backward.
    loss : Value
        What the loop keeps of each step; ``tail`` makes the loss of it.
    weights, gradients : list of Value
        One a parameter; the gradients lack the common ``factor``, if there is one.
    pairs : dict
        The bias that stands behind each weight matrix.
    with_ones : set of Value
        What feeds a layer.
    kept : Value or None
        What the loop keeps of each step beside the loss.
    """

    operations: list[Operation]
    loss: Value
    tail: list[Operation]
    weights: list[Value]
    gradients: list[Value]
    factor: Value | None
    pairs: dict[Value, Value]
    with_ones: set[Value]
    batch: int
    kept: Value | None

    def finished(self, kept: Any) -> Any:
        """Return the losses of many steps from what the loop kept of each."""
        known = evaluate(self.tail, {self.loss: kept})
        return np.array(known[self.tail[-1].result if self.tail else self.loss])

    def seconds_a_step(self) -> float:
        """Estimate a NumPy step on an ordinary machine: so much a call, an entry, a product."""
        seconds = 0.0
        for operation in self.operations:
            seconds += 0.35e-6 + 1e-9 * np.prod(operation.result.shape)
            if operation.function in (np.matmul, affine, negative_affine, affine_gradient):
                inner = operation.operands[0].shape[-1:]
                seconds += 1e-10 * np.prod((*operation.result.shape, *inner))
        return float(seconds)


def plan_step(
    step: Step,
    output: Node,
    parameters: Sequence[Parameter],
    fuse: bool = True,
    keep: Node | None = None,
) -> Plan:
    """Apply all passes to a recorded step; those that fuse layers if told."""
    weights = [step.values[parameter] for parameter in parameters]
    values = [step.values[node] for node in (output, keep) if node is not None]
    wanted = (*values, *(step.gradients[parameter] for parameter in parameters))
    block = optimise(Block(step.operations, wanted), (*TIDY, *FASTER))
    block, factor = common_factor(block, len(values))
    inputs = [value for value in step.values.values() if value.kind == "input"]
    batch = next((value.shape[0] for value in inputs if value.shape), 0)
    pairs = affine_pairs(block, weights) if fuse else {}
    if fuse and len(set(block.outputs)) == len(block.outputs):
        block = fuse_affine(block, pairs, dict(zip(weights, block.outputs[len(values) :])))
    with_ones = {
        operation.arguments[0]
        for operation in block.operations
        if operation.function in (affine, negative_affine)
    }
    if fuse:
        block = drop_dead(fuse_layers(block, batch, with_ones))
    operations, loss, tail = _part_tail(block)
    gradients = list(block.outputs[len(values) :])
    kept = None if keep is None else block.outputs[1]
    return Plan(operations, loss, tail, weights, gradients, factor, pairs, with_ones, batch, kept)


def _part_tail(block: Block) -> tuple[list[Operation], Value, list[Operation]]:
    """Part the scalar operations at the end of the loss from the rest: ``e @ e`` from ``/ n``."""
    operations, loss = list(block.operations), block.outputs[0]
    tail: list[Operation] = []
    while True:
        last = next((one for one in operations if one.result is loss), None)
        if last is None or not last.is_elementwise or last.result in block.outputs[1:]:
            break
        sources = [value for value in last.operands if value.kind != "constant"]
        readers = [one for one in operations if loss in one.operands]
        if len(sources) != 1 or sources[0].shape != () or sources[0].kind != "result" or readers:
            break
        operations.remove(last)
        tail.insert(0, last)
        loss = sources[0]
    return operations, loss, tail


@dataclass
class PlannedUpdate:
    """An optimizer's operations on arrays, and apart from them those on scalars alone."""

    operations: list[Operation]
    scalar_operations: list[Operation]
    update: Update
    results: tuple[Value, ...]

    @property
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

    def scalars(self, hyperparameters: Mapping[str, Any], t: Any) -> dict[Value, Any]:
        """Return the scalars at the step numbers ``t``, in float64 whatever the program's kind."""
        known = {
            value: t if name == "t" else np.asarray(hyperparameters[name], np.float64)
            for name, value in self.update.scalars.items()
        }
        return evaluate(self.scalar_operations, known)


def plan_update(update: Update, factor: Value | None) -> PlannedUpdate:
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
    return PlannedUpdate([*others, *copies], scalar_operations, update, results)


def _each_computed(
    results: tuple[Value, ...], operations: list[Operation]
) -> tuple[list[Operation], tuple[Value, ...]]:
    """Copy each result that no operation computes, or that is computed for two places.

    An update may hand on what it was given: the gradient, or the weights that it replaces.
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
    """Part the operations into those on hyperparameters and the step number, and the others.

    The first need no array: they are done once for many steps, not once a step.
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
