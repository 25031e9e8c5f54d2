"""The report of gradcheck: one line per argument of an op, and the first wrong one by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from html import escape
from typing import Any

from tabulate import tabulate

from tinygraph.check.argument import ArgumentCheck
from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.errors import GradientError, LayoutError
from tinygraph.notation.printing import printable
from tinygraph.notation.tables import with_alignment
from tinygraph.validation.naming import describe

SHOWN = 40
"""The largest number of lines in a table; further right ones are only counted."""


class GradcheckReport:
    """The result of :func:`tinygraph.gradcheck`; ``print`` shows a table and a verdict.

    Attributes
    ----------
    graph : Graph
    checks : tuple of ArgumentCheck
        One check per argument of each op, in topological order.
    whole : tuple of ArgumentCheck
        The whole gradient, one check per parameter and input.
    """

    def __init__(
        self, graph: Graph, checks: tuple[ArgumentCheck, ...], whole: tuple[ArgumentCheck, ...]
    ) -> None:
        self.graph = graph
        self.checks = checks
        self.whole = whole

    @property
    def first_wrong(self) -> ArgumentCheck | None:
        """The first wrong gradient in topological order, or ``None``."""
        wrong = [check for check in self.checks if check.verdict == "wrong"]
        if not wrong and not any(check.kinks for check in self.checks):
            # At a kink of an op, the whole gradient need not be a slope.
            wrong = [check for check in self.whole if check.verdict == "wrong"]
        return wrong[0] if wrong else None

    @property
    def first_undefined(self) -> ArgumentCheck | None:
        """The first gradient with an element that has no finite number to compare, or ``None``."""
        return next((c for c in self.checks if c.verdict == "undefined"), None)

    @property
    def culprit(self) -> Node | None:
        """The first op whose own derivative is wrong, or ``None``."""
        return self.first_wrong.op if self.first_wrong else None

    @property
    def ok(self) -> bool:
        """Whether no derivative is wrong and all could be compared."""
        return self.first_wrong is None and self.first_undefined is None

    @property
    def diagram(self) -> Any:
        """A :class:`tinygraph.Diagram` with the culprit in red; None if all is right."""
        wrong = self.first_wrong
        if wrong is None:
            return None
        from tinygraph.viz.diagram.culprit import draw_culprit

        return draw_culprit(self.graph, wrong.op, "wrong derivative")

    def raise_if_wrong(self) -> None:
        """Raise a GradientError that names the first wrong op, if there is one."""
        wrong = self.first_wrong or self.first_undefined
        if wrong is not None:
            raise GradientError(self._verdict(), wrong.op, self)

    def __bool__(self) -> bool:
        return self.ok

    def __repr__(self) -> str:
        return f"<GradcheckReport: {self._verdict()}>"

    def __str__(self) -> str:
        return printable(f"{self._table('simple')}\n\n{self._verdict()}")

    def _repr_html_(self) -> str:
        picture = ""
        with suppress(LayoutError):  # without a picture, the table must be enough
            picture = "" if self.diagram is None else self.diagram._repr_html_()
        table = with_alignment(self._table("html"))
        return f"<p><strong>{escape(self._verdict())}</strong></p>{picture}{table}"

    def _table(self, tablefmt: str) -> str:
        return str(
            tabulate(
                list(self._rows()),
                headers=("op", "argument", "elements", "worst difference", "method", "verdict"),
                tablefmt=tablefmt,
                disable_numparse=True,
                colalign=("left", "left", "right", "right", "left", "left"),
            )
        )

    def _rows(self) -> Iterator[tuple[str, ...]]:
        lines = [*self.checks, *self.whole]
        shown = [k for k, check in enumerate(lines) if check.verdict == "wrong"]
        shown += [k for k, check in enumerate(lines) if check.verdict != "wrong"]
        for check in (lines[k] for k in sorted(shown[:SHOWN])):
            yield (
                "whole gradient" if check.is_whole else describe(check.op),
                " = ".join(filter(None, (check.argument, check.node.name))),
                str(check.entries),
                f"{check.difference:.1e}" if check.entries else "",
                check.method,
                check.verdict if check.verdict != "wrong" else "WRONG",
            )
        if len(lines) > SHOWN:
            yield (f"… and {len(lines) - SHOWN} more", "", "", "", "", "")

    def _verdict(self) -> str:
        if self.first_wrong is not None:
            return str(self.first_wrong)
        if self.first_undefined is not None:
            return (
                f"The check is incomplete: {describe(self.first_undefined.op)} has no finite "
                f"numbers to compare at this point. Check it where its values and slopes are "
                f"finite."
            )
        entries = sum(check.entries for check in self.checks)
        kinks = sum(check.kinks for check in self.checks)
        note = f" {kinks} of them are at a kink, where a subgradient was accepted." if kinks else ""
        ops = len({check.op for check in self.checks})
        counted = f"{ops} op{'s' * (ops != 1)}, {entries} element{'s' * (entries != 1)}"
        return f"All derivatives are right: {counted} compared.{note}"
