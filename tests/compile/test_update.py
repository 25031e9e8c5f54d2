"""A recorded update equals the optimizer's own, or it is refused and the interpreter runs it."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.update import record_update


class CountsItself(tg.SGD):
    count = 0

    def update(self, w, g, t):
        self.count += 1
        return (w - self.lr / self.count * g,)


class KeepsAList(tg.SGD):
    def __init__(self, parameters, lr=0.1):
        super().__init__(parameters, lr)
        self.seen = []

    def update(self, w, g, t):
        self.seen.append(1)
        return (w - self.lr / len(self.seen) * g,)


class DecaysItsRate(tg.SGD):
    def update(self, w, g, t):
        self.lr *= 0.9
        return (w - self.lr * g,)


class AddsNoise(tg.SGD):
    def update(self, w, g, t):
        return (w - self.lr * g + 1e-3 * np.random.default_rng().normal(size=w.shape),)


class ClipsTheNorm(tg.SGD):
    """Reads the gradients of all parameters."""

    def update(self, w, g, t):
        norm = np.sqrt(sum(np.sum(p.grad**2) for p in self.parameters))
        return (w - self.lr * g / max(1.0, norm),)


class BranchesOnTheStep(tg.SGD):
    def update(self, w, g, t):
        return (w - (self.lr if t < 5 else 0.1 * self.lr) * g,)


class OwnStep(tg.SGD):
    def step(self):
        super().step()
        self.lr *= 0.9


class ReadsSteps(tg.SGD):
    """Recorded: the number of steps taken is known in a program."""

    def update(self, w, g, t):
        return (w - self.lr / (1 + self.steps) * g,)


class RateIsAProperty(tg.SGD):
    """Recorded: the property is computed from the number of steps."""

    def __init__(self, parameters, lr=0.1):
        self.start = lr
        super().__init__(parameters, lr)

    def __setattr__(self, name, value):
        if name != "lr":
            super().__setattr__(name, value)

    @property
    def lr(self):
        return self.start / (1 + self.steps)


class DecaysMatrices(tg.SGD):
    """Recorded, but parameter by parameter: a vector is updated in another way than a matrix."""

    def update(self, w, g, t):
        return (w - self.lr * (g + 0.5 * w if w.ndim > 1 else g),)


REFUSED = [
    CountsItself, KeepsAList, DecaysItsRate, AddsNoise, ClipsTheNorm, BranchesOnTheStep, OwnStep,
]  # fmt: skip
REFUSED_BUT_REPEATABLE = [one for one in REFUSED if one is not AddsNoise]
RECORDED = [ReadsSteps, RateIsAProperty, DecaysMatrices]


@pytest.mark.parametrize("optimizer", REFUSED)
def test_an_update_that_depends_on_more_than_its_arguments_is_refused(optimizer):
    own = optimizer([tg.Parameter(np.ones(3), name="w")])
    before = {**vars(own)}
    with pytest.raises(Unrecordable):
        record_update(own, (3,), np.float64)
    assert vars(own) == before


@pytest.mark.usefixtures("python_loops")
@pytest.mark.parametrize("engine", ["numpy", "numba", "auto"])
@pytest.mark.parametrize(
    "optimizer", [*(one for one in REFUSED if one is not AddsNoise), *RECORDED]
)
def test_every_engine_takes_the_same_steps(optimizer, engine, xor):
    def weights(engine):
        model = tg.lab2.model(rng=0)
        own = optimizer(model.parameters, lr=0.1)
        tg.fit(model, own, epochs=120, print_interval=0, engine=engine, **xor)
        return np.concatenate([parameter.value.ravel() for parameter in model.parameters])

    if engine != "auto" and optimizer in REFUSED:
        with pytest.raises(tg.TinygraphError, match="cannot run this graph"):
            weights(engine)
    else:
        np.testing.assert_allclose(weights(engine), weights("interpreted"), rtol=1e-9)
