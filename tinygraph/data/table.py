"""Tables of samples from CSV files: features as numbers, a target as numbers or class names.

Every error names the file, the line and the column. Not supported: features that are text, dates
and missing values; encode or remove them first.
"""

from __future__ import annotations

import csv
import io
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.data.digits import digits
from tinygraph.errors import ArgumentError, FileError, UnknownNameError, did_you_mean
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.paths import as_path

DELIMITERS = ",;\t|"
_DECLARED = re.compile(r"sep=(.)\r?\n")
"""The first line of some files of Excel names the delimiter."""
MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-", "inf", "-inf")
"""Texts that stand for a missing number, in small letters."""
LARGEST = 1e100
"""Squares of larger numbers, as in a standard deviation, would not be finite."""
MOST_CLASSES = 10
"""A target of whole numbers with more different values than this is a quantity, not a class."""


@dataclass(frozen=True, eq=False)
class Table:
    """Samples read from a CSV file.

    Attributes
    ----------
    features : tuple of str
        The names of the columns of ``x``.
    x : array (n, m)
    target : str
        The name of the target's column.
    y : array (n,)
        The target as numbers; for classes, the index of each sample's class.
    classes : tuple of str
        The class names, sorted. Empty if the target is a quantity.
    image_shape : tuple of int, optional
        Height and width, if the features of a sample are the pixels of an image.
    """

    features: tuple[str, ...]
    x: Array
    target: str
    y: Array
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None = None


def digits_table() -> Table:
    """Return the handwritten digits as a table with one feature for each pixel.

    >>> digits_table().x.shape
    (1797, 64)
    """
    images, labels = digits()
    height, width = images.shape[1:]
    pixels = tuple(f"pixel {row},{column}" for row in range(height) for column in range(width))
    x = images.reshape(len(images), -1)
    classes = tuple(map(str, range(10)))
    return Table(pixels, x, "digit", labels.astype(np.float64), classes, (height, width))


@dataclass(frozen=True)
class _Lines:
    """The cells of a file: the column names, and each row with the number of its line."""

    path: Path
    names: tuple[str, ...]
    rows: list[tuple[int, list[str]]]

    def column(self, name: str) -> list[tuple[int, str]]:
        k = self.names.index(name)
        return [(line, row[k].strip()) for line, row in self.rows]


def read_table(path: Any, target: str, features: Sequence[str] = (), task: str = "auto") -> Table:
    """Read samples from a CSV file, with or without a header.

    Parameters
    ----------
    path : path
        A file with commas, semicolons, tabs or bars between the cells, in UTF-8.
    target : str
        The name of the column to predict, or its number from 1.
    features : sequence of str
        The columns to predict it from, by name or number. Default: all others.
    task : {"auto", "classification", "regression"}
        ``"auto"`` takes class names, and up to 10 different whole numbers, as classes.

    Raises
    ------
    FileError
        If the file cannot be read as a table of numbers. The message names the line and the column.
    UnknownNameError
        If there is no such column.
    ArgumentError
        If the features are not columns next to the target.
    """
    lines = _read_lines(Path(as_path(path)), (target, *features))
    target_name = _column_name(lines, target)
    chosen = [_column_name(lines, name) for name in features] or [
        name for name in lines.names if name != target_name
    ]
    if target_name in chosen or len(set(chosen)) < len(chosen) or not chosen:
        raise ArgumentError(
            f"The features must be different columns, without the target {target_name!r}; got "
            f"{', '.join(chosen) or 'none'}."
        )
    x = np.array([[_number(lines, name, *cell) for cell in lines.column(name)] for name in chosen])
    y, classes = _read_target(lines, target_name, task)
    return Table(tuple(chosen), x.T, target_name, y, classes)


def _read_lines(path: Path, columns: Sequence[str]) -> _Lines:
    text = _decoded(path)
    skipped, delimiter = 0, _delimiter(text)
    declared = _DECLARED.match(text)
    if declared:
        delimiter, text, skipped = declared[1], text[declared.end() :], 1
    rows = [(line + skipped, row) for line, row in _rows(path, text, delimiter, skipped)]
    if not rows:
        raise FileError(f"A table must have rows. {path} is empty.")
    first = [cell.strip() for cell in rows[0][1]]
    has_header = _is_header(first, columns)
    names = _named(first) if has_header else _numbered(len(first))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FileError(
            f"{path}, line {rows[0][0]}: two columns are called {twice!r}. Rename one of them."
        )
    body = rows[1:] if has_header else rows
    if not body:
        raise FileError(f"A table must have rows. {path} has only the header in line {rows[0][0]}.")
    for line, row in body:
        if len(row) != len(names):
            raise FileError(
                f"{path}, line {line}: each row must have {len(names)} cells, as line {rows[0][0]} "
                f"has; got {len(row)}."
            )
    while len(names) > 1 and not any(row[len(names) - 1].strip() for _, row in rows):
        names = names[:-1]  # each line ends with a delimiter
    return _Lines(path, names, body)


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"Cannot read {path}: {error.strerror}.") from error
    encoding = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileError(
            f"A table must be text in UTF-8. {path} has other bytes in line {line:,}. Save it as "
            f"CSV UTF-8."
        ) from error


def _rows(path: Path, text: str, delimiter: str, skipped: int) -> list[tuple[int, list[str]]]:
    """Return the cells of each row that is not blank, with the number of its first line."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    rows, start = [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((start, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise FileError(
            f"{path}, line {start + skipped}: the quotes of a cell are not closed or not in place "
            f"({error}). Correct them, or remove them."
        ) from error
    return rows


def _is_header(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether a line holds names: one that the caller uses, or no number at all."""
    if any(name in cells and not name.isdecimal() for name in columns):
        return True
    return any(cells) and not any(map(_is_number, cells))


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell or f"column {k}" for k, cell in enumerate(cells, start=1))


def _numbered(width: int) -> tuple[str, ...]:
    return tuple(f"column {k}" for k in range(1, width + 1))


def _delimiter(text: str) -> str:
    """Return the delimiter that is most frequent in the first line."""
    first = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=first.count)


def _column_name(lines: _Lines, name: str) -> str:
    if name in lines.names:
        return name
    if name.isdecimal() and 1 <= int(name) <= len(lines.names):
        return lines.names[int(name) - 1]
    raise UnknownNameError(
        f"{lines.path} has no column {brief(name)}." + did_you_mean(name, lines.names)
    )


def _is_number(text: str) -> bool:
    try:
        _float(text)
    except ValueError:
        return False
    return "_" not in text


def _float(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def _number(lines: _Lines, name: str, line: int, text: str) -> float:
    where = f"{lines.path}, line {line}, column {name!r}"
    if text.lower() in MISSING:
        what = f"{brief(text)} is not a value" if text else "the cell is empty"
        raise FileError(f"{where}: {what}. Fill it in, or remove the row.")
    if not _is_number(text):
        is_comma = _is_number(text.replace(",", "."))
        fix = (
            "Write decimals with a point, and thousands without a separator."
            if is_comma
            else "Only the target may be text. Encode the column as numbers, or name the features "
            "without it (--features)."
        )
        raise FileError(f"{where}: {brief(text)} is not a number. {fix}")
    value = _float(text)
    if abs(value) > LARGEST:
        raise FileError(
            f"{where}: a number must lie between −{LARGEST:g} and {LARGEST:g}; got {text}. Correct "
            f"it, or measure in another unit."
        )
    return value


def _read_target(lines: _Lines, name: str, task: str) -> tuple[Array, tuple[str, ...]]:
    cells = lines.column(name)
    texts = [text for _, text in cells]
    if task == "regression" or (task == "auto" and not _are_classes(texts)):
        return np.array([_number(lines, name, line, text) for line, text in cells]), ()
    for line, text in cells:
        if not text:
            raise FileError(
                f"{lines.path}, line {line}, column {name!r}: the class is empty. Fill it in, or "
                f"remove the row."
            )
    classes = sorted(set(texts), key=_class_order)
    if len(classes) < 2:
        raise FileError(
            f"A classifier must have two classes or more. In {lines.path} every row of column "
            f"{name!r} is {brief(classes[0])}."
        )
    if task == "auto" and len(classes) > max(MOST_CLASSES, len(texts) // 2):
        raise FileError(
            f"A class must have several rows. In {lines.path} column {name!r} has {len(classes)} "
            f"different texts in {len(texts)} rows. Name another target, or choose "
            f"--task classification."
        )
    index = {text: k for k, text in enumerate(classes)}
    return np.array([float(index[text]) for text in texts]), tuple(classes)


def _are_classes(texts: Sequence[str]) -> bool:
    """Return whether a target is classes: mostly text, or a few different whole numbers."""
    numbers = [_float(text) for text in texts if _is_number(text)]
    if len(numbers) <= len(texts) / 2:
        return True
    is_whole = all(number.is_integer() for number in numbers)
    return len(numbers) == len(texts) and is_whole and len(set(numbers)) <= MOST_CLASSES


def _class_order(text: str) -> tuple[bool, float, str]:
    is_number = _is_number(text)
    return (not is_number, _float(text) if is_number else 0.0, text)
