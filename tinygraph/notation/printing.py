"""Text for streams that cannot encode every character, such as a pipe on Windows.

A character that a stream cannot encode is written in ASCII: "−" as "-", "→" as "->", "η" as "eta".
The error handler ``tinygraph.transliterate`` does this for a whole stream; :func:`printable` does
it for a text that a user prints.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from typing import TextIO

HANDLER = "tinygraph.transliterate"
"""The name of the error handler for ``str.encode`` and ``stream.reconfigure(errors=…)``."""

_SYMBOLS = {
    "−": "-",
    "‐": "-",
    "‑": "-",
    "–": "-",
    "—": "-",
    "·": "*",
    "⋅": "*",
    "×": "x",
    "⊙": "*",
    "÷": "/",
    "±": "+/-",
    "∂": "d",
    "∇": "grad",
    "∞": "inf",
    "√": "sqrt",
    "∑": "sum",
    "∏": "prod",
    "∈": "in",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "↦": "->",
    "⇒": "=>",
    "‖": "||",
    "∥": "||",
    "⊤": "^T",
    "′": "'",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "…": "...",
    "•": "*",
    "■": "#",
    "⋯": "...",
    "⟨": "<",
    "⟩": ">",
    "●": "*",
    "▸": ">",
    "✓": "ok",
    "✗": "x",
    "½": "1/2",
    "¼": "1/4",
}


def printable(text: str, stream: TextIO | None = None) -> str:
    """Return ``text`` with ASCII for each character that the stream cannot encode.

    Parameters
    ----------
    text : str
    stream : text stream, optional
        Default: standard output.

    >>> import io
    >>> printable("η = 0.1, loss → −0.5", io.TextIOWrapper(io.BytesIO(), encoding="cp1252"))
    'eta = 0.1, loss -> -0.5'
    """
    encoding = getattr(sys.stdout if stream is None else stream, "encoding", None) or "utf-8"
    return text.encode(encoding, HANDLER).decode(encoding)


def transliterate_output() -> None:
    """Let standard output and standard error transliterate instead of raising an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def ascii_of(text: str) -> str:
    """Return ``text`` in ASCII, with "?" for a character that has no transliteration.

    A run of superscripts starts with "^", a run of subscripts with "_", so that no digit changes
    its meaning.

    >>> ascii_of("σ(z₁) ≤ 10⁻¹²"), ascii_of("Müller: 重み")
    ('sigma(z_1) <= 10^-12', 'Muller: ??')
    """
    return _ascii_after("", text)


def _ascii_after(previous: str, text: str) -> str:
    """Return ``text`` in ASCII, given the script marker ("^", "_" or "") of the text before it."""
    pieces: list[str] = []
    for character in text:
        script = _script(character)
        piece = _ascii_of_one(character)
        pieces.append(piece if script == previous else script + piece)
        previous = script
    return "".join(pieces)


def _script(character: str) -> str:
    decomposition = unicodedata.decomposition(character) if character else ""
    return {"<super>": "^", "<sub>": "_"}.get(decomposition.partition(" ")[0], "")


def _ascii_of_one(character: str) -> str:
    if character.isascii():
        return character
    if character in _SYMBOLS:
        return _SYMBOLS[character]
    plain = "".join(_SYMBOLS.get(part, part) for part in unicodedata.normalize("NFKD", character))
    kept = "".join(part for part in plain if not unicodedata.combining(part))
    if kept.isascii() and kept:
        return kept
    name = unicodedata.name(kept[:1] or character, "")
    if name.startswith("GREEK"):
        letter = name.split(" WITH ")[0].split()[-1].lower().replace("lamda", "lambda")
        return letter.capitalize() if "CAPITAL" in name else letter
    if name.startswith("BOX DRAWINGS"):
        return {"HORIZONTAL": "-", "VERTICAL": "|"}.get(name.split()[-1], "+")
    return "?"


def _handle(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    # Some codecs report a run of characters one by one: "⁻¹" must still become "^-1".
    before = error.object[max(error.start - 1, 0) : error.start]
    return _ascii_after(_script(before), error.object[error.start : error.end]), error.end


codecs.register_error(HANDLER, _handle)
