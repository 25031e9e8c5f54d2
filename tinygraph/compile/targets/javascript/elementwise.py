"""Elementwise operations: those of one shape that follow one another share a loop.

Within the loop a result is a local constant; only results that are read elsewhere are stored. An
unnamed result that is used once is written where it is used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant
from tinygraph.compile.record.arrays import cast
from tinygraph.compile.targets.javascript.formulas import formula, is_elementwise, no_javascript
from tinygraph.compile.targets.javascript.sheet import AXES, Sheet, comment_of, is_uniform

_READS_TWICE = {np.square, np.logaddexp}


def group_with(first: Operation, operations: Sequence[Operation], known: set[Value]) -> list[int]:
    """Return the positions of the operations that can share a loop with ``first``.

    They have its shape, and their operands are known before the loop or computed in it. ``known``
    are the values that have been computed before.
    """
    inside: set[Value] = set()
    chosen = []
    for position, operation in enumerate(operations):
        operands = {value for value in operation.operands if value.kind != "constant"}
        fits = is_elementwise(operation) and operation.result.shape == first.result.shape
        if fits and operands <= known | inside:
            chosen.append(position)
            inside.add(operation.result)
    return chosen


def print_group(sheet: Sheet, group: Sequence[Operation], stored: Sequence[Value]) -> None:
    """Print one loop that computes the operations and stores the values in ``stored``."""
    shape = group[0].result.shape
    for value in stored:
        if value not in sheet.places:
            sheet.new(value)
    made = {operation.result for operation in group}
    is_flat = all(_follows(sheet, value, shape, made) for one in group for value in one.operands)
    if is_flat and shape:
        axes = [("i", prod(shape))]
        index = ["i"]
    else:
        index = [name if size != 1 else "0" for name, size in zip(AXES, shape)]
        axes = [axis for axis in zip(index, shape) if axis[1] != 1]
    body = _body(sheet, group, set(stored), index, is_flat)
    for value in stored:
        place = sheet.places[value]
        target = f"{place.buffer}[i]" if is_flat and shape else place.at(index)
        body.append(f"{target} = {sheet.scalars.pop(value)};")
    for value in made:
        sheet.scalars.pop(value, None)
    names = dict.fromkeys(filter(None, map(comment_of, group)))
    sheet.loop(axes, body, ", ".join(names))


def _follows(sheet: Sheet, value: Value, shape: tuple[int, ...], made: set[Value]) -> bool:
    """Tell whether element i of a value belongs to element i of the loop, counted flat."""
    if value in made or value in sheet.scalars or is_uniform(value):
        return True
    return value.shape == shape and sheet.place(value).is_plain(shape)


def _body(
    sheet: Sheet, group: Sequence[Operation], stored: set[Value], index: list[str], is_flat: bool
) -> list[str]:
    """Return the lines that compute a group; ``sheet.scalars`` has the text of each result."""
    uses = Counter(value for operation in group for value in operation.operands)
    twice = {v for one in group if one.function in _READS_TWICE for v in one.operands}
    body = []
    for operation in group:
        text = formula(
            operation, [_argument(sheet, one, index, is_flat) for one in _given(operation)]
        )
        result = operation.result
        is_inline = uses[result] == 1 and not result.label and result not in twice | stored
        if is_inline or (uses[result] == 0 and result in stored):
            sheet.scalars[result] = text
            continue
        place = sheet.places.get(result)
        name = sheet.names.of(f"{place.buffer}_i" if place else result.label or "s")
        body.append(f"const {name} = {text};")
        sheet.scalars[result] = name
    return body


def _given(operation: Operation) -> list[Value]:
    """Return the arguments as values; constants take the precision of the result, as in NumPy."""
    if operation.function in (cast, np.zeros_like, np.ones_like):
        return list(operation.operands)
    if any(argument is None for argument in operation.arguments):
        raise no_javascript(operation)
    values = [one if isinstance(one, Value) else constant(one) for one in operation.arguments]
    if operation.result.dtype == np.float32:
        return [constant(np.float32(v.constant)) if is_uniform(v) else v for v in values]
    return values


def _argument(sheet: Sheet, value: Value, index: list[str], is_flat: bool) -> str:
    if is_flat and value.shape and value not in sheet.scalars and not is_uniform(value):
        return f"{sheet.place(value).buffer}[i]"
    return sheet.element(value, index)
