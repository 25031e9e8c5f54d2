"""Validation data: their loss and accuracy during training, and early stopping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.train.classification import Accuracy
from tinygraph.train.history import History
from tinygraph.validation.arrays import Array, as_dict


class HeldOut:
    """Data that are not trained on.

    Parameters
    ----------
    model : Graph
    feeds : mapping
        One array for each input of the model.
    accuracy : Accuracy
        That of the training data: the labels of both have the same coding.
    patience : int or None
    """

    def __init__(
        self,
        model: Graph,
        feeds: Mapping[str, Any],
        accuracy: Accuracy,
        patience: int | None,
    ) -> None:
        given = as_dict(feeds, "validation has one array for each input, by its name")
        arrays = model.feed_arrays(given)
        self._feeds = {str(node.name): arrays[node] for node in model.inputs}
        self._model = model
        self._loss = Graph(model.output)
        self._accuracy = accuracy
        self._patience = patience
        self._best = np.inf
        self._best_values: dict[Parameter, Array] = {}

    def look(self, record: History) -> None:
        """Compute loss and accuracy, and write them into the record."""
        loss = float(self._loss.predict(**self._feeds))
        share = self._accuracy.on(self._feeds)
        record.validation_loss = _extended(record.validation_loss, len(record), loss)
        record.validation_accuracy = _extended(
            record.validation_accuracy, len(record), np.nan if share is None else share
        )
        if self._patience is not None and loss < self._best:
            self._best = loss
            kept = (*self._model.parameters, *self._model.states)
            self._best_values = {each: each.value.copy() for each in kept}

    def is_out_of_patience(self, record: History) -> bool:
        """Tell whether the minimum of the validation loss is too many epochs ago."""
        losses = record.validation_loss
        if self._patience is None or not np.isfinite(losses).any():
            return False
        return len(losses) - 1 - int(np.nanargmin(losses)) >= self._patience

    def restore_best(self) -> None:
        """Restore the parameters and states that had the smallest validation loss in this run."""
        for parameter, value in self._best_values.items():
            parameter.value = value

    def text(self, record: History) -> str:
        """Return the last loss and accuracy as a part of a printed line."""
        share = record.validation_accuracy[-1]
        accuracy = "" if np.isnan(share) else f"   accuracy {share:7.2%}"
        return f"validation: loss {record.validation_loss[-1]:<12.6g}{accuracy}"


def _extended(values: Array, length: int, last: float) -> Array:
    """Return the earlier values and the last one, with NaN for the epochs between them."""
    extended = np.full(length, np.nan)
    kept = values[: length - 1]
    extended[: len(kept)] = kept
    extended[-1] = last
    return extended
