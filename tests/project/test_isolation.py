"""Nothing is shared: between graphs, threads and processes; and nothing global is left changed."""

import json
import locale
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections import Counter
from contextlib import suppress
from functools import partial
from html.parser import HTMLParser
from importlib.util import find_spec

import matplotlib as mpl
import numpy as np
import pytest

import tinygraph as tg
from tinygraph.cli import main

ENGINES = ["interpreted", "numpy", *(["numba"] if find_spec("numba") else [])]
X, T = tg.data.xor()


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


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


@pytest.mark.parametrize("engine", ENGINES)
def test_two_graphs_trained_in_turns_give_what_each_gives_alone(engine):
    expected = [losses_of(seed, engine=engine) for seed in range(2)]
    models = [tg.lab2.model(rng=seed) for seed in range(2)]
    optimizers = [tg.Adam(model.parameters, lr=0.1) for model in models]
    histories = [None, None]
    for _ in range(6):
        for k in range(2):
            histories[k] = tg.fit(
                models[k], optimizers[k], x=X, t=T, epochs=10, print_interval=0,
                engine=engine, history=histories[k],
            )  # fmt: skip
    assert [history.loss.tolist() for history in histories] == expected


def test_a_start_value_is_nobody_elses_array():
    start = np.ones(3)
    parameter = tg.Parameter(start)
    start[:] = 7
    np.testing.assert_array_equal(parameter.value, np.ones(3))


@pytest.mark.parametrize("engine", ENGINES)
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
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes_give_what_this_one_gives(method, engine):
    if engine == "numba" and method == "forkserver":
        pytest.skip("the same as spawn, and loading numba again takes seconds")
    expected = [losses_of(seed, engine=engine) for seed in range(2)]
    work = partial(losses_of, engine=engine)
    with multiprocessing.get_context(method).Pool(1) as pool:
        assert pool.map_async(work, range(2)).get(timeout=120) == expected


@pytest.mark.parametrize("engine", [*ENGINES, "auto"])
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


class Fails(tg.Op):
    """What goes wrong, and where: a failing forward, a failing backward, Ctrl-C in either."""

    error: type[BaseException] = ValueError
    phase = "forward"

    def forward(self, x):
        if self.phase == "forward":
            raise self.error
        return 2 * x

    def backward(self, g, y, x):
        raise self.error


def failing(error, phase):
    return tg.Graph(tg.Sum(Fails(tg.Parameter([1.0], name="w"), error=error, phase=phase)))


def lab2_trained(engine="interpreted", data=X):
    model = tg.lab2.model(rng=0)
    opt = tg.Adam(model.parameters, lr=0.1)
    history = tg.fit(model, opt, x=data, t=T, epochs=3, print_interval=0, engine=engine)
    return model, opt, history


def fit_failing(*what):
    model = failing(*what)
    tg.fit(model, tg.SGD(model.parameters), epochs=2, print_interval=0, engine="interpreted")


def gradcheck_failing(*what):
    tg.gradcheck(failing(*what))


def saved_and_loaded(path):
    model, opt, history = lab2_trained()
    tg.save(path / "run.npz", model, opt, history)
    tg.load(path / "run.npz", model, opt)


def rendered(path):
    diagram = tg.render(lab2_trained()[0], gradients=True)
    diagram.save(path / "picture.svg")
    diagram.save(path / "picture.png")


def read(path):
    model = lab2_trained()[0]
    model.trace(x=X, t=T)
    tg.derive(model, "layer1/W")._repr_html_()
    tg.diagnose(model)._repr_html_()
    tg.gradcheck(model, x=X, t=T)._repr_html_()
    tg.step_through(model, x=X, t=T).save(path / "step.html")


PUBLIC = {
    **{f"fit by {engine}": lambda path, engine=engine: lab2_trained(engine) for engine in ENGINES},
    **{
        f"NaN by {engine}": lambda path, engine=engine: lab2_trained(engine, X * np.nan)
        for engine in ENGINES
    },
    **{
        f"{use.__name__}: {error.__name__} in {phase}": (
            lambda path, use=use, error=error, phase=phase: use(error, phase)
        )
        for use in (fit_failing, gradcheck_failing)
        for error in (ValueError, KeyboardInterrupt)
        for phase in ("forward", "backward")
    },
    "compile": lambda path: tg.compile(tg.lab2.model()).source,
    "compile what fails": lambda path: tg.compile(failing(ValueError, "forward")),
    "check_op": lambda path: tg.testing.check_op(tg.ReLU),
    "save and load": saved_and_loaded,
    "load nothing": lambda path: tg.load(path / "none.npz", tg.lab2.model()),
    "render": rendered,
    "render as what is not": lambda path: tg.render(tg.lab2.model()).save(path / "x.zzz"),
    "read": read,
    "plot": lambda path: lab2_trained()[2].plot(),
    "command line": lambda path: main(["lab2", "--epochs", "5", "--out", str(path / "out")]),
    "command line refuses": lambda path: main(["lab2", "--lr", "-1", "--out", str(path)]),
}


def surroundings():
    """All that a call could leave changed, and that is everybody's."""
    return {
        "warnings": (list(warnings.filters), warnings.showwarning),
        "NumPy errors": (np.geterr(), np.geterrcall()),
        "print options": np.get_printoptions(),
        "random state": np.random.get_state()[1].tobytes(),
        "matplotlib": (dict(mpl.rcParams), mpl.get_backend()),
        "locale": locale.setlocale(locale.LC_ALL),
        "environment": (dict(os.environ), os.getcwd()),
        "Ctrl-C": signal.getsignal(signal.SIGINT),
        "interpreter": (sys.excepthook, sys.displayhook, sys.getrecursionlimit(), sys.path[:]),
        "threads": threading.active_count(),
    }


@pytest.mark.parametrize("call", PUBLIC)
def test_everything_is_left_as_found(call, tmp_path, capsys):
    plt = pytest.importorskip("matplotlib.pyplot")
    strict = np.errstate(
        over="raise", divide="call", invalid="raise", under="ignore", call=lambda kind, flag: None
    )
    with strict, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        before = surroundings()
        with suppress(tg.TinygraphError, KeyboardInterrupt):
            PUBLIC[call](tmp_path)
        after = surroundings()
        plt.close("all")
    for what, found in before.items():
        assert after[what] == found, what


HOSTILE = [
    "__import__('os').system('touch pwned')",
    "x'); open('pwned', 'w').close(); ('",
    'x\n    open("pwned", "w").close()\n#',
    'x\r    open("pwned", "w").close()\r#',
    'x\u2028    open("pwned", "w").close()',
    '"""\nopen("pwned", "w").close()\n"""',
    '\\"); open("pwned", "w").close() #',
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "]]><script>alert(1)</script>",
    '"];}digraph{x [URL="javascript:alert(1)"',
    "../../pwned",
    "\\N{BULLET}{0}%s$(touch pwned)`touch pwned`",
    r"\input{/etc/passwd}\write18{touch pwned}\href{javascript:alert(1)}{x}",
    "lambda",
    "__class__",
    "self",
    "np",
    "/",
    "/a",
    "ｌａｍｂｄａ",
    "é\u202e‮\x00\t",
    "half a character: \ud800",
    "a" * 2_000,
]


class Tags(HTMLParser):
    """What a browser would make of a page: its tags, and whatever could run."""

    def __init__(self, page):
        super().__init__()
        self.tags = Counter()
        self.handlers = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.handlers += [
            (name, value)
            for name, value in attrs
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
        ]


def network_of(name):
    """A graph that bears a name in every place, and its feeds."""
    x = tg.Input(f"x{name}", shape=(None, 2))
    W = tg.Parameter(np.ones((2, 1)), name=name)
    of_class = name.encode(errors="ignore").decode().replace("\0", "")  # as Python asks
    named = type(of_class, (tg.Sigmoid,), {})
    h = named(tg.MatMul(x, W, name=f"{name}/z"), name=f"{name}/h")
    model = tg.Graph(tg.Sum(h * h, name=f"{name}L"))
    optimizer = type(of_class, (tg.Adam,), {})(model.parameters)
    return model, optimizer, {x.name: np.ones((3, 2))}


def pages_of(model, feeds, folder):
    model.forward(**feeds)
    model.backward()
    tg.step_through(model, **feeds).save(folder / "step.html")
    return {
        "diagram": tg.render(model, gradients=True).svg,
        "gradcheck": tg.gradcheck(model, **feeds)._repr_html_(),
        "diagnosis": tg.diagnose(model)._repr_html_(),
        "derivation": tg.derive(model, model.parameters[0].name)._repr_html_(),
        "stepper": (folder / "step.html").read_text(encoding="utf-8"),
    }


@pytest.fixture(scope="module")
def usual_pages(tmp_path_factory):
    model, _, feeds = network_of("plain")
    pages = pages_of(model, feeds, tmp_path_factory.mktemp("plain"))
    return {kind: Tags(page) for kind, page in pages.items()}


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_a_hostile_name_is_text_in_every_page(name, usual_pages, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, _, feeds = network_of(name)
    for kind, page in pages_of(model, feeds, tmp_path).items():
        seen, usual = Tags(page), usual_pages[kind]
        assert seen.handlers == usual.handlers, kind
        for tag in ("script", "img", "iframe", "object", "embed", "link", "style"):
            assert seen.tags[tag] == usual.tags[tag], (kind, tag)
    assert [path.name for path in tmp_path.iterdir()] == ["step.html"]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:30])
def test_a_hostile_name_is_never_code(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, opt, feeds = network_of(name)
    program = tg.compile(model, opt)
    program.run(2, **feeds)
    history = tg.fit(model, opt, epochs=2, print_interval=0, engine="numpy", **feeds)
    compile(program.code, "code", "exec")
    exec(compile(program.source, "source", "exec"), {})
    tg.save("run.npz", model, opt, history)
    tg.load("run.npz", model, opt)
    assert tg.gradcheck(model, **feeds).ok
    json.dumps(model.trace(**feeds))
    assert [path.name for path in tmp_path.iterdir()] == ["run.npz"]
    assert not (tmp_path.parent.parent / "pwned").exists()


@pytest.mark.skipif("numba" not in ENGINES, reason="needs numba")
def test_hostile_names_are_never_machine_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x = tg.Input(HOSTILE[0], shape=(None, 2))
    total = tg.MatMul(x, tg.Parameter(np.ones((2, 1)), name="W"), name="start")
    for name in HOSTILE[1:]:
        W = tg.Parameter(np.ones((2, 1)), name=name)
        total = tg.Add(total, tg.MatMul(x, W, name=f"{name}/z"), name=f"{name}/h")
    model = tg.Graph(tg.Sum(total, name="L"))
    program = tg.compile(model, tg.SGD(model.parameters), target="numba")
    expected = tg.compile(model, tg.SGD(model.parameters)).gradients(**{x.name: np.ones((3, 2))})
    loss, gradients = program.gradients(**{x.name: np.ones((3, 2))})
    assert loss == pytest.approx(expected[0])
    assert gradients.keys() == expected[1].keys()
    compile(program.source, "source", "exec")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["/", "/a", "//a", "a/"])
def test_a_slash_at_either_end_of_a_name_loses_no_card(name):
    h = tg.Tanh(tg.Input("x", shape=(None, 2)), name=f"{name}/h")
    dot = tg.render(tg.Sum(h * h, name=f"{name}L")).dot
    assert dot.count("label=<<table") >= 5


def test_a_warning_of_nan_points_at_the_line_of_the_user(lab2, xor):
    for run in (lab2.forward, lab2.predict):
        with pytest.warns(RuntimeWarning, match="NaN") as caught:
            run(**{**xor, "x": np.full_like(xor["x"], np.nan)})
        assert caught[0].filename == __file__
