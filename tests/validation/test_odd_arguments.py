"""Arguments of a wrong kind are refused by name before anything compares or counts them."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import layers, plots, testing
from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    FeedError,
    ShapeError,
    StateError,
    TinygraphError,
)

TWO = np.ones(2)
HUGE = 10**400
X, T = tg.data.xor()


def parameter():
    return tg.Parameter([1.0], name="w")


def sequence():
    return tg.Input("x", shape=(None, 8, 4))


def with_mask():
    mask = tg.Random("mask", (None, 2), lambda rng, shape: rng.random(shape))
    return tg.Graph(tg.Sum(tg.Input("x", (None, 2)) * mask * parameter()))


def played(**settings):
    model = tg.lab2.model(rng=0)
    return tg.playground(model, tg.SGD(model.parameters), x=X, t=T, **settings)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tg.Adam(parameter(), weight_decay=TWO), ArgumentTypeError, "weight_decay of Adam"),
        (lambda: tg.AdamW(parameter(), weight_decay="0"), ArgumentTypeError, "weight_decay of"),
        (lambda: tg.SGD(parameter(), lr=lambda t: HUGE).step(), ArgumentError, "lr of SGD must be"),
        (lambda: tg.data.moons(10, noise=HUGE), ArgumentError, "noise must be"),
        (lambda: layers.attention(sequence(), 2, TWO, name="a"), ArgumentTypeError, "causal must"),
        (lambda: layers.linear(sequence(), 10**18, name="a"), ArgumentError, "fit into memory"),
        (lambda: testing.check_op(tg.Tanh, order=TWO), ArgumentError, "order must be 1 or 2"),
        (lambda: plots.points(np.float64(1), [0]), ShapeError, r"array \(n, 2\)"),
        (lambda: plots.truth_and_prediction(3.0, T, T), ShapeError, r"array \(n, 2\)"),
        (lambda: played(title=TWO), ArgumentTypeError, "title must be a string"),
        (lambda: tg.playground(range, None), ArgumentTypeError, r"as build\(rng=0\); it failed"),
        (
            lambda: tg.playground(tg.lab2.model(rng=0), lambda: 1, x=X, t=T),
            ArgumentTypeError,
            "with the parameters; it failed",
        ),
        (lambda: tg.Comparison(TWO), ArgumentTypeError, "labels must be the name"),
        (lambda: tg.Comparison("t", are_logits=TWO), ArgumentTypeError, "are_logits must be"),
        (lambda: tg.render(parameter() * 1.0, expand=iter([])), ArgumentTypeError, "expand must"),
        (lambda: tg.step_through(with_mask(), x=1.0), ShapeError, "input 'x' has the shape"),
        (lambda: tg.gradcheck(with_mask(), x=[[1.0], [2.0, 3.0]]), TinygraphError, "feed 'x'"),
        (lambda: tg.step_through(with_mask(), y=1.0), FeedError, "'y'"),
    ],
)
def test_an_odd_argument_is_explained(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_animation_of_almost_no_frames_a_second_is_refused(tmp_path):
    recorder = plots.animate(tg.lab2.model(rng=0), X, T)
    with pytest.raises(ArgumentError, match=r"from 0\.01 to 100; got 1e-310"):
        recorder.save(tmp_path / "a.gif", frames_per_second=1e-310)


def test_backward_after_the_inputs_were_replaced_by_a_node_without_a_value():
    w, aside = parameter(), tg.Tanh(parameter())
    op = tg.Tanh(w)
    model = tg.Graph(tg.Sum(op))
    model.forward()
    op.inputs = (aside,)
    with pytest.raises((StateError, TinygraphError)):
        model.backward()
