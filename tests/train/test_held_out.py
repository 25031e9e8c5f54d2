"""Validation data: looked at, never trained on, and a reason to stop."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


def run(epochs=40, **settings):
    model = tg.lab2.model(rng=0)
    x, t = tg.data.linear(60, rng=0)
    settings = {"validation": {"x": x[40:], "t": t[40:]}, "print_interval": 0, **settings}
    optimizer = tg.Adam(model.parameters, lr=0.1)
    return model, tg.fit(model, optimizer, x=x[:40], t=t[:40], epochs=epochs, **settings)


@pytest.mark.parametrize("engine", ["interpreted", "numpy"])
def test_each_epoch_has_its_validation_loss_and_accuracy(engine):
    model, history = run(engine=engine)
    x, t = tg.data.linear(60, rng=0)
    assert history.validation_loss.shape == history.validation_accuracy.shape == (40,)
    assert history.validation_loss[-1] == pytest.approx(model.forward(x=x[40:], t=t[40:]))
    right = (model.predict(x=x[40:]) > 0.5) == t[40:]
    assert history.validation_accuracy[-1] == right.mean()


def test_validation_changes_nothing_of_the_training():
    alone = run(validation=None)[1]
    assert alone.validation_loss.size == 0
    np.testing.assert_array_equal(alone.loss, run()[1].loss)


def test_a_long_run_looks_at_them_every_so_often():
    history = run(epochs=1000)[1]
    assert np.flatnonzero(np.isfinite(history.validation_loss)).tolist() == [*range(4, 1000, 5)]


def test_patience_stops_and_restores_the_best_parameters():
    model = tg.Graph(
        tg.Mean((tg.Input("x", shape=(None,)) - tg.Parameter(0.0, name="w")) ** 2, name="loss")
    )
    history = tg.fit(
        model,
        tg.SGD(model.parameters, lr=0.05),
        x=[4.0],
        validation={"x": [2.0]},
        epochs=100,
        patience=5,
        print_interval=0,
    )
    best = int(np.argmin(history.validation_loss))
    assert history.stopped == "patience"
    assert len(history) == best + 1 + 5
    assert model.forward(x=[2.0]) == history.validation_loss[best]


def test_the_printed_line_names_both(capsys):
    run(print_interval=40)
    line = capsys.readouterr().out.splitlines()[0]
    assert line.count("loss") == line.count("accuracy") == 2
    assert "validation: loss" in line


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"validation": None, "patience": 3}, "no validation data"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"validation": 5}, "one array for each input"),
        ({"validation": {"x": np.zeros((2, 2))}}, "'t' is missing"),
    ],
)
def test_odd_settings_are_refused(settings, words):
    with pytest.raises(tg.TinygraphError, match=words):
        run(**settings)
