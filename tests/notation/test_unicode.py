"""Text for pictures: nothing in it acts, and mathematics reads as it is spoken."""

import pytest

import tinygraph as tg
from tinygraph.notation.unicode import escape, unicode_math, visible
from tinygraph.viz.diagram.identity import dot_name


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\sigma(x)", "σ(x)"),
        (r"\mathrm{mean}\,(p - t)^2", "mean (p − t)²"),
        (r"a \odot b", "a ⊙ b"),
        (r"\frac{a}{b}", "a/b"),
        (r"\frac{1}{1 + e^{-x}}", "1/(1 + e⁻ˣ)"),
        (r"x^\top g", "xᵀ g"),
        (r"\mathrm{left} \odot \mathrm{right}", "left ⊙ right"),
        ("W_{12}", "W₁₂"),
        ("x^{qq}", "x^qq"),
        (r"W_{\mathrm{shared}}", "W_shared"),
        (r"e^{a \cdot q}", "e^(a · q)"),
        (r"W_{\mathrm{block},\,a}", "W_(block,a)"),
    ],
)
def test_formulas_become_unicode(latex, text):
    assert unicode_math(latex) == text


MALFORMED = [r"\frac{", "}{", "$", "\\", r"\begin{array}", "^^^", "{" * 50, "{^" * 500, "\ud800"]


@pytest.mark.parametrize("latex", MALFORMED)
def test_what_is_no_latex_is_drawn_all_the_same(latex):
    class Odd(tg.Op):
        formula = latex

        def forward(self, x):
            return x

        def backward(self, g, y, x):
            return g

    assert unicode_math(latex)
    assert tg.render(Odd(tg.Input("x", shape=(2,)))).svg


@pytest.mark.parametrize("op", [op for op in vars(tg).values() if getattr(op, "formula", "")])
def test_no_latex_is_left_in_a_formula_of_the_package(op):
    assert not set("\\{}$^_~") & set(unicode_math(op.formula))


def test_control_characters_are_written_out():
    assert visible("a\n\x00\ud800") == "a\\n\\x00\\ud800"
    assert escape("<a b='c'>&\"") == "&lt;a b=&#x27;c&#x27;&gt;&amp;&quot;"


def test_no_two_names_share_an_identifier():
    names = ["a\n", r"a\n", "a:b", "a~3A~b", "~", "a", "A", "é", "e\u0301", "\u200b", ""]
    assert len({dot_name(name) for name in names}) == len(names)
