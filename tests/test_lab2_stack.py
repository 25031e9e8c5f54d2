"""Stacked networks: each one's numbers are its own."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.lab2.stack import StackedLayer, stacked, train_stacked
from tinygraph.metrics import accuracy
from tinygraph.optim import SGD, Adam, Momentum


def networks(activation="sigmoid", count=3, hidden=4):
    return [tg.lab2.model(hidden, activation, rng=seed) for seed in range(count)]


@pytest.mark.parametrize("activation", tg.lab2.ACTIVATIONS)
def test_losses_and_gradients_are_those_of_the_single_networks(activation, xor):
    models = networks(activation)
    graph = stacked(models)
    total = graph.forward(**xor)
    graph.backward()
    losses = [model.forward(**xor) for model in models]
    assert total == pytest.approx(sum(losses), rel=1e-14)
    np.testing.assert_allclose(graph["losses"].value, losses, rtol=1e-14)
    for seed, model in enumerate(models):
        model.backward()
        for k in (1, 2, 3):
            grad = graph[f"layer{k}/V"].grad[seed]
            for part, name in ((grad[:-1], "W"), (grad[-1], "b")):
                expected = model[f"layer{k}/{name}"].grad
                np.testing.assert_allclose(part, expected, rtol=1e-12, atol=1e-15)


def test_the_derivatives_of_the_stacked_ops_are_right(xor):
    tg.gradcheck(stacked(networks("tanh")), **xor).raise_if_wrong()


def test_shared_data_get_no_gradient_and_inner_values_do(rng):
    x, V, g = (rng.normal(size=shape) for shape in ((5, 2), (3, 3, 4), (3, 5, 4)))
    y = StackedLayer.forward(None, x, V)
    assert StackedLayer.backward(None, g, y, x, V)[0] is None
    inner = np.broadcast_to(x, (3, 5, 2))
    through = StackedLayer.backward(None, g, y, inner, V)[0]
    np.testing.assert_allclose(through[1], g[1] @ V[1, :-1].T)


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
def test_training_is_that_of_fit_for_each_network(kind, xor):
    models, alone = networks(), networks()
    record = train_stacked(models, kind, 0.1, xor["x"], xor["t"], epochs=150)
    assert record.loss.shape == record.accuracy.shape == (3, 150)
    for seed, model in enumerate(alone):
        optimizer = kind(model.parameters, lr=0.1)
        history = tg.fit(model, optimizer, epochs=150, print_interval=0, **xor)
        np.testing.assert_allclose(record.loss[seed], history.loss, rtol=1e-8)
        for mine, theirs in zip(models[seed].parameters, model.parameters, strict=True):
            np.testing.assert_allclose(mine.value, theirs.value, rtol=1e-7, atol=1e-10)


def test_accuracy_is_counted_before_each_step(xor):
    models = networks(count=2)
    first = [accuracy(model.predict(x=xor["x"]), xor["t"]) for model in models]
    record = train_stacked(models, Adam, 0.1, xor["x"], xor["t"], epochs=200)
    np.testing.assert_allclose(record.accuracy[:, 0], first)
    assert record.accuracy.max() == 1.0


def test_a_network_that_diverges_leaves_the_others_their_bits(xor):
    models, calm = networks(count=3), networks(count=3)
    models[1]["layer3/W"].value = np.full((4, 1), np.inf)
    broken = train_stacked(models, SGD, 1.0, xor["x"], xor["t"], epochs=50)
    whole = train_stacked(calm, SGD, 1.0, xor["x"], xor["t"], epochs=50)
    assert not np.isfinite(models[1]["layer3/W"].value).all()
    for seed in (0, 2):
        np.testing.assert_array_equal(broken.loss[seed], whole.loss[seed])


def test_a_network_does_not_depend_on_its_neighbours(xor):
    many, few = networks(count=5), networks(count=2)
    five = train_stacked(many, Adam, 0.1, xor["x"], xor["t"], epochs=100)
    two = train_stacked(few, Adam, 0.1, xor["x"], xor["t"], epochs=100)
    np.testing.assert_array_equal(five.loss[:2], two.loss)
