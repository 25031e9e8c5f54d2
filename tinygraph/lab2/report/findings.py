"""Findings: the vocabulary in which the claims of the lab are judged.

Every sentence is a function of only the table rows, so the text of the report follows from
``summary.csv`` (and the times from ``timings.csv``). The claims are in
:mod:`tinygraph.lab2.report.claims`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.lab2.experiments.summary import Row
from tinygraph.lab2.report.formatting import DATA_NAMES, count_of, data_name, listed

AGREES, IN_PART, DISAGREES = "agrees", "in part", "disagrees"
UNDECIDED = "undecided"
"""The verdict where the numbers cannot decide, such as a comparison of 100 % with 100 %."""
SMOOTH = 0.01
"""A loss is called smooth if the sum of its rises is less than this."""

Write = Callable[[Row], str]
Rows = Mapping[str, Row]


@dataclass(frozen=True)
class Finding:
    """One claim of the lab, the verdict of the seeds, and the sentences that give the reasons."""

    claim: str
    verdict: str
    text: str


class Table:
    """The rows of all experiments that were run, looked up by name."""

    def __init__(self, rows: Iterable[Row], seconds: Mapping[tuple[str, str, str], float]) -> None:
        self.rows = list(rows)
        self.seconds = seconds

    def of(self, experiment: str, data: str) -> dict[str, Row]:
        """Return the rows of one experiment on one data set, by setting."""
        return {
            row.setting: row
            for row in self.rows
            if row.experiment == experiment and row.data == data
        }


@dataclass(frozen=True)
class Both:
    """The rows of one experiment on the two data sets, and the table of all rows."""

    linear: Rows
    xor: Rows
    table: Table

    @classmethod
    def of(cls, experiment: str, table: Table) -> Both:
        """Return the rows of one experiment."""
        return cls(table.of(experiment, "linear"), table.of(experiment, "xor"), table)

    def __getitem__(self, setting: str) -> list[Row]:
        """Return one setting's rows, on linear and on XOR."""
        return [self.linear[setting], self.xor[setting]]

    def holds(self, rule: Callable[[Rows], bool]) -> str:
        """Return the verdict of a rule that is applied to each data set."""
        return verdict(rule(self.linear), rule(self.xor))

    def each(self, write: Write, settings: Sequence[str] = ()) -> str:
        """Write a number of every setting, on both data sets, as one text."""
        return "; ".join(
            listed(
                f"{write(row)} ({label})"
                for label, row in rows.items()
                if not settings or label in settings
            )
            + f" on {name}"
            for name, rows in ((DATA_NAMES["linear"], self.linear), (DATA_NAMES["xor"], self.xor))
        )

    def of_one(self, setting: str, write: Write) -> str:
        """Write a number of one setting, on both data sets, as one text."""
        return listed(f"{write(row)} on {data_name(row)}" for row in self[setting])


def verdict(*holds: bool) -> str:
    """Return the verdict of a claim that consists of several parts.

    >>> verdict(True, True), verdict(True, False), verdict(False)
    ('agrees', 'in part', 'disagrees')
    """
    return AGREES if all(holds) else IN_PART if any(holds) else DISAGREES


def rank(row: Row) -> tuple[float, ...]:
    """Return the sort key of settings: seeds at 100 %, then epochs to 100 %, then the loss."""
    epoch = float("inf") if row.median_epoch is None else row.median_epoch
    return (-row.reached, epoch, row.median_loss)


def best(rows: Iterable[Row]) -> Row:
    """Return the row of the setting that does best."""
    return min(rows, key=rank)


def rises(values: Iterable[float]) -> bool:
    """Return whether the last value exceeds the first, and no value is below its predecessor.

    >>> rises([0.8, 0.9, 0.9]), rises([0.8, 0.7, 0.9]), rises([0.5, 0.5])
    (True, False, False)
    """
    found = list(values)
    return found == sorted(found) and found[-1] > found[0]


def differs(a: float, b: float, decimals: int = 2) -> bool:
    """Return whether two numbers differ in the digits that are printed.

    >>> differs(0.0, 1e-14), differs(0.01, 0.03), differs(1.0, float("inf"))
    (False, True, True)
    """
    return f"{a:.{decimals}f}" != f"{b:.{decimals}f}"


def divided(rows: Iterable[Row]) -> list[str]:
    """Return a sentence for each setting in which some seeds reached 100 % and some did not."""
    return [
        f"{data_name(row)}, {row.setting}: {count_of(row.reached, row)} reach 100 %."
        for row in rows
        if 0 < row.reached < row.seeds
    ]
