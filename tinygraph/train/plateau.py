"""Detection of a loss that stays constant."""

from __future__ import annotations

import numpy as np

from tinygraph.train.history import History

FEWEST_EPOCHS = 20
"""A shorter stretch of equal losses proves nothing."""
SMALLEST_CHANGE = 1e-9
"""Relative to the loss; below this, the loss is said not to change."""
SOLVED_LOSS = 1e-9
"""A loss below this has converged; it is not stuck."""


def plateau(record: History) -> str:
    """Return a sentence if the loss stayed the same at the end of a run, else an empty text.

    >>> plateau(History(loss=np.full(100, 0.25)))
    'The loss has stayed at 0.25 for 100 epochs: a minimum, or units that are dead or saturated. \
tg.diagnose(model) tells which.'
    """
    loss = record.loss
    if not len(loss) or not np.isfinite(loss[-1]) or abs(loss[-1]) < SOLVED_LOSS:
        return ""
    moved = np.abs(loss - loss[-1]) > SMALLEST_CHANGE * abs(loss[-1])
    count = int(np.argmax(moved[::-1])) if moved.any() else len(loss)
    if count < max(FEWEST_EPOCHS, len(loss) // 20):
        return ""
    return (
        f"The loss has stayed at {loss[-1]:.4g} for {count:,} epochs: a minimum, or units that are "
        f"dead or saturated. tg.diagnose(model) tells which."
    )
