"""The page of a run of Lab 2, ``index.html``: what the network learned, and how."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from tinygraph.core.graph import Graph
from tinygraph.lab2.files import stepped_samples
from tinygraph.lab2.regions import MARGIN, RESOLUTION, Region, region, unit_values
from tinygraph.lab2.report import figures
from tinygraph.lab2.report.formatting import DATA_NAMES, listed, percent
from tinygraph.lab2.report.layout import render
from tinygraph.lab2.report.svg import inline_svg
from tinygraph.lab2.run import Outcome, problem
from tinygraph.notation.numbers import number
from tinygraph.plots import REGIONS
from tinygraph.train.fit import fit
from tinygraph.train.history import History
from tinygraph.train.metrics import accuracy

FRAMES = 32
"""The number of moments of the training for which the page shows the decision region."""
DIGITS = 3
"""Significant digits of losses and norms."""
SMALL = 0.01
"""Gradients below this fraction of their size at the start change the network very little."""
LAYERS = ("layer1/W", "layer2/W", "layer3/W")


@dataclass(frozen=True, eq=False)
class Frame:
    """The network at one moment of its training.

    Attributes
    ----------
    epoch : int
    loss, accuracy : float
    region : Region
    prediction : array (n, 1)
        For the points of the data set.
    gradients : tuple of float
        The norm of the gradient of W in each layer.
    """

    epoch: int
    loss: float
    accuracy: float
    region: Region
    prediction: Any
    gradients: tuple[float, ...]


@dataclass(frozen=True)
class Chapter:
    """The part of the page on one data set: sentences, pictures as SVG, and file names."""

    name: str
    title: str
    facts: str
    step: str
    curve: str
    losses: tuple[str, str]
    before: str
    after: str
    learned: str
    gradients: str
    units: list[tuple[str, list[str]]]
    motion: str
    overlay: str
    samples: list[tuple[str, ...]]
    files: list[str]
    structure: str
    flow: tuple[str, str]


def write_page(outcomes: Sequence[Outcome], folder: Path, files: Sequence[Sequence[Path]]) -> Path:
    """Write ``index.html`` on the runs whose files are in ``folder``, and return its path.

    Parameters
    ----------
    outcomes : sequence of Outcome
        One for each data set.
    folder : Path
    files : sequence of sequence of Path
        The files of each run, as :func:`tinygraph.lab2.files.save_files` returns them.
    """
    chapters = [chapter(outcome, paths) for outcome, paths in zip(outcomes, files, strict=True)]
    steps = np.linspace(0, 1, 256)
    palette = (REGIONS(steps)[:, :3] * 255).round().astype(np.uint8)
    path = folder / "index.html"
    text = render(
        "run.html.jinja",
        chapters=chapters,
        lead=lead(outcomes),
        palette=_base64(palette),
        settings=outcomes[0].settings,
    )
    path.write_text(text, encoding="utf-8")
    return path


def chapter(outcome: Outcome, paths: Sequence[Path]) -> Chapter:
    """Return the part of the page on one run."""
    frames = replay(outcome)
    first, last = frames[0], frames[-1]
    name = outcome.settings.data
    title = DATA_NAMES[name]
    files = {path.stem: path.name for path in paths}
    return Chapter(
        name=name,
        title=title,
        facts=_facts(outcome),
        step=_step(outcome),
        curve=inline_svg(
            figures.learning_curve(outcome.history.loss),
            f"{name}-curve",
            f"Learning curve on {title}",
        ),
        losses=(number(first.loss, DIGITS), number(last.loss, DIGITS)),
        before=_svg(figures.decision_region(first.region), name, "before", title),
        after=_svg(figures.decision_region(last.region), name, "after", title),
        learned=learned(frames, len(outcome.t)),
        gradients=gradient_sentence(first, last),
        units=_units(outcome, last.region, title),
        motion=json.dumps([_frame_data(frame) for frame in frames]),
        overlay=_points(outcome.x, outcome.t),
        samples=_samples(outcome, first, last),
        files=[path.name for path in paths],
        structure=files[f"{name}-structure"],
        flow=(files[f"{name}-gradient-flow-start"], files[f"{name}-gradient-flow-end"]),
    )


def replay(outcome: Outcome) -> list[Frame]:
    """Train the network again from its start values, and return frames at growing intervals.

    The last frame is the outcome itself.
    """
    model, optimizer, x, t = problem(outcome.settings)
    total = len(outcome.history)
    moments = np.unique(np.geomspace(1, max(total, 1), FRAMES).round().astype(int))
    history = History()
    frames = [_frame(model, outcome, 0)]
    for epoch in map(int, moments[moments < total]):
        fit(
            model,
            optimizer,
            epochs=epoch - len(history),
            print_interval=0,
            engine=outcome.settings.engine,
            history=history,
            x=x,
            t=t,
        )
        frames.append(_frame(model, outcome, epoch))
    return [*frames, _frame(outcome.model, outcome, total)]


def lead(outcomes: Sequence[Outcome]) -> str:
    """Return the result of all runs in one sentence.

    >>> from tinygraph.lab2.run import Settings, train
    >>> lead([train(Settings(epochs=1000, print_interval=0))])
    'After the training, the network predicts 21 of 21 points of the XOR problem correctly.'
    """
    parts = [
        f"{_right(outcome)} of {len(outcome.t)} points of the {DATA_NAMES[outcome.settings.data]} "
        f"problem"
        for outcome in outcomes
    ]
    return f"After the training, the network predicts {listed(parts)} correctly."


def learned(frames: Sequence[Frame], count: int) -> str:
    """Say how the decision region changed."""
    first, last = frames[0], frames[-1]
    start = (
        f"With its random start values, the network predicts {percent(first.accuracy)} of the "
        f"{count} points correctly. After {last.epoch:,} epochs, it predicts "
        f"{percent(last.accuracy)} correctly."
    )
    wrong = [k for k, frame in enumerate(frames) if frame.accuracy < 1.0]
    if not wrong or wrong[-1] + 1 == len(frames):
        return start
    solved = frames[wrong[-1] + 1].epoch
    return f"{start} In the pictures below, all points are correct from epoch {solved:,} on."


def gradient_sentence(first: Frame, last: Frame) -> str:
    """Say how the gradients of the layers compare, before and after, and what this means."""
    before, after = (
        listed([number(norm, DIGITS) for norm in frame.gradients]) for frame in (first, last)
    )
    sentences = [
        f"Before the training, the gradients of W in layers 1, 2 and 3 have the norms {before}."
    ]
    if first.gradients[2] > 2 * first.gradients[0] > 0:
        ratio = number(first.gradients[2] / first.gradients[0], 2)
        sentences.append(
            f"That of layer 1 is {ratio} times smaller than that of layer 3: the "
            f"gradient shrinks from layer to layer on its way back."
        )
    sentences.append(f"After it, they have the norms {after}.")
    if max(last.gradients) < SMALL * max(first.gradients):
        sentences.append("Almost nothing is left to correct, so the steps have become tiny.")
    return " ".join(sentences)


def _facts(outcome: Outcome) -> str:
    s = outcome.settings
    activation = s.activation if s.activation != "none" else "no activation"
    output = f", {s.output_activation} at the output" if s.output_activation else ""
    return (
        f"{len(outcome.t)} points; two hidden layers of {s.hidden} units; {activation}{output}; "
        f"{s.optimizer} with learning rate {s.lr:g}; {len(outcome.history):,} epochs in "
        f"{outcome.history.seconds:.2f} s; seed {s.seed}"
    )


def _step(outcome: Outcome) -> str:
    """Say what one epoch of the training does."""
    count = sum(np.size(parameter.value) for parameter in outcome.model.parameters)
    return (
        f"An epoch has three steps. Forward: the network predicts a number for each of the "
        f"{len(outcome.t)} points, and the loss compares these with the labels. Backward: each "
        f"node passes the gradient of the loss back to its inputs. Update: "
        f"{outcome.settings.optimizer} moves each of the {count} parameters against its gradient. "
        f"The training repeats this {len(outcome.history):,} times."
    )


def _right(outcome: Outcome) -> int:
    return round(outcome.accuracy * len(outcome.t))


def _frame(model: Graph, outcome: Outcome, epoch: int) -> Frame:
    loss = float(model.forward(x=outcome.x, t=outcome.t))
    model.backward()
    return Frame(
        epoch,
        loss,
        accuracy(model.prediction.value, outcome.t),
        region(model, outcome.x, outcome.t),
        np.array(model.prediction.value),
        tuple(float(np.linalg.norm(np.asarray(model[name].grad))) for name in LAYERS),
    )


def _samples(outcome: Outcome, first: Frame, last: Frame) -> list[tuple[str, ...]]:
    return [
        (
            *(f"{value:.2f}" for value in outcome.x[k]),
            f"{outcome.t[k, 0]:.0f}",
            f"{first.prediction[k, 0]:.3f}",
            f"{last.prediction[k, 0]:.3f}",
        )
        for k in stepped_samples(outcome.x, outcome.t)
    ]


def _units(outcome: Outcome, where: Region, title: str) -> list[tuple[str, list[str]]]:
    """Return each layer's name, and a picture of each of its units after the training."""
    layers = []
    for layer, name in enumerate(("Layer 1", "Layer 2", "Output"), start=1):
        values = unit_values(outcome.model, layer)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        pictures = []
        for k, value in enumerate(values, start=1):
            drawn = figures.unit_plane(replace(where, prediction=value), low, high)
            prefix = f"{outcome.settings.data}-unit{layer}-{k}"
            description = f"{title}: {name.lower()}, unit {k}"
            pictures.append(inline_svg(drawn, prefix, description, follows_page=False))
        layers.append((name, pictures))
    return layers


def _svg(figure: Figure, name: str, kind: str, title: str) -> str:
    return inline_svg(figure, f"{name}-{kind}", f"{title}: {kind}", follows_page=False)


def _frame_data(frame: Frame) -> dict[str, Any]:
    """Return a frame for the script of the page: predictions as bytes, their 0.5 line as a path."""
    prediction = np.nan_to_num(np.clip(frame.region.prediction, 0, 1), nan=0.5)
    return {
        "epoch": f"{frame.epoch:,}",
        "loss": number(frame.loss, DIGITS),
        "accuracy": percent(frame.accuracy),
        "cells": _base64((prediction * 255).round().astype(np.uint8)),
        "line": _line_path(frame.region),
    }


def _line_path(found: Region) -> str:
    """Return the line where the prediction is 0.5 as an SVG path, in cells of the grid."""
    if not (found.prediction.min() < 0.5 < found.prediction.max()):
        return ""
    places = np.arange(RESOLUTION) + 0.5
    contour = Figure().subplots().contour(places, places, found.prediction, levels=[0.5])
    return "".join(
        "M" + "L".join(f"{x:.2f} {RESOLUTION - y:.2f}" for x, y in line)
        for line in contour.allsegs[0]
    )


def _points(x: Any, t: Any) -> str:
    """Return the points as SVG shapes, in cells of the grid: circles are 0, triangles are 1."""
    cells = (x + MARGIN) / (1 + 2 * MARGIN) * (RESOLUTION - 1) + 0.5
    shapes = []
    for (column, row), (label,) in zip(cells, t, strict=True):
        where = f"translate({column:.2f} {RESOLUTION - row:.2f})"
        shape = '<circle r="1"/>' if label < 0.5 else '<path d="M0 -1.2L1.1 0.9L-1.1 0.9Z"/>'
        shapes.append(f'<g class="class-{label:.0f}" transform="{where}">{shape}</g>')
    return "".join(shapes)


def _base64(array: Any) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
