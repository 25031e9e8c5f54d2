"""The page: one HTML file with the diagram, the programs, the data and the scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from tinygraph.compile.targets.javascript.program import library
from tinygraph.viz.stepper.page import fill

SHARED = ("around.js", "elements.js", "numbers.js")
"""The scripts that the page shares with the stepper's."""
SCRIPTS = (
    *("arrays.js", "samples.js", "run.js", "diagnosis.js", "colours.js", "diagram.js", "views.js"),
    *("fields.js", "drawing.js", "pictures.js", "tables.js"),
    *("outline.js", "curves.js", "walk.js", "node.js", "hash.js", "export.js", "task.js"),
    *("playground.js", "controls.js"),
)
"""The scripts in the order of the page."""


def build(
    title: str,
    diagram: str,
    data: Mapping[str, Any],
    networks: Mapping[str, str],
    updates: Mapping[str, str],
) -> str:
    """Return the whole page.

    Parameters
    ----------
    title : str
        Any text.
    diagram : str
        The ``<svg>`` element, or a message in HTML.
    data : mapping
        The input of the scripts.
    networks, updates : mapping
        The printed functions, by the names of activations and of optimizers.
    """
    own = files("tinygraph.viz.playground") / "page"
    stepper = files("tinygraph.viz.stepper") / "page"
    javascript = files("tinygraph.compile.targets.javascript") / "library"
    programs = "\n".join(
        [
            library(" ".join([*networks.values(), *updates.values()])),
            (javascript / "shuffle.js").read_text(encoding="utf-8"),
            _table("NETWORKS", networks),
            _table("UPDATES", updates),
        ]
    )
    scripts = [(stepper / name).read_text(encoding="utf-8") for name in SHARED]
    scripts += [(own / name).read_text(encoding="utf-8") for name in _scripts(data, diagram)]
    return fill(
        (own / "page.html").read_text(encoding="utf-8"),
        (own / "style.css").read_text(encoding="utf-8"),
        title,
        _shortened(diagram),
        data,
        programs=programs.replace("</", r"<\/").replace("<!--", r"<\!--"),
        script="\n".join(scripts),
    )


def _shortened(diagram: str) -> str:
    """Leave out what the page sets itself: where texts are anchored, and the colours of cells."""
    cells = re.sub(r'<rect (?:class="n" )?fill="[^"]*" x=', "<rect x=", diagram)
    return cells.replace(' text-anchor="middle"', "")


def _scripts(data: Mapping[str, Any], diagram: str) -> list[str]:
    """Return the scripts of a page: only those that its data and its diagram need."""
    needed = {
        "fields.js": data["plane"],
        "drawing.js": data["plane"],
        "pictures.js": data["pictures"] and not data["plane"],
        "tables.js": not data["plane"],
        "outline.js": not diagram.startswith("<svg"),
    }
    return [name for name in SCRIPTS if needed.get(name, True)]


def _table(name: str, functions: Mapping[str, str]) -> str:
    """Return functions as the properties of one object."""
    lines = [f"{json.dumps(key)}: {text.strip()}," for key, text in functions.items()]
    return "\n".join([f"const {name} = {{", *lines, "};"])
