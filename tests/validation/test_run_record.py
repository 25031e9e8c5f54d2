"""Backward refuses numbers that are not those of the last forward run."""

import numpy as np
import pytest

import tinygraph as tg

CHANGES = {
    "a parameter, in place": lambda m: m["layer1/W"].value.__setitem__((0, 0), 5.0),
    "an input, in place": lambda m: m["x"].value.__setitem__((0, 0), 5.0),
    "the value of an op, in place": lambda m: m["layer1/h"].value.__setitem__((0, 0), 5.0),
    "a parameter, assigned": lambda m: setattr(m["layer1/W"], "value", np.zeros((2, 4))),
    "the value of an op, assigned": lambda m: setattr(m["layer1/h"], "value", np.zeros((21, 4))),
    "an assigned value that was read": lambda m: (
        setattr(m["layer1/h"], "value", np.zeros((21, 4))),
        m["layer1/h"].value,
    ),
}


@pytest.fixture
def model(xor):
    model = tg.lab2.model(rng=0)
    model.forward(**xor)
    return model


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_forward_and_backward_is_refused(model, xor, change):
    CHANGES[change](model)
    with pytest.raises(tg.TinygraphError, match="has another value since"):
        model.backward()
    model.forward(**xor)
    model.backward()


def test_an_array_that_was_read_before_the_run_is_watched_too(model, xor):
    array = model["layer1/W"].value
    model.forward(**xor)
    array[0, 0] = 5.0
    with pytest.raises(tg.TinygraphError, match="edited in place"):
        model.backward()


def test_an_edit_before_the_run_is_part_of_it(model, xor):
    model["layer1/W"].value[0, 0] = 5.0
    model.forward(**xor)
    model.backward()
    assert model["layer1/W"].value[0, 0] == 5.0


def test_reading_alone_changes_nothing(model):
    for node in model.nodes:
        _ = node.value
    model.backward()
    model.backward()


def test_another_graph_with_the_same_nodes(xor):
    x = tg.Input("x", (None, 2))
    y = tg.Tanh(x)
    first, second = tg.Graph(tg.Sum(y)), tg.Graph(tg.Mean(y))
    first.forward(x=xor["x"])
    second.forward(x=xor["x"] + 1)
    with pytest.raises(tg.TinygraphError, match='Input "x" has another value since'):
        first.backward()


def test_a_changed_hyperparameter(xor):
    w = tg.Parameter([1.0, 2.0], name="w")
    model = tg.Graph(tg.Sum(tg.Power(w, exponent=2.0, name="p")))
    model.forward()
    model["p"].exponent = 3.0
    with pytest.raises(tg.TinygraphError, match='Power "p" has another exponent since'):
        model.backward()
