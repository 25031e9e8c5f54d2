"""A sweep gives the same table wherever its runs take place, and loses none to a failure."""

from __future__ import annotations

import itertools
import json
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg


def processes() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


GRID = {"lr": [0.02, 0.2]}


def build(rng, lr):
    model = tg.lab2.model(rng=rng)
    return model, tg.Adam(model.parameters, lr=lr)


def build_by_hidden(rng, hidden, lr=0.1):
    model = tg.lab2.model(hidden=hidden, rng=rng)
    return model, tg.SGD(model.parameters, lr=lr)


def build_that_diverges(rng, lr):
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    w = tg.Parameter(rng.normal(size=(2, 1)), name="w")
    y = tg.MatMul(x, w)
    model = tg.Graph(tg.MSE(y, t), prediction=y)
    return model, tg.SGD(model.parameters, lr=lr)


class Victim:
    """Kills its own process the first time it is asked for one of the runs."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __call__(self, rng, lr):
        path = Path(self.marker)
        if lr == 0.2 and not path.exists():
            path.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return build(rng, lr)


@pytest.fixture
def feeds():
    x, t = tg.data.xor()
    return {"x": x, "t": t}


def assert_same(one, other):
    assert one.rows() == other.rows()
    np.testing.assert_array_equal(one.losses, other.losses)


def test_a_run_is_what_fit_does(feeds):
    result = tg.sweep(build, GRID, seeds=[3, 5], epochs=200, **feeds)
    assert [(run.point["lr"], run.seed) for run in result] == [
        (0.02, 3), (0.02, 5), (0.2, 3), (0.2, 5),
    ]  # fmt: skip
    model, optimizer = build(np.random.default_rng(5), lr=0.2)
    history = tg.fit(model, optimizer, epochs=200, print_interval=0, **feeds)
    (run,) = result.where(lr=0.2, seed=5)
    np.testing.assert_allclose(run.losses, history.loss, rtol=1e-8)
    assert run.loss == pytest.approx(history.loss[-1], rel=1e-8)


def test_seeds_can_be_any_iterable(feeds):
    result = tg.sweep(build, GRID, seeds=(seed for seed in (3, 5)), epochs=1, **feeds)
    assert [run.seed for run in result] == [3, 5, 3, 5]


def test_the_same_table_whatever_the_executor(feeds):
    settings = {"seeds": 2, "epochs": 150, **feeds}
    here = tg.sweep(build, GRID, **settings)
    with ThreadPoolExecutor(2) as pool:
        assert_same(tg.sweep(build, GRID, executor=pool, **settings), here)
    with processes() as pool:
        assert_same(tg.sweep(build, GRID, executor=pool, **settings), here)


def test_many_models_share_a_program(feeds):
    grid = {"lr": list(np.linspace(0.01, 0.1, 8))}
    together = tg.sweep(build, grid, seeds=8, epochs=120, **feeds)
    assert together.losses.shape == (64, 120)
    for run in list(together)[::21]:
        (alone,) = tg.sweep(
            build,
            {"lr": [run.point["lr"]]},
            seeds=[run.seed],
            epochs=120,
            engine="interpreted",
            **feeds,
        )
        np.testing.assert_allclose(run.losses, alone.losses, rtol=1e-9)
        assert (run.solved_at, run.accuracy, run.stopped) == (
            alone.solved_at, alone.accuracy, alone.stopped,
        )  # fmt: skip


def test_a_cluster_of_dask(feeds):
    distributed = pytest.importorskip("distributed")
    here = tg.sweep(build, GRID, seeds=2, epochs=50, **feeds)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert_same(
            tg.sweep(build, GRID, seeds=2, epochs=50, executor=client.get_executor(), **feeds), here
        )


def test_different_architectures(feeds):
    result = tg.sweep(build_by_hidden, {"hidden": [2, 3]}, seeds=2, epochs=120, **feeds)
    assert result.losses.shape == (4, 120)
    assert [row["hidden"] for row in result.summary()] == [2, 3]


def test_diverging_runs_are_counted(feeds):
    result = tg.sweep(build_that_diverges, {"lr": [0.1, 1e200]}, seeds=2, epochs=150, **feeds)
    assert [row["diverged"] for row in result.summary()] == [0, 2]
    (run, _) = result.where(lr=1e200)
    assert run.stopped == "non-finite"
    assert np.isnan(run.loss)
    assert "diverged" in result.table()


def test_a_diverging_run_is_the_same_by_every_engine(feeds):
    grid, settings = {"lr": [0.1, 3.0]}, {"seeds": 20, "epochs": 1_000, **feeds}
    ways = [
        tg.sweep(build_that_diverges, grid, engine=engine, **settings)
        for engine in ("interpreted", "numpy")
    ]
    first, second = ([(r.stopped, r.accuracy, r.solved_at) for r in way.runs] for way in ways)
    assert first == second
    assert {stopped for stopped, _, _ in first} == {"finished", "non-finite"}


def test_a_killed_worker_loses_its_own_task_alone(feeds, tmp_path):
    settings = {"seeds": 2, "epochs": 50, **feeds}
    victim = Victim(str(tmp_path / "was here"))
    result = tg.sweep(victim, GRID, executor=processes, **settings)
    assert (tmp_path / "was here").exists()
    assert_same(result, tg.sweep(build, GRID, **settings))


def test_a_failing_run_leaves_the_others(feeds):
    tries = []

    def fails(rng, lr):
        if lr == 0.02:
            tries.append(lr)
            raise RuntimeError("out of luck")
        return build(rng, lr)

    result = tg.sweep(fails, GRID, seeds=1, epochs=50, **feeds)
    assert len(tries) == 3
    assert [run.stopped for run in result] == ["failed", "finished"]
    assert "out of luck" in result.runs[0].error
    assert ["out of luck" in row["error"] for row in result.rows()] == [True, False]
    assert [row["failed"] for row in result.summary()] == [1, 0]
    assert "failed" in result.table()
    assert "failed" not in result.where(lr=0.2).table()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"grid": {"Lr": [0.1, 0.2]}}, "with Lr=0.1, seed=0: TypeError.*'Lr'"),
        ({"build": lambda rng, lr: 1 / 0}, "with lr=0.02, seed=0: ZeroDivisionError"),
        ({"build": lambda rng, lr: None}, "build must return a model and its optimizer.*got None"),
        ({"t": np.zeros(4)}, "ShapeError.*'t' has the shape"),
    ],
)
def test_a_sweep_of_which_every_run_failed_says_so(feeds, tmp_path, settings, words):
    path = tmp_path / "sweep.jsonl"
    tried = {"build": build, "grid": GRID, "seeds": 2, "epochs": 2, **feeds, **settings}
    for _ in range(2):
        with pytest.raises(
            tg.TinygraphError, match=f"(?s)All 4 runs of this sweep failed.*{words}"
        ):
            tg.sweep(save=path, **tried)
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_a_sweep_of_no_points_is_empty(feeds):
    assert len(tg.sweep(build, {"lr": []}, seeds=1, epochs=1, **feeds)) == 0


def test_what_failed_everywhere_is_tried_again_from_the_same_file(feeds, tmp_path):
    luck = []

    def fails_at_first(rng, lr):
        if not luck:
            raise RuntimeError("out of luck")
        return build(rng, lr)

    settings = {"seeds": 1, "epochs": 2, "save": tmp_path / "sweep.jsonl", **feeds}
    with pytest.raises(tg.TinygraphError, match="All 2 runs"):
        tg.sweep(fails_at_first, GRID, **settings)
    luck.append("now")
    assert {run.stopped for run in tg.sweep(fails_at_first, GRID, **settings)} == {"finished"}


def test_an_interrupted_sweep_resumes(feeds, tmp_path):
    path = tmp_path / "folder" / "sweep.jsonl"
    built = []

    def counted(rng, lr):
        if len(built) == 3:
            built.append("interrupted")
            raise KeyboardInterrupt
        built.append(lr)
        return build(rng, lr)

    settings = {"seeds": 3, "epochs": 50, "save": path, **feeds}
    with pytest.raises(KeyboardInterrupt):
        tg.sweep(counted, GRID, **settings)
    assert len(path.read_text().splitlines()) == 4
    path.write_text(path.read_text() + '{"key": "cut of')
    result = tg.sweep(counted, GRID, **settings)
    assert len(built) == 4 + 3
    assert_same(result, tg.sweep(build, GRID, seeds=3, epochs=50, **feeds))
    assert_same(tg.sweep(counted, GRID, **settings), result)
    assert len(built) == 4 + 3
    with pytest.raises(tg.TinygraphError, match="another sweep"):
        tg.sweep(counted, GRID, **{**settings, "epochs": 51})


def test_errors_are_lessons(feeds):
    for match, wrong in (
        ("list of values", {"grid": {"lr": 0.1}}),
        ("list of values", {"grid": [0.1]}),
        ("epochs must be at least 1", {"epochs": 0}),
        ("non-negative integers", {"seeds": 0}),
        ("seeds", {"seeds": 1.5}),
        ('Did you mean "numpy"', {"engine": "nunpy"}),
        ("must not be a setting of the grid", {"grid": {"seed": [1]}}),
    ):
        with pytest.raises(tg.TinygraphError, match=match):
            tg.sweep(build, **{"grid": GRID, "seeds": 1, "epochs": 1, **wrong}, **feeds)
    with pytest.raises(tg.TinygraphError, match="no 'lrr'"):
        tg.sweep(build, GRID, seeds=1, epochs=1, **feeds).where(lrr=1)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"build": 5}, "build must be a function"),
        ({"grid": {5: [1]}}, "must be arguments of build; got 5"),
        ({"grid": {"lr": itertools.count()}}, "at most 1,000,000 values"),
        ({"grid": {name: range(2000) for name in "abc"}}, "at most 1,000,000 points"),
        ({"seeds": itertools.count()}, "at most 1,000,000 values"),
        ({"seeds": 10**18}, "at most 1,000,000 values"),
        ({"seeds": [-1]}, "non-negative"),
        ({"executor": 5}, "executor must be a concurrent.futures.Executor"),
        ({"executor": lambda: 5}, "executor must be a concurrent.futures.Executor"),
        ({"executor": lambda: 1 / 0}, "failed: ZeroDivisionError"),
    ],
)
def test_odd_settings_are_refused_before_anything_runs(settings, words, feeds):
    sound = {"build": build, "grid": {"lr": [0.1]}, "seeds": 1, "epochs": 1}
    with pytest.raises(tg.TinygraphError, match=words):
        tg.sweep(**{**sound, **settings}, **feeds)


def test_values_of_a_grid_may_be_arrays():
    runs = [tg.Run({"W": np.full(2, k)}, seed=0, losses=[0.5]) for k in (1, 2, 2)]
    result = tg.Sweep(runs)
    assert repr(result) == "<Sweep of 3 runs at 2 points>"
    assert len(result.where(W=np.full(2, 2))) == 2
    assert [row["seeds"] for row in result.summary()] == [1, 2]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("point", 5),
        ("seed", 1.5),
        ("losses", [[0.5]]),
        ("losses", "cat"),
        ("accuracy", "all"),
        ("solved_at", 0.5),
        ("stopped", None),
        ("seconds", True),
        ("error", 1),
    ],
)
def test_a_run_made_by_hand_of_odd_parts(field, value):
    with pytest.raises(tg.TinygraphError, match=f"{field} of a Run"):
        tg.Run(**{"point": {}, "seed": 0, "losses": [0.5], field: value})


@pytest.mark.parametrize("runs", [5, [5], None])
def test_a_sweep_made_by_hand_of_no_runs(runs):
    with pytest.raises(tg.TinygraphError, match="The runs of a Sweep must be a list of Run"):
        tg.Sweep(runs)


def test_a_line_of_the_file_that_was_changed_is_run_again(feeds, tmp_path):
    path = tmp_path / "sweep.jsonl"
    settings = {"seeds": 2, "epochs": 2, "save": path, **feeds}
    whole = tg.sweep(build, {"lr": [0.1]}, **settings)
    header, first, _, end = path.read_text(encoding="utf-8").split("\n")
    odd = json.dumps({**json.loads(first), "seconds": "soon"})
    path.write_text("\n".join([header, odd, "[1]", "5", end]), encoding="utf-8")
    again = tg.sweep(build, {"lr": [0.1]}, **settings)
    assert np.array_equal(again.losses, whole.losses)


def test_a_file_of_other_bytes_is_refused(feeds, tmp_path):
    path = tmp_path / "sweep.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(tg.TinygraphError, match="as the file of a sweep"):
        tg.sweep(build, {"lr": [0.1]}, seeds=1, epochs=1, save=path, **feeds)


def test_a_run_of_a_setting_that_cannot_be_printed_prints_itself():
    class Odd:
        def __repr__(self):
            raise RuntimeError("no repr")

    run = tg.Run({"lr": Odd()}, seed=0, losses=[0.5])
    assert repr(run).endswith("seed 0, 1 epochs, last loss 0.5, finished>")


def test_a_sweep_in_mini_batches_equals_fit(feeds, tmp_path):
    settings = {"epochs": 4, "batch_size": 32}
    swept = tg.sweep(build, {"lr": [0.02]}, seeds=2, save=tmp_path / "runs", **settings, **feeds)
    for seed in range(2):
        model, optimizer = build(np.random.default_rng(seed), 0.02)
        history = tg.fit(model, optimizer, rng=seed, print_interval=0, **settings, **feeds)
        np.testing.assert_allclose(swept.where(seed=seed).losses[0], history.loss, rtol=1e-9)
    with pytest.raises(tg.errors.ArgumentError, match="belongs to another sweep"):
        tg.sweep(build, {"lr": [0.02]}, seeds=2, save=tmp_path / "runs", epochs=4, **feeds)
    with pytest.raises(tg.errors.ArgumentError, match="batch_size"):
        tg.sweep(build, {"lr": [0.02]}, seeds=2, epochs=4, batch_size=0, **feeds)
