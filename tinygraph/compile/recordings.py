"""A recorded step, and whether it is still valid after changes of the graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.compile.record.step import record_step
from tinygraph.compile.settings import Settings
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array


class Recording:
    """A recorded step, the settings that it holds as constants, and the programs made of it."""

    def __init__(self, model: Graph, arrays: Mapping[Node, Array]) -> None:
        self.step = record_step(model, arrays)
        self.compiled: dict[Any, tuple[Any, Settings | None]] = {}
        called = {op for op, _, _ in self.step.called}
        ops = [node for node in model.nodes if isinstance(node, Op) and node not in called]
        self._settings = Settings(ops, Op)
        self._constants = [
            (node, node.value.copy())
            for node in model.nodes
            if isinstance(node, Constant) and node.has_own_precision and node.value is not None
        ]

    def is_stale(self) -> bool:
        """Tell whether a setting or a constant has changed since."""
        return self._settings.have_changed() or not all(
            node.value is not None and np.array_equal(node.value, array, equal_nan=True)
            for node, array in self._constants
        )
