"""Feeding a graph: what is missing, unknown or misshapen is refused by its name."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import DtypeError, FeedError, ShapeError

X, T = np.zeros((3, 2)), np.zeros((3, 1))


def test_a_missing_feed_is_named(lab2):
    with pytest.raises(FeedError, match="'t' is missing") as caught:
        lab2.forward(x=X)
    assert isinstance(caught.value, KeyError)


def test_an_unknown_feed_is_named_with_the_nearest(lab2):
    with pytest.raises(FeedError, match=r"no input is called 'X'.*Did you mean \"x\""):
        lab2.forward(x=X, t=T, X=X)
    with pytest.raises(FeedError, match="Should 'X' be 'x'"):
        lab2.forward(X=X, t=T)
    with pytest.raises(FeedError, match="no input is called 'y'"):
        lab2.predict(x=X, y=T)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.forward(X, T),
        lambda model: model.forward({"x": X, "t": T}),
        lambda model: model.predict(X),
        lambda model: tg.fit(model, tg.SGD(model.parameters), X, T),
    ],
)
def test_an_array_without_a_name_is_refused_with_the_call_to_write(lab2, call):
    with pytest.raises(tg.TinygraphError, match=r"by the name of its input.*\(.*x=…"):
        call(lab2)


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ({"x": np.zeros((3, 4)), "t": T}, r"'x' has the shape \(B, 2\).*\(3, 4\)"),
        ({"x": X, "t": np.zeros(3)}, r"\(B, 1\).*\(3,\).*t.reshape\(-1, 1\)"),
        ({"x": np.zeros(2), "t": T}, r"x.reshape\(1, -1\)"),
        ({"x": np.zeros((2, 3)), "t": T}, r"x\.T"),
        ({"x": X, "t": np.zeros((4, 1))}, "same batch size, but 'x' has 3 samples and 't' has 4"),
        ({"x": 1.0, "t": T}, r"\(\)"),
    ],
)
def test_a_wrong_shape_is_named_with_what_to_do(lab2, feeds, words):
    with pytest.raises(ShapeError, match=words):
        lab2.forward(**feeds)


@pytest.mark.parametrize(
    "value",
    [
        "cat",
        None,
        [["a", "b"]],
        np.zeros((3, 2), dtype=complex),
        np.zeros((3, 2), dtype=object),
        np.ma.masked_array(X, mask=True),
        [[1, 2], [3]],
        {"a": 1},
        np.zeros((3, 2), dtype=np.float16),
    ],
)
def test_a_wrong_dtype_is_named(lab2, value):
    with pytest.raises(DtypeError, match="'x'") as caught:
        lab2.forward(x=value, t=T)
    assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("value", [[[0, 1]], np.array([[0, 1]]), [[False, True]], [[0.0, 1]]])
def test_whole_numbers_and_lists_are_welcome(lab2, value):
    np.testing.assert_array_equal(lab2.predict(x=value), lab2.predict(x=np.array([[0.0, 1.0]])))


def test_float64_into_a_float32_graph_is_refused():
    w = tg.Parameter(np.ones(2, dtype=np.float32), name="w")
    model = tg.Graph(tg.Input("x", shape=(None, 2)) * w)
    with pytest.raises(DtypeError, match=r"x.astype\(np.float32\)"):
        model.forward(x=X)


def test_an_empty_batch_can_be_predicted_but_has_no_mean(lab2):
    assert lab2.predict(x=np.zeros((0, 2))).shape == (0, 1)
    with pytest.raises(ShapeError, match="at least one"):
        lab2.forward(x=np.zeros((0, 2)), t=np.zeros((0, 1)))


def test_feeds_are_not_changed(lab2, xor):
    before = {name: value.copy() for name, value in xor.items()}
    lab2.forward(**xor)
    lab2.backward()
    for name, value in xor.items():
        np.testing.assert_array_equal(value, before[name])
