"""The trial of traced code: an op must compute with nodes what it computes with arrays.

An op may ask for the type of its arguments, catch the error that a node raises, or read numbers
that it has kept on itself. The nodes that it builds are then wrong, and nothing would say so. So
both are run on random numbers and compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.leaves import Constant, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.validation.op_results import one_each
from tinygraph.validation.shapes import with_batch

BATCH = 5
"""The batch size of the trial where it is not fixed."""
DOUBLE = np.dtype(np.float64)


def is_the_same(op: Op, results: Sequence[Any], g: Node | None = None) -> bool:
    """Tell whether nodes that an op has built compute what the op computes.

    Parameters
    ----------
    op : Op
    results : sequence of Node, number or None
        What ``forward`` returned for nodes, or the gradient of each input from ``backward``.
    g : Node, optional
        The gradient that ``backward`` was given; None for ``forward``.
    """
    attributes = getattr(op, "__dict__", {})
    kept = dict(attributes)
    try:
        with np.errstate(all="ignore"):
            return all(_agrees(op, results, g, seed) for seed in (1, 2))
    finally:
        attributes.clear()
        attributes.update(kept)


def _agrees(op: Op, results: Sequence[Any], g: Node | None, seed: int) -> bool:
    rng = np.random.default_rng(seed)
    known = _random_inputs(op, rng, lowest=-1.0 if seed == 1 else 0.5)
    arrays = [known[node] for node in op.inputs]
    try:
        y = np.asarray(op.forward(*arrays), DOUBLE)[()]
        expected: Sequence[Any] = [y]
        if g is not None:
            known[op] = y
            known.setdefault(g, _random_array(g, rng, -1.0))
            expected = one_each(op, op.backward(known[g], y, *arrays))
        found = _evaluate([each for each in results if isinstance(each, Node)], known)
    except Exception:  # the op refuses random numbers, and there is nothing to compare
        return True
    return all(
        _equal(found.get(result, result) if isinstance(result, Node) else result, array)
        for result, array in zip(results, expected, strict=True)
    )


def _random_inputs(op: Op, rng: np.random.Generator, lowest: float) -> dict[Node, Any]:
    """Return random numbers for each input; whole ones where the op needs an index."""
    ranges = op.feed_ranges()
    arrays: dict[Node, Any] = {}
    for place, node in enumerate(op.inputs):
        array = _random_array(node, rng, lowest)
        span = ranges.get(op.arguments[min(place, len(op.arguments) - 1)])
        if span is not None and not isinstance(node, Constant):
            array = rng.uniform(*span, size=np.shape(array))
            array = array.round() if isinstance(span[1], int) else array
        arrays[node] = array
    return arrays


def _random_array(node: Node, rng: np.random.Generator, lowest: float) -> Any:
    """Return random numbers in the shape of a node; a constant keeps its numbers."""
    if isinstance(node, Constant):
        return node.in_precision(DOUBLE)[()]
    shape: Any = with_batch(node.shape, BATCH)
    return rng.uniform(lowest, 1.5, size=shape)[()]


def _evaluate(results: Sequence[Node], known: Mapping[Node, Any]) -> dict[Node, Any]:
    """Return the values of nodes and of all between them and the known ones."""
    values = dict(known)
    stack = list(results)
    while stack:
        node = stack[-1]
        unknown = [parent for parent in node.inputs if parent not in values]
        if node in values:
            stack.pop()
        elif unknown:
            stack.extend(unknown)
        else:
            values[stack.pop()] = _value(node, values)
    return values


def _value(node: Node, values: Mapping[Node, Any]) -> Any:
    if isinstance(node, Op):
        return node.forward(*[values[parent] for parent in node.inputs])
    if isinstance(node, Constant):
        return node.in_precision(DOUBLE)[()]
    if isinstance(node, Parameter):
        return node.value.astype(DOUBLE)[()]
    raise LookupError(node.name)  # an input without a number


def _equal(found: Any, expected: Any) -> bool:
    if found is None or expected is None:
        return found is expected
    return np.shape(found) in (np.shape(expected), ()) and np.allclose(
        found, expected, rtol=1e-6, atol=1e-8, equal_nan=True
    )
