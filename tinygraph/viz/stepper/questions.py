"""The question that a learner answers before the result of a step is shown.

A forward step asks for the op's value, a backward step for the gradient of one input, and an update
for the change of the parameter.  The learner types one element, or picks the whole array among
wrong ones, each of which is a typical mistake.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

import numpy as np

from tinygraph.trace.steps import ArrayData, Moment, summarise
from tinygraph.validation.arrays import Array
from tinygraph.viz.stepper import words
from tinygraph.viz.stepper.mistakes import CLOSE, Mistake
from tinygraph.viz.stepper.subjects import corner_of, rest_of, subject

CHOICES = 4
"""The number of arrays to pick from, including the right one."""


class Choice(TypedDict):
    """An array to pick, and the hint for it; "" for the right one."""

    array: ArrayData
    hint: str


class Question(TypedDict):
    """One question: the array, the element to type, and the reply to each answer."""

    text: str
    """The question itself."""
    outgoing: int | None
    """Backward: the position of the gradient among the step's outgoing gradients."""
    identifier: str
    symbol: str
    array: ArrayData
    """The right answer, as a whole array."""
    entry: list[int]
    answer: float
    wrong: list[tuple[float, str]]
    """Typical wrong numbers, and the hint for each."""
    choices: list[Choice]
    by_hand: bool
    """Whether the element can be computed from a few numbers, without a long sum or a function."""
    can_type: bool
    """Whether all numbers needed for the element are shown; if not, the learner can only pick."""
    rest: str
    """The contribution of the rows that are not shown; "" if all are shown."""
    nudge: str
    """The reply to a number that is not a typical mistake."""


REPLIES = {
    "unreadable": "Please type a number, such as 0.012, or a product, such as 0.5 * 0.2.",
    "sign": "The size is right. What about the sign?",
    "near": "Close, but not accurate enough. Use more digits.",
    "first": "Correct on your first try. Here is the array.",
    "later": "Correct. Here is the array.",
    "shown": "Here is the array. Compare it with your prediction.",
    "pick": "The tables do not show all the numbers you would need. Choose by shape, size and "
    "sign.",
}
"""The replies to an answer, on the page and in the terminal."""


def questions(moments: Iterable[Moment]) -> list[Question | None]:
    """Return the question of each step, or None.

    Each backward step has a question.  In the forward pass, only the first op of each class has
    one, and in a training step only the first update: the others would repeat the question.
    """
    asked: set[object] = set()
    found = []
    for moment in moments:
        step = moment.step
        kind: object = step["index"]
        if step["phase"] == "forward":
            kind = step["op"]
        elif step["phase"] == "update":
            kind = ("update", step["training_step"])
        found.append(None if kind in asked else question(moment))
        if found[-1]:
            asked.add(kind)
    return found


@np.errstate(all="ignore")  # a mistake that overflows is left out
def question(moment: Moment) -> Question | None:
    """Return the question of a step, or None."""
    about = subject(moment)
    if about is None or not np.all(np.isfinite(about.right)) or not corner_of(about.right).any():
        return None
    right, wrong = about.right, about.wrong
    entry = _entry(right, wrong)
    answer = float(right[entry])
    choices = _choices(right, wrong, moment.step["index"])
    rest = None
    if about.outgoing is not None and not about.is_all_shown:
        rest = rest_of(moment, about.argument, entry)
    can_type = about.is_all_shown or rest is not None
    if not can_type and len(choices) < 2:
        return None
    numbers = [
        (float(mistake.array[entry]), mistake.hint)
        for mistake in wrong
        if mistake.array.shape == right.shape
    ]
    return Question(
        text=about.text,
        outgoing=about.outgoing,
        identifier=about.identifier,
        symbol=about.symbol,
        array=summarise(right),
        entry=list(entry),
        answer=answer,
        wrong=[pair for pair in numbers if abs(pair[0] - answer) > CLOSE * abs(answer)],
        choices=choices,
        by_hand=about.by_hand,
        can_type=can_type,
        rest="" if rest is None else words.left_to_add(rest, about.identifier, entry),
        nudge=about.nudge,
    )


def _entry(right: Array, wrong: list[Mistake]) -> tuple[int, ...]:
    """Return the shown element whose value differs from the most mistakes."""
    corner = corner_of(right)
    size = np.abs(corner)
    told_apart = np.zeros(corner.shape)
    for mistake in wrong:
        if mistake.array.shape == right.shape:
            told_apart += np.abs(corner_of(mistake.array) - corner) > CLOSE * size
    told_apart[size < 0.2 * np.max(size)] = -1
    place = np.unravel_index(int(np.argmax(told_apart)), corner.shape)
    return (0,) * (right.ndim - corner.ndim) + tuple(map(int, place))


def _choices(right: Array, wrong: list[Mistake], seed: int) -> list[Choice]:
    """Return the arrays to pick from, in an order that depends on the number of the step."""
    offered = [Choice(array=summarise(right), hint="")]
    for mistake in wrong[: CHOICES - 1]:
        offered.append(Choice(array=summarise(mistake.array), hint=mistake.hint))
    order = np.random.default_rng(seed).permutation(len(offered))
    return [offered[place] for place in order]
