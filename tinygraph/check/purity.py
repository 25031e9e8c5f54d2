"""Checks that an op is pure: its results depend only on its arguments, and it changes none of them.

An op that keeps data from one call for the next gives right gradients while ``forward`` and
``backward`` alternate, and wrong ones after a ``predict`` between them. So these checks call it in
another order and compare the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from tinygraph.core.op import Op
from tinygraph.errors import OpError, TinygraphError
from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import as_gradient, as_value, one_each, op_failed


def value_of(op: Op, arrays: Sequence[Array]) -> Array:
    """Return the value of ``op`` at float64 ``arrays``, one per input.

    Raises
    ------
    OpError
        If ``forward`` fails, changes an argument in place, or returns a wrong shape or float32.
    """
    y = as_value(_purely(op, "forward", [], arrays), op, op.shape)
    if y.dtype == np.float32:
        raise OpError(
            f"forward of {describe(op)} must compute in the precision of its inputs, float64, but "
            f"it returned float32, which loses half of the digits. Does it contain an astype?",
            op,
        )
    return y


def gradients_of(op: Op, g: Array, y: Array, arrays: Sequence[Array]) -> list[Array | None]:
    """Return the gradients of ``backward``, one per input.

    Raises
    ------
    OpError
        If ``backward`` fails, changes an argument in place, or breaks the contract of an op.
    """
    returned = one_each(op, _purely(op, "backward", [g, y], arrays))
    return [
        None if grad is None else as_gradient(grad, op, parent, array)
        for grad, parent, array in zip(returned, op.inputs, arrays, strict=True)
    ]


def refuse_memory(
    op: Op, g: Array, y: Array, arrays: Sequence[Array], grads: Sequence[Array | None]
) -> None:
    """Call ``op`` again in another order, and raise if ``y`` or ``grads`` change.

    Raises
    ------
    OpError
        If its results depend on earlier calls, or on chance.
    """
    again = value_of(op, arrays)
    with suppress(Exception):  # the op may not accept these numbers
        op.forward(*[-0.5 * array for array in arrays])
    grads_again = gradients_of(op, g, y, arrays)
    for method, first, second in (("forward", [y], [again]), ("backward", grads, grads_again)):
        if not all(map(_is_same, first, second)):
            raise OpError(
                f"{method} of {describe(op)} must be pure: the same arguments must give the same "
                f"numbers, but a second call gave others. It draws random numbers, or reads data "
                f"that an earlier call kept on self. Compute from the arguments only; use "
                f"tg.Random for random numbers and tg.State for numbers to keep.",
                op,
            )


def _is_same(first: Array | None, second: Array | None) -> bool:
    if first is None or second is None:
        return first is second
    return bool(np.allclose(first, second, rtol=1e-9, atol=0, equal_nan=True))


def called(op: Op, method: str, arrays: Sequence[Array], *given: Any) -> Any:
    """Call a method of the op; an exception becomes an OpError that names the op."""
    try:
        return getattr(op, method)(*given)
    except TinygraphError:
        raise
    except Exception as error:
        raise op_failed(method, op, arrays, error) from error


def _purely(op: Op, method: str, before: Sequence[Array], arrays: Sequence[Array]) -> Any:
    """Call a method with ``before`` and ``arrays``, and raise if it changes one of them."""
    given = [*before, *arrays]
    copies = [array.copy() for array in given]
    result = called(op, method, arrays, *given)
    names = ("g", "y")[: len(before)] + op.arguments
    for k, (array, copy) in enumerate(zip(given, copies, strict=True)):
        if not np.array_equal(array, copy, equal_nan=True):
            raise OpError(
                f"{method} of {describe(op)} must not change its arguments, but it changed "
                f"{names[min(k, len(names) - 1)]} in place. Compute on a copy.",
                op,
            )
    return result
