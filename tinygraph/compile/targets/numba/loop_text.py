"""The text of a loop: the places of its values in memory, its constants, and its lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.compile.ir import Value
from tinygraph.compile.targets.names import Names

UNROLLED = 8
"""Sums of products with at most this number of terms are unrolled."""


class LoopText:
    """The lines of a program of loops, and the text that reads or writes each value in them.

    Parameters
    ----------
    batch : int
        The size of the first axis of the values that are stored batch last.
    placed : mapping
        For each value that is in memory, a function from index texts to the text of an element.
    stored : mapping
        The same for the results that must be written to memory.
    """

    def __init__(
        self,
        batch: int,
        placed: Mapping[Value, Callable[..., str]],
        stored: Mapping[Value, Callable[..., str]],
        names: Names,
    ) -> None:
        self.batch = batch
        self.names = names
        self.lines: list[str] = []
        self.buffers: dict[str, tuple[tuple[int, ...], Any]] = {}
        self.constants: dict[str, Any] = {}
        self.stored = dict(stored)
        self.elements: dict[Value, Callable[..., str]] = dict(placed)
        self.done: set[Value] = set(placed)

    def place(self, value: Value) -> Callable[..., str]:
        """Return the place of a result, by default a new buffer; it counts as computed."""
        self.elements[value] = self.stored[value] if value in self.stored else self._buffer(value)
        self.done.add(value)
        return self.elements[value]

    def _buffer(self, value: Value) -> Callable[..., str]:
        name, shape = self.names.of(value.label or "v"), value.shape
        turned = len(shape) == 2 and shape[0] == self.batch
        self.buffers[name] = (shape[::-1] if turned else shape, value.dtype)

        def place(*index: str) -> str:
            return f"{name}[{', '.join(index[::-1] if turned else index)}]"

        return place

    def element(self, value: Value) -> Callable[..., str]:
        """Return the function from index texts to the text of an element of ``value``."""
        if value.kind != "constant":
            return self.elements[value]
        name = self.constant(value.constant, value.dtype)
        return lambda *index: f"{name}[{', '.join(index)}]" if value.shape else name

    def constant(self, number: Any, dtype: Any) -> str:
        """Return the name of a constant of the compiled module."""
        array = np.asarray(number, dtype)
        for name, known in self.constants.items():
            if known.dtype == array.dtype and np.array_equal(known, array, equal_nan=True):
                return name
        text = f"c_{array:g}" if array.shape == () and array.dtype.kind == "f" else "constant"
        name = self.names.of(text.replace("-", "minus_"))
        self.constants[name] = array
        return name


def broadcast_index(shape: tuple[int, ...], index: tuple[str, ...]) -> tuple[str, ...]:
    """Return the indices into an operand of a smaller shape."""
    index = index[len(index) - len(shape) :]
    return tuple("0" if n == 1 else i for n, i in zip(shape, index))
