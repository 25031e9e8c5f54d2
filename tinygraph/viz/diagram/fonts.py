"""Which characters of a picture no installed font has: PNG and PDF show empty boxes for them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

_FONTS = {
    "CJK": ("Noto Sans CJK", "fonts-noto-cjk"),
    "HIRAGANA": ("Noto Sans CJK", "fonts-noto-cjk"),
    "KATAKANA": ("Noto Sans CJK", "fonts-noto-cjk"),
    "HANGUL": ("Noto Sans CJK", "fonts-noto-cjk"),
}
_OTHER = ("Noto Sans", "fonts-noto-core")


def missing_font_advice(text: str, file_format: str) -> str:
    """Return which font to install for ``text``, or "" if the installed fonts are sufficient.

    >>> missing_font_advice("σ(x) → W₁", "png")
    ''
    """
    missing = _missing(frozenset(text))
    if not missing:
        return ""
    script = unicodedata.name(missing[0], "").partition(" ")[0]
    font, package = _FONTS.get(script, _OTHER)
    return (
        f"No installed font has the characters {''.join(missing[:8])!r}, so the "
        f"{file_format.upper()} shows empty boxes for them. Install the font {font} (package "
        f"{package} on Debian and Ubuntu), or save the diagram as .svg: a browser finds a font."
    )


@lru_cache(maxsize=64)
def _missing(characters: frozenset[str]) -> list[str]:
    """Return the printable characters that none of the fonts has, in order."""
    missing = {c for c in characters if ord(c) > 127 and not c.isspace() and c.isprintable()}
    for covered in _coverage():
        missing -= covered
        if not missing:
            break
    return sorted(missing)


def _coverage() -> Iterator[set[str]]:
    """Yield the characters of each font: matplotlib's own first, then those of the system."""
    from matplotlib import font_manager

    own = [entry.fname for entry in font_manager.fontManager.ttflist]
    fonts = _unique([*own, *font_manager.findSystemFonts()])
    # The font of last resort has a box for every character.
    yield from (_characters(font) for font in fonts if "LastResort" not in font)


def _unique(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(paths))


@lru_cache(maxsize=512)
def _characters(path: str) -> set[str]:
    from matplotlib.ft2font import FT2Font

    try:
        return {chr(code) for code in FT2Font(path).get_charmap()}
    except Exception:  # FreeType raises many kinds of errors for a font that it cannot read
        return set()
