"""Which nodes get their own card: large graphs stay readable.

A group can be folded into one card, and a neighbourhood can be drawn without the rest.  A graph
with more cards than can be read folds by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.errors import ArgumentError
from tinygraph.validation.arrays import brief, is_whole_number
from tinygraph.viz.diagram.absorbed import with_steps
from tinygraph.viz.diagram.grouping import group_of, without_torn_groups
from tinygraph.viz.diagram.repeats import Repeat, find_repeats
from tinygraph.viz.diagram.view import Card, View, connect

READABLE_CARDS = 40
"""More cards than this fold, if there are groups to fold."""
MOST_CARDS = 300
"""More cards than this fold in any case."""
MOST_ARROWS_A_CARD = 4
MOST_NESTED = 12


def choose_view(
    model: Graph, depth: Any = None, around: Node | str | None = None, radius: Any = 1
) -> View:
    """Choose the cards of a graph; see :func:`tinygraph.render`.

    Raises
    ------
    ArgumentError
        If ``depth`` or ``radius`` is not a whole number of at least 0.
    UnknownNameError
        If ``around`` is not a node of the graph.
    """
    nodes: Sequence[tuple[int, Node]] = list(enumerate(model.nodes))
    notes = []
    if around is not None:
        centre = model[str(around.name) if isinstance(around, Node) else around]
        near = neighbourhood(model.nodes, centre, _count(radius, "radius"))
        nodes = [(index, node) for index, node in nodes if node in near]
        notes.append(
            f"{len(nodes):,} of {len(model.nodes):,} nodes: those within {radius} of {centre.name}"
        )
    groups = group_of(model.nodes)
    deepest = max(groups[node].count("/") + 1 if groups[node] else 0 for _, node in nodes)
    if depth is None and around is None:
        view = _unfolded_as_far_as_readable(nodes, groups, min(deepest, MOST_NESTED))
    else:
        asked = MOST_NESTED if depth is None else _count(depth, "depth")
        open_levels = min(asked, deepest, MOST_NESTED)
        view = connect(fold_groups(nodes, groups, open_levels))
        if not _is_drawable(view):
            view = next(filter(_is_drawable, _ever_coarser(nodes, groups, open_levels)))
    if depth is None and len(view.cards) < len(nodes):
        notes += _notes(view, len(nodes), deepest)
    view = connect(without_torn_groups(view), notes)
    return view._replace(cut=tuple(_cut(view, model.nodes)))


def _notes(view: View, count: int, deepest: int) -> list[str]:
    """Return how a reader can see more."""
    if any(card.is_folded for card in view.cards):
        return [
            f"Folded: {count:,} nodes are drawn as {len(view.cards)} cards.",
            'depth= says how far groups open, around="name" with radius= draws a part in full.',
        ]
    steps = sum(len(card.steps) for card in view.cards)
    return [
        f"Each gradient of the backward pass has one card; depth={deepest} draws its "
        f"{steps} steps, too."
    ]


def _unfolded_as_far_as_readable(
    nodes: Sequence[tuple[int, Node]], groups: Mapping[Node, str], deepest: int
) -> View:
    """Return the view with the most cards that can still be read.

    Equal blocks fold first, then the innermost groups, and finally stretches of the order of
    computation.
    """
    all_nodes = [node for _, node in nodes]
    repeats = find_repeats(all_nodes, groups)
    folds = [fold_groups(nodes, groups, deepest)]
    folds += [fold_groups(nodes, groups, levels, repeats) for levels in range(deepest, -1, -1)]
    views = [connect(with_steps(cards, all_nodes)) for cards in folds]
    readable = [view for view in views if len(view.cards) <= READABLE_CARDS]
    if readable:
        return readable[0]
    if _is_drawable(views[-1]):
        return views[-1]
    return next(filter(_is_drawable, _ever_coarser(nodes, groups, deepest)))


def _cut(view: View, nodes: Sequence[Node]) -> Iterator[tuple[Card, bool]]:
    """Yield the cards next to hidden parts of the graph, and whether these come before them.

    Hidden leaves, such as the bias of the last op, do not count: the formula names them.
    """
    shown = {node for card in view.cards for node in (*card.nodes, *card.steps)}
    if len(shown) == len(nodes):
        return
    read_unseen = {parent for node in nodes if node not in shown for parent in node.inputs}
    for card in view.cards:
        parents = {parent for node in card.nodes for parent in node.inputs}
        if any(parent.inputs for parent in parents - shown):
            yield card, True
        if not read_unseen.isdisjoint(card.nodes):
            yield card, False


def _is_drawable(view: View) -> bool:
    return len(view.cards) <= MOST_CARDS and len(view.arrows) <= MOST_ARROWS_A_CARD * len(
        view.cards
    )


def _ever_coarser(
    nodes: Sequence[tuple[int, Node]], groups: Mapping[Node, str], open_levels: int
) -> Iterator[View]:
    """Yield views with fewer and fewer cards: groups close first, then stretches of the order."""
    for levels in range(open_levels - 1, -1, -1):
        yield connect(fold_groups(nodes, groups, levels))
    cards = fold_groups(nodes, groups, 0)
    for blocks in (16, 8, 4, 1):
        yield connect(fold_blocks(cards, blocks))


def fold_groups(
    nodes: Sequence[tuple[int, Node]],
    groups: Mapping[Node, str],
    open_levels: int,
    repeats: Mapping[str, Repeat] | None = None,
) -> list[Card]:
    """Return a card for each node in at most ``open_levels`` groups, one for each deeper group.

    All groups of one entry of ``repeats`` share a card.
    """
    repeats = repeats or {}
    notes: dict[str, str] = {}
    members: dict[str, list[tuple[int, Node]]] = {}
    around: dict[str, str] = {}
    for index, node in nodes:
        levels = groups[node].split("/") if groups[node] else []
        is_folded = len(levels) > open_levels
        prefixes = [
            "/".join(levels[:depth]) for depth in range(1, min(len(levels), open_levels + 1) + 1)
        ]
        repeated = next((prefix for prefix in prefixes if prefix in repeats), None)
        # A node's name may be that of a group: the "/" at the end keeps the two apart.
        key = "/".join(levels[: open_levels + 1]) + "/" if is_folded else str(node.name)
        outside = "/".join(levels[:open_levels])
        if repeated is not None:
            key, outside = f"{repeats[repeated].name}/", repeated.rpartition("/")[0]
            notes[key] = repeats[repeated].note
        members.setdefault(key, []).append((index, node))
        around[key] = outside
    return [
        Card(
            pairs[0][0],
            tuple(node for _, node in pairs),
            key.removesuffix("/") if len(pairs) > 1 else str(pairs[0][1].name),
            around[key],
            notes.get(key, ""),
        )
        for key, pairs in members.items()
    ]


def fold_blocks(cards: Sequence[Card], count: int) -> list[Card]:
    """Return about ``count`` cards, each for a stretch of the order of computation."""
    size = -(-len(cards) // count)
    blocks = []
    for start in range(0, len(cards), size):
        block = cards[start : start + size]
        nodes = tuple(node for card in block for node in card.nodes)
        name = f"{block[0].name} … {block[-1].name}" if len(block) > 1 else block[0].name
        blocks.append(Card(block[0].index, nodes, name, ""))
    return blocks


def neighbourhood(nodes: Sequence[Node], centre: Node, radius: int) -> set[Node]:
    """Return the nodes at most ``radius`` edges away from ``centre``, in either direction."""
    readers: dict[Node, list[Node]] = {}
    for node in nodes:
        for parent in node.inputs:
            readers.setdefault(parent, []).append(node)
    near, edge = {centre}, {centre}
    for _ in range(radius):
        reached = {other for node in edge for other in (*node.inputs, *readers.get(node, ()))}
        edge = reached - near
        if not edge:
            break
        near |= edge
    return near


def _count(value: Any, what: str) -> int:
    if not is_whole_number(value) or value < 0:
        raise ArgumentError(f"{what} must be a whole number of at least 0; got {brief(value)}.")
    return int(value)
