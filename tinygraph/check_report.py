"""What gradcheck found: one line an argument of an op, and the first wrong one by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from tabulate import tabulate

from tinygraph.arrays import Array
from tinygraph.differences import Function, Slope, closer_slope, is_at_kink
from tinygraph.errors import GradientError, LayoutError
from tinygraph.graph import Graph
from tinygraph.node import Node, describe

SHOWN = 40
"""How many lines of a table are shown; what is right beyond them is only counted."""


@dataclass(eq=False)
class ArgumentCheck:
    """One argument's gradient beside its numbers; the worst entry stands for all.

    Attributes
    ----------
    op : Node
        The op whose ``backward`` was checked; the output, for a check of the whole gradient.
    argument : str
        The argument's name in ``forward``; empty where ``backward`` failed for all.
    node : Node
        The input that the gradient belongs to.
    verdict : str
        ``"ok"``, ``"wrong"``, ``"kink"`` (right, but a derivative does not exist at some entries),
        ``"undefined"`` (no finite numbers to compare) or ``"none"`` (no gradient flows).
    entries, kinks : int
        How many entries were compared, and how many of them lie at a kink.
    index : tuple or None
        The worst entry; ``None`` for a random direction across all entries.
    got, expected, difference : float
    method : str
        ``"complex step"`` or ``"central differences"``.
    slip : str
        What probably went wrong.
    broke : bool
        Whether ``forward`` or ``backward`` failed, so that there was nothing to compare.
    is_whole : bool
        Whether this is about the gradient of the whole graph, not of one op.
    tolerance : float
        The relative difference that is still called equal.
    """

    op: Node
    argument: str
    node: Node
    verdict: str = "ok"
    entries: int = 0
    kinks: int = 0
    index: tuple[int, ...] | None = None
    got: float = 0.0
    expected: float = 0.0
    difference: float = 0.0
    method: str = ""
    slip: str = ""
    broke: bool = False
    is_whole: bool = False
    tolerance: float = 1e-6

    def compare(
        self,
        index: tuple[int, ...] | None,
        got: float,
        found: Slope,
        f: Function,
        x: Array,
        direction: Array,
        g: Array,
    ) -> None:
        """Hold one number of the gradient against the slope of ``f`` along ``direction``."""
        self.entries += 1
        verdict = "ok"
        if not self._agree(got, found):
            verdict, found = self._look_closer(got, found, f, x, direction, g)
            self.kinks += verdict == "kink"
        difference = abs(got - found.value)
        rank = ("ok", "undefined", "kink", "wrong")
        is_worse = (rank.index(verdict), difference) > (rank.index(self.verdict), self.difference)
        if self.entries == 1 or is_worse:
            self.verdict, self.index, self.method = verdict, index, found.method
            self.got, self.expected, self.difference = got, found.value, difference

    def _look_closer(
        self, got: float, found: Slope, f: Function, x: Array, direction: Array, g: Array
    ) -> tuple[str, Slope]:
        mean = got if np.isfinite(got) else found.value
        if is_at_kink(f, x, direction, g, mean):
            return ("kink" if np.isfinite(got) else "undefined"), found
        closer = closer_slope(found, f, x, direction, g)
        if self._agree(got, closer):
            return "ok", closer
        return ("wrong" if np.isfinite(closer.value) else "undefined"), closer

    def _agree(self, got: float, found: Slope) -> bool:
        size = max(abs(got), abs(found.value))
        allowed = self.tolerance * (size + 1e-3 * found.magnitude) + min(found.error, 0.01 * size)
        return bool(np.isfinite(got) and abs(got - found.value) <= allowed + found.resolution)

    def __str__(self) -> str:
        if self.broke:
            return self.slip
        what = f"backward of {describe(self.op)} is wrong: its gradient for {self.argument}"
        if self.is_whole:
            what = (
                f"The gradient of the whole graph is wrong, though each op's own is right: "
                f"∂L/∂{self.node.name}"
            )
        if self.index is None:
            what += " along a random direction" if self.entries else ""
        else:
            entry = f"[{', '.join(map(str, self.index))}]" if self.index else ""
            what += f"{entry}, from {self.node.name},"
        numbers = (
            f" is {self.got:.6g}; by {self.method} it is {self.expected:.6g}, "
            f"a difference of {self.difference:.2g}"
        )
        slip = f" Likely slip: {self.slip}." if self.slip else ""
        return f"{what}{numbers if self.entries else ''}.{slip}"


class GradcheckReport:
    """What :func:`tinygraph.gradcheck` found.  Printed, it is a table and a verdict.

    Attributes
    ----------
    graph : Graph
    checks : tuple of ArgumentCheck
        Each argument of each op by itself, in topological order.
    whole : tuple of ArgumentCheck
        The whole gradient, for each parameter and each input.
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
            # Where an op has a kink at the point, the whole gradient need not be a slope at all.
            wrong = [check for check in self.whole if check.verdict == "wrong"]
        return wrong[0] if wrong else None

    @property
    def first_undefined(self) -> ArgumentCheck | None:
        """The first gradient with an entry that has no finite number to compare, or ``None``."""
        return next((c for c in self.checks if c.verdict == "undefined"), None)

    @property
    def culprit(self) -> Node | None:
        """The first op whose own derivative is wrong, or ``None``."""
        return self.first_wrong.op if self.first_wrong else None

    @property
    def ok(self) -> bool:
        """Whether no derivative is wrong, and every one could be compared."""
        return self.first_wrong is None and self.first_undefined is None

    @property
    def diagram(self) -> Any:
        """The graph with the culprit in red, as a :class:`tinygraph.Diagram`; None if all is ok."""
        wrong = self.first_wrong
        if wrong is None:
            return None
        from tinygraph.viz.culprit import draw_culprit

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
        table = tabulate(
            list(self._rows()),
            headers=("op", "argument", "entries", "worst difference", "method", "verdict"),
            disable_numparse=True,
            colalign=("left", "left", "right", "right", "left", "left"),
        )
        return f"{table}\n\n{self._verdict()}"

    def _repr_html_(self) -> str:
        table = tabulate(
            list(self._rows()),
            headers=("op", "argument", "entries", "worst difference", "method", "verdict"),
            disable_numparse=True,
            tablefmt="html",
        )
        picture = ""
        with suppress(LayoutError):  # without Graphviz the table says it all the same
            picture = "" if self.diagram is None else self.diagram.svg
        return f"<p><strong>{escape(self._verdict())}</strong></p>{picture}{table}"

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
                f"Nothing is proved: {describe(self.first_undefined.op)} has no finite numbers to "
                f"compare at this point. Check it where its values and slopes are finite."
            )
        entries = sum(check.entries for check in self.checks)
        kinks = sum(check.kinks for check in self.checks)
        note = f" {kinks} of them lie at a kink, where a subgradient was accepted." if kinks else ""
        ops = len({check.op for check in self.checks})
        return f"All derivatives are right: {ops} ops, {entries} entries compared.{note}"
