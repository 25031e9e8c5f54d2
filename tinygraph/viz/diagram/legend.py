"""The legend under a diagram: the meaning of each colour, width and note."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinygraph.notation.numbers import number
from tinygraph.notation.unicode import escape
from tinygraph.viz.diagram import heatmap, style
from tinygraph.viz.diagram.cards import cell, font, role, table
from tinygraph.viz.diagram.scene import Scene

THINNEST, THICKEST = 1.6, 6.0
SPACE = "\N{NO-BREAK SPACE}"
GAP = 3 * SPACE


def label(scene: Scene) -> str:
    """Return the legend as the HTML label of the whole graph."""
    lines = [cell(_roles(scene))]
    scales = _scales(scene)
    if scales:
        lines.append(cell(_grid(scales)))
    ink = style.WRONG.line if scene.refused is not None else style.INK
    lines += [cell(font(escape(note), 10, ink)) for note in scene.view.notes]
    return table(lines, border=0, cellborder=0, cellspacing=0, cellpadding=2)


def gradient_color(strength: float) -> str:
    """Return the colour of a gradient arrow, from pale orange to dark red."""
    shades = heatmap.palette("YlOrRd")
    return shades[round((0.35 + 0.47 * strength) * (len(shades) - 1))]


def gradient_width(strength: float) -> float:
    """Return the width of a gradient arrow in points."""
    return THINNEST + (THICKEST - THINNEST) * strength


def _roles(scene: Scene) -> str:
    in_red = (scene.refused, scene.culprit)
    present = {role(card) for card in scene.view.cards if card.nodes[0] not in in_red}
    words = [
        f"{font('■', 12, paint.line)} {font(name, 10, style.INK)}"
        for name, paint in style.ROLES.items()
        if name in present
    ]
    arrows = [font("→ value", 10, style.VALUE)]
    if scene.flow.has_gradients:
        arrows.append(font("← gradient", 10, style.GRADIENT))
    if 0 in scene.flow.norms.values():
        arrows.append(font("⇠ gradient of 0", 10, style.INK))
    return GAP.join([*words, *arrows])


def _scales(scene: Scene) -> list[tuple[str, str, str]]:
    """Return a row for each scale: its meaning and low end, its colours, its high end."""
    flow, scales, rows = scene.flow, scene.flow.scales, []
    if flow.has_gradients:
        shades = [gradient_color(share) for share in np.linspace(0, 1, 16)]
        text = "arrow width and colour: ‖∂L/∂·‖, log scale"
        bar = heatmap.bar(map(heatmap.plain_cell, shades))
        rows.append((font(text, 10, style.GRADIENT), number(scales.low, 2), bar, scales.high))
    for limit, kinds in _by_limit(scales.values).items():
        beyond = ", a mask beyond" if scales.masked.intersection(kinds) else ""
        rows.append(_cells(f"cells: value of {', '.join(kinds)}{beyond}", style.VALUE, limit))
    if flow.has_gradients and scales.gradient:
        rows.append(_cells("cells: gradient, cube-root scale", style.GRADIENT, scales.gradient))
    return [
        (
            text + font(f"{GAP}{low}{SPACE}", 10, style.INK),
            bar,
            font(f"{SPACE}{number(high, 2)}", 10, style.INK),
        )
        for text, low, bar, high in rows
    ]


def _by_limit(limits: Mapping[str, float]) -> dict[float, list[str]]:
    """Return the kinds of nodes that have each limit; cells that are all 0 need no scale."""
    kinds: dict[float, list[str]] = {}
    for kind, limit in limits.items():
        if limit:
            kinds.setdefault(limit, []).append(kind)
    return kinds


def _cells(text: str, color: str, limit: float) -> tuple[str, str, str, float]:
    return font(text, 10, color), number(-limit, 2), heatmap.scale(), limit


def _grid(rows: list[tuple[str, str, str]]) -> str:
    sides = ("right", "center", "left")
    lines = "".join("<tr>" + "".join(map(_aligned, row, sides)) + "</tr>" for row in rows)
    return f'<table border="0" cellborder="0" cellspacing="3" cellpadding="0">{lines}</table>'


def _aligned(content: str, side: str) -> str:
    return cell(content, align=side)
