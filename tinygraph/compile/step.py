"""One training step as a program: forward, backward, and the optimizer's update.

Each op's own ``forward`` and ``backward`` run once, on recording arrays, in the order in which
:class:`tinygraph.Graph` runs them.  What was recorded for an op is tried at once on random numbers
against the op itself; where the two differ (an op that draws random numbers, say, or keeps a
count) and where recording is impossible, the op is *called* within the program.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.arrays import Array
from tinygraph.compile.ir import Operation, Value, constant, evaluate, values_in
from tinygraph.compile.recording import Recorded, Tape, Unrecordable
from tinygraph.contract import as_gradient, as_value, one_each
from tinygraph.errors import TinygraphError
from tinygraph.graph import Graph
from tinygraph.node import Constant, Input, Node, Op, Parameter
from tinygraph.optim import Optimizer
from tinygraph.topology import topological_order


@dataclass
class Step:
    """What was recorded of one step, for one batch size.

    Attributes
    ----------
    values : dict
        The value of each node, in topological order.
    gradients : dict
        ∂L/∂value of each node that has one.
    operations : list of Operation
        Forward, then backward.
    called : list of (Node, str, str)
        Which op is called as it is, in which phase, and why.
    """

    values: dict[Node, Value] = field(default_factory=dict)
    gradients: dict[Node, Value] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    called: list[tuple[Node, str, str]] = field(default_factory=list)


@dataclass
class Update:
    """What an optimizer does with one array of weights: the new weights, then the new memory."""

    weight: Value
    gradient: Value
    memory: tuple[Value, ...]
    scalars: dict[str, Value]
    operations: list[Operation]
    results: tuple[Value, ...]

    @property
    def is_elementwise(self) -> bool:
        """Whether all parameters may be updated as one long vector."""
        return all(operation.is_elementwise for operation in self.operations)


def record_step(model: Graph, feeds: Mapping[Node, Array]) -> Step:
    """Record the forward and backward of ``model`` for inputs shaped like ``feeds``."""
    tape = Tape()
    step = Step(operations=tape.operations)
    arrays: dict[Node, Any] = {}
    for node in topological_order([model.output]):
        if isinstance(node, Op):
            _record_forward(node, step, tape, arrays)
            continue
        arrays[node] = feeds.get(node, node.value)
        if isinstance(node, Constant):
            step.values[node] = constant(arrays[node][()])
        else:
            kind = "input" if isinstance(node, Input) else "parameter"
            step.values[node] = Value(
                kind, arrays[node].shape, arrays[node].dtype, label=str(node.name)
            )
    _record_backward(model.output, step, tape)
    return step


def _record_forward(op: Op, step: Step, tape: Tape, arrays: dict[Node, Any]) -> None:
    tape.node, tape.phase = op, "forward"
    inputs = [step.values[parent] for parent in op.inputs]
    with np.errstate(all="ignore"):
        arrays[op] = as_value(op.forward(*[arrays[parent] for parent in op.inputs]), op, op.shape)

    def record() -> tuple[Value, ...]:
        result = op.forward(*[Recorded(value, tape) for value in inputs])
        return (_recorded_as(result, arrays[op].shape, arrays[op].dtype, tape),)

    def call(*args: Any) -> tuple[Any, ...]:
        return (as_value(op.forward(*args), op, op.shape),)

    results = _record_or_call(op, step, tape, record, call, inputs, [arrays[op]])
    step.values[op] = results[0]
    if not results[0].label and results[0].kind == "result":
        results[0].label = str(op.name)


def _record_backward(output: Node, step: Step, tape: Tape) -> None:
    """Record what ``Graph.backward`` does: contributions add up in reverse topological order."""
    tape.phase = "backward"
    seed = np.ones(step.values[output].shape, step.values[output].dtype)[()]
    step.gradients[output] = constant(seed)
    for op in reversed(step.values):
        if not isinstance(op, Op) or op not in step.gradients:
            continue
        tape.node = op
        contributions = _contributions(op, step, tape)
        for parent, contribution in zip(op.inputs, contributions):
            if contribution is None or type(parent) is Constant:
                continue
            if parent in step.gradients:
                total = Recorded(step.gradients[parent], tape) + Recorded(contribution, tape)
                contribution = total.value
            step.gradients[parent] = contribution
    for node, value in step.gradients.items():
        if not value.label and value.kind == "result":
            value.label = f"g_{node.name}"


def _contributions(op: Op, step: Step, tape: Tape) -> list[Value | None]:
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
        return tuple(grad for grad in checked(op.backward(g, y, *args)) if grad is not None)

    def record() -> tuple[Value, ...]:
        grads = op.backward(*[Recorded(value, tape) for value in (g, y, *inputs)])
        kept = []
        for grad, array in zip(one_each(op, grads), like):
            flows.append(grad is not None)
            if grad is not None:
                kept.append(_recorded_as(grad, array.shape, array.dtype, tape))
        return tuple(kept)

    rng = np.random.default_rng(0)
    samples = [_random(value, rng) for value in (g, *inputs)]
    with np.errstate(all="ignore"):
        forward = as_value(op.forward(*samples[1:]), op, op.shape)
        grads = checked(op.backward(samples[0], forward, *samples[1:]))
    expected = [grad for grad in grads if grad is not None]
    results = iter(_record_or_call(op, step, tape, record, call, [g, y, *inputs], expected))
    return [None if grad is None else next(results) for grad in grads]


def _record_or_call(
    op: Op,
    step: Step,
    tape: Tape,
    record: Callable[[], tuple[Value, ...]],
    call: Callable[..., tuple[Any, ...]],
    inputs: list[Value],
    like: list[Any],
) -> tuple[Value, ...]:
    """Return what ``record`` recorded if it does what ``call`` does; else record the call."""
    start = len(tape.operations)
    try:
        results = record()
        reason = _difference(op, tape, start, results, call, inputs)
    except Unrecordable as found:
        reason = str(found)
    except Exception as error:
        reason = f"on a recording array it raises {type(error).__name__}: {error}"
    if not reason:
        return results
    del tape.operations[start:]
    step.called.append((op, tape.phase, reason))

    def on_copies(*args: Any) -> tuple[Any, ...]:
        return call(*[np.array(arg)[()] for arg in args])

    on_copies.__name__ = tape.phase
    together = tape.append(on_copies, tuple(inputs), (), object)
    return tuple(
        tape.append(operator.getitem, (together.value, position), array.shape, array.dtype).value
        for position, array in enumerate(like)
    )


def _difference(
    op: Op,
    tape: Tape,
    start: int,
    results: tuple[Value, ...],
    call: Callable[..., tuple[Any, ...]],
    inputs: list[Value],
) -> str:
    """Return how the recording differs from the op on random numbers, or nothing."""
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        unique = {value: _random(value, rng, positive=seed == 2) for value in inputs}
        args = [value.constant if value.kind == "constant" else unique[value] for value in inputs]
        with np.errstate(all="ignore"):
            if tape.phase == "backward" and inputs[1].kind != "constant":
                # y is no number of its own: it is the value at these inputs.
                args[1] = unique[inputs[1]] = as_value(op.forward(*args[2:]), op, op.shape)
            expected = call(*args)
            known = evaluate(tape.operations[start:], unique)
        for value, array in zip(results, expected):
            got = value.constant if value.kind == "constant" else known[value]
            if not np.allclose(got, array, rtol=1e-5, atol=1e-8, equal_nan=True):
                return "run twice, it does not compute the same function"
    return ""


def _random(value: Value, rng: np.random.Generator, positive: bool = False) -> Any:
    low = 0.5 if positive else -1.0
    return rng.uniform(low, 1.5, size=value.shape).astype(value.dtype)[()]


def _recorded_as(result: Any, shape: tuple[int, ...], dtype: Any, tape: Tape) -> Value:
    """Return what an op returned as a value of the promised shape and precision."""
    if not isinstance(result, Recorded):
        return constant(np.asarray(result, dtype)[()])
    if result.shape != shape:
        raise Unrecordable(f"it returns the shape {result.shape} for {shape}")
    return result.astype(dtype).value


def record_update(optimizer: Optimizer, shape: tuple[int, ...], dtype: Any) -> Update:
    """Record ``optimizer.update`` for one array of weights.

    The hyperparameters stay scalars of the program, so that a changed learning rate is honoured
    without recording anew.

    Raises
    ------
    Unrecordable
        If the update cannot be written down as array operations.
    """
    tape = Tape()
    tape.phase = "update"
    dtype = np.dtype(dtype)

    def recorded(kind: str, label: str, shape: tuple[int, ...] = (), of: Any = dtype) -> Recorded:
        return Recorded(Value(kind, shape, np.dtype(of), label), tape)

    stand_in: Any = copy.copy(optimizer)
    scalars = {name: recorded("scalar", name) for name in optimizer.hyperparameters}
    for name, scalar in scalars.items():
        object.__setattr__(stand_in, name, scalar)
    scalars["t"] = recorded("scalar", "t")
    w, g = recorded("parameter", "w", shape), recorded("gradient", "g", shape)
    memory = [recorded("memory", slot, shape) for slot in optimizer.slots]
    try:
        results = stand_in.update(w, g, scalars["t"], *memory)
    except (Unrecordable, TinygraphError):
        raise
    except Exception as error:  # what an interpreted step says about it is the better lesson
        raise Unrecordable(f"update raised {type(error).__name__}: {error}") from error
    if type(results) is not tuple or len(results) != 1 + len(memory):
        raise Unrecordable("update returns no tuple of the new w and one array a slot")
    return Update(
        w.value,
        g.value,
        tuple(array.value for array in memory),
        {name: scalar.value for name, scalar in scalars.items()},
        tape.operations,
        tuple(_recorded_as(result, shape, dtype, tape) for result in results),
    )


def used_inputs(step: Step) -> list[Value]:
    """Return the inputs that some operation reads, in the order of the graph."""
    read = {value for operation in step.operations for value in values_in(operation.arguments)}
    return [value for value in step.values.values() if value.kind == "input" and value in read]


def trained(model: Graph, optimizer: Optimizer | None) -> tuple[Parameter, ...]:
    """Return the parameters whose gradients a program computes: the optimizer's, or all."""
    return model.parameters if optimizer is None else optimizer.parameters
