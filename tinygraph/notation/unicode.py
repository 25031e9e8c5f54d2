"""Plain text for a picture: escaped names, and formulas set in Unicode.

A node's name and an op's formula can contain any text.  They reach DOT, SVG and HTML only through
:func:`escape`, which removes everything that these formats would interpret.

A formula is converted to MathML first, as it is for web pages, and its tree is then written on one
line: scripts become small letters, fractions get a slash and brackets.
"""

from __future__ import annotations

import html
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from tinygraph.notation.mathml import parse_math
from tinygraph.notation.renaming import MATH_TOKENS

_SUPERSCRIPT = dict(
    zip(
        "0123456789+−=()abcdefghijklmnoprstuvwxyzT⊤′",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᵀ′",
        strict=True,
    )
)
_SUBSCRIPT = dict(
    zip("0123456789+−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)
)
_WORD = re.compile("[a-z]{3,}")
_ACCENTS = {"^": "\u0302", "¯": "\u0304", "~": "\u0303", "˙": "\u0307"}
_SIGNS = {"-": "−", "\u2217": "*", "\u2212": "−"}
_TIGHT = set("|‖./")


def visible(text: str) -> str:
    r"""Return ``text`` on one line, with control characters written out.

    >>> print(visible("a\n\x00b"))
    a\n\x00b
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def escape(text: str) -> str:
    """Escape ``text`` for an HTML label, for SVG and for HTML.

    >>> escape('"><script>')
    '&quot;&gt;&lt;script&gt;'
    """
    return html.escape(visible(text))


def shorten(text: str, length: int) -> str:
    """Return ``text`` with its middle left out if it is longer than ``length``.

    >>> shorten("a_name_that_never_ends", 12)
    'a_name_…ends'
    """
    if len(text) <= length:
        return text
    tail = (length - 1) // 3 + 1
    return f"{text[: length - 1 - tail]}…{text[-tail:]}"


def shorten_name(name: str, length: int) -> str:
    """Return a node's name with inner groups left out if it is longer than ``length``.

    >>> shorten_name("block1/attention/heads/weights", 18), shorten_name("decoder/weights", 9)
    ('block1/…/weights', '…/weights')
    """
    if len(name) <= length or "/" not in name:
        return shorten(name, length)
    first, last = name.split("/")[0], name.rpartition("/")[2]
    candidates = (f"{first}/…/{last}", f"…/{last}")
    return next((text for text in candidates if len(text) <= length), shorten(last, length))


@lru_cache(maxsize=1024)
def unicode_math(latex: str) -> str:
    r"""Convert a LaTeX formula to one line of Unicode; return "" if this is not possible.

    >>> unicode_math(r"\frac{1}{1 + e^{-x}}"), unicode_math(r"g \odot W^\top")
    ('1/(1 + e⁻ˣ)', 'g ⊙ Wᵀ')
    >>> unicode_math(r"\sum_k t_k \ln p_k"), unicode_math(r"\begin{cases} x & y \end{cases}")
    ('∑ₖ tₖ ln pₖ', '')
    """
    # A run of small letters is one word, such as the name of an argument.
    tokens = MATH_TOKENS.findall(latex)
    tree = parse_math(
        "".join(rf"\mathrm{{{token}}}" if _WORD.fullmatch(token) else token for token in tokens)
    )
    if tree is None:
        return ""
    try:
        return _joined(_pieces(tree)).strip()
    except _UnsettableError:
        return ""


class _UnsettableError(Exception):
    """The formula contains something that one line of text cannot show."""


class _Piece(NamedTuple):
    """A part of a formula, and how it joins its neighbours.

    ``kind`` is "atom", "function", "fraction", "sign", "open", "close", "comma", "tight" or
    "space".
    """

    text: str
    kind: str


def _pieces(element: ET.Element) -> list[_Piece]:
    """Return the pieces of an element, in reading order."""
    tag = element.tag
    if tag in ("math", "mrow", "mstyle", "mpadded"):
        word = _word(element)
        if word:
            return [_Piece(word, "atom")]
        return [piece for child in element for piece in _pieces(child)]
    if tag in _LEAVES:
        return _LEAVES[tag](element)
    if tag in _SHAPES:
        return _SHAPES[tag](element)
    raise _UnsettableError(tag)


def _word(element: ET.Element) -> str:
    """Return the word that a row of upright letters spells, or ""."""
    is_word = len(element) > 1 and all(
        child.tag == "mn" or (child.tag == "mi" and child.get("mathvariant") == "normal")
        for child in element
    )
    letters = "".join(child.text or "" for child in element)
    return letters if is_word and not letters.isdigit() else ""


def _letter(element: ET.Element) -> list[_Piece]:
    text = element.text or ""
    if "\\" in text or not text.strip():
        raise _UnsettableError(text)
    return [_Piece(text, "function" if len(text) > 1 and text.isalpha() else "atom")]


def _operator(element: ET.Element) -> list[_Piece]:
    text = (element.text or "").strip()
    text = _SIGNS.get(text, text)
    # An empty operator is one that the converter does not know; a brace is wider than one line.
    if not text or "\\" in text or _names_start(text, "TOP ", "BOTTOM "):
        raise _UnsettableError(text)
    kind = "sign"
    category = unicodedata.category(text[0])
    if _names_start(text, "N-ARY", "INTEGRAL") or (text.isalpha() and text.isascii()):
        kind = "function"
    elif category == "Ps" or text == "∂":
        kind = "open"
    elif category == "Pe" or text in ("!", "%", "′"):
        kind = "close"
    elif text in (",", ";"):
        kind = "comma"
    elif text in _TIGHT:
        kind = "tight"
    elif text in ("…", "⋯", "⊤", "∇", "∞"):
        kind = "atom"
    return [_Piece(text, kind)]


def _names_start(text: str, *starts: str) -> bool:
    return len(text) == 1 and unicodedata.name(text, "").startswith(starts)


def _number(element: ET.Element) -> list[_Piece]:
    text = element.text or ""
    if element.get("mathvariant") == "double-struck":  # an indicator, which is 1 or 0
        return [_Piece("".join(chr(ord("𝟘") + int(digit)) for digit in text), "function")]
    return [_Piece(text, "number")]


def _plain_text(element: ET.Element) -> list[_Piece]:
    text = (element.text or "").replace("\N{NO-BREAK SPACE}", " ")
    return [_Piece(text.strip(), "atom") if text.strip() else _Piece(" ", "space")]


def _fraction(element: ET.Element) -> list[_Piece]:
    above, below = (_side(child) for child in element)
    return [_Piece(f"{above}/{below}", "fraction")]


def _side(element: ET.Element) -> str:
    """Return a side of a fraction; a call such as ``size(x)`` needs no brackets."""
    text = _joined(_pieces(element))
    return text if re.fullmatch(r"[^\W\d_]+\([^()/]*\)", text) else _bracketed(element)


def _root(element: ET.Element) -> list[_Piece]:
    degree = ""
    if element.tag == "mroot":
        degree = _scripted(_joined(_pieces(element[1])), _SUPERSCRIPT, "")
    inside = list(element)[:1] if element.tag == "mroot" else list(element)
    row = ET.Element("mrow")
    row.extend(inside)
    return [_Piece(f"{degree}√{_bracketed(row)}", "atom")]


def _accent(element: ET.Element) -> list[_Piece]:
    base, mark = (_joined(_pieces(child)) for child in element)
    if mark not in _ACCENTS or len(base) != 1:
        raise _UnsettableError(mark)
    return [_Piece(unicodedata.normalize("NFC", base + _ACCENTS[mark]), "atom")]


def _script(element: ET.Element) -> list[_Piece]:
    """Return a base with what is below it, above it, or both."""
    base, *scripts = element
    pieces = _pieces(base)
    kind = pieces[0].kind if len(pieces) == 1 else "atom"
    if kind in ("fraction", "sign"):
        kind = "atom"
    is_single = len(pieces) == 1 and pieces[0].kind != "fraction"
    text = pieces[0].text if is_single else _bracketed(base)
    for tag, script in zip(_PLACES[element.tag], scripts, strict=True):
        small, mark = (_SUPERSCRIPT, "^") if tag == "above" else (_SUBSCRIPT, "_")
        text += _scripted(_joined(_pieces(script), is_tight=True), small, mark)
    return [_Piece(text, kind)]


def _scripted(text: str, small: dict[str, str], mark: str) -> str:
    if text and all(character in small for character in text):
        return "".join(small[character] for character in text)
    if not mark or not text:
        raise _UnsettableError(text)
    return mark + (text if text.isascii() and text.isalnum() else f"({text})")


def _bracketed(element: ET.Element) -> str:
    """Return an element as text, in brackets unless it is a single letter, number or word."""
    pieces = _pieces(element)
    text = _joined(pieces)
    inner = pieces[1:] if pieces and pieces[0].text in ("∂", "−") else pieces
    is_single = len(inner) == 1 and inner[0].kind in ("atom", "number", "function")
    return text if is_single or _is_fenced(text) else f"({text})"


def _is_fenced(text: str) -> bool:
    """Tell whether the last bracket closes the first one, at the start of the text."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return place == len(text) - 1 > 0
    return False


def _joined(pieces: list[_Piece], is_tight: bool = False) -> str:
    """Write pieces on one line, with spaces around binary operators."""
    text, last = "", _Piece("", "open")
    for place, piece in enumerate(pieces):
        following = pieces[place + 1 : place + 2]
        written = piece.text
        if piece.kind == "fraction" and following and _multiplies(following[0]):
            written = f"({written})"
        if piece.kind == "space":
            text = text if is_tight else text.rstrip() + " "
            continue
        if piece.kind == "sign" and last.kind in ("open", "sign", "comma"):
            piece = piece._replace(kind="open")  # the sign of a number, such as −x
        if not is_tight or _are_words(last, piece):
            written = _gap(last, piece, text) + written
        text, last = text + written, piece
    return text


def _are_words(last: _Piece, piece: _Piece) -> bool:
    """Tell whether two pieces of a script would be read as one word without a space."""
    return (
        all(each.kind in ("atom", "function") for each in (last, piece))
        and max(len(last.text), len(piece.text)) > 1
    )


def _multiplies(following: _Piece) -> bool:
    return following.kind in ("atom", "number", "function", "fraction", "open", "space")


def _gap(last: _Piece, piece: _Piece, text: str) -> str:
    """Return the space between two pieces."""
    if not text or text.endswith(" ") or last.kind == "open":
        return ""
    if piece.kind == "sign" or last.kind in ("sign", "comma"):
        return " "
    if piece.kind in ("close", "comma") or "tight" in (last.kind, piece.kind):
        return ""
    if piece.kind == "open":
        return " " if last.kind == "fraction" or piece.text == "∂" else ""
    is_coefficient = last.kind == "number" and piece.kind == "atom"
    is_script_of_words = unicodedata.category(piece.text[0]) == "Lo" == _category(last)
    return "" if is_coefficient or is_script_of_words else " "


def _category(piece: _Piece) -> str:
    return unicodedata.category(piece.text[-1])


_PLACES = {
    "msub": ("below",),
    "munder": ("below",),
    "msup": ("above",),
    "msubsup": ("below", "above"),
    "munderover": ("below", "above"),
}
_LEAVES: dict[str, Callable[[ET.Element], list[_Piece]]] = {
    "mi": _letter,
    "mo": _operator,
    "mn": _number,
    "mtext": _plain_text,
    "mspace": lambda element: [_Piece(" ", "space")],
}
_SHAPES: dict[str, Callable[[ET.Element], list[_Piece]]] = {
    **dict.fromkeys(_PLACES, _script),
    "mfrac": _fraction,
    "msqrt": _root,
    "mroot": _root,
    "mover": _accent,
}
