"""One step in a terminal: formulas as NumPy, arrays as tables, in 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tinygraph.trace.steps import ArrayData, OutgoingData, Step
from tinygraph.viz.stepper import words
from tinygraph.viz.stepper.questions import REPLIES, Question

COLOUR = {"forward": "blue", "backward": "dark_orange3", "update": "green"}
ARROW = {"forward": "→", "backward": "←", "update": "↻"}
ROWS, FEWEST_ROWS, COLUMNS = 6, 1, 8
"""How much of an array is shown.  A step that does not fit shows fewer rows and no reasons."""
WIDTH, GAP = 78, 4
LETTERS = "abcd"

_RULER = Console(width=200)


def rows_that_fit(draw: Callable[[int], RenderableType], most_rows: int, console: Console) -> int:
    """Return how many rows of its arrays ``draw`` can draw in the terminal."""
    room = console.height - 1
    for rows in range(most_rows, FEWEST_ROWS, -1):
        if len(console.render_lines(draw(rows))) <= room:
            return rows
    return FEWEST_ROWS


def screen(
    step: Step, count: int, rows: int = ROWS, hidden: Question | None = None
) -> RenderableType:
    """Draw one step; an open question hides its answer."""
    colour = COLOUR[step["phase"]]
    head = Text.assemble(
        (f"{ARROW[step['phase']]} {words.heading(step)}", f"bold {colour}"),
        (f"   step {step['index']} of {count}", "dim"),
    )
    if step["training_step"] > 1:
        head.append(f", training step {step['training_step']}", "dim")
    is_tight = rows == FEWEST_ROWS
    if step["phase"] == "update":
        head.append(f", t = {step['t']}", "dim")
    needs_room = is_tight and (hidden or step["phase"] == "update")
    sentence = [] if needs_room else [Text(words.sentence(step))]
    gap = [] if is_tight else [Text("")]
    return Group(head, *sentence, *gap, *_BODIES[step["phase"]](step, rows, hidden))


def question_form(question: Question, picks: bool, typed: str, rows: int) -> RenderableType:
    """Draw a question, and the field for its answer."""
    text = Text(question["text"], style="bold")
    if picks:
        note = "" if question["can_type"] else f" {REPLIES['pick']}"
        asked = Text(f"One of these is {question['identifier']}. Press its letter.{note}")
        named = [
            (letter.upper(), choice["array"])
            for letter, choice in zip(LETTERS, question["choices"], strict=False)
        ]
        return Group(text, asked, _side_by_side(named, rows))
    rest = [Text(question["rest"])] if question["rest"] else []
    name = words.entry_name(question["identifier"], question["entry"])
    entry = Text.assemble((name, "italic"), " = ", (typed, "bold"), ("▏", "blink"))
    return Group(text, *rest, entry)


def _forward(step: Step, rows: int, hidden: Question | None) -> Iterator[RenderableType]:
    yield _code(step["code"])
    shown = [(data["identifier"], data["array"]) for data in step["inputs"]]
    if not hidden:
        shown.append((step["identifier"], step["value"]))
    yield _side_by_side(shown, rows, bool(hidden))


def _backward(step: Step, rows: int, hidden: Question | None) -> Iterator[RenderableType]:
    yield _side_by_side(
        [
            (f"{step['incoming_identifier']}, incoming", step["incoming"]),
            (f"{step['identifier']}, forward value", step["value"]),
        ],
        rows,
        bool(hidden),
    )
    is_tight = rows == FEWEST_ROWS
    for place, leaving in enumerate(step["outgoing"]):
        if hidden and place != hidden["outgoing"]:
            continue
        if not is_tight:
            yield Text("")
        yield Text(f"To {leaving['node']}", style="bold")
        yield _code(leaving["code"])
        if leaving["why"] and not is_tight:
            yield Padding(Text(f"because {leaving['why']}"), (0, 0, 0, 2))
        # Whether contributions add up is a part of the question.
        if not hidden and (joins := words.arrival(leaving)):
            yield Padding(Text(joins), (0, 0, 0, 2))
        yield _side_by_side(_leaving(leaving, hidden), rows, bool(hidden))


def _leaving(leaving: OutgoingData, hidden: Question | None) -> list[tuple[str, ArrayData]]:
    shown = []
    if leaving["local"] is not None:
        shown.append((f"local derivative {leaving['local_code']}", leaving["local"]))
    if hidden:
        if leaving["before"] is not None:
            shown.append((f"{leaving['identifier']}, before this step", leaving["before"]))
        return shown
    shown.append((f"{leaving['identifier']}, contribution", leaving["contribution"]))
    if leaving["number"] > 1:
        shown.append((f"{leaving['identifier']}, so far", leaving["total"]))
    return shown


def _update(step: Step, rows: int, hidden: Question | None) -> Iterator[RenderableType]:
    if not hidden:
        yield Text(words.loss_change(step), style="bold")
    if hidden or rows > FEWEST_ROWS:
        yield Text(words.settings(step), style="dim")
    yield _side_by_side(
        [
            (f"{step['identifier']}, before", step["value"]),
            (step["incoming_identifier"], step["incoming"]),
            *((f"{slot}, before", data) for slot, data in step["memory"].items()),
        ],
        rows,
        bool(hidden),
    )
    for line in step["lines"]:
        yield _code(line["code"])
        if not hidden and rows > FEWEST_ROWS and (purpose := words.purpose(step, line)):
            yield Padding(Text(purpose), (0, 0, 0, 4))
    if hidden:
        return
    yield _side_by_side([(line["name"], line["array"]) for line in step["lines"][:-1]], rows)
    yield _side_by_side([(f"{step['identifier']}, after", step["after"])], rows)


_BODIES = {"forward": _forward, "backward": _backward, "update": _update}


def _code(line: str) -> RenderableType:
    return Padding(Text(line, style="bold cyan"), (0, 0, 0, 2))


def _side_by_side(
    named: list[tuple[str, ArrayData]], rows: int, is_asked: bool = False
) -> RenderableType:
    """Draw arrays side by side, with line breaks where the width ends."""
    lines: list[list[RenderableType]] = []
    left = 0
    for name, data in named:
        block = _array(name, data, rows, is_asked)
        width = Measurement.get(_RULER, _RULER.options, block).maximum + GAP
        if width > left:
            lines.append([])
            left = WIDTH
        lines[-1].append(block)
        left -= width
    tables = []
    for line in lines:
        table = Table.grid(padding=(0, GAP, 0, 0))
        table.add_row(*line)
        tables.append(table)
    return Padding(Group(*tables), (0, 0, 0, 2))


def _array(name: str, data: ArrayData, rows: int, is_asked: bool) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in _rows(data["entries"])[:rows]:
        texts = (words.number(entry, is_computed_with=is_asked) for entry in row[:COLUMNS])
        table.add_row(*(Text(text, justify="right") for text in texts))
    title = Text.assemble((name, "italic"), (f"  {words.times(data['shape'])}", "dim"))
    more = Text(_more(data["shape"], rows), style="dim")
    return Group(title, table, more) if more else Group(title, table)


def _more(shape: list[int], rows: int = ROWS) -> str:
    """Return how much of an array is not shown.

    >>> _more([21, 4]), _more([7, 10]), _more([3])
    ('… 15 more rows', '… 1 more row, 2 more columns', '')
    """
    sizes = [1, 1, *shape][-2:]
    hidden = [
        f"{size - shown} more {what}{'s' * (size - shown != 1)}"
        for size, shown, what in zip(sizes, (rows, COLUMNS), ("row", "column"), strict=True)
        if size > shown
    ]
    return f"… {', '.join(hidden)}" if hidden else ""


def _rows(entries: Any) -> list[list[Any]]:
    if not isinstance(entries, list):
        return [[entries]]
    return entries if entries and isinstance(entries[0], list) else [entries]
