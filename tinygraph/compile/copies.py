"""Many models of one architecture, trained by one program.

They differ only in their start values and in the hyperparameters of their optimizers. The numpy
target trains them batched, on arrays with one more axis. Machine code has no call overhead to save:
it trains them one after the other, distributed over the cores.
"""

from __future__ import annotations

import pickle
from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from tinygraph.compile.hyperparameters import group_positions, hyperparameters
from tinygraph.compile.program import Program
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.step import record_step
from tinygraph.compile.targets.numpy.program import NumpyProgram
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array

WORTH_STACKING = 16
"""With at least this number of models, batched training is faster."""


def architecture(model: Graph, optimizer: Optimizer) -> Hashable:
    """Return a key that is equal for two models if one program can train both.

    The parameters are compared in the optimizer's order, in which a program takes them over.
    """
    trained = optimizer.parameters
    of_each = {*optimizer.hyperparameters, "parameters", "memory", "groups", "clip_norm", "_used"}
    shared = {name: value for name, value in vars(optimizer).items() if name not in of_each}
    return (
        type(optimizer),
        _settings(shared),
        group_positions(optimizer),
        optimizer.clip_norm is not None,
        tuple(parameter.name for parameter in trained),
        model.output.name,
        tuple(_description(node, trained) for node in model.nodes),
    )


def _description(node: Node, trained: tuple[Parameter, ...]) -> Hashable:
    numbers = b""
    if isinstance(node, Constant) or (isinstance(node, Parameter) and node not in trained):
        numbers = np.asarray(node.value).tobytes()
    dtype = str(np.asarray(node.value).dtype) if isinstance(node, (Constant, Parameter)) else ""
    # A class with slots has its hyperparameters there, and no dict.
    own = {**node.hyperparameters, **getattr(node, "__dict__", {})} if isinstance(node, Op) else {}
    parents = tuple(parent.name for parent in node.inputs)
    return type(node), node.name, node.shape, parents, _settings(own), numbers, dtype


def _settings(values: Mapping[str, Any]) -> Hashable:
    """Return a key that is equal only for equal settings."""
    try:
        return pickle.dumps(sorted(values.items()))
    except Exception:  # a lambda, for example: it equals no other setting
        return object()


def trainer(
    pairs: Sequence[tuple[Graph, Optimizer]],
    feeds: Mapping[str, Any],
    target: str,
    threads: int = 1,
) -> SideBySide | InTurn:
    """Return a trainer for models of one architecture, with their optimizers, on the same data.

    Parameters
    ----------
    pairs : sequence of (Graph, Optimizer)
    feeds : mapping
        One array per input, by its name.
    target : {"numpy", "numba"}
    threads : int
        The number of cores for machine code.

    Raises
    ------
    Unrecordable
        If no program of this target can train them.
    """
    if any(model.randoms or model.updates for model, _ in pairs):
        raise Unrecordable("each model has its own Random and State nodes")
    has_schedule = any(optimizer.lr_schedule is not None for _, optimizer in pairs)
    if target == "numpy" and len(pairs) >= WORTH_STACKING and not has_schedule:
        return SideBySide(pairs, feeds)
    return InTurn(pairs, feeds, target, threads if target == "numba" else 1)


class SideBySide:
    """Models trained batched: one call does the same operation for all of them.

    Parameters
    ----------
    pairs, feeds
        As for :func:`trainer`.
    keep : str, optional
        The name of a node whose value is recorded at every step.

    Attributes
    ----------
    kept : array (steps, models, ...) or None
        The values of ``keep`` in the last run, each before its step's update.

    Raises
    ------
    Unrecordable
        If an op or an update cannot be done for many models at once.

    >>> import tinygraph as tg
    >>> models = [tg.lab2.model(rng=seed) for seed in range(3)]
    >>> X, T = tg.data.xor()
    >>> pairs = [(model, tg.SGD(model.parameters, lr=0.1)) for model in models]
    >>> together = SideBySide(pairs, {"x": X, "t": T}, keep="layer3/h")
    >>> together.run(steps=5).shape
    (3, 5)
    >>> together.kept.shape
    (5, 3, 21, 1)
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Graph, Optimizer]],
        feeds: Mapping[str, Any],
        keep: str | None = None,
    ) -> None:
        self._optimizers = [optimizer for _, optimizer in pairs]
        model, optimizer = pairs[0]
        arrays = model.feed_arrays(feeds)
        self._program = NumpyProgram(
            record_step(model, arrays),
            model.output,
            optimizer.parameters,
            optimizer,
            copies=len(pairs),
            keep=None if keep is None else model[keep],
        )
        self._program.set_feeds(arrays)
        self._parts = [
            [self._program.flat.part(vector, value) for value in self._program.plan.weights]
            for vector in (self._program.weights, *self._program.memory.values())
        ]
        self.kept: Array | None = None

    def run(self, steps: int) -> Array:
        """Train every model for ``steps`` steps; return their losses, one row per model."""
        program = self._program
        self._take_over()
        numbers = [hyperparameters(optimizer) for optimizer in self._optimizers]
        scalars = {name: np.array([one[name] for one in numbers]) for name in numbers[0]}
        first = self._optimizers[0].steps + 1
        losses = np.empty((steps, len(numbers)), program.plan.loss.dtype)
        kept: Any = program.schedule.kept
        self.kept = None if kept is None else np.empty((steps, *kept.shape[1:]), kept.dtype)
        for start in range(0, steps, program.most_steps):
            count = min(program.most_steps, steps - start)
            losses[start : start + count] = program.run(count, scalars, first + start)
            if self.kept is not None:
                self.kept[start : start + count] = kept[:count]
        self._give_back(steps)
        return losses.T

    def _take_over(self) -> None:
        """Copy each model's parameters and each optimizer's memory into the program."""
        for k, optimizer in enumerate(self._optimizers):
            for position, parameter in enumerate(optimizer.parameters):
                arrays = (parameter.value, *optimizer.memory[parameter])
                for part, array in zip(self._parts, arrays):
                    part[position][k] = array

    def _give_back(self, steps: int) -> None:
        """Copy them back from the program, ``steps`` steps later."""
        for k, optimizer in enumerate(self._optimizers):
            for position, parameter in enumerate(optimizer.parameters):
                value, *memory = (part[position][k].copy() for part in self._parts)
                parameter.accept(value)
                optimizer.memory[parameter] = tuple(memory)
            optimizer.steps += steps


class InTurn:
    """Models trained one after the other by one program, on each of ``threads`` cores.

    Parameters
    ----------
    pairs, feeds, target, threads
        As for :func:`trainer`.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Graph, Optimizer]],
        feeds: Mapping[str, Any],
        target: str,
        threads: int,
    ) -> None:
        self._optimizers = [optimizer for _, optimizer in pairs]
        self._feeds = feeds
        model, optimizer = pairs[0]
        if len(pairs) > 1 and record_step(model, model.feed_arrays(feeds)).called:
            raise Unrecordable("an op that is called may keep something of one model")
        count = min(threads, len(pairs))
        self._programs = [Program(model, optimizer, target) for _ in range(count)]
        for program in self._programs:
            program.prepare(feeds)

    def run(self, steps: int) -> Array:
        """Train every model for ``steps`` steps; return their losses, one row per model."""

        def run_some(program: Program, optimizers: list[Optimizer]) -> list[Array]:
            return [program.run_for(one, steps, self._feeds) for one in optimizers]

        count = len(self._programs)
        parts = [self._optimizers[k::count] for k in range(count)]
        with ThreadPoolExecutor(count) as pool:
            done = list(pool.map(run_some, self._programs, parts))
        losses = np.empty((len(self._optimizers), steps))
        for k, part in enumerate(done):
            losses[k::count] = part
        return losses
