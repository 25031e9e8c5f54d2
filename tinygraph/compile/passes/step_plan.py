"""From a recorded step to the operations that a target prints.

This module applies the passes in order. It separates the last scalar operations of the loss from
the rest: they are done once for many steps.  The optimizer's part is in ``update_plan``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, evaluate
from tinygraph.compile.passes.affine_layers import (
    affine,
    affine_pairs,
    fuse_affine,
    negative_affine,
)
from tinygraph.compile.passes.factors import common_factor, pull_factors
from tinygraph.compile.passes.joined_layers import fuse_layers
from tinygraph.compile.passes.simplification import shorten_products, simplify
from tinygraph.compile.passes.stacks import flatten_stacks
from tinygraph.compile.passes.tidy import (
    TIDY,
    Block,
    drop_dead,
    fold_constants,
    optimise,
    share_common,
)
from tinygraph.compile.record.step import Step
from tinygraph.core.leaves import Parameter, State
from tinygraph.core.node import Node

FASTER = (
    flatten_stacks,
    simplify,
    pull_factors,
    fold_constants,
    drop_dead,
    shorten_products,
    share_common,
    drop_dead,
)
"""The passes for targets that no person reads."""


@dataclass
class Plan:
    """The parts of a training step.

    Attributes
    ----------
    operations : list of Operation
        Forward and backward.
    loss : Value
        The value that the loop records at each step; ``tail`` computes the loss from it.
    weights, gradients : list of Value
        One for each parameter; the gradients lack the common ``factor``, if there is one.
    pairs : dict
        The bias that comes after each weight matrix.
    with_ones : set of Value
        The inputs of layers, which need a row of ones.
    kept : Value or None
        The value that the loop records besides the loss.
    states : dict
        The new value of each state, by the value that it replaces when the step ends.
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
    states: dict[Value, Value]

    def finished(self, kept: Any) -> Any:
        """Return the losses of many steps from the values that the loop has recorded."""
        known = evaluate(self.tail, {self.loss: kept})
        return np.array(known[self.tail[-1].result if self.tail else self.loss])


def plan_step(
    step: Step,
    output: Node,
    parameters: Sequence[Parameter],
    fuse: bool = True,
    keep: Node | None = None,
    updates: Mapping[State, Node] | None = None,
) -> Plan:
    """Apply all passes to a recorded step; those that fuse layers only if ``fuse`` is true."""
    weights = [step.values[parameter] for parameter in parameters]
    old, new, copies = _new_states(step, weights, updates or {})
    values = [step.values[node] for node in (output, keep) if node is not None] + new
    wanted = (*values, *(step.gradients[parameter] for parameter in parameters))
    block = optimise(Block([*step.operations, *copies], wanted), (*TIDY, *FASTER))
    block, factor = common_factor(block, len(values))
    inputs = [value for value in step.leaves.values() if value.kind == "input"]
    batch = next((value.shape[0] for value in inputs if value.shape), 0)
    pairs = affine_pairs(block, weights, batch) if fuse else {}
    if fuse and len(set(block.outputs)) == len(block.outputs):
        gradients = dict(zip(weights, block.outputs[len(values) :]))
        block = fuse_affine(block, pairs, gradients, batch)
    with_ones = {
        operation.arguments[0]
        for operation in block.operations
        if operation.function in (affine, negative_affine)
    }
    if fuse:
        block = drop_dead(fuse_layers(block, batch, with_ones))
    operations, loss, tail = _part_tail(block)
    outputs = list(block.outputs[len(values) :])
    kept = None if keep is None else block.outputs[1]
    states = dict(zip(old, block.outputs[len(values) - len(new) : len(values)]))
    return Plan(
        operations, loss, tail, weights, outputs, factor, pairs, with_ones, batch, kept, states
    )


def _new_states(
    step: Step, weights: list[Value], updates: Mapping[State, Node]
) -> tuple[list[Value], list[Value], list[Operation]]:
    """Return the old and the new value of each state, and the operations that copy the new ones.

    A new value is copied at once, since later operations may write where it stands. A parameter
    alone is read after its update, as in an interpreted step.
    """
    old = [step.values[state] for state in updates]
    new, copies = [], []
    for node in updates.values():
        value = step.values[node]
        if value not in weights:
            copy = Value("result", value.shape, value.dtype)
            copies.append(Operation(np.positive, (value,), copy))
            value = copy
        new.append(value)
    return old, new, copies


def _part_tail(block: Block) -> tuple[list[Operation], Value, list[Operation]]:
    """Separate the scalar operations at the end of the loss: ``/ n`` from ``e @ e``."""
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
