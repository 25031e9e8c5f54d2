"""Directives that compute their content while the book is built.

``.. terminal:: tinygraph lab2 --help`` shows a command and its output.
``.. picture::`` runs its lines of Python and draws the diagram that they assign to ``picture``.
``.. playground::`` shows its lines of Python, and the playground that they assign to ``page``.
``.. modules::`` lists every module of the package with the first line of its docstring, level by
level, in the order of ``tests/test_architecture.py``.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from frames import frame
from pictures import figure
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]


class Terminal(Directive):
    """Show a ``tinygraph`` command and its output; a command that fails stops the build."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        command = shlex.split(self.arguments[0])
        if command[0] != "tinygraph":
            raise self.error(f"terminal needs a tinygraph command; got {command[0]!r}.")
        done = subprocess.run(
            [sys.executable, "-m", *command],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        )
        if done.returncode:
            raise self.error(f"{self.arguments[0]} failed:\n{done.stderr}")
        text = f"$ {self.arguments[0]}\n{done.stdout.rstrip()}"
        return [nodes.literal_block(text, text, language="console")]


class Picture(Directive):
    """Run the content and show the diagram that it assigns to ``picture``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        names: dict[str, Any] = {}
        exec("\n".join(self.content), names)
        return [nodes.raw("", figure(names["picture"]), format="html")]


class PlaygroundPage(Directive):
    """Show the content, and the playground that it assigns to ``page``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        names: dict[str, Any] = {}
        exec(code, names)
        live = nodes.raw("", frame("playground", names["page"].html), format="html")
        return [nodes.literal_block(code, code, language="python"), live]


class Modules(Directive):
    """List the modules of the package by level, each with the first line of its docstring."""

    def run(self) -> list[nodes.Node]:
        by_level: dict[int, list[Path]] = defaultdict(list)
        levels = _levels()
        for path in sorted((ROOT / "tinygraph").rglob("*.py")):
            relative = path.relative_to(ROOT / "tinygraph")
            by_level[levels[relative.parts[0].removesuffix(".py")]].append(relative)
        result: list[nodes.Node] = []
        for level in sorted(by_level):
            result.append(nodes.rubric(text=f"Level {level}"))
            listing = nodes.field_list()
            for relative in by_level[level]:
                summary = _summary(ROOT / "tinygraph" / relative)
                listing += nodes.field(
                    "",
                    nodes.field_name(text=relative.as_posix()),
                    nodes.field_body("", nodes.paragraph(text=summary)),
                )
            result.append(listing)
        return result


def _levels() -> dict[str, int]:
    tree = ast.parse((ROOT / "tests" / "test_architecture.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "LEVELS":
            levels = enumerate(ast.literal_eval(node.value), start=1)
            return {part: level for level, parts in levels for part in parts}
    raise LookupError("tests/test_architecture.py has no LEVELS")


def _summary(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.split("\n\n")[0].replace("``", "").replace("\n", " ")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("terminal", Terminal)
    app.add_directive("picture", Picture)
    app.add_directive("playground", PlaygroundPage)
    app.add_directive("modules", Modules)
    return {"parallel_read_safe": True}
