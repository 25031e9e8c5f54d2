"""A view of a graph, written as DOT.

All text from outside goes through :func:`tinygraph.notation.unicode.escape`. The same graph gives
the same bytes. The ids of the elements come from :mod:`tinygraph.viz.diagram.identity`.
"""

from __future__ import annotations

from graphviz import Digraph

from tinygraph.notation.unicode import escape, shorten_name
from tinygraph.viz.diagram import cards, legend, style
from tinygraph.viz.diagram.identity import (
    PREFIX,
    arrow_id,
    card_id,
    card_name,
    clusters,
    cut_id,
)
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.view import Arrow, Card


def to_dot(scene: Scene) -> str:
    """Return the DOT text of a scene."""
    picture = Digraph(
        "tinygraph",
        graph_attr={**style.GRAPH, "id": PREFIX, "label": f"<{legend.label(scene)}>"},
        node_attr=style.NODE,
        edge_attr=style.EDGE,
    )
    _write_cards(picture, scene)
    for arrow in scene.view.arrows:
        if arrow in scene.view.tags:
            _write_tag(picture, arrow, scene)
        elif scene.view.beside.get(arrow.source) is arrow.target:
            _write_arrows_beside(picture, arrow, scene)
        else:
            _write_arrows(picture, arrow, scene)
    for card, is_before in scene.view.cut:
        _write_cut(picture, card, is_before)
    return str(picture.source)


def _write_cards(picture: Digraph, scene: Scene) -> None:
    """Write every card into the cluster of its group, with the cards next to it."""
    view = scene.view
    companions: dict[Card, list[Card]] = {}
    for card, host in view.beside.items():
        companions.setdefault(host, []).append(card)
    pictures = {"": picture}
    for group, identity in clusters(view).items():
        pictures[group] = _cluster(group, identity)
    for card in view.cards:
        if card in view.beside:
            continue
        extra = {"group": "trunk"} if card in view.trunk else {}
        if card not in companions:
            _write_card(pictures[card.group], card, scene, **extra)
            continue
        with pictures[card.group].subgraph(graph_attr={"rank": "same"}) as row:
            for companion in companions[card]:
                _write_card(row, companion, scene)
            _write_card(row, card, scene, **extra)
    # The innermost first: a cluster must be complete when its parent takes it in.
    for group in sorted(pictures, key=lambda group: -group.count("/")):
        if group:
            pictures[group.rpartition("/")[0]].subgraph(pictures[group])


def _write_card(picture: Digraph, card: Card, scene: Scene, **extra: str) -> None:
    picture.node(
        card_name(card),
        label=f"<{cards.label(card, scene)}>",
        id=card_id(card),
        **{"class": f"tg-{cards.role(card)}"},
        **extra,
    )


def _write_arrows(picture: Digraph, arrow: Arrow, scene: Scene) -> None:
    """Write the arrow of a value and, below it, that of its gradient."""
    source, target = card_name(arrow.source), card_name(arrow.target)
    weight = "20" if scene.view.trunk.get(arrow.source) is arrow.target else "4"
    # Where one op reads a node twice, the second arrow ends at the corners of the panels.
    height = ("", "s", "n")[arrow.number % 3]
    picture.edge(f"{source}:v:{height}e", f"{target}:v:{height}w", weight=weight, **_value(arrow))
    size = scene.flow.norms.get(arrow)
    if size is not None:
        ends = [
            f"{name}:{'d' if cards.has_gradient_panel(card, scene) else 'v'}:{height}{side}"
            for name, card, side in ((source, arrow.source, "e"), (target, arrow.target, "w"))
        ]
        picture.edge(*ends, dir="back", weight=weight, **_gradient(arrow, size, scene))


def _write_arrows_beside(picture: Digraph, arrow: Arrow, scene: Scene) -> None:
    """Write the arrows between an op and the cards above it.

    Which end is written first decides which card is above the other: in a cluster Graphviz
    takes them the other way round than outside of one.
    """
    ends = [card_name(arrow.source), card_name(arrow.target)]
    along, against = {}, {"dir": "back"}
    if arrow.source.group:
        ends.reverse()
        along, against = against, along
    size = scene.flow.norms.get(arrow)
    if size is None:
        picture.edge(*ends, **along, **_value(arrow))
        return
    # Graphviz spreads parallel arrows over the whole width of a card, beyond a narrower one.  Two
    # invisible arrows keep the visible ones near the middle.
    picture.edge(*ends, style="invis")
    picture.edge(*ends, **along, **_value(arrow))
    picture.edge(*ends, **against, **_gradient(arrow, size, scene))
    picture.edge(*ends, style="invis")


def _write_tag(picture: Digraph, arrow: Arrow, scene: Scene) -> None:
    """Write a small copy of the source's name next to the op that reads it."""
    target = card_name(arrow.target)
    tag = f"{target}~reads~{card_name(arrow.source)}~{arrow.number}"
    paint = style.ROLES[cards.role(arrow.source)]
    label = cards.font(escape(shorten_name(arrow.source.name, cards.LONGEST_NAME)), 9, paint.line)
    attributes = {"shape": "box", "style": "dashed", "color": paint.line, "margin": "0.06,0.02"}
    picture.node(tag, label=f"<{label}>", height="0", width="0", **attributes)
    picture.edge(tag, f"{target}:v:w", weight="4", **_value(arrow))
    size = scene.flow.norms.get(arrow)
    if size is not None:
        port = "d" if cards.has_gradient_panel(arrow.target, scene) else "v"
        ends = (tag, f"{target}:{port}:w")
        picture.edge(*ends, dir="back", weight="4", **_gradient(arrow, size, scene))


def _write_cut(picture: Digraph, card: Card, is_before: bool) -> None:
    """Write dots and a dashed line where a part of the graph is not shown."""
    dots = f"{card_name(card)}~{'before' if is_before else 'after'}"
    identity = cut_id(card, is_before)
    attributes = {"class": "tg-cut", "style": "dashed", "color": style.NO_GRADIENT}
    picture.node(dots, label="⋯", fontcolor=style.INK, id=identity, **{"class": "tg-cut"})
    ends = [dots, f"{card_name(card)}:v:w"] if is_before else [f"{card_name(card)}:v:e", dots]
    picture.edge(*ends, id=f"{identity}-line", arrowhead="none", **attributes)


def _value(arrow: Arrow) -> dict[str, str]:
    return {"id": arrow_id("f", arrow), "class": "tg-forward"}


def _gradient(arrow: Arrow, size: float, scene: Scene) -> dict[str, str]:
    """Return the style of a gradient arrow of norm ``size``: grey and dashed if it is 0."""
    attributes = {"id": arrow_id("b", arrow), "class": "tg-backward"}
    if size == 0:
        return attributes | {"color": style.NO_GRADIENT, "style": "dashed"}
    strength = scene.flow.scales.strength(size)
    width = legend.gradient_width(strength)
    return attributes | {"color": legend.gradient_color(strength), "penwidth": f"{width:.2f}"}


def _cluster(group: str, identity: str) -> Digraph:
    name = cards.font(escape(group.rpartition("/")[2] or "/"), 12, style.INK)
    cluster = Digraph(f"cluster_{identity}")
    cluster.attr(
        id=identity,
        label=f"<{name}>",
        labeljust="l",
        labelloc="t",
        margin="10",
        style="rounded,filled",
        color=style.CLUSTER.line,
        fillcolor=style.CLUSTER.fill,
    )
    return cluster
