"""A loop over steps as Python text: its lines, and the objects that the names in them refer to.

Bound methods, views and constant arrays are created before the loop begins, so the loop contains
only names. This module does not decide which lines there are.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.compile.targets.names import Names, in_comment
from tinygraph.core.node import Node

_KEYWORD_OUT = {np.maximum, np.minimum}  # NumPy 2.4 deprecates a third argument by position there
_number = itertools.count(1)


class Script:
    """The text of a loop, line by line.

    Attributes
    ----------
    names : Names
        The names taken so far.
    bound : list
        The arguments of the loop besides its places, in order.

    >>> script = Script()
    >>> place = script.per_step("loss")
    >>> script.line(f"{script.bind(np.copyto, 'copyto')}({place}, 0.5)")
    >>> print(script.source())
    def run(
        places,
        copyto,
    ):
        for loss in places:
            copyto(loss, 0.5)
    <BLANKLINE>
    """

    def __init__(self) -> None:
        self.names = Names(("places", "run"))
        self.bound: list[Any] = []
        self._name_of: dict[int, str] = {}
        self._per_step: list[str] = []
        self._lines: list[tuple[str, str]] = []

    def per_step(self, label: str) -> str:
        """Return a name for an object that changes from step to step."""
        self._per_step.append(self.names.of(label))
        return self._per_step[-1]

    def bind(self, thing: Any, label: str) -> str:
        """Return the name that ``thing`` has in the loop."""
        if id(thing) not in self._name_of:
            self._name_of[id(thing)] = self.names.of(label)
            self.bound.append(thing)
        return self._name_of[id(thing)]

    def line(self, text: str, node: Node | None = None) -> None:
        """Add a line; a comment at its end names its node."""
        self._lines.append((text, "" if node is None else f"  # {in_comment(str(node.name))}"))

    def call(self, function: Any, arguments: list[str], out: str, node: Node | None = None) -> None:
        """Add a line that calls a function and writes the result to ``out``."""
        name = self.bind(function, getattr(function, "__name__", "call"))
        last = f"out={out}" if function in _KEYWORD_OUT else out
        self.line(f"{name}({', '.join([*arguments, last])})", node)

    def source(self) -> str:
        """Return the loop as Python text."""
        names = "".join(f"    {name},\n" for name in self._name_of.values())
        width = max((len(text) for text, _ in self._lines), default=0)
        body = "".join(
            f"        {text:<{width if note else 0}}{note}\n" for text, note in self._lines
        )
        return (
            f"def run(\n    places,\n{names}):\n"
            f"    for {', '.join(self._per_step)} in places:\n{body or '        pass'}"
        )


def compiled(source: str) -> Callable[..., None]:
    """Return the loop as a function; tracebacks and debuggers find its text while it exists."""
    filename = f"<tinygraph numpy program {next(_number)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    namespace: dict[str, Any] = {}
    exec(compile(source, filename, "exec"), namespace)
    run: Callable[..., None] = namespace.pop("run")  # so it is freed with its program
    weakref.finalize(run, linecache.cache.pop, filename, None)
    return run
