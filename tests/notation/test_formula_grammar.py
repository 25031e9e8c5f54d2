"""Random formulas of the grammar that ops use: the text of a card contains every symbol."""

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.notation.unicode import unicode_math

LETTERS = "abcdkmnpqtuvwxzABCDGKMPQUVWXYZ"
GREEK = {"alpha": "α", "beta": "β", "sigma": "σ", "mu": "μ", "lambda": "λ"}
WORDS = ("mean", "softmax", "norm")

letters = st.sampled_from(LETTERS).map(lambda letter: (letter, [letter]))
greek = st.sampled_from(sorted(GREEK)).map(lambda name: (rf"\{name} ", [GREEK[name]]))
numbers = st.integers(2, 99).map(lambda n: (str(n), [str(n)]))
atoms = st.one_of(letters, greek, numbers)


def joined(template, *parts, symbols=()):
    """Return LaTeX and the symbols that its text must contain."""
    found = [symbol for _, own in parts for symbol in own]
    return template.format(*(latex for latex, _ in parts)), [*found, *symbols]


def larger(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: joined("{} + {}", *p, symbols="+")),
        two.map(lambda p: joined("{} - {}", *p, symbols="−")),
        two.map(lambda p: joined(r"{} \odot {}", *p, symbols="⊙")),
        two.map(lambda p: joined(r"\left({}\right)\,{}", *p)),
        two.map(lambda p: joined(r"\frac{{{}}}{{{}}}", *p, symbols="/")),
        two.map(lambda p: joined(r"\max({}, {})", *p, symbols=["max", ","])),
        two.map(lambda p: joined(r"\sum_{{{}}} {}", *p, symbols="∑")),
        two.map(lambda p: joined(r"\prod_{{{}}}^{{n}} {}", *p, symbols="∏n")),
        two.map(lambda p: joined("{{{}}}^{{{}}}", *p)),
        two.map(lambda p: joined("{{{}}}_{{{}}}", *p)),
        inner.map(lambda p: joined(r"\sqrt{{{}}}", p, symbols="√")),
        inner.map(lambda p: joined(r"\ln\left({}\right)", p, symbols=["ln"])),
        inner.map(lambda p: joined(r"\tanh({})", p, symbols=["tanh"])),
        inner.map(lambda p: joined(r"\lVert {} \rVert", p, symbols="‖")),
        st.tuples(st.sampled_from(WORDS), inner).map(
            lambda p: joined(r"\operatorname{{" + p[0] + r"}}({})", p[1], symbols=[p[0]])
        ),
        st.tuples(st.sampled_from(WORDS), inner).map(
            lambda p: joined(r"\mathrm{{" + p[0] + r"}}({})", p[1], symbols=[p[0]])
        ),
    )


formulas = st.recursive(atoms, larger, max_leaves=8)


def plain(text):
    """Return text with small letters and digits at full size, without spaces."""
    full = unicodedata.normalize("NFKC", text.replace("−", "-"))
    return re.sub(r"\s", "", full).replace("-", "−")


def count(symbols):
    return {symbol: symbols.count(symbol) for symbol in symbols}


@settings(max_examples=300, deadline=None)
@given(formulas)
def test_the_text_contains_every_symbol_of_a_formula(formula):
    latex, symbols = formula
    text = plain(unicode_math(latex))
    assert text
    for symbol, times in count(symbols).items():
        assert text.count(plain(symbol)) >= times, (symbol, latex, text)


@settings(max_examples=60, deadline=None)
@given(formulas)
def test_a_card_shows_the_whole_formula_or_the_name_of_the_op(formula):
    latex, symbols = formula
    odd = type("Odd", (tg.Op,), {"formula": latex, "forward": lambda self, θ: θ})
    dot = tg.render(odd(tg.Input("θ", shape=(None, 2)), name="out")).dot
    (label,) = re.findall(r"out \[label=<(.*?)>>", dot, re.DOTALL) or [dot.partition("out [")[2]]
    text = plain(re.sub("<[^>]*>", "", "".join(re.findall("<i>(.*?)</i>", label))))
    is_whole = all(text.count(plain(symbol)) >= n for symbol, n in count(symbols).items())
    assert is_whole or text == "Odd(θ)"
