"""The page of the transformer that reverses strings: scores, examples and attention maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from tinygraph import plots
from tinygraph.cli.train.page import draw_learning_curve
from tinygraph.cli.train.reversal import BLOCKS, HEADS, TrainedReversal
from tinygraph.data.sequences import Tokens
from tinygraph.lab2.report.figures import report_style
from tinygraph.lab2.report.layout import render
from tinygraph.lab2.report.svg import inline_svg

EXAMPLES = 8
"""Strings in the list of examples."""


def write_reversal_page(trained: TrainedReversal, folder: Path, files: Sequence[Path]) -> Path:
    """Write ``index.html`` on a training, and return its path.

    Parameters
    ----------
    trained : TrainedReversal
    folder : Path
    files : sequence of Path
        The files of the training in ``folder``; the last one is the diagram.
    """
    path = folder / "index.html"
    text = render(
        "reversal.html.jinja",
        scores=trained.scores(),
        history=trained.history,
        curve=draw_learning_curve(trained.history),
        maps=_maps(trained),
        blocks=BLOCKS,
        examples=examples(trained),
        files=[file.name for file in files],
        network=files[-1].name,
    )
    path.write_text(text, encoding="utf-8")
    return path


def examples(trained: TrainedReversal) -> list[tuple[str, str, str, int]]:
    """Return new strings, their answers, the predictions and the number of wrong digits.

    Strings with mistakes come first.
    """
    strings, answers, predicted = trained.strings[1], trained.answers[1], trained.predictions[1]
    wrong = (predicted != answers).sum(axis=1)
    rows = np.argsort(-wrong, kind="stable")[:EXAMPLES]
    return [
        (_text(strings[k]), _text(answers[k]), _text(predicted[k]), int(wrong[k])) for k in rows
    ]


def _text(digits: Tokens) -> str:
    return "".join(str(digit) for digit in digits)


def _maps(trained: TrainedReversal) -> str:
    with report_style():
        figure = Figure(figsize=(1.75 * HEADS, 2.0 * BLOCKS), layout="constrained")
        plots.attention_maps(trained.attention(), figure=figure)
    return inline_svg(figure, "maps", "The attention weights of each head", follows_page=False)
