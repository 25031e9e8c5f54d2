"""The loop of the numpy target: a step's calls in order, and the copies that go between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tinygraph.compile.ir import Value
from tinygraph.compile.passes.affine_layers import affine, negative_affine
from tinygraph.compile.passes.flat import Flat
from tinygraph.compile.passes.step_plan import Plan
from tinygraph.compile.passes.update_plan import PlannedUpdate
from tinygraph.compile.targets.numpy.calls import Calls
from tinygraph.compile.targets.numpy.clipping import clip
from tinygraph.compile.targets.numpy.operands import Operands
from tinygraph.compile.targets.numpy.storage import Storage
from tinygraph.compile.targets.schedule import Schedule
from tinygraph.compile.targets.script import Script


class Layout(NamedTuple):
    """A planned step, and the arrays that hold its values.

    Attributes
    ----------
    weights : array
        All parameters as one flat vector.
    copied_gradients, copied_results : list of (array, Value)
        Values that are copied to their place, because they cannot be computed there.
    clipped : (array, array) or None
        The flat gradients, and their largest norm.
    """

    plan: Plan
    updates: list[PlannedUpdate]
    schedule: Schedule
    storage: Storage
    flat: Flat
    weights: Any
    copied_gradients: list[tuple[Any, Value]]
    copied_results: list[tuple[Any, Value]]
    clipped: tuple[Any, Any] | None = None


def write_loop(program: Layout) -> Script:
    """Write the training loop of a program whose buffers are preallocated."""
    plan, script = program.plan, Script()
    operands = Operands(script, program.storage)
    loss = script.per_step("loss")
    copied = {} if plan.kept is None else {script.per_step("kept"): plan.kept}
    streams = {value: script.per_step(value.label) for value in program.schedule.streams}
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

    for value, batch in streams.items():
        script.line(f"{script.bind(np.copyto, 'copyto')}({operands.out(value)}, {batch})")
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
                # At once: later operations may overwrite its buffer.
                copy(place, value)
    for place, gradient in program.copied_gradients:
        copy(place, gradient)
    if program.clipped is not None:
        gradients, longest = program.clipped
        names = script.bind(gradients, "gradients"), script.bind(longest, "longest")
        script.line(f"{script.bind(clip, 'clip')}({', '.join(names)})")
    for planned in program.updates:
        for operation in planned.operations:
            calls.write(operation)
    for place, value in program.copied_results:
        copy(place, value)
    return script
