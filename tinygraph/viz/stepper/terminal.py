"""The steps in a terminal, with the keys of the page; ``p`` asks for predictions."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from tinygraph.trace.steps import CORNER, Step
from tinygraph.viz.stepper.blocks import end_of_next_block, end_of_previous_block, find_blocks
from tinygraph.viz.stepper.predictions import Predictions
from tinygraph.viz.stepper.questions import Question
from tinygraph.viz.stepper.screens import (
    FEWEST_ROWS,
    LETTERS,
    ROWS,
    question_form,
    rows_that_fit,
    screen,
)

KEYS = "→ or Space: next   ←: back   {block}Home, End   p: {predict}   q: quit"
BLOCK_KEYS = "N, B: next or previous block   "
TYPING_KEYS = "Enter: check   {other}?: show me   →: next   p: stop asking   q: quit"
NUMBER = frozenset("0123456789.,eE+-−*×·/()")


def print_steps(steps: Sequence[Step]) -> None:
    """Print all steps, one after another, for a pipe, a file or a small terminal."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 80)
    for step in steps:
        console.print(screen(step, len(steps)))
        console.print()


def walk_through(steps: Sequence[Step], questions: Sequence[Question | None]) -> None:
    """Show one step at a time until the user quits; keys select the step."""
    console = Console(highlight=False)
    walk = Walk(steps, questions)
    with suppress(KeyboardInterrupt), console.screen(hide_cursor=True), _keyboard() as pressed:
        while walk.place >= 0:
            console.clear()
            console.print(walk.shown(console))
            console.print(Text(walk.keys(), style="dim"), end="")
            for key in pressed():
                walk.press(*_meaning(key))


class Walk:
    """The position of a user of the terminal, and the answers so far.

    Attributes
    ----------
    place : int
        The step that is shown, counted from 0; -1 after the user has quit.
    """

    def __init__(self, steps: Sequence[Step], questions: Sequence[Question | None]) -> None:
        self.steps = steps
        self.predictions = Predictions(questions)
        self.blocks = find_blocks(steps)
        self.place = 0
        self.predicts = False
        self._occasion: tuple[object, ...] = ()
        self._rows = ROWS
        self._open()

    def _open(self) -> None:
        """Start the question of this step, if there is one."""
        self.typed = self.reply = ""
        question = self.question
        is_easy = bool(question and question["can_type"] and question["by_hand"])
        self.picks = bool(question and len(question["choices"]) > 1) and not is_easy

    @property
    def question(self) -> Question | None:
        """The open question of this step, or None."""
        return self.predictions.open_at(self.place) if self.predicts else None

    def press(self, action: str, character: str) -> None:
        """Perform the action of a key, or type its character."""
        if action == "leave" or self.place < 0:
            self.place = -1
        elif self.question and self._answered(self.question, action, character):
            return
        elif character == "p":
            self.predicts = not self.predicts
            self._open()
        elif character == "N":
            self.place = end_of_next_block(self.blocks, self.place, len(self.steps))
            self._open()
        elif character == "B":
            self.place = end_of_previous_block(self.blocks, self.place)
            self._open()
        else:
            self.place = moved(self.place, _LETTER_ACTIONS.get(character, action), len(self.steps))
            self._open()

    def _answered(self, question: Question, action: str, character: str) -> bool:
        """Use a key for the answer if possible; return whether it was used."""
        can_switch = question["can_type"] and len(question["choices"]) > 1
        if character == "?":
            self.predictions.show(self.place)
        elif action == "switch" and can_switch:
            self.picks, self.reply = not self.picks, ""
        elif self.picks:
            letters = LETTERS[: len(question["choices"])]
            if not character or character.lower() not in letters:
                return False
            self.reply = self.predictions.pick(self.place, letters.index(character.lower()))
        elif action == "check":
            self.reply = f"{self.typed}: {self.predictions.type(self.place, self.typed)}"
            self.typed = ""
        elif action == "delete":
            self.typed = self.typed[:-1]
        elif character in NUMBER or (character == " " and self.typed):
            self.typed += character
        else:
            return False
        return True

    def shown(self, console: Console) -> RenderableType:
        """Draw this step and its open question in a size that fits the terminal."""
        question = self.question
        draw = self._revealed if question is None else partial(self._asked, question)
        # The size is not computed again for each typed digit, because this would be too slow.
        occasion = (self.place, self.predicts, self.picks, self.reply, bool(question), console.size)
        if occasion != self._occasion:
            most = ROWS if question is None else CORNER
            self._occasion, self._rows = occasion, rows_that_fit(draw, most, console)
        return draw(self._rows)

    def _asked(self, question: Question, rows: int) -> RenderableType:
        form = question_form(question, self.picks, self.typed, rows)
        gap = [Text("")] if rows > FEWEST_ROWS else []
        reply = [Text(self.reply, style="bold")] if self.reply else []
        step = screen(self.steps[self.place], len(self.steps), rows, question)
        return Group(step, *gap, form, *reply)

    def _revealed(self, rows: int) -> RenderableType:
        said = self.predictions.said(self.place) if self.predicts else []
        lines = (Text(line, style="bold") for line in said)
        return Group(*lines, screen(self.steps[self.place], len(self.steps), rows))

    def keys(self) -> str:
        """Return one line that explains the keys."""
        question = self.question
        if question is None:
            block = BLOCK_KEYS if self.blocks else ""
            if not self.predicts:
                return KEYS.format(block=block, predict="predict first")
            keys = KEYS.format(block=block, predict="stop asking")
            return f"{keys}   {self.predictions.score()}".rstrip()
        can_switch = question["can_type"] and len(question["choices"]) > 1
        other = f"Tab: {'type' if self.picks else 'pick'}   " if can_switch else ""
        line = TYPING_KEYS.format(other=other)
        return line.partition("   ")[2] if self.picks else line


def moved(place: int, action: str, count: int) -> int:
    """Return the step to show after an action.

    >>> moved(3, "next", 10), moved(9, "next", 10), moved(3, "first", 10), moved(3, "x", 10)
    (4, 9, 0, 3)
    """
    return {
        "next": min(place + 1, count - 1),
        "check": min(place + 1, count - 1),
        "back": max(place - 1, 0),
        "first": 0,
        "last": count - 1,
    }.get(action, place)


_LETTER_ACTIONS = {" ": "next", "n": "next", "b": "back"}


@contextmanager
def _keyboard() -> Iterator[Callable[[], list[str]]]:
    """Yield a function that waits for keys and returns all keys pressed since its last call.

    readchar loses keys that are typed while a step is drawn, or the terminal prints them.
    """
    try:
        import termios
        import tty
    except ImportError:
        has_modes = False  # Windows buffers the keys
    else:
        has_modes = sys.stdin.isatty()
    if not has_modes:
        yield lambda: [_readchar().readkey()]
        return
    terminal = sys.stdin.fileno()
    settings = termios.tcgetattr(terminal)
    tty.setcbreak(terminal)
    try:
        yield lambda: _split(os.read(terminal, 1024).decode(errors="ignore"))
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, settings)


def _split(typed: str) -> list[str]:
    r"""Split the text from a terminal into keys; an empty text is the end of the input: quit.

    >>> _split("1\x1b[C\x1bOFq"), _split("")
    (['1', '\x1b[C', '\x1b[F', 'q'], ['q'])
    """
    return re.findall(r"\x1b\[[\d;]*[~A-Za-z]|.", typed.replace("\x1bO", "\x1b["), re.S) or ["q"]


def _readchar() -> Any:
    import readchar  # imported late, because it needs modules that only a terminal has

    return readchar


def _meaning(key: str) -> tuple[str, str]:
    """Return the action of a key, and the character that it types."""
    keys = _readchar().key
    action = {
        keys.RIGHT: "next",
        keys.DOWN: "next",
        keys.LEFT: "back",
        keys.UP: "back",
        keys.HOME: "first",
        keys.END: "last",
        "\x1b[1~": "first",  # tmux, screen and the Linux console
        "\x1b[4~": "last",
        keys.ENTER: "check",
        keys.CR: "check",
        keys.TAB: "switch",
        keys.BACKSPACE: "delete",
        keys.ESC: "leave",
        "q": "leave",
    }.get(key, "")
    return action, key if not action and len(key) == 1 else ""
