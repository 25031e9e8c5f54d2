"""The usual slips in a ``backward``, recognised by what they do to the numbers.

Each guess is a question put to the op itself: what would ``backward`` have returned with the other
sign, with W transposed, with g doubled?  The first that explains the numbers is named.  A guess is
a hint for a person, never a proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    """Return what probably went wrong in the gradient of one argument, or an empty text.

    Parameters
    ----------
    op : Op
    arrays : sequence of array
        The values of the inputs.
    y, g : array
        The value, and the gradient that arrived.
    position : int
        Which argument the gradient belongs to.
    expected : array
        The gradient by numbers, NaN where it was not computed.
    """
    known = np.isfinite(expected)
    target = expected[known]

    def explains(guess: Array | None) -> bool:
        if guess is None or np.shape(guess) != expected.shape or not target.any():
            return False
        return bool(np.allclose(guess[known], target, rtol=1e-4, atol=1e-6 * abs(target).max()))

    def backward(g: Array, arrays: Sequence[Array], y: Array = y) -> list[Array | None]:
        try:
            with np.errstate(all="ignore"):
                grads = one_each(op, op.backward(g, y, *arrays))
            return [None if grad is None else np.asarray(grad, np.float64) for grad in grads]
        except Exception:  # a question that backward cannot answer explains nothing
            return [None] * len(arrays)

    returned = backward(g, arrays)
    got = returned[position]
    if got is None or got.shape != expected.shape or not target.size:
        return ""
    bad = ~np.isfinite(got)
    if bad.any():
        return f"it is NaN or infinite{_where(bad, known, op, arrays)}"
    if explains(-got):
        return "the sign is wrong"
    for other, grad in enumerate(returned):
        if arrays[other] is not arrays[position] and explains(grad):
            return (
                f"this is the gradient of {_argument(op, other)}: "
                f"the gradients are returned in the wrong order"
            )
    if g.shape in ((), got.shape) and explains(got * g):
        return MISSING_G
    factor = _constant_factor(got[known], target)
    if factor is not None:
        return _about_factor(op, factor, arrays)
    doubled = backward(2 * g, arrays)[position]
    if doubled is not None and np.array_equal(doubled, got) and got.any():
        return "g = ∂L/∂y takes no part in it; the chain rule needs it as a factor"
    right = np.isclose(got[known], target, rtol=1e-4, atol=1e-6 * abs(target).max())
    if right.size <= 2 * right.sum() < 2 * right.size:
        wrong = np.zeros(got.shape, dtype=bool)
        wrong[known] = ~right
        return (
            f"only some entries are wrong ({right.size - right.sum()} of {right.size} looked at)"
            f"{_where(wrong, known, op, arrays)}"
        )
    for name, transposed in _transposed(op, arrays):
        if explains(backward(g, transposed)[position]):
            return f"{name} stands where its transpose should, or the other way round"
    if g.ndim == 2 and explains(backward(g.T, arrays)[position]):
        return "g stands where its transpose should, or the other way round"
    if got.shape == expected.T.shape and explains(got.T):
        return "the result is the transpose of what it should be"
    for slip, exchanged, value in _exchanged(op, arrays, y):
        if explains(backward(g, exchanged, value)[position]):
            return f"{slip}: y is the value that forward returned"
    if np.shape(g) == got.shape and np.allclose(got, g):
        return "g is passed on as it arrived: the op's own slope is missing"
    for name, array in (("y", y), *((_argument(op, k), a) for k, a in enumerate(arrays))):
        if array.shape == got.shape and explains(got * array):
            return f"a factor {name} is missing"
    if doubled is not None and not np.allclose(doubled, 2 * got):
        return "twice the g does not give twice the gradient; g has to enter as a factor"
    if g.ndim and len(g) > 1:
        first = np.concatenate([g[:1], 0 * g[1:]])
        of_the_first = backward(first, arrays)[position]
        if of_the_first is not None and np.array_equal(of_the_first, got):
            return "only the first sample of the batch takes part in it"
    if right.any():
        return f"only some entries are wrong ({right.size - right.sum()} of {right.size} looked at)"
    return ""


def _argument(op: Op, position: int) -> str:
    names = op.arguments
    return names[position] if position < len(names) else f"input {position}"


def _transposed(op: Op, arrays: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    for position, array in enumerate(arrays):
        if array.ndim == 2:
            yield _argument(op, position), [*arrays[:position], array.T, *arrays[position + 1 :]]


def _exchanged(
    op: Op, arrays: Sequence[Array], y: Array
) -> Iterator[tuple[str, list[Array], Array]]:
    """Yield what backward would have got had it meant an argument by y, or y by an argument."""
    for position, array in enumerate(arrays):
        if array.shape == y.shape:
            name = _argument(op, position)
            yield f"y stands where {name} should", list(arrays), array
            yield (
                f"{name} stands where y should",
                [*arrays[:position], y, *arrays[position + 1 :]],
                y,
            )


def _where(wrong: Mask, known: Mask, op: Op, arrays: Sequence[Array]) -> str:
    """Return what the wrong entries have in common, if it is something simple."""
    for position, array in enumerate(arrays):
        if array.shape == wrong.shape:
            for word, is_such in (("negative", array < 0), ("positive", array > 0)):
                if np.array_equal(wrong, is_such & known):
                    return f", those where {_argument(op, position)} is {word}"
    if wrong.sum() > 1:
        for axis, indices in enumerate(np.nonzero(wrong)):
            if np.unique(indices).size == 1 and wrong.shape[axis] > 1:
                return f", all with the index {indices[0]} on axis {axis}"
    return ""


def _constant_factor(got: Array, expected: Array) -> float | None:
    """Return k if ``got`` is k times ``expected``, k neither 0 nor 1."""
    if np.any((got == 0) != (expected == 0)) or expected.size < 2:
        return None
    ratios = got[expected != 0] / expected[expected != 0]
    if ratios.size == 0 or not np.allclose(ratios, ratios[0], rtol=1e-4):
        return None
    return float(np.median(ratios))


def _about_factor(op: Op, factor: float, arrays: Sequence[Array]) -> str:
    counts: dict[str, int] = {}
    for position, array in enumerate(arrays):
        name = _argument(op, position)
        counts.setdefault(f"the number of entries of {name}", array.size)
        for axis, size in enumerate(array.shape):
            what = f"the size of axis {axis} of {name}" if axis else f"the batch size of {name}"
            counts.setdefault(what, size)
    for what, n in counts.items():
        if n > 2 and np.isclose(factor, n, rtol=1e-4):
            return f"1/n is missing, n = {n} being {what}"
        if n > 2 and np.isclose(factor, 1 / n, rtol=1e-4):
            return (
                f"it is divided once too often by n = {n}, {what}: a mean instead of a sum "
                f"over the batch, perhaps"
            )
    return f"a constant factor: it is {factor:.6g} times what it should be"
