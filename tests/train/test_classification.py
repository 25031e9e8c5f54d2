"""A model is a classifier where an input holds labels, and the labels are classes."""

from __future__ import annotations

import numpy as np

import tinygraph as tg
from tinygraph.train.classification import accuracy_on, labels


def test_labels_are_the_input_that_the_prediction_does_not_need(lab2):
    assert labels(lab2) is lab2["t"]
    assert labels(tg.Graph(lab2.output)) is None


def test_there_is_no_accuracy_without_classes(lab2, xor):
    assert accuracy_on(lab2, xor) == np.mean(np.round(lab2.predict(x=xor["x"])) == xor["t"])
    assert accuracy_on(lab2, {**xor, "t": xor["t"] + 0.5}) is None
    assert accuracy_on(tg.Graph(lab2.output), xor) is None


def test_a_sweep_over_a_regression_has_no_accuracy(xor):
    def build(rng):
        model = tg.lab2.model(rng=rng)
        return model, tg.SGD(model.parameters)

    feeds = {**xor, "t": xor["t"] * 0.3}
    (run,) = tg.sweep(build, seeds=1, epochs=2, **feeds)
    assert (run.accuracy, run.solved_at) == (None, None)


def test_a_diverged_model_is_wrong_everywhere_and_no_news(lab2, xor):
    lab2.parameters[0].value = np.full_like(lab2.parameters[0].value, np.nan)
    assert accuracy_on(lab2, xor) == 0
