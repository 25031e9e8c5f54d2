"""Everything that changes from step to step: losses, streamed inputs and the update's scalars.

They are preallocated for many steps. The scalars (the learning rate, Adam's 1 - β^t) are computed
before the loop begins, always in float64.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np

from tinygraph.compile.hyperparameters import Numbers
from tinygraph.compile.ir import Value
from tinygraph.compile.passes.step_plan import Plan
from tinygraph.compile.passes.update_plan import PlannedUpdate

_LARGEST_STREAM = 2**20
"""The most numbers of streamed inputs that are kept in memory at once."""


def steps_in_memory(streamed: Iterable[Value], most_steps: int) -> int:
    """Return how many steps one call may take, if these inputs are streamed."""
    numbers = sum(int(np.prod(value.shape)) for value in streamed)
    return min(most_steps, max(1, _LARGEST_STREAM // numbers)) if numbers else most_steps


class Schedule:
    """Losses and scalars of up to ``most_steps`` steps.

    Parameters
    ----------
    plan : Plan
        Names the values that are recorded at each step.
    updates : sequence of PlannedUpdate
        The updates that read the scalars.
    dtype : dtype
        Of the weights.
    most_steps : int
    copies : int or None
        The number of models that are trained batched.
    streamed : iterable of Value
        The inputs that have other numbers at each step.

    Attributes
    ----------
    losses : array
        One row for each step.
    kept : array or None
        The value that is recorded besides the loss, one row for each step.
    streams : dict
        The array of each streamed input, one row per step.
    scalars : dict
        The array of each scalar, one row per step.
    places : list
        The tuple that the loop unpacks for each step: the places of its loss and of the recorded
        value, if there is one, its streamed inputs and its scalars.
    """

    def __init__(
        self,
        plan: Plan,
        updates: Sequence[PlannedUpdate],
        dtype: Any,
        most_steps: int,
        copies: int | None,
        streamed: Iterable[Value] = (),
    ) -> None:
        self._updates = updates
        self._windows = [ScalarWindow(update) for update in updates]
        self._lead = () if copies is None else (copies,)
        self.losses = self._room(most_steps, plan.loss)
        self.kept = None if plan.kept is None else self._room(most_steps, plan.kept)
        self.streams = {
            value: np.zeros((most_steps, *value.shape), value.dtype) for value in streamed
        }
        column = (most_steps, *self._lead, *(1 for _ in self._lead))
        self.scalars: dict[Value, Any] = {
            value: np.zeros(column, dtype) for one in updates for value in one.scalars_read
        }
        per_step = [
            [array[k, ...] for k in range(most_steps)]
            for array in (
                self.losses,
                self.kept,
                *self.streams.values(),
                *self.scalars.values(),
            )
            if array is not None
        ]
        self.places = per_step[0] if len(per_step) == 1 else list(zip(*per_step))

    def _room(self, steps: int, value: Value) -> Any:
        return np.zeros((steps, *self._lead, *value.shape), value.dtype)

    def fill(self, steps: int, hyperparameters: Numbers, first: int) -> None:
        """Compute the scalars of ``steps`` steps; ``first`` is the number of the first one."""
        if not self.scalars:
            return
        if not self._lead:
            for window in self._windows:
                for value, numbers in window.at(first, steps, hyperparameters).items():
                    self.scalars[value][:steps] = numbers
            return
        lead = (slice(None),) + (None,) * len(self._lead) * 2
        t = np.arange(first, first + steps, dtype=np.float64)[lead]
        hyperparameters = {
            name: np.broadcast_to(number, self._lead)[:, None]
            for name, number in hyperparameters.items()
        }
        for planned in self._updates:
            known = planned.scalars(hyperparameters, t)
            for value in planned.scalars_read:
                self.scalars[value][:steps] = known[value]


class ScalarWindow:
    """The scalars of an update for many steps ahead, computed once for several short calls.

    A learning rate that follows a schedule is computed for the steps asked for, and for every call:
    the schedule may end there, and it may read numbers that change between the calls.
    """

    _SHORTEST = 1000

    def __init__(self, update: PlannedUpdate) -> None:
        self._update = update
        self._hyperparameters: dict[Hashable, Any] = {}
        self._first = self._end = 0
        self._numbers: dict[Value, Any] = {}

    def at(self, first: int, steps: int, hyperparameters: Numbers) -> dict[Value, Any]:
        """Return an array of ``steps`` numbers for each scalar; ``first`` is the first step."""
        is_inside = self._first <= first and first + steps <= self._end
        has_schedule = any(map(callable, hyperparameters.values()))
        if not is_inside or has_schedule or hyperparameters != self._hyperparameters:
            self._hyperparameters = dict(hyperparameters)
            ahead = steps if has_schedule else max(steps, self._SHORTEST)
            self._first, self._end = first, first + ahead
            t = np.arange(self._first, self._end, dtype=np.float64)
            known = self._update.scalars(hyperparameters, t)
            self._numbers = {
                value: np.broadcast_to(known[value], t.shape) for value in self._update.scalars_read
            }
        start = first - self._first
        return {value: array[start : start + steps] for value, array in self._numbers.items()}
