"""Identifiers: every label gives one that Python accepts, and that reads like the label."""

from __future__ import annotations

import keyword
import sys
import unicodedata

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.targets.names import Names, identifier, in_comment

KEPT = ["θ1", "重み", "偏り", "Gewicht_ü", "вес", "الوزن", "W_ñ", "ℓ2", "h̃"]


@pytest.mark.parametrize("label", KEPT)
def test_letters_of_every_script_are_kept(label):
    assert identifier(label) == unicodedata.normalize("NFKC", label)


def test_every_character_gives_an_identifier():
    for code in range(0, sys.maxunicode + 1, 7):
        for label in (chr(code), f"x{chr(code)}", f"g_{chr(code)}"):
            name = identifier(label)
            assert name.isidentifier()
            assert name == unicodedata.normalize("NFKC", name)


@pytest.mark.parametrize(
    "same", [("ﬁ", "fi"), ("x²", "x2"), ("µ", "μ"), ("ｌａｍｂｄａ", "lambda"), ("é", "e\u0301")]
)
def test_names_that_are_one_to_python_get_two_identifiers(same):
    names = Names()
    one, other = map(names.of, same)
    namespace = {}
    exec(f"{one} = 1\n{other} = 2", namespace)
    assert namespace[unicodedata.normalize("NFKC", one)] == 1


@pytest.mark.parametrize("word", [*keyword.kwlist, *keyword.softkwlist, "print", "np", "sum"])
def test_no_keyword_and_no_builtin_is_hidden(word):
    assert Names().of(word) != word


@pytest.mark.parametrize("text", ["line\nbreak", "\u2028", "\u202ereversed", "\ud800", "\x00"])
def test_a_comment_ends_where_its_line_ends(text):
    assert in_comment(text).isprintable()


def test_a_program_has_the_names_of_its_graph(target):
    W, b = (
        tg.Parameter(np.ones((2, 3)), name="層1/重み"),
        tg.Parameter(np.zeros(3), name="層1/偏り"),
    )
    x = tg.Input("données", shape=(None, 2))
    model = tg.Graph(tg.Sum(tg.AddBias(tg.MatMul(x, W, name="θ₁"), b)))
    program = tg.compile(model, tg.SGD(model.parameters, lr=0.1), target=target)
    assert "θ1 = données @ 重み1" in program.source
    assert "# θ₁" in program.code or "# θ1" in program.code
    feeds = {"données": np.ones((4, 2))}
    assert program.step(**feeds) == 24.0
