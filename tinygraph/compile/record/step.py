"""One training step as operations: its forward and its backward.

Each op's own ``forward`` and ``backward`` run once, on recording arrays, in the order in which
:class:`tinygraph.Graph` runs them; ``trial`` tests each recording.  If an op fails its trial, both
of its methods are called: if one leaves an attribute on ``self`` for the other, both then belong to
the same step.  The optimizer's part is in ``update``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.compile.ir import Operation, Value, constant
from tinygraph.compile.record.arrays import Recorded, Tape
from tinygraph.compile.record.trial import (
    copied,
    own_result,
    random_array,
    record_or_call,
    recorded_as,
)
from tinygraph.core.backward_names import is_step
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant, Input, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.topology import topological_order
from tinygraph.validation.arrays import Array
from tinygraph.validation.op_results import as_gradient, as_value, one_each


@dataclass
class Step:
    """The recording of one step, for one batch size.

    Attributes
    ----------
    values : dict
        The value of each node, in topological order.
    gradients : dict
        ∂L/∂value of each node that has one.
    contributions : dict
        The gradient that an op passes to one of its inputs, by the op and the input's position.
    operations : list of Operation
        Forward, then backward.
    called : list of (Node, str, str)
        Each op that is called instead of recorded, the phase, and the reason.
    as_is : dict
        Each op that is called, and the phase that could not be recorded.
    """

    values: dict[Node, Value] = field(default_factory=dict)
    gradients: dict[Node, Value] = field(default_factory=dict)
    contributions: dict[tuple[Node, int], Value] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    called: list[tuple[Node, str, str]] = field(default_factory=list)
    as_is: dict[Op, str] = field(default_factory=dict)

    @property
    def leaves(self) -> dict[Node, Value]:
        """The values of the inputs and the parameters; an op may return one of them unchanged."""
        return {
            node: value
            for node, value in self.values.items()
            if isinstance(node, (Input, Parameter))
        }


def record_step(model: Graph, feeds: Mapping[Node, Array], also: Sequence[Node] = ()) -> Step:
    """Record the forward and backward of ``model`` for inputs shaped like ``feeds``.

    The values of the nodes in ``also`` are recorded, too.

    A backward that can only be called is found when its forward is recorded already: the step is
    then recorded again, with that forward called.
    """
    nodes = topological_order([model.output, *model.updates.values(), *model.updates, *also])
    as_is: dict[Op, str] = {}
    while True:
        known = len(as_is)
        with kept_state(nodes):
            step = _record_once(model.output, nodes, feeds, as_is)
        if len(step.called) == 2 * len(as_is) or len(as_is) == known:
            return step


@contextmanager
def kept_state(nodes: Iterable[Node]) -> Iterator[None]:
    """Restore the attributes of all ops at the end; in between, the ops see copies of them."""
    own = [(vars(node), dict(vars(node))) for node in nodes if hasattr(node, "__dict__")]
    try:
        for attributes, kept in own:
            attributes.update({name: copied(value) for name, value in kept.items()})
        yield
    finally:
        for attributes, kept in own:
            attributes.clear()
            attributes.update(kept)


def _record_once(
    output: Node, nodes: Sequence[Node], feeds: Mapping[Node, Array], as_is: dict[Op, str]
) -> Step:
    tape = Tape()
    step = Step(operations=tape.operations, as_is=as_is)
    arrays: dict[Node, Any] = {}
    for node in nodes:
        if isinstance(node, Op):
            _record_forward(node, step, tape, arrays)
            continue
        arrays[node] = feeds.get(node, node.value)
        if isinstance(node, Constant):
            step.values[node] = constant(arrays[node][()])
        else:
            kind = "input" if isinstance(node, Input) else "parameter"
            value = Value(kind, arrays[node].shape, arrays[node].dtype, label=str(node.name))
            step.values[node] = value
            if value.dtype.kind in "iu":
                tape.whole_numbers[value] = arrays[node]
    _record_backward(output, step, tape, arrays)
    return step


def _record_forward(op: Op, step: Step, tape: Tape, arrays: dict[Node, Any]) -> None:
    tape.node, tape.phase = op, "forward"
    inputs = [step.values[parent] for parent in op.inputs]
    at_hand = [arrays[parent] for parent in op.inputs]

    def call(*args: Any) -> tuple[Any, ...]:
        return (as_value(own_result(op, "forward", *args), op, op.shape),)

    with np.errstate(all="ignore"):
        (arrays[op],) = call(*at_hand)

    def record() -> tuple[Value, ...]:
        result = op.forward(*[Recorded(value, tape) for value in inputs])
        return (recorded_as(result, arrays[op].shape, arrays[op].dtype, tape),)

    results = record_or_call(op, step.called, step.as_is, tape, record, call, inputs, [arrays[op]])
    step.values[op] = results[0]
    if not results[0].label and results[0].kind == "result" and not is_step(op):
        results[0].label = str(op.name)


def _record_backward(output: Node, step: Step, tape: Tape, arrays: dict[Node, Any]) -> None:
    """Record what ``Graph.backward`` does: contributions add up in reverse topological order."""
    tape.phase = "backward"
    seed = np.ones(step.values[output].shape, step.values[output].dtype)[()]
    step.gradients[output] = constant(seed)
    for op in reversed(step.values):
        if not isinstance(op, Op) or op not in step.gradients:
            continue
        tape.node = op
        contributions = _contributions(op, step, tape, arrays)
        for position, (parent, contribution) in enumerate(zip(op.inputs, contributions)):
            if contribution is None or not parent.takes_gradient:
                continue
            step.contributions[op, position] = contribution
            if parent in step.gradients:
                total = Recorded(step.gradients[parent], tape) + Recorded(contribution, tape)
                contribution = total.value
            step.gradients[parent] = contribution
    for node, value in step.gradients.items():
        if not value.label and value.kind == "result" and not is_step(node):
            value.label = f"g_{node.name}"


def _contributions(op: Op, step: Step, tape: Tape, arrays: dict[Node, Any]) -> list[Value | None]:
    """Return the gradient of each input of ``op``, ``None`` where none flows."""
    g, y = step.gradients[op], step.values[op]
    inputs = [step.values[parent] for parent in op.inputs]
    like = [np.empty(value.shape, value.dtype) for value in inputs]
    flows: list[bool] = []

    def checked(grads: Any) -> tuple[Any, ...]:
        return tuple(
            None if grad is None else as_gradient(grad, op, parent, array)
            for grad, parent, array in zip(one_each(op, grads), op.inputs, like)
        )

    def call(g: Any, y: Any, *args: Any) -> tuple[Any, ...]:
        grads = checked(own_result(op, "backward", g, y, *args))
        return tuple(grad for grad in grads if grad is not None)

    def record() -> tuple[Value, ...]:
        grads = op.backward(*[Recorded(value, tape) for value in (g, y, *inputs)])
        kept = []
        for grad, array in zip(one_each(op, grads), like):
            flows.append(grad is not None)
            if grad is not None:
                kept.append(recorded_as(grad, array.shape, array.dtype, tape))
        return tuple(kept)

    # At the values of the run: an op may refuse other numbers.
    at_hand = [arrays[parent] for parent in op.inputs]
    sample = random_array(g, np.random.default_rng(0))
    with np.errstate(all="ignore"):
        grads = checked(own_result(op, "backward", sample, arrays[op], *at_hand))
    expected = [grad for grad in grads if grad is not None]
    operands = [g, y, *inputs]
    results = iter(
        record_or_call(op, step.called, step.as_is, tape, record, call, operands, expected)
    )
    return [None if grad is None else next(results) for grad in grads]
