"""A chain of 1,000,000 nodes, built, run forward and backward: ``python -m benchmarks.chain``."""

from __future__ import annotations

import json
import time

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


if __name__ == "__main__":
    print(json.dumps(seconds_a_node()))
