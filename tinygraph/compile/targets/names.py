"""Identifiers for a program: the name of a node as Python can write it, each of them unique."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from tinygraph.core.backward_names import without_pass

LONGEST = 60
"""The number of characters of a label that an identifier keeps, so that lines stay short."""


class Names:
    """Unique identifiers.

    >>> names = Names()
    >>> names.of("layer1/W"), names.of("layer1/W"), names.of("W1"), names.of("import os; x")
    ('W1', 'W1_2', 'W1_3', 'import_os_x')
    """

    def __init__(self, taken: Iterable[str] = ("np",)) -> None:
        self._taken = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *taken}

    def of(self, label: str) -> str:
        """Return a new identifier that reads like ``label``.

        No identifier is a keyword or the name of a builtin.
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

    The group of a backward pass is left out: backward/layer1/dW is dW1.

    Letters of every script are kept. Python compares identifiers in their NFKC form (to Python,
    ``ﬁ`` is ``fi``), so the result has that form.

    >>> identifier("layer2/h"), identifier("g_layer2/h"), identifier("block/h"), identifier("2x")
    ('h2', 'g_h2', 'block_h', '_2x')
    >>> identifier("θ1"), identifier("重み"), identifier("θ₁")
    ('θ1', '重み', 'θ1')
    """
    prefix, rest = ("g_", label[2:]) if label.startswith("g_") else ("", label)
    rest = without_pass(unicodedata.normalize("NFKC", rest))
    group, _, leaf = rest.rpartition("/")
    number = re.fullmatch(r"[^\W\d_]+([0-9]+)", group)
    plain = re.fullmatch(r"[^\W\d]+", leaf)
    text = f"{leaf}{number[1]}" if number and plain else rest
    text = "".join(letter if f"_{letter}".isidentifier() else " " for letter in text)
    text = re.sub(" +", "_", text).strip("_")[:LONGEST] or "value"
    text = unicodedata.normalize("NFKC", f"{prefix}{text}")
    return text if text.isidentifier() else f"_{text}"


def in_comment(text: str) -> str:
    r"""Return ``text`` without anything that could end the comment around it.

    >>> in_comment("loss" + chr(10) + "import os"), in_comment("重み")
    ('loss\\nimport os', '重み')
    """
    return "".join(
        letter if letter.isprintable() and letter != "\\" else ascii(letter)[1:-1]
        for letter in text
    )
