"""Benchmarks besides the Lab 2 step: a larger network, a sweep, a long chain, the import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from statistics import median

import numpy as np

import tinygraph as tg
from benchmarks.frameworks import installed, jax_scan
from benchmarks.harness import measure
from benchmarks.lab2_step import NUMBA, NUMPY, data, model_with
from tinygraph.compile.copies import trainer

PRODUCTS = "only its matrix products"
MLP = "tinygraph numpy target, whole step"
MODELS = 64


def mlp(rounds: int) -> dict[str, float]:
    """784-512-512-10, ReLU, MSE, batch 256, float32, SGD."""
    rng = np.random.default_rng(0)
    sizes = [(784, 512), (512, 512), (512, 10)]
    h = tg.Input("x", shape=(None, 784))
    t = tg.Input("t", shape=(None, 10))
    for k, (m, n) in enumerate(sizes, start=1):
        W = tg.Parameter(rng.normal(scale=m**-0.5, size=(m, n)).astype(np.float32), name=f"l{k}/W")
        b = tg.Parameter(np.zeros(n, np.float32), name=f"l{k}/b")
        a = tg.AddBias(tg.MatMul(h, W), b)
        h = tg.ReLU(a) if k < 3 else a
    model = tg.Graph(tg.MSE(h, t))
    feeds = {
        "x": rng.normal(size=(256, 784)).astype(np.float32),
        "t": rng.normal(size=(256, 10)).astype(np.float32),
    }
    program = tg.compile(model, tg.SGD(model.parameters, lr=0.01))

    xs = [rng.normal(size=(256, m)).astype(np.float32) for m, _ in sizes]
    Ws = [rng.normal(size=size).astype(np.float32) for size in sizes]
    gs = [rng.normal(size=(256, n)).astype(np.float32) for _, n in sizes]
    forward = [np.empty_like(g) for g in gs]
    for_W = [np.empty_like(W) for W in Ws]
    for_x = [np.empty_like(x) for x in xs]

    def products(steps):
        for _ in range(steps):
            for x, W, y in zip(xs, Ws, forward):
                np.dot(x, W, y)
            for x, g, d in zip(xs, gs, for_W):
                np.dot(x.T, g, d)
            for W, g, d in zip(Ws[1:], gs[1:], for_x[1:]):
                np.dot(g, W.T, d)

    def steps_of_program(steps):
        program.run(steps, **feeds)

    steps_of_program.stretch = products.stretch = 10  # fit runs more of them at a time
    return measure({PRODUCTS: products, MLP: steps_of_program}, rounds)


def sweep(rounds: int) -> dict[str, float]:
    """Return the seconds per step and model for 64 models with different start values."""
    x, t = data(100)
    feeds = {"x": x, "t": t}
    rates = np.geomspace(0.05, 0.5, MODELS)

    def pairs():
        return [model_with("sgd", lr=rate, seed=k) for k, rate in enumerate(rates)]

    program = tg.compile(*pairs()[0])
    candidates = {
        f"loop of the single program, {NUMPY}": lambda n: program.run(n, **feeds),
        f"batched, {NUMPY}": _steps_of(trainer(pairs(), feeds, "numpy")),
    }
    if find_spec("numba"):
        candidates[f"one after another, {NUMBA}"] = _steps_of(trainer(pairs(), feeds, "numba"))
    if installed("jax"):
        candidates["JAX vmap + scan"] = jax_scan(x, t, models=MODELS)
    times = measure(candidates, rounds)
    return {
        name: seconds if name.startswith("loop") else seconds / MODELS
        for name, seconds in times.items()
    }


def _steps_of(models):
    """Return a run of many models that takes 1,000 steps at a time, as a sweep does."""

    def run(steps):
        for _ in range(max(1, steps // run.stretch)):
            models.run(run.stretch)

    run.stretch = 1000
    return run


def chain(rounds: int = 5) -> dict[str, float]:
    """Return the seconds per node of a chain, in new interpreters with few other objects."""
    command = [sys.executable, "-m", "benchmarks.chain"]
    runs = [
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return {part: median(run[part] for run in runs) for part in runs[0]}


def imports(rounds: int = 9) -> dict[str, float]:
    """Time ``import`` in a new interpreter, over that of an empty program."""
    statements = {"nothing": "pass", "numpy": "import numpy", "tinygraph": "import tinygraph"}
    for package in ("autograd", "torch", "jax"):
        if installed(package):
            statements[package] = f"import {package}"
    # As an installed package is: compiled once, at its first import.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in statements}
    for _ in range(rounds):
        for name, statement in statements.items():
            code = (
                f"import time; s = time.process_time(); {statement}; print(time.process_time() - s)"
            )
            done = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, check=True, env=environment
            )
            times[name].append(float(done.stdout))
    return {name: median(values) for name, values in times.items() if name != "nothing"}
