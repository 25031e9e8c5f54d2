"""What is another at each step: the place of the loss, and the scalars that the update reads.

Both are set aside for many steps at once.  The scalars (the learning rate, Adam's 1 - β^t) are
computed before the loop begins, in float64 whatever the program's precision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.compile.ir import Value
from tinygraph.compile.plan import PlannedUpdate


class Schedule:
    """Losses and scalars of up to ``most_steps`` steps.

    Parameters
    ----------
    updates : sequence of PlannedUpdate
        Whose scalars are wanted.
    loss : Value
        What is kept of each step.
    dtype : dtype
        Of the weights.
    most_steps : int
    copies : int or None
        How many models are trained side by side.

    Attributes
    ----------
    losses : array
        One row a step.
    scalars : dict
        The array of each scalar, one row a step.
    places : list
        For each step, what the loop unpacks: where its loss goes, then its scalars.
    """

    def __init__(
        self,
        updates: Sequence[PlannedUpdate],
        loss: Value,
        dtype: Any,
        most_steps: int,
        copies: int | None,
    ) -> None:
        self._updates = updates
        self._lead = () if copies is None else (copies,)
        self.losses = np.zeros((most_steps, *self._lead), loss.dtype)
        column = (most_steps, *self._lead, *(1 for _ in self._lead))
        self.scalars: dict[Value, Any] = {
            value: np.zeros(column, dtype) for one in updates for value in one.scalars_read
        }
        per_step = [
            [array[k, ...] for k in range(most_steps)]
            for array in (self.losses, *self.scalars.values())
        ]
        self.places = per_step[0] if len(per_step) == 1 else list(zip(*per_step))

    def fill(self, steps: int, hyperparameters: Mapping[str, Any], first: int) -> None:
        """Compute the scalars of so many steps, the first of which has the number ``first``."""
        if not self.scalars:
            return
        lead = (slice(None),) + (None,) * len(self._lead) * 2
        t = np.arange(first, first + steps, dtype=np.float64)[lead]
        if self._lead:
            hyperparameters = {
                name: np.broadcast_to(number, self._lead)[:, None]
                for name, number in hyperparameters.items()
            }
        for planned in self._updates:
            known = planned.scalars(hyperparameters, t)
            for value in planned.scalars_read:
                self.scalars[value][:steps] = known[value]
