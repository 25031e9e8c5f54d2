"""One Lab 2 training step: by hand, by tinygraph and by other frameworks."""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec

import numpy as np

import tinygraph as tg
from benchmarks import frameworks
from benchmarks.hand_c import ByC, compiler
from benchmarks.hand_numpy import ByHandTuned, ByLayers, Layer, LayerWithOnes, start_values

BY_LAYERS = "NumPy, one class per layer"
LAB_STYLE = "NumPy, lab style (ones appended)"
TUNED = "NumPy, best by hand"
INTERPRETED = "tinygraph interpreted"
NUMPY = "tinygraph numpy target"
NUMBA = "tinygraph numba target"
C = "C -O3 -ffast-math, vectorised exp"
TORCH = "PyTorch eager"
JAX = "JAX jit + scan"
AUTOGRAD = "HIPS autograd"


def data(n: int) -> tuple[np.ndarray, np.ndarray]:
    return tg.data.xor() if n == 21 else tg.data.linear(n, rng=0)


def model_with(optimizer: str, lr: float = 0.1, seed: int = 0) -> tuple[tg.Graph, tg.Optimizer]:
    """Return the network with the start values that all candidates have."""
    model = tg.lab2.model(rng=0)
    numbers = [w for pair in start_values(seed) for w in pair]
    for parameter, value in zip(model.parameters, numbers):
        parameter.value = value
    kind = tg.SGD if optimizer == "sgd" else tg.Adam
    return model, kind(model.parameters, lr=lr)


def interpreted(x, t, optimizer):
    model, opt = model_with(optimizer)

    def run(steps):
        for _ in range(steps):
            loss = model.forward(x=x, t=t)
            model.backward()
            opt.step()
        return loss

    return run


def compiled(x, t, optimizer, target):
    model, opt = model_with(optimizer)
    program = tg.compile(model, opt, target=target)
    return lambda steps: program.run(steps, x=x, t=t)[-1]


def candidates(n: int, optimizer: str) -> dict:
    """Return the function that takes steps, for each candidate by name."""
    x, t = data(n)
    found = {
        BY_LAYERS: ByLayers(Layer, x, t, optimizer).run,
        LAB_STYLE: ByLayers(LayerWithOnes, x, t, optimizer).run,
        TUNED: ByHandTuned(x, t, optimizer).run,
        INTERPRETED: interpreted(x, t, optimizer),
        NUMPY: compiled(x, t, optimizer, "numpy"),
    }
    if find_spec("numba"):
        found[NUMBA] = compiled(x, t, optimizer, "numba")
    if compiler():
        found[C] = ByC(x, t, optimizer).run
    others = {
        "torch": (TORCH, frameworks.torch_eager),
        "jax": (JAX, partial(frameworks.jax_scan)),
        "autograd": (AUTOGRAD, frameworks.autograd_step),
    }
    for package, (name, make) in others.items():
        if frameworks.installed(package) and not (package == "autograd" and optimizer == "adam"):
            found[name] = make(x, t, optimizer)
    return found


def check(n: int, optimizer: str, steps: int = 1000) -> None:
    """Check that every candidate has the same loss after ``steps`` steps."""
    runs = candidates(n, optimizer)
    expected = float(runs[BY_LAYERS](steps))
    for name, run in runs.items():
        if name not in (BY_LAYERS, JAX):
            np.testing.assert_allclose(float(run(steps)), expected, rtol=1e-9, err_msg=name)
    if JAX in runs:
        np.testing.assert_allclose(float(runs[JAX](steps)[-1]), expected, rtol=1e-9)
