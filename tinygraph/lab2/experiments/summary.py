"""Summaries of a trial: one row of a table, and the median of its learning curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygraph.lab2.experiments.trials import Outcome, finite_or_infinite, points
from tinygraph.validation.arrays import Array


@dataclass(frozen=True)
class Row:
    """Statistics over the seeds of one trial: a row of ``summary.csv``.

    Attributes
    ----------
    experiment, data, setting : str
    hidden, activation, output_activation, optimizer, lr
        The setting itself.
    parameters : int
        The number of trained parameters.
    seeds, epochs : int
    reached : int
        How many seeds predicted every point right at some epoch.
    at_end : int
        How many seeds predicted every point right after the last epoch.
    median_epoch : float or None
        The median of the first epoch at 100 %, over the seeds that reached it.
    median_loss, low_loss, high_loss, best_loss : float
        The final loss: its median, the quartiles and the best.  A diverged seed counts as infinite.
    median_accuracy, best_accuracy, median_closeness : float
        After the last epoch.
    early_accuracy : float
        After a twentieth of the epochs, the mean over the seeds.
    diverged : int
        How many seeds ended in a loss that is not finite.
    first_loss : float
        The median of the loss before the first step.
    climb, high_climb, early_climb : float
        The sum of all rises of the loss: its median and upper quartile, and its median over the
        first tenth of the epochs.
    stuck_before, stuck_after : float
        The mean number of dead or saturated units, at the start and at the end.
    output_stuck_before, output_stuck_after : int
        The number of seeds whose output unit is one of them and gives every point one class.
    linear_loss : float
        The loss of the best single linear map on the same data, for comparison.
    median_seed : int
        The seed with the median final loss.
    """

    experiment: str
    data: str
    setting: str
    hidden: int
    activation: str
    output_activation: str
    optimizer: str
    lr: float
    parameters: int
    seeds: int
    epochs: int
    reached: int
    at_end: int
    median_epoch: float | None
    median_loss: float
    low_loss: float
    high_loss: float
    best_loss: float
    median_accuracy: float
    best_accuracy: float
    median_closeness: float
    early_accuracy: float
    diverged: int
    first_loss: float
    climb: float
    high_climb: float
    early_climb: float
    stuck_before: float
    stuck_after: float
    output_stuck_before: int
    output_stuck_after: int
    linear_loss: float
    median_seed: int


def summarize(experiment: str, label: str, outcome: Outcome) -> Row:
    """Return the table row of one trial."""
    trial, setting = outcome.trial, outcome.trial.setting
    low, middle, high = quartiles(outcome.final_loss)
    did = outcome.reached[outcome.reached >= 0]
    return Row(
        experiment=experiment,
        data=trial.data,
        setting=label,
        hidden=setting.hidden,
        activation=setting.activation,
        output_activation=setting.output_activation or setting.activation,
        optimizer=setting.optimizer,
        lr=setting.lr,
        parameters=outcome.parameters.shape[1],
        seeds=trial.seeds,
        epochs=trial.epochs,
        reached=len(did),
        at_end=int((outcome.accuracy == 1.0).sum()),
        median_epoch=float(np.median(did)) if len(did) else None,
        median_loss=float(middle),
        low_loss=float(low),
        high_loss=float(high),
        best_loss=float(finite_or_infinite(outcome.final_loss).min()),
        median_accuracy=float(np.median(outcome.accuracy)),
        best_accuracy=float(outcome.accuracy.max()),
        median_closeness=float(1 - quartiles(1 - outcome.closeness)[1]),
        early_accuracy=float(outcome.early_accuracy.mean()),
        diverged=int(outcome.diverged.sum()),
        first_loss=float(quartiles(outcome.loss[:, 0])[1]),
        climb=float(quartiles(outcome.climb)[1]),
        high_climb=float(quartiles(outcome.climb)[2]),
        early_climb=float(quartiles(outcome.early_climb)[1]),
        stuck_before=float(outcome.stuck_before.mean()),
        stuck_after=float(outcome.stuck_after.mean()),
        output_stuck_before=int(outcome.output_stuck_before.sum()),
        output_stuck_after=int(outcome.output_stuck_after.sum()),
        linear_loss=best_linear_loss(*points(trial.data)),
        median_seed=outcome.median_seed,
    )


def best_linear_loss(x: Array, t: Array) -> float:
    """Return the mean squared error of the best x·w + b, found by least squares.

    >>> best_linear_loss(np.array([[0.0], [1.0], [2.0]]), np.array([[1.0], [3.0], [5.0]])) < 1e-20
    True
    """
    with_ones = np.column_stack([x, np.ones(len(x))])
    weights, *_ = np.linalg.lstsq(with_ones, t, rcond=None)
    return float(np.mean((with_ones @ weights - t) ** 2))


def quartiles(values: Array) -> Array:
    """Return the lower quartile, the median and the upper quartile along the first axis.

    NaN counts as infinite: a seed that diverged is worse than any that did not.

    >>> quartiles(np.array([1.0, 2.0, np.nan, 3.0])).tolist()
    [1.0, 2.5, inf]
    """
    ordered = finite_or_infinite(values)
    # NumPy cannot interpolate between a finite number and infinity, so a quartile is a seed.
    low = np.quantile(ordered, 0.25, axis=0, method="lower")
    high = np.quantile(ordered, 0.75, axis=0, method="higher")
    return np.array([low, np.median(ordered, axis=0), high])


@dataclass(frozen=True, eq=False)
class Curve:
    """The median of a trial's learning curves, and their quartiles."""

    epochs: NDArray[np.int64]
    low: Array
    median: Array
    high: Array


def middle(outcome: Outcome) -> Curve:
    """Return the median and the quartiles of the loss at each kept epoch."""
    return Curve(outcome.epochs, *quartiles(outcome.loss))
