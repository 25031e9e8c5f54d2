"""Scopes prefix the names of nodes."""

import pytest

import tinygraph as tg


def block(x, name):
    with tg.scope(name):
        w = tg.Parameter(2.0, name="w")
        return tg.Tanh(tg.Exp(x * w), name="y")


def test_a_function_of_a_block_gives_each_call_names_of_its_own():
    x = tg.Input("x", ())
    model = tg.Graph(block(block(x, "block1"), "block2"))
    names = [node.name for node in model.nodes]
    assert names == [
        "x", "block1/w", "block1/Multiply1", "block1/Exp1", "block1/y",
        "block2/w", "block2/Multiply1", "block2/Exp1", "block2/y",
    ]  # fmt: skip
    assert model["block2/Exp1"].group == "block2"


def test_scopes_nest_and_end_after_an_error():
    with tg.scope("a"), tg.scope("b"):
        assert tg.Parameter(1.0, name="w").name == "a/b/w"
    with pytest.raises(tg.TinygraphError), tg.scope("a"):
        tg.Parameter("cat")
    assert tg.Parameter(1.0, name="w").name == "w"


def test_a_scope_needs_a_name():
    with pytest.raises(tg.TinygraphError, match="must be a string"), tg.scope(3):
        pass
