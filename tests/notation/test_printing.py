"""Text for streams that cannot encode every character."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tinygraph
from tinygraph.notation.printing import HANDLER, ascii_of, printable

SOURCES = sorted(Path(tinygraph.__file__).parent.rglob("*.py"))
REPORTS = """
import tinygraph as tg
model = tg.lab2.model(rng=0)
x, t = tg.data.xor()
model.forward(x=x, t=t)
model.backward()
print(tg.gradcheck(model, x=x, t=t))
print(tg.diagnose(model))
print(tg.derive(model, "layer3/W"))
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("−0.554", "-0.554"),
        ("a → b ← c", "a -> b <- c"),
        ("∂L/∂W₁ = x⊤ · g", "dL/dW_1 = x^T * g"),
        ("10⁻¹²", "10^-12"),
        ("x₁₂²", "x_12^2"),
        ("Σλ ≤ ∞", "Sigmalambda <= inf"),
        ("┌──┐ │", "+--+ |"),
        ("naïve", "naive"),
        ("重", "?"),
    ],
)
def test_a_character_keeps_its_meaning_in_ascii(text, expected):
    assert ascii_of(text) == expected
    assert text.encode("ascii", HANDLER) == expected.encode()


@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "cp437", "koi8-r", "ascii"])
def test_no_codec_loses_a_sign(encoding):
    text = "10⁻³ −0.5 → ‖∇L‖".encode(encoding, HANDLER).decode(encoding)
    assert "?" not in text
    assert "-3" in text.replace("³", "3").replace("^", "")


def test_a_stream_that_can_encode_a_character_gets_it_unchanged():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert printable("η → −1", stream) == "η → −1"


def test_every_character_that_the_package_writes_has_a_transliteration():
    known = {"重", "み"}  # a docstring's example of a name without a transliteration
    characters = {c for path in SOURCES for c in path.read_text(encoding="utf-8")}
    lost = {c for c in characters - known if not c.isascii() and ascii_of(c) == "?"}
    assert lost <= set("ˆˍ↻▏⇠"), lost  # input only, or drawn on pages only


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "ascii"])
def test_reports_can_be_printed_to_any_pipe(encoding):
    done = subprocess.run(
        [sys.executable, "-c", REPORTS],
        env={**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"?" not in done.stdout
