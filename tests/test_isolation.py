"""Nothing is shared: between graphs, threads and processes; and nothing global is left changed."""

import multiprocessing
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import tinygraph as tg

X, T = tg.data.xor()


def losses_of(seed, epochs=60, engine="interpreted"):
    model = tg.lab2.model(rng=seed)
    opt = tg.Adam(model.parameters, lr=0.1)
    history = tg.fit(model, opt, x=X, t=T, epochs=epochs, print_interval=0, engine=engine)
    return history.loss.tolist()


def test_two_graphs_of_the_same_ops_do_not_touch_each_other():
    first, second = tg.lab2.model(rng=0), tg.lab2.model(rng=0)
    first.forward(x=X, t=T)
    first.backward()
    assert second["loss"].value is None
    assert all(p.grad is None for p in second.parameters)
    second.forward(x=X, t=T)
    tg.SGD(first.parameters, lr=1.0).step()
    assert not np.array_equal(first["layer1/W"].value, second["layer1/W"].value)


def test_a_start_value_is_nobody_elses_array():
    start = np.ones(3)
    parameter = tg.Parameter(start)
    start[:] = 7
    np.testing.assert_array_equal(parameter.value, np.ones(3))


@pytest.mark.parametrize("engine", ["interpreted", "numpy"])
def test_threads_give_what_one_after_the_other_gives(engine):
    expected = [losses_of(seed, engine=engine) for seed in range(4)]
    got = [None] * 4
    start = threading.Barrier(4)

    def work(seed):
        start.wait()
        got[seed] = losses_of(seed, engine=engine)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == expected


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_give_what_this_one_gives(method):
    expected = [losses_of(seed) for seed in range(2)]
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map_async(losses_of, range(2)).get(timeout=120) == expected


@pytest.mark.parametrize("engine", ["interpreted", "numpy", "auto"])
def test_the_same_seed_gives_the_same_run(engine):
    assert losses_of(5, engine=engine) == losses_of(5, engine=engine)
    assert losses_of(5, engine=engine) != losses_of(6, engine=engine)


def test_the_same_seed_gives_the_same_run_in_another_process():
    code = (
        "import tinygraph as tg; x, t = tg.data.linear(30, rng=1); m = tg.lab2.model(rng=2);"
        "h = tg.fit(m, tg.Adam(m.parameters), x=x, t=t, epochs=40, print_interval=0,"
        " engine='interpreted'); print(h.loss[-1].hex(), [n.name for n in m.nodes])"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
        ).stdout
        for seed in (1, 2)
    }
    assert len(runs) == 1


def everything_once(tmp_path):
    model = tg.lab2.model(rng=0)
    opt = tg.Adam(model.parameters, lr=0.1)
    history = tg.fit(model, opt, x=X, t=T, epochs=3, print_interval=0)
    tg.gradcheck(model, x=X, t=T)
    tg.testing.check_op(tg.ReLU)
    tg.save(tmp_path / "run.npz", model, opt, history)
    tg.load(tmp_path / "run.npz", model, opt)
    tg.compile(model, opt)
    model.trace(x=X, t=T)
    tg.derive(model, "layer1/W")
    tg.diagnose(model)
    assert tg.render(model, gradients=True).svg
    with np.errstate(all="ignore"), pytest.raises(tg.TinygraphError):
        tg.fit(model, opt, x=X * np.nan, t=T, epochs=2, print_interval=0)


def test_warnings_numpy_and_random_state_are_left_as_found(tmp_path):
    np.random.seed(3)
    state = np.random.get_state()[1].copy()
    environment = dict(os.environ)
    strict = np.errstate(over="raise", under="ignore", divide="print", invalid="call")
    with strict, warnings.catch_warnings():
        warnings.simplefilter("default", BytesWarning)
        filters = list(warnings.filters)
        errors = np.geterr()
        everything_once(tmp_path)
        assert warnings.filters == filters
        assert np.geterr() == errors
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert dict(os.environ) == environment
    assert np.get_printoptions()["precision"] == 8


HOSTILE = [
    "__import__('os').system('touch pwned')",
    "x'); open('pwned', 'w').close(); ('",
    'x\n    open("pwned", "w").close()\n#',
    '"""\nopen("pwned", "w").close()\n"""',
    "<script>alert(1)</script>",
    "../../pwned",
    "\\N{BULLET}{0}%s$(touch pwned)`touch pwned`",
    "lambda",
    "np",
    "é\u202e‮",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_name_and_never_code(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter(np.ones((2, 1)), name=name)
    model = tg.Graph(tg.Sum(tg.Sigmoid(tg.MatMul(x, W), name=f"{name}/h")))
    opt = tg.SGD(model.parameters, lr=0.1)
    data = np.ones((3, 2))
    program = tg.compile(model, opt)
    program.run(2, x=data)
    history = tg.fit(model, opt, x=data, epochs=2, print_interval=0, engine="numpy")
    compile(program.source, "source", "exec")
    tg.save("run.npz", model, opt, history)
    tg.load("run.npz", model, opt)
    model.forward(x=data)
    model.backward()
    picture = tg.render(model, gradients=True).svg
    assert "<script>" not in picture
    report = tg.gradcheck(model, x=data)
    assert report.ok
    assert "<script>" not in report._repr_html_()
    model.trace(x=data)
    tg.derive(model, name)
    assert {path.name for path in tmp_path.iterdir()} == {"run.npz"}
    assert not (tmp_path.parent.parent / "pwned").exists()
