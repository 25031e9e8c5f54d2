"""A model is a classifier if its loss compares the prediction with labels that are classes."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.train.classification import Accuracy, accuracy_on

LOGITS = np.array([[-0.3], [0.2], [0.7], [-2.0]])
"""Where the threshold stands decides: 0.2 and 0.7 are above 0, only 0.7 is above 0.5."""
LABELS = np.array([[0.0], [1.0], [1.0], [0.0]])
SIGNS = 2 * LABELS - 1


def judged(build, t, **more):
    """Return the accuracy, or the reason why there is none, of a loss built from z and t."""
    z, node = tg.Input("z", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    w = tg.Parameter(1.0, name="w")
    loss, prediction = build(z * w, node)
    feeds = {"z": LOGITS, "t": t, **more}
    accuracy = Accuracy(tg.Graph(loss, prediction=prediction), feeds)
    share = accuracy.on(feeds)
    assert (share is None) == bool(accuracy.why_none)
    return accuracy.why_none or share


def weighted(y, t):
    return tg.Mean(tg.Input("weight", shape=(None, 1)) * (y - t) ** 2), y


def cross_entropy(z, t):
    p = tg.Sigmoid(z)
    return tg.Mean(-(t * tg.Log(p) + (1 - t) * tg.Log(1 - p))), p


def rescaled(z, t):
    p = tg.Sigmoid(z)
    return tg.MSE(2 * p - 1, t), p


def hinge(z, t):
    return tg.Mean(tg.ReLU(1 - t * z)), z


def logistic(z, t):
    return tg.Mean(tg.Log(1 + tg.Exp(z)) - t * z), z


class LogitLoss(tg.Op):
    role = "loss"
    compares = tg.Comparison(labels="t", are_logits=True)

    def forward(self, z, t):
        return np.mean(np.logaddexp(0, z) - t * z)

    def backward(self, g, y, z, t):
        return g * (1 / (1 + np.exp(-z)) - t) / z.size, -g * z / z.size

    def infer_shape(self, z, t):
        return ()


class Undeclared(LogitLoss):
    compares = None


@pytest.mark.parametrize(
    ("build", "t", "expected"),
    [
        (lambda z, t: (tg.MSE(z, t), z), LABELS, 0.75),  # midway: 0.2 is below 0.5
        (lambda z, t: (tg.MSE(t, z), z), LABELS, 0.75),
        (lambda z, t: (tg.Mean((t - z) ** 2), z), LABELS, 0.75),
        (lambda z, t: (tg.MSE(z, t), z), SIGNS, 1.0),
        (lambda z, t: (tg.MSE(z, 2 * t - 1), z), LABELS, 1.0),  # the loss knows −1 and 1
        (rescaled, SIGNS, 1.0),
        (cross_entropy, LABELS, 1.0),
        (hinge, SIGNS, 1.0),
        (logistic, LABELS, 1.0),  # a logit of 0.2 is a probability over a half
        (lambda z, t: (LogitLoss(z, t), z), LABELS, 1.0),
        (lambda z, t: (LogitLoss(z, t), tg.Sigmoid(z)), LABELS, 1.0),
        (lambda z, t: (LogitLoss(z, t) + 0.1 * tg.Sum(z * z), z), LABELS, 1.0),
    ],
)
def test_the_loss_says_how_a_prediction_is_read(build, t, expected):
    assert judged(build, t) == expected


def test_sample_weights_change_the_loss_and_not_the_accuracy():
    assert judged(weighted, LABELS, weight=1 + LABELS) == 0.75


@pytest.mark.parametrize(
    ("build", "t", "reason"),
    [
        (lambda z, t: (tg.MSE(z, t), z), 3 * LABELS, "such as 3, so this is a regression"),
        (lambda z, t: (tg.MSE(z, t), z), 0.9 * LABELS, "such as 0.9"),
        (lambda z, t: (tg.MSE(z, t), z), np.ones((4, 1)), "all of them are 1"),
        (lambda z, t: (tg.MSE(z, t), None), LABELS, "the graph has no prediction"),
        (lambda z, t: (tg.Mean(z * z - 2 * (t * z) + t * t), z), LABELS, "does not show how"),
        (lambda z, t: (tg.Mean(tg.Divide(z, t)), z), LABELS, "does not show how"),
        (cross_entropy, SIGNS, "are −1 and 1, but the loss multiplies them"),
        (lambda z, t: (Undeclared(z, t), z), LABELS, r'"Multiply\d" is -0.3.*are_logits=True'),
    ],
)
def test_where_no_accuracy_makes_sense_the_reason_is_said(build, t, reason):
    assert re.search(reason, str(judged(build, t)))


def test_weights_that_mask_both_sides_hide_the_labels():
    y, t, w = (tg.Input(name, shape=(None, 1)) for name in "ytw")
    y = y * tg.Parameter(1.0, name="p")
    model = tg.Graph(tg.MSE(w * y, w * t), prediction=y)
    feeds = {"y": LOGITS, "t": LABELS, "w": np.ones((4, 1))}
    assert "does not show how" in Accuracy(model, feeds).why_none


def test_an_autoencoder_has_no_labels():
    x = tg.Input("x", shape=(None, 2))
    y = tg.MatMul(x, tg.Parameter(np.eye(2), name="W"))
    weight = tg.Input("w", shape=(None, 2))
    model = tg.Graph(tg.Mean(weight * (y - x) ** 2), prediction=y)
    feeds = {"x": np.eye(2), "w": np.ones((2, 2))}
    assert (
        Accuracy(model, feeds).why_none
        == "the loss compares the prediction with its own input 'x'."
    )


def test_one_hot_labels_and_independent_outputs():
    z, t = tg.Input("z", shape=(None, 3)), tg.Input("t", shape=(None, 3))
    y = z * tg.Parameter(1.0, name="w")
    model = tg.Graph(tg.MSE(y, t), prediction=y)
    scores = np.array([[0.1, 0.3, 0.2], [0.9, 0.8, 0.7]])
    one_hot = np.array([[0.0, 1, 0], [1, 0, 0]])
    assert accuracy_on(model, {"z": scores, "t": one_hot}) == 1.0
    several = np.array([[0.0, 0, 0], [1, 1, 0]])  # each output by itself, and all of them right
    assert accuracy_on(model, {"z": scores, "t": several}) == 0.5


class IndexLoss(LogitLoss):
    compares = tg.Comparison(labels="t", are_indices=True)

    def forward(self, z, t):
        return np.mean(z)


@pytest.mark.parametrize("steps", [(), (2,)])
def test_class_indices_take_the_largest_logit(steps):
    z, t = tg.Input("z", shape=(None, *steps, 3)), tg.Input("t", shape=(None, *steps))
    logits = z * tg.Parameter(1.0, name="w")
    model = tg.Graph(IndexLoss(logits, t), prediction=logits)
    scores = np.resize([-3.0, -1, -2, 0.4, 0.2, 0.1], (2, *steps, 3))
    labels = np.resize([1.0, 2.0], (2, *steps))
    assert accuracy_on(model, {"z": scores, "t": labels}) == 0.5


def test_a_sweep_over_a_regression_has_no_accuracy(xor):
    def build(rng):
        model = tg.lab2.model(rng=rng)
        return model, tg.SGD(model.parameters)

    feeds = {**xor, "t": xor["t"] * 0.3}
    (run,) = tg.sweep(build, seeds=1, epochs=2, **feeds)
    assert (run.accuracy, run.solved_at) == (None, None)


def test_a_diverged_model_is_wrong_everywhere(lab2, xor):
    lab2.parameters[0].value = np.full_like(lab2.parameters[0].value, np.nan)
    assert accuracy_on(lab2, xor) == 0


def test_labels_of_one_class_are_read_in_the_coding_of_the_training_data():
    y, t = tg.Input("y", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    model = tg.Graph(tg.MSE(y * tg.Parameter(1.0, name="w"), t), prediction=y)
    model = tg.Graph(model.output, prediction=model["Multiply1"])
    accuracy = Accuracy(model, {"y": LOGITS, "t": SIGNS})
    assert accuracy.on({"y": [[0.2]], "t": [[1.0]]}) == 1.0


def test_fit_says_once_why_there_is_no_accuracy(lab2, xor, capsys):
    tg.fit(lab2, tg.SGD(lab2.parameters), x=xor["x"], t=5 * xor["t"], epochs=6, print_interval=2)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[0].startswith('No accuracy: the labels "t" are not classes')
