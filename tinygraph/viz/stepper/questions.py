"""What a learner is asked at a backward step before its result is shown.

The question is one gradient that leaves the op.  It can be answered by typing one of its entries or
by picking the whole array among wrong ones, each of them a typical mistake.
"""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from tinygraph.arrays import Array
from tinygraph.node import Input, Op, Parameter
from tinygraph.rules import evaluate, rule_names
from tinygraph.steps import CORNER, ArrayData, Moment, summarise
from tinygraph.viz.stepper.mistakes import CLOSE, Mistake, mistakes

CHOICES = 4
"""How many arrays there are to pick from, the right one among them."""


class Choice(TypedDict):
    """An array to pick, and what to say of it; nothing of the right one."""

    array: ArrayData
    hint: str


class Question(TypedDict):
    """One question: which gradient, which entry of it, and what answers mean."""

    outgoing: int
    """Which of the step's outgoing gradients is asked for."""
    entry: list[int]
    answer: float
    wrong: list[tuple[float, str]]
    """Typical wrong numbers, and the hint for each."""
    choices: list[Choice]
    by_hand: bool
    """Whether the entry follows from a few numbers, without a sum over many."""
    can_type: bool
    """Whether all numbers that the entry follows from are shown; else there is only to pick."""
    rest: float | None
    """What the rows that are not shown add to the entry, where that can be told."""
    nudge: str
    """What to say to a number that comes from no typical mistake."""


def question(moment: Moment) -> Question | None:
    """Return the question of a backward step; nothing where there is nothing to ask."""
    op = moment.node
    assert isinstance(op, Op)
    if not moment.contributions or not op.inputs:
        return None
    outgoing, argument = _most_telling(op, moment)
    leaving = moment.step["outgoing"][outgoing]
    right = np.asarray(moment.totals[argument])
    if not np.all(np.isfinite(right)) or not _shown(right).any():
        return None
    wrong = mistakes(moment, argument, right, leaving["number"])
    entry = _entry(right, wrong)
    numbers = [
        (float(mistake.gradient[entry]), mistake.hint)
        for mistake in wrong
        if mistake.gradient.shape == right.shape
    ]
    answer = float(right[entry])
    choices = _choices(right, wrong, moment.step["index"])
    by_hand = not any(sum_sign in leaving["code"] for sum_sign in ("@", ".sum(", "backward("))
    is_all_shown = by_hand or _is_all_shown(moment)
    rest = None if is_all_shown else _rest(op, moment, argument, entry)
    can_type = is_all_shown or rest is not None
    if not can_type and len(choices) < 2:
        return None
    return Question(
        outgoing=outgoing,
        entry=list(entry),
        answer=answer,
        wrong=[pair for pair in numbers if abs(pair[0] - answer) > CLOSE * abs(answer)],
        choices=choices,
        by_hand=by_hand,
        can_type=can_type,
        rest=rest,
        nudge=_nudge(leaving["code"]),
    )


def _most_telling(op: Op, moment: Moment) -> tuple[int, int]:
    """Return which outgoing gradient to ask for: what training needs, else not the data's."""
    ranked = [
        (isinstance(parent, Input), not isinstance(parent, Parameter), outgoing, argument)
        for outgoing, argument in enumerate(moment.contributions)
        for parent in [op.inputs[argument]]
    ]
    return min(ranked)[2:]


def _entry(right: Array, wrong: list[Mistake]) -> tuple[int, ...]:
    """Return the first shown entry of some size that tells most mistakes from the right number."""
    corner = _shown(right)
    size = np.abs(corner)
    told_apart = np.zeros(corner.shape)
    for mistake in wrong:
        if mistake.gradient.shape == right.shape:
            told_apart += np.abs(_shown(mistake.gradient) - corner) > CLOSE * size
    told_apart[size < 0.2 * np.max(size)] = -1
    place = np.unravel_index(int(np.argmax(told_apart)), corner.shape)
    return (0,) * (right.ndim - corner.ndim) + tuple(map(int, place))


def _shown(array: Array) -> Array:
    """Return the corner of an array that a page shows."""
    matrix = array[(0,) * max(array.ndim - 2, 0)]
    corner: Array = matrix[(slice(CORNER),) * matrix.ndim]
    return corner


def _is_all_shown(moment: Moment) -> bool:
    """Tell whether a page shows every number that goes into a step."""
    step = moment.step
    read = [step["incoming"], step["value"], *(data["array"] for data in step["inputs"])]
    return all(data["complete"] for data in read)


def _rest(op: Op, moment: Moment, argument: int, entry: tuple[int, ...]) -> float | None:
    """Return what the rows beyond the first few contribute to an entry: the rule without them."""
    g, contribution = np.asarray(moment.gradients[op]), moment.contributions[argument]
    if argument >= len(op.rules) or g.ndim == 0:
        return None
    space = {
        name: thing[:CORNER] if _has_rows_of(g, thing) else thing
        for name, thing in rule_names(op, moment.values, g).items()
    }
    shown = evaluate(op.rules[argument].code, space)
    if shown is None or shown.shape != np.shape(contribution):
        return None
    return float(contribution[entry] - shown[entry])


def _has_rows_of(g: Array, thing: object) -> bool:
    return isinstance(thing, np.ndarray) and thing.shape[:1] == g.shape[:1]


def _nudge(code: str) -> str:
    if "@" in code:
        return "Not that. Which row and column of the factors meet in the framed entry?"
    if ".sum(" in code:
        return "Not that. Which of the numbers that arrive add up in the framed entry?"
    return "Not that. Put the numbers from the place of the framed entry into the line of NumPy."


def _choices(right: Array, wrong: list[Mistake], seed: int) -> list[Choice]:
    """Return the arrays to pick from, in an order that the step's number decides."""
    offered = [Choice(array=summarise(right), hint="")]
    for mistake in wrong[: CHOICES - 1]:
        offered.append(Choice(array=summarise(mistake.gradient), hint=mistake.hint))
    order = np.random.default_rng(seed).permutation(len(offered))
    return [offered[place] for place in order]
