"""The exercises of the tutorials: a check says that an answer is right, or it names the mistake.

tinygraph computes the right answers, and also the answers that follow from the usual mistakes. So a
check can name the mistake. It never prints the right answer.

>>> check("01", None)
No answer yet. Write your answer where it says `answer = None`, then run it again.
>>> check("02", 24)
Not yet: this is only the path through a, but x also reaches L through b.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tinygraph.errors import UnknownNameError, did_you_mean
from tinygraph.exercises import building, curvature, gradients, images_and_words, training
from tinygraph.exercises.showing import show
from tinygraph.exercises.verdict import Verdict
from tinygraph.exercises.zoo_answers import broken_of_the_zoo
from tinygraph.validation.arrays import brief

__all__ = ["EXERCISES", "Verdict", "check", "show"]

EXERCISES: dict[str, Callable[[Any], Verdict]] = {
    "01": gradients.one_neuron,
    "02": gradients.diamond,
    "03": gradients.layer_of_columns,
    "04": gradients.silu_slope,
    "05": gradients.mean_or_sum,
    "06": gradients.first_weight_of_lab2,
    "07": training.limit_of_the_learning_rate,
    "08": training.first_step_of_adam,
    "09": training.xor_by_hand,
    "10": gradients.bound_of_a_chain,
    "11": broken_of_the_zoo,
    "12": building.leaky_relu,
    "13": building.training_step,
    "14": building.multiply_for_the_engine,
    "15": curvature.products_of_ten_layers,
    "16": curvature.limit_of_a_quadratic,
    "17": images_and_words.gradient_of_the_logits,
    "18": images_and_words.steps_of_ten_epochs,
    "19": images_and_words.scale_of_a_relu_layer,
    "20": images_and_words.values_of_dropout,
    "21": images_and_words.parameters_of_a_convolution,
    "22": images_and_words.output_of_attention,
    "23": images_and_words.gradient_of_a_residual,
}
"""The checks, by the number of their tutorial."""


def check(exercise: str, answer: Any) -> Verdict:
    """Check an answer to an exercise.

    Parameters
    ----------
    exercise : str
        The number of the tutorial, such as ``"01"``.
    answer : object
        The answer. Numbers may also be typed as text, such as ``"-1/4"``, or be in a list.
        ``None`` means that there is no answer yet.

    Raises
    ------
    UnknownNameError
        If there is no such exercise.
    """
    if not isinstance(exercise, str) or exercise not in EXERCISES:
        raise UnknownNameError(
            f"The exercise {brief(exercise)} does not exist." + did_you_mean(exercise, EXERCISES)
        )
    if answer is None:
        return Verdict(
            False,
            "No answer yet. Write your answer where it says `answer = None`, then run it again.",
        )
    return EXERCISES[exercise](answer)
