"""A sheet: the lines of one phase, and the buffers that they read and write.

All printing here is for one batch size. ``sizes`` prints the same graph at three batch sizes and
compares the three texts, so nothing here needs to know which numbers depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.targets.javascript.formulas import literal
from tinygraph.compile.targets.javascript.places import Place, Shape, row_major
from tinygraph.compile.targets.names import Names

RESERVED = (
    *("arguments", "await", "case", "catch", "const", "debugger", "default", "delete", "do"),
    *("enum", "eval", "export", "extends", "false", "finally", "function", "implements", "in"),
    *("instanceof", "interface", "let", "new", "null", "package", "private", "protected"),
    *("public", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "var"),
    *("void", "with", "yield", "Infinity", "Math", "NaN", "Number", "Object", "Array"),
    *("Float32Array", "Float64Array", "RangeError", "undefined", "n", "r", "best", "total"),
    *("network", "forward", "backward", "nodes", "view", "product", "roundToEven", "logAddExp"),
    *("predict", "train", "update", "parameters", "state", *"ijklmo", *"rstuvw"),
)
"""Names that a buffer cannot have: the language's own, and those of the printed module."""

AXES = "ijklmo"


@dataclass
class Sheet:
    """Values as places in buffers, and the lines printed so far."""

    places: dict[Value, Place] = field(default_factory=dict)
    scalars: dict[Value, str] = field(default_factory=dict)
    declarations: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    names: Names = field(default_factory=lambda: Names(RESERVED))

    def new(self, value: Value, label: str = "") -> Place:
        """Return a new buffer for a value."""
        name = self.names.of(label or value.label or "part")
        self.declarations.append(f"const {name} = new {_array_type(value)}({_count(value.shape)});")
        self.places[value] = Place(name, 0, row_major(value.shape))
        return self.places[value]

    def place(self, value: Value) -> Place:
        """Return the place of a value; a constant gets its buffer when it is first needed."""
        if value not in self.places and value.kind == "constant":
            numbers = np.asarray(value.constant)
            name = self.names.of(value.label or "constant")
            flat = numbers.ravel()
            is_one = is_uniform(value)
            texts = ", ".join(map(literal, flat[:1] if is_one else flat))
            self.declarations.append(f"const {name} = {_array_type(value)}.of({texts});")
            strides = (0,) * numbers.ndim if is_one else row_major(numbers.shape)
            self.places[value] = Place(name, 0, strides)
        return self.places[value]

    def element(self, value: Any, index: list[str]) -> str:
        """Return an element of a value that is broadcast to an array with this index."""
        if not isinstance(value, Value):
            return literal(value)
        if value in self.scalars:
            return self.scalars[value]
        if is_uniform(value):
            return literal(np.ravel(value.constant)[0])
        own = index[len(index) - len(value.shape) :]
        return self.place(value).at(
            ["0" if size == 1 else position for size, position in zip(value.shape, own)]
        )

    def loop(self, axes: list[tuple[str, int]], body: list[str], comment: str = "") -> None:
        """Print nested loops around the lines of ``body``."""
        if comment:
            self.lines.append(f"// {comment}")
        if not axes:
            self.lines += ["{", *(f"  {line}" for line in body), "}"]
            return
        for depth, (name, size) in enumerate(axes):
            self.lines.append(f"{'  ' * depth}for (let {name} = 0; {name} < {size}; {name}++) {{")
        self.lines += [f"{'  ' * len(axes)}{line}" for line in body]
        self.lines += [f"{'  ' * depth}}}" for depth in reversed(range(len(axes)))]

    def copy(self, value: Value, target: Place, comment: str = "") -> None:
        """Print a copy of a value into a place of the same shape."""
        index = list(AXES[: len(value.shape)])
        line = f"{target.at(index)} = {self.element(value, index)};"
        self.loop(list(zip(index, value.shape)), [line], comment)


def is_uniform(value: Value) -> bool:
    """Tell whether a value is a constant whose elements are all equal."""
    if value.kind != "constant" or not np.size(value.constant):
        return False
    flat = np.ravel(value.constant)
    return bool((flat == flat[0]).all() or np.isnan(flat).all())


def comment_of(operation: Operation) -> str:
    """Return the name of the node that an operation belongs to, for a comment."""
    return "" if operation.node is None else " ".join(str(operation.node.name).split())


def _array_type(value: Value) -> str:
    return "Float32Array" if value.dtype == np.float32 else "Float64Array"


def _count(shape: Shape) -> str:
    sizes = [str(size) for size in shape if size != 1]
    return " * ".join(sizes) if prod(shape) and sizes else str(prod(shape))
