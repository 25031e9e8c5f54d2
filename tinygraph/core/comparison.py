"""Where the loss compares the prediction with labels.

A loss op declares it (``Op.compares``).  In a loss built from arithmetic it follows from the graph:
walk from the prediction towards the loss; the first op that joins it with nodes that do not depend
on the prediction is the comparison.  A later one, such as the product with sample weights, only
scales the loss.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinygraph.core.graph import Graph
from tinygraph.core.labels import NoClassesError
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.op import Op
from tinygraph.core.topology import topological_order
from tinygraph.validation.naming import describe


@dataclass(frozen=True)
class Compared:
    """the two sides of a comparison, and how the loss reads the prediction's side.

    Attributes
    ----------
    scores, labels : Node
        The compared nodes.
    source : Input
        The input that holds the labels.
    are_logits : bool
        Whether the sign of a score decides between two classes.
    are_indices : bool
        Whether a label is the number of a class.
    are_probabilities : bool
        Whether the labels are factors of a function of the score, as in −t·log p.
    is_declared : bool
        Whether the loss declares how it reads a score.  If not, a score must be between the labels.
    """

    scores: Node
    labels: Node
    source: Input
    are_logits: bool = False
    are_indices: bool = False
    are_probabilities: bool = False
    is_declared: bool = True


def comparison_of(model: Graph) -> Compared:
    """Return how the loss of ``model`` compares the prediction with labels.

    Raises
    ------
    NoClassesError
        If it does not, or if the graph does not tell which input holds the labels.

    >>> import tinygraph as tg
    >>> comparison_of(tg.lab2.model(rng=0)).source
    <Input "t" (B, 1)>
    """
    if model.prediction is model.output:
        raise NoClassesError("the graph has no prediction: pass it as Graph(loss, prediction=…)")
    score = _score(model)
    walk = _Walk(model, score)
    found = {each.source: each for each in walk.declared or walk.differences or walk.others}
    if not walk.sources:
        raise NoClassesError(f"the loss does not compare {describe(score)} with an input of labels")
    if len(found) != 1 or not (walk.declared or walk.differences or not walk.is_mixed):
        names = " and ".join(sorted(f'"{source.name}"' for source in walk.sources))
        raise NoClassesError(
            f"the loss does not show how it compares {describe(score)} with {names}"
        )
    (compared,) = found.values()
    if compared.source in model.prediction_inputs:
        raise NoClassesError(
            f"the loss compares the prediction with its own input {compared.source.name!r}"
        )
    if not compared.are_indices and compared.scores.shape != compared.labels.shape:
        raise NoClassesError("the labels and the prediction have different shapes")
    return compared


def _score(model: Graph) -> Node:
    """Return the prediction, or the logits if the loss reads those instead of the prediction."""
    needed = set(topological_order([model.output]))
    trained: set[Node] = {node for node in model.nodes if isinstance(node, Parameter)}
    for node in model.nodes:
        if any(parent in trained for parent in node.inputs):
            trained.add(node)
    score = model.prediction
    while score not in needed:
        parents = [parent for parent in score.inputs if parent in trained]
        if len(parents) != 1:
            raise NoClassesError("the loss does not depend on the prediction")
        (score,) = parents
    return score


class _Walk:
    """All comparisons on the path from the score to the loss, by their kinds."""

    def __init__(self, model: Graph, score: Node) -> None:
        self.declared: list[Compared] = []
        self.differences: list[Compared] = []
        self.others: list[Compared] = []
        self.sources: set[Input] = set()
        self.is_mixed = False
        """Whether an input joins the score twice: its first product is then not its only use."""
        self._score = score
        feeds: dict[Node, frozenset[Input]] = {}
        for node in topological_order([model.output]):
            feeds[node] = frozenset([node] if isinstance(node, Input) else ()).union(
                *(feeds[parent] for parent in node.inputs)
            )
        self._feeds = feeds
        joined: dict[Node, frozenset[Input]] = {score: frozenset()}
        for node in topological_order([model.output]):
            if isinstance(node, Op) and node is not score:
                self._visit(node, joined)

    def _visit(self, op: Op, joined: dict[Node, frozenset[Input]]) -> None:
        from_score = [parent for parent in op.inputs if parent in joined]
        if not from_score:
            return
        seen: frozenset[Input] = frozenset().union(*(joined[parent] for parent in from_score))
        fed = [parent for parent in op.inputs if parent not in joined and self._feeds[parent]]
        new: frozenset[Input] = frozenset().union(*(self._feeds[parent] for parent in fed))
        joined[op] = seen | new
        if seen and not seen & new:  # weights of the samples, or nothing at all
            return
        self.sources |= new
        if not seen and len(from_score) == len(fed) == len(new) == 1:
            self._add(op, from_score[0], fed[0], *new)
        elif fed:
            self.is_mixed = True

    def _add(self, op: Op, score: Node, labels: Node, source: Input) -> None:
        how = op.compares
        if how is not None:
            is_labels = dict(zip(op.arguments, op.inputs)).get(how.labels) is labels
            if is_labels or not (how.are_logits or how.are_indices):  # MSE(t, y) is MSE(y, t)
                compared = Compared(score, labels, source, how.are_logits, how.are_indices)
                self.declared.append(compared)
        elif isinstance(op, _kind("-")):
            self.differences.append(Compared(score, labels, source))
        elif isinstance(op, _kind("*")) and score is self._score:
            # t·z rewards the sign of z, which is a logit or a margin.
            self.others.append(Compared(score, source, source, are_logits=True))
        elif isinstance(op, _kind("*")):
            self.others.append(Compared(self._score, source, source, are_probabilities=True))
        elif op.shape == () or op.role == "loss":
            self.others.append(Compared(score, labels, source, is_declared=False))
        else:
            self.is_mixed = True


def _kind(operator: str) -> type:
    kind = OPERATORS[operator]
    assert isinstance(kind, type)
    return kind
