"""A learning rate that follows a schedule, in every engine."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

X, T = tg.data.xor()
ENGINES = ("interpreted", "numpy", "auto")


def trained(engine, rate, epochs, optimizer=tg.Adam, **settings):
    """Return the losses of a run whose learning rate is a function of the step number."""
    model = tg.lab2.model(rng=0)
    trained_by = optimizer(model.parameters, lr=rate)
    history = tg.fit(
        model, trained_by, x=X, t=T, epochs=epochs, engine=engine, print_interval=0, **settings
    )
    return history.loss, trained_by


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("kind", [tg.SGD, tg.Adam])
def test_a_schedule_is_asked_for_the_steps_of_the_run_and_no_others(kind, batch_size):
    steps = 5 * (1 if batch_size is None else 6)
    table = np.linspace(0.3, 0.01, steps)
    losses = []
    for engine in ENGINES:
        asked = set()

        def rate(t, asked=asked):
            asked.add(t)
            return table[t - 1]

        loss, optimizer = trained(engine, rate, 5, kind, batch_size=batch_size)
        assert optimizer.steps == steps
        assert asked == set(range(1, steps + 1))
        losses.append(loss)
    for loss in losses[1:]:
        np.testing.assert_allclose(loss, losses[0], rtol=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_schedule_that_a_callback_steers_is_read_again(engine):
    now = {"rate": 0.0}

    def open_the_throttle(history):
        now["rate"] = 0.5 if len(history) >= 4 else 0.0

    loss, _ = trained(
        engine, lambda t: now["rate"], 8, tg.SGD, callback=open_the_throttle, callback_interval=2
    )
    assert len(set(loss[:5])) == 1
    assert len(set(loss[4:])) == 4


@pytest.mark.parametrize("engine", ENGINES)
def test_a_callback_may_give_another_schedule(engine):
    def change(history):
        optimizer.lr = lambda t: 0.0

    model = tg.lab2.model(rng=0)
    optimizer = tg.SGD(model.parameters, lr=lambda t: 0.5)
    history = tg.fit(
        model,
        optimizer,
        x=X,
        t=T,
        epochs=6,
        engine=engine,
        print_interval=0,
        callback=change,
        callback_interval=3,
    )
    assert len(set(history.loss[:4])) == 4
    assert len(set(history.loss[3:])) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_schedule_that_ends_too_early_is_named_by_its_first_missing_step(engine):
    with pytest.raises(tg.TinygraphError, match="for t = 3 it failed: IndexError"):
        trained(engine, lambda t: [0.1, 0.2][t - 1], 5)
