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
        (r"e^{a \cdot q}", "e^(a·q)"),
        (r"\sum_k t_k", "∑ₖ tₖ"),
        (r"\prod_{i=1}^n x_i", "∏ᵢ₌₁ⁿ xᵢ"),
        (r"\max(0, x)", "max(0, x)"),
        (r"\max_j x_{ij}", "maxⱼ xᵢⱼ"),
        (r"\operatorname{mean}(x)", "mean(x)"),
        (r"\frac{a + b}{c} d", "((a + b)/c) d"),
        (r"\frac{1}{n} \sum_i (p_i - t_i)^2", "(1/n) ∑ᵢ(pᵢ − tᵢ)²"),
        (r"\sqrt{x^2 + \varepsilon}", "√(x² + ε)"),
        (r"\dots^\top", "…ᵀ"),
        (r"\lVert x \rVert", "‖x‖"),
        (r"\hat p - \bar x", "p̂ − x̄"),
        (r"{\frac{a}{b}}^2", "(a/b)²"),
        (r"\mathbb{1}[x > 0]", "𝟙[x > 0]"),
        (r"\ln\left(1 + e^{-x}\right)", "ln(1 + e⁻ˣ)"),
        (r"\mathrm{softmax}(\frac{Q K^\top}{\sqrt{d}})\,V", "softmax((Q Kᵀ)/√d) V"),
        (r"\operatorname{softmax}(logits)_{labels}", "softmax(logits)_labels"),
        (r"2\,x - -y", "2 x − −y"),
        (r"W_{\mathrm{block},\,a}", "W_(block,a)"),
    ],
)
def test_formulas_become_unicode(latex, text):
    assert unicode_math(latex) == text


MALFORMED = [r"\frac{", "}{", "\\", r"\begin{array}", "^^^", "{" * 50, "{^" * 500, "\ud800"]
BEYOND = [
    r"\begin{cases} x & x > 0 \\ 0 & x \le 0 \end{cases}",
    r"\begin{pmatrix} a & b \end{pmatrix}",
    r"\unknown x",
    r"\underbrace{x}_{y}",
    r"\operatorname*{arg\,max}_k x_k",
    "a % b",
]


@pytest.mark.parametrize("latex", [*MALFORMED, *BEYOND])
def test_a_formula_that_cannot_be_set_is_shown_as_the_name_of_the_op(latex):
    class Odd(tg.Op):
        formula = latex

        def forward(self, x):
            return x

        def backward(self, g, y, x):
            return g

    assert unicode_math(latex) == ""
    assert "Odd(x)" in tg.render(Odd(tg.Input("x", shape=(2,)), name="y")).dot


@pytest.mark.parametrize("op", [op for op in vars(tg).values() if getattr(op, "formula", "")])
def test_no_latex_is_left_in_a_formula_of_the_package(op):
    text = unicode_math(op.formula)
    assert text
    assert not set("\\{}$^~") & set(text)


def test_control_characters_are_written_out():
    assert visible("a\n\x00\ud800") == "a\\n\\x00\\ud800"
    assert escape("<a b='c'>&\"") == "&lt;a b=&#x27;c&#x27;&gt;&amp;&quot;"


def test_no_two_names_share_an_identifier():
    names = ["a\n", r"a\n", "a:b", "a~3A~b", "~", "a", "A", "é", "e\u0301", "\u200b", ""]
    assert len({dot_name(name) for name in names}) == len(names)
