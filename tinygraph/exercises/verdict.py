"""What a check says: that an answer is right, or what kind of wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.node import Node
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import Array, as_dict, as_float_array, brief


class Verdict(NamedTuple):
    """What a check found."""

    is_right: bool
    message: str

    def __repr__(self) -> str:
        return self.message


def judge(answer: Any, right: Any, slips: Mapping[str, Any], what: str = "") -> Verdict:
    """Compare an answer in numbers with the right one, and with the usual slips.

    Parameters
    ----------
    answer, right : array_like
    slips : mapping
        What each slip is, and the answer that it leads to.
    what : str
        What the numbers are, where an exercise asks for several.
    """
    if not isinstance(what, str):
        raise ArgumentTypeError(f"what the numbers are is a text; got {brief(what)}.")
    wanted = as_float_array(right, "The right answer")
    known = {
        slip: as_float_array(value, f"The slip {brief(slip)}")
        for slip, value in as_dict(slips, "slips says what each slip leads to, by its name").items()
    }
    prefix = f"{what}: " if what else ""
    try:
        got = np.asarray(answer, dtype=float)
    except Exception:  # whatever a learner gives is answered
        return Verdict(False, f"{prefix}The answer is made of numbers; got {brief(answer)}.")
    if got.shape != wanted.shape:
        hint = " Is it transposed?" if got.shape == wanted.shape[::-1] else ""
        return Verdict(
            False, f"{prefix}The answer has the shape {wanted.shape}; got {got.shape}.{hint}"
        )
    if _agree(got, wanted):
        return Verdict(True, f"{prefix}Right.")
    for slip, value in known.items():
        if _agree(got, value):
            return Verdict(False, f"{prefix}Not yet: {slip}.")
    if _agree(got, -wanted):
        return Verdict(False, f"{prefix}Not yet: the sign is wrong.")
    factor = _common_factor(got, wanted)
    if factor is not None and got.size > 1:
        return Verdict(False, f"{prefix}Not yet: every number is {factor:.4g} times too large.")
    return Verdict(
        False, f"{prefix}Not yet: the largest difference is {np.max(np.abs(got - wanted)):.3g}."
    )


def _agree(got: Array, wanted: Array) -> bool:
    return got.shape == wanted.shape and bool(np.allclose(got, wanted, rtol=1e-3, atol=1e-9))


def _common_factor(got: Array, wanted: Array) -> float | None:
    """Return k if ``got`` is k times ``wanted`` in every entry."""
    size = float(np.vdot(wanted, wanted))
    factor = float(np.vdot(got, wanted)) / size if size else 0.0
    return factor if factor and _agree(got, factor * wanted) else None


def run(output: Node, seed: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values and the gradients of a graph without inputs, by the names of its nodes."""
    model = Graph(output)
    model.forward()
    model.backward(seed)
    values = {str(node.name): node.value for node in model.nodes}
    return values, {str(node.name): node.grad for node in model.nodes}


def returned(function: Any, *arguments: Any) -> Any:
    """Return what an answer that is a function gives, or the verdict that it gives nothing."""
    if not callable(function):
        return Verdict(False, f"The answer is a function; got {brief(function)}.")
    try:
        value = function(*arguments)
    except Exception as error:
        return Verdict(False, f"Your function failed: {type(error).__name__}: {error}")
    if value is None:
        return Verdict(False, "Your function returned None. Is a `return` missing?")
    return value
