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


class Remembers(tg.Optimizer):
    """Hands on the gradient it was given."""

    slots = ("last",)

    def update(self, w, g, t, last):
        return w - self.lr * (g + last), g


class LooksBack(tg.Optimizer):
    """Hands on the weights that it replaces."""

    slots = ("last",)

    def update(self, w, g, t, last):
        return w - self.lr * g + 0.1 * (w - last), w


class KeepsItTwice(tg.Optimizer):
    """Hands on one result in two places, and one in three."""

    slots = ("again", "ones", "more")

    def update(self, w, g, t, again, ones, more):
        new = w - self.lr * g + 0.1 * again
        return new, new, np.ones(w.shape), np.ones(w.shape)


class Swaps(tg.Optimizer):
    slots = ("one", "other")

    def update(self, w, g, t, one, other):
        return w - self.lr * (g + one), other + 1, one


class Mirrors(tg.Optimizer):
    """Reads a view of the old weights when the new ones are there."""

    slots = ("before",)

    def update(self, w, g, t, before):
        turned = w[::-1]
        new = w - self.lr * g
        return new, before + turned


class Averages(tg.Optimizer):
    """Reads the old weights first, and uses what it read when the new ones are there."""

    slots = ("mean",)

    def update(self, w, g, t, mean):
        share = w * 0.1
        new = w - self.lr * g
        return new, mean * 0.9 + share


ENTRY_BY_ENTRY = [Remembers, LooksBack, KeepsItTwice, Swaps, Averages]


def optimized(optimizer_class, loss_class, steps, by_hand=True, **compiled):
    """Return the weights and the memory after some steps, by hand or by a program."""
    W = tg.Parameter(np.random.default_rng(0).normal(size=(3, 3)), name="W")
    model = tg.Graph(loss_class(W * W * 0.5, name="loss"))
    optimizer = optimizer_class(model.parameters, lr=0.1)
    if not by_hand:
        tg.compile(model, optimizer, **compiled).run(steps)
    for _ in range(steps if by_hand else 0):
        model.forward()
        model.backward()
        optimizer.step()
    return W.value, *optimizer.memory[W]


def assert_same_optimization(optimizer, loss, target):
    for got, expected in zip(
        optimized(optimizer, loss, 4, by_hand=False, target=target), optimized(optimizer, loss, 4)
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("loss", [tg.Sum, tg.Mean])
@pytest.mark.parametrize("optimizer", ENTRY_BY_ENTRY)
def test_optimizers_of_ones_own(optimizer, loss, target):
    assert_same_optimization(optimizer, loss, target)


def test_an_update_that_is_not_entry_by_entry():
    assert_same_optimization(Mirrors, tg.Sum, "numpy")


def bare(self, w, g, t):
    return w - self.lr * g


def in_place(self, w, g, t):
    w -= self.lr * g
    return (w,)


def broken(self, w, g, t):
    return (w - self.lr * nowhere,)  # noqa: F821


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (bare, "update returns no tuple of the new w and one array a slot"),
        (in_place, "it writes into an array that it was given"),
        (broken, "update raised NameError: name 'nowhere' is not defined"),
    ],
)
def test_an_update_that_cannot_be_written_down_is_a_lesson(update, reason, target, lab2, xor):
    optimizer = type("Own", (tg.Optimizer,), {"update": update})(lab2.parameters, lr=0.1)
    program = tg.compile(lab2, optimizer, target="numpy" if target == "numpy" else "numba")
    for use in (lambda: program.run(2, **xor), lambda: program.source, lambda: program.code):
        with pytest.raises(tg.TinygraphError) as caught:
            use()
        assert str(caught.value) == (
            f'The {program.target} target cannot compile MSE "loss", trained by Own: '
            f"{reason}. "
            f'tg.fit(…, engine="interpreted") runs it without compiling.'
        )
    assert optimizer.steps == 0
    assert program.gradients(**xor)[0] == pytest.approx(lab2.forward(**xor))


def test_a_changed_learning_rate_is_honoured(lab2, xor):
    optimizer = tg.SGD(lab2.parameters, lr=0.5)
    program = tg.compile(lab2, optimizer)
    program.step(**xor)
    optimizer.lr = 1e-12
    before = lab2["layer1/W"].value.copy()
    program.step(**xor)
    np.testing.assert_allclose(lab2["layer1/W"].value, before, atol=1e-10)


@pytest.mark.parametrize("optimizer", [*ENTRY_BY_ENTRY, Mirrors])
def test_the_source_of_an_optimizer_of_ones_own_runs_by_itself(optimizer):
    W = tg.Parameter(np.random.default_rng(0).normal(size=(3, 3)), name="W")
    model = tg.Graph(tg.Sum(W * W * 0.5, name="loss"))
    own = optimizer(model.parameters, lr=0.1)
    namespace = {}
    exec(tg.compile(model, own).source, namespace)
    values, memory = (W.value,), tuple(np.zeros_like(W.value) for _ in own.slots)
    for step in range(1, 5):
        _, values, memory = namespace["training_step"](*values, *memory, step)
    for got, expected in zip((*values, *memory), optimized(optimizer, tg.Sum, 4)):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_an_update_that_returns_what_no_float_holds_is_refused_in_words():
    class Enormous(tg.SGD):
        def update(self, w, g, t):
            return (10**400,)

    model = tg.Graph(tg.Parameter(1.0, name="w") * 1.0)
    for engine in ("numpy", "auto"):
        with pytest.raises(tg.TinygraphError):
            tg.fit(model, Enormous(model.parameters), epochs=100, engine=engine, print_interval=0)
