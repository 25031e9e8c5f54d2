"""Many seeds trained as one batch of networks, with loss and accuracy at every epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinygraph.compile.copies import SideBySide
from tinygraph.core.graph import Graph
from tinygraph.core.labels import BINARY
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array

STRETCH = 500
"""Predictions are kept for this number of epochs, then evaluated, to bound the memory."""


@dataclass(frozen=True, eq=False)
class Record:
    """The record of a training: one row for each network, one column for each epoch.

    Attributes
    ----------
    loss, accuracy : array (S, epochs)
        Before the step of each epoch.
    seconds : float
    """

    loss: Array
    accuracy: Array
    seconds: float


def train_batched(
    pairs: Sequence[tuple[Graph, Optimizer]], x: Array, t: Array, epochs: int
) -> Record:
    """Train Lab 2 networks on the same data; one that diverges does not affect the others.

    Parameters
    ----------
    pairs : sequence of (Graph, Optimizer)
        Networks from :func:`tinygraph.lab2.model` that differ only in their start values, each with
        its own optimizer.  The hyperparameters of the optimizers may differ.
    x, t : array
    epochs : int

    >>> import tinygraph as tg
    >>> models = [tg.lab2.model(rng=seed) for seed in range(3)]
    >>> pairs = [(model, tg.Adam(model.parameters, lr=0.1)) for model in models]
    >>> record = train_batched(pairs, *tg.data.xor(), epochs=300)
    >>> record.accuracy.max(axis=1).round(2)
    array([1.  , 1.  , 0.76])
    """
    prediction = pairs[0][0].prediction
    together = SideBySide(pairs, {"x": x, "t": t}, keep=str(prediction.name))
    loss = np.empty((len(pairs), epochs))
    accuracy = np.empty((len(pairs), epochs))
    start = time.perf_counter()
    for first in range(0, epochs, STRETCH):
        stretch = slice(first, min(first + STRETCH, epochs))
        loss[:, stretch] = together.run(stretch.stop - first)
        right = BINARY.decide(np.asarray(together.kept)) == t
        accuracy[:, stretch] = right.mean(axis=(2, 3)).T
    return Record(loss, accuracy, time.perf_counter() - start)
