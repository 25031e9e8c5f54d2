"""Which group a node is drawn in: that of its name, unless this would tear the picture.

Often only parameters and activations have names, ``hidden/W`` and ``hidden/h``, and the ops
between them do not.  An op without a name belongs to the group of its parameters, an activation to
the group of its input, and any other op to the group around its inputs and its readers.  A group
that the path to the output leaves and enters again, or that contains only leaves, would pull its
members out of line: it gets no frame, and its members are drawn at their ops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.viz.diagram.view import Card, View

MOST_GROUPS = 8


def group_of(nodes: Iterable[Node]) -> dict[Node, str]:
    """Return the group of each node, given in topological order; ``""`` means no group.

    >>> import tinygraph as tg
    >>> W = tg.Parameter([[1.0], [2.0]], name="out/W")
    >>> z = tg.Input("x", shape=(None, 2)) @ W
    >>> list(group_of([*z.inputs, z]).values())
    ['', 'out', 'out']
    """
    nodes = list(nodes)
    groups: dict[Node, str] = {}
    unnamed: list[Node] = []
    for node in nodes:
        groups[node] = node.group
        if (node.name is None or node.auto_named) and not node.prefix:
            unnamed.append(node)
            is_activation = node.role == "activation"
            theirs = {
                groups.get(parent, parent.group)
                for parent in node.inputs
                if is_activation or isinstance(parent, Parameter)
            }
            groups[node] = theirs.pop() if len(theirs) == 1 else ""
    return groups | _enclosing_groups(nodes, groups, unnamed)


def _enclosing_groups(
    nodes: Sequence[Node], groups: Mapping[Node, str], unnamed: Iterable[Node]
) -> dict[Node, str]:
    """Return the groups of ops without a name that lie between two members of the same group."""
    without = {node for node in unnamed if not groups[node] and node.inputs}
    before: dict[Node, set[str]] = {}
    after: dict[Node, set[str]] = {node: set() for node in nodes}
    for node in nodes:
        theirs = (before[parent] for parent in node.inputs if parent.inputs and parent in before)
        before[node] = _few(set().union(*theirs)) if node in without else {groups[node]}
    for node in reversed(nodes):
        own = _few(after[node]) if node in without else {groups[node]}
        for parent in node.inputs:
            if parent in after:
                after[parent] |= own
    return {
        node: max(
            (_common(source, reader) for source in before[node] for reader in _few(after[node])),
            key=len,
            default="",
        )
        for node in without
    }


def _few(groups: set[str]) -> set[str]:
    """Return at most ``MOST_GROUPS`` groups, so that the work stays proportional to the nodes."""
    return groups if len(groups) <= MOST_GROUPS else set(sorted(groups)[:MOST_GROUPS])


def _common(group: str, other: str) -> str:
    """Return the innermost group around both groups."""
    levels = zip(group.split("/"), other.split("/"))
    return "/".join(a for a, _ in takewhile(lambda level: level[0] == level[1], levels))


def without_torn_groups(view: View) -> list[Card]:
    """Return the cards of a view, each in the innermost group that can be drawn around it."""
    torn = {group for group, members in _members(view.cards).items() if _is_torn(members, view)}
    return [replace(card, group=_untorn(card.group, torn)) for card in view.cards]


def _members(cards: Sequence[Card]) -> dict[str, set[Card]]:
    members: dict[str, set[Card]] = {}
    for card in cards:
        for group in _prefixes(card.group):
            members.setdefault(group, set()).add(card)
    return members


def _is_torn(members: set[Card], view: View) -> bool:
    """Tell whether a group holds only leaves, or a path leads out of it and into it again."""
    if not any(card.is_folded or card.nodes[0].inputs for card in members):
        return True
    outside: set[Card] = set()
    for arrow in view.arrows:  # grouped by target, in topological order
        if arrow.target in members:
            if arrow.source in outside:
                return True
        elif arrow.source in members or arrow.source in outside:
            outside.add(arrow.target)
    return False


def _untorn(group: str, torn: set[str]) -> str:
    whole = ""
    for prefix in _prefixes(group):
        if prefix in torn:
            break
        whole = prefix
    return whole


def _prefixes(group: str) -> Iterator[str]:
    """Yield the groups around a card, outer ones first."""
    parts = group.split("/") if group else []
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])
