"""The function behind ``Graph.trace``: the engine imports no reader of the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Tracer = Callable[[Any, Any, int, Any], list[Any]]
"""Called with the graph, the optimizer, the number of training steps and the feeds."""


def _no_tracer(*_: Any) -> list[Any]:
    raise RuntimeError("no tracer is registered")


trace: Tracer = _no_tracer


def trace_with(tracer: Tracer) -> None:
    """Register the tracer."""
    global trace
    trace = tracer
