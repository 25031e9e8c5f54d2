"""One argument's gradient held against numbers: right, wrong, at a kink or undefined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygraph.check.differences import Function, Slope, closer_slope, is_at_kink
from tinygraph.core.node import Node
from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import describe


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
    is_spoilt : bool
        Whether NaN or infinity came in, so that a gradient of NaN is not held against the op.
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
    is_spoilt: bool = False
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
        if self.is_spoilt and not np.isfinite(got):
            return "undefined", found
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
