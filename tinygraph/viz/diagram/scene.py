"""The input of one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tinygraph.core.node import Node
from tinygraph.notation.names import Notation
from tinygraph.viz.diagram.flow import Flow
from tinygraph.viz.diagram.view import View


@dataclass(frozen=True)
class Scene:
    """A view, its numbers, its notation, and the findings about its nodes.

    Attributes
    ----------
    marks : mapping
        The faults of a node, in a few words each, for its card.
    explanations : mapping
        Sentences about a node, for the hover text of its card.
    refused : Node or None
        A node whose shapes do not fit: its card is red.
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
