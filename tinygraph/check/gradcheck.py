"""gradcheck: compare analytical derivatives with numerical ones, op by op.

The gradient of a whole network shows *that* something is wrong, but not *where*. So each op is
checked by itself, at its values in this run and with a random incoming gradient. The culprit is the
first op in topological order whose own derivative is wrong. The whole gradient is checked, too,
because the optimizer uses it.

A check is not a proof: a derivative that is right at these values may be wrong at others. Check at
values like those of your data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinygraph.check.argument import ArgumentCheck
from tinygraph.check.differences import Function, is_at_kink, slope
from tinygraph.check.purity import gradients_of, refuse_memory, value_of
from tinygraph.check.report import GradcheckReport
from tinygraph.check.slips import likely_slip
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentError, TinygraphError
from tinygraph.validation.arrays import Array
from tinygraph.validation.randomness import as_generator

ELEMENTS = 24
"""The number of elements that are checked in a large array: a random choice, then suspects."""

TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 2e-3}
"""The largest relative difference of equal numbers, by the precision of the gradient."""

Values = dict[Node, Array]


def gradcheck(
    model: Graph | Node, /, rng: np.random.Generator | int | None = None, **feeds: Any
) -> GradcheckReport:
    """Compare every derivative of a graph with a numerical one.

    The graph is run forward and backward on the feeds, and keeps these values. The ops are checked
    in float64, also in a float32 graph.

    Parameters
    ----------
    model : Graph or Node
    rng : Generator or int, optional
        The source of the random gradients and the choice of elements, or a seed (default 0).
    **feeds : array_like
        One array per input, by its name, as for ``Graph.forward``.

    Returns
    -------
    GradcheckReport
        With ``ok``, ``culprit``, a table when printed, and ``raise_if_wrong()``.

    Raises
    ------
    FeedError, ShapeError, DtypeError, OpError
        As ``Graph.forward``.
    ArgumentError
        If there is nothing to check: no op, or only empty arrays.

    >>> import tinygraph as tg
    >>> class Cube(tg.Op):
    ...     def forward(self, x):
    ...         return x**3
    ...     def backward(self, g, y, x):
    ...         return 3 * x**2
    >>> model = tg.Graph(tg.Sum(Cube(tg.Input("x", shape=(None, 2)), name="cube")))
    >>> report = gradcheck(model, x=[[1.0, 2.0]])
    >>> report.ok, report.culprit
    (False, <Cube "cube" (B, 2)>)
    >>> report.checks[0].slip
    "g is missing: the chain rule multiplies the op's own slope by g = ∂L/∂y"
    """
    graph = model if isinstance(model, Graph) else Graph(model)
    check_nodes(graph.nodes)
    rng = as_generator(rng)
    # Copies from before the run: check_node must see what a forward changes in place.
    leaves: Values = {node: np.array(node.value, np.float64) for node in graph.parameters}
    feeds = graph.with_draws(feeds)
    leaves |= {node: np.array(a, np.float64) for node, a in graph.feed_arrays(feeds).items()}
    with np.errstate(invalid="ignore"):  # the report says where NaN begins
        graph.forward(**feeds)
        values = _values_in_float64(graph, leaves)
    trained = _downstream_of_parameters(graph)
    checks = [
        check
        for op in graph.nodes
        if isinstance(op, Op)
        for check in check_node(op, [values[parent] for parent in op.inputs], rng, trained)
    ]
    if not any(check.entries or check.verdict in ("wrong", "none") for check in checks):
        raise ArgumentError(
            "gradcheck compares the derivatives of ops, element by element; this graph has "
            f"{'no op' if not checks else 'no element to compare'}. Pass a graph with ops, and "
            "feeds of at least one sample."
        )
    whole: list[ArgumentCheck] = []
    if not any(check.broke for check in checks):
        whole = _check_whole(graph, leaves, values, rng)
        if any(check.kinks for check in checks):
            # At a kink each op chooses its own side: no single direction agrees with all.
            for check in whole:
                check.verdict = "kink" if check.verdict == "wrong" else check.verdict
    return GradcheckReport(graph, tuple(checks), tuple(whole))


def check_node(
    op: Op, arrays: Sequence[Array], rng: np.random.Generator, trained: set[Node] | None = None
) -> list[ArgumentCheck]:
    """Check the derivative of one op by itself, at given values of its inputs.

    Parameters
    ----------
    op : Op
    arrays : sequence of array
        float64 arrays, one per input.
    rng : Generator
    trained : set of Node, optional
        The nodes that need a gradient; for others, ``backward`` may return ``None``.

    Returns
    -------
    list of ArgumentCheck
        One per argument; a single one if ``backward`` breaks the contract of an op.
    """
    with np.errstate(all="ignore"):
        try:
            y = value_of(op, arrays)
            # Where the value is not finite there is no slope: these elements are left out.
            g = np.where(np.isfinite(y), rng.normal(size=y.shape), 0.0)
            grads = gradients_of(op, g, y, arrays)
            refuse_memory(op, g, y, arrays, grads)
        except TinygraphError as error:
            return [ArgumentCheck(op, "", op, verdict="wrong", slip=str(error), broke=True)]
        return [
            _check_argument(op, arrays, y, g, position, grad, rng, trained)
            for position, grad in enumerate(grads)
        ]


def _check_argument(
    op: Op,
    arrays: Sequence[Array],
    y: Array,
    g: Array,
    position: int,
    grad: Array | None,
    rng: np.random.Generator,
    trained: set[Node] | None,
) -> ArgumentCheck:
    x, parent = arrays[position], op.inputs[position]
    name = op.arguments[min(position, len(op.arguments) - 1)]
    check = ArgumentCheck(op, name, parent, is_spoilt=not _all_finite(arrays))
    if op.stops_gradient and grad is None:
        check.verdict = "none"
        return check

    def f(x: Array) -> Array:
        try:
            value = _as_numbers(op.forward(*arrays[:position], x, *arrays[position + 1 :]))
            return np.where(np.isfinite(y), value, 0.0) if check.is_spoilt else value
        except Exception:  # a step may leave the domain of the op
            return np.full_like(y, np.nan)

    chosen = np.arange(x.size)
    if x.size > ELEMENTS:
        chosen = np.sort(rng.choice(x.size, size=ELEMENTS, replace=False))
    expected = np.full(x.shape, np.nan)

    def look_at(flat: int) -> None:
        direction = np.zeros(x.shape)
        direction.flat[flat] = 1.0
        found = slope(f, x, direction, g)
        expected.flat[flat] = found.value
        if grad is not None:
            at = tuple(int(k) for k in np.unravel_index(flat, x.shape))
            check.compare(at, float(grad[at]), found, f, x, direction, g)

    for flat in chosen.tolist():
        look_at(flat)
    if x.size > ELEMENTS and grad is not None:
        for suspect in _suspects(check, f, x, g, grad, rng.normal(size=x.shape)):
            if check.verdict == "wrong":
                break
            look_at(suspect)
    if grad is None:
        must_flow = trained is None or parent in trained
        check.verdict = "wrong" if must_flow and _has_slope(f, x, expected, g) else "none"
        check.slip = "backward returned None, which means that no gradient flows"
    elif check.verdict == "wrong":
        check.slip = likely_slip(op, arrays, y, g, position, expected)
    return check


def _has_slope(f: Function, x: Array, expected: Array, g: Array) -> bool:
    """Tell whether f depends on any element of ``x``, other than by a jump."""
    for flat in np.flatnonzero(np.nan_to_num(expected)).tolist():
        direction = np.zeros(x.shape)
        direction.flat[flat] = 1.0
        if not is_at_kink(f, x, direction, g, 0.0):
            return True
    return False


def _suspects(
    check: ArgumentCheck, f: Function, x: Array, g: Array, grad: Array, direction: Array
) -> Iterator[int]:
    """Yield elements with a wrong gradient, as long as the gradient along the direction is wrong.

    Bisection finds them: the half with the larger difference contains one.
    """

    def off(flat: NDArray[Any]) -> tuple[bool, float]:
        part = np.zeros(x.shape)
        part.flat[flat] = direction.flat[flat]
        look = ArgumentCheck(Constant(0.0), "", Constant(0.0))
        look.compare(None, float(np.sum(grad * part)), slope(f, x, part, g), f, x, part, g)
        return look.verdict != "ok", float(np.nan_to_num(look.difference, nan=np.inf))

    remaining: NDArray[Any] = np.arange(x.size)
    for _ in range(ELEMENTS):
        if not off(remaining)[0]:
            return
        half = remaining
        while half.size > 1:
            half = max(np.array_split(half, 2), key=off)
        yield int(half[0])
        remaining = remaining[remaining != half[0]]


def _check_whole(
    graph: Graph, leaves: Values, values: Values, rng: np.random.Generator
) -> list[ArgumentCheck]:
    """Run backward, and check the gradient of each leaf along one random direction."""
    output = graph.output
    y = values[output]
    # As in check_node: where the value is not finite, the gradient is not checked.
    g = np.where(np.isfinite(y), 1.0 if y.ndim == 0 else rng.normal(size=y.shape), 0.0)
    checks = []
    is_spoilt = not _all_finite(leaves.values())
    held = {node: values[node] for node in graph.nodes if getattr(node, "stops_gradient", False)}
    with np.errstate(all="ignore"):
        graph.backward(seed=g)
        for leaf in (*graph.parameters, *graph.inputs):
            check = ArgumentCheck(output, "", leaf, is_whole=True, is_spoilt=is_spoilt)
            checks.append(check)
            if leaf.grad is None:
                check.verdict = "none"
                continue
            check.tolerance = TOLERANCE[leaf.grad.dtype]

            def f(x: Array, leaf: Node = leaf) -> Array:
                try:
                    return _values_in_float64(graph, {**leaves, **held, leaf: x})[output]
                except Exception:  # as above
                    return np.full_like(values[output], np.nan)

            x = values[leaf]
            direction = rng.normal(size=x.shape)
            along = float(np.sum(leaf.grad * direction))
            check.compare(None, along, slope(f, x, direction, g), f, x, direction, g)
    return checks


def _all_finite(arrays: Iterable[Array]) -> bool:
    return all(np.isfinite(array).all() for array in arrays)


def _values_in_float64(graph: Graph, leaves: Values) -> Values:
    """Compute the value of each node in float64 from the ``leaves`` and the constants."""
    values: Values = {}
    for node in graph.nodes:
        if node in leaves:
            values[node] = leaves[node]
        elif isinstance(node, Op):
            arrays = [values[parent].copy() for parent in node.inputs]
            values[node] = _as_numbers(node.forward(*arrays))
        else:
            values[node] = np.asarray(node.value, dtype=np.float64)
    return values


def _as_numbers(value: Any) -> Array:
    """Convert the result of a forward, also a list or booleans, to an array of numbers."""
    array = np.asarray(value)
    return array if array.dtype.kind == "c" else array.astype(np.float64)


def _downstream_of_parameters(graph: Graph) -> set[Node]:
    reached: set[Node] = set(graph.parameters)
    for node in graph.nodes:
        if not reached.isdisjoint(node.inputs):
            reached.add(node)
    return reached
