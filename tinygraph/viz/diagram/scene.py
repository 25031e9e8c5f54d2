"""All that one picture is drawn from, in one hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinygraph.core.node import Node
from tinygraph.notation.names import Notation
from tinygraph.viz.diagram.flow import Flow
from tinygraph.viz.diagram.view import View


@dataclass(frozen=True)
class Scene:
    """A view, the numbers that flow through it, and what is to be said about its nodes.

    Attributes
    ----------
    marks : mapping
        What is wrong with a node, in a few words each; its card shows them.
    explanations : mapping
        Whole sentences on a node; its card says them on hover.
    refused : Node or None
        A node whose shapes did not fit: its card is red.
    culprit : Node or None
        A node whose derivative is wrong: its card is red.
    """

    view: View
    flow: Flow
    notation: Notation
    marks: Mapping[Node, Sequence[str]] = field(default_factory=dict)
    explanations: Mapping[Node, Sequence[str]] = field(default_factory=dict)
    refused: Node | None = None
    culprit: Node | None = None
