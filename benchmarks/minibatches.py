"""A classifier of digits in mini-batches: 64-32-10, ReLU, MSE, batch 64, float64, Adam.

A step in ``fit`` includes the shuffling and the copying of the batch. PyTorch takes the same steps
on prepared batches, so its time contains no data loading.
"""

from __future__ import annotations

import numpy as np

import tinygraph as tg
from benchmarks.frameworks import installed
from benchmarks.harness import Run, measure

SIZES = ((64, 32), (32, 10))
SAMPLES, BATCH = 1408, 64
STEPS = SAMPLES // BATCH
EPOCHS = 100


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(SAMPLES, 64)), rng.normal(size=(SAMPLES, 10))


def start() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [a for m, n in SIZES for a in (rng.normal(scale=m**-0.5, size=(m, n)), np.zeros(n))]


def model() -> tg.Graph:
    W1, b1, W2, b2 = (tg.Parameter(a, name=n) for n, a in zip(("W1", "b1", "W2", "b2"), start()))
    h = tg.ReLU(tg.AddBias(tg.MatMul(tg.Input("x", shape=(None, 64)), W1), b1))
    y = tg.AddBias(tg.MatMul(h, W2), b2)
    return tg.Graph(tg.MSE(y, tg.Input("t", shape=(None, 10)), name="loss"))


def fitted(engine: str) -> Run:
    x, t = data()
    network = model()
    optimizer = tg.Adam(network.parameters, lr=1e-3)

    def run(steps: int) -> None:
        tg.fit(
            network, optimizer, x=x, t=t, batch_size=BATCH, epochs=max(1, steps // STEPS),
            engine=engine, print_interval=0,
        )  # fmt: skip

    run.stretch = EPOCHS * STEPS
    return run


def torch_eager() -> Run:
    import torch

    torch.set_num_threads(1)
    x, t = (torch.from_numpy(a) for a in data())
    parameters = [torch.from_numpy(a.copy()).requires_grad_() for a in start()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    batches = list(zip(x.split(BATCH), t.split(BATCH)))

    def run(steps: int) -> None:
        W1, b1, W2, b2 = parameters
        for step in range(steps):
            inputs, targets = batches[step % STEPS]
            optimizer.zero_grad()
            y = torch.relu(inputs @ W1 + b1) @ W2 + b2
            torch.nn.functional.mse_loss(y, targets).backward()
            optimizer.step()

    run.stretch = EPOCHS * STEPS
    return run


def minibatches(rounds: int) -> dict[str, float]:
    """Return the seconds per step of each candidate; those of ``fit`` include its start."""
    engines = ("interpreted", "numpy", "auto")
    candidates = {f"tinygraph fit, {engine}": fitted(engine) for engine in engines}
    if installed("torch"):
        candidates["PyTorch eager"] = torch_eager()
    return measure(candidates, rounds)
