"""Nothing but steps changes a run: not its parts, not what is printed, not what is validated."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg

RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(23, 3)), RNG.integers(0, 4, size=23)
ENGINES = ("interpreted", "numpy")


def network(precision=np.float64):
    """Return a network with dropout and batch normalization, and its optimizer."""
    rng = np.random.default_rng(1)
    x, t = tg.Input("x", (None, 3)), tg.Input("t", (None,), dtype=int)
    W = tg.Parameter(rng.normal(size=(3, 5)).astype(precision), name="W")
    h, updates = tg.layers.batch_norm(np.tanh(x @ W), name="norm")
    h = tg.layers.dropout(h, 0.3, name="drop")
    z = tg.layers.linear(h, 4, name="out", rng=rng)
    loss = tg.CrossEntropy(z, t, name="loss")
    model = tg.Graph(loss, prediction=z, updates=updates, rng=5)
    return model, tg.Adam(model.parameters, lr=0.05)


def train(model, optimizer, epochs, **settings):
    precision = model.precision
    given = {"print_interval": 0, "rng": 3, "batch_size": 7, **settings}
    return tg.fit(model, optimizer, epochs=epochs, x=X.astype(precision), t=T, **given)


def numbers(model):
    return [node.value.copy() for node in (*model.parameters, *model.states)]


def assert_equal(first, second):
    for a, b in zip(numbers(first), numbers(second), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("batch_size", [None, 7])
def test_a_run_in_parts_equals_a_run_in_one(engine, batch_size):
    whole, parts = network(), network()
    expected = train(*whole, 6, engine=engine, batch_size=batch_size)
    history = train(*parts, 2, engine=engine, batch_size=batch_size)
    train(*parts, 4, engine=engine, batch_size=batch_size, history=history)
    np.testing.assert_array_equal(history.loss, expected.loss)
    assert_equal(parts[0], whole[0])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "settings",
    [
        {"print_interval": 1},
        {"validation": {"x": X, "t": T}, "print_interval": 2},
        {"callback": lambda history: None, "callback_interval": 1},
        {"target_loss": 0.0},
    ],
)
def test_what_is_printed_and_validated_changes_no_number(engine, settings, capsys):
    silent, told = network(), network()
    train(*silent, 6, engine=engine)
    train(*told, 6, engine=engine, **settings)
    assert_equal(told[0], silent[0])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_checkpoint_holds_states_and_draws(engine, tmp_path):
    whole, before, after = network(), network(), network()
    expected = train(*whole, 6, engine=engine)
    rng = np.random.default_rng(3)
    history = train(*before, 3, engine=engine, rng=rng)
    tg.save(tmp_path / "run.npz", *before, history, rng=rng)
    model, optimizer = after
    rng = np.random.default_rng(99)
    history = tg.load(tmp_path / "run.npz", model, optimizer, rng=rng)
    np.testing.assert_array_equal(model.states[0].value, before[0].states[0].value)
    train(model, optimizer, 3, engine=engine, rng=rng, history=history)
    whole_in_parts = network()
    rng = np.random.default_rng(3)
    train(*whole_in_parts, 6, engine=engine, rng=rng)
    assert_equal(model, whole_in_parts[0])
    assert len(history.loss) == len(expected.loss)


def test_a_checkpoint_without_the_states_of_a_network_is_refused(tmp_path):
    x = tg.Input("x", (None, 2))
    state = tg.State([0.0, 0.0], name="mean")
    w = tg.Parameter([1.0, 1.0], name="w")
    model = tg.Graph(np.sum((x - state) * w), updates={state: np.mean(x, axis=0)})
    state.value = [3.0, 4.0]
    tg.save(tmp_path / "run.npz", model)
    state.value = [0.0, 0.0]
    tg.load(tmp_path / "run.npz", model)
    assert state.value.tolist() == [3.0, 4.0]


def test_patience_restores_the_states_of_the_minimum():
    model, optimizer = network()
    seen = []

    def look(history):
        seen.append((history.validation_loss[-1], model.states[0].value.copy()))

    history = train(
        model,
        optimizer,
        200,
        validation={"x": X, "t": (T + 1) % 4},
        patience=5,
        callback=look,
        callback_interval=1,
    )
    assert history.stopped == "patience"
    best = min(seen, key=lambda pair: pair[0])
    np.testing.assert_array_equal(model.states[0].value, best[1])


def test_predict_draws_nothing_that_it_does_not_need():
    model, _ = network()
    before = model.rng.bit_generator.state
    model.predict(x=X)
    assert model.rng.bit_generator.state == before
    model.forward(x=X, t=T)
    assert model.rng.bit_generator.state != before


@pytest.mark.parametrize("engine", ENGINES)
def test_layers_have_the_precision_of_the_parameters_below_them(engine):
    model, optimizer = network(np.float32)
    assert model.precision == np.float32
    train(model, optimizer, 2, engine=engine)
    assert {array.dtype for array in numbers(model)} == {np.dtype(np.float32)}
    token = tg.Input("token", (None, 5), dtype=int)
    table = tg.Parameter(np.ones((6, 4), np.float32), name="table")
    block = tg.layers.transformer_block(table[token], 2, True, name="block", rng=0)
    assert tg.Graph(np.mean(block)).precision == np.float32
