"""Diagrams of a Lab 2 run: the network, and its gradient flow before and after the training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tinygraph.lab2.run import Outcome, problem

if TYPE_CHECKING:
    from tinygraph.viz.diagram.diagram import Diagram


def save_diagrams(outcome: Outcome, folder: Path) -> list[Path]:
    """Write the structure and the gradient flow at the start and at the end, as SVG.

    Where there is no Graphviz, the DOT text is written instead, and a warning says so.

    Returns
    -------
    list of Path
        What was written.
    """
    from tinygraph.viz.diagram.diagram import render

    start, _, _, _ = problem(outcome.settings)
    diagrams: dict[str, Diagram] = {"structure": render(start)}
    for when, model in (("start", start), ("end", outcome.model)):
        model.forward(x=outcome.x, t=outcome.t)
        model.backward()
        diagrams[f"gradient-flow-{when}"] = render(model, gradients=True)
    before, after = diagrams["gradient-flow-start"], diagrams["gradient-flow-end"]
    diagrams["gradient-flow-start"] = before.on_scale_of(after)
    diagrams["gradient-flow-end"] = after.on_scale_of(before)
    name = outcome.settings.data
    return [diagram.save(folder / f"{name}-{kind}.svg") for kind, diagram in diagrams.items()]
