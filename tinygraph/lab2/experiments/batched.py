"""Many seeds trained side by side, with what each network knew at every epoch."""

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
"""For so many epochs predictions are kept; then they are counted, and their memory used again."""


@dataclass(frozen=True, eq=False)
class Record:
    """What a training run left: one row a network, one column an epoch.

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
    """Train Lab 2 networks on the same data; one that diverges does not touch the others.

    Parameters
    ----------
    pairs : sequence of (Graph, Optimizer)
        Networks made by :func:`tinygraph.lab2.model` that differ in their start values alone, each
        with an optimizer of its own; their hyperparameters may differ too.
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
