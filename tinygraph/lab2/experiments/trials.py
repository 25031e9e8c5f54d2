"""A trial: one setting of the Lab 2 network on one data set, trained from many start values.

Only the start values differ from seed to seed, so they cause every difference between two runs of
one trial.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygraph import data
from tinygraph.core.graph import Graph
from tinygraph.core.labels import BINARY
from tinygraph.diagnosis.diagnose import diagnose
from tinygraph.lab2.experiments.batched import train_batched
from tinygraph.lab2.network import model as build_model
from tinygraph.lab2.regions import Region, region
from tinygraph.lab2.run import OPTIMIZERS
from tinygraph.train.metrics import accuracy, one_minus_mean_abs_error
from tinygraph.validation.arrays import Array

NEVER = -1
"""The epoch of an event that did not happen."""
CURVE_POINTS = 240
"""Number of points kept of a learning curve, evenly spaced over log epochs."""


@dataclass(frozen=True)
class Setting:
    """The settings of one network and its training."""

    hidden: int = 4
    activation: str = "sigmoid"
    output_activation: str | None = None
    optimizer: str = "sgd"
    lr: float = 0.1

    def model(self, seed: int) -> Graph:
        """Return a new network with the start values of ``seed``."""
        rng = np.random.default_rng(seed)
        return build_model(self.hidden, self.activation, self.output_activation, rng)


@dataclass(frozen=True)
class Trial:
    """One setting on one data set, with the start values of seeds 0 to ``seeds`` - 1."""

    setting: Setting
    data: str
    seeds: int
    epochs: int

    @property
    def name(self) -> str:
        """A file name that contains everything that the numbers depend on.

        >>> Trial(Setting(), "xor", seeds=20, epochs=1000).name
        'xor-4-sigmoid-sgd-0.1-20x1000'
        """
        s = self.setting
        ends_in = f"-{s.output_activation}" if s.output_activation else ""
        made = f"{s.hidden}-{s.activation}{ends_in}-{s.optimizer}-{s.lr:g}"
        return f"{self.data}-{made}-{self.seeds}x{self.epochs}"


@dataclass(frozen=True, eq=False)
class Outcome:
    """The results of a trial: arrays with one element for each seed along their first axis.

    Attributes
    ----------
    trial : Trial
    epochs : array (k,)
        The epochs of the points of ``loss``.
    loss : array (seeds, k)
        The learning curves.
    reached : array (seeds,) of int
        The first epoch after which every point is predicted right; -1 if there is none.
    final_loss, accuracy, closeness : array (seeds,)
        After the last epoch; closeness is 1 − mean abs error.
    early_accuracy : array (seeds,)
        After a twentieth of the epochs.
    climb, early_climb : array (seeds,)
        The sum of all rises of the loss from one epoch to the next, over the run and over its
        first tenth: 0 for a curve that only falls.
    stuck_before, stuck_after : array (seeds,) of int
        Dead or saturated units at the start values, and after the last epoch.
    output_stuck_before, output_stuck_after : array (seeds,) of bool
        Whether the output unit is among them, and gives every point the same class.
    parameters : array (seeds, numbers)
        All parameters after the last epoch, concatenated.
    seconds : float
        The time of the training. Only this number differs from run to run.
    """

    trial: Trial
    epochs: NDArray[np.int64]
    loss: Array
    reached: NDArray[np.int64]
    final_loss: Array
    accuracy: Array
    closeness: Array
    early_accuracy: Array
    climb: Array
    early_climb: Array
    stuck_before: NDArray[np.int64]
    stuck_after: NDArray[np.int64]
    output_stuck_before: NDArray[np.bool_]
    output_stuck_after: NDArray[np.bool_]
    parameters: Array
    seconds: float

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """Which seeds ended in a loss that is not finite."""
        return ~np.isfinite(self.final_loss)

    @property
    def median_seed(self) -> int:
        """The seed with the median final loss; the lower one of two."""
        order = np.argsort(finite_or_infinite(self.final_loss), kind="stable")
        return int(order[(len(order) - 1) // 2])

    def model(self, seed: int) -> Graph:
        """Return the network of ``seed`` after its training."""
        model = self.trial.setting.model(seed)
        sizes = np.cumsum([parameter.value.size for parameter in model.parameters])
        values = np.split(self.parameters[seed], sizes[:-1])
        for parameter, value in zip(model.parameters, values, strict=True):
            parameter.value = value.reshape(parameter.shape)
        return model

    def region(self, seed: int) -> Region:
        """Return the decision region of ``seed`` after its training."""
        return region(self.model(seed), *points(self.trial.data))


def points(name: str) -> tuple[Array, Array]:
    """Return the inputs and labels of a data set; ``linear`` is drawn once, with seed 0."""
    return data.xor() if name == "xor" else data.linear(rng=0)


def run_trial(trial: Trial) -> Outcome:
    """Train every seed of a trial; a seed that diverges does not stop the others."""
    x, t = points(trial.data)
    models = [trial.setting.model(seed) for seed in range(trial.seeds)]
    for model in models:
        run_once(model, x, t)
    before = _stuck(models)
    optimizer = OPTIMIZERS[trial.setting.optimizer]
    pairs = [(model, optimizer(model.parameters, lr=trial.setting.lr)) for model in models]
    record = train_batched(pairs, x, t, trial.epochs)
    kept = curve_epochs(trial.epochs)
    final_loss = np.array([run_once(model, x, t) for model in models])
    after = _stuck(models)
    predictions = [np.asarray(model.prediction.value) for model in models]
    shares = np.array([accuracy(y, t) for y in predictions])
    curves = np.column_stack([record.loss, final_loss])
    history = np.column_stack([record.accuracy, shares])
    return Outcome(
        trial=trial,
        epochs=kept,
        loss=curves[:, kept],
        reached=first_epoch(history == 1.0),
        final_loss=final_loss,
        accuracy=shares,
        closeness=np.array([one_minus_mean_abs_error(y, t) for y in predictions]),
        early_accuracy=history[:, trial.epochs // 20],
        climb=total_rise(curves),
        early_climb=total_rise(curves[:, : trial.epochs // 10 + 1]),
        stuck_before=before[0],
        stuck_after=after[0],
        output_stuck_before=before[1],
        output_stuck_after=after[1],
        parameters=np.array(
            [np.concatenate([p.value.ravel() for p in model.parameters]) for model in models]
        ),
        seconds=record.seconds,
    )


def _stuck(models: list[Graph]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    counts, outputs = zip(*map(stuck_units, models), strict=True)
    return np.array(counts), np.array(outputs)


def curve_epochs(epochs: int) -> NDArray[np.int64]:
    """Return the epochs at which a learning curve is kept: 0, then evenly spaced in log epochs.

    >>> curve_epochs(8)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8])
    """
    spaced = np.round(np.geomspace(1, epochs, CURVE_POINTS)).astype(np.int64)
    return np.unique(np.concatenate([[0], spaced]))


def first_epoch(happened: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the index of the first true element of each row, or -1.

    >>> first_epoch(np.array([[False, True, True], [False, False, False]]))
    array([ 1, -1])
    """
    return np.where(happened.any(axis=1), happened.argmax(axis=1), NEVER)


def total_rise(curves: Array) -> Array:
    """Return the sum of the rises along each row; infinite if a curve is not finite throughout.

    >>> total_rise(np.array([[3.0, 1.0, 2.0, 0.0], [3.0, 2.0, 1.0, 0.0]]))
    array([1., 0.])
    """
    with np.errstate(invalid="ignore", over="ignore"):
        rises = np.maximum(np.diff(curves, axis=1), 0).sum(axis=1)
    return finite_or_infinite(rises)


def finite_or_infinite(values: Array) -> Array:
    """Return ``values`` with infinity instead of NaN, for sorting."""
    return np.where(np.isnan(values), np.inf, values)


def run_once(model: Graph, x: Array, t: Array) -> float:
    """Run a network forward and backward without NumPy warnings, and return the loss."""
    with np.errstate(all="ignore"):
        loss = float(model.forward(x=x, t=t))
        model.backward()
    return loss


def stuck_units(model: Graph) -> tuple[int, bool]:
    """Count the dead or saturated units of the last run, and return whether the output is stuck.

    The output is stuck if its unit is dead or saturated and gives every point the same class. Then
    almost no gradient passes that could change it.

    >>> import tinygraph as tg
    >>> model = tg.lab2.model(hidden=4, activation="relu", rng=0)
    >>> model["layer3/b"].value = [-9.0]
    >>> loss = run_once(model, *tg.data.xor())
    >>> stuck_units(model)
    (5, True)
    """
    with np.errstate(all="ignore"):
        layers = diagnose(model).layers
    stuck = [(layer.dead or 0) + (layer.saturated or 0) for layer in layers]
    answers = BINARY.decide(np.asarray(model.prediction.value))
    return sum(stuck), bool(stuck[-1] and (answers == answers[0]).all())
