"""An optimizer's update as operations: its pure ``update``, run once on recording arrays."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.record.arrays import Recorded, Tape, Unrecordable
from tinygraph.compile.record.trial import recorded_as
from tinygraph.errors import TinygraphError
from tinygraph.optim.optimizer import Optimizer


@dataclass
class Update:
    """What an optimizer does with one array of weights: the new weights, then the new memory."""

    weight: Value
    gradient: Value
    memory: tuple[Value, ...]
    scalars: dict[str, Value]
    operations: list[Operation]
    results: tuple[Value, ...]

    @property
    def is_elementwise(self) -> bool:
        """Whether all parameters may be updated as one long vector."""
        return all(operation.is_elementwise for operation in self.operations)


def record_update(optimizer: Optimizer, shape: tuple[int, ...], dtype: Any) -> Update:
    """Record ``optimizer.update`` for one array of weights.

    The hyperparameters stay scalars of the program, so that a changed learning rate is honoured
    without recording anew.

    Raises
    ------
    Unrecordable
        If the update cannot be written down as array operations.
    """
    tape = Tape()
    tape.phase = "update"
    dtype = np.dtype(dtype)

    def recorded(kind: str, label: str, shape: tuple[int, ...] = (), of: Any = dtype) -> Recorded:
        return Recorded(Value(kind, shape, np.dtype(of), label), tape)

    stand_in: Any = copy.copy(optimizer)
    scalars = {name: recorded("scalar", name) for name in optimizer.hyperparameters}
    for name, scalar in scalars.items():
        object.__setattr__(stand_in, name, scalar)
    scalars["t"] = recorded("scalar", "t")
    w, g = recorded("parameter", "w", shape), recorded("gradient", "g", shape)
    memory = [recorded("memory", slot, shape) for slot in optimizer.slots]
    try:
        results = stand_in.update(w, g, scalars["t"], *memory)
    except (Unrecordable, TinygraphError):
        raise
    except Exception as error:  # what an interpreted step says about it is the better lesson
        raise Unrecordable(f"update raised {type(error).__name__}: {error}") from error
    if type(results) is not tuple or len(results) != 1 + len(memory):
        raise Unrecordable("update returns no tuple of the new w and one array a slot")
    return Update(
        w.value,
        g.value,
        tuple(array.value for array in memory),
        {name: scalar.value for name, scalar in scalars.items()},
        tape.operations,
        tuple(recorded_as(result, shape, dtype, tape) for result in results),
    )
