"""The picture of a graph: it shows itself in a notebook, and can be saved."""

from __future__ import annotations

import hashlib
import itertools
import warnings
from base64 import b64encode
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from tinygraph.core.expansion import with_expanded
from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.core.topology import as_node, check_nodes
from tinygraph.diagnosis.diagnose import diagnose
from tinygraph.errors import ArgumentError, ArgumentTypeError, LayoutError, StateError
from tinygraph.notation.names import Notation
from tinygraph.validation.arrays import brief, is_bool
from tinygraph.validation.edits import check_numbers
from tinygraph.validation.paths import as_path, writing
from tinygraph.viz.diagram import layout, notebook, svg
from tinygraph.viz.diagram.captions import description, hover_texts
from tinygraph.viz.diagram.dot import to_dot
from tinygraph.viz.diagram.flow import Flow
from tinygraph.viz.diagram.folding import choose_view
from tinygraph.viz.diagram.plain import draw_plain
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.wrapping import is_wide

FORMATS = ("svg", "png", "pdf", "dot")

_numbers = itertools.count(1)


CHANGED = "Parameters or inputs have changed since this run: call forward and backward again."
"""The note of a diagram whose values belong to different steps."""


def render(
    model: Graph | Node,
    values: bool | None = None,
    gradients: bool = False,
    depth: int | None = None,
    around: Node | str | None = None,
    radius: int = 1,
    expand: Iterable[str] = (),
) -> Diagram:
    """Draw a graph.

    The part of a name before the last ``/`` is its group, drawn as a frame.  More than 40 cards
    fold if there are groups: numbered blocks of the same structure are drawn once.  A folded
    picture says so.

    Parameters
    ----------
    model : Graph or Node
        For a node, the graph of everything that it depends on.
    values : bool, optional
        Show each value as a heat map.  Default: the same as ``gradients``.
    gradients : bool
        Show each gradient as a heat map with its norm, its flow, and the findings of
        :func:`tinygraph.diagnose`.
    depth : int, optional
        How many levels of groups to draw open: 0 folds every group into one card.
    around : Node or str, optional
        Draw only this node and its neighbours.
    radius : int
        The largest number of edges between the node and a neighbour.
    expand : iterable of str
        The names of ops to draw as the simpler ops that they consist of (see ``tg.expand``).

    Returns
    -------
    Diagram
        Shows itself in a notebook; ``.save("model.svg")`` writes it.

    Raises
    ------
    StateError
        If values or gradients are asked for before they were computed.
    ArgumentError, ArgumentTypeError, UnknownNameError
        For an invalid ``values``, ``gradients``, ``depth``, ``radius`` or ``around``.

    >>> import tinygraph as tg
    >>> render(tg.lab2.model(rng=0))
    <Diagram of 18 nodes>
    """
    for name, asked in (("values", values), ("gradients", gradients)):
        if asked is not None and not is_bool(asked):
            raise ArgumentTypeError(f"{name} must be True or False; got {brief(asked)}.")
    graph = model if isinstance(model, Graph) else Graph(as_node(model, "What render draws"))
    values = gradients if values is None else values
    check_nodes(graph.nodes)
    if not isinstance(expand, (list, tuple, set, frozenset)):
        raise ArgumentTypeError(f"expand must be a list of node names; got {brief(expand)}.")
    graph = with_expanded(graph, expand) if expand else graph
    _require_numbers(graph, values, gradients)
    view = choose_view(graph, depth, around, radius)
    if values and graph._is_run and graph._run.has_changed():
        view = view._replace(notes=(*view.notes, CHANGED))
    flow = Flow(view, graph.nodes, values, gradients)
    scene = Scene(view, flow, Notation(graph.nodes, graph.output))
    if gradients:
        diagnosis = diagnose(graph)
        scene = replace(scene, marks=diagnosis.marks, explanations=diagnosis.explanations)
    return draw(scene, len(graph.nodes))


def draw(scene: Scene, size: int) -> Diagram:
    """Return the diagram of a scene from a graph of ``size`` nodes."""
    title = f"Diagram of {size:,} node{'s' * (size != 1)}"
    return Diagram(scene, title, description(scene), hover_texts(scene))


def _require_numbers(graph: Graph, values: bool, gradients: bool) -> None:
    if gradients and all(node.grad is None for node in graph.nodes):
        raise StateError(
            "A diagram shows gradients only after a backward run. Call forward(…) and backward() "
            "first."
        )
    if values and graph.output.value is None:
        raise StateError("A diagram shows values only after a run. Call forward(…) first.")
    if values or gradients:
        check_numbers(graph.nodes)


class Diagram:
    """A picture of a graph.

    In a notebook it shows itself, and it can be enlarged.

    Attributes
    ----------
    dot : str
        The DOT text: the same graph gives the same bytes.
    prefix : str
        The start of all ids in :attr:`svg`; no two diagrams share it.

    >>> import tinygraph as tg
    >>> picture = tg.render(tg.Graph(tg.Sigmoid(tg.Input("x", shape=(None, 2)), name="h")))
    >>> picture
    <Diagram of 2 nodes>
    >>> "digraph" in picture.dot
    True
    """

    def __init__(
        self, scene: Scene, title: str, description: str, titles: Mapping[str, str]
    ) -> None:
        dot = to_dot(scene)
        self.dot = dot
        self.title = title
        # The prefix depends on the content: pictures of two sessions can be on one page.
        self._digest = f"tg-{hashlib.sha256(dot.encode()).hexdigest()[:8]}"
        self.prefix = f"{self._digest}-{next(_numbers)}"
        self._description = description
        self._titles = titles
        self._scene = scene

    def __repr__(self) -> str:
        return f"<{self.title}>"

    @cached_property
    def svg(self) -> str:
        """The picture as an ``<svg>`` element for a web page.

        Raises
        ------
        LayoutError
            If Graphviz fails.
        """
        return self._dressed(self.prefix)

    def save(self, path: str | Path) -> Path:
        """Write the picture in the format of the ending of ``path``.

        Without Graphviz a plainer SVG is written, and a warning says so.

        Returns
        -------
        Path
            Where the picture was written.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            If it is not a path that ends in svg, png, pdf or dot.
        FileError
            If the file cannot be written.
        """
        path = as_path(path)
        file_format = path.suffix[1:].lower()
        if file_format not in FORMATS:
            raise ArgumentError(
                f"The file name of a diagram must end in "
                f"{', '.join(f'.{valid}' for valid in FORMATS[:-1])} or .{FORMATS[-1]}; "
                f"got {str(path)!r}."
            )
        advice = ""
        try:
            content = self._bytes(file_format)
            if file_format == "svg" and self._is_plain:
                advice = f"{layout.HOW_TO_INSTALL} The diagram in {path} is a plainer one."
        except layout.NoGraphvizError as error:
            path, content = path.with_suffix(".svg"), self._bytes("svg")
            advice = f"{error} A plainer diagram is in {path}."
        except LayoutError as error:
            path, content = path.with_suffix(".dot"), self.dot.encode()
            advice = f"{error} The DOT text is in {path}."
        with writing(path):
            path.write_bytes(content)
        if advice:
            warnings.warn(advice, stacklevel=2)
        return path

    @property
    def card_of(self) -> dict[Node, int]:
        """The card that shows each node, by the position of the card's first node in the graph."""
        cards = self._scene.view.cards
        return {node: card.index for card in cards for node in (*card.nodes, *card.steps)}

    def _bytes(self, file_format: str) -> bytes:
        if file_format == "dot":
            return self.dot.encode()
        if file_format == "svg":
            # Without the running number, a saved file always has the same bytes.
            return self._dressed(self._digest).encode()
        return layout.lay_out(self.dot, file_format)

    def _in_one_row(self) -> str:
        """Return the SVG of a diagram that may be very wide, for a page that scrolls by itself."""
        return self._dressed(self.prefix, is_wrapped=False)

    def _dressed(self, prefix: str, is_wrapped: bool = True) -> str:
        return svg.dress(
            self._laid_out, prefix, self.title, self._description, self._titles, is_wrapped
        )

    @cached_property
    def _laid_out(self) -> bytes:
        return draw_plain(self._scene) if self._is_plain else layout.lay_out(self.dot, "svg")

    @cached_property
    def _is_plain(self) -> bool:
        """Whether Graphviz is missing."""
        try:
            layout.find_engine()
        except layout.NoGraphvizError:
            return True
        return False

    def on_scale_of(self, *others: Diagram) -> Diagram:
        """Draw the same picture with colour scales that cover the others too.

        Pictures of one model before and after training can then be compared by eye.

        >>> import tinygraph as tg
        >>> model = tg.Graph(tg.Sum(tg.Parameter([1.0, 2.0], name="w"), name="loss"))
        >>> _ = model.forward(), model.backward()
        >>> before = tg.render(model, gradients=True)
        >>> model["w"].value = [5.0, 8.0]
        >>> _ = model.forward(), model.backward()
        >>> after = tg.render(model, gradients=True)
        >>> before.on_scale_of(after), after.on_scale_of(before)
        (<Diagram of 2 nodes>, <Diagram of 2 nodes>)
        """
        flow = copy(self._scene.flow)
        for other in others:
            if not isinstance(other, Diagram):
                raise ArgumentTypeError(
                    f"on_scale_of takes diagrams, as tg.render returns them; got {brief(other)}."
                )
            flow.scales = flow.scales.together_with(other._scene.flow.scales)
        scene = replace(self._scene, flow=flow)
        return Diagram(scene, self.title, self._description, self._titles)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        shown = {"text/html": self._repr_html_(), "text/plain": repr(self)}
        kind, content = self._still
        if kind == "image/png":
            shown["image/png"] = b64encode(content).decode()
        return shown

    def _repr_html_(self) -> str:
        has_groups = any(card.group for card in self._scene.view.cards)
        name = f"{self.title}. {self._description}"
        return notebook.figure(
            self.svg, self.prefix, self._still, name, notebook.advice(has_groups)
        )

    @cached_property
    def _still(self) -> tuple[str, bytes]:
        """The picture as an image, with its MIME type."""
        with warnings.catch_warnings():
            # In a notebook the still picture is a stand-in, which few readers see.
            warnings.simplefilter("ignore")
            if self._is_plain or is_wide(self._laid_out):
                return "image/svg+xml", self._dressed(f"{self.prefix}-still").encode()
            return "image/png", layout.lay_out(self.dot, "png")
