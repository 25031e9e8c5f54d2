"""The JavaScript target and the playground in Chromium: ``python -m benchmarks.browser``.

Times are those of the fastest rounds, because a browser shows no processor time, and other
processes slow the rest down. Writes ``docs/_data/browser.txt``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright
from tabulate import tabulate

import tinygraph as tg

STEPS = 100
KINDS = (tg.SGD, tg.Momentum, tg.Adam, tg.RMSProp, tg.AdaGrad)
PROMISED = 1e-12
"""The relative difference from Python that SGD, Momentum and Adam keep in small networks."""
Case = tuple[tg.Graph, dict[str, Any]]

TIMED = """
([few, many, rounds]) => {
  const time = (steps) => {
    const start = performance.now();
    program.train(feeds, steps);
    return performance.now() - start;
  };
  for (let k = 0; k < 20; k++) time(many);
  let [shortest, longest] = [Infinity, Infinity];
  for (let k = 0; k < rounds; k++) {
    shortest = Math.min(shortest, time(few));
    longest = Math.min(longest, time(many));
  }
  return (1000 * (longest - shortest)) / (many - few);
}
"""
FRAMES = """
() => {
  const ask = window.requestAnimationFrame.bind(window);
  window.frames = { starts: [], lengths: [] };
  window.requestAnimationFrame = (act) => ask((time) => {
    const start = performance.now();
    act(time);
    window.frames.starts.push(start);
    window.frames.lengths.push(performance.now() - start);
  });
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--rounds", type=int, default=300, help="rounds of each time (300)")
    docs = Path(__file__).parent.parent / "docs"
    parser.add_argument("--docs", type=Path, default=docs, help="where the docs are")
    options = parser.parse_args()
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto("about:blank")
        text = "\n\n".join(
            [
                f"Chromium {browser.version}, NumPy {np.__version__}, two processors.",
                differences(page),
                times(page, options.rounds),
                redraws(browser.new_page(viewport={"width": 1440, "height": 900})),
            ]
        )
        browser.close()
    print(text)
    (options.docs / "_data" / "browser.txt").write_text(f"{text}\n", encoding="utf-8")


def lab2(activation: str = "sigmoid", n: int = 100) -> Case:
    x, t = tg.data.linear(n, rng=1)
    model = tg.lab2.model(activation=activation, output_activation="sigmoid", rng=0)
    return model, {"x": x, "t": t}


def digits(batch: int = 64) -> Case:
    """Return the network 64-64-32-10 of two ReLU layers, and a batch of digits."""
    x, label = tg.Input("x", shape=(None, 64)), tg.Input("label", shape=(None,), dtype=int)
    rng, h = np.random.default_rng(0), x
    for k, units in enumerate((64, 32), start=1):
        h = tg.ReLU(tg.layers.linear(h, units, name=f"layer{k}", rng=rng))
    logits = tg.layers.linear(h, 10, name="layer3", rng=rng)
    images, labels = tg.data.digits()
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"))
    return model, {"x": images[:batch].reshape(batch, 64), "label": labels[:batch]}


def shared() -> Case:
    """Return a network that reads one weight matrix three times, with a broadcast gain."""
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 3))
    rng = np.random.default_rng(1)
    W = tg.Parameter(0.5 * rng.normal(size=(3, 3)), name="W")
    gain = tg.Parameter(np.ones(3), name="gain")
    h = np.tanh(np.tanh(x @ W) @ W) * gain
    model = tg.Graph(tg.MSE(h @ W, t, name="loss"))
    return model, {"x": rng.normal(size=(20, 3)), "t": rng.normal(size=(20, 3))}


CASES = {
    **{f"Lab 2, {name}": partial(lab2, name) for name in ("sigmoid", "tanh", "relu")},
    "Shared weights, broadcasting": shared,
    "64-64-32-10, ReLU, cross-entropy": digits,
}


def load(page: Page, case: Case, optimizer: tg.Optimizer) -> None:
    """Put the program of a graph, and its data, on the page."""
    model, feeds = case
    source = tg.compile(model, optimizer, target="javascript").source
    lists = {name: np.asarray(array).tolist() for name, array in feeds.items()}
    load = """([source, feeds]) => import(URL.createObjectURL(
        new Blob([source], { type: "text/javascript" }))).then((program) => {
            Object.assign(window, { program, feeds });
        })"""
    page.evaluate(load, [source, lists])


def differences(page: Page) -> str:
    """Return how far 100 losses are from Python's, as a table."""
    rows = []
    for name, make in CASES.items():
        row: list[str] = [name]
        for kind in KINDS:
            model, feeds = make()
            optimizer = kind(model.parameters, lr=0.05)
            load(page, (model, feeds), optimizer)
            found = np.array(page.evaluate(f"program.train(feeds, {STEPS})"))
            expected = _losses(model, optimizer, feeds)
            difference = float(np.max(np.abs(found - expected) / np.abs(expected)))
            is_promised = kind in KINDS[:3] and make is not digits
            if is_promised and not difference < PROMISED:
                raise SystemExit(f"{name}, {kind.__name__}: {difference:.1e} from Python")
            row.append(f"{difference:.1e}")
        rows.append(row)
    title = f"**The largest relative difference of {STEPS} losses from the interpreted engine**"
    return f"{title}\n\n{_table(rows, ['', *(kind.__name__ for kind in KINDS)])}"


def _losses(model: tg.Graph, optimizer: tg.Optimizer, feeds: dict[str, Any]) -> np.ndarray:
    losses = []
    for _ in range(STEPS):
        losses.append(model.forward(**feeds))
        model.backward()
        optimizer.step()
    return np.array(losses)


def times(page: Page, rounds: int) -> str:
    """Return the times of a training step, as a table."""
    rows = []
    for name, case, steps, bar in (
        ("Lab 2, n = 100", lab2(), (50, 150), 60),
        ("64-64-32-10, batch 64", digits(), (2, 8), 3000),
    ):
        load(page, case, tg.Adam(case[0].parameters))
        found = page.evaluate(TIMED, [*steps, rounds])
        rows.append([name, f"{found:,.0f}", f"{bar:,}"])
    return "**One training step with Adam, µs**\n\n" + _table(rows, ["", "Chromium", "bar"])


def redraws(page: Page) -> str:
    """Return the redraws a second of a page that trains at full speed, as a table."""
    rows = []
    model, feeds = digits(200)
    x, t = tg.data.xor()
    lab = tg.lab2.model(rng=0)
    for name, playground in (
        ("Lab 2 on XOR", tg.playground(lab, tg.Adam(lab.parameters), x=x, t=t)),
        ("64-64-32-10 on digits", tg.playground(model, tg.Adam(model.parameters), **feeds)),
    ):
        with tempfile.TemporaryDirectory() as folder:
            page.goto(playground.save(Path(folder) / "page.html").as_uri() + "#speed=9")
        page.evaluate(FRAMES)
        page.click("#play")
        page.wait_for_timeout(6000)
        frames = json.loads(page.evaluate("JSON.stringify(window.frames)"))
        page.click("#play")
        starts, lengths = np.array(frames["starts"]), np.array(frames["lengths"])
        rate = 1000 / np.quantile(np.diff(starts), 0.25)
        epochs = page.evaluate("tinygraph.epoch") * 1000 / (starts[-1] - starts[0])
        work = np.quantile(lengths, 0.25)
        rows.append([name, f"{rate:.0f}", "30", f"{work:.0f} ms", f"{epochs:,.0f}"])
    header = ["", "redraws a second", "bar", "training and drawing", "epochs a second"]
    return f"**A playground at full speed, 1440 × 900**\n\n{_table(rows, header)}"


def _table(rows: list[list[str]], headers: list[str]) -> str:
    return tabulate(rows, headers=headers, tablefmt="rst", disable_numparse=True)


if __name__ == "__main__":
    main()
