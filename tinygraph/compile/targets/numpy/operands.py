"""The names by which a line of the numpy target's loop reads and writes values."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.targets.numpy.storage import Storage
from tinygraph.compile.targets.script import Script


class Operands:
    """Names for the values of a program, in a loop over preallocated buffers."""

    def __init__(self, script: Script, storage: Storage) -> None:
        self._script = script
        self._storage = storage
        self._names: dict[Value, str] = {}
        self._constants: dict[Any, str] = {}
        self._widened: dict[tuple[Value, int], str] = {}

    def name(self, value: Value, name: str) -> None:
        """Let ``value`` have a name of the loop, since it changes from step to step."""
        self._names[value] = name

    def array(self, value: Value) -> Any:
        """Return the buffer of ``value``."""
        return self._storage.arrays[value]

    def array_or_none(self, value: Value) -> Any:
        """Return the buffer of ``value``, or ``None`` for a constant."""
        return self._storage.arrays.get(value)

    def bind(self, value: Value, array: Any) -> str:
        """Return a name for ``array``, called like ``value``."""
        return self._script.bind(
            array, value.label or ("gradients" if value.kind == "gradient" else "v")
        )

    def out(self, value: Value) -> str:
        """Return the name of the buffer to which ``value`` is written."""
        return self._names.get(value) or self.bind(value, self.array(value))

    def read(self, value: Value, by: Operation | None = None) -> str:
        """Return the name of an operand, as an operation of its result's rank can read it."""
        if value in self._names:
            return self._names[value]
        if value.kind == "constant":
            return self._constant(value.constant, by)
        rank = len(value.shape) if by is None else len(by.result.shape)
        if self._storage.copies is not None and len(value.shape) < rank:
            return self._wider(value, rank)
        return self.bind(value, self.array(value))

    def _wider(self, value: Value, rank: int) -> str:
        """Return a name for ``value`` with axes of size 1 between the copies and its own."""
        if (value, rank) not in self._widened:
            copies, *shape = self.array(value).shape
            ones = (1,) * (rank - len(value.shape))
            wider = self.array(value).reshape((copies, *ones, *shape))
            self._widened[value, rank] = self.bind(value, wider)
        return self._widened[value, rank]

    def _constant(self, number: Any, by: Operation | None) -> str:
        """Return the name of a constant; a Python number takes the precision of its operands."""
        dtype = None
        if isinstance(number, (bool, int, float)):
            others = [v.dtype for v in by.operands if v.kind != "constant"] if by else []
            met = np.result_type(*others) if others else np.dtype(float)
            dtype = met if met.kind == "f" else None
        array = np.asarray(number, dtype)
        key = (array.dtype, array.shape, array.tobytes())
        if key not in self._constants:
            text = f"{number:g}" if array.shape == () else "constant"
            label = f"c_{text}".replace("-", "minus_")
            self._constants[key] = self._script.bind(array, label)
        return self._constants[key]
