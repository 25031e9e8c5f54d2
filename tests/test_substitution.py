import pytest

from tinygraph.substitution import substitute_code, substitute_math


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
    ],
)
def test_substitute_math_replaces_whole_names(formula, expected):
    assert substitute_math(formula, {"x": "Z_{1}", "beta": "b", "y": "!"}) == expected


def test_substitution_is_simultaneous():
    assert substitute_math("a b", {"a": "b", "b": "a"}) == "b a"
    assert substitute_code("a + b", {"a": "b", "b": "a"}) == "b + a"


def test_code_that_does_not_parse_stays_as_it_is():
    assert substitute_code("x = = 1", {"x": "z"}) == "x = = 1"
