"""Why runs differ: the settings on which the seeds disagree, a good and a bad seed of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tinygraph.lab2.experiments import Result
from tinygraph.lab2.trials import Outcome


@dataclass(frozen=True, eq=False)
class Case:
    """A trial whose seeds disagree.

    Attributes
    ----------
    experiment, data, setting : str
        Where it comes from.
    outcome : Outcome
    good : int
        Of the seeds with every point right at the end, the one that was there first.
    bad : int
        Of the others, the one with the highest finite loss.
    """

    experiment: str
    data: str
    setting: str
    outcome: Outcome
    good: int
    bad: int


def cases(results: Iterable[Result], count: int = 2) -> list[Case]:
    """Return the trials on which the seeds disagree most, no two with the same activation.

    >>> from tinygraph.lab2 import experiments
    >>> cases([experiments.run("E6", epochs=5, seeds=2)])
    []
    """
    disputed = [
        (_lopsidedness(outcome), result.experiment.key, data, label, outcome)
        for result in results
        for (data, label), outcome in result.outcomes.items()
        if 0 < (outcome.accuracy == 1.0).sum() < outcome.trial.seeds
    ]
    found: dict[str, Case] = {}
    for _, key, data, label, outcome in sorted(disputed, key=lambda entry: entry[0]):
        activation = outcome.trial.setting.activation
        if activation not in found:
            found[activation] = Case(key, data, label, outcome, *_good_and_bad(outcome))
    return list(found.values())[:count]


def _lopsidedness(outcome: Outcome) -> int:
    """Return by how many seeds the larger party outnumbers the smaller."""
    return int(abs(2 * (outcome.accuracy == 1.0).sum() - outcome.trial.seeds))


def _good_and_bad(outcome: Outcome) -> tuple[int, int]:
    is_right = outcome.accuracy == 1.0
    good = np.where(is_right, outcome.reached, np.inf).argmin()
    losses = np.where(np.isfinite(outcome.final_loss), outcome.final_loss, 0.0)
    bad = np.where(is_right, -1.0, losses).argmax()
    return int(good), int(bad)
