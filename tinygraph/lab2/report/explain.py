"""Why two runs of the same setting differ, in sentences that follow from the rows of the seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tinygraph.lab2.report.findings import Table, best
from tinygraph.lab2.report.tables import SeedRow
from tinygraph.lab2.report.wording import count_of, data_name, epochs_text, loss_text
from tinygraph.lab2.summary import Row

NEAR = 0.01
"""Two losses that differ by less lie on the same plateau."""


def why_they_differ(row: Row, seeds: Iterable[SeedRow], table: Table) -> list[str]:
    """Return what separates the seeds of one trial that reached 100 % from those that did not.

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
        f"{count_of(len(did), row)} have every point right at the end, {len(did_not)} have not. "
        f"Data, setting and epochs are the same; only the start values differ."
    ]
    dead = [seed for seed in did_not if seed.output_stuck_after]
    if dead:
        sentences.append(_dead(row, dead, did, did_not))
    else:
        sentences.append(_late(row, did, did_not))
    sentences += _same_start(row, table)
    return sentences


def _dead(
    row: Row, dead: Sequence[SeedRow], did: Sequence[SeedRow], did_not: Sequence[SeedRow]
) -> str:
    word = "dead: it answers 0" if row.output_activation == "relu" else "saturated: it is flat"
    from_start = sum(seed.output_stuck_before for seed in dead)
    return (
        f"Of the {len(did_not)} that have not, {len(dead)} end with an output unit that is {word} "
        f"for every point, so that its gradient is 0 or nearly so, and no parameter moves any "
        f"more; {from_start} of them began that way. Of the {len(did)} that have, "
        f"{sum(seed.output_stuck_after for seed in did)} end so."
    )


def _late(row: Row, did: Sequence[SeedRow], did_not: Sequence[SeedRow]) -> str:
    epochs = [seed.reached for seed in did]
    losses = [seed.final_loss for seed in did_not]
    sentence = (
        f"No output unit is stuck in those that have not: nothing is broken, they are late. The "
        f"others need between {epochs_text(min(epochs))} and {epochs_text(max(epochs))} epochs to "
        f"100 %; these end at losses from {loss_text(min(losses))} to {loss_text(max(losses))}."
    )
    if abs(max(losses) - row.linear_loss) < NEAR:
        sentence += (
            f" The plateau on which they wait is the loss of the best straight line, "
            f"{loss_text(row.linear_loss)}; how long a run waits there its start values decide."
        )
    return sentence


def _same_start(row: Row, table: Table) -> list[str]:
    """Return a sentence on a setting that brings the very same start values to 100 %."""
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
        f"From the very same start values on {data_name(row)}, {rival.setting} "
        f"({rival.experiment}) brings {count_of(rival.reached, rival)} to 100 %: a start is bad "
        f"only for a setting."
    ]
