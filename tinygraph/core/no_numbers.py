"""Explanations for code that needs numbers, of a node that has none until its graph runs.

Python asks an object for its truth in ``if x:``, for a float in ``math.exp(x)``, for its elements
in ``for row in x``. A node cannot answer any of these. Each error says what to write instead.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy

from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief

np: Any = numpy  # whose types do not say that its functions accept nodes


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

    __int__ = __complex__ = __round__ = __float__

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
            "Apply NumPy functions to the node itself, or run the graph and read node.value.",
        )

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise _no_numbers(
            self,
            "so nothing can be written into it",
            "Build a new node, for example with np.where(condition, value, node).",
        )

    def __eq__(self, other: Any) -> Any:
        """Compare with numbers element by element; a node equals no other node but itself."""
        if isinstance(other, (bool, int, float, np.ndarray, np.generic)):
            return np.equal(self, other)
        return NotImplemented

    def __ne__(self, other: Any) -> Any:
        if isinstance(other, (bool, int, float, np.ndarray, np.generic)):
            return np.not_equal(self, other)
        return NotImplemented

    __hash__ = object.__hash__


def _no_numbers(node: Any, so: str, instead: str) -> ArgumentTypeError:
    return ArgumentTypeError(
        f"A node has no numbers until a graph runs, {so}; got {brief(node)}. {instead}"
    )
