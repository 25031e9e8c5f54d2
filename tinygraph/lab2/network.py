"""The Lab 2 network as one graph: two hidden layers, an output layer, and the loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import ArgumentError, UnknownNameError, did_you_mean
from tinygraph.ops import MSE, AddBias, Identity, MatMul, ReLU, Sigmoid, Tanh
from tinygraph.validation.arrays import brief, is_whole_number
from tinygraph.validation.randomness import as_generator

ACTIVATIONS: dict[str, type[Op]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "none": Identity,
}
"""The activations by their names in the lab."""


MOST_UNITS = 5_000
"""The weights between two layers of this size are 25 million numbers, or 200 MB."""


def model(
    hidden: int = 4,
    activation: str = "sigmoid",
    output_activation: str | None = None,
    rng: np.random.Generator | int | None = None,
) -> Graph:
    """Return the Lab 2 network: 2 inputs, two hidden layers, 1 output, mean squared error.

    Parameters
    ----------
    hidden : int
        Units in each of the two hidden layers.
    activation : {"sigmoid", "tanh", "relu", "none"}
        The activation after every layer.
    output_activation : str, optional
        Another activation after the last layer.
    rng : Generator or int, optional
        The random generator of the start values, or a seed.  Default: the seed 0.  Each value is
        drawn from N(0, 1), in the order W1, b1, W2, b2, W3, b3.

    Returns
    -------
    Graph
        It has inputs ``x`` (B, 2) and ``t`` (B, 1), and nodes ``layer1/W``, ``layer1/b``,
        ``layer1/z``, ``layer1/a``, ``layer1/h``, …, ``loss``.

    Raises
    ------
    UnknownNameError, ArgumentError
        If an activation is not listed, or ``hidden`` is not a number of units.
    ArgumentTypeError
        If ``rng`` is neither a generator nor a seed.

    >>> model(hidden=4, rng=0)
    <Graph of 18 nodes, 37 numbers in 6 parameters, output MSE "loss">
    """
    if not is_whole_number(hidden) or hidden < 1:
        raise ArgumentError(f"hidden must be a number of units, at least 1; got {brief(hidden)}.")
    if hidden > MOST_UNITS:
        raise ArgumentError(f"hidden must be at most {MOST_UNITS:,} units; got {brief(hidden)}.")
    rng = as_generator(rng)
    inner = _activation(activation)
    last = inner if output_activation is None else _activation(output_activation)
    h: Node = Input("x", shape=(None, 2))
    t = Input("t", shape=(None, 1))
    sizes = (2, int(hidden), int(hidden), 1)
    for k in (1, 2, 3):
        m, n = sizes[k - 1], sizes[k]
        W = Parameter(rng.normal(size=(m, n)), name=f"layer{k}/W")
        b = Parameter(rng.normal(size=n), name=f"layer{k}/b")
        z = MatMul(h, W, name=f"layer{k}/z")
        a = AddBias(z, b, name=f"layer{k}/a")
        h = (last if k == 3 else inner)(a, name=f"layer{k}/h")
    return Graph(MSE(h, t, name="loss"), prediction=h)


def _activation(name: Any) -> type[Op]:
    if isinstance(name, str) and name in ACTIVATIONS:
        return ACTIVATIONS[name]
    raise UnknownNameError(
        f"No activation is called {brief(name)}." + did_you_mean(name, ACTIVATIONS)
    )
