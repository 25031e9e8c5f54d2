"""The verdict on an answer: that it is right, or which mistake it contains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.errors import ArgumentError, ArgumentTypeError
from tinygraph.exercises.answers import read
from tinygraph.validation.arrays import Array, as_dict, as_float_array, brief, is_number

_CLOSE = 0.05
"""An answer within this fraction of the right one counts as inaccurate, not as wrong."""


class Verdict(NamedTuple):
    """The result of a check."""

    is_right: bool
    message: str

    def __repr__(self) -> str:
        return self.message


def judge(
    answer: Any,
    right: Any,
    slips: Mapping[str, Any],
    what: str = "",
    hint: str = "",
    rtol: float = 1e-3,
) -> Verdict:
    """Compare a numeric answer with the right one and with the usual mistakes.

    The message never contains the right answer.

    Parameters
    ----------
    answer : array_like or str
        A number, a list, an array, or arithmetic as text, such as ``"-1/4"``.
    right : array_like
    slips : mapping
        For each usual mistake, a sentence about it and the answer that follows from it.
    what : str
        The name of the numbers, for exercises that ask for several.
    hint : str
        A sentence for answers that match none of the mistakes.
    rtol : float
        The relative tolerance. Raise it for answers that are computed by hand.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If an argument other than ``answer`` is invalid. A bad answer gets a verdict.
    """
    for name, text in (("what", what), ("hint", hint)):
        if not isinstance(text, str):
            raise ArgumentTypeError(f"{name} must be a text; got {brief(text)}.")
    if not (is_number(rtol) and 0 < rtol < 1):
        raise ArgumentError(f"rtol must be a number between 0 and 1; got {brief(rtol)}.")
    wanted = as_float_array(right, "The right answer")
    known = {
        slip: as_float_array(value, f"The slip {brief(slip)}")
        for slip, value in as_dict(slips, "slips must map each sentence to an answer").items()
    }
    is_right, message = _judged(answer, wanted, known, hint, rtol)
    return Verdict(is_right, f"{what}: {message}" if what else message)


def _judged(
    answer: Any, wanted: Array, slips: Mapping[str, Array], hint: str, rtol: float
) -> tuple[bool, str]:
    try:
        got = read(answer)
    except ValueError as error:
        return False, str(error)
    if wanted.size == got.size == 1:
        got = got.reshape(wanted.shape)
    if got.shape != wanted.shape:
        turned = " Is it transposed?" if got.shape == wanted.shape[::-1] else ""
        return False, f"The shape must be {wanted.shape}; yours is {got.shape}.{turned}"
    if not np.isfinite(got).all():
        return False, "Not yet: your answer contains NaN or infinity."
    if _agree(got, wanted, rtol):
        return True, "Right."
    for slip, value in slips.items():
        if _agree(got, value, rtol):
            return False, f"Not yet: {slip}."
    return False, f"Not yet: {_kind_of_difference(got, wanted, rtol)}{hint and f' {hint}'}"


def _kind_of_difference(got: Array, wanted: Array, rtol: float) -> str:
    """Say how an answer that matches no known mistake differs, without the right numbers."""
    if _agree(got, -wanted, rtol):
        return "check the sign."
    if _agree(got, wanted, max(rtol, _CLOSE)):
        return "close, but not accurate enough. Use more digits."
    if wanted.size == 1:
        return "this number is wrong."
    if _is_multiple(got, wanted):
        return "all numbers are wrong by the same factor. Check each factor 2 and 1/n."
    wrong = int(np.count_nonzero(~np.isclose(got, wanted, rtol=rtol, atol=1e-9)))
    return f"{wrong} of {wanted.size} numbers are wrong."


def _agree(got: Array, wanted: Array, rtol: float) -> bool:
    return got.shape == wanted.shape and bool(np.allclose(got, wanted, rtol=rtol, atol=1e-9))


def _is_multiple(got: Array, wanted: Array) -> bool:
    size = float(np.vdot(wanted, wanted))
    factor = float(np.vdot(got, wanted)) / size if size else 0.0
    return factor != 0 and _agree(got, factor * wanted, 1e-3)


def run(output: Node, seed: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values and the gradients of a graph without inputs, by the names of its nodes."""
    model = Graph(output)
    model.forward()
    model.backward(seed)
    values = {str(node.name): node.value for node in model.nodes}
    return values, {str(node.name): node.grad for node in model.nodes}


def returned(function: Any, *arguments: Any) -> Any:
    """Call an answer that is a function. Return its result, or a verdict if there is no result."""
    if not callable(function):
        return Verdict(False, f"The answer must be a function; got {brief(function)}.")
    try:
        value = function(*arguments)
    except Exception as error:
        return Verdict(False, f"Your function failed: {type(error).__name__}: {error}")
    if value is None:
        return Verdict(False, "Your function returned None. Is a `return` missing?")
    return value
