"""Training steps of three networks in tinygraph and in PyTorch: dense, convolutional, transformer.

Both take the same steps: the same start values, the same batch of 64 samples again and again,
cross-entropy and Adam, float64. The losses of ten steps must agree before anything is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygraph as tg
from benchmarks.frameworks import installed
from benchmarks.harness import Run, measure
from tinygraph import layers

BATCH = 64
DENSE, CONV, TRANSFORMER = "MLP 64-32-10", "conv net, 1×8×8", "transformer, d = 32, 2 blocks, T = 8"
BARS = {DENSE: 5.0, CONV: 1.0, TRANSFORMER: 1.0}
"""The least factor by which the compiled program must be faster than PyTorch eager."""
HEADS, WIDTH, LENGTH, SYMBOLS = 4, 32, 8, 10
INTERPRETED, COMPILED, TORCH = "tinygraph interpreted", "tinygraph compiled", "PyTorch eager"
Network = tuple[tg.Graph, dict[str, np.ndarray], Callable[[Any, dict], Any]]
"""A graph, its feeds, and its loss in PyTorch from a dictionary of tensors by name."""


def dense() -> Network:
    images, labels = tg.data.digits()
    feeds = {"x": images[:BATCH].reshape(BATCH, 64), "label": labels[:BATCH]}
    rng = np.random.default_rng(0)
    x, label = tg.Input("x", (None, 64)), tg.Input("label", (None,), dtype=int)
    h = tg.ReLU(layers.linear(x, 32, name="hidden", rng=rng, init="he"))
    logits = layers.linear(h, 10, name="output", rng=rng)

    def loss(torch, v):
        h = torch.relu(v["x"] @ v["hidden/W"] + v["hidden/b"])
        return torch.nn.functional.cross_entropy(h @ v["output/W"] + v["output/b"], v["label"])

    return tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits), feeds, loss


def convolutional() -> Network:
    images, labels = tg.data.digits()
    feeds = {"x": images[:BATCH, None], "label": labels[:BATCH]}
    rng = np.random.default_rng(0)
    x, label = tg.Input("x", (None, 1, 8, 8)), tg.Input("label", (None,), dtype=int)
    h = tg.ReLU(layers.conv2d(x, 8, padding=1, name="conv1", rng=rng))
    h = tg.MaxPool2D(h)
    h = tg.ReLU(layers.conv2d(h, 16, padding=1, name="conv2", rng=rng))
    h = tg.Reshape(tg.MaxPool2D(h), to=(None, 64))
    logits = layers.linear(h, 10, name="output", rng=rng)

    def loss(torch, v):
        f = torch.nn.functional
        h = f.conv2d(v["x"], v["conv1/K"], v["conv1/b"].flatten(), padding=1)
        h = f.max_pool2d(torch.relu(h), 2)
        h = f.conv2d(h, v["conv2/K"], v["conv2/b"].flatten(), padding=1)
        h = f.max_pool2d(torch.relu(h), 2).flatten(1)
        return f.cross_entropy(h @ v["output/W"] + v["output/b"], v["label"])

    return tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits), feeds, loss


def transformer() -> Network:
    tokens, answers = tg.data.reversal(BATCH, LENGTH, SYMBOLS, rng=0)
    rng = np.random.default_rng(0)
    x, t = (tg.Input(name, (None, LENGTH), dtype=int) for name in ("tokens", "answers"))
    table = tg.Parameter(rng.normal(size=(SYMBOLS, WIDTH)) * 0.3, name="digits")
    places = tg.Parameter(rng.normal(size=(LENGTH, WIDTH)) * 0.3, name="positions")
    h = tg.Embedding(table, x) + places
    for k in (1, 2):
        h = layers.transformer_block(h, HEADS, name=f"block{k}", rng=rng)
    logits = layers.linear(layers.layer_norm(h, name="norm"), SYMBOLS, name="logits", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, t, name="loss"), prediction=logits)
    return model, {"tokens": tokens, "answers": answers}, transformer_loss


def transformer_loss(torch, v):
    f = torch.nn.functional

    def linear(x, name):
        return x @ v[f"{name}/W"] + v[f"{name}/b"]

    def norm(x, name):
        return f.layer_norm(x, (WIDTH,), v[f"{name}/gain"], v[f"{name}/bias"])

    def attention(x, name):
        q, k, u = (
            linear(x, f"{name}/{part}").reshape(BATCH, LENGTH, HEADS, -1).transpose(1, 2)
            for part in "qkv"
        )
        mixed = f.scaled_dot_product_attention(q, k, u).transpose(1, 2)
        return linear(mixed.reshape(BATCH, LENGTH, WIDTH), f"{name}/out")

    h = v["digits"][v["tokens"]] + v["positions"]
    for block in ("block1", "block2"):
        h = h + attention(norm(h, f"{block}/norm1"), f"{block}/attention")
        up = linear(norm(h, f"{block}/norm2"), f"{block}/up")
        h = h + linear(f.gelu(up, approximate="tanh"), f"{block}/down")
    logits = linear(norm(h, "norm"), "logits")
    return f.cross_entropy(logits.flatten(0, 1), v["answers"].flatten())


NETWORKS = {DENSE: dense, CONV: convolutional, TRANSFORMER: transformer}


def interpreted(network: Network) -> Run:
    model, feeds, _ = network
    optimizer = tg.Adam(model.parameters, lr=1e-3)

    def run(steps: int) -> float:
        for _ in range(steps):
            loss = model.forward(**feeds)
            model.backward()
            optimizer.step()
        return loss

    return run


def compiled(network: Network) -> Run:
    model, feeds, _ = network
    program = tg.compile(model, tg.Adam(model.parameters, lr=1e-3))
    return lambda steps: float(program.run(steps, **feeds)[-1])


def torch_eager(network: Network) -> Run:
    import torch

    torch.set_num_threads(1)
    model, feeds, loss_of = network
    values = {name: torch.from_numpy(np.ascontiguousarray(each)) for name, each in feeds.items()}
    parameters = {p.name: torch.from_numpy(p.value.copy()) for p in model.parameters}
    optimizer = torch.optim.Adam([p.requires_grad_() for p in parameters.values()], lr=1e-3)
    values |= parameters

    def run(steps: int) -> float:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(torch, values)
            loss.backward()
            optimizer.step()
        return loss.item()

    return run


def candidates(build: Callable[[], Network]) -> dict[str, Run]:
    makers = {INTERPRETED: interpreted, COMPILED: compiled}
    if installed("torch"):
        makers[TORCH] = torch_eager
    return {name: make(build()) for name, make in makers.items()}


def networks(rounds: int) -> dict[str, dict[str, float]]:
    """Time a step of each candidate for each network, in seconds."""
    times = {}
    for name, build in NETWORKS.items():
        losses = [run(10) for run in candidates(build).values()]
        np.testing.assert_allclose(losses, losses[0], rtol=1e-9)
        times[name] = measure(candidates(build), rounds)
    return times
