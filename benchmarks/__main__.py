"""Run all benchmarks and write their tables and a chart: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

# One thread for all candidates, set before any library with threads is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np
from tabulate import tabulate

from benchmarks import lab2_step, minibatches, networks, others
from benchmarks.harness import measure
from benchmarks.lab2_step import (
    BY_LAYERS,
    INTERPRETED,
    JAX,
    LAB_STYLE,
    NUMBA,
    NUMPY,
    TORCH,
    TUNED,
    C,
)

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam"}
CASES = ((100, "sgd"), (100, "adam"), (21, "sgd"), (21, "adam"))
# Two candidates, and the least factor by which the first must be faster.
BARS = (
    (NUMPY, LAB_STYLE, 3.5),
    (NUMPY, TUNED, 1 / 1.4),
    (NUMBA, JAX, 3.0),
    (NUMBA, C, 1 / 2.0),
    (NUMBA, TORCH, 100.0),
    (INTERPRETED, BY_LAYERS, 1 / 1.5),
)
NETWORKS = "Three networks, batch 64, cross-entropy, Adam, float64, µs a step"
DOCS = Path(__file__).parent.parent / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds (default 15)")
    parser.add_argument(
        "--networks",
        action="store_true",
        help="measure only the three networks; keep the rest",
    )
    parser.add_argument("--docs", type=Path, default=DOCS, help="where the docs are")
    options = parser.parse_args()
    data = options.docs / "_data" / "benchmarks.txt"
    if options.networks:
        section = _heading(NETWORKS, network_table(networks.networks(options.rounds)))
        print(section)
        data.write_text(_replaced(data.read_text(encoding="utf-8"), section), encoding="utf-8")
        return
    steps = {}
    for n, optimizer in CASES:
        lab2_step.check(n, optimizer)
        steps[n, optimizer] = measure(lab2_step.candidates(n, optimizer), options.rounds)
    sections = [
        _heading("One Lab 2 training step, µs", step_table(steps)),
        _heading("How many times as fast, and the bar", bar_table(steps)),
        _heading(
            "784-512-512-10, ReLU, batch 256, float32, SGD",
            _table(others.mlp(options.rounds), 1e3, "ms per step"),
        ),
        _heading(
            "64-32-10 in mini-batches of 64, ReLU, MSE, Adam",
            _table(minibatches.minibatches(options.rounds), 1e6, "µs per step"),
        ),
        _heading(NETWORKS, network_table(networks.networks(options.rounds))),
        _heading(
            f"A sweep of {others.MODELS} models",
            _table(others.sweep(options.rounds), 1e6, "µs per model-step"),
        ),
        _heading("A chain of 1,000,000 nodes", _table(others.chain(), 1e6, "µs per node")),
        _heading("Import, over an empty program", _table(others.imports(), 1e3, "ms")),
    ]
    text = f"{_machine()}\n\n" + "\n\n".join(sections) + "\n"
    print(text)
    data.write_text(text, encoding="utf-8")
    chart(steps[100, "sgd"], options.docs / "_static" / "benchmarks.svg")


def step_table(steps: dict) -> str:
    names = list(steps[100, "sgd"])
    rows = [
        [name, *(f"{case[name] * 1e6:.2f}" if name in case else "" for case in steps.values())]
        for name in names
    ]
    headers = ["", *(f"{OPTIMIZERS[kind]}, n = {n}" for n, kind in steps)]
    return tabulate(rows, headers=headers, tablefmt="rst", disable_numparse=True)


def bar_table(steps: dict) -> str:
    rows = []
    for one, other, bar in BARS:
        if one not in steps[100, "sgd"] or other not in steps[100, "sgd"]:
            continue
        ratios = [case[other] / case[one] for case in steps.values()]
        rows.append([f"{one} against {other}", f"{bar:.2f}", *(f"{r:.2f}" for r in ratios)])
    headers = ["", "bar", *(f"{OPTIMIZERS[kind]}, n = {n}" for n, kind in steps)]
    return tabulate(rows, headers=headers, tablefmt="rst", disable_numparse=True)


def network_table(times: dict[str, dict[str, float]]) -> str:
    """Return the times of each network, and how many times as fast as PyTorch the program is."""
    names = list(next(iter(times.values())))
    has_torch = networks.TORCH in names
    rows = []
    for network, case in times.items():
        row = [network, *(f"{case[name] * 1e6:,.0f}" for name in names)]
        if has_torch:
            ratio = case[networks.TORCH] / case[networks.COMPILED]
            row += [f"{ratio:.2f}", f"{networks.BARS[network]:.2f}"]
        rows.append(row)
    headers = ["", *names, *(["ratio", "bar"] if has_torch else [])]
    return tabulate(rows, headers=headers, tablefmt="rst", disable_numparse=True)


def _replaced(text: str, section: str) -> str:
    """Return the tables with one section replaced, or added before that of the sweep."""
    heading = section.split("\n")[0]
    parts = text.split("\n\n**")
    kept = [part for part in parts if not heading.endswith(part.split("\n")[0])]
    place = next(k for k, part in enumerate(kept) if part.startswith("A sweep of"))
    kept.insert(place, section.removeprefix("**"))
    return "\n\n**".join(kept)


def chart(times: dict[str, float], path: Path) -> None:
    """Draw one case as bars on a logarithmic axis."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    names = sorted(times, key=times.__getitem__, reverse=True)
    with plt.rc_context({"svg.hashsalt": "tinygraph", "font.size": 11}):
        figure, ax = plt.subplots(figsize=(8.5, 0.42 * len(names) + 1.1), layout="constrained")
        colors = ["#0067a3" if "tinygraph" in name else "#b8bec7" for name in names]
        bars = ax.barh(names, [times[name] * 1e6 for name in names], color=colors)
        ax.bar_label(bars, [f"{times[name] * 1e6:.3g}" for name in names], padding=4)
        ax.set(xscale="log", xlabel="µs per step (SGD, n = 100, one thread; shorter is faster)")
        ax.margins(x=0.12)
        ax.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _heading(title: str, table: str) -> str:
    return f"**{title}**\n\n{table}"


def _table(times: dict[str, float], scale: float, unit: str) -> str:
    rows = [(name, f"{seconds * scale:.2f}") for name, seconds in times.items()]
    return tabulate(rows, headers=["", unit], tablefmt="rst", disable_numparse=True)


def _machine() -> str:
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, "
        f"one thread, medians of interleaved rounds of processor time."
    )


main()
