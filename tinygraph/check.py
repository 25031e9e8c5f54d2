"""gradcheck: derivatives by formula held against derivatives by numbers, op by op.

The gradient of a whole network says *that* something is wrong, never *where*.  So each op is
checked by itself, at the values it meets in this run and with a random gradient arriving at it;
the first op in topological order whose own derivative is wrong is the culprit.  The whole gradient
is checked as well, since it is the one thing an optimizer sees.

Left out: a proof.  A derivative that is right at these values may be wrong at others, so check at
values like those of your data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.arrays import Array
from tinygraph.check_report import ArgumentCheck, GradcheckReport
from tinygraph.contract import as_gradient, as_value, one_each, op_failed
from tinygraph.data import as_generator
from tinygraph.differences import slope
from tinygraph.errors import ArgumentError, OpError, TinygraphError
from tinygraph.graph import Graph
from tinygraph.node import Node, Op, describe
from tinygraph.slips import likely_slip

ENTRIES = 24
"""How many entries of one array are looked at; of a larger one, a random choice."""

TOLERANCE = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 2e-3}
"""The relative difference that is still called equal, by the precision of the gradient."""

Values = dict[Node, Array]


def gradcheck(
    model: Graph | Node, /, rng: np.random.Generator | int | None = None, **feeds: Any
) -> GradcheckReport:
    """Check every derivative of a graph against numbers.

    The graph is run forward and backward on the feeds, and left so.  The ops are checked in
    float64 whatever the precision of the graph.

    Parameters
    ----------
    model : Graph or Node
    rng : Generator or int, optional
        Where the random gradients and choices of entries come from; 0 unless told.
    **feeds : array_like
        One array an input, by its name, as for ``Graph.forward``.

    Returns
    -------
    GradcheckReport
        With ``ok``, ``culprit``, a table when printed, and ``raise_if_wrong()``.

    Raises
    ------
    FeedError, ShapeError, DtypeError, OpError
        As ``Graph.forward``.
    ArgumentError
        If there is nothing to check: no op, or arrays without entries.

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
    rng = as_generator(rng)
    with np.errstate(invalid="ignore"):  # where NaN begins, the report says
        graph.forward(**feeds)
    values = _values_in_float64(graph)
    trained = _downstream_of_parameters(graph)
    checks = [
        check
        for op in graph.nodes
        if isinstance(op, Op)
        for check in check_node(op, [values[parent] for parent in op.inputs], rng, trained)
    ]
    if not any(check.entries or check.verdict == "wrong" for check in checks):
        raise ArgumentError(
            "gradcheck compares the derivatives of ops, entry by entry; this graph has "
            f"{'no op' if not checks else 'no entry to compare'}. Give it a graph with ops, and "
            "feeds of at least one sample."
        )
    whole: list[ArgumentCheck] = []
    if not any(check.broke for check in checks):
        whole = _check_whole(graph, values, rng)
    return GradcheckReport(graph, tuple(checks), tuple(whole))


def check_node(
    op: Op, arrays: Sequence[Array], rng: np.random.Generator, trained: set[Node] | None = None
) -> list[ArgumentCheck]:
    """Check the derivative of one op by itself, at the given values of its inputs.

    Parameters
    ----------
    op : Op
    arrays : sequence of array
        float64 arrays, one an input.
    rng : Generator
    trained : set of Node, optional
        The nodes that a gradient must reach; ``None`` from ``backward`` is allowed for others.

    Returns
    -------
    list of ArgumentCheck
        One an argument; one for them all where ``backward`` breaks the contract of an op.
    """
    with np.errstate(all="ignore"):
        try:
            y = as_value(_purely(op, "forward", op.forward, arrays), op, op.shape)
            g = np.asarray(rng.normal(size=y.shape))
            returned = one_each(op, _purely(op, "backward", op.backward, [g, y, *arrays]))
            grads = [
                None if grad is None else as_gradient(grad, op, parent, array)
                for grad, parent, array in zip(returned, op.inputs, arrays, strict=True)
            ]
        except TinygraphError as error:
            return [ArgumentCheck(op, "", op, verdict="wrong", slip=str(error), broke=True)]
        return [
            _check_argument(op, arrays, y, g, position, grad, rng, trained)
            for position, grad in enumerate(grads)
        ]


def _purely(op: Op, method: str, function: Any, arrays: Sequence[Array]) -> Any:
    """Return ``function(*arrays)``, refusing a function that fails or changes its arguments."""
    copies = [array.copy() for array in arrays]
    try:
        result = function(*arrays)
    except TinygraphError:
        raise
    except Exception as error:
        inputs = arrays[len(arrays) - len(op.inputs) :]  # what backward gets before them: g, y
        raise op_failed(method, op, inputs, error) from error
    names = op.arguments if method == "forward" else ("g", "y", *op.arguments)
    for k, (array, copy) in enumerate(zip(arrays, copies, strict=True)):
        if not np.array_equal(array, copy, equal_nan=True):
            raise OpError(
                f"forward and backward change none of their arguments; {method} of {describe(op)} "
                f"changed {names[min(k, len(names) - 1)]} in place. Compute on a copy.",
                op,
            )
    return result


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
    check = ArgumentCheck(op, name, parent)

    def f(x: Array) -> Array:
        result: Array = op.forward(*arrays[:position], x, *arrays[position + 1 :])
        return result

    chosen = np.arange(x.size)
    if x.size > ENTRIES:
        chosen = np.sort(rng.choice(x.size, size=ENTRIES, replace=False))
    expected = np.full(x.shape, np.nan)
    for flat in chosen:
        direction = np.zeros(x.shape)
        direction.flat[flat] = 1.0
        found = slope(f, x, direction, g)
        expected.flat[flat] = found.value
        if grad is not None:
            at = tuple(int(k) for k in np.unravel_index(flat, x.shape))
            check.compare(at, float(grad[at]), found, f, x, direction, g)
    if x.size > ENTRIES and grad is not None:
        direction = rng.normal(size=x.shape)
        along = float(np.sum(grad * direction))
        check.compare(None, along, slope(f, x, direction, g), f, x, direction, g)
    if grad is None:
        must_flow = trained is None or parent in trained
        check.verdict = "wrong" if must_flow and np.nansum(np.abs(expected)) > 0 else "none"
        check.slip = "backward returned None, which says that no gradient flows"
    elif check.verdict == "wrong":
        check.slip = likely_slip(op, arrays, y, g, position, expected)
    return check


def _check_whole(graph: Graph, values: Values, rng: np.random.Generator) -> list[ArgumentCheck]:
    """Run backward, and check each leaf's gradient along one random direction."""
    output = graph.output
    g = np.asarray(1.0 if values[output].ndim == 0 else rng.normal(size=values[output].shape))
    graph.backward(seed=g)
    checks = []
    with np.errstate(all="ignore"):
        for leaf in (*graph.parameters, *graph.inputs):
            check = ArgumentCheck(output, "", leaf, is_whole=True)
            checks.append(check)
            if leaf.grad is None:
                check.verdict = "none"
                continue
            check.tolerance = TOLERANCE[leaf.grad.dtype]

            def f(x: Array, leaf: Node = leaf) -> Array:
                return _values_in_float64(graph, {leaf: x})[output]

            x = values[leaf]
            direction = rng.normal(size=x.shape)
            along = float(np.sum(leaf.grad * direction))
            check.compare(None, along, slope(f, x, direction, g), f, x, direction, g)
    return checks


def _values_in_float64(graph: Graph, moved: Values | None = None) -> Values:
    """Return each node's value computed in float64, a leaf in ``moved`` having the value there."""
    values: Values = {}
    for node in graph.nodes:
        if moved and node in moved:
            values[node] = moved[node]
        elif isinstance(node, Op):
            values[node] = node.forward(*[values[parent] for parent in node.inputs])
        else:
            values[node] = np.asarray(node.value, dtype=np.float64)
    return values


def _downstream_of_parameters(graph: Graph) -> set[Node]:
    reached: set[Node] = set(graph.parameters)
    for node in graph.nodes:
        if not reached.isdisjoint(node.inputs):
            reached.add(node)
    return reached
