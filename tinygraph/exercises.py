"""The exercises of the tutorials: a check says that an answer is right, or what kind of wrong.

The right answers are computed by tinygraph, not written down.  For each exercise the usual slips
are computed too, so that an answer which is one of them is met with its name.

>>> check("01", None)
No answer yet. Write yours where the script says `answer = None`, and run it again.
>>> check("01", 0.25)
Not yet: the sign is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from tinygraph.arrays import Array, brief
from tinygraph.errors import UnknownNameError, did_you_mean
from tinygraph.graph import Graph
from tinygraph.node import Parameter
from tinygraph.ops import Sigmoid


class Verdict(NamedTuple):
    """What a check found."""

    is_right: bool
    message: str

    def __repr__(self) -> str:
        return self.message


EXERCISES: dict[str, Callable[[Any], Verdict]] = {}
"""The checks by the number of their tutorial."""


def check(exercise: str, answer: Any) -> Verdict:
    """Return whether ``answer`` is right, or what kind of wrong it is.

    Parameters
    ----------
    exercise : str
        The number of the tutorial, such as ``"01"``.
    answer : object
        What the exercise asks for; ``None`` while there is no answer.

    Raises
    ------
    UnknownNameError
        If there is no such exercise.
    """
    if exercise not in EXERCISES:
        raise UnknownNameError(
            f"No exercise is called {exercise!r}." + did_you_mean(exercise, EXERCISES)
        )
    if answer is None:
        return Verdict(
            False,
            "No answer yet. Write yours where the script says `answer = None`, and run it again.",
        )
    return EXERCISES[exercise](answer)


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
    prefix = f"{what}: " if what else ""
    try:
        got = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return Verdict(False, f"{prefix}The answer is made of numbers; got {brief(answer)}.")
    wanted = np.asarray(right, dtype=float)
    if got.shape != wanted.shape:
        hint = " Is it transposed?" if got.shape == wanted.shape[::-1] else ""
        return Verdict(
            False, f"{prefix}The answer has the shape {wanted.shape}; got {got.shape}.{hint}"
        )
    if _agree(got, wanted):
        return Verdict(True, f"{prefix}Right.")
    for slip, value in slips.items():
        if _agree(got, np.asarray(value, dtype=float)):
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


def _exercise(number: str) -> Callable[[Callable[[Any], Verdict]], Callable[[Any], Verdict]]:
    def enter(check: Callable[[Any], Verdict]) -> Callable[[Any], Verdict]:
        EXERCISES[number] = check
        return check

    return enter


@_exercise("01")
def _one_neuron(answer: Any) -> Verdict:
    b = Parameter(1.0, name="b")
    model = Graph((Sigmoid(-1.0 + b, name="h") - 1.0) ** 2)
    model.forward()
    model.backward()
    right, slope_of_loss = model["b"].grad, model["h"].grad
    assert right is not None and slope_of_loss is not None  # noqa: PT018
    return judge(
        answer,
        right,
        {
            "this is dL/dh; the sigmoid still has to be passed": slope_of_loss,
            "the square gives 2 (h − t), not h − t": right / 2,
            "σ′(a) = h (1 − h) is 1/4 at a = 0; this has h in its place": slope_of_loss / 2,
        },
    )
