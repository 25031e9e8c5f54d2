r"""A derivative as a sum over paths.

One element w of a parameter influences the loss along paths, from element to element.  By the chain
rule, the derivative is

.. math:: \frac{\partial L}{\partial w} = \sum_{\text{paths}} \prod_{\text{arrows}}
          \frac{\partial(\text{later element})}{\partial(\text{earlier element})} ,

and back-propagation is an efficient order in which to add them.  This module counts the paths, sums
them, and lists the largest ones.  The factor of an arrow is the result of an op's own ``backward``
for an incoming gradient that is 1 at one element and 0 elsewhere.

All paths to one element are a factor times all paths to the elements before it.  So counts, sums
and the largest few follow node by node, and the paths are never enumerated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array
from tinygraph.validation.op_results import one_each

LISTED = 5
"""The number of paths listed for one element."""
ELEMENTS_PER_PARAMETER = 3
"""The number of elements of a parameter with paths: those with the largest gradients."""
MOST_NUMBERS = 4_000
"""A run with more numbers than this has no paths: they would take too long."""

Place = tuple[Node, int]
"""An element of a node's value, by its position in the flattened array."""


class Path(NamedTuple):
    """One path from the loss to an element: its contribution, and its arrows."""

    product: float
    arrows: tuple[tuple[Node, int, float], ...]
    """(node, flat index, ∂(element above)/∂(this element)) of each node, from the loss, with 1."""


class PathSum(NamedTuple):
    """All paths from the loss to one element of a parameter."""

    entry: tuple[int, ...]
    total: float
    how_many: int
    largest: tuple[Path, ...]


def path_sums(
    nodes: Sequence[Node], output: Node, values: Mapping[Node, Any], gradients: Mapping[Node, Any]
) -> dict[Parameter, list[PathSum]]:
    """Return the path sums of the elements with the largest gradients, for each parameter.

    The result is empty for a run with more than ``MOST_NUMBERS`` numbers, or with one that is not
    finite.

    >>> import tinygraph as tg
    >>> from tinygraph.trace.walk import walk
    >>> w = tg.Parameter(3.0, name="w")
    >>> y = w * w + 2 * w
    >>> model = tg.Graph(y)
    >>> moment = list(walk(model.nodes, y, {}))[-1]
    >>> sums = path_sums(model.nodes, y, moment.values, moment.gradients)[w][0]
    >>> sums.total, sums.how_many, [path.product for path in sums.largest]
    (8.0, 3, [3.0, 3.0, 2.0])
    """
    ops = [node for node in nodes if isinstance(node, Op) and node in gradients]
    if sum(np.size(values[op]) for op in ops) > MOST_NUMBERS:
        return {}
    numbers = (*(values[node] for node in nodes), *gradients.values())
    if not all(np.all(np.isfinite(array)) for array in numbers):
        return {}
    rows: dict[Place, list[tuple[Place, float]]] = {}
    sums = {}
    for parameter in nodes:
        if isinstance(parameter, Parameter) and parameter in gradients and parameter is not output:
            gradient = np.asarray(gradients[parameter])
            order = np.argsort(-np.abs(gradient), axis=None, kind="stable")
            sums[parameter] = [
                _paths_to(parameter, int(flat), gradient.shape, ops, output, values, rows)
                for flat in order[:ELEMENTS_PER_PARAMETER]
            ]
    return sums


class _Found(NamedTuple):
    """The paths from w to one element: their number, their sum, and the largest ones."""

    how_many: int
    total: float
    largest: list[tuple[float, Any]]
    """Pairs (product, chain), where a chain is (place, factor, chain below)."""


def _paths_to(
    parameter: Parameter,
    flat: int,
    shape: tuple[int, ...],
    ops: Sequence[Op],
    output: Node,
    values: Mapping[Node, Any],
    rows: dict[Place, list[tuple[Place, float]]],
) -> PathSum:
    start: Place = (parameter, flat)
    found: dict[Place, _Found] = {start: _Found(1, 1.0, [(1.0, None)])}
    reached: set[Node] = {parameter}
    for op in ops:
        if reached.isdisjoint(op.inputs):
            continue
        for entry in range(np.size(values[op])):
            place = (op, entry)
            if place not in rows:
                rows[place] = _row(op, entry, values)
            into = [(below, factor) for below, factor in rows[place] if below in found]
            if into:
                found[place] = _together(into, found)
                reached.add(op)
    top = found.get((output, 0), _Found(0, 0.0, []))
    largest = tuple(Path(product, _arrows((output, 0), chain)) for product, chain in top.largest)
    return PathSum(tuple(map(int, np.unravel_index(flat, shape))), top.total, top.how_many, largest)


def _row(op: Op, entry: int, values: Mapping[Node, Any]) -> list[tuple[Place, float]]:
    """Return the elements that one element of the op's value depends on, with their slopes."""
    y = values[op]
    g = np.zeros_like(y)
    g[np.unravel_index(entry, np.shape(y))] = 1.0
    arrays = [values[parent] for parent in op.inputs]
    row = []
    for parent, slopes in zip(op.inputs, one_each(op, op.backward(g[()], y, *arrays)), strict=True):
        flat: Array = np.ravel(0.0 if slopes is None else slopes)
        row += [((parent, int(k)), float(flat[k])) for k in np.flatnonzero(flat)]
    return row


def _together(into: Sequence[tuple[Place, float]], found: Mapping[Place, _Found]) -> _Found:
    largest = [
        (factor * product, (below, factor, chain))
        for below, factor in into
        for product, chain in found[below].largest
    ]
    largest.sort(key=lambda path: -abs(path[0]))
    return _Found(
        sum(found[below].how_many for below, _ in into),
        sum(factor * found[below].total for below, factor in into),
        largest[:LISTED],
    )


def _arrows(top: Place, chain: Any) -> tuple[tuple[Node, int, float], ...]:
    arrows = [(*top, 1.0)]
    while chain is not None:
        (node, entry), factor, chain = chain
        arrows.append((node, entry, factor))
    return tuple(arrows)
