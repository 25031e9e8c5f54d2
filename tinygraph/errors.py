"""All errors that a user can meet; each is also the most similar built-in error.

A message states the rule, what arrived, the name of the node, and how to correct it. Catch
:class:`TinygraphError` to catch all of them, or the built-in (``ValueError``, ``TypeError``, …)
that fits. Bugs of tinygraph itself stay ordinary Python errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from difflib import get_close_matches
from typing import Any


class TinygraphError(Exception):
    """The base class of all errors that tinygraph raises on purpose.

    >>> import tinygraph as tg
    >>> try:
    ...     tg.lab2.model()["layer1/w"]
    ... except TinygraphError as error:
    ...     print(str(error)[:68])
    No node of this graph is called 'layer1/w'. Did you mean "layer1/W"?
    """

    def __str__(self) -> str:
        # KeyError would print the repr of its message, in quotes.
        return str(self.args[0]) if self.args else ""


class ShapeError(TinygraphError, ValueError):
    """Shapes that do not fit together; ``node`` is the op that refused them.

    In a notebook, the error shows the graph so far, with that op in red.
    """

    def __init__(self, message: str, node: Any = None) -> None:
        super().__init__(message)
        self.node = node
        self._is_shown = False

    @property
    def diagram(self) -> Any:
        """The graph so far as a :class:`tinygraph.Diagram`; None if no node is known."""
        return _illustrator(self) if _illustrator and self.node is not None else None

    def _render_traceback_(self) -> list[str]:
        """Show the picture, and return the traceback that IPython prints below it."""
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        # Only a notebook has a kernel. IPython calls this twice: once to show the error, once to
        # store it.
        if hasattr(shell, "kernel") and not self._is_shown:
            self._is_shown = True
            with suppress(Exception):  # a picture that fails must not hide the error
                display(self.diagram)  # type: ignore[no-untyped-call]
        lines: list[str] = shell.InteractiveTB.structured_traceback(
            type(self), self, self.__traceback__
        )
        return lines


class DtypeError(TinygraphError, TypeError):
    """Numbers of a type that tinygraph does not support."""


class ArgumentError(TinygraphError, ValueError):
    """An argument of the right type with a value that is not allowed."""


class ArgumentTypeError(TinygraphError, TypeError):
    """An argument of the wrong type, or the wrong number of arguments."""


class FeedError(TinygraphError, KeyError):
    """An input without a feed, or a feed without an input."""


class MissingAttributeError(TinygraphError, AttributeError):
    """A node does not have the attribute of an array that was asked for."""


class UnknownNameError(TinygraphError, KeyError):
    """No node of the graph has the requested name."""


class DuplicateNameError(TinygraphError, ValueError):
    """Two nodes of one graph have the same name."""


class CycleError(TinygraphError, ValueError):
    """A node depends on itself, so no order of computation exists."""


class StateError(TinygraphError, RuntimeError):
    """A call that came too early: the numbers that it needs were not computed yet."""


class LayoutError(TinygraphError, RuntimeError):
    """Graphviz, which lays out the diagrams, is missing or failed."""


class OpError(TinygraphError, RuntimeError):
    """The code of an op failed or broke its contract; ``node`` is that op."""

    def __init__(self, message: str, node: Any = None) -> None:
        super().__init__(message)
        self.node = node


class OptimizerError(TinygraphError, RuntimeError):
    """The ``update`` of an optimizer failed or broke its contract; ``optimizer`` is that one."""

    def __init__(self, message: str, optimizer: Any = None) -> None:
        super().__init__(message)
        self.optimizer = optimizer


class CompileError(TinygraphError, NotImplementedError):
    """The graph cannot be compiled: it does more than array operations can express."""


class GradientError(TinygraphError, ArithmeticError):
    """A wrong derivative; ``node`` is its op, and ``report`` has all comparisons."""

    def __init__(self, message: str, node: Any = None, report: Any = None) -> None:
        super().__init__(message)
        self.node = node
        self.report = report


class CheckpointError(TinygraphError, ValueError):
    """A file that is not a complete checkpoint, or that belongs to another model."""


class FileError(TinygraphError, OSError):
    """A file that could not be read or written."""


class NonFiniteError(TinygraphError, FloatingPointError):
    """Training produced NaN or infinity; ``node``, ``epoch`` and ``history`` say where."""

    def __init__(
        self, message: str, node: Any = None, epoch: int | None = None, history: Any = None
    ) -> None:
        super().__init__(message)
        self.node = node
        self.epoch = epoch
        self.history = history


_illustrator: Callable[[ShapeError], Any] | None = None


def illustrate_with(illustrator: Callable[[ShapeError], Any]) -> None:
    """Register the function that draws a shape error: this module imports no drawing code."""
    global _illustrator
    _illustrator = illustrator


def did_you_mean(name: object, valid: Iterable[str]) -> str:
    """Return the end of an error message: the most similar valid name, and all valid names.

    >>> did_you_mean("learner", ["layer1", "loss"])
    ' Did you mean "layer1"? Valid: "layer1", "loss".'
    """
    names = list(valid)
    if not names:
        return " There are none."
    by_folded = {n.casefold(): n for n in names}
    asked = name.casefold() if isinstance(name, str) else ""
    near = get_close_matches(asked, by_folded, n=1, cutoff=0.5)
    hint = f' Did you mean "{by_folded[near[0]]}"?' if near else ""
    shown = ", ".join(f'"{n}"' for n in names[:12])
    more = f", … ({len(names)} in all)" if len(names) > 12 else ""
    return f"{hint} Valid: {shown}{more}."
