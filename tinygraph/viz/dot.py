"""A view of a graph, written as DOT.

Every text that comes from outside goes through :func:`tinygraph.viz.text.escape`.  The same graph
gives the same bytes.

**What an SVG element can be found by.**  Let *i* and *j* be places in ``Graph.nodes`` (of a folded
group: the place of its first node) and ``tg`` the prefix of the diagram (``Diagram.prefix``: each
diagram of a page has its own):

=============== ================== ============================================================
element         id                 class, and data attributes
=============== ================== ============================================================
card            ``tg-n-i``         ``node tg-<role>``; ``data-node="i"``
value panel     ``tg-v-i``         ``tg-value``; ``data-node="i"``
gradient panel  ``tg-d-i``         ``tg-grad``; ``data-node="i"``
value arrow     ``tg-f-i-j``       ``edge tg-forward``; ``data-from="i" data-to="j"``
gradient arrow  ``tg-b-i-j``       ``edge tg-backward``; ``data-from="i" data-to="j"``
cluster         ``tg-c-k``         ``cluster``; ``data-group="layer1"``
=============== ================== ============================================================

*from* and *to* are those of the value: a gradient arrow carries ∂L/∂(value of *i*) from *j* back to
*i*.  Where *j* reads *i* more than once, the second arrow is ``tg-f-i-j-1``, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from graphviz import Digraph

from tinygraph.notation import Notation
from tinygraph.viz import cards, style
from tinygraph.viz.text import escape, visible
from tinygraph.viz.view import Arrow, Card, View

PREFIX = "tg"


def to_dot(view: View, notation: Notation) -> str:
    """Return the DOT text of a view."""
    picture = Digraph(
        "tinygraph",
        graph_attr={**style.GRAPH, "id": PREFIX, "label": _legend(view)},
        node_attr=style.NODE,
        edge_attr=style.EDGE,
    )
    names = {card: dot_name(card.name) for card in view.cards}
    _write_cards(picture, view, names, notation)
    for arrow in view.arrows:
        _write_value_arrow(picture, arrow, names, view)
    return str(picture.source)


def dot_name(name: str) -> str:
    r"""Return a node's name as an identifier in DOT, in which no character means anything.

    >>> dot_name("layer1/W"), dot_name('a:b"\\')
    ('layer1/W', 'a~3Ab~22~5C')
    """
    # Not as %3A: Graphviz keeps names that begin with % to itself.
    return re.sub(r'[~%:"\\<>&]', lambda found: f"~{ord(found[0]):02X}", visible(name))


def _write_cards(picture: Digraph, view: View, names: dict[Card, str], notation: Notation) -> None:
    """Write every card into the cluster of its group, with what stands beside it."""
    companions: dict[Card, list[Card]] = {}
    for card, host in view.beside.items():
        companions.setdefault(host, []).append(card)
    clusters = {"": picture}
    for number, group in enumerate(_groups(view.cards)):
        clusters[group] = _cluster(number, group)
    trunk = _trunk(view)
    for card in view.cards:
        if card in view.beside:
            continue
        extra = {"group": "trunk"} if card in trunk else {}
        if card not in companions:
            _write_card(clusters[card.group], card, names[card], notation, **extra)
            continue
        with clusters[card.group].subgraph(graph_attr={"rank": "same"}) as row:
            for companion in companions[card]:
                _write_card(row, companion, names[companion], notation)
            _write_card(row, card, names[card], notation, **extra)
    # The innermost first: a cluster must be complete when its parent takes it in.
    for group in sorted(clusters, key=lambda group: -group.count("/")):
        if group:
            clusters[_parent_group(group, clusters)].subgraph(clusters[group])


def _write_card(picture: Digraph, card: Card, name: str, notation: Notation, **extra: str) -> None:
    role = cards.role(card)
    picture.node(
        name,
        label=f"<{cards.label(card, notation)}>",
        id=f"{PREFIX}-n-{card.index}",
        **{"class": f"tg-{role if role in style.ROLES else 'arithmetic'}"},
        **extra,
    )


def _write_value_arrow(picture: Digraph, arrow: Arrow, names: dict[Card, str], view: View) -> None:
    ends = (names[arrow.source], names[arrow.target])
    attributes = {"id": arrow_id("f", arrow), "class": "tg-forward"}
    if view.beside.get(arrow.source) is arrow.target:
        # Written from the op to the parameter: that puts the parameter above it.
        picture.edge(*ends[::-1], dir="back", **attributes)
    else:
        weight = "10" if arrow.source.group == arrow.target.group else "4"
        picture.edge(f"{ends[0]}:v:e", f"{ends[1]}:v:w", weight=weight, **attributes)


def arrow_id(letter: str, arrow: Arrow) -> str:
    """Return the id of an arrow: ``f`` for its value, ``b`` for its gradient."""
    again = f"-{arrow.number}" if arrow.number else ""
    return f"{PREFIX}-{letter}-{arrow.source.index}-{arrow.target.index}{again}"


def _groups(shown: Iterable[Card]) -> list[str]:
    """Return every group with a card in it, and the groups around those, outer ones first."""
    groups: dict[str, None] = {}
    for card in shown:
        parts = card.group.split("/") if card.group else []
        for depth in range(1, len(parts) + 1):
            groups.setdefault("/".join(parts[:depth]))
    return list(groups)


def _parent_group(group: str, clusters: dict[str, Digraph]) -> str:
    return group.rpartition("/")[0]


def _cluster(number: int, group: str) -> Digraph:
    name = cards.font(escape(group.rpartition("/")[2]), 12, style.INK)
    cluster = Digraph(f"cluster_{number}")
    cluster.attr(
        id=f"{PREFIX}-c-{number}",
        label=f"<{name}>",
        labeljust="l",
        labelloc="t",
        margin="10",
        style="rounded,filled",
        color=style.CLUSTER.line,
        fillcolor=style.CLUSTER.fill,
    )
    return cluster


def _trunk(view: View) -> set[Card]:
    """Return the cards on the longest way to the output: they are drawn in one straight line."""
    length: dict[Card, int] = {}
    before: dict[Card, Card] = {}
    for arrow in view.arrows:  # grouped by target, in topological order
        if arrow.source in view.beside:
            continue
        through = length.get(arrow.source, 0) + 1
        if through > length.get(arrow.target, 0):
            length[arrow.target] = through
            before[arrow.target] = arrow.source
    trunk: set[Card] = set()
    card = max(length, key=lambda card: length[card], default=None)
    while card is not None and card not in trunk:
        trunk.add(card)
        card = before.get(card)
    return trunk


def _legend(view: View) -> str:
    roles = {cards.role(card) for card in view.cards}
    cells = []
    for role, paint in style.ROLES.items():
        if role in roles:
            swatch = cards.cell("", width=10, height=10, fixedsize="true", bgcolor=paint.line)
            cells += [
                cards.cell(cards.table([swatch], border=0, cellborder=0, cellspacing=0)),
                cards.cell(cards.font(f"{role} ", 10, style.INK)),
            ]
    cells.append(cards.cell(cards.font(" → value", 10, style.VALUE)))
    row = "".join(cells)
    return f'<<table border="0" cellborder="0" cellspacing="4"><tr>{row}</tr></table>>'
