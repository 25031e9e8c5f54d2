"""Paths that a user gives, and files that are written there."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinygraph.errors import ArgumentTypeError, FileError
from tinygraph.validation.arrays import brief


def as_path(path: Any) -> Path:
    """Return ``path`` as a Path, or refuse it.

    Raises
    ------
    ArgumentTypeError
        If it is neither a text nor a path, or can be no file's name.
    """
    if isinstance(path, (str, os.PathLike)) and path != "":
        with contextlib.suppress(TypeError, UnicodeEncodeError):
            found = Path(path)
            if b"\0" not in os.fsencode(found):
                return found
    raise ArgumentTypeError(f"A file is given by its path, such as 'run.npz'; got {brief(path)}.")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a file that cannot be written into a lesson.

    Raises
    ------
    FileError

    >>> with writing(Path("nowhere/page.html")):
    ...     Path("nowhere/page.html").write_text("")
    Traceback (most recent call last):
    tinygraph.errors.FileError: nowhere/page.html could not be written: No such file or directory.
    """
    try:
        yield
    except OSError as error:
        raise FileError(f"{path} could not be written: {error.strerror or error}.") from error
