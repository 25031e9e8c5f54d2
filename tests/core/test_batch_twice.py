"""A result with the batch size twice is refused when it is built."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ShapeError


@pytest.fixture
def row():
    return tg.Input("t", (None,))


@pytest.fixture
def column():
    return tg.Input("y", (None, 1))


@pytest.mark.parametrize("op", [tg.Add, tg.Subtract, tg.Multiply, tg.Divide])
@pytest.mark.parametrize("order", [1, -1])
def test_a_column_with_a_row_is_refused(row, column, op, order):
    with pytest.raises(tg.TinygraphError, match=r"would give \(B, B\).*Make t a column"):
        op(*[column, row][::order])


def test_a_product_of_the_batch_with_itself_is_refused(column):
    class Gram(tg.Op):
        def forward(self, x):
            return x @ x.T

        def backward(self, g, y, x):
            return (g + g.T) @ x

        def infer_shape(self, x):
            return (x[0], x[0])

    with pytest.raises(tg.TinygraphError, match="may be in a shape only once"):
        Gram(column)


def test_sample_weights_in_a_column_are_fine(column):
    weights = tg.Input("w", (None, 1))
    model = tg.Graph(tg.Sum(weights * column))
    assert model.forward(w=[[1.0], [2.0]], y=[[3.0], [4.0]]) == 11.0


def test_a_missing_batch_axis_is_named():
    x = tg.Input("x", shape=(2,))
    with pytest.raises(tg.TinygraphError, match=r"shape=\(None, 2\)"):
        tg.Graph(tg.Sum(x)).forward(x=np.ones((10, 2)))
    with pytest.raises(tg.TinygraphError, match=r"Input\('x', shape=\(None, 2\)\)"):
        tg.MatMul(x, np.ones((2, 4)))
    image = tg.Input("image", shape=(8, 8))
    with pytest.raises(tg.TinygraphError, match=r"shape=\(None, 8, 8\)"):
        tg.Graph(tg.Sum(image)).forward(image=np.ones((10, 8, 8)))


@pytest.mark.parametrize(
    "build",
    [
        lambda x: x - np.mean(x, axis=1),
        lambda x: np.exp(x) / np.sum(np.exp(x), axis=1),
        lambda x: np.where(np.max(x, axis=-1) > 0, x, 0.0),
        lambda x: np.maximum(x[:, 0], x),
        lambda x: tg.Parameter(np.ones((3, 2)), name="W") + x[:, 0],
    ],
)
def test_a_batch_axis_against_an_axis_of_features_is_refused(build):
    """With as many samples as features it would run, and compare the wrong pairs."""
    x = tg.Input("x", shape=(None, 3))
    with pytest.raises(ShapeError, match=r"batch axis of \(B,\) would meet an axis of size"):
        build(x)


def test_the_message_shows_the_axis_to_keep():
    scores, mask = tg.Input("scores", shape=(None, 4, 4)), tg.Input("mask", shape=(None, 4))
    with pytest.raises(ShapeError) as refused:
        scores + mask
    assert str(refused.value) == (
        "Add (unnamed): broadcasting compares axes from the last one, so that the batch axis of "
        "(B, 4) would meet an axis of size 4 (keep an axis that is reduced with keepdims=True, or "
        "reshape to (B, 1, 4)), from scores (B, 4, 4), mask (B, 4)."
    )


def test_constants_of_the_size_of_the_data_are_fine():
    x = tg.Input("x", shape=(None, 3))
    assert (x * np.ones((5, 1))).shape == (5, 3)
    assert (x[:, 0] - np.ones(5)).shape == (5,)
