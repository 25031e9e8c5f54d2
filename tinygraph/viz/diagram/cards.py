"""One card of a diagram, as a Graphviz HTML label: head, formula, value, gradient."""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph.core.leaves import Constant, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.numbers import number
from tinygraph.notation.unicode import escape, shorten, unicode_math
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape
from tinygraph.viz.diagram import heatmap, style
from tinygraph.viz.diagram.identity import mark_id, panel_id
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.view import Card

LONGEST_NAME = 16
LONGEST_FORMULA = 18


def label(card: Card, scene: Scene) -> str:
    """Return the HTML label of a card."""
    is_wrong = card.nodes[0] in (scene.refused, scene.culprit)
    paint = style.WRONG if is_wrong else style.ROLES[role(card)]
    rows = [_head(card, paint)]
    node = card.nodes[0]
    if not card.is_folded and isinstance(node, Op) and node.formula:
        # Slanted letters lean out of the room that Graphviz gives them: hence a space each side.
        text = f"\N{NO-BREAK SPACE}{escape(_formula(node, scene))}\N{NO-BREAK SPACE}"
        rows.append(cell(font(f"<i>{text}</i>", 10, style.INK), cellpadding=3))
    rows.append(_value_panel(card, paint, scene))
    if has_gradient_panel(card, scene):
        rows.append(_gradient_panel(card, paint, scene))
    marks = [mark for member in card.nodes for mark in scene.marks.get(member, ())]
    rows += [_mark(mark, mark_id(card, k)) for k, mark in enumerate(marks[:3])]
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
    """Return the role that a card is painted by; one that nobody has heard of is arithmetic."""
    own = "group" if card.is_folded else card.nodes[0].role
    return own if own in style.ROLES else "arithmetic"


def kind(card: Card) -> str:
    """Return what a card is, in words."""
    if card.is_folded:
        return "group"
    node = card.nodes[0]
    return type(node).__name__ if isinstance(node, Op) else node.role


def times(shape: Shape) -> str:
    """Return a shape as it is read aloud.

    >>> times((None, 4)), times(())
    ('B×4', 'scalar')
    """
    return "×".join("B" if size is None else str(size) for size in shape) or "scalar"


def has_gradient_panel(card: Card, scene: Scene) -> bool:
    """Tell whether a card says something about its gradient."""
    if not scene.flow.has_gradients:
        return False
    if card.is_folded:
        return scene.flow.gradient_norm(card) is not None
    return not isinstance(card.nodes[0], Constant)


def _head(card: Card, paint: style.Paint) -> str:
    # A folded card stands for many, so it may be wider, and name the first and the last.
    longest = 2 * LONGEST_NAME if card.is_folded else LONGEST_NAME
    name = f"<b>{escape(shorten(card.label, longest))}</b>"
    lines = [font(name, 12, style.HEAD_INK)]
    # A node that was named after its op says what it is already.
    if card.is_folded or not _is_named_after_op(card.nodes[0]):
        lines.append(font(escape(shorten(kind(card), LONGEST_NAME)), 8, style.HEAD_INK))
    return cell("<br/>".join(lines), bgcolor=paint.line)


def _formula(op: Op, scene: Scene) -> str:
    """Return an op's formula in this graph's symbols, with dots for those that take much room.

    Never in the op's own letters, which a reader would take for nodes of this graph.
    """
    by_room = sorted(
        op.inputs,
        key=lambda node: (_is_named_after_op(node), len(scene.notation.symbol(node))),
    )
    unsaid = {node for node in op.inputs if node.name is None}
    text = unicode_math(scene.notation.math(op, op.formula, unsaid))
    while len(text) > LONGEST_FORMULA and by_room:
        unsaid.add(by_room.pop())
        text = unicode_math(scene.notation.math(op, op.formula, unsaid))
    return shorten(text, LONGEST_FORMULA)


def _is_named_after_op(node: Node) -> bool:
    return node.name is None or node.auto_named


def _value_panel(card: Card, paint: style.Paint, scene: Scene) -> str:
    node = card.nodes[0]
    if card.is_folded:
        content = _count(card.nodes)
    elif node is scene.refused:
        content = [font(f"got {times(p.shape)}", 9, style.WRONG.line) for p in node.inputs]
    elif scene.flow.has_values and node.value is not None:
        content = _array(node.value, scene.flow.value_limit, is_gradient=False)
        content.append(font(times(node.value.shape), 9, style.VALUE) if node.value.ndim else "")
    else:
        content = [font(times(node.shape), 9, style.VALUE)]
    return _panel("v", card, content, paint.fill)


def _gradient_panel(card: Card, paint: style.Paint, scene: Scene) -> str:
    size = scene.flow.gradient_norm(card)
    node = card.nodes[0]
    if size is None:
        words = font("<i>no gradient<br/>computed</i>", 9, style.INK)
        return _panel("d", card, [words], paint.fill)
    content: list[str] = []
    if not card.is_folded and node.grad is not None:
        content = _array(node.grad, scene.flow.gradient_limit, is_gradient=True)[: node.grad.ndim]
    content.append(font(f"‖∇‖ {number(size, 2)}", 9, style.GRADIENT))
    if not card.is_folded and scene.flow.readers[node] > 1:
        content.append(font(f"Σ of {scene.flow.readers[node]}", 9, style.GRADIENT))
    return _panel("d", card, content, style.GRADIENT_PAPER)


def _array(array: Array, limit: float, is_gradient: bool) -> list[str]:
    """Return an array as a thumbnail, a scalar as its number, an empty one as nothing."""
    if array.ndim == 0:
        return [font(number(float(array), 3), 9, style.VALUE)]
    return [heatmap.cells(array, limit, is_gradient)] if array.size else []


def _mark(mark: str, identity: str) -> str:
    text = font(f"<b>! {escape(mark)}</b>", 9, style.WRONG.line)
    return cell(text, bgcolor=style.WRONG.fill, title="diagnosis", id=identity)


def _count(nodes: Sequence[Node]) -> list[str]:
    lines = [f"{len(nodes):,} nodes"]
    sizes = [node.value.size for node in nodes if isinstance(node, Parameter)]
    if sizes:
        lines += [f"{len(sizes):,} parameters", f"({sum(sizes):,} numbers)"]
    return [font(line, 9, style.INK) for line in lines]


def _panel(port: str, card: Card, content: Sequence[str], background: str) -> str:
    """Return the cell that arrows end at; its id is what a page finds it by."""
    rows = [cell(line) for line in content if line]
    inner = table(rows, border=0, cellborder=0, cellspacing=0, cellpadding=2) if rows else ""
    title = "value" if port == "v" else "gradient"
    identity = {"title": title, "id": panel_id(port, card)}
    return cell(inner, port=port, cellpadding=2, bgcolor=background, **identity)


def font(text: str, size: int, color: str) -> str:
    """Return ``text``, already escaped, in a size and a colour."""
    return f'<font point-size="{size}" color="{color}">{text}</font>'


def cell(content: str, **attributes: object) -> str:
    """Return one table cell."""
    return f"<td{_written(attributes)}>{content}</td>"


def table(cells: Sequence[str], **attributes: object) -> str:
    """Return a table of one column."""
    rows = "".join(f"<tr>{cell}</tr>" for cell in cells)
    return f"<table{_written(attributes)}>{rows}</table>"


def _written(attributes: dict[str, object]) -> str:
    return "".join(f' {key}="{value}"' for key, value in attributes.items())
