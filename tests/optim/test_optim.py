"""Optimizers: against an independent implementation of Lab 2, and their states."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ArgumentError, ArgumentTypeError, StateError, UnknownNameError

ALL = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]


class HandWritten:
    """Lab 2 without a graph: weights in lists, derivatives written out, sharing no code with it."""

    def __init__(self, weights: list[np.ndarray], rule: str, rate: float) -> None:
        self.weights = [w.copy() for w in weights]
        self.rule, self.rate, self.step_number = rule, rate, 0
        self.first = [np.zeros_like(w) for w in weights]
        self.second = [np.zeros_like(w) for w in weights]

    def train_step(self, x: np.ndarray, t: np.ndarray) -> float:
        outputs = [x]
        for layer in range(3):
            W, b = self.weights[2 * layer], self.weights[2 * layer + 1]
            outputs.append(1.0 / (1.0 + np.exp(-(np.einsum("bi,ij->bj", outputs[-1], W) + b))))
        error = outputs[-1] - t
        delta = 2.0 * error / t.shape[0] * outputs[3] * (1.0 - outputs[3])
        gradients: list[np.ndarray] = []
        for layer in (2, 1, 0):
            gradients[:0] = [np.einsum("bi,bj->ij", outputs[layer], delta), delta.sum(0)]
            below = outputs[layer]
            delta = np.einsum("bj,ij->bi", delta, self.weights[2 * layer]) * below * (1 - below)
        self.step_number += 1
        for k, g in enumerate(gradients):
            self.weights[k] = self.weights[k] + self._change(k, g)
        return float((error**2).sum() / t.shape[0])

    def _change(self, k: int, g: np.ndarray) -> np.ndarray:
        if self.rule == "sgd":
            return -self.rate * g
        if self.rule == "momentum":
            self.first[k] = 0.9 * self.first[k] - self.rate * g
            return self.first[k]
        self.first[k] = 0.9 * self.first[k] + 0.1 * g
        self.second[k] = 0.999 * self.second[k] + 0.001 * g**2
        m_hat = self.first[k] / (1 - 0.9**self.step_number)
        v_hat = self.second[k] / (1 - 0.999**self.step_number)
        return -self.rate * m_hat / (np.sqrt(v_hat) + 1e-8)


@pytest.mark.parametrize("data_set", ["linear", "xor"])
@pytest.mark.parametrize(
    ("kind", "rule", "rate"),
    [(tg.SGD, "sgd", 0.5), (tg.Momentum, "momentum", 0.1), (tg.Adam, "adam", 0.01)],
)
def test_a_thousand_steps_equal_a_hand_written_network(kind, rule, rate, data_set):
    x, t = tg.data.linear(100, rng=1) if data_set == "linear" else tg.data.xor()
    model = tg.lab2.model(hidden=4, rng=2)
    other = HandWritten([p.value for p in model.parameters], rule, rate)
    history = tg.fit(
        model,
        kind(model.parameters, lr=rate),
        epochs=1000,
        print_interval=0,
        engine="interpreted",
        x=x,
        t=t,
    )
    expected = [other.train_step(x, t) for _ in range(1000)]
    np.testing.assert_allclose(history.loss, expected, rtol=1e-12)


def one_step(kind, g, **settings):
    w = tg.Parameter([1.0], name="w")
    optimizer = kind([w], **settings)
    for value in g:
        w.grad = np.array([value])
        optimizer.step()
    return float(w.value[0])


def test_the_first_steps_by_hand():
    assert one_step(tg.SGD, [2.0], lr=0.1) == pytest.approx(0.8)
    assert one_step(tg.Momentum, [2.0, 2.0], lr=0.1) == pytest.approx(1 - 0.2 - (0.18 + 0.2))
    assert one_step(tg.AdaGrad, [2.0, 2.0], lr=0.1) == pytest.approx(1 - 0.1 - 0.1 / np.sqrt(2))
    assert one_step(tg.RMSProp, [2.0], lr=0.1) == pytest.approx(1 - 0.1 / np.sqrt(0.1))
    assert one_step(tg.Adam, [2.0], lr=0.1) == pytest.approx(0.9)
    assert one_step(tg.Adam, [2.0, 2.0], lr=0.1) == pytest.approx(0.8)


@pytest.mark.parametrize("kind", ALL)
def test_every_optimizer_learns_xor_or_at_least_the_direction(kind, lab2, xor):
    optimizer = kind(lab2.parameters)
    before = lab2.forward(**xor)
    for _ in range(50):
        lab2.forward(**xor)
        lab2.backward()
        optimizer.step()
    assert lab2.forward(**xor) < before


@pytest.mark.parametrize("kind", ALL)
def test_a_state_given_back_goes_on_to_the_bit(kind, xor):
    def steps(model, optimizer, n):
        for _ in range(n):
            model.forward(**xor)
            model.backward()
            optimizer.step()

    first = tg.lab2.model(rng=0)
    optimizer = kind(first.parameters, lr=0.05)
    steps(first, optimizer, 7)
    state = copy.deepcopy(optimizer.state())
    values = [p.value.copy() for p in first.parameters]
    steps(first, optimizer, 5)

    second = tg.lab2.model(rng=99)
    for p, value in zip(second.parameters, values, strict=True):
        p.value = value
    resumed = kind(second.parameters, lr=1.0)
    resumed.load_state(state)
    assert resumed.lr == 0.05
    steps(second, resumed, 5)
    for p, q in zip(first.parameters, second.parameters, strict=True):
        np.testing.assert_array_equal(p.value, q.value)
    assert resumed.steps == optimizer.steps == 12


def test_a_state_is_a_copy(lab2, xor):
    optimizer = tg.Momentum(lab2.parameters)
    lab2.forward(**xor)
    lab2.backward()
    optimizer.step()
    state = optimizer.state()
    state["memory"][0]["v"][:] = 99
    assert not (optimizer.memory[lab2.parameters[0]][0] == 99).any()


@pytest.mark.parametrize(
    "damage",
    [
        lambda s: s.update(kind="SGD"),
        lambda s: s.pop("steps"),
        lambda s: s.update(steps=-1),
        lambda s: s.update(steps=1.5),
        lambda s: s.update(memory=s["memory"][:-1]),
        lambda s: s["memory"][5].pop("m"),
        lambda s: s["memory"][5].update(m=np.zeros((9, 9))),
        lambda s: s["hyperparameters"].update(lr=-1),
        lambda s: s["hyperparameters"].update(speed=1),
        lambda s: s["hyperparameters"].pop("beta2"),
        lambda s: s.update(hyperparameters=3),
        lambda s: s.update(memory=None),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(damage, lab2, xor):
    optimizer = tg.Adam(lab2.parameters, lr=0.5)
    state = copy.deepcopy(optimizer.state())
    lab2.forward(**xor)
    lab2.backward()
    optimizer.step()
    before = optimizer.state()
    damage(state)
    with pytest.raises(tg.TinygraphError):
        optimizer.load_state(state)
    after = optimizer.state()
    assert after["steps"] == before["steps"]
    assert after["hyperparameters"] == before["hyperparameters"]
    for one, other in zip(before["memory"], after["memory"], strict=True):
        np.testing.assert_equal(one, other)


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "lr", [0, -1, np.nan, np.inf, 10**400, 1j, np.complex128(1), "fast", None, True, [0.1]]
)
def test_a_learning_rate_is_a_positive_number(kind, lr, lab2):
    with pytest.raises(tg.TinygraphError, match=f"lr of {kind.__name__}"):
        kind(lab2.parameters, lr=lr)


def test_a_learning_rate_changed_later_is_checked_too(lab2):
    optimizer = tg.SGD(lab2.parameters, lr=1)
    optimizer.lr = 0.5
    with pytest.raises(tg.TinygraphError, match="lr"):
        optimizer.lr = 0
    assert optimizer.lr == 0.5


@pytest.mark.parametrize(
    "parameters", [[], None, 3, "w", [1.0], [tg.Input("x", (2,))], [tg.Parameter(1.0)] * 2]
)
def test_an_optimizer_takes_parameters(parameters):
    with pytest.raises(tg.TinygraphError, match="optimizer"):
        tg.SGD(parameters)


def test_a_step_without_gradients_is_refused(lab2):
    with pytest.raises(tg.TinygraphError, match=r'"layer1/W" has none. Call backward'):
        tg.SGD(lab2.parameters).step()


@pytest.mark.parametrize("kind", ALL)
def test_float32_stays_float32(kind):
    w = tg.Parameter(np.ones(3, dtype=np.float32), name="w")
    optimizer = kind([w])
    for _ in range(3):
        w.grad = np.ones(3, dtype=np.float32)
        optimizer.step()
    assert w.value.dtype == np.float32
    assert all(array.dtype == np.float32 for array in optimizer.memory[w])


def test_hyperparameters_of_ones_own_are_finite_numbers(lab2):
    class Clipped(tg.Optimizer):
        hyperparameters = ("lr", "limit")

        def __init__(self, parameters, lr=0.1, limit=5.0):
            self.limit = limit
            super().__init__(parameters, lr)

        def update(self, w, g, t, *memory):
            return (w - self.lr * np.clip(g, -self.limit, self.limit),)

    assert Clipped(lab2.parameters).limit == 5
    with pytest.raises(tg.TinygraphError, match="limit of Clipped must be a finite number"):
        Clipped(lab2.parameters, limit=np.nan)


@pytest.mark.parametrize("breaks_at", range(1, 7))
@pytest.mark.parametrize("kind", ALL)
def test_a_step_that_is_interrupted_is_taken_by_all_parameters_or_none(
    kind, breaks_at, lab2, xor, monkeypatch
):
    expected = tg.lab2.model(rng=0)
    for model in (lab2, expected):
        model.forward(**xor)
        model.backward()
    kind(expected.parameters).step()
    optimizer = kind(lab2.parameters)
    take, calls = tg.Parameter.accept, []

    def interrupted_take(parameter, value):
        calls.append(parameter)
        if len(calls) == breaks_at:
            raise KeyboardInterrupt
        take(parameter, value)

    monkeypatch.setattr(tg.Parameter, "accept", interrupted_take)
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert optimizer.steps == 1
    for p, q in zip(lab2.parameters, expected.parameters, strict=True):
        np.testing.assert_array_equal(p.value, q.value)


def test_an_update_that_fails_moves_no_parameter(lab2, xor):
    class FailsLate(tg.SGD):
        def update(self, w, g, t, *memory):
            if w.shape == (4, 1):
                raise ZeroDivisionError
            return super().update(w, g, t, *memory)

    before = [p.value.copy() for p in lab2.parameters]
    optimizer = FailsLate(lab2.parameters)
    lab2.forward(**xor)
    lab2.backward()
    with pytest.raises(tg.TinygraphError, match=r'"layer3/W" \(4, 1\): ZeroDivisionError'):
        optimizer.step()
    assert optimizer.steps == 0
    for p, value in zip(lab2.parameters, before, strict=True):
        np.testing.assert_array_equal(p.value, value)


def test_a_gradient_set_by_hand_is_held_to_its_parameter():
    w = tg.Parameter(np.ones(3, dtype=np.float32), name="w")
    optimizer = tg.SGD([w], lr=0.5)
    w.grad = [1, 2, 3]
    optimizer.step()
    np.testing.assert_array_equal(w.value, np.array([0.5, 0, -0.5], dtype=np.float32))
    w.grad = np.ones(3)
    optimizer.step()
    assert w.value.dtype == np.float32
    for wrong in (np.ones((3, 1)), np.ones(1), 1.0):
        w.grad = wrong
        with pytest.raises(
            tg.TinygraphError,
            match=r'Parameter "w" must have the shape of its value, \(3,\); it was set to',
        ):
            optimizer.step()


def test_a_parameter_the_output_does_not_depend_on_is_named():
    w, aside = tg.Parameter(1.0, name="w"), tg.Parameter(1.0, name="aside")
    model = tg.Graph(w * w, prediction=tg.Tanh(aside))
    model.forward()
    model.backward()
    with pytest.raises(tg.TinygraphError, match=r'"aside" has none.*leave it out'):
        tg.SGD(model.parameters).step()


def test_parameters_that_cannot_be_given():
    def fails():
        yield tg.Parameter(1.0)
        raise RuntimeError("no more")

    with pytest.raises(tg.TinygraphError, match="fails to give them: RuntimeError: no more"):
        tg.SGD(fails())
    with pytest.raises(tg.TinygraphError, match="among them came 0"):
        tg.SGD(itertools.count())


A_WEIGHT = tg.Parameter([1.0], name="W")


def grouped_and_alone(optimizer, own, **settings):
    """Return two parameters after steps in one optimizer with groups, and in two optimizers."""
    results = []
    for is_grouped in (True, False):
        w, b = tg.Parameter([1.0, -2.0], name="w"), tg.Parameter([0.5, 3.0], name="b")
        model = tg.Graph(tg.Sum((w - 1.5) ** 2 * np.exp(b) + b * b))
        groups = [w, {"parameters": [b], **own}]
        optimizers = [optimizer(groups, **settings)]
        if not is_grouped:
            optimizers = [optimizer([w], **settings), optimizer(b, **{**settings, **own})]
        for _ in range(5):
            model.forward()
            model.backward()
            for one in optimizers:
                one.step()
        results.append((w.value, b.value))
    return results


@pytest.mark.parametrize(
    ("optimizer", "own"),
    [
        (tg.SGD, {"lr": 0.01}),
        (tg.Momentum, {"lr": 0.01, "beta": 0.5}),
        (tg.Adam, {"beta1": 0.5, "eps": 1e-3}),
        (tg.AdamW, {"weight_decay": 0.0}),
        (tg.Adam, {"lr": tg.schedules.cosine(0.1, 5)}),
    ],
)
def test_a_group_takes_the_steps_of_an_optimizer_of_its_own(optimizer, own):
    grouped, alone = grouped_and_alone(optimizer, own, lr=0.1)
    np.testing.assert_array_equal(grouped, alone)


@pytest.mark.parametrize("kind", [tg.SGD, tg.Momentum, tg.AdaGrad, tg.Adam])
def test_a_step_without_a_new_backward_is_refused(kind, lab2, xor):
    optimizer = kind(lab2.parameters)
    lab2.forward(**xor)
    lab2.backward()
    optimizer.step()
    after = [parameter.value.copy() for parameter in lab2.parameters]
    for again in (lambda: None, lambda: lab2.forward(**xor)):
        again()
        with pytest.raises(StateError, match=r"needs the gradients of a new run.*Call forward"):
            optimizer.step()
    for value, parameter in zip(after, lab2.parameters):
        np.testing.assert_array_equal(parameter.value, value)
    lab2.backward()
    optimizer.step()
    assert optimizer.steps == 2


def test_a_gradient_of_1_is_a_new_one_in_every_run():
    w, b = tg.Parameter(1.0, name="w"), tg.Parameter(2.0, name="b")
    model, optimizer = tg.Graph(w + b), tg.SGD([w, b], lr=0.5)
    for _ in range(3):
        model.forward()
        model.backward()
        optimizer.step()
    assert (w.value, b.value) == (-0.5, 0.5)


def test_a_gradient_that_the_user_assigns_is_a_new_one():
    w = tg.Parameter([1.0], name="w")
    optimizer = tg.SGD(w, lr=0.5)
    for _ in range(2):
        w.grad = np.array([1.0])
        optimizer.step()
    assert w.value[0] == 0.0


class Counting(tg.SGD):
    """Keeps a counter of its updates, and uses it."""

    updates = 0

    def update(self, w, g, t):
        self.updates += 1
        return (w - self.lr / self.updates * g,)


def test_what_an_update_keeps_on_the_optimizer_stays_there_with_groups():
    w, b = tg.Parameter([1.0], name="w"), tg.Parameter([2.0], name="b")
    model = tg.Graph(tg.Sum(w * w + b * b))
    optimizer = Counting([w, {"parameters": b, "lr": tg.schedules.cosine(0.25, 9)}], lr=0.125)
    for _ in range(3):
        model.forward()
        model.backward()
        optimizer.step()
    assert optimizer.updates == 6
    assert (optimizer.lr, optimizer.lr_schedule) == (0.125, None)


def test_groups_train_with_fit_and_are_traced_with_their_own_numbers():
    w, b = tg.Parameter([1.0], name="w"), tg.Parameter([2.0], name="b")
    model = tg.Graph(tg.Sum(w * w + b * b))
    optimizer = tg.SGD([w, {"parameters": b, "lr": 0.25}], lr=0.125)
    steps = [step for step in model.trace(optimizer) if step["phase"] == "update"]
    assert [step["hyperparameters"]["lr"] for step in steps] == [0.125, 0.25]
    tg.fit(model, optimizer, epochs=1, print_interval=0)
    assert (w.value[0], b.value[0]) == (0.75, 1.0)


@pytest.mark.parametrize(
    ("group", "error", "words"),
    [
        ({"lr": 0.1}, ArgumentTypeError, "must name them"),
        ({"parameters": []}, ArgumentError, "at least one"),
        ({"parameters": [1.0]}, ArgumentTypeError, "must consist of Parameter nodes"),
        ({"parameters": [A_WEIGHT], "speed": 1}, UnknownNameError, "no hyperparameter 'speed'"),
        ({"parameters": [A_WEIGHT], "lr": -1}, ArgumentError, "above 0"),
    ],
)
def test_a_wrong_group_is_explained(group, error, words):
    with pytest.raises(error, match=words):
        tg.SGD([group], lr=0.1)
