"""The same steps in a terminal: formulas as NumPy, arrays as tables, keys as in the page."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tinygraph.steps import ArrayData, OutgoingData, Step
from tinygraph.viz.stepper import words

COLOUR = {"forward": "blue", "backward": "dark_orange3", "update": "green"}
ARROW = {"forward": "→", "backward": "←", "update": "↻"}
HELP = "→ or Space: next   ←: back   Home, End: first, last   q: leave"
ROWS, FEWEST_ROWS, COLUMNS = 6, 1, 8
"""How much of an array is shown: fewer where a step would not fit, and then no reasons."""
WIDTH, GAP = 78, 4

_RULER = Console(width=200)


def print_steps(steps: Sequence[Step]) -> None:
    """Print every step, one after another: for a pipe, a file or a small terminal."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 80)
    for step in steps:
        console.print(screen(step, len(steps)))
        console.print()


def walk_through(steps: Sequence[Step]) -> None:
    """Show one step at a time, and move on by keys until the user leaves."""
    console = Console(highlight=False)
    place = 0
    with console.screen(hide_cursor=True):
        while True:
            console.clear()
            console.print(fitting(steps[place], len(steps), console))
            console.print(Text(HELP, style="dim"), end="")
            place = moved(place, _pressed(), len(steps))
            if place < 0:
                return


def moved(place: int, key: str, count: int) -> int:
    """Return the step to show after a key; -1 to leave.

    >>> moved(3, "next", 10), moved(9, "next", 10), moved(3, "first", 10), moved(3, "leave", 10)
    (4, 9, 0, -1)
    """
    return {
        "next": min(place + 1, count - 1),
        "back": max(place - 1, 0),
        "first": 0,
        "last": count - 1,
        "leave": -1,
    }.get(key, place)


def _pressed() -> str:
    """Wait for a key, and return what it asks for."""
    import readchar  # on use: it needs a terminal's own modules

    keys = readchar.key
    try:
        pressed = readchar.readkey()
    except KeyboardInterrupt:
        return "leave"
    return {
        keys.RIGHT: "next",
        keys.SPACE: "next",
        keys.ENTER: "next",
        keys.DOWN: "next",
        keys.LEFT: "back",
        keys.UP: "back",
        keys.HOME: "first",
        keys.END: "last",
        keys.ESC: "leave",
        "q": "leave",
        "n": "next",
        "b": "back",
    }.get(pressed, "")


def fitting(step: Step, count: int, console: Console) -> RenderableType:
    """Return a step with as many rows of its arrays as the terminal has room for."""
    room = console.height - 1
    for rows in range(ROWS, FEWEST_ROWS, -1):
        shown = screen(step, count, rows)
        if len(console.render_lines(shown)) <= room:
            return shown
    return screen(step, count, FEWEST_ROWS)


def screen(step: Step, count: int, rows: int = ROWS) -> RenderableType:
    """Return all that is shown of one step."""
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
    sentence = [] if is_tight and step["phase"] == "update" else [Text(words.sentence(step))]
    gap = [] if is_tight else [Text("")]
    return Group(head, *sentence, *gap, *_BODIES[step["phase"]](step, rows))


def _forward(step: Step, rows: int) -> Iterator[RenderableType]:
    yield _code(step["code"])
    yield _side_by_side(
        [
            *((data["identifier"], data["array"]) for data in step["inputs"]),
            (step["identifier"], step["value"]),
        ],
        rows,
    )


def _backward(step: Step, rows: int) -> Iterator[RenderableType]:
    yield _side_by_side(
        [
            (f"{step['incoming_identifier']}, arrives", step["incoming"]),
            (f"{step['identifier']}, forward value", step["value"]),
        ],
        rows,
    )
    is_tight = rows == FEWEST_ROWS
    for leaving in step["outgoing"]:
        if not is_tight:
            yield Text("")
        yield Text(f"To {leaving['node']}", style="bold")
        yield _code(leaving["code"])
        if leaving["why"] and not is_tight:
            yield Padding(Text(f"because {leaving['why']}"), (0, 0, 0, 2))
        if joins := words.arrival(leaving):
            yield Padding(Text(joins), (0, 0, 0, 2))
        yield _side_by_side(_leaving(leaving), rows)


def _leaving(leaving: OutgoingData) -> list[tuple[str, ArrayData]]:
    shown = []
    if leaving["local"] is not None:
        shown.append((f"local derivative {leaving['local_code']}", leaving["local"]))
    shown.append((f"{leaving['identifier']}, leaves", leaving["contribution"]))
    if leaving["number"] > 1:
        shown.append((f"{leaving['identifier']}, so far", leaving["total"]))
    return shown


def _update(step: Step, rows: int) -> Iterator[RenderableType]:
    yield Text(words.loss_change(step), style="bold")
    settings = (f"{name} = {value:g}" for name, value in step["hyperparameters"].items())
    if rows > FEWEST_ROWS:
        yield Text(", ".join(settings), style="dim")
    yield _side_by_side(
        [
            (f"{step['identifier']}, before", step["value"]),
            (step["incoming_identifier"], step["incoming"]),
            *((f"{slot}, before", data) for slot, data in step["memory"].items()),
        ],
        rows,
    )
    for line in step["lines"]:
        yield _code(line["code"])
        if rows > FEWEST_ROWS and (purpose := words.purpose(step, line)):
            yield Padding(Text(purpose), (0, 0, 0, 4))
    yield _side_by_side([(line["name"], line["array"]) for line in step["lines"][:-1]], rows)
    yield _side_by_side([(f"{step['identifier']}, after", step["after"])], rows)


_BODIES = {"forward": _forward, "backward": _backward, "update": _update}


def _code(line: str) -> RenderableType:
    return Padding(Text(line, style="bold cyan"), (0, 0, 0, 2))


def _side_by_side(named: list[tuple[str, ArrayData]], rows: int) -> RenderableType:
    """Return arrays in lines, as many in each as fit its width."""
    lines: list[list[RenderableType]] = []
    left = 0
    for name, data in named:
        block = _array(name, data, rows)
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


def _array(name: str, data: ArrayData, rows: int) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in _rows(data["entries"])[:rows]:
        table.add_row(*(Text(words.number(entry), justify="right") for entry in row[:COLUMNS]))
    title = Text.assemble((name, "italic"), (f"  {words.times(data['shape'])}", "dim"))
    more = Text(_more(data["shape"], rows), style="dim")
    return Group(title, table, more) if more else Group(title, table)


def _more(shape: list[int], rows: int = ROWS) -> str:
    """Return how much of an array is not shown.

    >>> _more([21, 4]), _more([6, 10]), _more([3])
    ('… 15 more rows', '… 2 more columns', '')
    """
    sizes = [1, 1, *shape][-2:]
    hidden = [
        f"{size - shown} more {what}"
        for size, shown, what in zip(sizes, (rows, COLUMNS), ("rows", "columns"), strict=True)
        if size > shown
    ]
    return f"… {', '.join(hidden)}" if hidden else ""


def _rows(entries: Any) -> list[list[Any]]:
    if not isinstance(entries, list):
        return [[entries]]
    return entries if entries and isinstance(entries[0], list) else [entries]
