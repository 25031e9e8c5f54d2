"""The loop of the numpy target: a step's calls in order, and the copies that go between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tinygraph.compile.affine_layers import affine, negative_affine
from tinygraph.compile.calls import Calls
from tinygraph.compile.ir import Value
from tinygraph.compile.operands import Operands
from tinygraph.compile.script import Script

if TYPE_CHECKING:
    from tinygraph.compile.numpy_target import NumpyProgram


def write_loop(program: NumpyProgram) -> Script:
    """Return the loop over steps of a program whose memory is set aside already."""
    plan, script = program.plan, Script()
    operands = Operands(script, program.storage)
    loss = script.per_step("loss")
    copied = {} if plan.kept is None else {script.per_step("kept"): plan.kept}
    for value in program.schedule.scalars:
        operands.name(value, script.per_step(value.label or "c"))
    weights = {affine: program.weights}
    if any(operation.function is negative_affine for operation in plan.operations):
        weights[negative_affine] = np.empty_like(program.weights)
        source = script.bind(program.weights, "weights")
        script.call(np.negative, [source], script.bind(weights[negative_affine], "negated"))

    def copy(place: Any, value: Value) -> None:
        source, copyto = operands.read(value), script.bind(np.copyto, "copyto")
        name = place if isinstance(place, str) else script.bind(place, "place")
        script.line(f"{copyto}({name}, {source})")

    calls = Calls(script, operands, program.storage, program.flat, weights)
    made = [operation.result for operation in plan.operations]
    is_read = any(plan.loss in operation.operands for operation in plan.operations)
    if plan.loss in made and not (
        program.storage.is_view(plan.loss) or is_read or plan.loss is plan.kept
    ):
        operands.name(plan.loss, loss)
    else:
        copied[loss] = plan.loss
    for place, value in copied.items():
        if value not in made:
            copy(place, value)
    for operation in plan.operations:
        calls.write(operation)
        for place, value in copied.items():
            if value is operation.result:
                # At once: later operations may write where it stands.
                copy(place, value)
    for place, gradient in program.copied_gradients:
        copy(place, gradient)
    for planned in program.updates:
        for operation in planned.operations:
            calls.write(operation)
    for place, value in program.handed_on:
        copy(place, value)
    return script
