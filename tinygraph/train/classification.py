"""Which models are classifiers, and their accuracy.

The loss distinguishes a classifier from a regression: it compares the prediction with labels, and
the labels name classes.  ``fit``, sweeps and the command line all use this module.  The codings of
labels and their decision rules are in :mod:`tinygraph.core.labels`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.comparison import comparison_of
from tinygraph.core.graph import Graph
from tinygraph.core.labels import Coding, NoClassesError, coding_of
from tinygraph.train.metrics import share_right
from tinygraph.validation.arrays import Array


class Accuracy:
    """The accuracy of a model, or the reason why it has none.

    Parameters
    ----------
    model : Graph
    feeds : mapping
        The training data, whose labels show the coding.

    Attributes
    ----------
    why_none : str
        One sentence if the model has no accuracy; otherwise empty.

    >>> import tinygraph as tg
    >>> X, T = tg.data.xor()
    >>> accuracy = Accuracy(tg.lab2.model(rng=0), {"x": X, "t": T})
    >>> round(accuracy.on({"x": X, "t": T}), 2)
    0.52
    >>> Accuracy(tg.lab2.model(rng=0), {"x": X, "t": 3 * T}).why_none
    'the labels "t" are not classes: they hold numbers other than 0 and 1, such as 3, so this is \
a regression.'
    """

    def __init__(self, model: Graph, feeds: Mapping[str, Any]) -> None:
        self.why_none = ""
        self._model = model
        try:
            self._compared = comparison_of(model)
            self._outputs = Graph(self._compared.scores)
            self._targets = Graph(self._compared.labels)
            self._coding = self._read_coding(feeds)
        except NoClassesError as reason:
            self.why_none = f"{reason}."

    def on(self, feeds: Mapping[str, Any]) -> float | None:
        """Return the accuracy on data; ``None`` if the model has none.

        A loss that does not declare how it reads the prediction may turn out to read logits.  From
        then on ``why_none`` says so.
        """
        if self.why_none:
            return None
        labels = _values(self._targets, feeds)
        # A model that diverged is wrong everywhere, and fit has its own message for that.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            outputs = _values(self._outputs, feeds)
        compared, coding = self._compared, self._coding
        if compared.are_probabilities or not compared.is_declared:
            self._check_range(outputs)
        decided = coding.decide(outputs, 0.0 if compared.are_logits else None)
        return None if self.why_none else share_right(decided, coding.read(labels), coding)

    def _check_range(self, outputs: Array) -> None:
        coding, name = self._coding, self._compared.scores.name
        outside = outputs[(outputs < coding.low) | (outputs > coding.high)]
        if outside.size:
            self.why_none = (
                f'"{name}" is {outside[0]:.4g}, outside the labels {coding.low:g} and '
                f"{coding.high:g}. If its loss reads logits, declare it on the class of the loss: "
                f'compares = Comparison(labels="t", are_logits=True).'
            )

    def _read_coding(self, feeds: Mapping[str, Any]) -> Coding:
        compared = self._compared
        name = f'the labels "{compared.source.name}"'
        if compared.are_indices:
            return Coding("indices")
        labels = _values(self._targets, feeds)
        if not labels.ndim:
            raise NoClassesError(f"{name} are one number, not one label for each sample")
        try:
            coding = coding_of(labels)
        except NoClassesError as reason:
            raise NoClassesError(f"{name} are not classes: {reason}") from None
        if compared.are_probabilities and coding.low != 0:
            raise NoClassesError(
                f"{name} are −1 and 1, but the loss multiplies them with a function of the "
                f"prediction, as for 0 and 1"
            )
        return coding


def accuracy_on(model: Graph, feeds: Mapping[str, Any]) -> float | None:
    """Return the accuracy of a model on data; ``None`` if the model is not a classifier.

    >>> import tinygraph as tg
    >>> X, T = tg.data.xor()
    >>> round(accuracy_on(tg.lab2.model(rng=0), {"x": X, "t": T}), 2)
    0.52
    """
    return Accuracy(model, feeds).on(feeds)


def _values(graph: Graph, feeds: Mapping[str, Any]) -> Array:
    needed = {str(node.name): feeds[str(node.name)] for node in graph.prediction_inputs}
    return np.asarray(graph.predict(**needed))
