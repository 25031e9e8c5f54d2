"""The choices of a page: the same graph with other activations, and other optimizers for it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import ArgumentError
from tinygraph.optim.adam import Adam
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Momentum, RMSProp

MOST_ACTIVATIONS = 5
OPTIMIZERS: tuple[type[Optimizer], ...] = (SGD, Momentum, AdaGrad, RMSProp, Adam)


def with_activations(model: Graph) -> dict[str, Graph]:
    """Return the graph with each activation that it can have, its own first, by its name.

    Only the activations of hidden layers change, and only if they are all of one class. Whoever
    reads the output relies on its range.
    """
    hidden = {n for n in model.nodes if _is_elementwise(n) and n is not model.prediction}
    kinds = {type(node) for node in hidden}
    if len(kinds) != 1:
        return {"as built": model}
    (own,) = kinds
    others = [kind for kind in _activations() if kind is not own]
    graphs = {own.__name__: model}
    for kind in others[: MOST_ACTIVATIONS - 1]:
        graphs[kind.__name__] = _replaced(model, hidden, kind)
    return graphs


def _activations() -> Iterator[type[Op]]:
    """Yield the elementwise activations that tinygraph has, without hyperparameters."""
    for kind in Op.__subclasses__():
        is_ours = kind.__module__.startswith("tinygraph.") and kind.role == "activation"
        if is_ours and kind.takes(1) and _computes_elementwise(kind(np.ones(3))):
            yield kind


def _is_elementwise(node: Node) -> bool:
    is_one = isinstance(node, Op) and node.role == "activation" and len(node.inputs) == 1
    return is_one and _computes_elementwise(node)


def _computes_elementwise(op: Any) -> bool:
    """Tell whether an op computes each element from one element."""
    x = np.linspace(-2.0, 2.0, 6)
    try:
        shapes = [np.ravel(op.forward(x.reshape(shape))) for shape in ((2, 3), (6, 1), (1, 6))]
    except Exception:  # a custom op may not accept these shapes
        return False
    return all(np.allclose(shapes[0], other) for other in shapes)


def _replaced(model: Graph, replaced: set[Node], kind: type[Op]) -> Graph:
    """Return a copy of the graph with other ops; it shares the leaves."""
    new: dict[Node, Node] = {}
    for node in model.nodes:
        inputs = tuple(new[each] for each in node.inputs)
        if node in replaced:
            new[node] = kind(*inputs, name=node.name)
        elif any(a is not b for a, b in zip(inputs, node.inputs)):
            new[node] = copy.copy(node)
            new[node].inputs = inputs
        else:
            new[node] = node
    return Graph(new[model.output], prediction=new[model.prediction])


def with_optimizers(optimizer: Optimizer) -> dict[str, Optimizer]:
    """Return the user's optimizer and the usual ones for its parameters, by name.

    Raises
    ------
    ArgumentError
        If it has parameter groups or ``clip_norm``, for which the page has no controls.
    """
    for is_set, what in (
        (optimizer.groups, "groups of parameters"),
        (optimizer.clip_norm is not None, "clip_norm"),
    ):
        if is_set:
            raise ArgumentError(
                f"A playground trains all parameters with one learning rate and unclipped "
                f"gradients; this {type(optimizer).__name__} has {what}. Give the playground an "
                f"optimizer without."
            )
    made = {type(optimizer).__name__: optimizer}
    for kind in OPTIMIZERS:
        if kind.__name__ not in made:
            made[kind.__name__] = kind(optimizer.parameters, lr=optimizer.lr)
    return made
