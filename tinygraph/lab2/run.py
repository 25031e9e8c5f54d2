"""One run of Lab 2 on one data set: its settings, its training and its result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tabulate import tabulate

from tinygraph import data
from tinygraph.checkpoint.saving import load, save
from tinygraph.core.graph import Graph
from tinygraph.errors import UnknownNameError, did_you_mean
from tinygraph.lab2.network import model as build_model
from tinygraph.optim.adam import Adam
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Momentum, RMSProp
from tinygraph.train.fit import fit
from tinygraph.train.history import History
from tinygraph.train.metrics import accuracy, one_minus_mean_abs_error
from tinygraph.validation.arrays import Array
from tinygraph.validation.randomness import as_generator

if TYPE_CHECKING:
    from tinygraph.viz.playground.playground import Playground
    from tinygraph.viz.stepper.stepper import Stepper

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
}
"""The optimizers by their names in the lab."""

DATA_SETS = ("linear", "xor")
MOST_SHOWN = 6
"""Predictions that are printed; the CSV file has all."""


@dataclass(frozen=True)
class Settings:
    """The settings of a run of Lab 2. The defaults reach 100 % on both data sets."""

    data: str = "xor"
    n: int = 100
    hidden: int = 4
    activation: str = "sigmoid"
    output_activation: str | None = None
    optimizer: str = "adam"
    lr: float = 0.1
    epochs: int = 5_000
    print_interval: int = 500
    seed: int = 0
    engine: str = "auto"


@dataclass(frozen=True)
class Outcome:
    """The result of a run: the trained model, its History, and its prediction for every point."""

    settings: Settings
    model: Graph
    optimizer: Optimizer
    history: History
    x: Array
    t: Array
    y: Array

    @property
    def accuracy(self) -> float:
        """The fraction of points whose rounded prediction equals the label."""
        return accuracy(self.y, self.t)

    def summary(self) -> str:
        """Return the closing lines: time, accuracy, and 1 − mean abs error."""
        history = self.history
        return tabulate(
            [
                ("epochs", f"{len(history):,} ({history.stopped})"),
                ("time", f"{history.seconds:.2f} s ({history.engine})"),
                ("final loss", f"{history.loss[-1]:.6g}" if len(history) else "none"),
                ("accuracy", f"{self.accuracy:.2%}"),
                ("1 − mean abs error", f"{one_minus_mean_abs_error(self.y, self.t):.4%}"),
            ],
            tablefmt="plain",
            disable_numparse=True,
        )

    def predictions(self, most: int = MOST_SHOWN) -> str:
        """Return a table of labels and predictions: the points farthest from their labels first."""
        order = np.argsort(-np.abs(self.y - self.t)[:, 0], kind="stable")[:most]
        rows = [
            (f"{x1:.3f}", f"{x2:.3f}", f"{t:.0f}", f"{y:.4f}")
            for (x1, x2), (t,), (y,) in zip(
                self.x[order], self.t[order], self.y[order], strict=True
            )
        ]
        headers = ("x1", "x2", "label", "predicted")
        return tabulate(rows, headers, disable_numparse=True, stralign="right")


def problem(settings: Settings) -> tuple[Graph, Optimizer, Array, Array]:
    """Return the model, its optimizer and the data, all from one seed.

    Raises
    ------
    UnknownNameError
        If a data set, activation or optimizer is not listed.
    """
    rng = as_generator(settings.seed)
    if settings.data not in DATA_SETS:
        raise UnknownNameError(
            f"No data set is called {settings.data!r}." + did_you_mean(settings.data, DATA_SETS)
        )
    if settings.optimizer not in OPTIMIZERS:
        raise UnknownNameError(
            f"No optimizer is called {settings.optimizer!r}."
            + did_you_mean(settings.optimizer, OPTIMIZERS)
        )
    x, t = data.linear(settings.n, rng) if settings.data == "linear" else data.xor()
    model = build_model(settings.hidden, settings.activation, settings.output_activation, rng)
    return model, OPTIMIZERS[settings.optimizer](model.parameters, lr=settings.lr), x, t


def train(settings: Settings, checkpoint: Path | None = None) -> Outcome:
    """Train the Lab 2 network once.

    Parameters
    ----------
    settings : Settings
    checkpoint : path, optional
        A file that is written at the start and after every print interval.  If it exists, the run
        continues from it, up to ``settings.epochs`` epochs in all.

    Raises
    ------
    NonFiniteError
        If the training diverges.
    FileError, CheckpointError
        If the checkpoint cannot be written, or belongs to another run.

    >>> outcome = train(Settings(data="xor", epochs=1000, print_interval=0))
    >>> outcome.accuracy
    1.0
    """
    model, optimizer, x, t = problem(settings)
    history = History()
    must_agree = {
        name: value
        for name, value in asdict(settings).items()
        if name not in ("epochs", "print_interval")
    }

    def keep(record: History) -> None:
        if checkpoint is not None:
            save(checkpoint, model, optimizer, record, settings=must_agree)

    if checkpoint is not None and checkpoint.exists():
        history = load(checkpoint, model, optimizer, settings=must_agree) or history
        print(f"resumed from {checkpoint} after {len(history):,} epochs")
    else:
        keep(history)
    if len(history) < settings.epochs or not len(history):
        fit(
            model,
            optimizer,
            epochs=settings.epochs - len(history),
            print_interval=settings.print_interval,
            engine=settings.engine,
            history=history,
            callback=keep,
            x=x,
            t=t,
        )
    return Outcome(settings, model, optimizer, history, x, t, model.predict(x=x))


def live(settings: Settings) -> Playground:
    """Return the page on which this network trains in the browser, from several start values.

    >>> live(Settings())
    <Playground of MSE "loss": 21 samples>
    """
    from tinygraph.viz.playground.playground import playground

    def build(rng: int) -> Graph:
        return problem(replace(settings, seed=settings.seed + rng))[0]

    _, optimizer, x, t = problem(settings)
    return playground(
        build,
        lambda parameters: type(optimizer)(parameters, lr=settings.lr),
        title=f"Lab 2, {settings.data}",
        x=x,
        t=t,
    )


def first_steps(
    settings: Settings, training_steps: int = 1, samples: Sequence[int] | None = None
) -> Stepper:
    """Return a stepper through the first training steps of a run, from its start values.

    Parameters
    ----------
    settings : Settings
    training_steps : int
    samples : sequence of int, optional
        The indices of the points to train on.  Default: all points.

    >>> first_steps(Settings(data="linear"), samples=[0, 1, 2])
    <Stepper of 26 steps: 10 forward, 10 backward, 6 update>
    """
    from tinygraph.viz.stepper.stepper import step_through

    model, optimizer, x, t = problem(settings)
    chosen = slice(None) if samples is None else list(samples)
    return step_through(model, optimizer, training_steps, x=x[chosen], t=t[chosen])
