"""A transformer that learns to reverse strings of digits, for ``tinygraph train reverse``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tabulate import tabulate

from tinygraph.checkpoint.saving import save
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.node import Node
from tinygraph.core.scope import scope
from tinygraph.data.sequences import Tokens, reversal
from tinygraph.errors import ArgumentError
from tinygraph.lab2.report.formatting import percent
from tinygraph.lab2.run import OPTIMIZERS
from tinygraph.layers import layer_norm, linear, transformer_block
from tinygraph.ops import Add, CrossEntropy, Embedding
from tinygraph.optim.optimizer import Optimizer
from tinygraph.train.fit import fit
from tinygraph.train.history import History
from tinygraph.validation.arrays import Array
from tinygraph.validation.randomness import as_generator

DIGITS = 10
"""The number of different tokens."""
BLOCKS = 2
HEADS = 4
LENGTH = 8
"""Digits in a string."""
STRINGS = 3_000
"""Strings that are made: most of them to train on, the others to test on."""
MOST_UNITS = 1_024


@dataclass(frozen=True)
class ReversalTraining:
    """The settings of the training: with these, all digits of new strings are right."""

    hidden: int = 32
    optimizer: str = "adam"
    lr: float = 0.003
    epochs: int = 8
    batch_size: int = 64
    validation: float = 0.2
    patience: int | None = None
    seed: int = 0
    print_interval: int | None = None


@dataclass(frozen=True, eq=False)
class TrainedReversal:
    """A trained transformer and its results on strings that it was not trained on.

    Attributes
    ----------
    model : Graph
    optimizer : Optimizer
    history : History
    strings, answers : tuple of two arrays (n, 8)
        Those of the training, then new ones.
    predictions : tuple of two arrays (n, 8)
        The digits with the largest logits.
    """

    model: Graph
    optimizer: Optimizer
    history: History
    strings: tuple[Tokens, Tokens]
    answers: tuple[Tokens, Tokens]
    predictions: tuple[Tokens, Tokens]

    def scores(self) -> list[tuple[str, ...]]:
        """Return a row for each part: its name, its size, and the digits and strings right."""
        rows: list[tuple[str, ...]] = []
        for part, answer, predicted in zip(
            ("training", "new"), self.answers, self.predictions, strict=True
        ):
            right = predicted == answer
            whole = percent(float(right.all(axis=1).mean()))
            rows.append((part, f"{len(right):,}", percent(float(right.mean())), whole))
        return rows

    def summary(self) -> str:
        """Return the scores as a table."""
        return tabulate(
            self.scores(),
            ("strings", "number", "digits right", "whole strings right"),
            disable_numparse=True,
        )

    def attention(self) -> Array:
        """Return the attention weights (blocks, heads, T, T), as means over the new strings."""
        weights = [self.model[f"block{k + 1}/attention/weights"] for k in range(BLOCKS)]
        return np.stack(
            [Graph(node).predict(tokens=self.strings[1]).mean(axis=0) for node in weights]
        )


def reversal_model(width: int = 32, rng: np.random.Generator | int | None = None) -> Graph:
    """Return a transformer of two blocks that maps 8 digits to 8 digits.

    Each digit and each position has a vector of ``width`` numbers; their sum goes through the
    blocks. Each position may look at all others, and has logits for its own answer.

    Raises
    ------
    ArgumentError
        If ``width`` is not a multiple of the number of heads.

    >>> reversal_model(16, rng=0)
    <Graph of 108 nodes, 7050 numbers in 38 parameters, output CrossEntropy "loss">
    """
    if not HEADS <= width <= MOST_UNITS or width % HEADS:
        raise ArgumentError(
            f"hidden must be a multiple of the {HEADS} heads, at most {MOST_UNITS:,}; got {width}. "
            f"Choose 32, for example."
        )
    generator = as_generator(rng)
    tokens = Input("tokens", shape=(None, LENGTH), dtype=int)
    answers = Input("answers", shape=(None, LENGTH), dtype=int)
    with scope("embedding"):
        digits = Parameter(generator.normal(size=(DIGITS, width)) * 0.3, name="digits")
        positions = Parameter(generator.normal(size=(LENGTH, width)) * 0.3, name="positions")
        h: Node = Add(Embedding(digits, tokens, name="e"), positions, name="h")
    for k in range(BLOCKS):
        h = transformer_block(h, HEADS, name=f"block{k + 1}", rng=generator)
    logits = linear(layer_norm(h, name="norm"), DIGITS, name="logits", rng=generator)
    return Graph(CrossEntropy(logits, answers, name="loss"), prediction=logits)


def train_reversal(settings: ReversalTraining) -> TrainedReversal:
    """Train the transformer on random strings, and test it on new ones.

    Raises
    ------
    ArgumentError
        If a setting is invalid.

    >>> trained = train_reversal(ReversalTraining(hidden=8, epochs=1, print_interval=0))
    >>> trained.predictions[1].shape
    (600, 8)
    """
    if not 0 < settings.validation < 1:
        raise ArgumentError(
            f"The validation share must be above 0 and below 1; got {settings.validation:g}."
        )
    model = reversal_model(settings.hidden, settings.seed)
    optimizer = OPTIMIZERS[settings.optimizer](model.parameters, lr=settings.lr)
    tokens, answers = reversal(STRINGS, LENGTH, DIGITS, rng=settings.seed)
    cut = min(max(1, round(STRINGS * (1 - settings.validation))), STRINGS - 1)
    history = fit(
        model,
        optimizer,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        rng=settings.seed,
        print_interval=settings.print_interval,
        patience=settings.patience,
        validation={"tokens": tokens[cut:], "answers": answers[cut:]},
        tokens=tokens[:cut],
        answers=answers[:cut],
    )
    decided = model.predict(tokens=tokens).argmax(axis=-1)
    return TrainedReversal(
        model,
        optimizer,
        history,
        (tokens[:cut], tokens[cut:]),
        (answers[:cut], answers[cut:]),
        (decided[:cut], decided[cut:]),
    )


def save_reversal(trained: TrainedReversal, folder: Path) -> list[Path]:
    """Write the checkpoint and the diagram of a training; return their paths."""
    from tinygraph.viz.diagram.diagram import render

    checkpoint = folder / "model.npz"
    save(checkpoint, trained.model, trained.optimizer, trained.history)
    return [checkpoint, render(trained.model).save(folder / "network.svg")]
