"""``engine="auto"`` takes the engine that is fastest over the whole run, from the sizes alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.cost import Cost, cost_of, is_worth_numba, numba_compile_seconds
from tinygraph.compile.program import Program
from tinygraph.train.batches import Batches
from tinygraph.train.engines import Compiled, make_engine


@pytest.fixture(autouse=True)
def no_machine_code(monkeypatch, tmp_path):
    """Only the choice is tested: Python runs the loops of the numba target."""
    program = pytest.importorskip("tinygraph.compile.targets.numba.program")
    machine_code = pytest.importorskip("tinygraph.compile.targets.numba.machine_code")
    monkeypatch.setenv("TINYGRAPH_CACHE", str(tmp_path))
    monkeypatch.setattr(
        program, "compile_source", lambda source: machine_code.module_of(source).run
    )


def network(sizes):
    rng = np.random.default_rng(0)
    h = tg.Input("x", shape=(None, sizes[0]))
    for k, (m, n) in enumerate(pairwise(sizes)):
        W = tg.Parameter(rng.normal(size=(m, n)), name=f"W{k}")
        h = tg.Sigmoid(tg.AddBias(tg.MatMul(h, W), tg.Parameter(np.zeros(n), name=f"b{k}")))
    return tg.Graph(tg.MSE(h, tg.Input("t", shape=(None, sizes[-1]))))


@pytest.mark.parametrize(
    ("sizes", "samples", "batch_size", "epochs", "chosen"),
    [
        ([2, 4, 4, 1], 100, None, 50, "interpreted"),
        ([2, 4, 4, 1], 100, None, 2_000, "numpy"),
        ([2, 4, 4, 1], 100, None, 2_000_000, "numba"),
        ([2, 4, 4, 1], 96, 16, 200_000, "numba"),
        ([2, 4, 4, 1], 100, 16, 15, "interpreted"),
        ([2, 4, 4, 1], 96, 16, 15, "numpy"),
        ([64, 32, 10], 64, None, 1_000_000, "numpy"),
        ([64, 64, 64, 10], 640, 64, 100_000, "numpy"),
    ],
)
def test_the_sizes_decide(sizes, samples, batch_size, epochs, chosen):
    model = network(sizes)
    opt = tg.Adam(model.parameters, lr=0.01)
    feeds = {"x": np.ones((samples, sizes[0])), "t": np.zeros((samples, sizes[-1]))}
    batches = Batches(model, feeds, batch_size, 0, opt)
    assert make_engine("auto", model, opt, batches, epochs).name == chosen


def test_an_engine_that_numba_cannot_run_is_the_numpy_engine():
    x = tg.Input("x", shape=(None, 3))
    model = tg.Graph(tg.Sum(tg.Concatenate(x, x * tg.Parameter(np.ones(3), name="w"))))
    opt = tg.SGD(model.parameters)
    engine = Compiled(model, opt, Batches(model, {"x": np.ones((4, 3))}, None, 0, opt), "numba")
    assert engine.name == "numpy"
    program = Program(model, opt, "numba")
    assert "The numpy target runs this graph, not numba" in program.report()


def test_costs_grow_with_sizes():
    def cost(width):
        model = network([width, width, 1])
        program = Program(model, tg.SGD(model.parameters), "numpy")
        return program.prepare({"x": np.ones((50, width)), "t": np.zeros((50, 1))}).cost

    small, large = cost(4), cost(64)
    assert small.calls == large.calls > 10
    assert large.products > 100 * small.products
    assert small.exponentials == 50 * 5
    assert cost_of([]) == Cost(0, 0, 0, 0, 0)


def test_a_long_compile_is_not_worth_a_short_run():
    cost = Cost(calls=40, elements=5_000, exponentials=500, tangents=0, products=5_000)
    assert is_worth_numba(cost, 10**6, 2.0)
    assert not is_worth_numba(cost, 10**5, 2.0)
    assert not is_worth_numba(cost._replace(products=10**7), 10**9, 2.0)
    assert numba_compile_seconds("line\n" * 400) > 5
