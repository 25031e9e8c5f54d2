"""The labels of a graph: which input holds them, and how they name classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.labels import Coding, NoClassesError, coding_of
from tinygraph.core.leaves import Input
from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array


@dataclass(frozen=True)
class Labels:
    """How a page reads the labels.

    Attributes
    ----------
    name : str
        The name of the input that holds them.
    coding : str
        ``"two values"``, ``"one-hot"``, ``"indices"`` or, for a regression, ``"number"``.
    low, high : float
        The two numbers of a label of two values; the range of the labels of a regression.
    threshold : float
        The output above which the second of two classes is chosen.
    classes : int
        The number of classes; 0 for a regression.
    positions : int
        The number of labels of a sample: of a sequence, one for each position.
    """

    name: str
    coding: str
    low: float = 0.0
    high: float = 1.0
    threshold: float = 0.5
    classes: int = 0
    positions: int = 1

    def read(self, t: Array) -> list[float]:
        """Return the class of each sample, or of each position; for a regression, its label."""
        if self.coding == "number":
            return [float(label) for label in np.ravel(t)]
        coding = Coding(self.coding, self.low, self.high)
        return [float(label) for label in np.ravel(coding.read(np.asarray(t)))]


def with_prediction(model: Graph) -> Graph:
    """Return the graph with the prediction that its loss compares, if it was built without one."""
    loss = model.output
    if model.prediction is not loss or not isinstance(loss, Op) or loss.compares is None:
        return model
    others = [n for n, name in zip(loss.inputs, loss.arguments) if name != loss.compares.labels]
    return Graph(loss, prediction=others[0], updates=model.updates)


def find_labels(model: Graph, arrays: Mapping[Any, Array]) -> Labels | None:
    """Return how the labels of a graph are read; None if it has none for each sample.

    Parameters
    ----------
    model : Graph
    arrays : mapping
        The data, by input.
    """
    others = [node for node in model.inputs if node not in model.prediction_inputs]
    if len(others) != 1:
        return None
    (labels,), prediction = others, model.prediction.shape or ()
    if labels.shape[:1] != (None,) or prediction[:1] != (None,):
        return None
    t, name = arrays[labels], str(labels.name)
    if labels.is_whole:
        if len(prediction) not in (2, 3) or labels.shape != prediction[:-1]:
            return None
        positions = int(np.prod(t.shape[1:]))
        return Labels(name, "indices", classes=int(prediction[-1] or 1), positions=positions)
    if len(labels.shape) > 2 or len(prediction) > 2:
        return None
    try:
        coding = coding_of(t)
    except NoClassesError:
        low, high = float(t.min()), float(t.max())
        return Labels(name, "number", low, high, threshold=0.0) if t.size == len(t) else None
    if coding.kind == "two values" and t.size != len(t):
        return None
    classes = 2 if coding.kind == "two values" else int(t.shape[-1])
    middle = 0.0 if _reads_logits(model, labels) else (coding.low + coding.high) / 2
    return Labels(name, coding.kind, coding.low, coding.high, middle, classes)


def _reads_logits(model: Graph, labels: Input) -> bool:
    """Tell whether the loss reads the prediction itself as logits."""
    readers = [node for node in model.nodes if isinstance(node, Op) and labels in node.inputs]
    return any(
        op.compares is not None and op.compares.are_logits and model.prediction in op.inputs
        for op in readers
    )
