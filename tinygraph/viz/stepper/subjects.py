"""The subject of a question: the right numbers, the wrong ones, and what the page shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.op import Op
from tinygraph.core.rules import evaluate, rule_names
from tinygraph.trace.steps import CORNER, Moment
from tinygraph.validation.arrays import Array
from tinygraph.viz.stepper.mistakes import Mistake, is_like, mistakes
from tinygraph.viz.stepper.value_mistakes import forward_mistakes, update_mistakes


class Subject(NamedTuple):
    """The subject of a question: the right array, wrong ones, and how to compute it."""

    text: str
    identifier: str
    symbol: str
    right: Array
    wrong: list[Mistake]
    by_hand: bool
    is_all_shown: bool
    nudge: str
    outgoing: int | None = None
    argument: int = 0


def subject(moment: Moment) -> Subject | None:
    """Return the subject of a step's question; None if no gradient leaves the step."""
    return _SUBJECTS[moment.step["phase"]](moment)


def corner_of(array: Array) -> Array:
    """Return the corner of an array that a page shows."""
    matrix = array[(0,) * max(array.ndim - 2, 0)]
    corner: Array = matrix[(slice(CORNER),) * matrix.ndim]
    return corner


def _forward(moment: Moment) -> Subject:
    op, step = moment.node, moment.step
    assert isinstance(op, Op)
    right = np.asarray(moment.values[op])
    return Subject(
        text=f"What does {step['op']} compute for {step['node']}?",
        identifier=step["identifier"],
        symbol=step["symbol"],
        right=right,
        wrong=forward_mistakes(moment),
        by_hand=bool(op.code) and "(" not in op.code,
        is_all_shown=_follows_from_what_is_shown(op, moment, right),
        nudge="Not correct. Put the numbers from the tables into the line of NumPy.",
    )


def _backward(moment: Moment) -> Subject | None:
    op = moment.node
    assert isinstance(op, Op)
    if not moment.contributions or not op.inputs:
        return None
    outgoing, argument = _most_telling(op, moment)
    leaving = moment.step["outgoing"][outgoing]
    right = np.asarray(moment.totals[argument])
    code = leaving["code"]
    by_hand = not any(sum_sign in code for sum_sign in ("@", ".sum(", "backward("))
    return Subject(
        text=f"After this step, what is the gradient of {leaving['node']}?",
        identifier=leaving["identifier"],
        symbol=leaving["symbol"],
        right=right,
        wrong=mistakes(moment, argument, right, leaving["number"]),
        by_hand=by_hand,
        is_all_shown=by_hand or _is_all_shown(moment),
        nudge=_nudge(code),
        outgoing=outgoing,
        argument=argument,
    )


def _update(moment: Moment) -> Subject:
    step = moment.step
    assert moment.after is not None
    right = np.asarray(moment.after - moment.values[moment.node])
    return Subject(
        text=f"By how much does this update change {step['node']}?",
        identifier=f"Δ{step['identifier']}",
        symbol=rf"\Delta {step['symbol']}",
        right=right,
        wrong=update_mistakes(moment, right),
        by_hand=all("(" not in line["code"] for line in step["lines"]),
        is_all_shown=bool(step["lines"]),
        nudge="Not correct. Put the numbers of this element into the lines, one after another.",
    )


_SUBJECTS: dict[str, Callable[[Moment], Subject | None]] = {
    "forward": _forward,
    "backward": _backward,
    "update": _update,
}


def _most_telling(op: Op, moment: Moment) -> tuple[int, int]:
    """Choose the gradient to ask for: a parameter's if possible, and not that of the data."""
    ranked = [
        (isinstance(parent, Input), not isinstance(parent, Parameter), outgoing, argument)
        for outgoing, argument in enumerate(moment.contributions)
        for parent in [op.inputs[argument]]
    ]
    return min(ranked)[2:]


def _is_all_shown(moment: Moment) -> bool:
    """Tell whether the page shows every number that a step uses."""
    step = moment.step
    read = [step["incoming"], step["value"], *(data["array"] for data in step["inputs"])]
    return all(data["complete"] for data in read)


def _follows_from_what_is_shown(op: Op, moment: Moment, right: Array) -> bool:
    """Tell whether the shown part of the value can be computed from the shown inputs."""
    space = {
        name: corner_of(thing) if isinstance(thing, np.ndarray) else thing
        for name, thing in rule_names(op, moment.values, right).items()
    }
    written = evaluate(op.code, space)
    return written is not None and is_like(written, corner_of(right))


def rest_of(moment: Moment, argument: int, entry: tuple[int, ...]) -> float | None:
    """Return the contribution of the rows that are not shown to one element."""
    op = moment.node
    assert isinstance(op, Op)
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
        return "Not correct. Which row and which column do you multiply for the framed element?"
    if ".sum(" in code:
        return "Not correct. Which of the incoming numbers add up in the framed element?"
    return "Not correct. Put the numbers at the framed position into the line of NumPy."
