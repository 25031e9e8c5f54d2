"""What flows through a view: the norm of each gradient, and the scales that all share.

The gradient of a node that several ops read is the sum of what each of them sends back.  What runs
along *one* arrow is one term of that sum, so it is computed again here, from the op's own
``backward``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.numbers import norm
from tinygraph.validation.arrays import Array
from tinygraph.validation.op_results import one_each
from tinygraph.viz.diagram import heatmap
from tinygraph.viz.diagram.view import Arrow, Card, View


class Flow:
    """The numbers of a view.

    Parameters
    ----------
    view : View
    nodes : sequence of Node
        The whole graph: a node of the view may be read by ops outside of it.
    values, gradients : bool
        What is to be shown.
    """

    def __init__(
        self, view: View, nodes: Sequence[Node], values: bool = False, gradients: bool = False
    ) -> None:
        self.has_values = values
        self.has_gradients = gradients
        self.readers = Counter(parent for node in nodes for parent in node.inputs)
        self._sent: dict[Op, tuple[Array | None, ...]] = {}
        shown = [card.nodes[0] for card in view.cards if not card.is_folded]
        self.value_limit = max((_peak(node.value) for node in shown if values), default=0.0)
        self.gradient_limit = max((_peak(node.grad) for node in shown if gradients), default=0.0)
        self.norms = {arrow: self._norm(arrow) for arrow in view.arrows} if gradients else {}
        sizes = [size for size in self.norms.values() if size and math.isfinite(size)]
        self.high = max(sizes, default=1.0)
        # At least a decade wide: norms that hardly differ are not to look as if they did.
        self.low = min([*sizes, self.high / 10]) or self.high

    def strength(self, size: float) -> float:
        """Return where a norm stands between the smallest and the largest, by its logarithm."""
        if not math.isfinite(size) or self.low == self.high:
            return 1.0
        start = math.log(self.low)
        return (math.log(size) - start) / (math.log(self.high) - start)

    def gradient_norm(self, card: Card) -> float | None:
        """Return the norm of a node's gradient, of all parameters' in a folded group."""
        nodes = card.nodes if not card.is_folded else _parameters(card.nodes)
        sizes = [norm(node.grad) for node in nodes if node.grad is not None]
        return math.hypot(*sizes) if sizes else None

    def _norm(self, arrow: Arrow) -> float | None:
        """Return the norm of what runs back along an arrow; None if nothing does."""
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


def _peak(array: Array | None) -> float:
    return 0.0 if array is None or array.ndim == 0 else heatmap.largest(array)


def _parameters(nodes: Sequence[Node]) -> list[Node]:
    return [node for node in nodes if node.role == "parameter"]
