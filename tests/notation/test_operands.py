"""Formulas, code and reasons of an op, in the names and numbers of one graph."""

import pytest

import tinygraph as tg
from tinygraph.notation.names import Notation
from tinygraph.notation.operands import number_math, written_reason


def notation(output):
    graph = tg.Graph(output)
    return Notation(graph.nodes, graph.output)


def test_hyperparameters_are_substituted():
    z = tg.Input("z", shape=(None, 2))
    y = tg.Power(z, exponent=3, name="y")
    names = notation(tg.Sum(y))
    assert names.value_math(y) == "y = z^{3}"
    assert names.gradient_math(y, 0).endswith(r"\odot 3\, z^{2}")


@pytest.mark.parametrize(
    ("exponent", "slope"), [(2, r"2\, z"), (1, r"1\, z^{0}"), (0.5, "z^{-0.5}")]
)
def test_an_exponent_is_simplified(exponent, slope):
    z = tg.Input("z", shape=(None, 2))
    y = tg.Power(z, exponent=exponent, name="y")
    assert notation(tg.Sum(y)).gradient_math(y, 0).endswith(slope)


def test_a_negative_exponent_is_in_brackets_only_as_a_factor():
    z = tg.Input("z", shape=(None, 2))
    y = tg.Power(z, exponent=-1, name="y")
    names = notation(tg.Sum(y))
    assert names.value_math(y) == r"y = z^{\left(-1\right)}"
    assert names.gradient_math(y, 0).endswith(r"\left(-1\right)\, z^{-2}")


def test_a_constant_shows_its_number_unless_the_user_named_it():
    x = tg.Input("x", shape=(None, 2))
    y = tg.Multiply(x, tg.Constant(-2.5), name="y")
    names = notation(tg.Sum(y))
    assert names.value_math(y) == r"y = x \cdot \left(-2.5\right)"
    assert names.value_code(y) == "y = x * (-2.5)"
    rate = tg.Multiply(x, tg.Constant(2.5, name="rate"), name="y")
    assert notation(tg.Sum(rate)).value_code(rate) == "y = x * rate"


def test_a_large_or_infinite_constant_is_plain_mathematics():
    assert number_math(-1e9) == r"\left(-10^{9}\right)"
    assert number_math(2.5e-9) == r"2.5 \cdot 10^{-9}"
    y = tg.Multiply(tg.Input("x", shape=(None, 2)), tg.Constant(float("inf")), name="y")
    assert "Constant" in notation(tg.Sum(y)).value_math(y)


def test_a_product_of_arrays_keeps_its_own_sign():
    x, u = tg.Input("x", shape=(None, 2)), tg.Input("u", shape=(None, 2))
    y = tg.Multiply(x, u, name="y")
    assert notation(tg.Sum(y)).value_math(y) == r"y = x \odot u"


@pytest.mark.parametrize(
    ("reason", "written"),
    [
        ("a enters y with the factor 1", "left enters out with the factor 1"),
        ("the factor of a in y is b", "the factor of left in out is right"),
        ("∂(a/b)/∂b = −a/b² = −y/b", "∂(left/right)/∂right = −left/right² = −out/right"),
        ("a_ik enters every y_ij: a sum", "left[i, k] enters every out[i, j]: a sum"),
        ("by 2a and a", "by 2left and left"),
        ("a sum over a batch; a long word", "a sum over a batch; a long word"),
        ("tanh′ and banana and y2", "tanh′ and banana and y2"),
    ],
)
def test_a_reason_speaks_of_the_nodes_of_the_graph(reason, written):
    y = tg.Add(tg.Input("left", shape=(None, 2)), tg.Input("right", shape=(None, 2)), name="out")
    names = {"a": "left", "b": "right", "y": "out"}
    assert written_reason(y, reason, names) == written


def test_no_derivation_says_that_a_name_is_itself():
    model = tg.lab2.model(rng=0)
    text = str(tg.derive(model, "layer1/W"))
    assert "W1[k, j] enters z1[i, j] of every sample i with the factor x[i, k]" in text
    assert "x = x" not in text
