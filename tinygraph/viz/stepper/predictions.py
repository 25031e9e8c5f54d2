"""The predictions of a learner in a terminal: the reply to each answer, and the score."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Sequence

from tinygraph.viz.stepper import words
from tinygraph.viz.stepper.mistakes import CLOSE
from tinygraph.viz.stepper.questions import REPLIES, Question


class Predictions:
    """The answers to the questions of a run.

    Parameters
    ----------
    questions : sequence
        The question of each step, or None.
    """

    def __init__(self, questions: Sequence[Question | None]) -> None:
        self._questions = questions
        self._wrong: Counter[int] = Counter()
        self._outcomes: dict[int, str] = {}

    def open_at(self, place: int) -> Question | None:
        """Return the question of a step if it is not answered yet."""
        return None if place in self._outcomes else self._questions[place]

    def type(self, place: int, text: str) -> str:
        """Take a typed number as the answer, and return the reply."""
        question = self._asked(place)
        value = calculate(text)
        if math.isnan(value):
            return REPLIES["unreadable"]
        return self._judge(place, hint_for(value, question))

    def pick(self, place: int, choice: int) -> str:
        """Take one of the choices as the answer, and return the reply."""
        return self._judge(place, self._asked(place)["choices"][choice]["hint"])

    def show(self, place: int) -> None:
        """Show the answer without a prediction."""
        self._outcomes[place] = "shown"

    def _asked(self, place: int) -> Question:
        question = self._questions[place]
        assert question is not None
        return question

    def _judge(self, place: int, hint: str) -> str:
        if hint:
            self._wrong[place] += 1
        else:
            self._outcomes[place] = "later" if self._wrong[place] else "first"
        return hint

    def said(self, place: int) -> list[str]:
        """Return the lines above a step without an open question."""
        said = [self._outcome(place)] if place in self._outcomes else []
        if place == len(self._questions) - 1:
            return [*said, self.summary()]
        is_open = [k for k in range(len(self._questions)) if self.open_at(k)]
        if said or not is_open:
            return said
        later = min((k for k in is_open if k > place), default=is_open[0])
        return [f"This step has no question. The next question is at step {later + 1}."]

    def _outcome(self, place: int) -> str:
        question = self._asked(place)
        name = words.entry_name(question["identifier"], question["entry"])
        shown = words.number(question["answer"], is_computed_with=True)
        return f"{REPLIES[self._outcomes[place]]} {name} is {shown}."

    def score(self) -> str:
        """Return the fraction of answers correct on the first try, as ``"✓ 3/4"``, or ""."""
        first = list(self._outcomes.values()).count("first")
        return f"✓ {first}/{len(self._outcomes)}" if self._outcomes else ""

    def summary(self) -> str:
        """Return a summary of the answers to all questions."""
        count = Counter(self._outcomes.values())
        asked = sum(question is not None for question in self._questions)
        return (
            f"{asked} question{'s' * (asked != 1)}: {count['first']} correct on the first try, "
            f"{count['later']} after a hint, {count['shown']} shown, "
            f"{asked - len(self._outcomes)} not answered."
        )


def hint_for(value: float, question: Question) -> str:
    """Return the hint for a typed number; "" if the number is right."""
    answer = question["answer"]
    if _is_close(value, answer):
        return ""
    for wrong, hint in question["wrong"]:
        if _is_close(value, wrong):
            return hint
    if _is_close(value, -answer):
        return REPLIES["sign"]
    return REPLIES["near"] if 0.9 < value / answer < 1.1 else question["nudge"]


def _is_close(value: float, target: float) -> bool:
    return abs(value - target) <= CLOSE * abs(target) + 1e-12


_OPERATIONS: dict[type[ast.AST], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}


def calculate(text: str) -> float:
    """Evaluate a typed sum or product; return NaN for any other text.

    >>> calculate("0,5 × (1 − 0.5)"), calculate("-3e-2"), calculate("x + 1"), calculate("1 / 0")
    (0.25, -0.03, nan, nan)
    """
    plain = text.strip().translate(str.maketrans("−–×·", "--**"))
    try:
        return _value(ast.parse(re.sub(r"(\d),(\d)", r"\1.\2", plain), mode="eval").body)
    except (ValueError, KeyError, SyntaxError, ArithmeticError, RecursionError, MemoryError):
        return math.nan


def _value(tree: ast.expr) -> float:
    match tree:
        case ast.Constant(int() | float() as number) if not isinstance(number, bool):
            return float(number)
        case ast.BinOp(left, sign, right):
            return _OPERATIONS[type(sign)](_value(left), _value(right))
        case ast.UnaryOp(sign, operand):
            return _OPERATIONS[type(sign)](_value(operand))
    raise ValueError(f"not a number: {ast.dump(tree)}")
