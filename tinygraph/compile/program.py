"""A compiled training step: the object that ``tg.compile`` returns."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from tinygraph.compile.cost import numba_compile_seconds
from tinygraph.compile.draws import Draws
from tinygraph.compile.hyperparameters import group_positions, hyperparameters
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.step import Step
from tinygraph.compile.record.update import update_settings
from tinygraph.compile.recordings import Recording
from tinygraph.compile.targets.numpy.program import NumpyProgram
from tinygraph.compile.targets.readable.source import readable_source
from tinygraph.compile.transfer import give_back, take_over
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.errors import ArgumentError, CompileError, StateError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe

MOST_STEPS = 100_000_000
"""The losses of more steps at a time would not fit into a small memory."""
STAND_IN_BATCH = 100
"""The batch size of the source text if no data have arrived yet."""


class Program:
    """A model's forward, backward and update as one program, compiled for each batch size.

    The parameters belong to the model and the state to the optimizer: a run copies them into the
    program, and copies the new ones back. Attributes of ops and of the optimizer may be changed
    between runs: the next run uses the new ones.

    Attributes
    ----------
    model : Graph
    optimizer : Optimizer or None
    target : str
        ``"numpy"`` or ``"numba"``.
    source : str
        The step as a person would write it: only NumPy, with the graph's names.
    code : str
        The loop that runs.
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
        self.fallback = ""
        self.draws = Draws(model)
        self._recordings: dict[Any, Recording] = {}
        self._latest = self.checked(_stand_ins(model))
        if target == "numba":
            _require_numba()

    def __repr__(self) -> str:
        return f"<Program of {self.model.output.name} for {self.target}>"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters that a run trains, or differentiates if there is no optimizer."""
        return self.model.parameters if self.optimizer is None else self.optimizer.parameters

    @property
    def source(self) -> str:
        with self._explained():
            step = self._recording(self._latest).step
            return readable_source(step, self.model.output, self.parameters, self.optimizer)

    @property
    def code(self) -> str:
        with self._explained():
            randoms = tuple(self.model.randoms)
            text: str = self.compiled(self._latest, streamed=randoms).source
            return text

    def report(self) -> str:
        """Return which ops are called instead of recorded, and why."""
        lines = []
        if self.target == "numba":
            with self._explained():
                self.compiled(self._latest, streamed=tuple(self.model.randoms))
            if self.fallback:
                lines = [f"The numpy target runs this graph, not numba: {self.fallback}."]
        called = self._recording(self._latest).step.called
        if not called:
            lines.append(f"All {len(self.model.nodes)} nodes are recorded as array operations.")
            return "\n".join(lines)
        return "\n".join(
            [
                *lines,
                "The program calls these methods instead of recording them, which is slower:",
                *(f"- {phase} of {describe(op)}: {reason}." for op, phase, reason in called),
                "All other nodes are recorded as array operations.",
            ]
        )

    def gradients(self, /, **feeds: Any) -> tuple[float, dict[str, Array]]:
        """Return the loss, and its gradient with respect to each parameter, by name."""
        compiled = self._ready(feeds, with_update=False)
        self.draws.draw(compiled, 1)
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
            If the model, or the optimizer's update, cannot be compiled.
        """
        return self._advance(steps, feeds, stop_at_non_finite=False)

    def run_while_finite(self, steps: int, feeds: Mapping[str, Any]) -> Array:
        """Take steps as :meth:`run`, but none after a loss that is not finite.

        That loss is the last one returned; the parameters are those from which it was computed.
        """
        return self._advance(steps, feeds, stop_at_non_finite=True)

    def prepare(self, feeds: Mapping[str, Any]) -> Any:
        """Compile for such feeds now, and return the compiled program.

        Raises
        ------
        Unrecordable
            If the target cannot run this graph.
        """
        return self.compiled(self.checked(feeds), streamed=self._drawn_at_each_step(feeds))

    def run_for(self, optimizer: Optimizer, steps: int, feeds: Mapping[str, Any]) -> Array:
        """Take steps for another optimizer, and its parameters, of the same architecture."""
        own = self.optimizer
        self.optimizer = optimizer
        try:
            return self._advance(steps, feeds, stop_at_non_finite=False)
        finally:
            self.optimizer = own

    def _advance(self, steps: int, feeds: Mapping[str, Any], stop_at_non_finite: bool) -> Array:
        """Take steps; if they are interrupted, model and optimizer keep their state from before."""
        if not is_whole_number(steps) or not 0 <= steps <= MOST_STEPS:
            raise ArgumentError(
                f"steps must be a whole number from 0 to {MOST_STEPS:,}; got {brief(steps)}."
            )
        optimizer = self.needs_optimizer()
        compiled = self._ready(feeds, with_update=True)
        start = self.draws.position()
        try:
            losses = self._loop(compiled, optimizer, steps)
        except BaseException:
            self.draws.go_back(start)
            raise
        if stop_at_non_finite and not np.isfinite(losses).all():
            before = int(np.argmin(np.isfinite(losses)))
            self._put_in(compiled, self.checked(feeds))
            self.draws.go_back(start)
            self._loop(compiled, optimizer, before)
            self.draws.draw(compiled, 1)  # those of the step that was not finite
            losses, steps = losses[: before + 1], before
        give_back(compiled, self.parameters, optimizer)
        optimizer.steps += steps
        return losses

    def _loop(self, compiled: Any, optimizer: Optimizer, steps: int) -> Array:
        losses = np.empty(steps, compiled.plan.loss.dtype)
        most = compiled.most_steps
        for start in range(0, steps, most):
            count = min(most, steps - start)
            self.draws.draw(compiled, count)
            losses[start : start + count] = compiled.run(
                count, hyperparameters(optimizer), optimizer.steps + start + 1
            )
        return losses

    def step(self, /, **feeds: Any) -> float:
        """Take one training step; return the loss before it."""
        return float(self.run(1, **feeds)[0])

    def needs_optimizer(self) -> Optimizer:
        """Return the optimizer.

        Raises
        ------
        StateError
            If there is none.
        """
        if self.optimizer is None:
            raise StateError(
                "This program has no update: it was compiled without an optimizer. "
                "Write tg.compile(model, optimizer=opt)."
            )
        return self.optimizer

    def _ready(self, feeds: Mapping[str, Any], with_update: bool) -> Any:
        arrays = self.checked(feeds)
        with self._explained():
            compiled = self.compiled(arrays, with_update, self._drawn_at_each_step(feeds))
        self._put_in(compiled, arrays)
        return compiled

    def _put_in(self, compiled: Any, arrays: Mapping[Node, Array]) -> None:
        """Copy feeds, parameters and state into the program."""
        compiled.set_feeds(arrays)
        take_over(compiled, self.parameters, self.optimizer)

    def checked(self, feeds: Mapping[str, Any]) -> dict[Node, Array]:
        """Return the checked feeds; a Random that is not fed contributes only its shape."""
        with self.draws.kept():
            return self.model.feed_arrays(feeds)

    def _drawn_at_each_step(self, feeds: Mapping[str, Any]) -> tuple[Node, ...]:
        return tuple(node for node in self.model.randoms if node.name not in feeds)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an Unrecordable, which other modules expect, into an error for users."""
        try:
            yield
        except Unrecordable as reason:
            by = f", trained by {type(self.optimizer).__name__}" if self.optimizer else ""
            raise CompileError(
                f"The {self.target} target cannot compile {describe(self.model.output)}{by}: "
                f'{reason}. tg.fit(…, engine="interpreted") runs it without compiling.'
            ) from None

    def compiled(
        self,
        arrays: Mapping[Node, Array],
        with_update: bool = True,
        streamed: tuple[Node, ...] = (),
        target: str | None = None,
    ) -> Any:
        """Return the program compiled for inputs of these shapes and precisions.

        Parameters
        ----------
        arrays : mapping
            Checked feeds.
        with_update : bool
            Whether it contains the update, if there is an optimizer.
        streamed : tuple of Node
            The inputs that have other numbers at each step.
        target : str, optional
            The target, if not that of this program.

        Raises
        ------
        Unrecordable
            If no program can be made of this graph.
        """
        target = self.target if target is None else target
        optimizer = self.optimizer if with_update else None
        recording = self._recording(arrays)
        names = tuple(str(parameter.name) for parameter in self.parameters)
        key = (names, _structure(optimizer), streamed, target)
        made, settings = recording.compiled.get(key, (None, None))
        if made is None or (settings is not None and settings.have_changed()):
            settings = None if optimizer is None else update_settings(optimizer)
            made = self._made(recording.step, optimizer, streamed, target)
            recording.compiled[key] = made, settings
        return made

    def _made(
        self, step: Step, optimizer: Optimizer | None, streamed: tuple[Node, ...], target: str
    ) -> Any:
        """Compile for the target; for NumPy if numba cannot run this graph."""
        given = self._given(step, optimizer, streamed)
        if target == "numba":
            from tinygraph.compile.targets.numba.program import NumbaProgram

            try:
                made = NumbaProgram(**given)
                made.compile()
                return made
            except Unrecordable as reason:
                self.fallback = str(reason)
        return NumpyProgram(**given)

    def _given(
        self, step: Step, optimizer: Optimizer | None, streamed: tuple[Node, ...]
    ) -> dict[str, Any]:
        """Return the arguments of a target's program."""
        return {
            "step": step,
            "output": self.model.output,
            "parameters": self.parameters,
            "optimizer": optimizer,
            "streamed": streamed,
            "updates": None if optimizer is None else self.model.updates,
        }

    def machine_code_seconds(self) -> float:
        """Estimate how long numba takes to compile this graph; infinity if it cannot."""
        if find_spec("numba") is None:
            return np.inf
        from tinygraph.compile.targets.numba.program import NumbaProgram

        given = self._given(self._recording(self._latest).step, self.optimizer, ())
        try:
            return numba_compile_seconds(NumbaProgram(**given).source)
        except Unrecordable:
            return np.inf

    def _recording(self, arrays: Mapping[Node, Array]) -> Recording:
        self._latest = dict(arrays)
        key = tuple((node.name, array.shape, array.dtype) for node, array in arrays.items())
        recording = self._recordings.get(key)
        if recording is None or recording.is_stale():
            recording = self._recordings[key] = Recording(self.model, arrays)
            for parameter in self.parameters:
                if parameter not in recording.step.gradients:
                    raise StateError(
                        f"A program needs the gradient of every parameter it trains; "
                        f"nothing in the graph depends on {describe(parameter)}."
                    )
        return recording


def _structure(optimizer: Optimizer | None) -> Hashable:
    """Return what a program of a step depends on, besides settings: groups, and clipping."""
    if optimizer is None:
        return None
    return group_positions(optimizer), optimizer.clip_norm is not None


def _require_numba() -> None:
    if find_spec("numba") is None:
        raise ArgumentError(
            "The numba target needs numba, which is not installed: pip install numba. "
            'target="numpy" needs nothing more.'
        )


def _stand_ins(model: Graph) -> dict[str, Array]:
    """Return arrays shaped like the inputs: the last ones fed, or ones of a usual batch size."""
    feeds: dict[str, Any] = {}
    for node in model.inputs:
        shape = tuple(STAND_IN_BATCH if size is None else size for size in node.shape)
        dtype = np.intp if node.is_whole else model.precision or np.float64
        ones = np.zeros(shape, dtype) if node.is_whole else np.ones(shape, dtype)
        feeds[str(node.name)] = ones if node.value is None else node.value
    return feeds
