"""Points in the plane: balanced, seeded, and of the shape that their names promise."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

SETS = [tg.data.moons, tg.data.circles, tg.data.spiral, tg.data.blobs]


@pytest.mark.parametrize("make", SETS)
def test_balanced_and_seeded(make):
    x, t = make(60, rng=3)
    assert x.shape == (60, 2)
    assert x.dtype == np.float64
    counts = np.unique(t, return_counts=True)[1]
    assert set(counts) == {60 // len(counts)}
    np.testing.assert_array_equal(x, make(60, rng=np.random.default_rng(3))[0])
    assert (x != make(60, rng=4)[0]).any()


def test_without_noise_the_shapes_are_exact():
    x, t = tg.data.moons(50, noise=0)
    centres = np.where(t == 0, [0.0, 0.0], [1.0, 0.5])
    np.testing.assert_allclose(np.hypot(*(x - centres).T), 1)
    x, t = tg.data.circles(50, noise=0)
    radius = np.hypot(*x.T)
    np.testing.assert_allclose(radius[t[:, 0] == 0], 1)
    assert (radius[t[:, 0] == 1] <= 0.5).all()
    x, labels = tg.data.blobs(8, classes=4, noise=0)
    np.testing.assert_allclose(x[labels == 1], [[0, 1], [0, 1]], atol=1e-12)
    x, labels = tg.data.spiral(90, noise=0)
    radius = np.hypot(*x.T)
    turned = np.exp(1j * (4 * radius + 2 * np.pi * labels / 3)) * radius
    np.testing.assert_allclose(x[:, 0] + 1j * x[:, 1], turned)


@pytest.mark.parametrize(
    "make",
    [
        lambda: tg.data.moons(0),
        lambda: tg.data.moons(noise=-1),
        lambda: tg.data.circles(noise="much"),
        lambda: tg.data.spiral(classes=1),
        lambda: tg.data.blobs(classes=2.0),
        lambda: tg.data.blobs(rng="seed"),
        lambda: tg.data.reversal(length=0),
        lambda: tg.data.reversal(symbols=0),
        lambda: tg.data.addition(digits=40),
    ],
)
def test_odd_arguments_are_refused(make):
    with pytest.raises(tg.TinygraphError):
        make()
