"""Explanations for code that needs numbers, of a node that has none until its graph runs.

Python asks an object for its truth in ``if x:``, for a float in ``math.exp(x)``, for its elements
in ``for row in x``. A node cannot answer any of these. Each error says what to write instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from tinygraph.core.numpy_hints import ATTRIBUTES, replacement
from tinygraph.errors import ArgumentTypeError, MissingAttributeError
from tinygraph.validation.arrays import brief

np: Any = numpy  # whose types do not say that its functions accept nodes

NUMBERS = (bool, int, float, list, tuple, numpy.ndarray, numpy.generic)
"""What ``==`` compares with the elements of a node; anything else is another object."""


class NoNumbers:
    """The questions of Python and NumPy that only an array of numbers can answer."""

    __slots__ = ()
    shape: Any

    def __bool__(self) -> NoReturn:
        raise _no_numbers(
            self,
            "so it cannot decide an if, a while, an and or an or",
            "Write np.where(condition, a, b), which chooses between a and b in every run. "
            "To ask whether there is a node at all, write node is None.",
        )

    def __float__(self) -> NoReturn:
        raise _no_numbers(
            self,
            "so float(), int() and the functions of math cannot read it",
            "Write np.exp(node) instead of math.exp(node), or run the graph and read node.value.",
        )

    __int__ = __complex__ = __float__

    def __round__(self, digits: Any = None) -> NoReturn:
        raise _no_numbers(self, "so round() cannot read it", "Write np.rint(node).")

    def __format__(self, layout: str) -> str:
        if not layout:
            return str(self)
        raise _no_numbers(
            self,
            f"so none can be written as {layout!r}",
            "Run the graph and write its result, or node.value.",
        )

    def __divmod__(self, other: Any) -> NoReturn:
        raise _no_numbers(self, "so divmod() cannot divide it", "Write node / number.")

    def __getattr__(self, name: str) -> NoReturn:
        error = MissingAttributeError if _is_of_arrays(name, type(self)) else AttributeError
        raise error(_missing(name, self), name=name, obj=self)

    def __index__(self) -> NoReturn:
        raise _no_numbers(
            self,
            "so it cannot be a size, a range or the index into a list",
            "An index into a node may be a node of whole numbers: x[index].",
        )

    def __iter__(self) -> NoReturn:
        raise _no_numbers(
            self,
            "so a loop cannot walk over its elements",
            "Write the formula for the whole array, as in NumPy, or take parts by index: node[0].",
        )

    def __contains__(self, value: Any) -> NoReturn:
        raise _no_numbers(
            self, "so nothing can be looked up in it", "Write np.max(node == value) instead."
        )

    def __len__(self) -> int:
        if self.shape and self.shape[0] is not None:
            size: int = self.shape[0]
            return size
        what = "so its batch size is unknown" if self.shape else "and it has no axis"
        raise _no_numbers(
            self, what, "For a mean over the batch, write np.mean(node, axis=0) instead of len()."
        )

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise _no_numbers(
            self,
            "so NumPy cannot make an array of it",
            "Apply NumPy functions to the node itself, or run the graph and read node.value. "
            "To join nodes, write np.stack([a, b]).",
        )

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise _no_numbers(
            self,
            "so nothing can be written into it",
            "Build a new node, for example with np.where(condition, value, node).",
        )

    def __eq__(self, other: Any) -> Any:
        """Compare with numbers element by element; a node equals no other node but itself."""
        if isinstance(other, NUMBERS):
            return np.equal(self, other)
        return NotImplemented

    def __ne__(self, other: Any) -> Any:
        if isinstance(other, NUMBERS):
            return np.not_equal(self, other)
        return NotImplemented

    __hash__ = object.__hash__


def _no_numbers(node: Any, so: str, instead: str) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"A node has no numbers until a graph runs, {so}; got {brief(node)}. {instead}"
    )


def _is_of_arrays(name: str, kind: type) -> bool:
    """Tell whether arrays have a public attribute that nodes of this class do not have."""
    return not name.startswith("_") and hasattr(numpy.ndarray, name) and not hasattr(kind, name)


def _missing(name: str, node: Any) -> str:
    if not _is_of_arrays(name, type(node)):
        return f"{type(node).__name__!r} object has no attribute {name!r}"
    instead = ATTRIBUTES.get(name) or replacement(name) or f"node.value.{name} after a run"
    return f"A node has no attribute .{name}, unlike an array; got {brief(node)}. Write {instead}."
