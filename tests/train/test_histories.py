"""Some histories of the campaign: every engine does the same, or refuses."""

from __future__ import annotations

import numpy as np
import pytest
from campaigns import histories

import tinygraph as tg


@pytest.fixture(autouse=True)
def loops_in_python(monkeypatch, tmp_path):
    program = pytest.importorskip("tinygraph.compile.targets.numba.program")
    monkeypatch.setenv("TINYGRAPH_CACHE", str(tmp_path))
    monkeypatch.setattr(program, "compile_source", program.compile_source)
    monkeypatch.setattr(histories.Leaky, "slope", histories.Leaky.slope)
    histories.run_loops_in_python()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", range(12))
def test_every_engine_runs_the_same_history(seed):
    histories.compare(seed)


def masked(seed=0):
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    mask = tg.Random("mask", (None, 3), lambda rng, shape: rng.random(shape) < 0.5)
    mean, h = tg.State(np.zeros(3), name="mean"), x * tg.Switch(mask, 0.5)
    updates = {mean: tg.Add(mean * 0.9, tg.Mean(h, axis=0))}
    W = tg.Parameter(np.ones((3, 1)), name="W")
    return tg.Graph(tg.MSE(tg.MatMul(h, W), t), updates=updates, rng=seed)


@pytest.mark.parametrize("target", ["numpy", "numba"])
def test_a_program_draws_what_the_interpreter_draws(target, rng):
    feeds = {"x": rng.normal(size=(5, 3)), "t": rng.normal(size=(5, 1))}
    by_hand, compiled = masked(), masked()
    opt = tg.SGD(by_hand.parameters, lr=0.1)
    expected = []
    for _ in range(7):
        expected.append(by_hand.forward(**feeds))
        by_hand.backward()
        opt.step()
        by_hand.update_states()
    program = tg.compile(compiled, tg.SGD(compiled.parameters, lr=0.1), target=target)
    losses = [*program.run(3, **feeds), *program.run(4, **feeds)]
    np.testing.assert_allclose(losses, expected, rtol=1e-12)
    np.testing.assert_allclose(compiled["mean"].value, by_hand["mean"].value, rtol=1e-12)
    assert compiled.rng.random() == by_hand.rng.random()


def test_gradients_change_no_state(rng):
    model = masked()
    program = tg.compile(model, tg.SGD(model.parameters, lr=0.1))
    program.gradients(x=rng.normal(size=(5, 3)), t=rng.normal(size=(5, 1)))
    np.testing.assert_array_equal(model["mean"].value, 0.0)


def test_draws_that_are_fed_stay_the_same_in_every_step(rng):
    model = masked()
    feeds = {"x": rng.normal(size=(5, 3)), "t": rng.normal(size=(5, 1)), "mask": np.ones((5, 3))}
    program = tg.compile(model)
    assert program.gradients(**feeds)[0] == program.gradients(**feeds)[0] == model.forward(**feeds)


@pytest.mark.parametrize("batch_size", [4, 5, 10])
def test_a_shorter_last_batch_is_not_compiled_to_machine_code(batch_size, rng, monkeypatch):
    program = pytest.importorskip("tinygraph.compile.targets.numba.program")
    compiled = []
    own = program.compile_source
    monkeypatch.setattr(
        program, "compile_source", lambda source: compiled.append(source) or own(source)
    )
    model = tg.lab2.model(rng=0)
    feeds = dict(zip("xt", tg.data.linear(10, rng=0)))
    opt = tg.SGD(model.parameters, lr=0.1)
    history = tg.fit(
        model, opt, epochs=30, batch_size=batch_size, engine="numba", print_interval=0, **feeds
    )
    assert history.engine == "numba"
    assert len(compiled) == 1


@pytest.mark.parametrize("engine", ["numpy", "numba"])
def test_an_error_in_the_middle_of_an_epoch_undoes_the_epoch(engine):
    class Bursts(tg.Op):
        left = 10**9

        def forward(self, x):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            return x * 1.0

        def backward(self, g, y, x):
            return g

    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 2))
    W = tg.Parameter(np.ones((2, 2)), name="W")
    model = tg.Graph(tg.MSE(Bursts(tg.MatMul(x, W), name="y"), t))
    opt = tg.Adam(model.parameters, lr=0.1)
    feeds = {"x": np.ones((12, 2)), "t": np.zeros((12, 2))}
    settings = {"batch_size": 5, "engine": engine, "print_interval": 0, "epochs": 10}

    def interrupt_soon(record):
        model["y"].left = 5  # in the second epoch from now: an epoch has three batches

    history = tg.fit(model, opt, callback=interrupt_soon, callback_interval=4, **settings, **feeds)
    assert history.stopped == "interrupted"
    assert opt.steps == 3 * len(history) == 15
    assert np.isfinite(W.value).all()
