"""The layout of DOT by Graphviz: finds an installed one and runs it.

The program that ``TINYGRAPH_DOT`` names comes first, then the Graphviz inside the pygraphviz wheel,
then the ``dot`` on the PATH.  The one in the wheel works inside this process.  It writes its
messages to file descriptor 2, where Python code does not see them, and it needs fonts on a machine
that has none; this module takes care of both.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from importlib.util import find_spec
from pathlib import Path

from tinygraph.errors import LayoutError
from tinygraph.viz.diagram.fonts import missing_font_advice

HOW_TO_INSTALL = (
    'Graphviz is not installed. Install it with "pip install pygraphviz" (the wheel contains '
    "Graphviz), or from https://graphviz.org/download with its program dot on the PATH or named by "
    "the environment variable TINYGRAPH_DOT."
)
TOO_LARGE = (
    "The picture is too large for a PNG, so Graphviz scaled it down to {:.0%}. Save it as .svg or "
    ".pdf, which have no limit, or draw less of the graph with depth=0 or around=."
)
_SCALED = re.compile(r"too large for cairo-renderer bitmaps. Scaling by ([\d.]+)")

PNG_DPI = 144
FONT_FILE = "fonts.conf"
SYSTEM_FONTS = "/etc/fonts/fonts.conf"

Engine = Callable[[str, str], bytes]

_lock = threading.Lock()


class NoGraphvizError(LayoutError):
    """No Graphviz is installed; a plainer diagram is drawn without it."""


def lay_out(dot: str, file_format: str) -> bytes:
    """Draw ``dot`` as ``"svg"``, ``"png"`` or ``"pdf"``.

    Warns if a PNG or PDF contains characters that no installed font has.

    Raises
    ------
    NoGraphvizError
        If Graphviz is not installed.
    LayoutError
        If Graphviz fails.
    """
    picture = find_engine()(dot, file_format)
    if file_format != "svg":
        advice = missing_font_advice(dot, file_format)
        if advice:
            warnings.warn(advice, stacklevel=3)
    return picture


def find_engine() -> Engine:
    """Return the first Graphviz that is installed.

    Raises
    ------
    NoGraphvizError
        If none is installed.
    LayoutError
        If ``TINYGRAPH_DOT`` does not name a program.
    """
    chosen = os.environ.get("TINYGRAPH_DOT")
    if chosen:
        program = shutil.which(chosen)
        if program is None:
            raise LayoutError(
                f"The environment variable TINYGRAPH_DOT must name the Graphviz program dot; "
                f"{chosen!r} is not an executable file. Correct the variable, or unset it."
            )
        return _program(program)
    if _has_bundled():
        return _bundled
    program = shutil.which("dot")
    if program is not None:
        return _program(program)
    raise NoGraphvizError(HOW_TO_INSTALL)


def _program(path: str) -> Engine:
    def run(dot: str, file_format: str) -> bytes:
        if file_format == "svg":
            # Before version 14 a cell has an id only if it is a link; svg.py takes the links out.
            dot = dot.replace(" title=", ' href="#" title=')
        done = subprocess.run(
            [path, f"-T{file_format}", *_options(file_format)],
            input=dot.encode(),
            capture_output=True,
            check=False,
        )
        _pass_on(done.stderr.decode(errors="replace"))
        if done.returncode or not done.stdout:
            raise LayoutError(f"{path} failed with exit status {done.returncode}.")
        return done.stdout

    return run


@lru_cache(maxsize=1)
def _has_bundled() -> bool:
    if find_spec("pygraphviz") is None:
        return False
    try:
        import pygraphviz  # noqa: F401
    except ImportError:  # built without its Graphviz, or for another one
        return False
    return True


def _bundled(dot: str, file_format: str) -> bytes:
    import pygraphviz

    remarks: list[str] = []
    try:
        with _lock, _fonts(), _descriptor_2_into(remarks):
            picture = pygraphviz.AGraph(string=dot).draw(
                format=file_format, prog="dot", args=" ".join(_options(file_format))
            )
    except (ValueError, OSError, RuntimeError) as error:
        raise LayoutError(f"Graphviz failed: {error} {' '.join(remarks)}") from error
    _pass_on("".join(remarks))
    return bytes(picture)


def _options(file_format: str) -> list[str]:
    return [f"-Gdpi={PNG_DPI}"] if file_format == "png" else []


@contextmanager
def _descriptor_2_into(remarks: list[str]) -> Iterator[None]:
    """Collect the messages that C code writes to standard error."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError, ValueError):  # the program has no standard error
        yield
        return
    with tempfile.TemporaryFile() as catch:
        os.dup2(catch.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            catch.seek(0)
            remarks.append(catch.read().decode(errors="replace"))


@contextmanager
def _fonts() -> Iterator[None]:
    """Add matplotlib's fonts to those of the machine, which may have none."""
    if not sys.platform.startswith("linux") or "FONTCONFIG_FILE" in os.environ:
        yield
        return
    os.environ["FONTCONFIG_FILE"] = os.path.join(_font_folder().name, FONT_FILE)
    try:
        yield
    finally:
        del os.environ["FONTCONFIG_FILE"]


@lru_cache(maxsize=1)
def _font_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder with a font configuration; it is removed when the program ends."""
    found = find_spec("matplotlib")
    places = (found.submodule_search_locations if found else None) or []
    fonts = "".join(f"<dir>{escape(place)}/mpl-data/fonts/ttf</dir>" for place in places)
    folder = tempfile.TemporaryDirectory(prefix="tinygraph-fonts-", ignore_cleanup_errors=True)
    atexit.register(folder.cleanup)  # left to itself, it warns of being cleaned up implicitly
    Path(folder.name, FONT_FILE).write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>'
        f'<include ignore_missing="yes">{SYSTEM_FONTS}</include>'
        f'{fonts}<cachedir prefix="xdg">fontconfig</cachedir></fontconfig>\n',
        encoding="utf-8",
    )
    return folder


def _pass_on(remarks: str) -> None:
    """Turn the messages of Graphviz into Python warnings, except those about fonts."""
    for line in remarks.splitlines():
        if line.strip() and not line.startswith("Fontconfig"):
            scaled = _SCALED.search(line)
            text = TOO_LARGE.format(float(scaled[1])) if scaled else f"Graphviz: {line.strip()}"
            warnings.warn(text, stacklevel=4)
