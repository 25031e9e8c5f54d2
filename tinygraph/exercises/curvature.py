"""The exercises about the backward pass as a graph, and about curvature."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.gradients import gradients
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.node import Node
from tinygraph.exercises.verdict import Verdict, judge, run
from tinygraph.ops import MatMul, Sum, Tanh

LAYERS = 10


def products_of_ten_layers(answer: Any) -> Verdict:
    """15: the matrix products of ten layers, forward and backward, without the input's gradient."""
    h: Node = Input("x", shape=(None, 2))
    weights = []
    for k in range(1, LAYERS + 1):
        weights.append(Parameter(np.eye(2), name=f"W{k}"))
        h = Tanh(MatMul(h, weights[-1]))
    loss = Sum(h)
    nodes = set(Graph(loss).nodes)
    for gradient in gradients(loss, weights):
        nodes |= set() if gradient is None else set(Graph(gradient).nodes)
    return judge(
        answer,
        sum(isinstance(node, MatMul) for node in nodes),
        {
            "this counts the gradient of the input, which we do not need": 3 * LAYERS,
            "these are the products of the backward pass. Add those of the forward pass": 2 * LAYERS
            - 1,
            "a layer has two products in the backward pass, one for x and one for W": 2 * LAYERS,
            "these are only the products of the forward pass": LAYERS,
        },
        hint="Count three kinds: forward, for the weights, and for the inputs of the layers.",
        rtol=1e-6,
    )


def limit_of_a_quadratic(answer: Any) -> Verdict:
    """16: the limit of the learning rate for L = 3u² + 2uv + 3v²."""
    rows = []
    for name in ("u", "v"):
        u, v = Parameter(0.0, name="u"), Parameter(0.0, name="v")
        slopes = gradients(3.0 * u**2 + 2.0 * u * v + 3.0 * v**2, [u, v])
        along = [slope for slope in slopes if slope is not None][("u", "v").index(name)]
        grads = run(along)[1]
        rows.append([grads["u"], grads["v"]])
    hessian = np.array(rows)
    low, high = np.linalg.eigvalsh(hessian)
    return judge(
        answer,
        2 / high,
        {
            "this uses only the curvature along u. In another direction it is larger": 2
            / hessian[0, 0],
            "this is the limit for the direction of the smallest curvature": 2 / low,
            "with this η, the direction of the largest curvature needs one step. η can be larger": 1
            / high,
            "the sum of the curvatures does not set the limit. Which of them does?": 2
            / np.trace(hessian),
        },
        hint="Which direction (u, v) has the largest curvature: (1, 0), (1, 1) or (1, −1)?",
        rtol=0.01,
    )
