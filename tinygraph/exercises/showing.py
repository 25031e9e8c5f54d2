"""Shows the pictures of a tutorial wherever it runs: in a notebook, in the book or as a script.

A notebook displays the last expression of a cell, but a script drops it. ``show(picture)`` works in
both: a notebook gets the picture back, a script writes it to a file and prints the path.
"""

from __future__ import annotations

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from tinygraph.exercises.verdict import Verdict
from tinygraph.validation.paths import writing
from tinygraph.viz.diagram.diagram import Diagram
from tinygraph.viz.playground.playground import Playground
from tinygraph.viz.stepper.stepper import Stepper

OUTPUT = Path("tutorial-output")
"""The folder for the pictures of all scripts, inside the current folder."""

_numbers = count(1)


def show(thing: Any) -> Any:
    """Show a picture, a text or a verdict, in a notebook and in a script.

    A script accepts two options. ``--open`` opens each picture in the browser. ``--strict`` ends
    the script with exit status 1 if the answer to the exercise is wrong or missing.

    Parameters
    ----------
    thing : Diagram, Stepper, Playground, Figure, Verdict or object
        In a script, pictures are saved in ``tutorial-output/``, and anything else is printed.

    Returns
    -------
    object
        The same thing, for a notebook to display. None if it has been shown already.
    """
    caller = sys._getframe(1).f_globals
    is_script = caller is vars(sys.modules["__main__"]) and "__file__" in caller
    if is_script:
        _show_in_script(thing, Path(caller["__file__"]).stem, sys.argv[1:])
        return None
    if isinstance(thing, Verdict):
        print(thing)
        return None
    # A notebook and the book display the figures of a cell by themselves.
    return None if _is_figure(thing) else thing


class _Options(NamedTuple):
    open: bool
    strict: bool


def _options(arguments: Sequence[str]) -> _Options:
    parser = argparse.ArgumentParser(description="Run a tutorial as a script.")
    parser.add_argument("--open", action="store_true", help="open each picture in the browser")
    parser.add_argument(
        "--strict", action="store_true", help="exit with status 1 unless the answer is right"
    )
    return _Options(**vars(parser.parse_args(arguments)))


def _show_in_script(thing: Any, script: str, arguments: Sequence[str]) -> None:
    options = _options(arguments)
    if isinstance(thing, Verdict):
        print(thing)
        if options.strict and not thing.is_right:
            raise SystemExit(1)
        return
    path = _saved(thing, OUTPUT / script)
    if path is None:
        print(thing)
        return
    print(f"Picture: {path.as_posix()}")
    if options.open:
        webbrowser.open(path.resolve().as_uri())


def _saved(thing: Any, folder: Path) -> Path | None:
    """Write a picture into the folder and return its path, or None if it is not a picture."""
    if isinstance(thing, Diagram):
        kind, ending = "diagram", "svg"
    elif isinstance(thing, Stepper):
        kind, ending = "stepper", "html"
    elif isinstance(thing, Playground):
        kind, ending = "playground", "html"
    elif _is_figure(thing):
        kind, ending = "plot", "png"
    else:
        return None
    path = folder / f"{next(_numbers)}-{kind}.{ending}"
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
    if isinstance(thing, (Diagram, Stepper, Playground)):
        return thing.save(path)
    with writing(path):
        thing.savefig(path, dpi=150)
    sys.modules["matplotlib.pyplot"].close(thing)
    return path


def _is_figure(thing: Any) -> bool:
    matplotlib = sys.modules.get("matplotlib.figure")
    return matplotlib is not None and isinstance(thing, matplotlib.Figure)
