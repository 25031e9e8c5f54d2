"""``tg.compile(…, target="javascript")``: a trained network for your own web page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.targets.javascript.network import NetworkText, print_network
from tinygraph.compile.targets.javascript.update import print_update
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input
from tinygraph.core.version import __version__
from tinygraph.errors import ArgumentError, CompileError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.naming import describe
from tinygraph.validation.paths import as_path, writing

LIBRARY = ("product", "roundToEven", "logAddExp", "clipScale")


class JavaScriptProgram:
    """A graph as a JavaScript module without dependencies.

    The module exports ``predict``; with an optimizer, also ``train``. The numbers of the parameters
    are those at the time when ``source`` is read.

    Attributes
    ----------
    model : Graph
    optimizer : Optimizer or None
    target : str
        ``"javascript"``.
    source : str
        The text of the module.

    Examples
    --------
    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> W = tg.Parameter([[1.0], [2.0]], name="W")
    >>> t = tg.Input("t", shape=(None, 1))
    >>> model = tg.Graph(tg.MSE(x @ W, t))
    >>> program = JavaScriptProgram(model)
    >>> "export function predict(feeds)" in program.source
    True
    """

    target = "javascript"

    def __init__(self, model: Graph, optimizer: Optimizer | None = None) -> None:
        if model.output.shape != ():
            raise ArgumentError(
                f"A program starts backward from one number, the loss; the output "
                f"{describe(model.output)} has the shape {model.output.shape}. "
                f"End the graph in a loss, or in a Sum."
            )
        self.model = model
        self.optimizer = optimizer
        self._network, self._update = self._printed()

    def __repr__(self) -> str:
        return f"<JavaScriptProgram of {self.model.output.name}>"

    @property
    def source(self) -> str:
        self._network, self._update = self._printed()
        model, optimizer = self.model, self.optimizer
        training = "" if optimizer is None else _training_text(optimizer, model)
        folder = files("tinygraph.compile.targets.javascript") / "library"
        parts = [
            Template((folder / "head.js").read_text(encoding="utf-8")).substitute(
                version=__version__,
                output=" ".join(describe(model.output).split()),
                inputs=", ".join(json.dumps(str(n.name)) for n in model.prediction_inputs),
            ),
            _parameter_text(model),
            library(self._network.source + self._update + training),
            self._network.source,
            Template((folder / "predict.js").read_text(encoding="utf-8")).substitute(
                prediction=json.dumps(str(model.prediction.name)),
                inputs=_batched(model.prediction_inputs),
            ),
        ]
        if optimizer is not None:
            parts += [self._update, training]
        return "\n".join(part.strip() + "\n" for part in parts)

    def save(self, path: str | Path) -> Path:
        """Write the module to a file, and return its path."""
        path = as_path(path)
        with writing(path):
            path.write_text(self.source, encoding="utf-8")
        return path

    def _printed(self) -> tuple[NetworkText, str]:
        try:
            update = "" if self.optimizer is None else print_update(self.optimizer)
            return print_network(self.model, last_batch(self.model)), update
        except Unrecordable as reason:
            raise CompileError(
                f"The javascript target needs array operations that JavaScript can do; in the "
                f"graph of {describe(self.model.output)}, {reason}. Write that op with other NumPy "
                f"functions, or train in Python."
            ) from None


def _batched(inputs: Iterable[Input]) -> str:
    """Return the names of inputs, each with whether it has a batch axis, as JSON."""
    return json.dumps({str(node.name): None in node.shape for node in inputs})


def _training_text(optimizer: Optimizer, model: Graph) -> str:
    """Return the function that takes training steps, with the settings of each group."""
    settings, groups, clip, own = settings_of(optimizer), "", "", "settings"
    gradient = "gradient.data"
    if optimizer.groups:
        of_each = {
            str(parameter.name): settings_of(optimizer.of(parameter))
            for parameter in optimizer.parameters
            if parameter in optimizer.groups
        }
        groups = f"const groups = {json.dumps(of_each)}; // of parameters with their own settings\n"
        own = "groups[name] ?? settings"
    if optimizer.clip_norm is not None:
        settings |= {"clip_norm": optimizer.clip_norm}
        clip = (
            "    const gradients = trained.map((name) => copy.nodes[name].gradient.data);\n"
            "    const scale = clipScale(gradients, settings.clip_norm);\n"
        )
        gradient = "gradient.data.map((g) => scale * g)"
    text = files("tinygraph.compile.targets.javascript") / "library" / "train.js"
    return Template(text.read_text(encoding="utf-8")).substitute(
        settings=json.dumps(settings),
        inputs=_batched(model.inputs),
        trained=json.dumps([str(node.name) for node in optimizer.parameters]),
        slots=len(optimizer.slots),
        groups=groups,
        clip=clip,
        own=own,
        gradient=gradient,
    )


def last_batch(model: Graph) -> int | None:
    """Return the batch size of the last run, or None before any run."""
    values = [n.value for n in model.inputs if n.value is not None and None in (n.shape or ())]
    return len(values[0]) if values else None


def library(text: str) -> str:
    """Return the functions of the library that a text calls, and ``view``."""
    folder = files("tinygraph.compile.targets.javascript") / "library"
    called = [name for name in LIBRARY if re.search(rf"\b{name}\(", text)]
    names = ["view", *called]
    return "\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in names)


def settings_of(optimizer: Optimizer) -> dict[str, float]:
    """Return the numbers that an optimizer's update reads."""
    return {name: float(getattr(optimizer, name)) for name in optimizer.hyperparameters}


def _parameter_text(model: Graph) -> str:
    """Return the numbers of all parameters and states, flat, exactly."""
    lines = [
        f"  {json.dumps(str(node.name))}: {json.dumps(_numbers(node.value))},"
        for node in (*model.parameters, *model.states)
    ]
    return "\n".join(["export const parameters = {", *lines, "};", ""])


def _numbers(array: Any) -> list[float]:
    return [float(number) for number in np.ravel(array)]
