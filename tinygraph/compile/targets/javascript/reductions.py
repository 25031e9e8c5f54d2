"""Reductions: sums, means, products, extremes and their positions, and running totals."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation
from tinygraph.compile.targets.javascript.formulas import no_javascript
from tinygraph.compile.targets.javascript.sheet import AXES, Sheet, comment_of

_STEPS: dict[Any, tuple[str, str]] = {
    np.sum: ("0", "total + {}"),
    np.mean: ("0", "total + {}"),
    np.prod: ("1", "total * {}"),
    np.any: ("0", "Number(total || {} ? 1 : 0)"),
    np.all: ("1", "Number(total && {} ? 1 : 0)"),
    np.max: ("", "Math.max(total, {})"),
    np.min: ("", "Math.min(total, {})"),
}
"""The start of each total, and the step that adds an element; extremes start at the first one."""
_POSITIONS = {np.argmax: ">", np.argmin: "<"}
_RUNNING = {np.cumsum: np.sum, np.cumprod: np.prod}
REDUCTIONS = (*_STEPS, *_POSITIONS, *_RUNNING)
_INNER = "rstuvw"


def print_reduction(sheet: Sheet, operation: Operation) -> None:
    """Print a reduction over some or all axes."""
    x, axes = operation.operands[0], reduced_axes(operation)
    if not set(operation.options) <= {"axis", "keepdims"} or len(operation.operands) != 1:
        raise no_javascript(operation)
    kept = [axis for axis in range(len(x.shape)) if axis not in axes]
    names = {axis: AXES[k] for k, axis in enumerate(kept)}
    names |= {axis: _INNER[k] for k, axis in enumerate(axes)}
    keeps = operation.options.get("keepdims", False) or operation.function in _RUNNING
    out = ["0" if axis in axes else names[axis] for axis in sorted(names) if keeps or axis in kept]
    target = sheet.new(operation.result).at(out)
    index = [names[axis] for axis in sorted(names)]
    if operation.function in _RUNNING:
        body = _running(sheet, operation, axes, index)
    elif operation.function in _POSITIONS:
        body = _position(sheet, operation, axes, index, target)
    else:
        first = ["0" if axis in axes else names[axis] for axis in sorted(names)]
        start, step = _STEPS[operation.function]
        start = start or sheet.element(x, first)
        inner = [(names[axis], x.shape[axis]) for axis in axes]
        loops = " ".join(f"for (let {name} = 0; {name} < {size}; {name}++)" for name, size in inner)
        is_mean = operation.function is np.mean
        total = f"total / {prod(x.shape[axis] for axis in axes)}" if is_mean else "total"
        body = [
            f"let total = {start};",
            f"{loops} total = {step.format(sheet.element(x, index))};".strip(),
            f"{target} = {total};",
        ]
    sheet.loop([(names[axis], x.shape[axis]) for axis in kept], body, comment_of(operation))


def _running(
    sheet: Sheet, operation: Operation, axes: tuple[int, ...], index: list[str]
) -> list[str]:
    """Return the lines that store each partial total along one axis."""
    if len(axes) != 1 or len(operation.operands[0].shape) != len(operation.result.shape):
        raise no_javascript(operation)
    x, (axis,) = operation.operands[0], axes
    start, step = _STEPS[_RUNNING[operation.function]]
    name = index[axis]
    add = f"total = {step.format(sheet.element(x, index))};"
    store = f"{sheet.place(operation.result).at(index)} = total;"
    loop = f"for (let {name} = 0; {name} < {x.shape[axis]}; {name}++)"
    return [f"let total = {start};", f"{loop} {{ {add} {store} }}"]


def reduced_axes(operation: Operation) -> tuple[int, ...]:
    """Return the axes that a reduction removes, as numbers from 0."""
    rank = len(operation.operands[0].shape)
    given = operation.arguments[1:2] or (operation.options.get("axis"),)
    if given[0] is None:
        return tuple(range(rank))
    axes = given[0] if isinstance(given[0], tuple) else (given[0],)
    return tuple(sorted(int(axis) % rank for axis in axes))


def _position(
    sheet: Sheet, operation: Operation, axes: tuple[int, ...], index: list[str], target: str
) -> list[str]:
    """Return the lines that find the first largest or smallest element along one axis."""
    if len(axes) != 1:
        raise no_javascript(operation)
    x, (axis,) = operation.operands[0], axes
    best = [*index[:axis], "best", *index[axis + 1 :]]
    sign = _POSITIONS[operation.function]
    found = f"{sheet.element(x, index)} {sign} {sheet.element(x, best)}"
    loop = f"for (let r = 1; r < {x.shape[axis]}; r++)"
    return ["let best = 0;", f"{loop} if ({found}) best = r;", f"{target} = best;"]
