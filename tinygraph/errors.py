"""Every error a user can meet, each also the built-in it is most like.

An error here is a lesson: it says the rule, what arrived, from which named node, and what to do.
Catch :class:`TinygraphError` to catch them all, or the built-in (``ValueError``, ``TypeError``, …)
that fits.  Bugs of tinygraph itself are not wrapped: they stay ordinary Python errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from difflib import get_close_matches
from typing import Any


class TinygraphError(Exception):
    """The base of every error that tinygraph raises on purpose.

    >>> import tinygraph as tg
    >>> try:
    ...     tg.lab2.model()["layer1/w"]
    ... except TinygraphError as error:
    ...     print(str(error)[:68])
    No node of this graph is called 'layer1/w'. Did you mean "layer1/W"?
    """

    def __str__(self) -> str:
        # KeyError prints the repr of its message; a lesson is to be read as it was written.
        return str(self.args[0]) if self.args else ""


class ShapeError(TinygraphError, ValueError):
    """Shapes that do not fit together; ``node`` is the op that refused them.

    In a notebook the error shows the graph built so far, with that op in red.
    """

    def __init__(self, message: str, node: Any = None) -> None:
        super().__init__(message)
        self.node = node
        self._is_shown = False

    @property
    def diagram(self) -> Any:
        """The graph built so far as a :class:`tinygraph.Diagram`; None where no node is known."""
        return _illustrator(self) if _illustrator and self.node is not None else None

    def _render_traceback_(self) -> list[str]:
        """Return the traceback that IPython is to print, having shown the picture above it."""
        from IPython import get_ipython
        from IPython.display import display

        shell = get_ipython()
        # A notebook has a kernel; a terminal has no place for a picture.  IPython asks once to show
        # the error and once to keep it.
        if hasattr(shell, "kernel") and not self._is_shown:
            self._is_shown = True
            with suppress(Exception):  # a picture that fails must not hide the error
                display(self.diagram)  # type: ignore[no-untyped-call]
        lines: list[str] = shell.InteractiveTB.structured_traceback(
            type(self), self, self.__traceback__
        )
        return lines


class DtypeError(TinygraphError, TypeError):
    """Numbers of a kind that tinygraph does not compute with."""


class ArgumentError(TinygraphError, ValueError):
    """An argument of the right type with a value that is not allowed."""


class ArgumentTypeError(TinygraphError, TypeError):
    """An argument of the wrong type, or the wrong number of arguments."""


class FeedError(TinygraphError, KeyError):
    """An input that was not fed, or a feed that no input asks for."""


class UnknownNameError(TinygraphError, KeyError):
    """A node was asked for by a name that no node of the graph has."""


class DuplicateNameError(TinygraphError, ValueError):
    """Two nodes of one graph were given the same name."""


class CycleError(TinygraphError, ValueError):
    """A node depends on itself, so that no order of computation exists."""


class StateError(TinygraphError, RuntimeError):
    """Something was asked for before what it needs was computed."""


class LayoutError(TinygraphError, RuntimeError):
    """There is no Graphviz to lay out a diagram, or it failed."""


class OpError(TinygraphError, RuntimeError):
    """An op's own code failed or broke the contract; ``node`` is that op."""

    def __init__(self, message: str, node: Any = None) -> None:
        super().__init__(message)
        self.node = node


class OptimizerError(TinygraphError, RuntimeError):
    """An optimizer's own ``update`` failed or broke its contract; ``optimizer`` is that one."""

    def __init__(self, message: str, optimizer: Any = None) -> None:
        super().__init__(message)
        self.optimizer = optimizer


class CompileError(TinygraphError, NotImplementedError):
    """What no program can be made of: it does what cannot be written down as array operations."""


class GradientError(TinygraphError, ArithmeticError):
    """A derivative that differs from the numbers; ``node`` is its op, ``report`` has them all."""

    def __init__(self, message: str, node: Any = None, report: Any = None) -> None:
        super().__init__(message)
        self.node = node
        self.report = report


class CheckpointError(TinygraphError, ValueError):
    """A file that is no sound checkpoint, or that belongs to another model."""


class FileError(TinygraphError, OSError):
    """A file that could not be read or written."""


class NonFiniteError(TinygraphError, FloatingPointError):
    """A training run met NaN or infinity; ``node``, ``epoch`` and ``history`` tell where."""

    def __init__(
        self, message: str, node: Any = None, epoch: int | None = None, history: Any = None
    ) -> None:
        super().__init__(message)
        self.node = node
        self.epoch = epoch
        self.history = history


_illustrator: Callable[[ShapeError], Any] | None = None


def illustrate_with(illustrator: Callable[[ShapeError], Any]) -> None:
    """Say who draws the picture of a shape error: errors know nothing of pictures."""
    global _illustrator
    _illustrator = illustrator


def did_you_mean(name: object, valid: Iterable[str]) -> str:
    """Return the end of an error message: the nearest valid name, and the list of them all.

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
