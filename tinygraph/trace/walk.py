"""A run as plain data: each op forward and backward, and each update of the optimizer.

A trace is a list of steps in the order of the run.  Each is a dict of text, numbers and lists, so
``json.dumps`` accepts it, and a page, a terminal or a test can read it.  This module runs the ops
and the optimizer; :mod:`tinygraph.trace.writing` adds the texts.

A trace changes nothing: not the graph's values and gradients, not the parameters, and not the
optimizer.  Large arrays are summarised to keep a trace small.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentError, ArgumentTypeError, OptimizerError, StateError
from tinygraph.notation.names import Notation
from tinygraph.optim.optimizer import Optimizer
from tinygraph.trace.steps import Moment, Step, summarise
from tinygraph.trace.writing import backward_step, forward_step, leaving, update_step
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import as_seed, call_backward, call_forward
from tinygraph.validation.updates import call_update

MOST_TRAINING_STEPS = 1_000


def steps_of(
    model: Graph, optimizer: Optimizer | None, training_steps: int, feeds: Mapping[str, Any]
) -> list[Step]:
    """Return the steps of a run as plain data; see :meth:`tinygraph.Graph.trace`."""
    arrays = model.feed_arrays(feeds)
    moments = walk(model.nodes, model.output, arrays, optimizer, training_steps)
    return [moment.step for moment in moments]


def walk(
    nodes: Sequence[Node],
    output: Node,
    feeds: Mapping[Node, Array],
    optimizer: Optimizer | None = None,
    training_steps: int = 1,
) -> Iterator[Moment]:
    """Go through a run step by step; see :meth:`tinygraph.Graph.trace`.

    Parameters
    ----------
    nodes
        In topological order.
    output
        The differentiated node.
    feeds
        An array for each input node.
    optimizer, training_steps
        The optimizer whose updates are traced, and the number of rounds.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(3.0, name="w")
    >>> model = tg.Graph(w * tg.Input("x", shape=()))
    >>> forward, backward, update = model.trace(tg.SGD(w, lr=0.5), x=2.0)
    >>> forward["code"], forward["value"]["entries"]
    ('Multiply1 = w * x', 6.0)
    >>> [(out["code"], out["contribution"]["entries"]) for out in backward["outgoing"]]
    [('dw = dMultiply1 * x', 2.0), ('dx = dMultiply1 * w', 3.0)]
    >>> [(line["code"], line["array"]["entries"]) for line in update["lines"]]
    [('w = w - 0.5 * dw', 2.0)]
    """
    check_nodes(nodes)
    _check(nodes, optimizer, training_steps)
    names = Notation(nodes, output)
    values: dict[Node, Any] = {node: node.value for node in nodes if not isinstance(node, Op)}
    values.update(feeds)
    memory = dict(optimizer.memory) if optimizer else {}
    start = optimizer.steps if optimizer else 0
    given, optimizer = optimizer, copy.copy(optimizer)
    numbers = count(1)
    for training_step in range(1, training_steps + 1):
        values = dict(values)
        gradients: dict[Node, Any] = {}
        moments = _forward(nodes, values, names)
        gradients[output] = as_seed(None, output, values[output])
        moments += _backward(nodes, values, gradients, names)
        updated: dict[Node, Any] = {}
        if optimizer:
            t = start + training_step
            optimizer.steps = t - 1  # a schedule of the learning rate depends on it
            for parameter in optimizer.parameters:
                own, w = optimizer.of(parameter), values[parameter]
                g = _gradient(parameter, gradients)
                step = update_step(own, parameter, t, w, g, memory[parameter], names)
                # Copies: a user's update may write into its arguments.
                copies = tuple(array.copy() for array in memory[parameter])
                try:
                    new, *kept = call_update(own, parameter, w.copy(), g.copy(), t, copies)
                except OptimizerError as error:
                    error.optimizer = given
                    raise
                updated[parameter], memory[parameter] = new, tuple(kept)
                step["after"] = summarise(updated[parameter])
                moment = Moment(step, parameter, values, gradients, {}, {}, updated[parameter])
                moments.append(moment)
            after = values | updated
            with np.errstate(all="ignore"):  # a step may overflow, and the trace shows it
                _forward(nodes, after, names)
            _compare(moments, values[output], after[output])
        for moment in moments:
            moment.step["index"] = next(numbers)
            moment.step["training_step"] = training_step
        yield from moments
        values = values | updated  # a new dict: the moments of this round keep theirs


def _check(nodes: Sequence[Node], optimizer: Optimizer | None, training_steps: Any) -> None:
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"The updates must be those of an optimizer, such as tg.SGD(model.parameters); "
            f"got {brief(optimizer)}."
        )
    if not is_whole_number(training_steps) or training_steps < 1:
        raise ArgumentError(
            f"training_steps must be a whole number of at least 1; got {brief(training_steps)}."
        )
    if training_steps > MOST_TRAINING_STEPS:
        raise ArgumentError(
            f"At most {MOST_TRAINING_STEPS:,} training steps are traced, since every array of each "
            f"is kept; got {brief(training_steps)}."
        )
    if optimizer is None and training_steps > 1:
        raise ArgumentError(
            f"{training_steps} training steps need an optimizer between them, or each would be "
            f"the same; none was given. Try model.trace(tg.SGD(model.parameters), "
            f"{training_steps}, …)."
        )
    if optimizer is not None and optimizer.clip_norm is not None:
        raise ArgumentError(
            "A trace shows each update by its own lines, which do not contain clip_norm. Trace "
            "with an optimizer without clip_norm."
        )
    known = set(nodes)
    for parameter in optimizer.parameters if optimizer else ():
        if parameter not in known:
            raise ArgumentError(
                f"The optimizer trains {describe(parameter)}, but this graph does not contain it. "
                f"Make one of this graph's parameters: tg.SGD(model.parameters)."
            )


def _forward(nodes: Iterable[Node], values: dict[Node, Any], names: Notation) -> list[Moment]:
    """Compute the ops' ``values``."""
    moments = []
    for op in nodes:
        if not isinstance(op, Op):
            continue
        arrays = [values[parent] for parent in op.inputs]
        values[op] = call_forward(op, arrays, op.shape)
        moments.append(Moment(forward_step(op, values, names), op, values, {}, {}, {}))
    return moments


def _backward(
    nodes: Sequence[Node], values: Mapping[Node, Any], gradients: dict[Node, Any], names: Notation
) -> list[Moment]:
    """Walk the ops in reverse, filling ``gradients``."""
    moments = []
    arrived: Counter[Node] = Counter()
    for op in reversed(nodes):
        if not isinstance(op, Op) or op not in gradients:
            continue
        contributions = dict(_contributions(op, values, gradients[op]))
        outgoing, totals = [], {}
        for argument, contribution in contributions.items():
            parent = op.inputs[argument]
            before = gradients.get(parent)
            total = contribution if before is None else before + contribution
            gradients[parent] = totals[argument] = total
            arrived[parent] += 1
            sent = leaving(op, argument, values, gradients[op], names)
            sent["contribution"] = summarise(contribution)
            sent["before"] = summarise(before) if before is not None else None
            sent["total"] = summarise(total)
            sent["number"] = arrived[parent]
            outgoing.append(sent)
        step = backward_step(op, values, gradients[op], outgoing, names)
        moments.append(Moment(step, op, values, gradients, contributions, totals))
    for moment in moments:
        for argument, sent in zip(moment.contributions, moment.step["outgoing"], strict=True):
            sent["count"] = arrived[moment.node.inputs[argument]]
    return moments


def _contributions(op: Op, values: Mapping[Node, Any], g: Array) -> Iterable[tuple[int, Array]]:
    """Return the gradients from the op's backward, each with the number of its argument."""
    arrays = [values[parent] for parent in op.inputs]
    for argument, gradient in enumerate(call_backward(op, g, values[op], arrays)):
        if gradient is not None:
            yield argument, gradient


def _gradient(parameter: Parameter, gradients: Mapping[Node, Any]) -> Array:
    if parameter not in gradients:
        raise StateError(
            f"An update needs the gradient of every parameter; {describe(parameter)} has none: "
            f"the output does not depend on it."
        )
    gradient: Array = gradients[parameter]
    return gradient


def _compare(moments: Iterable[Moment], before: Array, after: Array) -> None:
    """Write the effect of all updates together on the loss into each update."""
    for moment in moments:
        if moment.step["phase"] == "update":
            moment.step["loss_before"] = summarise(before)["entries"]
            moment.step["loss_after"] = summarise(after)["entries"]
