"""The ids of the parts of a picture, in DOT and in SVG.

Let *i* and *j* be places in ``Graph.nodes`` (of a folded group: the place of its first node) and
``tg`` the prefix of the diagram (``Diagram.prefix``: each diagram of a page has its own).  Then an
SVG element can be found by:

=============== ================== ============================================================
element         id                 class, and data attributes
=============== ================== ============================================================
card            ``tg-n-i``         ``node tg-<role>``; ``data-node="i"``
value panel     ``tg-v-i``         ``tg-value``; ``data-node="i"``
gradient panel  ``tg-d-i``         ``tg-grad``; ``data-node="i"``
diagnosis       ``tg-m-i-k``       ``tg-mark``; ``data-node="i"``
value arrow     ``tg-f-i-j``       ``edge tg-forward``; ``data-from="i" data-to="j"``
gradient arrow  ``tg-b-i-j``       ``edge tg-backward``; ``data-from="i" data-to="j"``
cluster         ``tg-c-k``         ``cluster``
=============== ================== ============================================================

*from* and *to* are those of the value: a gradient arrow carries ∂L/∂(value of *i*) from *j* back to
*i*.  Where *j* reads *i* more than once, the second arrow is ``tg-f-i-j-1``, and so on.
"""

from __future__ import annotations

from tinygraph.viz.diagram.view import Arrow, Card, View

PREFIX = "tg"


def dot_name(name: str) -> str:
    r"""Return a node's name as an identifier in DOT, without characters that DOT interprets.

    >>> dot_name("layer1/W"), dot_name('a:b"\\')
    ('layer1/W', 'a~3A~b~22~~5C~')
    """
    # Not as %3A: Graphviz keeps names that begin with % to itself.
    return "".join(c if c.isprintable() and c not in '~%:"\\<>&' else f"~{ord(c):X}~" for c in name)


def card_name(card: Card) -> str:
    """Return the identifier of a card in DOT."""
    # A group and a node can have the same name.
    return dot_name(f"{card.name}/" if card.is_folded else card.name)


def card_id(card: Card) -> str:
    """Return the id of a card."""
    return f"{PREFIX}-n-{card.index}"


def arrow_id(letter: str, arrow: Arrow) -> str:
    """Return the id of an arrow: ``f`` for its value, ``b`` for its gradient."""
    again = f"-{arrow.number}" if arrow.number else ""
    return f"{PREFIX}-{letter}-{arrow.source.index}-{arrow.target.index}{again}"


def clusters(view: View) -> dict[str, str]:
    """Return the id of each group with a card in it, and of those around it, outer ones first."""
    groups: dict[str, str] = {}
    for card in view.cards:
        parts = card.group.split("/") if card.group else []
        for depth in range(1, len(parts) + 1):
            if group := "/".join(parts[:depth]):  # "/a" has no outermost group
                groups.setdefault(group, f"{PREFIX}-c-{len(groups)}")
    return groups


def panel_id(port: str, card: Card) -> str:
    """Return the id of a panel of a card: ``v`` for its value, ``d`` for its gradient."""
    return f"{PREFIX}-{port}-{card.index}"


def mark_id(card: Card, number: int) -> str:
    """Return the id of a finding of :func:`tinygraph.diagnose` on its card."""
    return f"{PREFIX}-m-{card.index}-{number}"


def cut_id(card: Card, is_before: bool) -> str:
    """Return the id of the dots where a part of the graph is not shown."""
    return f"{PREFIX}-x-{card.index}-{int(is_before)}"
