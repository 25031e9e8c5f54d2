"""Parameter groups and ``clip_norm`` in compiled programs: the numbers of the interpreter."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.copies import WORTH_STACKING, SideBySide
from tinygraph.errors import ArgumentError, CompileError

TARGETS = [
    "numpy",
    pytest.param(
        "numba",
        marks=pytest.mark.skipif(not importlib.util.find_spec("numba"), reason="needs numba"),
    ),
]
X, T = tg.data.xor()


@pytest.fixture(autouse=True)
def _loops_in_python(request, monkeypatch):
    """Let Python run the loops of the numba target, which takes no compile time."""
    if "machine_code" in request.node.name or not importlib.util.find_spec("numba"):
        return
    program = importlib.import_module("tinygraph.compile.targets.numba.program")
    machine_code = importlib.import_module("tinygraph.compile.targets.numba.machine_code")
    monkeypatch.setattr(program, "compile_source", lambda s: machine_code.module_of(s).run)


def biases_apart(model, **own):
    """Return the weights of a model, and a group with its biases."""
    biases = [p for p in model.parameters if p.name.endswith("b")]
    return [*[p for p in model.parameters if p not in biases], {"parameters": biases, **own}]


def trained(model, optimizer, engine, **settings):
    tg.fit(model, optimizer, x=X, t=T, print_interval=0, engine=engine, **settings)
    return np.concatenate([np.ravel(parameter.value) for parameter in model.parameters])


def both(engine, make, **settings):
    """Return the parameters that the interpreter and another engine give."""
    results = []
    for name in ("interpreted", engine):
        model = tg.lab2.model(activation="tanh", rng=0)
        results.append(trained(model, make(model), name, **settings))
    return results


@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("clip_norm", [None, 0.01])
@pytest.mark.parametrize(
    ("kind", "own"),
    [
        (tg.SGD, {"lr": 0.01}),
        (tg.Momentum, {"lr": tg.schedules.cosine(0.1, 500), "beta": 0.5}),
        (tg.AdamW, {"weight_decay": 0.0}),
    ],
)
@pytest.mark.parametrize("engine", TARGETS)
def test_engines_agree(engine, kind, own, clip_norm, batch_size):
    def make(model):
        return kind(biases_apart(model, **own), lr=0.1, clip_norm=clip_norm)

    expected, found = both(engine, make, epochs=30, batch_size=batch_size)
    # AdamW divides by the gradient: it amplifies rounding near a minimum.
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-12)


@pytest.mark.skipif(not importlib.util.find_spec("numba"), reason="needs numba")
def test_machine_code_agrees():
    def make(model):
        return tg.Momentum(biases_apart(model, lr=0.01), lr=0.1, clip_norm=0.01)

    expected, found = both("numba", make, epochs=100)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("engine", TARGETS)
def test_clipping_changes_a_compiled_run(engine):
    runs = [
        both(engine, lambda m, c=c: tg.SGD(m.parameters, lr=0.1, clip_norm=c), epochs=90)[1]
        for c in (None, 1e-3)
    ]
    start = np.concatenate(
        [np.ravel(p.value) for p in tg.lab2.model(activation="tanh", rng=0).parameters]
    )
    far, near = (np.linalg.norm(run - start) for run in runs)
    assert near <= 90 * 0.1 * 1e-3 < far


@pytest.mark.parametrize("engine", TARGETS)
def test_numbers_of_a_group_and_clip_norm_may_change_during_a_run(engine):
    def make(model):
        optimizer = tg.Adam(biases_apart(model, lr=0.3), lr=0.1)
        bias = model["layer1/b"]

        def change(history):
            if len(history.loss) == 40:
                optimizer.groups[bias]["lr"] = 0.01
            if len(history.loss) == 60:
                optimizer.clip_norm = 1e-3
            if len(history.loss) == 80:
                optimizer.clip_norm = None
                optimizer.groups = {}

        return optimizer, change

    results = []
    for name in ("interpreted", engine):
        model = tg.lab2.model(activation="tanh", rng=0)
        optimizer, change = make(model)
        results.append(
            trained(model, optimizer, name, epochs=100, callback=change, callback_interval=20)
        )
    np.testing.assert_allclose(results[1], results[0], rtol=1e-9, atol=1e-12)


class Normalized(tg.Optimizer):
    """Steps of one length for each parameter: not elementwise."""

    def update(self, w, g, t, *memory):
        return (w - self.lr * g / (np.sqrt(np.sum(g * g)) + 1e-9),)


def test_an_update_of_whole_parameters_has_groups_and_clipping():
    def make(model):
        return Normalized(biases_apart(model, lr=0.01), lr=0.1, clip_norm=0.01)

    expected, found = both("numpy", make, epochs=90)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200, np.inf, np.nan])
def test_gradients_of_any_size_are_clipped_as_interpreted(target, size):
    found = []
    for engine in ("interpreted", target):
        w, b = tg.Parameter([3.0, 0.5], name="w"), tg.Parameter([-4.0], name="b")
        s = tg.Input("s", shape=(1,))
        model = tg.Graph(tg.Sum(s * w) + tg.Sum(s * b))
        optimizer = tg.SGD(model.parameters, lr=1.0, clip_norm=1.0)
        if engine == "interpreted":
            with np.errstate(all="ignore"):
                model.forward(s=[size])
                model.backward()
                optimizer.step()
        else:
            tg.compile(model, optimizer, target=engine).run(1, s=[size])
        found.append([*w.value, *b.value])
    np.testing.assert_allclose(found[1], found[0], rtol=1e-14)


def test_models_trained_together_have_their_own_groups_and_norms():
    def pair(k):
        model = tg.lab2.model(rng=k)
        own = biases_apart(model, lr=0.1 * (k + 1))
        return model, tg.SGD(own, lr=0.5, clip_norm=0.01 * (k + 1))

    together, alone = ([pair(k) for k in range(WORTH_STACKING)] for _ in range(2))
    SideBySide(together, {"x": X, "t": T}).run(steps=20)
    for (model, _), (expected, optimizer) in zip(together, alone):
        trained(expected, optimizer, "interpreted", epochs=20)
        for found, parameter in zip(model.parameters, expected.parameters):
            np.testing.assert_allclose(found.value, parameter.value, rtol=1e-9)


def build(rng, lr, clip_norm):
    model = tg.lab2.model(rng=rng)
    return model, tg.SGD(biases_apart(model, lr=lr), lr=0.5, clip_norm=clip_norm)


def test_a_sweep_over_optimizers_with_groups():
    grid = {"lr": [0.1, 0.2], "clip_norm": [None, 0.01]}
    runs = tg.sweep(build, grid, seeds=20, epochs=30, x=X, t=T, engine="numpy").runs
    for run in runs[::10]:
        model, optimizer = build(np.random.default_rng(run.seed), **run.point)
        history = tg.fit(
            model, optimizer, x=X, t=T, epochs=30, engine="interpreted", print_interval=0
        )
        assert run.losses == pytest.approx(history.loss, rel=1e-9)


def test_the_source_names_the_numbers_of_each_group():
    model, same = (tg.lab2.model(rng=0) for _ in range(2))
    model.forward(x=X, t=T)
    optimizer = tg.AdamW(biases_apart(model, lr=0.25), lr=0.5, clip_norm=0.01)
    source = tg.compile(model, optimizer).source
    assert "lr=0.5, " in source
    assert "lr_b1=0.25" in source
    assert "clip_norm=0.01" in source
    assert "b2 = b2 - (lr_b1 * " in source
    namespace = {}
    exec(source, namespace)
    values = {"x": X, "t": T, "step": 1}
    for parameter in model.parameters:
        name = parameter.name.replace("layer", "").replace("/", "")[::-1]
        values[name] = parameter.value
        values |= {f"{slot}_{name}": np.zeros_like(parameter.value) for slot in "mv"}
    _, found, _ = namespace["training_step"](**values)
    trained(
        same, tg.AdamW(biases_apart(same, lr=0.25), lr=0.5, clip_norm=0.01), "interpreted", epochs=1
    )
    for array, parameter in zip(found, optimizer.parameters):
        np.testing.assert_allclose(array, same[parameter.name].value, rtol=1e-12)


def test_the_playground_refuses_what_it_has_no_controls_for():
    model = tg.lab2.model(rng=0)
    for optimizer, what in [
        (tg.SGD(biases_apart(model, lr=0.01), lr=0.1), "has groups of parameters"),
        (tg.SGD(model.parameters, lr=0.1, clip_norm=1.0), "has clip_norm"),
    ]:
        with pytest.raises(ArgumentError, match=what):
            tg.playground(model, optimizer, x=X, t=T)


def test_a_group_with_a_schedule_is_refused_for_javascript():
    model = tg.lab2.model(rng=0)
    optimizer = tg.SGD(biases_apart(model, lr=tg.schedules.cosine(0.1, 5)), lr=0.1)
    with pytest.raises(CompileError, match="schedule, a Python function"):
        tg.compile(model, optimizer, target="javascript")
