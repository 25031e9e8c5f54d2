"""The exercises of the tutorials: a check says that an answer is right, or what kind of wrong.

The right answers are computed by tinygraph, not written down.  For each exercise the usual slips
are computed too, so that an answer which is one of them is met with its name.

>>> check("01", None)
No answer yet. Write yours where the script says `answer = None`, and run it again.
>>> check("01", 0.25)
Not yet: the sign is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygraph.errors import UnknownNameError, did_you_mean
from tinygraph.exercises import building, gradients, training
from tinygraph.exercises.verdict import Verdict
from tinygraph.validation.arrays import brief

__all__ = ["EXERCISES", "Verdict", "check"]

EXERCISES: dict[str, Callable[[Any], Verdict]] = {
    "01": gradients.one_neuron,
    "02": gradients.diamond,
    "03": gradients.layer_gradients,
    "04": gradients.silu_slope,
    "05": gradients.mean_or_half,
    "06": gradients.first_weight_of_lab2,
    "07": training.border_of_the_learning_rate,
    "08": training.first_step_of_adam,
    "09": training.xor_by_hand,
    "10": gradients.bound_of_ten_sigmoids,
    "11": building.broken_of_the_zoo,
    "12": building.leaky_relu,
    "13": building.straight_line,
    "14": building.multiply_for_the_engine,
}
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
    if not isinstance(exercise, str) or exercise not in EXERCISES:
        raise UnknownNameError(
            f"No exercise is called {brief(exercise)}." + did_you_mean(exercise, EXERCISES)
        )
    if answer is None:
        return Verdict(
            False,
            "No answer yet. Write yours where the script says `answer = None`, and run it again.",
        )
    return EXERCISES[exercise](answer)
