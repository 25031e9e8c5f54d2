"""``tg.step_through``: go through a run step by step, in a page, a notebook or a terminal."""

from __future__ import annotations

import sys
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.op import Op
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentError, ArgumentTypeError, FeedError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.trace.steps import Moment, Step
from tinygraph.trace.walk import walk
from tinygraph.validation.arrays import brief, is_bool
from tinygraph.validation.naming import describe
from tinygraph.validation.paths import as_path, writing
from tinygraph.viz.diagram.diagram import render
from tinygraph.viz.diagram.notebook import frame, with_still
from tinygraph.viz.stepper import page, terminal
from tinygraph.viz.stepper.blocks import find_blocks
from tinygraph.viz.stepper.drawing import page_svg
from tinygraph.viz.stepper.mistakes import CLOSE
from tinygraph.viz.stepper.paths import path_sums
from tinygraph.viz.stepper.questions import REPLIES, questions


def step_through(
    model: Graph, optimizer: Optimizer | None = None, training_steps: int = 1, /, **feeds: Any
) -> Stepper:
    """Go through a run op by op: forward, backward and, with an optimizer, the update.

    The parameters and the optimizer are not changed. The nodes keep the values and gradients of the
    run, as after ``forward`` and ``backward``.

    Parameters
    ----------
    model : Graph
        Its output must be a scalar, usually a loss.
    optimizer : Optimizer, optional
        If given, its updates are shown after the backward steps.
    training_steps : int
        The number of training steps: forward, backward and update.
    **feeds : array_like
        One array for each input, by its name.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If the model is not a Graph, or has no op.
    StateError
        If the output is not a scalar.

    Returns
    -------
    Stepper
        A notebook displays it. ``.save("lab2.html")`` writes a page. ``.show()`` starts it in a
        terminal.

    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> x, t = tg.data.xor()
    >>> tg.step_through(model, tg.Adam(model.parameters, lr=0.1), x=x, t=t)
    <Stepper of 26 steps: 10 forward, 10 backward, 6 update>
    """
    if not isinstance(model, Graph):
        raise ArgumentTypeError(
            f"step_through takes a Graph, such as tg.Graph(loss); got {brief(model)}."
        )
    if not isinstance(model.output, Op):
        raise ArgumentError(
            f"There is nothing to step through: the output of this graph, "
            f"{describe(model.output)}, is not computed by an op."
        )
    if "training_steps" in feeds and all(node.name != "training_steps" for node in model.inputs):
        raise FeedError(
            "training_steps is given by its position, since every name is an input's: "
            f"step_through(model, optimizer, {brief(feeds['training_steps'])}, …)."
        )
    check_nodes(model.nodes)
    feeds = model.with_draws(feeds)
    arrays = model.feed_arrays(feeds)
    moments = list(walk(model.nodes, model.output, arrays, optimizer, training_steps))
    model.forward(**feeds)
    model.backward()
    return Stepper(model, moments)


class Stepper:
    """A run to go through step by step.

    Attributes
    ----------
    steps : list of dict
        The run as plain data, as :meth:`tinygraph.Graph.trace` returns it.

    >>> import tinygraph as tg
    >>> stepper = tg.step_through(tg.Graph(tg.Parameter(3.0, name="w") * 2.0))
    >>> stepper.steps[-1]["outgoing"][0]["code"]
    'dw = dMultiply1 * 2.0'
    """

    def __init__(self, model: Graph, moments: list[Moment]) -> None:
        self.model = model
        self.steps: list[Step] = [moment.step for moment in moments]
        self._moments = moments
        # Drawn immediately, while the nodes hold the numbers of this run.
        self._diagram = render(model, gradients=True)

    def __repr__(self) -> str:
        phases = [step["phase"] for step in self.steps]
        counts = ", ".join(f"{phases.count(phase)} {phase}" for phase in dict.fromkeys(phases))
        return f"<Stepper of {len(self.steps)} steps: {counts}>"

    @cached_property
    def html(self) -> str:
        """The page as one string of HTML."""
        nodes, output = self.model.nodes, self.model.output
        place = {str(node.name): index for index, node in enumerate(nodes)}
        data = page.PageData()
        first = next(moment for moment in self._moments if moment.step["phase"] == "backward")
        sums = path_sums(nodes, output, first.values, first.gradients)
        shapes = {node: np.shape(first.values[node]) for node in nodes}
        content = {
            "nodes": page.nodes_data(nodes, self._diagram.card_of),
            "blocks": [block.plain() for block in find_blocks(self.steps)],
            "steps": [data.step(moment.step, place) for moment in self._moments],
            "questions": [data.question(question) for question in questions(self._moments)],
            "replies": REPLIES,
            "close": CLOSE,
            "paths": page.paths_data(sums, place, shapes),
            "arrays": data.arrays,
            "formulas": data.formulas,
            "hints": data.hints,
        }
        title = f"Step through back-propagation: {self.model.output.name}"
        return page.build(title, page_svg(self._diagram), content)

    def save(self, path: str | Path) -> Path:
        """Write the page as one file that needs no network and no other files.

        Raises
        ------
        ArgumentTypeError, FileError
            If it is not a path, or the file cannot be written.
        """
        path = as_path(path)
        with writing(path):
            path.write_text(self.html, encoding="utf-8", errors="replace")
        return path

    def show(self, plain: bool = False) -> None:
        """Go through the steps in the terminal, with keys; in a notebook, show the page.

        In the terminal, the key ``p`` asks for predictions, like "Predict first" in the page. With
        ``plain``, or if the output is not a terminal, all steps are printed one after another.
        """
        if not is_bool(plain):
            raise ArgumentTypeError(f"plain must be True or False; got {brief(plain)}.")
        shell: Any = sys.modules.get("IPython")
        if shell and hasattr(shell.get_ipython(), "kernel"):
            import_module("IPython.display").display(self)
        elif plain or not (sys.stdin.isatty() and sys.stdout.isatty()):
            terminal.print_steps(self.steps)
        else:
            terminal.walk_through(self.steps, questions(self._moments))

    def _repr_html_(self) -> str:
        live = frame(self.html, "Step through back-propagation", height="56rem")
        diagram = self._diagram
        return with_still(live, f"{diagram.prefix}-stepper", diagram._still, repr(diagram))
