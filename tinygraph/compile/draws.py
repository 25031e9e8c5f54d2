"""The numbers of Random nodes: a program draws them as interpreted steps would."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node


class Draws:
    """The generator of a graph, and how far it has been drawn from."""

    def __init__(self, model: Graph) -> None:
        self._model = model

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Draw from a copy of the graph's generator, whose own state stays unchanged."""
        own = self._model.rng
        try:
            self._model.rng = copy.deepcopy(own) if self._model.randoms else own
            yield
        finally:
            self._model.rng = own

    def position(self) -> Any:
        """Return the state of the generator, for :meth:`go_back`."""
        return self._model.rng.bit_generator.state if self._model.randoms else None

    def go_back(self, position: Any) -> None:
        """Set the generator back, so that it draws the same numbers again."""
        if position is not None:
            self._model.rng.bit_generator.state = position

    def draw(self, compiled: Any, steps: int) -> None:
        """Draw the numbers of the next steps, in the order of interpreted steps."""
        randoms = [node for node in self._model.randoms if node in compiled.streams]
        batches: dict[Node, list[Any]] = {node: [] for node in randoms}
        precision = self._model.precision or np.float64
        for _ in range(steps if randoms else 0):
            for random in randoms:
                shape = compiled.streams[random].shape
                batches[random].append(random.drawn(self._model.rng, shape, precision))
        for node, arrays in batches.items():
            if arrays:
                compiled.set_batches(node, np.stack(arrays))
