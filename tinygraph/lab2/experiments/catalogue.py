"""The experiments of Lab 2: the settings that each compares, and how to run it.

>>> result = run("E1", epochs=20, seeds=2)
>>> result.rows[0].setting, result.rows[0].data, result.rows[0].reached
('η = 0.01', 'linear', 0)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tinygraph.errors import ArgumentError, UnknownNameError, did_you_mean
from tinygraph.lab2.experiments.campaign import run_trials
from tinygraph.lab2.experiments.summary import Curve, Row, middle, summarize
from tinygraph.lab2.experiments.trials import Outcome, Setting, Trial
from tinygraph.lab2.regions import Region
from tinygraph.lab2.run import DATA_SETS
from tinygraph.train.settings import whole_number

EPOCHS = 20_000
SEEDS = 20
MOST_SEEDS = 10_000
"""All seeds of a setting are trained at the same time. More would exceed a small memory."""


@dataclass(frozen=True)
class Experiment:
    """A comparison of settings.

    Attributes
    ----------
    key, title, question : str
    settings : dict
        The settings to compare, by their labels.
    added : tuple of str
        The labels of settings that the lab did not run. They test its claims.
    """

    key: str
    title: str
    question: str
    settings: Mapping[str, Setting]
    added: tuple[str, ...] = ()


EXPERIMENTS: dict[str, Experiment] = {
    experiment.key: experiment
    for experiment in (
        Experiment(
            "E1",
            "Learning rate",
            "How large should a step be?",
            {f"η = {lr:g}": Setting(lr=lr) for lr in (0.01, 0.1, 1.0, 10.0, 100.0)},
        ),
        Experiment(
            "E2",
            "Hidden units",
            "What are the benefits and the costs of more hidden units?",
            {f"H = {hidden}": Setting(hidden=hidden, lr=1.0) for hidden in (2, 4, 8, 16, 32)},
        ),
        Experiment(
            "E3",
            "No activation",
            "What can three layers learn without activations between them?",
            {
                "none": Setting(activation="none"),
                "none, η = 0.01": Setting(activation="none", lr=0.01),
                "none, sigmoid output": Setting(activation="none", output_activation="sigmoid"),
            },
            added=("none, η = 0.01",),
        ),
        Experiment(
            "E4",
            "Optimizers",
            "How do momentum and Adam change the training, from the same start values?",
            {
                "SGD": Setting(),
                "Momentum": Setting(optimizer="momentum"),
                "Adam": Setting(optimizer="adam"),
                "SGD, η = 10": Setting(lr=10.0),
                "Momentum, η = 10": Setting(optimizer="momentum", lr=10.0),
                "Adam, η = 10": Setting(optimizer="adam", lr=10.0),
            },
            added=("SGD, η = 10", "Momentum, η = 10", "Adam, η = 10"),
        ),
        Experiment(
            "E5",
            "Activations",
            "Does it matter which activation follows every layer?",
            {
                "sigmoid": Setting(),
                "tanh": Setting(activation="tanh"),
                "ReLU": Setting(activation="relu"),
            },
        ),
        Experiment(
            "E6",
            "The best setting",
            "Is the setting that the lab recommends as good as the lab claims?",
            {"sigmoid + Adam": Setting(optimizer="adam")},
        ),
    )
}
"""The six experiments by their keys.  The learning rate is 0.1 unless the lab names another."""


@dataclass(frozen=True, eq=False)
class Result:
    """An experiment and its results, as plain data.

    Attributes
    ----------
    experiment : Experiment
    outcomes : dict
        One Outcome for each data set and label of a setting.
    """

    experiment: Experiment
    outcomes: Mapping[tuple[str, str], Outcome]

    @cached_property
    def rows(self) -> list[Row]:
        """The table of the experiment: one row for each data set and setting."""
        return [
            summarize(self.experiment.key, label, outcome)
            for (_, label), outcome in self.outcomes.items()
        ]

    @cached_property
    def curves(self) -> dict[tuple[str, str], Curve]:
        """The median learning curve and its quartiles, for each data set and setting."""
        return {key: middle(outcome) for key, outcome in self.outcomes.items()}

    @cached_property
    def regions(self) -> dict[tuple[str, str], Region]:
        """The decision region of the median seed, for each data set and setting."""
        return {key: outcome.region(outcome.median_seed) for key, outcome in self.outcomes.items()}


def run(
    key: str,
    *,
    epochs: int = EPOCHS,
    seeds: int = SEEDS,
    jobs: int = 1,
    folder: Path | None = None,
    progress: bool = False,
) -> Result:
    """Run one experiment on both data sets, and return its data.

    Parameters
    ----------
    key : str
        ``"E1"`` to ``"E6"``.
    epochs, seeds : int
        The epochs of each training, and the number of start values.
    jobs : int
        Number of processes.  The results do not depend on it.
    folder : Path, optional
        Finished trials are saved here, and the next call reuses them.
    progress : bool
        Show a progress bar on standard error.

    Raises
    ------
    UnknownNameError, ArgumentError
        If an experiment is not listed, or a number is below 1.
    """
    return run_all([key], epochs=epochs, seeds=seeds, jobs=jobs, folder=folder, progress=progress)[
        key
    ]


def run_all(
    keys: Iterable[str] = tuple(EXPERIMENTS),
    *,
    epochs: int = EPOCHS,
    seeds: int = SEEDS,
    jobs: int = 1,
    folder: Path | None = None,
    progress: bool = False,
) -> dict[str, Result]:
    """Run several experiments; a setting that several of them share is trained once.

    Parameters and errors are those of :func:`run`.
    """
    whole_number("epochs", epochs, least=1)
    if whole_number("seeds", seeds, least=1) > MOST_SEEDS:
        raise ArgumentError(f"seeds must be at most {MOST_SEEDS:,}; got {seeds:,}.")
    chosen = [_experiment(key) for key in keys]
    trials = {
        (experiment.key, name, label): Trial(setting, name, seeds, epochs)
        for experiment in chosen
        for name in DATA_SETS
        for label, setting in experiment.settings.items()
    }
    outcomes = run_trials(trials.values(), jobs=jobs, folder=folder, progress=progress)
    return {
        experiment.key: Result(
            experiment,
            {
                (name, label): outcomes[trials[experiment.key, name, label]]
                for name in DATA_SETS
                for label in experiment.settings
            },
        )
        for experiment in chosen
    }


def _experiment(key: str) -> Experiment:
    if key in EXPERIMENTS:
        return EXPERIMENTS[key]
    raise UnknownNameError(f"No experiment is called {key!r}." + did_you_mean(key, EXPERIMENTS))
