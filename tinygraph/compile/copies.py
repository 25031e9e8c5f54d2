"""Many models of one architecture, trained at the same time by one program.

They differ in their start values and in their optimizers' hyperparameters alone.  The numpy target
trains them side by side, on arrays with one more axis; machine code, which has no calls to save,
takes one after the other, over the cores.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from tinygraph.arrays import Array
from tinygraph.compile.numpy_target import NumpyProgram
from tinygraph.compile.program import Program, hyperparameters
from tinygraph.compile.recording import Unrecordable
from tinygraph.compile.step import record_step
from tinygraph.compile.update import record_update
from tinygraph.graph import Graph
from tinygraph.node import Constant, Node, Op, Parameter
from tinygraph.optim import Optimizer

WORTH_STACKING = 16
"""From so many models on, side by side is quicker than one after the other."""


def architecture(model: Graph, optimizer: Optimizer) -> Hashable:
    """Return what is equal for two models that one program can train."""
    trained = set(optimizer.parameters)
    return type(optimizer), tuple(_description(node, trained) for node in model.nodes)


def _description(node: Node, trained: set[Parameter]) -> Hashable:
    numbers = b""
    if isinstance(node, Constant) or (isinstance(node, Parameter) and node not in trained):
        numbers = np.asarray(node.value).tobytes()
    dtype = str(np.asarray(node.value).dtype) if isinstance(node, (Constant, Parameter)) else ""
    settings = repr(sorted(vars(node).items())) if isinstance(node, Op) else ""
    parents = tuple(str(parent.name) for parent in node.inputs)
    return type(node), str(node.name), node.shape, parents, settings, numbers, dtype


class Copies:
    """Models of one architecture with their optimizers, trained on the same data.

    Parameters
    ----------
    pairs : sequence of (Graph, Optimizer)
    feeds : mapping
        One array an input, by its name.
    target : {"numpy", "numba"}
    threads : int
        Over how many cores machine code is run.

    Raises
    ------
    Unrecordable
        If no program of this target can train them.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Graph, Optimizer]],
        feeds: Mapping[str, Any],
        target: str,
        threads: int = 1,
    ) -> None:
        self.pairs = list(pairs)
        self._feeds = feeds
        self._programs: list[Any] = []
        self._stacked: NumpyProgram | None = None
        if target == "numpy" and len(self.pairs) >= WORTH_STACKING:
            self._stacked = self._stack()
        else:
            count = min(threads, len(self.pairs)) if target == "numba" else 1
            model, optimizer = self.pairs[0]
            self._programs = [Program(model, optimizer, target) for _ in range(count)]
            for program in self._programs:
                program.prepare(feeds)

    def run(self, steps: int) -> Array:
        """Train every model for ``steps`` steps; return their losses, a row a model."""
        with np.errstate(all="ignore"):
            return self._run_stacked(steps) if self._stacked else self._run_in_turn(steps)

    def _stack(self) -> NumpyProgram:
        model, optimizer = self.pairs[0]
        arrays = model.feed_arrays(self._feeds)
        stacked = NumpyProgram(
            record_step(model, arrays),
            model.output,
            optimizer.parameters,
            lambda shape, dtype: record_update(optimizer, shape, dtype),
            copies=len(self.pairs),
        )
        stacked.set_feeds(arrays)
        return stacked

    def _run_stacked(self, steps: int) -> Array:
        stacked = self._stacked
        if stacked is None:
            raise Unrecordable("these models are not side by side")
        optimizers = [optimizer for _, optimizer in self.pairs]
        parts = [
            [stacked.flat.part(vector, value) for value in stacked.plan.weights]
            for vector in (stacked.weights, *stacked.memory.values())
        ]
        for k, optimizer in enumerate(optimizers):
            for position, parameter in enumerate(optimizer.parameters):
                for part, array in zip(parts, (parameter.value, *optimizer.memory[parameter])):
                    part[position][k] = array
        numbers = [hyperparameters(optimizer) for optimizer in optimizers]
        scalars = {name: np.array([one[name] for one in numbers]) for name in numbers[0]}
        losses = np.empty((steps, len(optimizers)), stacked.plan.loss.dtype)
        for start in range(0, steps, stacked.most_steps):
            count = min(stacked.most_steps, steps - start)
            losses[start : start + count] = stacked.run(
                count, scalars, optimizers[0].steps + start + 1
            )
        for k, optimizer in enumerate(optimizers):
            for position, parameter in enumerate(optimizer.parameters):
                value, *memory = (part[position][k].copy() for part in parts)
                parameter.take(value)
                optimizer.memory[parameter] = tuple(memory)
            optimizer.steps += steps
        return losses.T

    def _run_in_turn(self, steps: int) -> Array:
        def run_some(program: Program, pairs: list[tuple[Graph, Optimizer]]) -> list[Array]:
            return [program.run_for(optimizer, steps, self._feeds) for _, optimizer in pairs]

        count = len(self._programs)
        parts = [self.pairs[k::count] for k in range(count)]
        with ThreadPoolExecutor(count) as pool:
            done = list(pool.map(run_some, self._programs, parts))
        losses = np.empty((len(self.pairs), steps))
        for k, part in enumerate(done):
            losses[k::count] = part
        return losses
