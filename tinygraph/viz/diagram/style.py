"""Colours, fonts and widths of a diagram, in one place.

Values are blue and gradients orange, which readers with any kind of colour vision tell apart; the
roles differ in lightness and are written in words too, so a grey print says the same.
"""

from __future__ import annotations

from typing import NamedTuple


class Paint(NamedTuple):
    """The two colours of a card: its body, and its head and border."""

    fill: str
    line: str


ROLES: dict[str, Paint] = {
    "input": Paint("#e8f1fa", "#0067a3"),
    "parameter": Paint("#fff6e0", "#8a5c00"),
    "constant": Paint("#f5f0fa", "#6b4c9a"),
    "linear": Paint("#f3f4f6", "#4b5563"),
    "activation": Paint("#e3f4ee", "#00755a"),
    "loss": Paint("#fbe7dc", "#b04600"),
    "arithmetic": Paint("#eef2f5", "#35586b"),
    "group": Paint("#f5f5f4", "#292524"),
}
"""The paint of each role, in the order of the legend."""

FONT = "Helvetica,Arial,DejaVu Sans,sans-serif"
PAPER = "#ffffff"
INK = "#374151"
HEAD_INK = "#ffffff"
CLUSTER = Paint("#fafafa", "#d1d5db")
VALUE = "#0067a3"
GRADIENT = "#b04600"
GRADIENT_PAPER = "#fffffe"
NO_GRADIENT = "#9ca3ae"
NON_FINITE = "#000001"
CELL_BORDER = "#9ca3af"
WRONG = Paint("#fde8e8", "#c81e1e")

GRAPH = {
    "rankdir": "LR",
    "newrank": "true",  # a cluster's nodes are ordered with all others, not by themselves
    "nodesep": "0.3",
    "ranksep": "0.6",
    "pad": "0.15",
    "bgcolor": PAPER,
    "fontname": FONT,
    "fontsize": "12",
    "labelloc": "b",
}
NODE = {"shape": "plain", "fontname": FONT, "fontsize": "11"}
EDGE = {
    "color": VALUE,
    "penwidth": "1.2",
    "arrowsize": "0.6",
    "fontname": FONT,
    "fontsize": "9",
}

# On a dark page each colour of the light one has a counterpart.
DARK = {
    PAPER: "#14181f",
    GRADIENT_PAPER: "#14181e",
    INK: "#d1d5db",
    CLUSTER.fill: "#1a2026",
    CLUSTER.line: "#3b4350",
    "#e8f1fa": "#15293a",
    "#fff6e0": "#33270f",
    "#f5f0fa": "#272036",
    "#f3f4f6": "#262b33",
    "#e3f4ee": "#123028",
    "#fbe7dc": "#3a2215",
    "#eef2f5": "#1d2a33",
    "#f5f5f4": "#2a2927",
    WRONG.fill: "#3d1a1a",
}
DARK_LINES = {VALUE: "#6db8ee", GRADIENT: "#ff9a5c", WRONG.line: "#ff8080"}


def cell_rules(scope: str) -> str:
    """Return CSS that leaves no seams between the cells of a heat map."""
    cells = (f'{scope} polygon[stroke="{absent}"]' for absent in ("none", "transparent"))
    return f"{','.join(cells)}{{shape-rendering:crispEdges}}"


def dark_rules(scope: str) -> str:
    """Return CSS that turns a diagram dark, for the elements under the selector ``scope``."""
    fills = [
        f'{scope} polygon[fill="{light}"],{scope} path[fill="{light}"]{{fill:{dark}}}'
        for light, dark in DARK.items()
    ]
    strokes = [
        f'{scope} [stroke="{light}"]{{stroke:{dark}}}'
        for light, dark in {CLUSTER.line: DARK[CLUSTER.line], VALUE: DARK_LINES[VALUE]}.items()
    ]
    heads = [
        f'{scope} .edge polygon[fill="{VALUE}"]{{fill:{DARK_LINES[VALUE]}}}',
    ]
    texts = [
        f'{scope} text[fill="{light}"],{scope} tspan[fill="{light}"]{{fill:{dark}}}'
        for light, dark in {INK: DARK[INK], **DARK_LINES}.items()
    ]
    return "".join([*fills, *strokes, *heads, *texts])
