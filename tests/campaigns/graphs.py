"""Differentiate random graphs with tinygraph and with HIPS autograd, which share no code.

The graphs have up to 50 nodes, read nodes several times over, and are as deep as chance makes them.
Each op is written a second time here, as the formula of a textbook, for autograd to differentiate.
tinygraph answers twice, interpreted and by the program that ``tg.compile`` makes of the graph; one
graph in a hundred is compiled to machine code too.
"""

import argparse

import autograd
import autograd.numpy as anp
import numpy as np

import tinygraph as tg
from campaigns.figures import record

FORMULAS = {
    tg.Add: lambda a, b: a + b,
    tg.Subtract: lambda a, b: a - b,
    tg.Multiply: lambda a, b: a * b,
    tg.Divide: lambda a, b: a / b,
    tg.Negate: lambda x: -x,
    tg.MatMul: lambda x, W: anp.dot(x, W),
    tg.AddBias: lambda x, b: x + b,
    tg.Sigmoid: lambda x: 1 / (1 + anp.exp(-x)),
    tg.Tanh: anp.tanh,
    tg.ReLU: lambda x: anp.where(x > 0, x, 0.0),
    tg.Identity: lambda x: x,
    tg.Exp: anp.exp,
    tg.Log: anp.log,
    tg.Power: lambda x: x**3.0,
    tg.MSE: lambda p, t: anp.mean((p - t) ** 2),
    tg.Sum: anp.sum,
    tg.Mean: anp.mean,
    tg.Max: lambda x: anp.max(x, axis=1, keepdims=True),
    tg.Min: lambda x: anp.min(x, axis=1, keepdims=True),
    tg.Abs: anp.abs,
    tg.Sin: anp.sin,
    tg.Cos: anp.cos,
    tg.Square: lambda x: x**2,
    tg.Sqrt: anp.sqrt,
    tg.Expm1: anp.expm1,
    tg.Log1p: anp.log1p,
    tg.LeakyReLU: lambda x: anp.where(x > 0, x, 0.01 * x),
    tg.GELU: lambda x: 0.5 * x * (1 + anp.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    tg.Softmax: lambda x: anp.exp(x) / anp.sum(anp.exp(x), axis=-1, keepdims=True),
    tg.LogSoftmax: lambda x: x - anp.log(anp.sum(anp.exp(x), axis=-1, keepdims=True)),
    tg.Maximum: anp.maximum,
    tg.Minimum: anp.minimum,
    tg.Where: lambda c, a, b: anp.where(c > 0.5, a, b),
    tg.VariablePower: lambda x, k: x**k,
    tg.Concatenate: lambda *xs: anp.concatenate(xs, axis=1),
    tg.Index: lambda x: x[:, :SIZE],
}
SIZE = 3
IN_MACHINE_CODE = 100
"""One graph out of this number is compiled with numba, which takes seconds per graph."""


def random_graph(rng):
    """Return a graph of at most 50 nodes and, for each op in it, its formula."""
    matrices = [tg.Input("x", (None, SIZE)), _parameter(rng, (SIZE, SIZE), "W1")]
    matrices.append(_parameter(rng, (SIZE, SIZE), "W2"))
    biases = [_parameter(rng, (SIZE,), "b"), _parameter(rng, (), "k")]

    def pick():
        # Recent nodes more often, so that graphs grow deep; any node, so that they grow wide.
        return matrices[-1 - min(int(rng.exponential(2.0)), len(matrices) - 1)]

    def tame(node):
        return rng.choice([tg.Tanh, tg.Sigmoid])(node)

    for _ in range(int(rng.integers(1, 16))):
        op = rng.choice(list(FORMULAS))
        if op in (tg.Add, tg.Subtract, tg.Multiply, tg.Maximum, tg.Minimum):
            others = [pick(), *biases]
            node = op(pick(), others[rng.integers(len(others))])
        elif op is tg.Divide:
            node = op(pick(), tg.Exp(tame(pick())))
        elif op is tg.MatMul:
            square = [m for m in matrices if m.shape == (SIZE, SIZE)]
            node = op(pick(), square[rng.integers(len(square))])
        elif op is tg.AddBias:
            node = op(pick(), biases[0])
        elif op in (tg.Exp, tg.Expm1, tg.Square, tg.Softmax, tg.LogSoftmax):
            node = op(tame(pick()))
        elif op is tg.Log:
            node = op(tg.Exp(pick()) + 1.0)
        elif op in (tg.Sqrt, tg.Log1p):
            node = op(tg.Exp(tame(pick())))
        elif op is tg.VariablePower:
            node = op(tg.Exp(tame(pick())), tame(pick()))
        elif op is tg.Where:
            node = op(tg.Sigmoid(pick()), pick(), pick())
        elif op in (tg.Max, tg.Min):
            node = pick() - op(pick(), axis=1, keepdims=True)
        elif op in (tg.Concatenate, tg.Index):
            node = tg.Index(tg.Concatenate(pick(), pick()), at=(slice(None), slice(0, SIZE)))
        elif op is tg.Power:
            node = op(tame(pick()), exponent=3.0)
        elif op is tg.MSE:
            node = pick() * op(pick(), pick())
        elif op in (tg.Sum, tg.Mean):
            node = pick() - tame(op(pick()))
        else:
            node = op(pick())
        if isinstance(node, (tg.MatMul, tg.Multiply, tg.Add)):
            node = tame(node)
        matrices.append(node)
    # Whatever has been left unread takes part in the end.
    read = {parent for node in matrices for parent in node.inputs}
    ends = [node for node in matrices[1:] if node not in read]
    total = ends[0]
    for node in ends[1:]:
        total = total + node
    return tg.Graph(rng.choice([tg.Sum, tg.Mean])(total))


def _parameter(rng, shape, name):
    return tg.Parameter(rng.normal(size=shape), name=name)


def differences(graph, feeds, targets):
    """Return how far the gradients are from autograd's at most: interpreted, and compiled."""
    compiled = [tg.compile(graph, target=target).gradients(**feeds)[1] for target in targets]
    graph.forward(**feeds)
    graph.backward()
    leaves = [*graph.parameters, *graph.inputs]

    def formula(*values):
        return by_formula(graph, leaves, values)

    values = [np.array(leaf.value) for leaf in leaves]
    expected = autograd.grad(formula, argnum=tuple(range(len(values))))(*values)
    assert np.isclose(formula(*values), graph.output.value, rtol=1e-12)
    interpreted = {
        leaf.name: np.zeros_like(leaf.value) if leaf.grad is None else leaf.grad for leaf in leaves
    }
    theirs = dict(zip(interpreted, expected, strict=True))
    return np.array(
        [farthest(interpreted, theirs), np.max([farthest(mine, theirs) for mine in compiled])]
    )


def by_formula(graph, leaves, values):
    """Compute the output of a graph by the formulas of a textbook, at these values of leaves."""
    at = dict(zip(leaves, values, strict=True))
    for node in graph.nodes:
        if isinstance(node, tg.Op):
            at[node] = FORMULAS[type(node)](*[at[parent] for parent in node.inputs])
        elif node not in at:
            at[node] = node.value
    return at[graph.output]


def farthest(mine, theirs):
    """Return the largest difference between gradients by name, relative to each array's largest.

    NaN in either is NaN here, which is below no limit.
    """
    worst = [0.0]
    for name, gradient in mine.items():
        assert gradient.shape == np.shape(theirs[name])
        scale = max(1.0, float(np.abs(theirs[name]).max()))
        worst.append(float(np.abs(gradient - theirs[name]).max()) / scale)
    return float(np.max(worst))


def compare(count, rng):
    """Return how many nodes ``count`` random graphs had, and the largest differences of all."""
    nodes, worst = [], np.zeros(2)
    while len(nodes) < count:
        graph = random_graph(rng)
        if len(graph.nodes) > 50:
            continue
        feeds = {"x": rng.normal(size=(SIZE, SIZE))} if graph.inputs else {}
        targets = ["numpy"] if len(nodes) % IN_MACHINE_CODE else ["numpy", "numba"]
        worst = np.maximum(worst, differences(graph, feeds, targets))
        nodes.append(len(graph.nodes))
    return nodes, worst


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5_000)
    count = parser.parse_args().count
    nodes, worst = compare(count, np.random.default_rng(0))
    record(
        "graphs",
        graphs=count,
        kinds_of_ops=len(FORMULAS),
        graphs_in_machine_code=-(-count // IN_MACHINE_CODE),
        most_nodes=max(nodes),
        mean_nodes=round(float(np.mean(nodes)), 1),
        largest_relative_difference=float(f"{worst[0]:.2g}"),
        largest_relative_difference_compiled=float(f"{worst[1]:.2g}"),
    )


if __name__ == "__main__":
    main()
