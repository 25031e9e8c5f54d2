"""What ``tg.compile`` returns: a model's training step as one straight-line program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.step import Step, record_step
from tinygraph.compile.record.update import record_update
from tinygraph.compile.targets.numpy.program import NumpyProgram
from tinygraph.compile.targets.readable.source import readable_source
from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.errors import ArgumentError, CompileError, StateError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe

MOST_STEPS = 100_000_000
"""The losses of more steps at a time would not fit into a small memory."""
STAND_IN_BATCH = 100
"""The batch size that a program is written down for before any data has arrived."""


class Program:
    """A model's forward, backward and update as one program, compiled for each batch size it meets.

    The parameters stay the model's own, and the memory the optimizer's: a run takes them over,
    and gives them back changed.  Hyperparameters of the *optimizer* are read at every run; those
    of ops (an exponent, an axis) when the program is compiled.

    Attributes
    ----------
    model : Graph
    optimizer : Optimizer or None
    target : str
        ``"numpy"`` or ``"numba"``.
    source : str
        The step as a person would write it, in NumPy alone, with the graph's names.
    code : str
        The loop that is run.
    """

    def __init__(self, model: Graph, optimizer: Optimizer | None, target: str) -> None:
        if model.output.shape != ():
            raise ArgumentError(
                f"A program starts backward from one number, the loss; the output "
                f"{describe(model.output)} has the shape {model.output.shape}. "
                f"End the graph in a loss, or in a Sum."
            )
        self.model = model
        self.optimizer = optimizer
        self.target = target
        self.parameters = model.parameters if optimizer is None else optimizer.parameters
        self._steps: dict[Any, Step] = {}
        self._compiled: dict[Any, Any] = {}
        self._latest: dict[Node, Array] = _stand_ins(model)

    def __repr__(self) -> str:
        return f"<Program of {self.model.output.name} for {self.target}>"

    @property
    def source(self) -> str:
        with self._lesson():
            step = self._step(self._latest)
            return readable_source(step, self.model.output, self.parameters, self.optimizer)

    @property
    def code(self) -> str:
        with self._lesson():
            text: str = self.compiled(self._latest).source
            return text

    def report(self) -> str:
        """Return which ops are called as they are, and why; and what that means."""
        called = self._step(self._latest).called
        if not called:
            return f"All {len(self.model.nodes)} nodes are recorded as array operations."
        lines = [f"- {phase} of {describe(op)}: {reason}." for op, phase, reason in called]
        return "\n".join(
            [
                "These are called as they are, within the program: right, but slower.",
                *lines,
                "All other nodes are recorded as array operations.",
            ]
        )

    def gradients(self, /, **feeds: Any) -> tuple[float, dict[str, Array]]:
        """Return the loss, and its gradient with respect to each parameter, by name."""
        compiled = self._ready(feeds, with_update=False)
        loss = compiled.run(1, {}, 1)[0]
        factor = 1.0 if compiled.plan.factor is None else compiled.plan.factor.constant
        return float(loss), {
            str(parameter.name): np.array(
                compiled.flat.part(compiled.gradients, value) * factor, value.dtype
            )
            for parameter, value in zip(self.parameters, compiled.plan.weights)
        }

    def run(self, steps: int, /, **feeds: Any) -> Array:
        """Take training steps on the same batch; return the loss before each.

        Raises
        ------
        StateError
            If the program was compiled without an optimizer.
        FeedError, ShapeError, DtypeError, OpError
            As ``Graph.forward`` and ``Graph.backward``.
        CompileError
            If the optimizer's update, or the model, cannot be written down for this target.
        """
        return self._advance(steps, feeds, stop_at_non_finite=False)

    def run_while_finite(self, steps: int, feeds: Mapping[str, Any]) -> Array:
        """Take steps as :meth:`run`, but none after a loss that is not finite.

        That loss is the last one returned; the parameters are those it was computed from.
        """
        return self._advance(steps, feeds, stop_at_non_finite=True)

    def prepare(self, feeds: Mapping[str, Any]) -> Any:
        """Compile for such feeds now, and return the compiled program.

        Raises
        ------
        Unrecordable
            If the target cannot run this graph.
        """
        return self.compiled(self.model.feed_arrays(feeds))

    def run_for(self, optimizer: Optimizer, steps: int, feeds: Mapping[str, Any]) -> Array:
        """Take steps for another optimizer, and its parameters, of the same architecture."""
        own = self.optimizer, self.parameters
        self.optimizer, self.parameters = optimizer, optimizer.parameters
        try:
            return self._advance(steps, feeds, stop_at_non_finite=False)
        finally:
            self.optimizer, self.parameters = own

    def _advance(self, steps: int, feeds: Mapping[str, Any], stop_at_non_finite: bool) -> Array:
        """Take steps; whatever interrupts them leaves model and optimizer as they were."""
        if not is_whole_number(steps) or not 0 <= steps <= MOST_STEPS:
            raise ArgumentError(
                f"steps is a whole number from 0 to {MOST_STEPS:,}; got {brief(steps)}."
            )
        optimizer = self._needs_optimizer()
        compiled = self._ready(feeds, with_update=True)
        losses = self._loop(compiled, optimizer, steps)
        if stop_at_non_finite and not np.isfinite(losses).all():
            before = int(np.argmin(np.isfinite(losses)))
            self.take_over(compiled)
            self._loop(compiled, optimizer, before)
            losses, steps = losses[: before + 1], before
        self.give_back(compiled)
        optimizer.steps += steps
        return losses

    def _loop(self, compiled: Any, optimizer: Optimizer, steps: int) -> Array:
        losses = np.empty(steps, compiled.plan.loss.dtype)
        most = compiled.most_steps
        for start in range(0, steps, most):
            count = min(most, steps - start)
            losses[start : start + count] = compiled.run(
                count, hyperparameters(optimizer), optimizer.steps + start + 1
            )
        return losses

    def step(self, /, **feeds: Any) -> float:
        """Take one training step; return the loss before it."""
        return float(self.run(1, **feeds)[0])

    def _needs_optimizer(self) -> Optimizer:
        if self.optimizer is None:
            raise StateError(
                "This program has no update: it was compiled without an optimizer. "
                "Write tg.compile(model, optimizer=opt)."
            )
        return self.optimizer

    def _ready(self, feeds: Mapping[str, Any], with_update: bool) -> Any:
        arrays = self.model.feed_arrays(feeds)
        with self._lesson():
            compiled = self.compiled(arrays, with_update)
        compiled.set_feeds(arrays)
        self.take_over(compiled)
        return compiled

    @contextmanager
    def _lesson(self) -> Iterator[None]:
        """Say to a user, not to another module, that there is no program."""
        try:
            yield
        except Unrecordable as reason:
            by = f", trained by {type(self.optimizer).__name__}" if self.optimizer else ""
            raise CompileError(
                f"The {self.target} target makes no program of {describe(self.model.output)}{by}: "
                f'{reason}. tg.fit(…, engine="interpreted") runs it as it is.'
            ) from None

    def compiled(self, arrays: Mapping[Node, Array], with_update: bool = True) -> Any:
        """Return the program compiled for inputs of these shapes and precisions."""
        with_update = with_update and self.optimizer is not None
        key = (_key(arrays), with_update)
        if key not in self._compiled:
            step = self._step(arrays)
            optimizer = self.optimizer if with_update else None

            def update(shape: tuple[int, ...], dtype: Any) -> Any:
                assert optimizer is not None
                return record_update(optimizer, shape, dtype)

            self._compiled[key] = _target(self.target)(
                step, self.model.output, self.parameters, update if optimizer else None
            )
        return self._compiled[key]

    def _step(self, arrays: Mapping[Node, Array]) -> Step:
        self._latest = dict(arrays)
        key = _key(arrays)
        if key not in self._steps:
            step = record_step(self.model, arrays)
            for parameter in self.parameters:
                if parameter not in step.gradients:
                    raise StateError(
                        f"A program needs the gradient of every parameter it trains; "
                        f"nothing in the graph depends on {describe(parameter)}."
                    )
            self._steps[key] = step
        return self._steps[key]

    def take_over(self, compiled: Any) -> None:
        """Copy parameters and memory from the model and the optimizer into the program."""
        for parameter, value in zip(self.parameters, compiled.plan.weights):
            compiled.flat.part(compiled.weights, value)[...] = parameter.value
            if self.optimizer is not None and compiled.memory:
                for slot, array in zip(self.optimizer.slots, self.optimizer.memory[parameter]):
                    compiled.flat.part(compiled.memory[slot], value)[...] = array

    def give_back(self, compiled: Any) -> None:
        """Copy parameters and memory from the program to the model and the optimizer."""
        for parameter, value in zip(self.parameters, compiled.plan.weights):
            parameter.take(compiled.flat.part(compiled.weights, value).copy())
            if self.optimizer is not None and compiled.memory:
                self.optimizer.memory[parameter] = tuple(
                    compiled.flat.part(compiled.memory[slot], value).copy()
                    for slot in self.optimizer.slots
                )


def _target(name: str) -> Any:
    if name == "numpy":
        return NumpyProgram
    if find_spec("numba") is None:
        raise ArgumentError(
            "The numba target needs numba, which is not installed: pip install tinygraph[fast]. "
            'target="numpy" needs nothing more.'
        )
    from tinygraph.compile.targets.numba.program import NumbaProgram

    return NumbaProgram


def hyperparameters(optimizer: Optimizer) -> dict[str, float]:
    """Return the numbers that an optimizer's update reads, as they are now."""
    return {name: getattr(optimizer, name) for name in optimizer.hyperparameters}


def _key(arrays: Mapping[Node, Array]) -> Any:
    return tuple((node.name, array.shape, array.dtype) for node, array in arrays.items())


def _stand_ins(model: Graph) -> dict[Node, Array]:
    """Return arrays shaped like the inputs: the last ones fed, or ones of a usual batch size."""
    feeds: dict[str, Any] = {}
    for node in model.inputs:
        shape = tuple(STAND_IN_BATCH if size is None else size for size in node.shape)
        ones = np.ones(shape, model.precision or np.float64)
        feeds[str(node.name)] = ones if node.value is None else node.value
    return model.feed_arrays(feeds)
