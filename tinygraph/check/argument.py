"""The check of one gradient: right, wrong, at a kink, or undefined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinygraph.check.differences import Function, Slope, closer_slope, is_at_kink
from tinygraph.core.node import Node
from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import describe


@dataclass(eq=False)
class ArgumentCheck:
    """The gradient of one argument compared with numerical ones; it reports the worst element.

    Attributes
    ----------
    op : Node
        The op whose ``backward`` was checked; the output, for a check of the whole gradient.
    argument : str
        The name of the argument in ``forward``; empty if ``backward`` failed.
    node : Node
        The input that the gradient belongs to.
    verdict : str
        ``"ok"``, ``"wrong"``, ``"kink"`` (right, but some elements have no derivative),
        ``"undefined"`` (no finite numbers to compare) or ``"none"`` (no gradient flows).
    entries, kinks : int
        The number of compared elements, and how many of them are at a kink.
    index : tuple or None
        The worst element; ``None`` for a random direction across all elements.
    got, expected, difference : float
    method : str
        ``"complex step"`` or ``"central differences"``.
    slip : str
        The probable mistake.
    broke : bool
        Whether ``forward`` or ``backward`` failed, so there was nothing to compare.
    is_whole : bool
        Whether this is the gradient of the whole graph, not of one op.
    is_spoilt : bool
        Whether the inputs contain NaN or infinity: then the gradient may be NaN, too.
    tolerance : float
        The largest relative difference of equal numbers.
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
        """Compare one number of the gradient with the slope of ``f`` along ``direction``."""
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
                f"The gradient of the whole graph is wrong, although each op is right: "
                f"∂L/∂{self.node.name}"
            )
        if self.index is None:
            what += " along a random direction" if self.entries else ""
        else:
            entry = f"[{', '.join(map(str, self.index))}]" if self.index else ""
            what += f"{entry}, from {self.node.name},"
        numbers = (
            f" is {self.got:.6g}, but {self.method} give"
            f"{'s' if self.method == 'complex step' else ''} {self.expected:.6g}, "
            f"a difference of {self.difference:.2g}"
        )
        slip = f" Probable mistake: {self.slip}." if self.slip else ""
        return f"{what}{numbers if self.entries else ''}.{slip}"
