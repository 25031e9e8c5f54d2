"""The findings of a diagnosis, as a table and as plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from tabulate import tabulate, tabulate_formats

from tinygraph.core.node import Node
from tinygraph.errors import ArgumentError, did_you_mean
from tinygraph.notation.numbers import number
from tinygraph.notation.printing import printable
from tinygraph.notation.tables import with_alignment
from tinygraph.validation.arrays import brief


class Finding(NamedTuple):
    """One problem of one node.

    Attributes
    ----------
    node : Node
    kind : str
        ``"dead"``, ``"saturated"``, ``"vanishing"``, ``"exploding"``, ``"no gradient"`` or
        ``"non-finite"``.
    mark : str
        A few words for the card of the node in a diagram.
    sentence : str
        The finding as a sentence, with the name of the node.
    is_ailment : bool
        False for a sign of success: a saturated output that agrees with its labels.
    """

    node: Node
    kind: str
    mark: str
    sentence: str
    is_ailment: bool = True


class Layer(NamedTuple):
    """A row of the table: an activation, its units, and its gradient.

    Attributes
    ----------
    node : Op
    units, dead, saturated : int or None
        Counts; None if the op is not elementwise.
    gradient : float or None
        Norm of the gradient.
    ratio : float or None
        The norm in the layer before, divided by the norm here.
    """

    node: Node
    units: int | None
    dead: int | None
    saturated: int | None
    gradient: float | None
    ratio: float | None


class Diagnosis:
    """The findings of one run.

    Attributes
    ----------
    findings : list of Finding
    layers : list of Layer
        One per activation (per linear op, if there are no activations), in topological order.

    >>> Diagnosis([], []).ok
    True
    """

    def __init__(self, findings: Sequence[Finding], layers: Sequence[Layer]) -> None:
        self.findings = list(findings)
        self.layers = list(layers)

    @property
    def ok(self) -> bool:
        """Whether no problem was found."""
        return not any(finding.is_ailment for finding in self.findings)

    @property
    def sentences(self) -> list[str]:
        """The findings as sentences; a single sentence if there are none."""
        return [finding.sentence for finding in self.findings] or [
            "No problem found: no unit is dead or saturated, the norm of the gradient changes by "
            "less than a factor of ten from layer to layer, and all numbers are finite."
        ]

    @property
    def marks(self) -> dict[Node, list[str]]:
        """The words that a diagram writes in red on the cards of these nodes."""
        return _by_node((each.node, each.mark) for each in self.findings if each.is_ailment)

    @property
    def explanations(self) -> dict[Node, list[str]]:
        """The sentences about each node, which a diagram shows on hover."""
        return _by_node((each.node, each.sentence) for each in self.findings)

    def table(self, tablefmt: str = "simple") -> str:
        """Return the layers as a table, in one of tabulate's formats.

        Raises
        ------
        ArgumentError
            If tabulate does not have this format.
        """
        if not isinstance(tablefmt, str) or tablefmt not in tabulate_formats:
            raise ArgumentError(
                f"tablefmt must be a format of tabulate; got {brief(tablefmt)}."
                + did_you_mean(tablefmt, tabulate_formats)
            )
        rows = [
            (
                layer.node.name,
                type(layer.node).__name__,
                *("–" if n is None else n for n in (layer.units, layer.dead, layer.saturated)),
                *("–" if x is None else number(x, 2) for x in (layer.gradient, layer.ratio)),
            )
            for layer in self.layers
        ]
        headers = ("layer", "op", "units", "dead", "saturated", "‖∇‖", "× one layer back")
        align = ("left", "left", *["right"] * 5)
        return str(
            tabulate(rows, headers, tablefmt=tablefmt, disable_numparse=True, colalign=align)
            if rows
            else ""
        )

    def __str__(self) -> str:
        text = "\n\n".join(filter(None, [self.table(), "\n".join(self.sentences)]))
        return printable(text)

    def __repr__(self) -> str:
        return f"<Diagnosis of {len(self.layers)} layers: {len(self.findings)} findings>"

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.sentences)
        return f"{with_alignment(self.table('html'))}<ul>{items}</ul>"


def _by_node(pairs: Iterable[tuple[Node, str]]) -> dict[Node, list[str]]:
    texts: dict[Node, list[str]] = {}
    for node, text in pairs:
        texts.setdefault(node, []).append(text)
    return texts
