"""Second derivatives of an op: its ``backward``, applied to nodes and differentiated once more.

The second derivatives of the graph that ``backward`` builds are compared with differences of what
``backward`` computes from numbers.
"""

from __future__ import annotations

from typing import Any

import numpy

from tinygraph.check.differences import is_at_kink, slope
from tinygraph.core.gradients import gradients
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import GradientError
from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import one_each

np: Any = numpy  # whose types do not say that its functions accept nodes


def check_second_order(
    op_class: type[Op], values: list[Array], rng: numpy.random.Generator, keywords: dict[str, Any]
) -> None:
    """Check the gradients of an op as nodes, and their derivatives.

    Raises
    ------
    GradientError
        If the nodes compute another gradient than ``backward``, or have other slopes.
    OpError
        If ``backward`` cannot be applied to nodes.
    """
    leaves = [Parameter(value, name=f"input{k}") for k, value in enumerate(values, start=1)]
    op = op_class(*leaves, name=op_class.__name__, **keywords)
    seed = rng.normal(size=np.shape(op.forward(*values)))
    found = gradients(np.sum(op * seed), leaves)
    kept = [k for k, gradient in enumerate(found) if gradient is not None]
    if not kept:
        return
    weights = [rng.normal(size=values[k].shape) for k in kept]

    def first_order(arrays: list[Array]) -> Any:
        """Return the gradients that ``backward`` computes from numbers, in one row."""
        y = op.forward(*arrays)
        grads = one_each(op, op.backward(seed, y, *arrays))
        return np.concatenate([np.zeros(0), *(np.ravel(grads[k]) for k in kept)])

    _compare_first_order(op, [found[k] for k in kept], first_order(values))
    terms = [np.sum(np.multiply(found[k], v)) for k, v in zip(kept, weights)]
    graph = Graph(sum(terms[1:], terms[0]))
    graph.forward()
    graph.backward()
    all_weights = np.concatenate([v.ravel() for v in weights])
    for k, leaf in enumerate(leaves):
        _compare_along(op, k, leaf, first_order, values, all_weights, rng)


def _compare_first_order(op: Op, nodes: list[Any], expected: Any) -> None:
    values = np.concatenate([np.ravel(Graph(node).forward()) for node in nodes])
    if values.shape != expected.shape or not np.allclose(values, expected, rtol=1e-9, atol=1e-12):
        raise GradientError(
            f"The backward of {describe(op)} must do with nodes what it does with arrays; the "
            f"gradient that it builds differs by {np.abs(values - expected).max():.2g}.",
            op,
        )


def _compare_along(
    op: Op, k: int, leaf: Node, first_order: Any, values: list[Array], weights: Any, rng: Any
) -> None:
    """Compare the second derivative by one input, along a random direction."""

    def f(x: Array) -> Array:
        gradients: Array = first_order([*values[:k], x, *values[k + 1 :]])
        return gradients

    direction = rng.normal(size=values[k].shape)
    got = 0.0 if leaf.grad is None else float(np.sum(leaf.grad * direction))
    expected = slope(f, values[k], direction, weights)
    slack = 1e-6 * expected.magnitude + 10 * expected.error + 1e-9
    if not np.isclose(got, expected.value, rtol=1e-5, atol=slack) and not is_at_kink(
        f, values[k], direction, weights, got
    ):
        raise GradientError(
            f"The second derivative of {describe(op)} with respect to {leaf.name} is wrong: along "
            f"a random direction it is {got:.6g}, and differences of backward give "
            f"{expected.value:.6g}. Does backward read numbers that are not among its arguments?",
            op,
        )
