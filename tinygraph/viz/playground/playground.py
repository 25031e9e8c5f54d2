"""``tg.playground``: a graph as one page on which it trains live, backward pass included."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.targets.javascript.network import NetworkText, print_network
from tinygraph.compile.targets.javascript.program import settings_of
from tinygraph.compile.targets.javascript.update import print_update
from tinygraph.core.graph import Graph, as_graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.errors import ArgumentError, ArgumentTypeError, CompileError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.naming import describe
from tinygraph.validation.paths import as_path, writing
from tinygraph.viz.diagram.notebook import frame, with_still
from tinygraph.viz.playground import facts, page
from tinygraph.viz.playground.labels import find_labels, with_prediction
from tinygraph.viz.playground.pictures import find_pictures
from tinygraph.viz.playground.plane import find_plane, generated_sets, points
from tinygraph.viz.playground.task import check_goal, checked_task
from tinygraph.viz.playground.variants import with_activations, with_optimizers
from tinygraph.viz.stepper.drawing import page_svg

SEEDS = 6
"""The number of start values that a page offers if it knows how to build the model."""


def playground(
    model: Graph | Callable[..., Graph],
    optimizer: Optimizer | Callable[[tuple[Parameter, ...]], Optimizer],
    /,
    *,
    task: Mapping[str, Any] | None = None,
    title: str | None = None,
    **feeds: Any,
) -> Playground:
    """Make a page on which this graph trains in the browser, and shows its backward pass.

    The page is one file that works without a network, and computes the same numbers as Python.

    Samples of two numbers are points of a plane, on which a learner can draw. Images are shown as
    images: an input of the shape (None, height, width) or (None, channels, height, width), or one
    of k² numbers that are not negative. Other data are shown as tables, and as predictions against
    labels. A graph without a prediction shows what its loss compares with the labels.

    Parameters
    ----------
    model : Graph, or a function that builds one
        A function is called as ``model(rng=seed)``; the page then offers several start values.
    optimizer : Optimizer, or a function that makes one
        A function is called with the parameters of the model, as ``tg.Adam`` or
        ``lambda parameters: tg.Adam(parameters, lr=0.1)``.
    task : dict, optional
        A task for learners: its ``text``; its ``goal``, conditions such as ``{"loss below": 0.01,
        "epochs at most": 200}``; the controls that are ``locked``; and the sentence when it is
        ``done``.
    title : str, optional
        The title of the page.
    **feeds : array_like
        The data, by the name of the input.

    Returns
    -------
    Playground
        Shows itself in a notebook; ``.save("page.html")`` writes the page.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If an argument is of another kind.
    FeedError, ShapeError, DtypeError
        As ``Graph.forward``.
    CompileError
        If JavaScript cannot do an operation of the graph or of the optimizer; names the node and
        the reason.

    >>> import tinygraph as tg
    >>> x, t = tg.data.xor()
    >>> model = tg.lab2.model(rng=0)
    >>> playground(model, tg.Adam(model.parameters, lr=0.1), x=x, t=t)
    <Playground of MSE "loss": 21 samples>
    """
    if title is not None and not isinstance(title, str):
        raise ArgumentTypeError(f"title must be a string; got {brief(title)}.")
    builder = model if callable(model) and not isinstance(model, Graph) else None
    seeds = range(SEEDS) if builder else ()
    built = [_built(builder, seed) for seed in seeds] or [as_graph(model, "playground")]
    models = [with_prediction(each) for each in built]
    graph = models[0]
    if graph.output.shape != ():
        raise ArgumentError(
            f"A playground trains on one number, the loss; the output {describe(graph.output)} has "
            f"the shape {graph.output.shape}. End the graph in a loss, or in a Sum."
        )
    made = optimizer if isinstance(optimizer, Optimizer) else _made(optimizer, graph)
    foreign = [p for p in made.parameters if p not in graph.parameters]
    if foreign:
        raise ArgumentError(
            f"The optimizer trains {describe(foreign[0])}, but this graph does not contain it. "
            f"Make the optimizer with model.parameters."
        )
    arrays = graph.feed_arrays(feeds)
    checked = checked_task(task)
    check_goal(checked, graph, find_labels(graph, arrays))
    return Playground(models, made, arrays, checked, title)


def _built(builder: Any, seed: int) -> Graph:
    try:
        built = builder(rng=seed)
    except TypeError as error:
        raise ArgumentTypeError(
            f"playground calls the function that builds the model as build(rng={seed}); it failed: "
            f"{error}"
        ) from error
    return as_graph(built, "playground: the function that builds the model")


def _made(optimizer: Any, graph: Graph) -> Optimizer:
    try:
        made = optimizer(graph.parameters) if callable(optimizer) else optimizer
    except TypeError as error:
        raise ArgumentTypeError(
            f"playground calls the function that makes the optimizer with the parameters; it "
            f"failed: {error}"
        ) from error
    if not isinstance(made, Optimizer):
        raise ArgumentTypeError(
            f"playground takes an optimizer, such as Adam(model.parameters, lr=0.1), or a function "
            f"that makes one from the parameters; got {brief(made)}."
        )
    return made


class Playground:
    """A page on which a graph trains live.

    Attributes
    ----------
    model : Graph
    optimizer : Optimizer
    html : str
        The page, as one text.

    >>> import tinygraph as tg
    >>> x, t = tg.data.xor()
    >>> model = tg.lab2.model(rng=0)
    >>> page = tg.playground(model, tg.SGD(model.parameters, lr=0.1), x=x, t=t)
    >>> page.html[:15]
    '<!DOCTYPE html>'
    """

    def __init__(
        self,
        models: list[Graph],
        optimizer: Optimizer,
        arrays: Mapping[Node, Array],
        task: dict[str, Any] | None,
        title: str | None,
    ) -> None:
        self.model = models[0]
        self.optimizer = optimizer
        self._models = models
        self._arrays: dict[Node, Array] = {node: arrays[node] for node in self.model.inputs}
        batched = [len(a) for n, a in self._arrays.items() if None in (n.shape or ())]
        self.samples = batched[0] if batched else 1
        self._task = task
        self._title = title or str(self.model.output.name)
        self._graphs = with_activations(self.model)
        try:
            self._networks = {
                name: print_network(graph, self.samples) for name, graph in self._graphs.items()
            }
            self._optimizers = with_optimizers(optimizer)
            self._updates = {name: print_update(one) for name, one in self._optimizers.items()}
        except Unrecordable as reason:
            raise CompileError(
                f"A playground needs operations that JavaScript can do; in the graph of "
                f"{describe(self.model.output)}, {reason}. Write that op with other NumPy "
                f"functions, or train in Python."
            ) from None

    def __repr__(self) -> str:
        return f"<Playground of {describe(self.model.output)}: {self.samples} samples>"

    @cached_property
    def html(self) -> str:
        """The page, as one text."""
        marks = self._marks()
        rows = {
            str(node.name): array[marks] if None in (node.shape or ()) else array
            for node, array in self._arrays.items()
        }
        formulas = facts.Formulas()
        texts, slopes, pictures = {}, {}, []
        for name, variant in self._graphs.items():
            with facts.kept_numbers(self.model), facts.kept_numbers(variant) as graph:
                graph.forward(**self._feeds)
                slopes[name] = facts.steepest_slopes(graph)
                pictures.append(facts.drawn(graph, rows))
                texts[name] = facts.card_texts(graph, pictures[-1], formulas)
        rules = {
            name: facts.update_formulas(self.model, one, formulas)
            for name, one in self._optimizers.items()
        }
        data = self._data(marks) | {
            "rules": rules,
            "formulas": formulas.texts,
            "texts": texts,
            "steepest": slopes,
        }
        networks = {name: network.source for name, network in self._networks.items()}
        return page.build(
            f"Playground: {self._title}", page_svg(pictures[0]), data, networks, self._updates
        )

    def _marks(self) -> list[int]:
        if self._fixed_batch is not None:
            return list(range(self.samples))
        return facts.marked_rows(self.samples)

    @property
    def _feeds(self) -> dict[str, Any]:
        return {str(node.name): array for node, array in self._arrays.items()}

    @property
    def _fixed_batch(self) -> int | None:
        """The only batch size that the programs are for; None if they are for any."""
        texts: list[NetworkText] = list(self._networks.values())
        return next((text.batch for text in texts if text.batch is not None), None)

    def _data(self, marks: list[int]) -> dict[str, Any]:
        model, optimizer = self.model, self.optimizer
        place = {node: k for k, node in enumerate(model.nodes)}
        labels = find_labels(model, self._arrays)
        classes = [] if labels is None else labels.read(self._feeds[labels.name])
        plane = None if labels is None else find_plane(model)
        is_open = plane and labels and labels.classes >= 2 and self._fixed_batch is None
        sets = generated_sets() if is_open else {}
        return {
            "title": self._title,
            "nodes": facts.nodes_data(model),
            "output": place[model.output],
            "prediction": place[model.prediction],
            "trained": [place[p] for p in optimizer.parameters],
            "samples": self.samples,
            "fixedBatch": self._fixed_batch,
            "feeds": facts.feeds_data(model, self._arrays, plane is not None),
            "labels": None if labels is None else asdict(labels),
            "classOf": [] if plane else classes,
            "plane": plane,
            "points": points(self._feeds[plane], classes) if plane else [],
            "pictures": find_pictures(model, self._arrays),
            "sets": {name: {"code": code, "points": at} for name, (code, at) in sets.items()},
            "starts": facts.start_values(self._models),
            "optimizers": {
                name: {"settings": settings_of(one), "slots": len(one.slots)}
                for name, one in self._optimizers.items()
            },
            "marks": marks,
            "generator": facts.generator_state(0),
            "task": self._task,
            **facts.colour_scales(),
        }

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

    def _repr_html_(self) -> str:
        live = frame(self.html, "Playground", height="60rem")
        with facts.kept_numbers(self.model) as graph:
            diagram = facts.drawn(graph, self._feeds)
        return with_still(live, f"{diagram.prefix}-playground", diagram._still, repr(diagram))
