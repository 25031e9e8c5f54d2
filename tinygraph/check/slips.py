"""Typical mistakes in a ``backward``, recognized by their effect on the numbers.

Each guess asks the op itself: what would ``backward`` have returned with the other sign, with W
transposed, with g doubled? The first guess that explains the numbers is named. A guess is a hint,
not a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array
from tinygraph.validation.op_results import one_each

Mask: TypeAlias = NDArray[np.bool_]

MISSING_G = "g is missing: the chain rule multiplies the op's own slope by g = ∂L/∂y"


def likely_slip(
    op: Op, arrays: Sequence[Array], y: Array, g: Array, position: int, expected: Array
) -> str:
    """Return the probable mistake in the gradient of one argument, or an empty string.

    Parameters
    ----------
    op : Op
    arrays : sequence of array
        The values of the inputs.
    y, g : array
        The value, and the incoming gradient.
    position : int
        The number of the argument.
    expected : array
        The numerical gradient, NaN where it was not computed.
    """
    evidence = Evidence(op, arrays, y, g, position, expected)
    if not evidence.is_comparable:
        return ""
    return next(filter(None, (guess(evidence) for guess in GUESSES)), "")


class Evidence:
    """A wrong gradient, the right one, and the op to ask about other gradients."""

    def __init__(
        self,
        op: Op,
        arrays: Sequence[Array],
        y: Array,
        g: Array,
        position: int,
        expected: Array,
    ) -> None:
        self.op, self.arrays, self.y, self.g, self.position = op, arrays, y, g, position
        self.expected = expected
        self.known = np.isfinite(expected)
        self.target = expected[self.known]
        self.returned = self._backward(g, arrays, y)
        got = self.returned[position]
        self.is_comparable = (
            got is not None and got.shape == expected.shape and bool(self.target.size)
        )
        self.got: Array = np.zeros(expected.shape) if got is None else got

    def explains(self, guess: Array | None) -> bool:
        """Tell whether a gradient equals the numerical one wherever that is known."""
        if guess is None or np.shape(guess) != self.expected.shape or not self.target.any():
            return False
        return bool(self.right(guess).all())

    def right(self, guess: Array) -> Mask:
        """Tell for each known element whether a gradient has it right."""
        atol = 1e-6 * float(np.abs(self.target).max())
        is_right: Mask = np.isclose(guess[self.known], self.target, rtol=1e-4, atol=atol)
        return is_right

    def ask(
        self,
        g: Array | None = None,
        arrays: Sequence[Array] | None = None,
        y: Array | None = None,
    ) -> Array | None:
        """Return the gradient that ``backward`` gives with other arguments."""
        return self._backward(
            self.g if g is None else g,
            self.arrays if arrays is None else arrays,
            self.y if y is None else y,
        )[self.position]

    def _backward(self, g: Array, arrays: Sequence[Array], y: Array) -> list[Array | None]:
        try:
            with np.errstate(all="ignore"):
                grads = one_each(self.op, self.op.backward(g, y, *arrays))
            return [None if grad is None else np.asarray(grad, np.float64) for grad in grads]
        except Exception:  # a question that backward cannot answer explains nothing
            return [None] * len(arrays)

    def name(self, position: int) -> str:
        """Return the name of an argument."""
        names = self.op.arguments
        return names[position] if position < len(names) else f"input {position}"

    def where(self, wrong: Mask) -> str:
        """Describe the common property of the wrong elements, if it is a simple one."""
        for position, array in enumerate(self.arrays):
            if array.shape == wrong.shape:
                for word, is_such in (("negative", array < 0), ("positive", array > 0)):
                    if np.array_equal(wrong, is_such & self.known):
                        return f", those where {self.name(position)} is {word}"
        if wrong.sum() > 1:
            for axis, indices in enumerate(np.nonzero(wrong)):
                if np.unique(indices).size == 1 and wrong.shape[axis] > 1:
                    return f", all with the index {indices[0]} on axis {axis}"
        return ""


def _not_finite(e: Evidence) -> str:
    bad = ~np.isfinite(e.got)
    return f"it is NaN or infinite{e.where(bad)}" if bad.any() else ""


def _wrong_sign(e: Evidence) -> str:
    return "the sign is wrong" if e.explains(-e.got) else ""


def _another_argument(e: Evidence) -> str:
    for other, grad in enumerate(e.returned):
        if e.arrays[other] is not e.arrays[e.position] and e.explains(grad):
            return (
                f"this is the gradient of {e.name(other)}: "
                f"the gradients are returned in the wrong order"
            )
    return ""


def _missing_g(e: Evidence) -> str:
    return MISSING_G if e.g.shape in ((), e.got.shape) and e.explains(e.got * e.g) else ""


def _constant_factor(e: Evidence) -> str:
    got = e.got[e.known]
    if np.any((got == 0) != (e.target == 0)) or e.target.size < 2:
        return ""
    ratios = got[e.target != 0] / e.target[e.target != 0]
    if ratios.size == 0 or not np.allclose(ratios, ratios[0], rtol=1e-4):
        return ""
    factor = float(np.median(ratios))
    for what, n in _sizes(e).items():
        if n > 2 and np.isclose(factor, n, rtol=1e-4):
            return f"the factor 1/n is missing, where n = {n} is {what}"
        if n > 2 and np.isclose(factor, 1 / n, rtol=1e-4):
            return (
                f"it is divided by n = {n}, {what}, once too often: perhaps a mean instead of a "
                f"sum over the batch"
            )
    return f"a constant factor: it is {factor:.6g} times the right value"


def _sizes(e: Evidence) -> dict[str, int]:
    """Return the numbers that a mean could divide by, each with a description."""
    sizes: dict[str, int] = {}
    for position, array in enumerate(e.arrays):
        name = e.name(position)
        sizes.setdefault(f"the number of elements of {name}", array.size)
        for axis, size in enumerate(array.shape):
            what = f"the size of axis {axis} of {name}" if axis else f"the batch size of {name}"
            sizes.setdefault(what, size)
    return sizes


def _g_unused(e: Evidence) -> str:
    doubled = e.ask(g=2 * e.g)
    is_same = doubled is not None and np.array_equal(doubled, e.got) and e.got.any()
    return "g = ∂L/∂y is not used; the chain rule needs it as a factor" if is_same else ""


def _some_elements(e: Evidence) -> str:
    right = e.right(e.got)
    if not right.size <= 2 * right.sum() < 2 * right.size:
        return ""
    wrong = np.zeros(e.got.shape, dtype=bool)
    wrong[e.known] = ~right
    return (
        f"only some elements are wrong ({right.size - right.sum()} of {right.size} checked)"
        f"{e.where(wrong)}"
    )


def _transposed_argument(e: Evidence) -> str:
    for position, array in enumerate(e.arrays):
        if array.ndim == 2:
            arrays = [*e.arrays[:position], array.T, *e.arrays[position + 1 :]]
            if e.explains(e.ask(arrays=arrays)):
                return f"{e.name(position)} must be replaced by its transpose, or the reverse"
    return ""


def _transposed_g(e: Evidence) -> str:
    if e.g.ndim == 2 and e.explains(e.ask(g=e.g.T)):
        return "g must be replaced by its transpose, or the reverse"
    return ""


def _transposed_result(e: Evidence) -> str:
    if e.got.shape == e.expected.T.shape and e.explains(e.got.T):
        return "the result is the transpose of the right one"
    return ""


def _confused_with_y(e: Evidence) -> str:
    for slip, arrays, y in _exchanged(e):
        if e.explains(e.ask(arrays=arrays, y=y)):
            return f"{slip}: y is the value that forward returned"
    return ""


def _exchanged(e: Evidence) -> Iterator[tuple[str, list[Array], Array]]:
    """Yield the arguments of a ``backward`` that confuses y with an argument."""
    for position, array in enumerate(e.arrays):
        if array.shape == e.y.shape:
            name = e.name(position)
            yield f"y is used instead of {name}", list(e.arrays), array
            with_y = [*e.arrays[:position], e.y, *e.arrays[position + 1 :]]
            yield f"{name} is used instead of y", with_y, e.y


def _slope_missing(e: Evidence) -> str:
    if np.shape(e.g) == e.got.shape and np.allclose(e.got, e.g):
        return "g is returned unchanged: the op's own slope is missing"
    return ""


def _missing_factor(e: Evidence) -> str:
    for name, array in (("y", e.y), *((e.name(k), a) for k, a in enumerate(e.arrays))):
        if array.shape == e.got.shape and e.explains(e.got * array):
            return f"a factor {name} is missing"
    return ""


def _not_proportional_to_g(e: Evidence) -> str:
    doubled = e.ask(g=2 * e.g)
    if doubled is not None and not np.allclose(doubled, 2 * e.got):
        return "twice the g does not give twice the gradient; g must be a factor"
    return ""


def _first_sample_only(e: Evidence) -> str:
    if e.g.ndim and len(e.g) > 1:
        of_the_first = e.ask(g=np.concatenate([e.g[:1], 0 * e.g[1:]]))
        if of_the_first is not None and np.array_equal(of_the_first, e.got):
            return "only the first sample of the batch contributes to it"
    return ""


def _few_elements_right(e: Evidence) -> str:
    right = e.right(e.got)
    if right.any():
        return f"only some elements are wrong ({right.size - right.sum()} of {right.size} checked)"
    return ""


GUESSES: tuple[Callable[[Evidence], str], ...] = (
    _not_finite,
    _wrong_sign,
    _another_argument,
    _missing_g,
    _constant_factor,
    _g_unused,
    _some_elements,
    _transposed_argument,
    _transposed_g,
    _transposed_result,
    _confused_with_y,
    _slope_missing,
    _missing_factor,
    _not_proportional_to_g,
    _first_sample_only,
    _few_elements_right,
)
"""The guesses in order: the more specific ones come first."""
