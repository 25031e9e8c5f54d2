"""The texts of a trace's steps: formulas and lines of NumPy in the graph's own names.

This module evaluates only the rules of an op and the lines of an optimizer, which readers see.
:mod:`tinygraph.trace.walk` runs the ops and the updates.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.rules import broadcast_axes, evaluate, rule_names
from tinygraph.notation.names import Notation
from tinygraph.notation.operands import REPEATED
from tinygraph.optim.optimizer import Optimizer
from tinygraph.trace.steps import InputData, LineData, OutgoingData, Step, summarise
from tinygraph.validation.arrays import Array


def forward_step(op: Op, values: Mapping[Node, Any], names: Notation) -> Step:
    """Return the forward step of an op."""
    return _heading("forward", op, names) | Step(
        math=names.value_math(op),
        code=names.value_code(op),
        inputs=_inputs(op, values, names),
        value=summarise(values[op]),
    )


def backward_step(
    op: Op, values: Mapping[Node, Any], g: Array, outgoing: list[OutgoingData], names: Notation
) -> Step:
    """Return the backward step of an op."""
    return _heading("backward", op, names) | Step(
        inputs=_inputs(op, values, names),
        value=summarise(values[op]),
        incoming=summarise(g),
        incoming_symbol=names.gradient_symbol(op),
        incoming_identifier=names.gradient_identifier(op),
        outgoing=outgoing,
    )


def leaving(
    op: Op, argument: int, values: Mapping[Node, Any], g: Array, names: Notation
) -> OutgoingData:
    """Return the formula and the code of one input's gradient, and the local derivative."""
    parent = op.inputs[argument]
    rule = op.rules[argument] if argument < len(op.rules) else None
    space = rule_names(op, values, g)
    written = evaluate(rule.code, space) if rule else None
    summed = broadcast_axes(written.shape, np.shape(values[parent])) if written is not None else ()
    local = evaluate(rule.local, space) if rule and rule.local else None
    why = names.reason(op, argument)
    if summed:
        why += ("; " if why else "") + REPEATED
    return OutgoingData(
        node=str(parent.name),
        argument=_argument_name(op, argument),
        symbol=names.gradient_symbol(parent),
        identifier=names.gradient_identifier(parent),
        math=names.gradient_math(op, argument, summed),
        code=names.gradient_code(op, argument, summed),
        why=why,
        local_code=names.local_code(op, argument),
        local=None if local is None else summarise(local),
    )


def update_step(
    optimizer: Optimizer,
    parameter: Parameter,
    t: int,
    w: Array,
    g: Array,
    memory: Sequence[Array],
    names: Notation,
) -> Step:
    """Return the step with the optimizer's lines, evaluated one after the other."""
    slots = dict(zip(optimizer.slots, memory, strict=True))
    space = {"np": np, "self": optimizer, "w": w, "g": g, "t": t, **slots}
    lines = []
    for line in optimizer.lines:
        space[line.name] = evaluate(line.code, space)
        lines.append(
            LineData(
                name=line.name,
                math=names.update_math(parameter, line),
                code=names.update_code(parameter, line, optimizer),
                why=line.why,
                array=summarise(space[line.name]),
            )
        )
    return _heading("update", parameter, names) | Step(
        op=type(optimizer).__name__,
        about=_about(optimizer),
        value=summarise(w),
        incoming=summarise(g),
        incoming_symbol=names.gradient_symbol(parameter),
        incoming_identifier=names.gradient_identifier(parameter),
        lines=lines,
        hyperparameters={name: getattr(optimizer, name) for name in optimizer.hyperparameters},
        memory={slot: summarise(array) for slot, array in slots.items()},
        t=t,
    )


def _heading(phase: str, node: Node, names: Notation) -> Step:
    return Step(
        phase=phase,
        node=str(node.name),
        op=type(node).__name__,
        about=_about(node),
        role=node.role,
        symbol=names.symbol(node),
        identifier=names.identifier(node),
    )


def _about(thing: object) -> str:
    """Return the first line of the class's own docstring, or ""."""
    line = inspect.cleandoc(vars(type(thing)).get("__doc__") or "").partition("\n")[0]
    return line.replace("``", "").rstrip(".") + "." if line else ""


def _inputs(op: Op, values: Mapping[Node, Any], names: Notation) -> list[InputData]:
    return [
        InputData(
            node=str(parent.name),
            argument=_argument_name(op, argument),
            symbol=names.operand(parent),
            identifier=names.operand_code(parent),
            array=summarise(values[parent]),
        )
        for argument, parent in enumerate(op.inputs)
    ]


def _argument_name(op: Op, argument: int) -> str:
    return op.arguments[min(argument, len(op.arguments) - 1)]
