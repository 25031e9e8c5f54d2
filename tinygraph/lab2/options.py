"""Options of the command line: paths, and settings classes filled from them."""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import fields
from pathlib import Path
from typing import Any

from tinygraph.errors import TinygraphError
from tinygraph.validation.paths import as_path

INTERRUPTED = 130
"""The exit status after Ctrl-C: 128 + SIGINT."""


def file_path(text: str) -> Path:
    """Return the path of a file, or refuse a text that cannot be one."""
    with contextlib.suppress(TinygraphError, OSError):
        path = as_path(text)
        if path.name and not path.is_dir():
            return path
    raise argparse.ArgumentTypeError(
        f"it must be the path of a file, such as run.npz; got {text!r}"
    )


def folder_path(text: str) -> Path:
    """Return the path of a folder, or refuse a text that cannot be one."""
    with contextlib.suppress(TinygraphError):
        return as_path(text)
    raise argparse.ArgumentTypeError(f"it must be the path of a folder, such as out; got {text!r}")


def chosen_fields(options: argparse.Namespace, kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a settings class as the options give them, or their defaults."""
    return {field.name: getattr(options, field.name, field.default) for field in fields(kind)}
