"""A setting that changes between two runs has the same effect in every engine."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.settings import Settings


class Leaky(tg.Op):
    slope = 0.5

    def forward(self, x):
        return np.where(x > 0, x, self.slope * x)

    def backward(self, g, y, x):
        return g * np.where(x > 0, 1.0, self.slope)


class Masked(tg.Op):
    __slots__ = ("mask",)

    def forward(self, x):
        return x * self.mask

    def backward(self, g, y, x):
        return g * self.mask


class Configured(tg.Op):
    def forward(self, x):
        return x * self._options["scale"]

    def backward(self, g, y, x):
        return g * self._options["scale"]


def halve_slope(op, optimizer):
    op.slope = op.slope / 2


def halve_slope_of_the_class(op, optimizer):
    type(op).slope = type(op).slope / 2


def edit_mask(op, optimizer):
    op.mask[0] *= 0.5


def edit_options(op, optimizer):
    op._options["scale"] *= 0.5


class Decayed(tg.SGD):
    """Reads an attribute that is not among its hyperparameters, and one of the class."""

    factor = 1.0

    def __init__(self, parameters, lr):
        super().__init__(parameters, lr)
        self.decay = {"rate": 0.1}

    def update(self, w, g, t):
        return (w - self.lr * self.factor * (g + self.decay["rate"] * w),)


def halve_lr(op, optimizer):
    optimizer.lr = optimizer.lr / 2


def edit_decay(op, optimizer):
    optimizer.decay["rate"] += 0.1


def change_class_of_optimizer(op, optimizer):
    Decayed.factor = Decayed.factor / 2


def replace_update(op, optimizer):
    """Let the run go on with a setting that only the interpreter knows."""
    optimizer.update = lambda w, g, t: (w - 0.01 * float(np.sum(g)) * g,)


def start_again(op, optimizer):
    optimizer.steps = 0
    for parameter in optimizer.parameters:
        optimizer.memory[parameter] = tuple(0 * m for m in optimizer.memory[parameter])


def make(kind):
    if kind is Masked:
        return lambda x, name: Masked(x, mask=np.array([1.0, 2.0, 3.0]), name=name)
    if kind is Configured:

        def configured(x, name):
            op = Configured(x, name=name)
            op._options = {"scale": 1.5}
            return op

        return configured
    return kind


CHANGES = [
    (Leaky, tg.SGD, halve_slope),
    (Leaky, tg.Adam, halve_slope_of_the_class),
    (Masked, tg.SGD, edit_mask),
    (Configured, tg.SGD, edit_options),
    (tg.Tanh, tg.Momentum, halve_lr),
    (tg.Tanh, Decayed, edit_decay),
    (tg.Tanh, Decayed, change_class_of_optimizer),
    (tg.Tanh, tg.Adam, start_again),
    (tg.Tanh, tg.SGD, replace_update),
]


@pytest.mark.usefixtures("python_loops")
@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize(("op", "optimizer", "change"), CHANGES)
def test_a_callback_that_changes_a_setting(op, optimizer, change, batch_size, monkeypatch):
    monkeypatch.setattr(Leaky, "slope", Leaky.slope)
    monkeypatch.setattr(Decayed, "factor", Decayed.factor)

    def losses(engine):
        Leaky.slope, Decayed.factor = 0.5, 1.0
        rng = np.random.default_rng(0)
        x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 3))
        W = tg.Parameter(rng.normal(size=(3, 3)), name="W")
        h = make(op)(tg.MatMul(x, W), name="h")
        model = tg.Graph(tg.MSE(h, t))
        own = optimizer(model.parameters, lr=0.1)
        return tg.fit(
            model, own, x=rng.normal(size=(10, 3)), t=rng.normal(size=(10, 3)), epochs=12,
            print_interval=0, callback=lambda _: change(h, own), callback_interval=3,
            engine=engine, batch_size=batch_size,
        ).loss  # fmt: skip

    expected = losses("interpreted")
    for engine in ("numpy", "numba"):
        np.testing.assert_allclose(losses(engine), expected, rtol=1e-10)


def test_a_constant_that_is_changed_between_two_runs(target):
    c = tg.Constant(np.array([1.0, 2.0]), name="c")
    model = tg.Graph(tg.Sum(tg.Parameter([3.0, 4.0], name="w") * c))
    program = tg.compile(model, target=target)
    assert program.gradients()[0] == 11
    c.value[0] = 5.0
    assert program.gradients()[0] == model.forward() == 23


def test_an_unchanged_program_is_not_recorded_again(lab2, xor, monkeypatch):
    program = tg.compile(lab2, tg.Adam(lab2.parameters))
    program.step(**xor)
    module = sys.modules[type(program).__module__]
    monkeypatch.setattr(module, "Recording", None)
    monkeypatch.setattr(module, "NumpyProgram", None)
    program.step(**xor)


class Contract:
    pass


class Owner(Contract):
    shared = 1.0


@pytest.mark.parametrize(
    "value",
    [2.0, "text", None, np.arange(3.0), [1, [2]], {"a": np.ones(2)}, np.random.default_rng(0), max],
)
def test_settings_stay_the_same_until_they_change(value):
    owner = Owner()
    owner.value = value
    settings = Settings([owner], Contract)
    assert not settings.have_changed()
    owner.value = object()
    assert settings.have_changed()


def test_settings_see_an_edit_in_place_and_a_new_attribute():
    owner = Owner()
    owner.value = [np.zeros(3)]
    settings = Settings([owner], Contract)
    owner.value[0][1] = 1.0
    assert settings.have_changed()
    owner.value[0][1] = 0.0
    assert not settings.have_changed()
    owner.shared = 2.0
    assert settings.have_changed()
