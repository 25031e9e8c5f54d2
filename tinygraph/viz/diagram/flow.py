"""The numbers in a picture: values, gradients, the norm on each arrow, and their scales.

The gradient of a node that several ops read is the sum of their contributions.  An arrow carries
*one* of these contributions, so it is computed again here, by the op's own ``backward``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.numbers import norm
from tinygraph.validation.arrays import Array
from tinygraph.validation.op_results import one_each
from tinygraph.viz.diagram.heatmap import OUTLIER, Sample, sample
from tinygraph.viz.diagram.view import Arrow, Card, View


class Scales(NamedTuple):
    """The numbers at the ends of the colour scales of a picture.

    Attributes
    ----------
    values : mapping
        The largest magnitude of the values, for each kind of node.
    gradient : float
        The largest magnitude of a gradient's element.
    low, high : float
        The smallest and the largest norm on an arrow.
    masked : frozenset of str
        The kinds of nodes with numbers beyond the scale, such as a mask of -1e9.
    """

    values: Mapping[str, float]
    gradient: float
    low: float
    high: float
    masked: frozenset[str] = frozenset()

    def together_with(self, other: Scales) -> Scales:
        """Return scales that cover both."""
        kinds = dict.fromkeys([*self.values, *other.values])
        return Scales(
            {kind: max(self.values.get(kind, 0.0), other.values.get(kind, 0.0)) for kind in kinds},
            max(self.gradient, other.gradient),
            min(self.low, other.low),
            max(self.high, other.high),
            self.masked | other.masked,
        )

    def strength(self, size: float) -> float:
        """Return the position of a norm between the smallest and the largest, by its logarithm."""
        if not math.isfinite(size) or self.low == self.high:
            return 1.0
        start = math.log(self.low)
        return (math.log(size) - start) / (math.log(self.high) - start)


def kind_of(node: Node) -> str:
    """Return which nodes share a scale of values with this one."""
    has_own_scale = node.role in ("input", "parameter", "constant", "activation")
    return f"{node.role}s" if has_own_scale else "other ops"


class Flow:
    """The numbers of a view, copied: a later run does not change them.

    Parameters
    ----------
    view : View
    nodes : sequence of Node
        The whole graph: a node of the view may be read by ops outside of it.
    values, gradients : bool
        The shown part of the graph.
    """

    def __init__(
        self, view: View, nodes: Sequence[Node], values: bool = False, gradients: bool = False
    ) -> None:
        self.has_values = values
        self.has_gradients = gradients
        self.readers = Counter(parent for node in nodes for parent in node.inputs)
        self._sent: dict[Op, tuple[Array | None, ...]] = {}
        shown = [card.nodes[0] for card in view.cards if not card.is_folded]
        self.values = {
            node: sample(node.value) for node in shown if values and node.value is not None
        }
        self.gradients = {
            node: sample(node.grad) for node in shown if gradients and node.grad is not None
        }
        self._gradient_norms = {card: _gradient_norm(card) for card in view.cards if gradients}
        self.norms = {arrow: self._norm(arrow) for arrow in view.arrows} if gradients else {}
        self.scales = self._scales()

    def _scales(self) -> Scales:
        by_kind: dict[str, list[Sample]] = {}
        for node, shown in self.values.items():
            if shown.shape:
                by_kind.setdefault(kind_of(node), []).append(shown)
        sizes = [size for size in self.norms.values() if size and math.isfinite(size)]
        high = max(sizes, default=1.0)
        # At least one decade wide: almost equal norms must not look different.
        low = min([*sizes, high / 10]) or high
        gradients = [shown for shown in self.gradients.values() if shown.shape]
        limits = {kind: _limit(samples) for kind, samples in by_kind.items()}
        masked = frozenset(
            kind
            for kind, samples in by_kind.items()
            if any(shown.peak > limits[kind] for shown in samples)
        )
        return Scales(limits, _limit(gradients), low, high, masked)

    def gradient_norm(self, card: Card) -> float | None:
        """Return the norm of a node's gradient, of all parameters' in a folded group."""
        return self._gradient_norms.get(card)

    def _norm(self, arrow: Arrow) -> float | None:
        """Return the norm of the gradient along an arrow; None if there is none."""
        sizes: list[float] = []
        by_parent: dict[Node, list[tuple[Op, int]]] = {}
        for op, position in arrow.reads:
            by_parent.setdefault(op.inputs[position], []).append((op, position))
        for parent, reads in by_parent.items():
            if parent.grad is None:
                continue
            # The gradient of an output is its seed, not what its readers send back.
            if len(reads) == self.readers[parent] and all(op.grad is not None for op, _ in reads):
                sizes.append(norm(parent.grad))
                continue
            with np.errstate(all="ignore"):
                terms = [term for term in (self._term(*read) for read in reads) if term is not None]
                if terms:
                    sizes.append(norm(np.sum(terms, axis=0)))
        return math.hypot(*sizes) if sizes else None

    def _term(self, op: Op, position: int) -> Array | None:
        if op.grad is None:
            return None
        if op not in self._sent:
            arrays = [parent.value for parent in op.inputs]
            self._sent[op] = one_each(op, op.backward(op.grad, op.value, *arrays))
        return self._sent[op][position]


def _gradient_norm(card: Card) -> float | None:
    nodes = card.nodes if not card.is_folded else _parameters(card.nodes)
    sizes = [norm(node.grad) for node in nodes if node.grad is not None]
    return math.hypot(*sizes) if sizes else None


def _limit(samples: Sequence[Sample]) -> float:
    """Return the end of a scale: the largest magnitude, but not that of a mask such as -1e9."""
    peak = max((shown.peak for shown in samples), default=0.0)
    plain = max((shown.plain_peak for shown in samples), default=0.0)
    is_mask = peak >= OUTLIER and 0 < plain <= peak / 1e4
    return plain if is_mask else peak


def _parameters(nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if node.role == "parameter"]
