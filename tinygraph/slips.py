"""The usual slips in a ``backward``, recognised by what they do to the numbers.

Each guess is a question put to the op itself: what would ``backward`` have returned with the other
sign, with W transposed, with g doubled?  The first that explains the numbers is named.  A guess is
a hint for a person, never a proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tinygraph.arrays import Array
from tinygraph.contract import one_each
from tinygraph.node import Op


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

    def backward(g: Array, arrays: Sequence[Array]) -> list[Array | None]:
        try:
            with np.errstate(all="ignore"):
                grads = one_each(op, op.backward(g, y, *arrays))
            return [None if grad is None else np.asarray(grad, np.float64) for grad in grads]
        except Exception:  # a question that backward cannot answer explains nothing
            return [None] * len(arrays)

    returned = backward(g, arrays)
    got = returned[position]
    if got is None or got.shape != expected.shape:
        return ""
    if explains(-got):
        return "the sign is wrong"
    for other, grad in enumerate(returned):
        if other != position and explains(grad):
            return (
                f"this is the gradient of {_argument(op, other)}: "
                f"the gradients are returned in the wrong order"
            )
    factor = _constant_factor(got[known], target)
    if factor is not None:
        return _about_factor(op, factor, arrays, y)
    for name, transposed in _transposed(op, arrays):
        if explains(backward(g, transposed)[position]):
            return f"{name} stands where its transpose should, or the other way round"
    if explains(backward(g.T, arrays)[position]):
        return "g stands where its transpose should, or the other way round"
    if got.shape == expected.T.shape and explains(got.T):
        return "the result is the transpose of what it should be"
    if explains(got * g if np.shape(g) in ((), got.shape) else None):
        return "g is missing: the chain rule multiplies the op's own slope by g = ∂L/∂y"
    if np.shape(g) == got.shape and np.allclose(got, g):
        return "g is passed on as it arrived: the op's own slope is missing"
    for name, array in (("y", y), *((_argument(op, k), a) for k, a in enumerate(arrays))):
        if array.shape == got.shape and explains(got * array):
            return f"a factor {name} is missing"
    doubled = backward(2 * g, arrays)[position]
    if doubled is not None and np.array_equal(doubled, got) and got.any():
        return "g = ∂L/∂y takes no part in it; the chain rule needs it as a factor"
    if doubled is not None and not np.allclose(doubled, 2 * got):
        return "twice the g does not give twice the gradient; g has to enter as a factor"
    right = np.isclose(got[known], target, rtol=1e-4, atol=1e-6 * abs(target).max())
    if 0 < right.sum() < right.size:
        return f"only some entries are wrong ({right.size - right.sum()} of {right.size} looked at)"
    return ""


def _argument(op: Op, position: int) -> str:
    names = op.arguments
    return names[position] if position < len(names) else f"input {position}"


def _transposed(op: Op, arrays: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    for position, array in enumerate(arrays):
        if array.ndim == 2:
            yield _argument(op, position), [*arrays[:position], array.T, *arrays[position + 1 :]]


def _constant_factor(got: Array, expected: Array) -> float | None:
    """Return k if ``got`` is k times ``expected``, k neither 0 nor 1."""
    if np.any((got == 0) != (expected == 0)) or expected.size < 2:
        return None
    ratios = got[expected != 0] / expected[expected != 0]
    if ratios.size == 0 or not np.allclose(ratios, ratios[0], rtol=1e-4):
        return None
    return float(np.median(ratios))


def _about_factor(op: Op, factor: float, arrays: Sequence[Array], y: Array) -> str:
    counts: dict[str, int] = {}
    for position, array in enumerate(arrays):
        name = _argument(op, position)
        counts.setdefault(f"the number of entries of {name}", array.size)
        if array.ndim:
            counts.setdefault(f"the batch size of {name}", array.shape[0])
    for what, n in counts.items():
        if n > 2 and np.isclose(factor, n, rtol=1e-4):
            return f"1/n is missing, n = {n} being {what}"
        if n > 2 and np.isclose(factor, 1 / n, rtol=1e-4):
            return (
                f"it is divided once too often by n = {n}, {what}: a mean instead of a sum "
                f"over the batch, perhaps"
            )
    return f"a constant factor: it is {factor:.4g} times what it should be"
