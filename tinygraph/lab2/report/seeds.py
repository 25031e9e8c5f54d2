"""Why two runs of one setting differ: a good and a bad seed, and the sentences about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tinygraph.lab2.experiments.catalogue import Result
from tinygraph.lab2.experiments.summary import Row
from tinygraph.lab2.experiments.trials import Outcome
from tinygraph.lab2.report.findings import Table, best
from tinygraph.lab2.report.formatting import count_of, data_name, epochs_text, loss_text
from tinygraph.lab2.report.tables import SeedRow

NEAR = 0.01
"""Two losses that differ by less are on the same plateau."""


@dataclass(frozen=True, eq=False)
class Case:
    """A trial whose seeds disagree.

    Attributes
    ----------
    experiment, data, setting : str
        The names of the trial.
    outcome : Outcome
    good : int
        The first to reach 100 %, among the seeds that are at 100 % at the end.
    bad : int
        The seed with the highest finite loss among the others.
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


def why_they_differ(row: Row, seeds: Iterable[SeedRow], table: Table) -> list[str]:
    """Explain why some seeds of a trial predict every point correctly and others do not.

    Parameters
    ----------
    row : Row
        The trial's row of the summary.
    seeds : iterable of SeedRow
        Its rows of the runs.
    table : Table
        All rows, to look for another setting with the same start values.
    """
    seeds = list(seeds)
    did = [seed for seed in seeds if seed.accuracy == 1.0]
    did_not = [seed for seed in seeds if seed.accuracy < 1.0]
    sentences = [
        f"{count_of(len(did), row)} predict every point correctly at the end, and {len(did_not)} "
        f"do not. The data, the setting and the epochs are the same. Only the start values differ."
    ]
    diverged = [seed for seed in did_not if not np.isfinite(seed.final_loss)]
    dead = [seed for seed in did_not if seed.output_stuck_after and seed not in diverged]
    late = [seed for seed in did_not if seed not in diverged and seed not in dead]
    if diverged:
        sentences.append(
            f"{count_of(len(diverged), row)} diverged: their final loss is not a finite number."
        )
    if dead:
        sentences.append(_dead(row, dead, did))
    if late:
        sentences.append(_late(row, late, did))
    return sentences + _same_start(row, table)


def _dead(row: Row, dead: Sequence[SeedRow], did: Sequence[SeedRow]) -> str:
    is_relu = row.output_activation == "relu"
    state = "dead (its value is 0)" if is_relu else "saturated (its slope is almost 0)"
    from_start = sum(seed.output_stuck_before for seed in dead)
    return (
        f"{count_of(len(dead), row)} without 100 % end with an output unit that is {state} for "
        f"every point. Its gradient is 0 or almost 0, so the parameters change very little. "
        f"{from_start} of them started in this state. Of the {len(did)} seeds at 100 %, "
        f"{sum(seed.output_stuck_after for seed in did)} end in it."
    )


def _late(row: Row, late: Sequence[SeedRow], did: Sequence[SeedRow]) -> str:
    epochs = [seed.reached for seed in did]
    losses = [seed.final_loss for seed in late]
    sentence = (
        f"In {count_of(len(late), row)} without 100 % the output unit still passes a gradient, "
        f"so their training can continue. They end at losses from {loss_text(min(losses))} to "
        f"{loss_text(max(losses))}. The seeds at 100 % reached it after "
        f"{epochs_text(min(epochs))} to {epochs_text(max(epochs))} epochs."
    )
    if abs(max(losses) - row.linear_loss) < NEAR:
        sentence += (
            f" The highest of these losses is close to that of the best straight line, "
            f"{loss_text(row.linear_loss)}. On this plateau, the gradient is small. The start "
            f"values decide how long a run stays there."
        )
    return sentence


def _same_start(row: Row, table: Table) -> list[str]:
    """Return a sentence about a setting that brings more of the same start values to 100 %."""
    rivals = [
        other
        for other in table.rows
        if (other.data, other.hidden, other.activation, other.output_activation)
        == (row.data, row.hidden, row.activation, row.output_activation)
        and other.reached > row.reached
    ]
    if not rivals:
        return []
    rival = best(rivals)
    return [
        f"From the same start values on {data_name(row)}, {rival.setting} "
        f"({rival.experiment}) brings {count_of(rival.reached, rival)} to 100 %. So start values "
        f"are bad only in combination with a setting."
    ]
