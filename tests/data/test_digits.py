"""The digits: as published, and learnable."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import tinygraph as tg


def test_the_file_is_the_published_one():
    images, labels = tg.data.digits()
    assert images.shape == (1797, 8, 8)
    assert labels.shape == (1797,)
    assert labels.dtype.kind == "i"
    assert (images * 16).sum() == 561_718  # the sum of all pixels in the published file
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_each_call_returns_arrays_of_its_own():
    images, labels = tg.data.digits()
    images[:], labels[:] = -1, -1
    again = tg.data.digits()
    assert again[0].min() == 0
    assert again[1].min() == 0


def test_source_and_licence_come_with_the_file():
    note = Path(tg.data.__file__).with_name("DIGITS.txt").read_text(encoding="utf-8")
    assert "CC BY 4.0" in note
    assert "Alpaydin" in note


def test_a_linear_layer_reads_most_of_them():
    images, labels = tg.data.digits()
    x, t = tg.Input("x", shape=(None, 64)), tg.Input("t", shape=(None, 10))
    y = tg.Sigmoid(tg.MatMul(x, tg.Parameter(np.zeros((64, 10)), name="W")))
    model = tg.Graph(tg.MSE(y, t), prediction=y)
    X, T = images.reshape(-1, 64), np.eye(10)[labels]
    history = tg.fit(
        model,
        tg.Adam(model.parameters, lr=0.05),
        x=X[:1400],
        t=T[:1400],
        epochs=200,
        validation={"x": X[1400:], "t": T[1400:]},
        print_interval=0,
    )
    assert history.validation_accuracy[-1] > 0.85
