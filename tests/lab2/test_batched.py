"""Seeds trained together: each one's numbers are its own, and accuracy is known at every epoch."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.lab2.experiments.batched import STRETCH, train_batched
from tinygraph.optim.adam import Adam
from tinygraph.optim.updates import SGD, Momentum
from tinygraph.train.metrics import accuracy


def pairs(kind=Adam, count=3, lr=0.1):
    models = [tg.lab2.model(rng=seed) for seed in range(count)]
    return [(model, kind(model.parameters, lr=lr)) for model in models]


@pytest.mark.parametrize("kind", [SGD, Momentum, Adam])
def test_training_is_that_of_fit_for_each_network(kind, xor):
    together = pairs(kind)
    record = train_batched(together, **xor, epochs=150)
    assert record.loss.shape == record.accuracy.shape == (3, 150)
    for seed, (model, optimizer) in enumerate(pairs(kind)):
        history = tg.fit(model, optimizer, epochs=150, print_interval=0, **xor)
        np.testing.assert_allclose(record.loss[seed], history.loss, rtol=1e-8)
        for mine, its in zip(together[seed][0].parameters, model.parameters, strict=True):
            np.testing.assert_allclose(mine.value, its.value, rtol=1e-7, atol=1e-10)


def test_accuracy_is_counted_before_each_step(xor):
    epochs = STRETCH + 20  # a whole stretch, and a part of one
    record = train_batched(pairs(), **xor, epochs=epochs)
    assert record.accuracy.max() == 1.0
    for seed, (model, optimizer) in enumerate(pairs()):
        for epoch in range(epochs):
            model.forward(**xor)
            now = accuracy(model.prediction.value, xor["t"])
            assert record.accuracy[seed, epoch] == pytest.approx(now, abs=1e-15)
            assert (record.accuracy[seed, epoch] == 1.0) == (now == 1.0)
            model.backward()
            optimizer.step()


def test_a_network_that_diverges_leaves_the_others_their_bits(xor):
    some, calm = pairs(SGD, lr=1.0), pairs(SGD, lr=1.0)
    some[1][0]["layer3/W"].value = np.full((4, 1), np.inf)
    broken = train_batched(some, **xor, epochs=50)
    whole = train_batched(calm, **xor, epochs=50)
    assert not np.isfinite(some[1][0]["layer3/W"].value).all()
    for seed in (0, 2):
        np.testing.assert_array_equal(broken.loss[seed], whole.loss[seed])


@pytest.mark.parametrize("count", [1, 2, 19])
def test_a_network_does_not_depend_on_its_neighbours(count, xor):
    many = train_batched(pairs(count=20), **xor, epochs=100)
    few = train_batched(pairs(count=count), **xor, epochs=100)
    np.testing.assert_array_equal(many.loss[:count], few.loss)
    np.testing.assert_array_equal(many.accuracy[:count], few.accuracy)
