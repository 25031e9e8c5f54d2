"""Every engine runs the same training, prints the same lines and stops for the same reasons."""

from __future__ import annotations

import signal
from importlib.util import find_spec

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import NonFiniteError

COMPILED = ["numpy", *(["numba"] if find_spec("numba") else [])]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def fitted(engine, epochs=300, optimizer=tg.Adam, data=None, **settings):
    model = tg.lab2.model(rng=0)
    X, T = tg.data.xor() if data is None else data
    history = tg.fit(
        model,
        optimizer(model.parameters, lr=0.05),
        x=X,
        t=T,
        epochs=epochs,
        engine=engine,
        **{"print_interval": 0, **settings},
    )
    return model, history


def assert_same_run(one, other):
    np.testing.assert_allclose(one[1].loss, other[1].loss, rtol=1e-9)
    for a, b in zip(one[0].parameters, other[0].parameters):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("engine", COMPILED)
def test_the_same_losses_and_lines(engine, capsys):
    run = fitted(engine, print_interval=100)
    lines = capsys.readouterr().out
    expected = fitted("interpreted", print_interval=100)
    assert lines == capsys.readouterr().out != ""
    assert run[1].engine == engine
    assert_same_run(run, expected)


@pytest.mark.parametrize(
    ("engine", "batch_size"),
    [
        (engine, size)
        for engine in COMPILED
        for size in (1, 5, 7, 21, 50)
        if engine == "numpy" or size == 7
    ],
)
def test_mini_batches(engine, batch_size):
    settings = {"epochs": 20, "batch_size": batch_size, "optimizer": tg.Momentum}
    assert_same_run(
        fitted(engine, rng=np.random.default_rng(3), **settings),
        fitted("interpreted", rng=np.random.default_rng(3), **settings),
    )


def test_mini_batches_are_shuffled_and_cover_the_data():
    class Sees(tg.Op):
        seen = ()

        def forward(self, x):
            type(self).seen += tuple(x[:, 0])
            return x

        def backward(self, g, y, x):
            return g

    x, t = tg.Input("x", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    model = tg.Graph(tg.MSE(Sees(x) * tg.Parameter(1.0, name="w"), t))
    X = np.arange(10.0).reshape(-1, 1)
    optimizer = tg.SGD(model.parameters, lr=1e-9)
    tg.fit(
        model, optimizer, x=X, t=X, epochs=2, batch_size=4, print_interval=0, engine="interpreted"
    )
    first, second = Sees.seen[:10], Sees.seen[10:20]
    assert sorted(first) == sorted(second) == list(X[:, 0])
    assert first != second
    assert optimizer.steps == 6


@pytest.mark.parametrize("engine", COMPILED)
def test_a_target_stops_it(engine):
    assert fitted(engine, epochs=5000, target_loss=0.01)[1].stopped == "target reached"


@pytest.mark.parametrize("engine", COMPILED)
@pytest.mark.parametrize("batch_size", [None, 8])
def test_a_non_finite_loss_stops_it(engine, batch_size):
    def run(engine):
        x, t = tg.Input("x", shape=(None, 1)), tg.Input("t", shape=(None, 1))
        w = tg.Parameter([[1.5]], name="w")
        model = tg.Graph(tg.MSE(tg.MatMul(x, w, name="y"), t, name="loss"))
        opt = tg.Momentum(model.parameters, lr=1e30)
        X = np.linspace(1, 2, 16).reshape(-1, 1)
        with pytest.raises(NonFiniteError) as caught:
            tg.fit(
                model, opt, x=X, t=X, epochs=900, print_interval=0, engine=engine,
                batch_size=batch_size,
            )  # fmt: skip
        return caught.value, w.value, opt

    (error, value, opt), (expected, expected_value, expected_opt) = run(engine), run("interpreted")
    assert error.epoch == expected.epoch
    assert error.node.name == expected.node.name
    np.testing.assert_allclose(error.history.loss, expected.history.loss, rtol=1e-9)
    np.testing.assert_allclose(value, expected_value, rtol=1e-9)
    assert opt.steps == expected_opt.steps


@pytest.fixture
def ctrl_c():
    """Ctrl-C as at a prompt: a process in the background inherits that it is ignored."""
    found = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, found)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize("engine", COMPILED)
def test_ctrl_c_ends_it_early_and_leaves_whole_steps(engine):
    model = tg.lab2.model(rng=0)
    X, T = tg.data.xor()
    optimizer = tg.SGD(model.parameters, lr=0.05)

    def interrupt(history):
        if len(history) == 200:
            signal.raise_signal(signal.SIGINT)

    history = tg.fit(
        model,
        optimizer,
        x=X,
        t=T,
        epochs=1000,
        print_interval=0,
        engine=engine,
        callback=interrupt,
        callback_interval=100,
    )
    assert (history.stopped, len(history)) == ("interrupted", 200)
    assert optimizer.steps == 200
    expected, _ = fitted("interpreted", epochs=200, optimizer=tg.SGD)
    for a, b in zip(model.parameters, expected.parameters):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-9)


@pytest.mark.parametrize("engine", COMPILED)
def test_an_interrupted_loop_undoes_what_it_was_in_the_middle_of(engine, monkeypatch):
    model = tg.lab2.model(rng=0)
    X, T = tg.data.xor()
    optimizer = tg.Adam(model.parameters, lr=0.05)
    program = tg.compile(model, optimizer, target=engine)
    program.run(10, x=X, t=T)
    before = [p.value.copy() for p in model.parameters]
    compiled = program.compiled(model.feed_arrays({"x": X, "t": T}))
    run = compiled.run

    def interrupted(*args):
        run(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(compiled, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        program.run(10, x=X, t=T)
    assert optimizer.steps == 10
    for value, parameter in zip(before, model.parameters):
        np.testing.assert_array_equal(value, parameter.value)


def test_auto_weighs_the_compile_time():
    assert fitted("auto", epochs=10)[1].engine == "interpreted"
    assert fitted("auto", epochs=500)[1].engine == "numpy"


@pytest.mark.skipif("numba" not in COMPILED, reason="needs numba")
def test_auto_compiles_a_long_run_to_machine_code():
    _, history = fitted("auto", epochs=400_000, target_loss=0.2)
    assert history.engine == "numba"


def test_auto_interprets_what_cannot_be_compiled():
    A = tg.Parameter(np.ones(2), name="A")
    B = tg.Parameter(np.ones(2, np.float32), name="B")
    model = tg.Graph(tg.Sum(A * B * A))
    optimizer = tg.SGD(model.parameters)
    history = tg.fit(model, optimizer, epochs=200, print_interval=0)
    assert history.engine == "interpreted"
    with pytest.raises(tg.TinygraphError, match="more than one precision"):
        tg.fit(model, optimizer, epochs=1, engine="numpy")


def test_bad_batch_sizes_are_refused(lab2, xor):
    for wrong in (0, 2.5, "all"):
        with pytest.raises(tg.TinygraphError, match="batch_size"):
            tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=1, batch_size=wrong)


@pytest.mark.parametrize(
    "build",
    [
        lambda w: 1 / (w * w + 1),  # the gradient is made of the loss, in its place
        lambda w: tg.Identity(w),  # the loss is the parameter that the step moves
        lambda w: tg.Sum(w),
        lambda w: tg.Mean(tg.Constant([1.0, 2.0, 4.0]) * w),  # a gradient of shape ()
    ],
)
@pytest.mark.parametrize("engine", COMPILED)
def test_the_loss_is_the_one_before_the_step(engine, build):
    losses, ends = [], []
    for name in ("interpreted", engine):
        w = tg.Parameter(0.7, name="w")
        history = tg.fit(tg.Graph(build(w)), tg.SGD(w), epochs=5, print_interval=0, engine=name)
        losses.append(history.loss)
        ends.append(w.value)
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-12)


class Watches:
    """What a callback reads, at each call: losses, values, gradients and parameters."""

    def __init__(self, model):
        self.model, self.seen = model, []

    def __call__(self, history):
        nodes = [*self.model.parameters, self.model["layer1/h"], self.model.output]
        self.seen.append(
            [history.loss[-1]]
            + [np.array(node.value) for node in nodes]
            + [np.array(node.grad) for node in nodes]
        )


@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("engine", COMPILED)
@pytest.mark.parametrize("interval", [1, 7])
def test_a_callback_reads_the_numbers_of_its_epoch(engine, batch_size, interval):
    def watched(engine):
        model = tg.lab2.model(rng=0)
        x, t = tg.data.xor()
        model.forward(x=x, t=t)
        model.backward()
        watches = Watches(model)
        optimizer = tg.Adam(model.parameters, lr=0.1)
        tg.fit(
            model,
            optimizer,
            x=x,
            t=t,
            epochs=15,
            batch_size=batch_size,
            callback=watches,
            callback_interval=interval,
            print_interval=0,
            engine=engine,
        )
        return watches.seen

    for got, expected in zip(watched(engine), watched("interpreted"), strict=True):
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("engine", ["interpreted", *COMPILED])
@pytest.mark.parametrize("batch_size", [None, 8])
@pytest.mark.parametrize("parts", [[20, 20], [1] * 40, [3, 30, 7]])
def test_a_run_in_parts_is_the_run_in_one_part_bit_by_bit(engine, batch_size, parts):
    def losses(parts, keeps_history):
        model = tg.lab2.model(rng=0)
        x, t = tg.data.xor()
        optimizer = tg.Adam(model.parameters, lr=0.05)
        history, found = None, []
        for epochs in parts:
            history = tg.fit(
                model,
                optimizer,
                x=x,
                t=t,
                epochs=epochs,
                batch_size=batch_size,
                rng=5,
                engine=engine,
                print_interval=0,
                history=history if keeps_history else None,
            )
            found.extend(history.loss[-epochs:])
        return found

    whole = losses([40], True)
    assert losses(parts, True) == whole
    assert losses(parts, False) == whole


def test_a_new_optimizer_goes_on_shuffling(xor):
    model = tg.lab2.model(rng=0)
    orders = []
    history = None
    for _ in range(2):
        optimizer = tg.SGD(model.parameters, lr=1e-12)  # the losses tell the batches apart
        settings = {"epochs": 3, "batch_size": 4, "print_interval": 0, "history": history}
        history = tg.fit(
            model,
            optimizer,
            **xor,
            **settings,
            callback_interval=1,
            callback=lambda h: orders.append(model["x"].value.tobytes()),
        )
    assert len(set(orders)) == 6
