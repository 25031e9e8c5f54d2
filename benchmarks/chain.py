"""A chain of 1,000,000 Tanh nodes and a bare loop: ``python -m benchmarks.chain``.

The bare loop makes the same NumPy calls and keeps every value and gradient in a list, once as
NumPy's scalars, which a graph passes on too, and once as arrays without axes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import tinygraph as tg

NODES = 1_000_000


def seconds_a_node() -> dict[str, float]:
    """Return the processor time in seconds per node, for each part."""
    start = time.process_time()
    node: tg.Node = tg.Parameter(0.5, name="w")
    for _ in range(NODES):
        node = tg.Tanh(node)
    graph = tg.Graph(node)
    built = time.process_time()
    graph.forward()
    forward = time.process_time()
    graph.backward()
    end = time.process_time()
    spans = {"build": built - start, "forward": forward - built, "backward": end - forward}
    return {part: span / NODES for part, span in {**spans, "total": end - start}.items()}


def bare_seconds_a_node(kept: Callable[[Any], Any]) -> float:
    """Return the processor time of the bare loop; ``kept`` makes what it keeps of a number."""
    start = time.process_time()
    values = [kept(np.array(0.5))]
    for _ in range(NODES):
        values.append(kept(np.tanh(values[-1])))
    gradients = [kept(np.array(1.0))]
    for y in reversed(values[1:]):
        gradients.append(kept(gradients[-1] * (1 - y * y)))
    return (time.process_time() - start) / NODES


if __name__ == "__main__":
    found = seconds_a_node()
    found["bare loop over scalars"] = bare_seconds_a_node(lambda number: number[()])
    found["bare loop over arrays"] = bare_seconds_a_node(np.asarray)
    print(json.dumps(found))
