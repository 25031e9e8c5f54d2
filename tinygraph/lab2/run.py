"""One run of Lab 2 on one data set: train, say how it went, and leave figures behind."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tabulate import tabulate

from tinygraph import data
from tinygraph.checkpoint.saving import load, save
from tinygraph.core.graph import Graph
from tinygraph.errors import UnknownNameError, did_you_mean
from tinygraph.lab2.network import model as build_model
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Adam, Momentum, RMSProp
from tinygraph.train.fit import fit
from tinygraph.train.history import History
from tinygraph.train.metrics import accuracy, one_minus_mean_abs_error
from tinygraph.validation.arrays import Array
from tinygraph.validation.randomness import as_generator

if TYPE_CHECKING:
    from tinygraph.viz.stepper.stepper import Stepper

OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
}
"""The optimizers by the names that the lab gives them."""

DATA_SETS = ("linear", "xor")


@dataclass(frozen=True)
class Settings:
    """What a run of Lab 2 is made of; the defaults reach 100 % on both data sets."""

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
    """What a run left: the trained model, its record, and its predictions for every point."""

    settings: Settings
    model: Graph
    optimizer: Optimizer
    history: History
    x: Array
    t: Array
    y: Array

    @property
    def accuracy(self) -> float:
        """The share of points whose rounded prediction equals the label."""
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

    def predictions(self, columns: int = 2) -> str:
        """Return a table of every point's label and prediction, in blocks side by side."""
        rows = [
            (f"{x1:.3f}", f"{x2:.3f}", f"{t:.0f}", f"{y:.4f}")
            for (x1, x2), (t,), (y,) in zip(self.x, self.t, self.y, strict=True)
        ]
        height = -(-len(rows) // columns)
        rows += [("", "", "", "")] * (height * columns - len(rows))
        blocks = [rows[k * height : (k + 1) * height] for k in range(columns)]
        lines = [sum(parts, ()) for parts in zip(*blocks, strict=True)]
        return tabulate(
            lines,
            headers=("x1", "x2", "label", "predicted") * columns,
            disable_numparse=True,
            stralign="right",
        )


def problem(settings: Settings) -> tuple[Graph, Optimizer, Array, Array]:
    """Return the model, its optimizer and the data, all from one seed.

    Raises
    ------
    UnknownNameError
        For a data set, activation or optimizer that is not listed.
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
        A file that is written at the start and every print interval.  If it is there already, the
        run is taken up where it was left, up to ``settings.epochs`` in all.

    Raises
    ------
    NonFiniteError
        If the training diverges.
    FileError, CheckpointError
        If the checkpoint cannot be written, or is that of another run.

    >>> outcome = train(Settings(data="xor", epochs=1000, print_interval=0))
    >>> outcome.accuracy
    1.0
    """
    model, optimizer, x, t = problem(settings)
    history = History()
    what_must_agree = {
        name: value
        for name, value in asdict(settings).items()
        if name not in ("epochs", "print_interval")
    }

    def keep(record: History) -> None:
        if checkpoint is not None:
            save(checkpoint, model, optimizer, record, settings=what_must_agree)

    if checkpoint is not None and checkpoint.exists():
        history = load(checkpoint, model, optimizer, settings=what_must_agree) or history
        print(f"resumed from {checkpoint}: {len(history):,} epochs are done")
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


def first_steps(settings: Settings, training_steps: int = 1) -> Stepper:
    """Return the first training steps of a run, from its start values, to be walked through.

    >>> first_steps(Settings(data="linear"))
    <Stepper of 26 steps: 10 forward, 10 backward, 6 update>
    """
    from tinygraph.viz.stepper.stepper import step_through

    model, optimizer, x, t = problem(settings)
    return step_through(model, optimizer, training_steps, x=x, t=t)


def save_figures(outcome: Outcome, folder: Path) -> list[Path]:
    """Write figures, predictions and a stepper page of a run, and return their paths."""
    from matplotlib.figure import Figure

    from tinygraph import plots

    def axes(width: float, height: float) -> Any:
        return Figure(figsize=(width, height), layout="constrained").subplots()

    name = outcome.settings.data
    truth = plots.truth_and_prediction(
        outcome.x,
        outcome.t,
        outcome.y,
        title=f"{name}: accuracy {outcome.accuracy:.2%}",
        figure=Figure(figsize=(8.4, 4.9)),
    )
    curve = outcome.history.plot(ax=axes(6.0, 3.6))
    curve.set_title(f"{name}: learning curve")
    regions = plots.decision_regions(
        outcome.model,
        outcome.x,
        outcome.t,
        ax=axes(5.2, 4.4),
        title=f"{name}: decision regions",
    )
    figures: dict[str, Any] = {
        "prediction": truth,
        "learning-curve": curve.figure,
        "decision-regions": regions.figure,
    }
    paths = []
    for kind, figure in figures.items():
        paths.append(folder / f"{name}-{kind}.png")
        figure.savefig(paths[-1], dpi=150)
    paths.append(folder / f"{name}-predictions.csv")
    with paths[-1].open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("x1", "x2", "label", "prediction"))
        writer.writerows(np.hstack([outcome.x, outcome.t, outcome.y]).tolist())
    paths.append(first_steps(outcome.settings).save(folder / f"{name}-step.html"))
    return paths
