"""Many networks of one shape as one graph: the seeds lie along a leading axis of every array.

Run one by one, small networks cost more in Python than in arithmetic.  Stacked, one call of an op
computes all of them: V of shape (S, m, n) is a stack of S matrices, and NumPy's ``matmul``
multiplies matrix by matrix.  The sum of the S losses is the output; since no loss depends on
another network's parameters, its gradient is every network's own, and a network that diverges
does not touch the others.

The two ops here are made as anyone would make an op of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinygraph.arrays import Array
from tinygraph.graph import Graph
from tinygraph.node import Input, Node, Op, Parameter
from tinygraph.ops import Sum
from tinygraph.optim import Optimizer
from tinygraph.shapes import Shape

LAYERS = (1, 2, 3)


class StackedLayer(Op):
    r"""Matrix product and bias of each network, in one product.

    **Formula.** :math:`y_s = (x_s \; 1)\, V_s`: a column of ones beside x of shape (S, B, m), or
    (B, m) where all networks read the same data, meets the bias in the last row of V, which has the
    shape (S, m + 1, n).

    **Gradient.** That of ``MatMul``, network by network; the ones get none.  Nor do data that all
    networks read: nobody trains them.
    """

    role = "linear"
    formula = r"(x \; 1)\, V"
    code = "np.concatenate([x, ones], axis=-1) @ V"

    def forward(self, x: Array, V: Array) -> Array:
        y: Array = _with_ones(x) @ V
        return y

    def backward(self, g: Array, y: Array, x: Array, V: Array) -> tuple[Array | None, Array]:
        through = None if x.ndim == 2 else g @ V[:, :-1].swapaxes(1, 2)
        return through, _with_ones(x).swapaxes(-1, -2) @ g

    def infer_shape(self, x: Shape, V: Shape) -> Shape:
        return (V[0], x[-2], V[2])


def _with_ones(x: Array) -> Array:
    wide = np.empty((*x.shape[:-1], x.shape[-1] + 1))
    wide[..., :-1] = x
    wide[..., -1] = 1.0
    return wide


class StackedMSE(Op):
    r"""The mean squared error of each network: (S, B, 1) against labels (B, 1) gives (S,).

    **Formula.** :math:`y_s = \frac{1}{B} \sum_i (p_{si} - t_i)^2`.

    **Gradient.** :math:`\partial L / \partial p_{si} = g_s \cdot \frac{2}{B} (p_{si} - t_i)`; the
    labels get none.
    """

    role = "loss"
    formula = r"\mathrm{mean}_i\,(p_i - t_i)^2"
    code = "((p - t) ** 2).mean(axis=(1, 2))"

    def forward(self, p: Array, t: Array) -> Array:
        e = (p - t)[:, :, 0]
        total: Array = np.vecdot(e, e) / e.shape[1]
        return total

    def backward(self, g: Array, y: Array, p: Array, t: Array) -> tuple[Array, None]:
        return (g * 2 / p.shape[1])[:, None, None] * (p - t), None

    def infer_shape(self, p: Shape, t: Shape) -> Shape:
        return (p[0],)


@dataclass(frozen=True, eq=False)
class Record:
    """What a stacked training run left: one row a network, one column an epoch.

    Attributes
    ----------
    loss, accuracy : array (S, epochs)
        Before the step of each epoch.
    seconds : float
    """

    loss: Array
    accuracy: Array
    seconds: float


def stacked(models: Sequence[Graph]) -> Graph:
    """Return the Lab 2 networks ``models`` as one graph, whose output is the sum of their losses.

    >>> import tinygraph as tg
    >>> both = stacked([tg.lab2.model(rng=0), tg.lab2.model(rng=1)])
    >>> X, T = tg.data.xor()
    >>> total = both.forward(x=X, t=T)
    >>> both["losses"].value.round(3)
    array([0.25 , 0.283])
    """
    h: Node = Input("x", shape=(None, 2))
    t = Input("t", shape=(None, 1))
    for k in LAYERS:
        V = Parameter(_stack(models, k), name=f"layer{k}/V")
        a = StackedLayer(h, V, name=f"layer{k}/a")
        activation: Any = type(models[0][f"layer{k}/h"])
        h = activation(a, name=f"layer{k}/h")
    return Graph(Sum(StackedMSE(h, t, name="losses"), name="loss"), prediction=h)


def train_stacked(
    models: Sequence[Graph],
    optimizer: Callable[..., Optimizer],
    lr: float,
    x: Array,
    t: Array,
    epochs: int,
) -> Record:
    """Train Lab 2 networks side by side on the same data, and leave each its own parameters.

    Parameters
    ----------
    models : sequence of Graph
        Made by :func:`tinygraph.lab2.model` with the same arguments, from different start values.
    optimizer : type of Optimizer
        One step of it moves all networks, since every update works entry by entry.
    lr : float
    x, t : array
    epochs : int
    """
    graph = stacked(models)
    optimizer_of_all = optimizer(graph.parameters, lr=lr)
    losses: Any = graph["losses"]
    prediction: Any = graph.prediction
    loss = np.empty((epochs, len(models)))
    right = np.empty((epochs, len(models)))
    ones = np.ones(len(t))
    start = time.perf_counter()
    with np.errstate(all="ignore"):
        for epoch in range(epochs):
            graph.forward(x=x, t=t)
            loss[epoch] = losses.value
            right[epoch] = (np.rint(prediction.value) == t)[:, :, 0] @ ones
            graph.backward()
            optimizer_of_all.step()
    seconds = time.perf_counter() - start
    for k in LAYERS:
        for model, value in zip(models, np.asarray(graph[f"layer{k}/V"].value)):
            W: Any = model[f"layer{k}/W"]
            b: Any = model[f"layer{k}/b"]
            W.value, b.value = value[:-1], value[-1]
    return Record(loss.T, right.T / len(t), seconds)


def _stack(models: Sequence[Graph], k: int) -> Array:
    parts: list[tuple[Any, Any]] = [
        (model[f"layer{k}/W"].value, model[f"layer{k}/b"].value) for model in models
    ]
    return np.stack([np.vstack([W, b]) for W, b in parts])
