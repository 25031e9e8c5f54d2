"""Problems of a network, found in one run: dead or saturated units, and vanishing gradients.

A unit is dead if its value and the slope of its activation are 0 for the whole batch. It is
saturated if, for most of the batch, the slope is small compared with the steepest slope of the op.
The norms of the gradients show how the gradient changes from layer to layer.

An output that agrees with its labels is saturated, too, and passes little gradient back. That is
what success looks like, and the sentence says so.

Findings state facts and their effects. They give no advice that depends on the task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.topology import as_node, check_nodes
from tinygraph.diagnosis.report import Diagnosis, Finding, Layer
from tinygraph.diagnosis.slopes import FLAT, MOST, Slope, slope_of
from tinygraph.errors import StateError
from tinygraph.notation.numbers import norm, number
from tinygraph.validation.edits import check_numbers

STEP = 10.0
"""A norm that changes by more than this factor from one layer to the next is reported."""
WHOLE = 1000.0
"""The same limit from the last layer to the first."""
CLOSE = 0.1
"""A value agrees with its label if it is this close, as a fraction of the labels' range."""


def diagnose(model: Graph | Node) -> Diagnosis:
    """Find problems of a network in the values and gradients of its last run.

    Parameters
    ----------
    model : Graph or Node
        After a ``forward``. After a ``backward``, the gradients are examined, too. A node means
        the graph of all nodes that it depends on.

    Returns
    -------
    Diagnosis
        Prints as a table and sentences, and shows itself in a notebook. A diagram with gradients
        marks these nodes.

    Raises
    ------
    StateError
        Before any ``forward``.

    Examples
    --------
    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> model = tg.Graph(tg.Sum(tg.ReLU(x, name="h")))
    >>> _ = model.forward(x=np.array([[1.0, -1.0], [2.0, -3.0]]))
    >>> print(diagnose(model).sentences[0])
    h: 1 of 2 units is dead: 0 for the whole batch of 2, so no gradient passes.
    """
    if not isinstance(model, Graph):
        model = Graph(as_node(model, "The argument of diagnose"))
    if model.output.value is None:
        raise StateError("Call forward(…) before diagnose: there is no run to examine yet.")
    check_nodes(model.nodes)
    check_numbers(model.nodes)
    layers = _layers(model.nodes)
    before = _layer_before(model.nodes, layers)
    slopes = {layer: slope_of(layer) for layer in layers}
    agreeing = set(_agreeing(model.nodes))
    findings = [
        *_non_finite(model.nodes),
        *(
            finding
            for layer in layers
            for finding in _flat_units(layer, slopes[layer], layer in agreeing)
        ),
    ]
    if not any(finding.kind == "non-finite" for finding in findings):
        findings += [*_lost(layers, before, agreeing), *_no_gradient(model.parameters)]
    return Diagnosis(findings, [_row(layer, slopes[layer], before.get(layer)) for layer in layers])


def _layers(nodes: Sequence[Node]) -> list[Op]:
    """Return one node per layer: the activations or, without any, the linear ops."""
    for role in ("activation", "linear"):
        found = [node for node in nodes if isinstance(node, Op) and node.role == role]
        if found:
            return found
    return []


def _layer_before(nodes: Sequence[Node], layers: Sequence[Op]) -> dict[Node, Op]:
    """Return the layer that each layer reads from; if there are several, the deepest one."""
    depth: dict[Node, int] = {}
    last: dict[Node, Op] = {}
    before: dict[Node, Op] = {}
    is_layer = set(layers)
    for node in nodes:
        reached = [last[parent] for parent in node.inputs if parent in last]
        if reached:
            last[node] = max(reached, key=lambda layer: depth[layer])
        if isinstance(node, Op) and node in is_layer:
            if node in last:
                before[node] = last[node]
            depth[node] = depth[last[node]] + 1 if node in last else 0
            last[node] = node
    return before


def _row(layer: Op, slope: Slope | None, before: Op | None) -> Layer:
    gradient = None if layer.grad is None else norm(layer.grad)
    ratio = _ratio(before, layer)
    if slope is None:
        return Layer(layer, None, None, None, gradient, ratio)
    dead, saturated = int(slope.dead.sum()), int(slope.saturated.sum())
    return Layer(layer, slope.units, dead, saturated, gradient, ratio)


def _ratio(before: Node | None, after: Node) -> float | None:
    """Return the norm of the gradient in the layer before, divided by the norm in this one."""
    if before is None or before.grad is None or after.grad is None:
        return None
    here = norm(after.grad)
    return norm(before.grad) / here if here > 0 else None


def _non_finite(nodes: Sequence[Node]) -> Iterator[Finding]:
    """Find the first non-finite value of the forward pass, or else the first gradient."""
    for what, arrays in (
        ("value", [(node, node.value) for node in nodes]),
        ("gradient", [(node, node.grad) for node in reversed(nodes)]),
    ):
        bad = [(n, a) for n, a in arrays if a is not None and not np.isfinite(a).all()]
        if bad:
            node, array = bad[0]
            count = int(np.count_nonzero(~np.isfinite(array)))
            rest = f" {len(bad) - 1} more follow from it." if len(bad) > 1 else ""
            yield Finding(
                node,
                "non-finite",
                f"non-finite {what}",
                f"{node.name}: this is the first non-finite {what}; {count} of {array.size} "
                f"elements are NaN or infinite.{rest}",
            )
            return


def _agreeing(nodes: Sequence[Node]) -> Iterator[Node]:
    """Yield each prediction whose values are all close to their labels."""
    for loss in nodes:
        if loss.role != "loss" or len(loss.inputs) != 2:
            continue
        for node, labels in (loss.inputs, loss.inputs[::-1]):
            y, t = node.value, labels.value
            if labels.inputs or y is None or t is None or y.shape != t.shape or not t.size:
                continue
            with np.errstate(all="ignore"):
                spread = np.ptp(t)
                if spread > 0 and (np.abs(y - t) <= CLOSE * spread).all():
                    yield node


def _flat_units(layer: Op, slope: Slope | None, agrees: bool) -> Iterator[Finding]:
    if slope is None:
        return
    batch = layer.value.size // slope.units if layer.value is not None else 0
    dead, saturated = int(slope.dead.sum()), int(slope.saturated.sum())
    if dead:
        yield Finding(
            layer,
            "dead",
            f"{dead} of {slope.units} dead",
            f"{layer.name}: {_count(dead, slope.units)} dead: 0 for the whole batch of {batch}, so "
            f"no gradient passes.",
        )
    if saturated:
        success = (
            " Each value agrees with its label, so there is little left to learn: this is what "
            "success looks like."
        )
        yield Finding(
            layer,
            "saturated",
            f"{saturated} of {slope.units} saturated",
            f"{layer.name}: {_count(saturated, slope.units)} saturated: for at least "
            f"{MOST:.0%} of the batch the slope is below {number(FLAT * slope.steepest, 2)} (the "
            f"steepest is {number(slope.steepest, 2)}), so little gradient passes."
            + (success if agrees else ""),
            is_ailment=not agrees,
        )


def _count(few: int, units: int) -> str:
    return f"{few} of {units} unit{'s' * (units > 1)} {'is' if few == 1 else 'are'}"


def _lost(layers: Sequence[Op], before: dict[Node, Op], agreeing: set[Node]) -> Iterator[Finding]:
    """Find where the norm of the gradient changes too much, between two layers or overall."""
    for layer in reversed(layers):
        ratio = _ratio(before.get(layer), layer)
        if ratio is None or 1 / STEP <= ratio <= STEP:
            continue
        if ratio > 0:
            found = _changed(before[layer], layer, ratio, steps=1)
            yield _as_success(found, layer) if ratio < 1 and layer in agreeing else found
    if not layers:
        return
    last = layers[-1]
    if last in agreeing:  # its small slope says nothing about the layers before it
        last = before.get(last, last)
    first = last
    steps = 0
    while first in before:
        first, steps = before[first], steps + 1
    ratio = _ratio(first, last)
    if steps > 1 and ratio and not 1 / WHOLE <= ratio <= WHOLE:
        yield _changed(first, last, ratio, steps)


def _changed(first: Op, last: Op, ratio: float, steps: int) -> Finding:
    kind = "vanishing" if ratio < 1 else "exploding"
    verb = "shrinks" if ratio < 1 else "grows"
    grads = [number(norm(node.grad), 2) for node in (last, first) if node.grad is not None]
    each = f", {number(ratio ** (1 / steps), 2)} per layer over {steps} layers" if steps > 1 else ""
    return Finding(
        first,
        kind,
        f"gradient × {number(ratio, 1)}",
        f"{first.name}: the gradient is {kind}: from {last.name} back to this layer, its norm "
        f"{verb} from {grads[0]} to {grads[1]}, a factor of {number(ratio, 2)}{each}.",
    )


def _as_success(finding: Finding, last: Op) -> Finding:
    success = (
        f" {last.name} agrees with its labels, and its slope is small there: this is what "
        f"success looks like."
    )
    return finding._replace(sentence=finding.sentence + success, is_ailment=False)


def _no_gradient(parameters: Sequence[Parameter]) -> Iterator[Finding]:
    for parameter in parameters:
        if parameter.grad is not None and parameter.grad.size and not parameter.grad.any():
            yield Finding(
                parameter,
                "no gradient",
                "gradient 0",
                f"{parameter.name}: all elements of its gradient are 0, so training does not "
                f"change it.",
            )
