"""The page: one HTML file with the diagram, the numbers and the scripts, without network requests.

The folder ``page/`` contains a template, a style sheet and the scripts.  The numbers are inserted
as JSON, in which each array and each formula is stored once.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.notation.mathml import mathml
from tinygraph.trace.steps import ArrayData, OutgoingData, Step
from tinygraph.viz.diagram.style import dark_rules
from tinygraph.viz.stepper import words
from tinygraph.viz.stepper.drawing import CELL_RULES
from tinygraph.viz.stepper.paths import PathSum
from tinygraph.viz.stepper.questions import Question

SCRIPTS = (
    "around.js",
    "arithmetic.js",
    "elements.js",
    "numbers.js",
    "diagram.js",
    "predict.js",
    "paths.js",
    "panel.js",
    "blocks.js",
    "stepper.js",
)
"""The scripts in the order of the page: each uses only the ones before it."""
_ABOUT_BLOCKS = re.compile(r'\s*<(\w+)[^>]* data-if="blocks".*?</\1>', re.DOTALL)


class PageData:
    """The data of the page, with each array, formula and hint stored once."""

    def __init__(self) -> None:
        self.arrays: list[Any] = []
        self.formulas: list[str] = []
        self.hints: list[str] = []
        self._places: dict[str, int] = {}

    def array(self, data: ArrayData | None) -> int | None:
        """Store an array, rounded to the visible digits, and return its position."""
        if data is None:
            return None
        plain = {
            "shape": data["shape"],
            "entries": _rounded(data["entries"]),
            "note": words.left_out(data),
        }
        return self._keep(self.arrays, plain)

    def formula(self, latex: str) -> int:
        """Store a formula as MathML, and return its position."""
        return self._keep(self.formulas, mathml(latex))

    def hint(self, text: str) -> int | None:
        """Store a hint, and return its position; return None for ""."""
        return self._keep(self.hints, text) if text else None

    def _keep(self, store: list[Any], thing: Any) -> int:
        key = json.dumps(thing)
        if key not in self._places:
            self._places[key] = len(store)
            store.append(thing)
        return self._places[key]

    def step(self, step: Step, place: Mapping[str, int]) -> dict[str, Any]:
        """Return a step of the trace for the page, with nodes as positions in the graph."""
        packed: dict[str, Any] = {
            "phase": step["phase"],
            "round": step["training_step"],
            "node": place[step["node"]],
            "heading": words.heading(step),
            "sentence": words.sentence(step),
            "symbol": self.formula(step["symbol"]),
            "value": self.array(step["value"]),
        }
        if "inputs" in step:
            packed["inputs"] = [
                {
                    "node": place[data["node"]],
                    "argument": data["argument"],
                    "symbol": self.formula(data["symbol"]),
                    "array": self.array(data["array"]),
                }
                for data in step["inputs"]
            ]
        if "incoming" in step:
            packed["incoming"] = self.array(step["incoming"])
            packed["incomingIdentifier"] = step["incoming_identifier"]
            packed["incomingSymbol"] = self.formula(step["incoming_symbol"])
        if step["phase"] == "forward":
            return packed | {"math": self.formula(step["math"]), "code": step["code"]}
        if step["phase"] == "backward":
            outgoing = [self._outgoing(leaving, place) for leaving in step["outgoing"]]
            return packed | {"outgoing": outgoing}
        return packed | self._update(step)

    def _outgoing(self, leaving: OutgoingData, place: Mapping[str, int]) -> dict[str, Any]:
        return {
            "node": place[leaving["node"]],
            "symbol": self.formula(leaving["symbol"]),
            "math": self.formula(leaving["math"]),
            "code": leaving["code"],
            "why": leaving["why"],
            "localCode": leaving["local_code"],
            "local": self.array(leaving["local"]),
            "contribution": self.array(leaving["contribution"]),
            "before": self.array(leaving["before"]),
            "total": self.array(leaving["total"]),
            "identifier": leaving["identifier"],
            "arrival": words.arrival(leaving),
        }

    def _update(self, step: Step) -> dict[str, Any]:
        return {
            "lines": [
                {
                    "name": line["name"],
                    "math": self.formula(line["math"]),
                    "code": line["code"],
                    "why": words.purpose(step, line),
                    "array": self.array(line["array"]),
                }
                for line in step["lines"]
            ],
            "settings": [
                [self.formula(words.setting_symbol(name)), f"{value:g}", name]
                for name, value in step["hyperparameters"].items()
            ],
            "memory": [[slot, self.array(data)] for slot, data in step["memory"].items()],
            "loss": words.loss_change(step),
            "after": self.array(step["after"]),
        }

    def question(self, question: Question | None) -> dict[str, Any] | None:
        """Return a question for the page."""
        if question is None:
            return None
        return {
            "text": question["text"],
            "outgoing": question["outgoing"],
            "identifier": question["identifier"],
            "symbol": self.formula(question["symbol"]),
            "array": self.array(question["array"]),
            "entry": question["entry"],
            "answer": _rounded(question["answer"]),
            "wrong": [[_rounded(value), self.hint(hint)] for value, hint in question["wrong"]],
            "choices": [
                {"array": self.array(choice["array"]), "hint": self.hint(choice["hint"])}
                for choice in question["choices"]
            ],
            "byHand": question["by_hand"],
            "canType": question["can_type"],
            "rest": question["rest"],
            "nudge": question["nudge"],
        }


def nodes_data(nodes: Sequence[Node], card_of: Mapping[Node, int]) -> list[dict[str, Any]]:
    """Return the name and the kind of each node, and the card of one that is drawn in a group."""
    data: list[dict[str, Any]] = []
    for position, node in enumerate(nodes):
        kind = type(node).__name__ if isinstance(node, Op) else node.role
        data.append({"name": str(node.name), "kind": kind})
        if card_of.get(node, position) != position:
            data[-1]["card"] = card_of[node]
    return data


def paths_data(
    sums: Mapping[Parameter, Sequence[PathSum]],
    place: Mapping[str, int],
    shapes: Mapping[Node, Any],
) -> dict[str, Any]:
    """Return the path sums for the page, by the position of the parameter."""
    return {
        str(place[str(parameter.name)]): [
            {
                "entry": list(path_sum.entry),
                "total": _rounded(path_sum.total),
                "count": path_sum.how_many,
                "largest": [
                    {
                        "product": _rounded(path.product),
                        "arrows": [
                            [place[str(node.name)], _entry(flat, shapes[node]), _rounded(factor)]
                            for node, flat, factor in path.arrows
                        ],
                    }
                    for path in path_sum.largest
                ],
            }
            for path_sum in found
        ]
        for parameter, found in sums.items()
    }


def _entry(flat: int, shape: Sequence[int]) -> list[int]:
    entry: list[int] = []
    for size in reversed(shape):
        flat, rest = divmod(flat, size)
        entry.insert(0, rest)
    return entry


def build(title: str, diagram: str, data: Mapping[str, Any]) -> str:
    """Return the whole page.

    Parameters
    ----------
    title : str
        Any text.
    diagram : str
        The ``<svg>`` element, or a message in HTML.
    data : mapping
        The input of the scripts.
    """
    folder = files("tinygraph.viz.stepper") / "page"

    def part(name: str) -> str:
        return (folder / name).read_text(encoding="utf-8")

    used = (name for name in SCRIPTS if name != "blocks.js" or data["blocks"])
    script = "\n".join(map(part, used))
    page, style = part("page.html"), part("style.css")
    if data["blocks"]:
        style += part("blocks.css")
    else:
        page = _ABOUT_BLOCKS.sub("", page)
    return fill(page, style, title, diagram, data, script=script)


def fill(
    page: str, style: str, title: str, diagram: str, data: Mapping[str, Any], **scripts: str
) -> str:
    """Return a page with its styles, its diagram, its data and its scripts."""
    return Template(page).substitute(
        title=html.escape(title),
        style=style + CELL_RULES + dark_rules(':root[data-theme="dark"] #diagram svg'),
        diagram=diagram,
        data=script_safe(json.dumps(data, separators=(",", ":"), allow_nan=False)),
        **scripts,
    )


def script_safe(text: str) -> str:
    r"""Escape JSON for a ``<script>`` element, which a ``<`` could end.

    >>> script_safe('{"name": "</script>"}')
    '{"name": "\\u003c/script>"}'
    """
    return text.replace("<", r"\u003c")


def _rounded(entries: Any) -> Any:
    """Round numbers to six digits."""
    if isinstance(entries, list):
        return [_rounded(entry) for entry in entries]
    return float(f"{entries:.6g}") if isinstance(entries, float) else entries
