"""Compare the Hessian-vector products of tinygraph and HIPS autograd, which share no code.

A Hessian-vector product is the derivative of a gradient along a direction v. tinygraph builds the
gradient as nodes, multiplies it by v, and differentiates the product. autograd differentiates its
own tape twice. The graphs are Lab 2 with three activations, and random graphs as in ``graphs``.
"""

import argparse

import autograd
import autograd.numpy as anp
import numpy as np

import tinygraph as tg
from campaigns.figures import record
from campaigns.graphs import SIZE, by_formula, random_graph

SMALLEST_SCALE = 1e-3
"""Differences are relative to the largest element, or to this number if all elements are smaller.

Where the loss is linear, the product is 0, and autograd's is a rounding error.
"""


def product(graph, leaves, directions, feeds):
    """Return ∂(g·v)/∂leaf for each leaf, where g is the gradient with respect to the leaves."""
    grads = tg.gradients(graph.output, leaves)
    terms = [np.sum(g * v) for g, v in zip(grads, directions, strict=True) if g is not None]
    if not terms:
        return [np.zeros(v.shape) for v in directions]
    again = tg.Graph(sum(terms[1:], terms[0]))
    again.forward(**{node.name: feeds[node.name] for node in again.inputs})
    again.backward()
    inside = set(again.nodes)
    return [
        leaf.grad if leaf in inside and leaf.grad is not None else np.zeros(v.shape)
        for leaf, v in zip(leaves, directions, strict=True)
    ]


def difference(graph, feeds, rng):
    """Return the largest relative difference of a product from autograd's.

    The product is taken with respect to all parameters, along one random direction.
    """
    graph.forward(**feeds)
    leaves = list(graph.parameters)
    directions = [rng.normal(size=leaf.shape) for leaf in leaves]
    values = [np.array(leaf.value) for leaf in leaves]

    def loss(*values):
        return by_formula(graph, leaves, values)

    def slope(*values):
        """Return the derivative of the loss along the directions, for autograd to differentiate."""
        grads = autograd.grad(loss, argnum=tuple(range(len(values))))(*values)
        return sum(anp.sum(g * v) for g, v in zip(grads, directions, strict=True))

    theirs = autograd.grad(slope, argnum=tuple(range(len(values))))(*values)
    mine = product(graph, leaves, directions, feeds)
    assert [got.shape for got in mine] == [np.shape(expected) for expected in theirs]
    scale = max(float(np.max([np.abs(expected).max() for expected in theirs])), SMALLEST_SCALE)
    apart = [np.abs(got - expected).max() for got, expected in zip(mine, theirs, strict=True)]
    return float(np.max(apart)) / scale


def of_lab2(rng):
    """Return the largest difference for Lab 2, by activation."""
    x, t = tg.data.xor()
    found = {}
    for activation in ("sigmoid", "tanh", "relu"):
        model = tg.lab2.model(activation=activation, rng=0)
        found[activation] = float(f"{difference(model, {'x': x, 't': t}, rng):.2g}")
    return found


def compare(count, rng):
    """Return the numbers of nodes of ``count`` random graphs, and the largest difference."""
    nodes, worst = [], 0.0
    while len(nodes) < count:
        graph = random_graph(rng)
        if len(graph.nodes) > 50 or not graph.parameters:
            continue
        feeds = {"x": rng.normal(size=(SIZE, SIZE))} if graph.inputs else {}
        worst = float(np.max([worst, difference(graph, feeds, rng)]))
        nodes.append(len(graph.nodes))
    return nodes, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000)
    count = parser.parse_args().count
    rng = np.random.default_rng(0)
    lab2 = of_lab2(rng)
    nodes, worst = compare(count, rng)
    record(
        "curvature",
        graphs=count,
        mean_nodes=round(float(np.mean(nodes)), 1),
        largest_relative_difference=float(f"{worst:.2g}"),
        **{f"largest_relative_difference_lab2_{name}": value for name, value in lab2.items()},
    )


if __name__ == "__main__":
    main()
