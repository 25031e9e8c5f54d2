"""A picture whose characters no font has, or that is too large, says what to do."""

import warnings

import pytest

import tinygraph as tg
from tinygraph.viz.diagram import fonts


@pytest.fixture
def only_latin(monkeypatch):
    fonts._missing.cache_clear()
    monkeypatch.setattr(fonts, "_coverage", lambda: iter([set(map(chr, range(0x2FF)))]))
    yield
    fonts._missing.cache_clear()


@pytest.mark.parametrize(
    ("text", "font", "package"),
    [
        ("重み", "Noto Sans CJK", "fonts-noto-cjk"),
        ("가중치", "Noto Sans CJK", "fonts-noto-cjk"),
        ("وزن", "Noto Sans", "fonts-noto-core"),
    ],
)
def test_the_missing_font_is_named(only_latin, text, font, package):
    advice = fonts.missing_font_advice(f"W {text}", "png")
    assert f"the font {font} (package {package}" in advice
    assert all(character in advice for character in text)
    assert ".svg" in advice


def test_a_png_warns_and_an_svg_does_not(only_latin, tmp_path):
    diagram = tg.render(tg.Graph(tg.Sum(tg.Input("重み", shape=(None, 2)))))
    with pytest.warns(UserWarning, match="No installed font has the characters"):
        diagram.save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        diagram.save(tmp_path / "a.svg")


def test_characters_of_installed_fonts_need_no_advice():
    assert fonts.missing_font_advice("σ(x) → ∂L/∂W₁ ‖∇‖ ᵀ ⊙ ∑ ■ ⇠", "png") == ""


def test_a_picture_that_is_scaled_down_says_what_to_do(tmp_path):
    node = tg.Input("x", shape=(None, 1))
    for k in range(290):
        node = tg.Tanh(node, name=f"h{k}")
    with pytest.warns(UserWarning, match=r"too large for a PNG.*\d+%.*\.svg.*depth=0"):
        tg.render(tg.Graph(tg.Sum(node))).save(tmp_path / "long.png")
