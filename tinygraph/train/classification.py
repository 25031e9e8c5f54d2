"""Whether a model is a classifier, and how good a one it is on the data at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input
from tinygraph.train.metrics import accuracy


def labels(model: Graph) -> Input | None:
    """Return the input that holds the labels, or ``None`` if no input does.

    It is the one input that the prediction does not need and that has the prediction's shape.
    """
    candidates = [
        node
        for node in model.inputs
        if node not in model.prediction_inputs and node.shape == model.prediction.shape
    ]
    return candidates[0] if len(candidates) == 1 and candidates[0].shape else None


def accuracy_on(model: Graph, feeds: Mapping[str, Any]) -> float | None:
    """Return the accuracy on what is fed; ``None`` without labels, or where they are no classes.

    >>> import tinygraph as tg
    >>> X, T = tg.data.xor()
    >>> round(accuracy_on(tg.lab2.model(rng=0), {"x": X, "t": T}), 2)
    0.52
    """
    target = labels(model)
    if target is None:
        return None
    truth = np.asarray(feeds[str(target.name)])
    if not (truth == np.round(truth)).all():
        return None  # a share of numbers that are met exactly says nothing
    with np.errstate(invalid="ignore"):  # a model that diverged is wrong everywhere: no news here
        return accuracy(model.predict(**feeds), truth)
