"""The two data sets, point by point."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


def test_linear_points_and_labels():
    x, t = tg.data.linear(500, rng=np.random.default_rng(3))
    assert x.shape == (500, 2)
    assert t.shape == (500, 1)
    assert x.dtype == t.dtype == np.float64
    assert ((x >= 0) & (x < 1)).all()
    for (x1, x2), (label,) in zip(x, t, strict=True):
        assert label == (0 if x1 > x2 else 1)
    assert 0.4 < t.mean() < 0.6


def test_linear_is_seeded():
    for one, other in zip(tg.data.linear(10, rng=5), tg.data.linear(10, rng=5), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (tg.data.linear(10, rng=5)[0] != tg.data.linear(10, rng=6)[0]).any()


def test_xor_is_the_two_diagonals():
    x, t = tg.data.xor()
    points = {(round(a, 12), round(b, 12)): label for (a, b), (label,) in zip(x, t, strict=True)}
    assert len(points) == 21
    assert points[0.5, 0.5] == 0
    for i in range(11):
        assert points[round(0.1 * i, 12), round(0.1 * i, 12)] == 0
        if i != 5:
            assert points[round(0.1 * i, 12), round(1 - 0.1 * i, 12)] == 1


@pytest.mark.parametrize("n", [0, -1, 2.5, "10", None, True])
def test_a_count_of_points_is_a_whole_number(n):
    with pytest.raises(tg.TinygraphError, match="n must be"):
        tg.data.linear(n)


@pytest.mark.parametrize("rng", ["seed", 1.5, -1, True, np.random])
def test_randomness_comes_from_a_generator_or_a_seed(rng):
    with pytest.raises(tg.TinygraphError, match=r"Generator|seed"):
        tg.data.linear(10, rng=rng)
