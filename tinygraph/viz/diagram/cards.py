"""One card of a diagram, as a Graphviz HTML label: head, formula, value, gradient."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from tinygraph.core.backward_names import is_named_after_op
from tinygraph.core.leaves import Constant, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.numbers import number
from tinygraph.notation.operands import constant_number
from tinygraph.notation.unicode import escape, shorten, shorten_name, unicode_math
from tinygraph.validation.shapes import Shape
from tinygraph.viz.diagram import heatmap, style
from tinygraph.viz.diagram.flow import kind_of
from tinygraph.viz.diagram.heatmap import MOST_CELLS, Sample
from tinygraph.viz.diagram.identity import mark_id, panel_id
from tinygraph.viz.diagram.scene import Scene
from tinygraph.viz.diagram.view import Card

LONGEST_NAME = 16
LONGEST_LINE = 22
MOST_LINES = 3
SHORT_SYMBOL = 9
"""The length in LaTeX of a symbol too short to be replaced by dots, such as ``W_{12}``."""


def label(card: Card, scene: Scene) -> str:
    """Return the HTML label of a card."""
    is_wrong = card.nodes[0] in (scene.refused, scene.culprit)
    paint = style.WRONG if is_wrong else style.ROLES[role(card)]
    rows = [_head(card, paint)]
    node = card.nodes[0]
    if not card.is_folded and isinstance(node, Op) and node.formula:
        # Graphviz underestimates the width of italic letters: hence a space on each side.
        space = "\N{NO-BREAK SPACE}"
        lines = [f"<i>{space}{escape(line)}{space}</i>" for line in formula_lines(node, scene)]
        rows.append(cell(font("<br/>".join(lines), 10, style.INK), cellpadding=3))
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
    """Return the role that decides the colours of a card; an unknown role counts as arithmetic."""
    own = "group" if card.is_folded else card.nodes[0].role
    return own if own in style.ROLES else "arithmetic"


def kind(card: Card) -> str:
    """Return the kind of a card: the class of an op, or the role of another node."""
    if card.is_folded:
        return card.note or "group"
    node = card.nodes[0]
    return type(node).__name__ if isinstance(node, Op) else node.role


def times(shape: Shape) -> str:
    """Return a shape in words.

    >>> times((None, 4)), times(())
    ('B×4', 'scalar')
    """
    return "×".join("B" if size is None else str(size) for size in shape) or "scalar"


def has_gradient_panel(card: Card, scene: Scene) -> bool:
    """Tell whether a card has a panel for its gradient."""
    if not scene.flow.has_gradients:
        return False
    if card.is_folded:
        return scene.flow.gradient_norm(card) is not None
    return not isinstance(card.nodes[0], Constant)


def _head(card: Card, paint: style.Paint) -> str:
    # A folded card can name its first and its last node, so it may be wider.
    longest = 2 * LONGEST_NAME if card.is_folded else LONGEST_NAME
    name = f"<b>{escape(shorten_name(head_text(card, card.label), longest))}</b>"
    lines = [font(name, 12, style.HEAD_INK)]
    if names_its_kind(card):
        lines.append(font(escape(shorten(kind(card), longest)), 8, style.HEAD_INK))
    return cell("<br/>".join(lines), bgcolor=paint.line)


def names_its_kind(card: Card) -> bool:
    """Tell whether the head says what the card is: the automatic name of an op contains it."""
    node = card.nodes[0]
    return card.is_folded or not isinstance(node, Op) or not is_named_after_op(node)


def head_text(card: Card, name: str) -> str:
    """Return the title of a card: its name, or the number of a constant without a name."""
    value = None if card.is_folded else constant_number(card.nodes[0])
    return name if value is None else number(value, 6)


def formula_lines(op: Op, scene: Scene) -> list[str]:
    """Return the lines of an op's formula in this graph's symbols.

    The longest names become dots if there is not enough room.  A formula that cannot be set as
    text becomes the name of the op.  The op's own letters are never used: they would be taken for
    nodes of this graph.
    """
    by_room = sorted(
        op.inputs,
        key=lambda node: (
            scene.notation.operand(node) == scene.notation.symbols[node]
            and is_named_after_op(node),
            len(scene.notation.operand_in(op, op.inputs.index(node))),
        ),
    )
    unsaid = {node for node in op.inputs if node.name is None and constant_number(node) is None}
    lines = _lines(unicode_math(scene.notation.math(op, op.formula, unsaid)))
    while len(lines) > 1 and by_room:
        longest = by_room.pop()
        if (
            len(scene.notation.operand_in(op, op.inputs.index(longest))) <= SHORT_SYMBOL
            and longest not in unsaid
        ):
            break
        unsaid.add(longest)
        lines = _lines(unicode_math(scene.notation.math(op, op.formula, unsaid)))
    if lines and len(lines) <= MOST_LINES:
        return lines
    names = ", ".join("…" if n in unsaid else _symbol(n, scene) for n in op.inputs)
    return [f"{shorten(type(op).__name__, LONGEST_NAME)}({shorten(names, LONGEST_LINE)})"]


def _symbol(node: Node, scene: Scene) -> str:
    return unicode_math(scene.notation.operand(node)) or "…"


def _lines(formula: str) -> list[str]:
    """Break a formula at its spaces into lines that fit on a card."""
    return textwrap.wrap(formula, LONGEST_LINE, break_long_words=False, break_on_hyphens=False)


def _value_panel(card: Card, paint: style.Paint, scene: Scene) -> str:
    node = card.nodes[0]
    shown = scene.flow.values.get(node)
    if card.is_folded:
        content = _count(card.nodes)
    elif node is scene.refused:
        content = [font(f"got {times(p.shape)}", 9, style.WRONG.line) for p in node.inputs]
    elif shown is not None:
        limit = scene.flow.scales.values.get(kind_of(node), 0.0)
        content = _array(shown, limit, is_gradient=False)
        if shown.shape:
            content.append(font(times(shown.shape), 9, style.VALUE))
        content += [font(note, 8, style.INK) for note in shown.notes]
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
    shown = scene.flow.gradients.get(node)
    if shown is not None and shown.shape:
        content = _array(shown, scene.flow.scales.gradient, is_gradient=True)
    content.append(font(gradient_text(card, scene), 9, style.GRADIENT))
    if not card.is_folded and scene.flow.readers[node] > 1:
        content.append(font(f"Σ of {scene.flow.readers[node]}", 9, style.GRADIENT))
    return _panel("d", card, content, style.GRADIENT_PAPER)


def gradient_text(card: Card, scene: Scene) -> str:
    """Return the norm of a gradient; of a scalar, its gradient with its sign."""
    shown = scene.flow.gradients.get(card.nodes[0])
    size = scene.flow.gradient_norm(card)
    if size is None:
        return "no gradient computed"
    if shown is not None and not shown.shape:
        return f"∇ {number(float(shown.cells[0, 0]), 3)}"
    return f"‖∇‖ {number(size, 2)}"


def size_text(shown: Sample) -> str:
    """Return the shape of a value; of a scalar, its number."""
    return times(shown.shape) if shown.shape else number(float(shown.cells[0, 0]), 3)


def _array(shown: Sample, limit: float, is_gradient: bool) -> list[str]:
    """Return a heat map; for a scalar its number, for class labels their numbers."""
    if not shown.shape:
        return [font(number(float(shown.cells[0, 0]), 3), 9, style.VALUE)]
    if not shown.cells.size:
        return []
    if shown.cells.dtype.kind in "iu":
        labels = ", ".join(map(str, shown.cells.ravel()[:MOST_CELLS]))
        return [font(labels + ", …" * (shown.cells.size > MOST_CELLS), 9, style.VALUE)]
    return [heatmap.table(shown, limit, is_gradient)]


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
    """Return the cell at which arrows end; pages find it by its id."""
    rows = [cell(line) for line in content if line]
    inner = table(rows, border=0, cellborder=0, cellspacing=0, cellpadding=2) if rows else ""
    title = "value" if port == "v" else "gradient"
    identity = {"title": title, "id": panel_id(port, card)}
    return cell(inner, port=port, cellpadding=2, bgcolor=background, **identity)


def font(text: str, size: int, color: str) -> str:
    """Return escaped text in a size and a colour."""
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
