"""Whether an op is pure: its results depend on its arguments alone, and it changes none of them.

An op that keeps something from one call for the next gives right gradients as long as ``forward``
and ``backward`` are called in turns, and wrong ones after a ``predict`` in between.  So it is
called out of turn here, and has to answer the same.
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
    """Return the value of ``op`` at float64 ``arrays``, one an input.

    Raises
    ------
    OpError
        If ``forward`` fails, changes an argument in place, or returns a wrong shape or float32.
    """
    y = as_value(_purely(op, "forward", [], arrays), op, op.shape)
    if y.dtype == np.float32:
        raise OpError(
            f"What is given in float64 is computed in float64; forward of {describe(op)} returned "
            f"float32, and half of the digits are lost. Is there an astype in it?",
            op,
        )
    return y


def gradients_of(op: Op, g: Array, y: Array, arrays: Sequence[Array]) -> list[Array | None]:
    """Return the gradients by ``backward``, one an input.

    Raises
    ------
    OpError
        If ``backward`` fails, changes an argument in place, or returns something else.
    """
    returned = one_each(op, _purely(op, "backward", [g, y], arrays))
    return [
        None if grad is None else as_gradient(grad, op, parent, array)
        for grad, parent, array in zip(returned, op.inputs, arrays, strict=True)
    ]


def refuse_memory(
    op: Op, g: Array, y: Array, arrays: Sequence[Array], grads: Sequence[Array | None]
) -> None:
    """Call ``op`` again, out of turn, and refuse it if ``y`` or ``grads`` come out otherwise.

    Raises
    ------
    OpError
        If its results depend on earlier calls, or on chance.
    """
    again = value_of(op, arrays)
    with suppress(Exception):  # these numbers may be none that the op takes
        op.forward(*[-0.5 * array for array in arrays])
    grads_again = gradients_of(op, g, y, arrays)
    for method, first, second in (("forward", [y], [again]), ("backward", grads, grads_again)):
        if not all(map(_is_same, first, second)):
            raise OpError(
                f"The same arguments give the same numbers; {method} of {describe(op)} gave "
                f"others when it was called again. It draws random numbers, or reads what an "
                f"earlier call left on self: compute from the arguments alone.",
                op,
            )


def _is_same(first: Array | None, second: Array | None) -> bool:
    if first is None or second is None:
        return first is second
    return bool(np.allclose(first, second, rtol=1e-9, atol=0, equal_nan=True))


def called(op: Op, method: str, arrays: Sequence[Array], *given: Any) -> Any:
    """Return what a method of the op gives, run on ``arrays``, or a lesson if it fails."""
    try:
        return getattr(op, method)(*given)
    except TinygraphError:
        raise
    except Exception as error:
        raise op_failed(method, op, arrays, error) from error


def _purely(op: Op, method: str, before: Sequence[Array], arrays: Sequence[Array]) -> Any:
    """Return what a method gives for what is ``before`` the arrays, and them; unchanged all."""
    given = [*before, *arrays]
    copies = [array.copy() for array in given]
    result = called(op, method, arrays, *given)
    names = ("g", "y")[: len(before)] + op.arguments
    for k, (array, copy) in enumerate(zip(given, copies, strict=True)):
        if not np.array_equal(array, copy, equal_nan=True):
            raise OpError(
                f"forward and backward change none of their arguments; {method} of {describe(op)} "
                f"changed {names[min(k, len(names) - 1)]} in place. Compute on a copy.",
                op,
            )
    return result
