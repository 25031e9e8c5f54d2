"""Checks of file paths, and the error for a file that cannot be written."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tinygraph.errors import ArgumentTypeError, FileError
from tinygraph.validation.arrays import brief


def as_path(path: Any) -> Path:
    """Convert ``path`` to a Path.

    Raises
    ------
    ArgumentTypeError
        If it is neither a string nor a path, or cannot be the name of a file.
    """
    if isinstance(path, (str, os.PathLike)) and path != "":
        with contextlib.suppress(TypeError, UnicodeEncodeError):
            found = Path(path)
            if b"\0" not in os.fsencode(found):
                return found
    raise ArgumentTypeError(f"A file name must be a path, such as 'run.npz'; got {brief(path)}.")


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` of the block into a FileError that names ``path``.

    Raises
    ------
    FileError

    >>> with writing(Path("nowhere/page.html")):
    ...     Path("nowhere/page.html").write_text("")
    Traceback (most recent call last):
    tinygraph.errors.FileError: Cannot write nowhere/page.html: No such file or directory.
    """
    try:
        yield
    except OSError as error:
        raise FileError(f"Cannot write {path}: {error.strerror or error}.") from error
