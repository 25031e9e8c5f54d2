"""The record of a training run: every loss, and the lines that were printed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import Array, as_float_array, brief, is_number, is_whole_number
from tinygraph.validation.shapes import show


class Record(NamedTuple):
    """One printed line: the epoch, its loss, and the accuracy after it (``None``: no labels)."""

    epoch: int
    loss: float
    accuracy: float | None

    def __str__(self) -> str:
        share = "" if self.accuracy is None else f"   accuracy {self.accuracy:7.2%}"
        return f"epoch {self.epoch:>7,}   loss {self.loss:<12.6g}{share}"


@dataclass
class History:
    """The record of a training run.

    Attributes
    ----------
    loss : array
        One value an epoch: the loss before that epoch's step.
    records : list of Record
        The lines that were printed.
    seconds : float
        Time spent training.
    stopped : str
        Why the run ended: ``"finished"``, ``"target reached"``, ``"callback"``, ``"interrupted"``,
        ``"patience"``, ``"non-finite"`` or ``"error"``; empty while it goes on.
    engine : str
        The engine that ran the epochs.
    validation_loss, validation_accuracy : array
        One value for each epoch, computed after its step: NaN for epochs in which the validation
        data were not looked at.  Empty without validation data.

    >>> History(loss=np.array([0.5, 0.25]), seconds=0.01)
    <History of 2 epochs, last loss 0.25, 0.01 s, finished>
    """

    loss: Array = field(default_factory=lambda: np.zeros(0))
    records: list[Record] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = "finished"
    engine: str = "interpreted"
    validation_loss: Array = field(default_factory=lambda: np.zeros(0))
    validation_accuracy: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        check_history(self)

    def __len__(self) -> int:
        return len(self.loss)

    def __repr__(self) -> str:
        last = f", last loss {self.loss[-1]:.6g}" if len(self) else ""
        return f"<History of {len(self)} epochs{last}, {self.seconds:.2f} s, {self.stopped}>"

    def plot(self, ax: Any = None) -> Any:
        """Draw the learning curve, and return its axes; see ``tg.plots.learning_curve``."""
        from tinygraph.plots import learning_curve

        return learning_curve(self, ax=ax)


def checked_record(history: Any) -> History:
    """Return the record to continue, or a new one.

    Raises
    ------
    ArgumentTypeError, DtypeError, ShapeError
    """
    if history is None:
        return History()
    if not isinstance(history, History):
        raise ArgumentTypeError(
            f"history must be what an earlier fit returned, to continue it; got {brief(history)}."
        )
    check_history(history)
    return history


def check_history(history: Any) -> None:
    """Refuse a History whose fields were given, or set by hand, as no record of a run has them.

    Raises
    ------
    ArgumentTypeError, DtypeError, ShapeError
    """
    for name in ("loss", "validation_loss", "validation_accuracy"):
        values = as_float_array(getattr(history, name), f"The {name} of a History")
        if values.ndim != 1:
            raise ShapeError(
                f"The {name} of a History must have one value for each epoch; got the shape "
                f"{show(values.shape)}."
            )
        setattr(history, name, values)
    records = history.records
    if not isinstance(records, list) or not all(map(_is_record, records)):
        raise ArgumentTypeError(
            f"The records of a History must be a list of Record(epoch, loss, accuracy); "
            f"got {brief(records)}."
        )
    if not is_number(history.seconds) or not 0 <= history.seconds <= sys.float_info.max:
        raise ArgumentTypeError(
            f"The seconds of a History must be a number of at least 0; "
            f"got {brief(history.seconds)}."
        )
    for name in ("stopped", "engine"):
        if not isinstance(getattr(history, name), str):
            raise ArgumentTypeError(
                f"{name} of a History must be a text; got {brief(getattr(history, name))}."
            )


def _is_record(record: Any) -> bool:
    return (
        isinstance(record, tuple)
        and len(record) == 3
        and is_whole_number(record[0])
        and is_number(record[1])
        and (record[2] is None or is_number(record[2]))
    )
