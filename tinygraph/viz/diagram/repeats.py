"""Blocks of the same structure: drawn once, and the others folded into one card.

Two groups are alike if they hold the same ops with the same shapes, hyperparameters and names, and
if these read each other in the same way.  Only numbered siblings are compared, such as ``block1``
and ``block2``, or the heads of one attention.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tinygraph.core.node import Node
from tinygraph.core.op import Op


class Repeat(NamedTuple):
    """Groups that are drawn as one card, because they are like another one.

    Attributes
    ----------
    name : str
        The name of the card: ``"block2 … block4"``.
    note : str
        The text of the card: ``"3 × like block1"``.
    """

    name: str
    note: str


def find_repeats(nodes: Iterable[Node], groups: Mapping[Node, str]) -> dict[str, Repeat]:
    """Return the groups that are like an earlier sibling, each with its card."""
    nodes = list(nodes)
    members: dict[str, list[Node]] = {}
    for node in nodes:
        parts = groups[node].split("/") if groups[node] else []
        for depth in range(1, len(parts) + 1):
            members.setdefault("/".join(parts[:depth]), []).append(node)
    alike: dict[tuple[Any, ...], list[str]] = {}
    for group, own in members.items():
        if len(own) > 1:
            stem = group.rstrip("0123456789")
            alike.setdefault((stem, *_structure(group, own)), []).append(group)
    found: dict[str, Repeat] = {}
    for first, *others in alike.values():
        inside = {node for group in others for node in members[group]}
        runs = [others] if _is_convex(inside, nodes) else [[group] for group in others]
        for run in filter(None, runs):
            leaf = first.rpartition("/")[2]
            name = run[0] if len(run) == 1 else f"{run[0]} … {run[-1].rpartition('/')[2]}"
            times = f"{len(run)} × " if len(run) > 1 else ""
            found |= dict.fromkeys(run, Repeat(name, f"{times}like {leaf}"))
    return found


def _structure(group: str, members: Sequence[Node]) -> tuple[Any, ...]:
    """Return the structure of a group: everything except its numbers and its place."""
    place = {node: index for index, node in enumerate(members)}
    return tuple(
        (
            type(node).__name__,
            node.shape,
            "" if node.auto_named else str(node.name).removeprefix(group),
            repr(sorted(node.hyperparameters.items())) if isinstance(node, Op) else "",
            tuple(place.get(parent, "outside") for parent in node.inputs),
        )
        for node in members
    )


def _is_convex(inside: set[Node], nodes: Sequence[Node]) -> bool:
    """Tell whether no path leaves the set and enters it again; ``nodes`` are in order."""
    after: set[Node] = set()
    for node in nodes:
        if node in inside:
            if not after.isdisjoint(node.inputs):
                return False
        elif any(parent in inside or parent in after for parent in node.inputs):
            after.add(node)
    return True
