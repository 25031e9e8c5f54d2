"""An optimizer's update as a JavaScript function of one parameter's array, of any size."""

from __future__ import annotations

from tinygraph.compile.passes.update_plan import plan_update
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.update import record_update
from tinygraph.compile.targets.javascript.elementwise import group_with, print_group
from tinygraph.compile.targets.javascript.formulas import formula
from tinygraph.compile.targets.javascript.places import Place
from tinygraph.compile.targets.javascript.sheet import RESERVED, Sheet
from tinygraph.compile.targets.javascript.sizes import batch_sizes, merge
from tinygraph.compile.targets.names import Names
from tinygraph.optim.optimizer import Optimizer


def print_update(optimizer: Optimizer, name: str = "update") -> str:
    """Return ``update(w, g, state, settings, t)``, which writes the new weights and state in place.

    Raises
    ------
    Unrecordable
        If the update is not one formula for every element, or has a learning-rate schedule.
    """
    kind = type(optimizer).__name__
    variants = [optimizer.of(parameter) for parameter in optimizer.parameters]
    if any(variant.lr_schedule is not None for variant in variants):
        raise Unrecordable(f"the learning rate of {kind} is a schedule, a Python function")
    sizes = batch_sizes(set())
    return merge([_at_size(optimizer, size, name) for size in sizes], sizes)


def _at_size(optimizer: Optimizer, size: int, name: str) -> str:
    dtype = optimizer.parameters[0].value.dtype
    update = record_update(optimizer, (size,), dtype)
    plan = plan_update(update, None, slice(0, size))
    arrays = (update.weight, *update.memory)
    sheet = Sheet(names=Names((*RESERVED, "w", "g", "t", *update.scalars, *optimizer.slots)))
    for value, label in zip((*arrays, update.gradient), ("w", *optimizer.slots, "g")):
        sheet.places[value] = Place(label, 0, (1,))
    for label, value in update.scalars.items():
        sheet.scalars[value] = label
    for one in plan.scalar_operations:
        sheet.scalars[one.result] = sheet.names.of("factor")
        text = formula(one, [sheet.element(value, []) for value in one.arguments])
        sheet.lines.append(f"const {sheet.scalars[one.result]} = {text};")
    known = set(sheet.places) | set(sheet.scalars)
    first = plan.operations[0]
    if len(group_with(first, plan.operations, known)) < len(plan.operations):
        raise Unrecordable(f"the update of {type(optimizer).__name__} is not elementwise")
    # Each element is read before it is written, so that a new array may replace the old one.
    for new, old in zip(plan.results, arrays):
        sheet.places[new] = sheet.places[old]
    print_group(sheet, plan.operations, list(plan.results))
    settings = ", ".join(label for label in update.scalars if label != "t")
    unpacked = [f"const [{', '.join(optimizer.slots)}] = state;"] if optimizer.slots else []
    lines = ["const n = w.length;", *unpacked, *sheet.lines]
    body = "".join(f"  {line}\n" for line in lines)
    return f"function {name}(w, g, state, {{ {settings} }}, t) {{\n{body}}}\n"
