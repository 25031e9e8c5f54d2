"""The record of a forward run: ``backward`` uses it to see whether the numbers are still the run's.

Between ``forward`` and ``backward`` a node can get other numbers: from an optimizer's step, from an
assignment, from an edit in place, from another graph that shares the node, or from a changed
hyperparameter. The gradients would then mix numbers of two runs, so ``backward`` refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter, is_
from typing import Any

import numpy as np

from tinygraph.errors import StateError
from tinygraph.validation.naming import describe

_VALUE = attrgetter("_value")
_READ = attrgetter("as_read")


class RunRecord:
    """The values and settings that a forward run used.

    Parameters
    ----------
    nodes
        All nodes of the graph.
    leaves
        The nodes without inputs: all other values follow from theirs.
    configured
        The ops that have hyperparameters.
    """

    def __init__(
        self, nodes: Sequence[Any], leaves: Sequence[Any], configured: Sequence[Any]
    ) -> None:
        self._nodes = nodes
        self._leaves = leaves
        self._configured = configured
        self._values: list[Any] = []
        self._settings: list[dict[str, Any]] = []

    def take(self) -> None:
        """Record the current values and hyperparameters."""
        self._values = list(map(_VALUE, self._leaves))
        if self._configured:
            self._settings = [dict(getattr(op, "__dict__", {})) for op in self._configured]
        for node in filter(_READ, self._nodes):
            array = node.as_read[0]
            node.as_read = (array, array.copy()) if array is node._value else None

    def has_changed(self) -> bool:
        """Tell whether a number or a hyperparameter of the run has changed since."""
        try:
            self.refuse_changes()
        except StateError:
            return True
        return False

    def refuse_changes(self) -> None:
        """Raise if a node has other numbers, or an op other hyperparameters, than in the run.

        Raises
        ------
        StateError
        """
        if not all(map(is_, map(_VALUE, self._leaves), self._values)):
            changed = next(
                leaf for leaf, value in zip(self._leaves, self._values) if leaf._value is not value
            )
            how = "by a step, by an assignment, or by another graph that shares it"
            raise _changed(changed, "has another value since", how)
        for node in filter(_READ, self._nodes):
            array, copy = node.as_read
            if array is not node._value:
                raise _changed(node, "has another value since", "by an assignment")
            if not np.array_equal(array, copy, equal_nan=True):
                raise _changed(node, "has another value since", "its array was edited in place")
        for op, settings in zip(self._configured, self._settings):
            now = getattr(op, "__dict__", {})  # a class with slots has none
            for name in {**settings, **now}:
                if now.get(name) is not settings.get(name):
                    raise _changed(op, f"has another {name} since", "by an assignment")


def _changed(node: Any, what: str, how: str) -> StateError:
    return StateError(
        f"backward() differentiates the last forward run, but {describe(node)} {what} ({how}). "
        f"Call forward(…) again first."
    )
