"""Identifiers for a program: a node's name as Python can write it, and no two the same."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable

LONGEST = 60
"""How many characters of a label an identifier keeps: a line of a program stays a line."""


class Names:
    """Gives every thing an identifier of its own.

    >>> names = Names()
    >>> names.of("layer1/W"), names.of("layer1/W"), names.of("W1"), names.of("import os; x")
    ('W1', 'W1_2', 'W1_3', 'import_os_x')
    """

    def __init__(self, taken: Iterable[str] = ("np",)) -> None:
        self._taken = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *taken}

    def of(self, label: str) -> str:
        """Return a new identifier that reads like ``label``.

        Only ASCII letters, digits and ``_`` come through: Python takes some different letters of
        other alphabets for the same.
        """
        stem = identifier(label)
        name, number = stem, 1
        while name in self._taken:
            number += 1
            name = f"{stem}_{number}"
        self._taken.add(name)
        return name


def identifier(label: str) -> str:
    """Return ``label`` as an identifier; the number of a layer goes behind: layer1/W is W1.

    >>> identifier("layer2/h"), identifier("g_layer2/h"), identifier("block/h"), identifier("2x")
    ('h2', 'g_h2', 'block_h', '_2x')
    """
    prefix, rest = ("g_", label[2:]) if label.startswith("g_") else ("", label)
    group, _, leaf = rest.rpartition("/")
    number = re.fullmatch(r"[A-Za-z]+([0-9]+)", group)
    plain = re.fullmatch(r"[A-Za-z_]+", leaf)
    text = f"{leaf}{number[1]}" if number and plain else rest
    text = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")[:LONGEST] or "value"
    return f"{prefix}{text}" if prefix or not text[0].isdigit() else f"_{text}"


def in_comment(text: str) -> str:
    r"""Return ``text`` so that nothing in it can end the comment it stands in.

    >>> in_comment("loss" + chr(10) + "import os")
    'loss\\nimport os'
    """
    return ascii(text)[1:-1]
