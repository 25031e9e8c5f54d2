import pytest

from tinygraph.notation.renaming import substitute_code, substitute_math


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (r"\hat x + xx", r"\hat Z_{1} + xx"),
        (r"x^2", r"{Z_{1}}^2"),
        (r"x_{i}", r"\left(Z_{1}\right)_{i}"),
        (r"\mathrm{x} \text{x} \operatorname{x}", r"\mathrm{x} \text{x} \operatorname{x}"),
        (r"\max(x, 0)", r"\max(Z_{1}, 0)"),
        (r"\beta x", r"b Z_{1}"),
        ("\\", "\\"),
        (r"\ln(1 + e^x)", r"\ln(1 + e^{Z_{1}})"),
        (r"e^ x", r"e^ {Z_{1}}"),
        (r"e^{x}", r"e^{Z_{1}}"),
        (r"e^{-x}", r"e^{-Z_{1}}"),
        (r"w_x", r"w_{Z_{1}}"),
        (r"e^f", r"e^{\mathrm{Add}_{1}}"),
        (r"x^f", r"{Z_{1}}^{\mathrm{Add}_{1}}"),
        (r"e^\beta", r"e^b"),
    ],
)
def test_substitute_math_replaces_whole_names(formula, expected):
    names = {"x": "Z_{1}", "beta": "b", "y": "!", "f": r"\mathrm{Add}_{1}"}
    assert substitute_math(formula, names) == expected


def test_substitution_is_simultaneous():
    assert substitute_math("a b", {"a": "b", "b": "a"}) == "b a"
    assert substitute_code("a + b", {"a": "b", "b": "a"}) == "b + a"


def test_code_that_does_not_parse_stays_as_it_is():
    assert substitute_code("x = = 1", {"x": "z"}) == "x = = 1"


@pytest.mark.parametrize("code", ["\ud800", "\x01", "a\0b"])
def test_code_of_odd_characters_stays_as_it_is(code):
    assert substitute_code(code, {"x": "h1"}) == code
