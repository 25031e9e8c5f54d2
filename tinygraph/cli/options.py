"""Options of the command line: paths, and settings classes filled from them."""

from __future__ import annotations

import argparse
import contextlib
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tinygraph.errors import TinygraphError
from tinygraph.validation.paths import as_path

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")
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


def with_options(settings: S, options: argparse.Namespace) -> S:
    """Return the settings with each field that the options set."""
    given = vars(options)
    names = [field.name for field in fields(settings) if field.name in given]
    return replace(settings, **{name: given[name] for name in names})
