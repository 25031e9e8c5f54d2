"""What a learner is asked at a step before its result is shown.

Forward it is the op's value, backward one gradient that leaves the op, in an update how far the
parameter moves.  It can be answered by typing one of its entries or by picking the whole array
among wrong ones, each of them a typical mistake.
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
"""How many arrays there are to pick from, the right one among them."""


class Choice(TypedDict):
    """An array to pick, and what to say of it; nothing of the right one."""

    array: ArrayData
    hint: str


class Question(TypedDict):
    """One question: which array, which entry of it, and what answers mean."""

    text: str
    """The question itself."""
    outgoing: int | None
    """Backward: which of the step's outgoing gradients is asked for."""
    identifier: str
    symbol: str
    array: ArrayData
    """The right answer, all of it."""
    entry: list[int]
    answer: float
    wrong: list[tuple[float, str]]
    """Typical wrong numbers, and the hint for each."""
    choices: list[Choice]
    by_hand: bool
    """Whether the entry follows from a few numbers, without a sum over many or a function."""
    can_type: bool
    """Whether all numbers that the entry follows from are shown; else there is only to pick."""
    rest: str
    """What the rows that are not shown add to the entry; nothing where all are."""
    nudge: str
    """What to say to a number that comes from no typical mistake."""


REPLIES = {
    "unreadable": "Please type a number, such as 0.012, or a product, such as 0.5 * 0.2.",
    "sign": "The size is right. What about the sign?",
    "near": "Near, but not close enough: take more digits along.",
    "first": "Right, at once: here is all of it.",
    "later": "Right: here is all of it.",
    "shown": "Here it is. Compare it with what you had in mind.",
    "pick": "It takes more numbers than the tables show: tell it by its shape, size and signs.",
}
"""What is said to an answer, by the page and by the terminal alike."""


def questions(moments: Iterable[Moment]) -> list[Question | None]:
    """Return the question of each step; nothing where nothing is asked.

    Each backward step is asked about.  Going forward, one op of each kind is, and of the updates
    of a training step the first: the others would ask the same again.
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


@np.errstate(all="ignore")  # a mistake may lead beyond all bounds: it is then left out
def question(moment: Moment) -> Question | None:
    """Return the question of a step; nothing where there is nothing to ask."""
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
    """Return the first shown entry of some size that tells most mistakes from the right number."""
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
    """Return the arrays to pick from, in an order that the step's number decides."""
    offered = [Choice(array=summarise(right), hint="")]
    for mistake in wrong[: CHOICES - 1]:
        offered.append(Choice(array=summarise(mistake.array), hint=mistake.hint))
    order = np.random.default_rng(seed).permutation(len(offered))
    return [offered[place] for place in order]
