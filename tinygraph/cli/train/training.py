"""The training of a network on a table: a classifier, or the regression of a quantity.

The graph itself standardizes the features, so the trained model takes them as the table has them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

from tinygraph.checkpoint.saving import save
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant, Input, Parameter
from tinygraph.core.node import Node
from tinygraph.data.table import Table
from tinygraph.errors import ArgumentError
from tinygraph.lab2.network import MOST_UNITS
from tinygraph.lab2.report.formatting import percent
from tinygraph.lab2.run import OPTIMIZERS
from tinygraph.layers import dropout
from tinygraph.notation.numbers import number
from tinygraph.ops import (
    MSE,
    Add,
    AddBias,
    Conv2D,
    CrossEntropy,
    Divide,
    MatMul,
    MaxPool2D,
    Multiply,
    ReLU,
    Reshape,
    Subtract,
    Tanh,
)
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.schedules import Schedule, cosine
from tinygraph.train.fit import fit
from tinygraph.train.history import History
from tinygraph.validation.arrays import Array
from tinygraph.validation.paths import writing
from tinygraph.validation.randomness import as_generator

Rows = NDArray[np.bool_]
MODELS = ("mlp", "conv")
"""Two dense layers; or two convolutions, the first one pooled, and one dense layer."""
KERNELS = (16, 32)
"""Output channels of the convolutions."""
KERNEL_SIZE = 3
DROPPED = 0.5
"""The fraction of hidden units after the convolutions that each training step leaves out."""
SIGNIFICANT = 3
"""Significant digits of losses and errors."""


@dataclass(frozen=True)
class Training:
    """The settings of a training on a table."""

    model: str = "mlp"
    hidden: int = 16
    optimizer: str = "adam"
    lr: float = 0.01
    epochs: int = 1_000
    batch_size: int | None = None
    validation: float = 0.2
    patience: int | None = None
    seed: int = 0
    print_interval: int | None = None


DIGITS = Training(hidden=64, lr=0.003, epochs=60, batch_size=50, validation=0.221)
"""The usual settings for the handwritten digits: 1,400 images to train on, 397 to test on."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A trained model and its results.

    Attributes
    ----------
    table : Table
    model : Graph
    optimizer : Optimizer
    history : History
    is_held_out : array (n,) of bool
        The rows that were kept for validation.
    prediction : array (n, 1) or (n, k)
        A quantity, or one logit for each class, for every row of the table.
    """

    table: Table
    model: Graph
    optimizer: Optimizer
    history: History
    is_held_out: Rows
    prediction: Array

    @property
    def decided(self) -> Array:
        """The predicted class of each row, or the predicted quantity."""
        if not self.table.classes:
            return self.prediction[:, 0]
        return np.asarray(self.prediction.argmax(axis=1), dtype=np.float64)

    @property
    def margin(self) -> Array:
        """How far the largest logit of each row is above that of the true class."""
        rows = np.arange(len(self.table.y))
        true = self.prediction[rows, self.table.y.astype(int)]
        return np.asarray(self.prediction.max(axis=1) - true)

    def score(self, rows: Rows) -> float:
        """Return the accuracy on some rows, or the root mean squared error of a quantity."""
        truth, decided = self.table.y[rows], self.decided[rows]
        if self.table.classes:
            return float(np.mean(decided == truth))
        return float(np.sqrt(np.mean((decided - truth) ** 2)))

    def baseline(self, rows: Rows) -> float:
        """Return the score of a constant: the training rows' most frequent class, or their mean."""
        y = self.table.y
        known = y[~self.is_held_out]
        if self.table.classes:
            return float(np.mean(y[rows] == np.bincount(known.astype(int)).argmax()))
        return float(np.sqrt(np.mean((y[rows] - known.mean()) ** 2)))

    def scores(self) -> list[tuple[str, str, str, str]]:
        """Return a row for each part of the data: its name, its size, the score, the baseline."""
        parts = [("training", ~self.is_held_out), ("validation", self.is_held_out)]
        write = percent if self.table.classes else lambda value: number(value, SIGNIFICANT)
        return [
            (name, f"{rows.sum():,}", write(self.score(rows)), write(self.baseline(rows)))
            for name, rows in parts
            if rows.any()
        ]

    @property
    def score_names(self) -> tuple[str, str]:
        """The names of the score and of the baseline."""
        if self.table.classes:
            return "accuracy", "always the most frequent class"
        return "root mean squared error", "always the mean"

    def summary(self) -> str:
        """Return the scores as a table."""
        return tabulate(self.scores(), ("rows", "number", *self.score_names), disable_numparse=True)


def train_on_table(table: Table, settings: Training) -> Trained:
    """Train the network on a table, with some rows kept for validation.

    Raises
    ------
    ArgumentError
        If a setting is invalid.

    >>> table = Table(("a",), np.array([[0.0], [1.0], [2.0], [3.0]]), "b", np.arange(4.0), ())
    >>> trained = train_on_table(table, Training(epochs=300, validation=0.25, print_interval=0))
    >>> bool(trained.score(~trained.is_held_out) < 0.1)
    True
    """
    rng = as_generator(settings.seed)
    is_held_out = _held_out_rows(len(table.y), settings.validation, rng)
    model = network(table, settings, ~is_held_out, rng)
    rows = ~is_held_out
    optimizer = OPTIMIZERS[settings.optimizer](model.parameters, lr=_rate(settings, rows.sum()))
    labels = _labels(table)
    history = fit(
        model,
        optimizer,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        rng=settings.seed,
        print_interval=settings.print_interval,
        patience=settings.patience,
        validation={"x": table.x[is_held_out], "t": labels[is_held_out]}
        if is_held_out.any()
        else None,
        x=table.x[rows],
        t=labels[rows],
    )
    return Trained(table, model, optimizer, history, is_held_out, model.predict(x=table.x))


def _rate(settings: Training, samples: int) -> float | Schedule:
    """Return the learning rate; that of convolutions falls to 0 along half a cosine."""
    if settings.model != "conv" or settings.epochs < 1:
        return settings.lr
    batches = -(-samples // (settings.batch_size or samples))
    return cosine(settings.lr, settings.epochs * batches)


def network(table: Table, settings: Training, rows: Rows, rng: np.random.Generator) -> Graph:
    """Return the network for a table: standardized features, hidden layers, an output and a loss.

    Parameters
    ----------
    table : Table
    settings : Training
    rows : array (n,) of bool
        The training rows: their mean and deviation standardize the features.
    rng : Generator

    Raises
    ------
    ArgumentError
        If the convolutional model gets a table without images.
    """
    if not 1 <= settings.hidden <= MOST_UNITS:
        raise ArgumentError(
            f"hidden must be a number of units from 1 to {MOST_UNITS:,}; got {settings.hidden}. "
            f"Choose 16, for example."
        )
    x = Input("x", shape=(None, len(table.features)))
    known = table.x[rows]
    if table.image_shape:  # one scale for all pixels, so that a window means the same everywhere
        known = known.reshape(-1, 1)
    mean, deviation = _mean_and_deviation(known)
    centered = Subtract(x, Constant(mean, name="mean"), name="centered")
    features: Node = Divide(centered, Constant(deviation, name="deviation"), name="standardized")
    if settings.model == "conv":
        if table.image_shape is None:
            raise ArgumentError(
                "The convolutional model needs images. Train a table of features with --model mlp."
            )
        h = _convolutions(features, table.image_shape, settings.hidden, rng)
    else:
        h = _dense_layers(features, settings.hidden, rng)
    if table.classes:
        logits = _dense(h, len(table.classes), "logits", rng)
        labels = Input("t", shape=(None,), dtype=int)
        return Graph(CrossEntropy(logits, labels, name="loss"), prediction=logits)
    output = _dense(h, 1, "output", rng)
    mean, deviation = _mean_and_deviation(table.y[rows])
    scaled = Multiply(output, Constant(deviation, name="target deviation"), name="scaled")
    prediction = Add(scaled, Constant(mean, name="target mean"), name="prediction")
    return Graph(MSE(prediction, Input("t", shape=(None, 1)), name="loss"), prediction=prediction)


def _dense_layers(features: Node, hidden: int, rng: np.random.Generator) -> Node:
    first = Tanh(_dense(features, hidden, "layer1", rng), name="layer1/h")
    return Tanh(_dense(first, hidden, "layer2", rng), name="layer2/h")


def _dense(h: Node, units: int, name: str, rng: np.random.Generator) -> Node:
    """Return x W + b. Inputs of variance 1 give results of variance 1."""
    inputs = int(h.shape[1] or 1)
    W = Parameter(rng.normal(size=(inputs, units)) / np.sqrt(inputs), name=f"{name}/W")
    b = Parameter(np.zeros(units), name=f"{name}/b")
    return AddBias(MatMul(h, W, name=f"{name}/z"), b, name=f"{name}/a")


def _convolutions(
    features: Node, image_shape: tuple[int, int], hidden: int, rng: np.random.Generator
) -> Node:
    """Return two convolutions with ReLU, the first one pooled, then a layer of hidden units.

    Half of the hidden units are dropped in each training step: the network has many parameters for
    1,400 images.
    """
    h: Node = Reshape(features, to=(None, 1, *image_shape), name="images")
    channels = 1
    for k, kernels in enumerate(KERNELS, start=1):
        # ReLU halves the variance, so He's initialization doubles it.
        size = (kernels, channels, KERNEL_SIZE, KERNEL_SIZE)
        deviation = np.sqrt(2 / (channels * KERNEL_SIZE**2))
        K = Parameter(rng.normal(size=size) * deviation, name=f"block{k}/K")
        b = Parameter(np.zeros((kernels, 1, 1)), name=f"block{k}/b")
        z = Conv2D(h, K, padding=KERNEL_SIZE // 2, name=f"block{k}/z")
        h = ReLU(Add(z, b, name=f"block{k}/a"), name=f"block{k}/h")
        if k == 1:
            h = MaxPool2D(h, name=f"block{k}/pool")
        channels = kernels
    pixels = int(np.prod([size for size in h.shape if size is not None]))
    units = _dense(Reshape(h, to=(None, pixels), name="pixels"), hidden, "layer1", rng)
    return dropout(ReLU(units, name="layer1/h"), DROPPED, name="dropout")


def save_training(trained: Trained, folder: Path) -> list[Path]:
    """Write the predictions, the checkpoint and the diagram of a training; return their paths."""
    from tinygraph.viz.diagram.diagram import render

    table = trained.table
    decided = trained.decided
    predictions, checkpoint = folder / "predictions.csv", folder / "model.npz"
    with writing(predictions), predictions.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*table.features, "rows", table.target, "prediction"))
        for k, held_out in enumerate(trained.is_held_out):
            part = "validation" if held_out else "training"
            values = (label_text(table, float(y)) for y in (table.y[k], decided[k]))
            writer.writerow((*table.x[k].tolist(), part, *values))
    save(checkpoint, trained.model, trained.optimizer, trained.history)
    return [predictions, checkpoint, render(trained.model).save(folder / "network.svg")]


def label_text(table: Table, value: float) -> str:
    """Return a class by its name, or a quantity with all its digits."""
    return table.classes[int(value)] if table.classes else repr(value)


def _held_out_rows(count: int, share: float, rng: np.random.Generator) -> Rows:
    if not 0 <= share < 1:
        raise ArgumentError(f"The validation share must be at least 0 and below 1; got {share:g}.")
    held_out = round(count * share)
    if count - held_out < 2:
        raise ArgumentError(
            f"At least 2 rows must remain for training; the table has {count}, and {held_out} are "
            f"kept for validation. Add rows, or lower the share."
        )
    is_held_out = np.zeros(count, dtype=bool)
    is_held_out[rng.permutation(count)[:held_out]] = True
    return is_held_out


def _mean_and_deviation(values: Array) -> tuple[Array, Array]:
    deviation = values.std(axis=0)
    return values.mean(axis=0), np.where(deviation > 0, deviation, 1.0)


def _labels(table: Table) -> Any:
    """Return the target as the loss takes it: class indices (n,), or quantities (n, 1)."""
    return table.y.astype(int) if table.classes else table.y[:, None]
