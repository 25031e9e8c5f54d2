"""``engine="auto"`` against each engine over a whole ``fit``, compile time included.

Every run of ``fit`` begins with empty caches. The last column is the time with ``"auto"`` over that
of the fastest engine: at best 1.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

from tabulate import tabulate

import tinygraph as tg
from benchmarks import minibatches, networks
from tinygraph.compile.targets.numba import machine_code

Setting = tuple[tg.Graph, tg.Optimizer, dict[str, Any]]
ENGINES = ("interpreted", "numpy", "numba", "auto")
STEPS = (10, 30, 60, 100, 200, 400, 1000, 3000, 10_000, 30_000, 100_000, 300_000)
LONGEST = 20.0
"""The seconds after which a longer run is not measured."""
TOO_SLOW = 4.0
"""The interpreter is left out of longer runs when it took so many times as long as the fastest."""
SHORTEST = 0.3
"""numba compiles for longer than a second: it is left out of runs shorter than this."""


def lab2(samples: int, hidden: int, activation: str) -> Setting:
    x, t = tg.data.linear(samples, rng=0)
    model = tg.lab2.model(hidden, activation, rng=0)
    return model, tg.Adam(model.parameters), {"x": x, "t": t}


def digits() -> Setting:
    x, t = minibatches.data()
    model = minibatches.model()
    return model, tg.Adam(model.parameters), {"x": x, "t": t, "batch_size": minibatches.BATCH}


def network(build: Callable[[], networks.Network]) -> Setting:
    model, feeds, _ = build()
    return model, tg.Adam(model.parameters), feeds


SETTINGS: dict[str, Callable[[], Setting]] = {
    "Lab 2, 21 samples": lambda: lab2(21, 4, "sigmoid"),
    "Lab 2, 100 samples, tanh": lambda: lab2(100, 4, "tanh"),
    "2-32-32-1, 100 samples, ReLU": lambda: lab2(100, 32, "relu"),
    "64-32-10, batches of 64": digits,
    "64-32-10, one batch of 64": lambda: network(networks.dense),
    "conv net": lambda: network(networks.convolutional),
    "transformer": lambda: network(networks.transformer),
}


def seconds(build: Callable[[], Setting], engine: str, steps: int) -> float:
    """Return the time of one ``fit`` with empty caches."""
    model, optimizer, settings = build()
    size = settings.get("batch_size")
    epochs = steps if size is None else max(1, steps // (len(settings["x"]) // size))
    machine_code.forget()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TINYGRAPH_CACHE"] = folder
        start = time.perf_counter()
        tg.fit(model, optimizer, epochs=epochs, engine=engine, print_interval=0, **settings)
        return time.perf_counter() - start


def measure(build: Callable[[], Setting], rounds: int) -> list[list[Any]]:
    """Return one row for each number of steps."""
    rows: list[list[Any]] = []
    left_out = {"numba"}
    for steps in STEPS:
        engines = [engine for engine in ENGINES if engine not in left_out]
        times: dict[str, list[float]] = {engine: [] for engine in engines}
        for _ in range(rounds):
            for engine in engines:
                times[engine].append(seconds(build, engine, steps))
        median = {engine: statistics.median(each) for engine, each in times.items()}
        auto = median.pop("auto")
        best = min(median, key=median.__getitem__)
        rows.append([steps, *(median.get(e) for e in ENGINES[:3]), auto, best, auto / median[best]])
        if median.get("interpreted", 0.0) > TOO_SLOW * median[best]:
            left_out.add("interpreted")
        if median[best] > SHORTEST:
            left_out.discard("numba")
        if auto > LONGEST:
            break
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auto", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="a part of the name of a network")
    options = parser.parse_args()
    seconds(SETTINGS["Lab 2, 21 samples"], "numba", 1)  # loads numba
    for name, build in SETTINGS.items():
        if options.only in name:
            print(f"\n{name}")
            rows = measure(build, options.rounds)
            head = ["steps", *ENGINES[:3], "auto", "fastest", "auto / fastest"]
            print(tabulate(rows, head, floatfmt=("", ".3f", ".3f", ".3f", ".3f", "", ".2f")))


if __name__ == "__main__":
    main()
