"""Learning-rate schedules: what they return, and that every engine takes the same steps."""

from __future__ import annotations

import math
import pickle
from importlib.util import find_spec

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import schedules

ENGINES = ["interpreted", "numpy", *(["numba"] if find_spec("numba") else [])]


def test_step_cosine_and_warm_up():
    assert [schedules.step(1.0, every=2)(t) for t in range(1, 6)] == pytest.approx(
        [1, 1, 0.1, 0.1, 0.01]
    )
    cosine = schedules.cosine(0.3, steps=10, end=0.1)
    assert [cosine(1), cosine(6), cosine(11), cosine(99)] == pytest.approx([0.3, 0.2, 0.1, 0.1])
    start = schedules.warm_up(4, cosine)
    assert start(1) == pytest.approx(0.075)
    assert (start(4), start(5), start(14)) == (cosine(1), cosine(1), cosine(10))
    assert schedules.warm_up(2, 0.5)(1) == 0.25
    assert pickle.loads(pickle.dumps(start)) == start


def fitted(engine, lr, kind=tg.Adam, parts=(30,), **settings):
    model = tg.lab2.model(rng=0)
    x, t = tg.data.xor()
    optimizer = kind(model.parameters, lr=lr)
    history = None
    for epochs in parts:
        history = tg.fit(
            model,
            optimizer,
            x=x,
            t=t,
            epochs=epochs,
            engine=engine,
            print_interval=0,
            history=history,
            **settings,
        )
    return history.loss, optimizer


@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_takes_the_rate_of_each_step(engine, batch_size):
    lr = schedules.warm_up(5, schedules.cosine(0.2, steps=40))
    kinds = [tg.SGD, tg.Adam] if engine != "numba" else [tg.Adam]
    for kind in kinds:
        got = fitted(engine, lr, kind, batch_size=batch_size)[0]
        expected = fitted("interpreted", lr, kind, batch_size=batch_size)[0]
        np.testing.assert_allclose(got, expected, rtol=1e-8)
        constant = fitted("interpreted", 0.2, kind, batch_size=batch_size)[0]
        assert abs(constant[-1] - expected[-1]) > 1e-6


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_in_parts_goes_on_in_the_schedule(engine):
    lr = schedules.step(0.3, every=7, factor=0.5)
    whole, parts = fitted(engine, lr), fitted(engine, lr, parts=(11, 19))
    np.testing.assert_array_equal(whole[0], parts[0])


def test_the_rate_is_that_of_the_next_step(lab2, xor):
    optimizer = tg.SGD(lab2.parameters, lr=lambda t: 1 / t)
    assert optimizer.lr == 1.0
    for expected in (1 / 2, 1 / 3):
        before = lab2["layer1/W"].value.copy()
        lab2.forward(**xor)
        lab2.backward()
        rate = optimizer.lr
        optimizer.step()
        np.testing.assert_allclose(
            lab2["layer1/W"].value, before - rate * lab2["layer1/W"].grad, rtol=1e-15
        )
        assert optimizer.lr == expected
    optimizer.lr = 0.25
    assert optimizer.lr_schedule is None
    assert "lr=0.25" in repr(optimizer)


def test_a_state_does_not_replace_a_schedule(lab2):
    cosine = schedules.cosine(0.2, steps=10)
    optimizer = tg.Adam(lab2.parameters, lr=cosine)
    optimizer.steps = 5
    state = optimizer.state()
    assert "lr" not in state["hyperparameters"]
    again = tg.Adam(lab2.parameters, lr=cosine)
    again.load_state(state)
    assert again.lr == cosine(6)
    with pytest.raises(tg.TinygraphError, match="follows a schedule"):
        again.load_state(tg.Adam(lab2.parameters).state())
    with pytest.raises(tg.TinygraphError, match="has its lr"):
        tg.Adam(lab2.parameters).load_state(state)


def test_a_trace_shows_the_rate_of_each_step(lab2, xor):
    optimizer = tg.SGD(lab2.parameters, lr=schedules.step(0.5, every=1, factor=0.5))
    steps = lab2.trace(optimizer, 3, **xor)
    codes = [s["lines"][-1]["code"] for s in steps if s["phase"] == "update" and "b" in s["node"]]
    assert [rate in code for rate, code in zip(("0.5", "0.25", "0.125"), codes[::3])] == [True] * 3
    assert optimizer.steps == 0


def test_a_sweep_over_schedules(xor):
    def build(rng, lr):
        model = tg.lab2.model(rng=rng)
        return model, tg.SGD(model.parameters, lr=schedules.step(lr, every=5))

    found = tg.sweep(build, {"lr": [0.1, 1.0]}, seeds=20, epochs=12, **xor)
    run = found.runs[25]
    model, optimizer = build(np.random.default_rng(run.seed), **run.point)
    alone = tg.fit(model, optimizer, epochs=12, print_interval=0, engine="interpreted", **xor)
    np.testing.assert_allclose(run.losses, alone.loss, rtol=1e-8)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: schedules.step(0, every=5), "lr must be a finite number above 0"),
        (lambda: schedules.step(0.1, every=0), "every must be a whole number"),
        (lambda: schedules.cosine(0.1, steps=2.5), "steps must be a whole number"),
        (lambda: schedules.cosine(0.1, steps=5, end=-1), "end must be a finite number"),
        (lambda: schedules.warm_up(3, then="slow"), "then must be a finite number"),
        (lambda: tg.SGD(tg.Parameter(1.0), lr=lambda: 1), "for t = 1 it failed"),
        (lambda: tg.SGD(tg.Parameter(1.0), lr=lambda t: math.nan), "returned nan for step 1"),
        (lambda: tg.SGD(tg.Parameter(1.0), lr=lambda t: "fast"), "returned 'fast'"),
    ],
)
def test_odd_schedules_are_refused(make, words):
    with pytest.raises(tg.TinygraphError, match=words):
        make()


@pytest.mark.parametrize("kind", [tg.SGD, tg.Adam])
def test_a_long_gradient_is_scaled_to_the_norm(kind, lab2, xor):
    lab2.forward(**xor)
    lab2.backward()
    norm = math.sqrt(sum((p.grad**2).sum() for p in lab2.parameters))
    before = [p.value.copy() for p in lab2.parameters]
    optimizer = tg.SGD(lab2.parameters, lr=1.0, clip_norm=norm / 4)
    optimizer.step()
    for value, parameter in zip(before, lab2.parameters):
        np.testing.assert_allclose(value - parameter.value, parameter.grad / 4, rtol=1e-9)


def test_clipping_is_not_traced_and_its_norm_is_positive(lab2, xor):
    optimizer = tg.SGD(lab2.parameters, lr=1.0, clip_norm=0.01)
    with pytest.raises(tg.TinygraphError, match="without clip_norm"):
        lab2.trace(optimizer, **xor)
    with pytest.raises(tg.TinygraphError, match="clip_norm of SGD must be a finite number above 0"):
        optimizer.clip_norm = 0


def test_weight_decay_is_the_same_in_adam_and_adamw(xor):
    def run(kind, **settings):
        model = tg.lab2.model(rng=0)
        optimizer = kind(model.parameters, lr=0.1, **settings)
        tg.fit(model, optimizer, **xor, epochs=5, print_interval=0)
        return model["layer1/W"].value

    decayed = run(tg.AdamW, weight_decay=0.1)
    np.testing.assert_array_equal(run(tg.Adam, weight_decay=0.1), decayed)
    assert (np.abs(decayed) < np.abs(run(tg.Adam))).mean() > 0.5
    optimizer = tg.Adam(tg.Parameter(1.0))
    with pytest.raises(tg.TinygraphError, match="without weight decay"):
        optimizer.weight_decay = 0.1
    with pytest.raises(tg.TinygraphError, match="weight_decay of AdamW must be a finite number"):
        tg.AdamW(tg.Parameter(1.0), weight_decay=-0.1)


def test_frozen_parameters_are_skipped(xor):
    model = tg.lab2.model(rng=0)
    model["layer1/W"].trainable = False
    optimizer = tg.Adam(model.parameters)
    assert model["layer1/W"] not in optimizer.parameters
    before = model["layer1/W"].value.copy()
    tg.fit(model, optimizer, **xor, epochs=3, print_interval=0)
    np.testing.assert_array_equal(model["layer1/W"].value, before)


KINDS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]


@pytest.mark.parametrize("kind", KINDS)
def test_every_optimizer_clips_all_gradients_by_their_common_norm(kind):
    """A clipped step equals a step on gradients that were scaled by hand."""
    clipped, scaled = ([tg.Parameter(np.ones(2)), tg.Parameter(2.0)] for _ in range(2))
    first, second = kind(clipped, lr=0.1, clip_norm=1.0), kind(scaled, lr=0.1)
    for scale in (1.0, 0.02):
        grads = [scale * np.array([3.0, 0.0]), np.float64(4.0 * scale)]
        norm = 5.0 * scale
        for parameters, factor in ((clipped, 1.0), (scaled, min(1.0, 1.0 / norm))):
            for parameter, grad in zip(parameters, grads, strict=True):
                parameter.grad = grad * factor
        first.step()
        second.step()
    for one, other in zip(clipped, scaled, strict=True):
        np.testing.assert_allclose(one.value, other.value, rtol=1e-14)


@pytest.mark.parametrize(
    ("kind", "defaults"),
    [
        (tg.SGD, {"lr": 0.1}),
        (tg.Momentum, {"lr": 0.1, "beta": 0.9}),
        (tg.Nesterov, {"lr": 0.1, "beta": 0.9}),
        (tg.AdaGrad, {"lr": 0.1, "eps": 1e-8}),
        (tg.RMSProp, {"lr": 0.01, "rho": 0.9, "eps": 1e-8}),
        (tg.Adam, {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}),
        (tg.AdamW, {"lr": 0.001, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01}),
    ],
)
def test_the_defaults_are_those_of_the_papers(kind, defaults):
    optimizer = kind([tg.Parameter(1.0)])
    assert {name: getattr(optimizer, name) for name in defaults} == defaults
    assert optimizer.clip_norm is None


@pytest.mark.parametrize(("precision", "large"), [(np.float64, 1e200), (np.float32, 1e25)])
def test_an_exploding_gradient_is_clipped_although_its_square_overflows(precision, large):
    w = tg.Parameter(np.zeros(2, precision), name="w")
    optimizer = tg.SGD([w], lr=1.0, clip_norm=5.0)
    w.grad = np.array([3 * large, -4 * large], precision)
    optimizer.step()
    np.testing.assert_allclose(w.value, [-3.0, 4.0], rtol=1e-6)
    assert w.value.dtype == precision
