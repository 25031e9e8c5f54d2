"""What the numbers say: the claims of the lab, held against the seeds.

Every sentence is written by a function of the table rows alone, so what the report says follows
from ``summary.csv`` (and the times from ``timings.csv``), whatever those numbers are.  The claims
themselves stand in :mod:`tinygraph.lab2.report.claims`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tinygraph.lab2.report.wording import count_of, data_name, listed
from tinygraph.lab2.summary import Row

AGREES, IN_PART, DISAGREES = "agrees", "in part", "disagrees"
SMOOTH = 0.01
"""A loss that climbs by less than this in a whole run is called smooth."""

Write = Callable[[Row], str]
Rows = Mapping[str, Row]


@dataclass(frozen=True)
class Finding:
    """One claim of the lab, what the seeds make of it, and the sentences that say why."""

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
    """The rows of one experiment on the two data sets, and all rows beside them."""

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
        """Return the verdict of a rule that is tried on each data set."""
        return verdict(rule(self.linear), rule(self.xor))

    def each(self, write: Write, settings: Sequence[str] = ()) -> str:
        """Return a number of every setting, on both data sets, as one text."""
        return "; ".join(
            listed(
                f"{write(row)} ({label})"
                for label, row in rows.items()
                if not settings or label in settings
            )
            + f" on {name}"
            for name, rows in (("linear", self.linear), ("XOR", self.xor))
        )

    def of_one(self, setting: str, write: Write) -> str:
        """Return a number of one setting, on both data sets, as one text."""
        return listed(f"{write(row)} on {data_name(row)}" for row in self[setting])


def verdict(*holds: bool) -> str:
    """Return the verdict of a claim that is made of several.

    >>> verdict(True, True), verdict(True, False), verdict(False)
    ('agrees', 'in part', 'disagrees')
    """
    return AGREES if all(holds) else IN_PART if any(holds) else DISAGREES


def rank(row: Row) -> tuple[float, ...]:
    """Return what settings are ordered by: seeds at 100 %, then epochs to it, then the loss."""
    epoch = float("inf") if row.median_epoch is None else row.median_epoch
    return (-row.reached, epoch, row.median_loss)


def best(rows: Iterable[Row]) -> Row:
    """Return the row of the setting that does best."""
    return min(rows, key=rank)


def rises(values: Iterable[float]) -> bool:
    """Tell whether no value is below the one before it."""
    found = list(values)
    return found == sorted(found)


def divided(rows: Iterable[Row]) -> list[str]:
    """Return a sentence for each setting of which some seeds reached 100 % and some did not."""
    return [
        f"{data_name(row)}, {row.setting}: {count_of(row.reached, row)} reach 100 %."
        for row in rows
        if 0 < row.reached < row.seeds
    ]
