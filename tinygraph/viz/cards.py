"""One card of a diagram, as a Graphviz HTML label: head, formula, shape."""

from __future__ import annotations

from tinygraph.node import Op, Parameter
from tinygraph.notation import Notation
from tinygraph.shapes import Shape
from tinygraph.viz import style
from tinygraph.viz.text import escape, shorten, unicode_math
from tinygraph.viz.view import Card

LONGEST_NAME = 16
LONGEST_FORMULA = 18


def label(card: Card, names: Notation) -> str:
    """Return the HTML label of a card."""
    paint = style.paint(role(card))
    rows = [_head(card, paint)]
    node = card.nodes[0]
    if isinstance(node, Op) and not card.is_folded and node.formula:
        text = _formula(node, names)
        rows.append(cell(font(f"<i>{escape(text)}</i>", 10, style.INK), cellpadding=3))
    rows.append(cell(_body(card), port="v", cellpadding=3))
    return table(
        rows,
        border=1,
        cellborder=0,
        cellspacing=0,
        cellpadding=4,
        color=paint.line,
        bgcolor=paint.fill,
    )


def role(card: Card) -> str:
    """Return the role that a card is painted by."""
    return "group" if card.is_folded else card.nodes[0].role


def kind(card: Card) -> str:
    """Return what a card is, in words."""
    if card.is_folded:
        return "group"
    node = card.nodes[0]
    return type(node).__name__ if isinstance(node, Op) else node.role


def times(shape: Shape) -> str:
    """Return a shape as it is read aloud: ``"B×4"``.

    >>> times((None, 4)), times(())
    ('B×4', 'scalar')
    """
    return "×".join("B" if size is None else str(size) for size in shape) or "scalar"


def _head(card: Card, paint: style.Paint) -> str:
    name = f"<b>{escape(shorten(card.label, LONGEST_NAME))}</b>"
    head = font(name, 12, style.HEAD_INK)
    # A node that was named after its op says what it is already.
    if card.is_folded or not card.nodes[0].auto_named:
        head += "<br/>" + font(escape(shorten(kind(card), LONGEST_NAME)), 8, style.HEAD_INK)
    return cell(head, bgcolor=paint.line)


def _formula(op: Op, names: Notation) -> str:
    """Return an op's formula in this graph's symbols or, to keep the card narrow, in its own."""
    text = unicode_math(names.math(op, op.formula))
    if len(text) > LONGEST_FORMULA:
        text = unicode_math(op.formula)
    return shorten(text, LONGEST_FORMULA)


def _body(card: Card) -> str:
    if not card.is_folded:
        return font(times(card.nodes[0].shape), 9, style.VALUE)
    lines = [f"{len(card.nodes):,} nodes"]
    sizes = [node.value.size for node in card.nodes if isinstance(node, Parameter)]
    if sizes:
        lines += [f"{len(sizes):,} parameters", f"({sum(sizes):,} numbers)"]
    return "<br/>".join(font(line, 9, style.INK) for line in lines)


def font(text: str, size: int, color: str) -> str:
    """Return ``text``, already escaped, in a size and a colour."""
    return f'<font point-size="{size}" color="{color}">{text}</font>'


def cell(content: str, **attributes: object) -> str:
    """Return one table cell."""
    return f"<td{_written(attributes)}>{content}</td>"


def table(cells: list[str], **attributes: object) -> str:
    """Return a table of one column."""
    rows = "".join(f"<tr>{cell}</tr>" for cell in cells)
    return f"<table{_written(attributes)}>{rows}</table>"


def _written(attributes: dict[str, object]) -> str:
    return "".join(f' {key}="{value}"' for key, value in attributes.items())
