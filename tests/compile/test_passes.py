"""Each pass computes the same with less; random graphs compile to the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinygraph as tg
from tinygraph.compile.ir import Operation, Value, constant, evaluate
from tinygraph.compile.passes import affine_layers, factors, joined_layers, simplification
from tinygraph.compile.passes import tidy as passes
from tinygraph.compile.passes.stacks import flatten_stacks
from tinygraph.compile.passes.step_plan import FASTER, plan_step
from tinygraph.compile.passes.update_plan import scalars_only
from tinygraph.compile.record.step import record_step
from tinygraph.compile.record.update import record_update


@pytest.fixture
def recorded():
    """The Lab 2 step, its values by node, and the block that computes loss and gradients."""
    model = tg.lab2.model(rng=0)
    x, t = tg.data.linear(20, rng=0)
    step = record_step(model, model.feed_arrays({"x": x, "t": t}))
    outputs = (step.values[model.output], *(step.gradients[p] for p in model.parameters))
    arrays = {step.values[p]: p.value for p in model.parameters}
    arrays |= dict(zip((step.values[n] for n in model.inputs), (x, t)))
    return (
        passes.Block(step.operations, outputs),
        arrays,
        [step.values[p] for p in model.parameters],
    )


def outputs_of(block, arrays):
    known = evaluate(block.operations, arrays)
    return [v.constant if v.kind == "constant" else known[v] for v in block.outputs]


def assert_same(one, other, arrays):
    for a, b in zip(outputs_of(one, arrays), outputs_of(other, arrays)):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-16)


def count(block, function):
    return sum(one.function is function for one in block.operations)


def test_fold_constants_saves_what_needs_no_data(recorded):
    block, arrays, _ = recorded
    folded = passes.fold_constants(block)
    assert len(folded.operations) == len(block.operations) - 2  # 1.0 * 2 / n
    assert_same(folded, block, arrays)


def test_share_common_computes_equal_things_once(recorded):
    block, arrays, _ = recorded
    shared = passes.share_common(block)
    assert count(block, np.subtract) - count(shared, np.subtract) == 1  # p - t
    assert_same(shared, block, arrays)


def test_drop_dead_leaves_out_the_gradient_of_the_data(recorded):
    block, arrays, _ = recorded
    alive = passes.drop_dead(block)
    assert count(block, np.matmul) - count(alive, np.matmul) == 1
    assert_same(alive, block, arrays)


def test_simplify_needs_no_bound_in_a_sigmoid(recorded):
    block, arrays, _ = recorded
    simple = passes.drop_dead(simplification.simplify(block))
    assert count(simple, np.minimum) == 0
    assert count(simple, np.reciprocal) == 3
    assert_same(simple, block, arrays)
    far = {
        value: array * 5000 if value.kind == "parameter" else array
        for value, array in arrays.items()
    }
    with np.errstate(over="ignore"):
        assert_same(simple, block, far)


def test_pull_factors_brings_them_to_the_end(recorded):
    block, arrays, _ = recorded
    tidy = passes.optimise(block, passes.TIDY)
    pulled = passes.drop_dead(passes.fold_constants(factors.pull_factors(tidy)))
    assert_same(pulled, block, arrays)
    stripped, factor = factors.common_factor(pulled, 1)
    assert float(factor.constant) == 2 / 20
    assert len(stripped.operations) < len(tidy.operations)


def test_pull_factors_keeps_factors_that_differ():
    a, b = (Value("input", (3,), np.dtype(float)) for _ in range(2))
    twice, thrice, total = (Value("result", (3,), np.dtype(float)) for _ in range(3))
    block = passes.Block(
        [
            Operation(np.multiply, (a, constant(2.0)), twice),
            Operation(np.multiply, (b, constant(3.0)), thrice),
            Operation(np.add, (twice, thrice), total),
        ],
        (total,),
    )
    arrays = {a: np.arange(3.0), b: np.ones(3)}
    pulled = factors.pull_factors(block)
    assert_same(pulled, block, arrays)
    assert factors.common_factor(pulled, 0)[1] is None


def test_shorten_products_takes_the_late_factor_last(recorded):
    block, arrays, _ = recorded
    tidy = passes.optimise(block, passes.TIDY)
    short = simplification.shorten_products(tidy)
    assert_same(short, tidy, arrays)

    def depth(block):
        depths = {}
        for one in block.operations:
            depths[one.result] = 1 + max(depths.get(value, 0) for value in one.operands)
        return max(depths.values())

    assert depth(short) < depth(tidy)


def test_fusing_makes_one_product_of_a_layer_and_one_of_its_gradients(recorded):
    block, arrays, weights = recorded
    tidy = passes.optimise(block, passes.TIDY)
    pairs = affine_layers.affine_pairs(tidy, weights, 20)
    assert len(pairs) == 3
    fused = affine_layers.fuse_affine(tidy, pairs, dict(zip(weights, tidy.outputs[1:])), 20)
    assert count(fused, affine_layers.negative_affine) == 3
    assert count(fused, affine_layers.affine_gradient) == 3
    assert count(fused, np.sum) == 0
    assert_same(fused, block, arrays)


def test_fuse_layers_does_the_slopes_of_all_layers_at_once(recorded):
    block, arrays, _ = recorded
    faster = passes.optimise(block, (*passes.TIDY, *FASTER))
    together = joined_layers.fuse_layers(faster, 20, set())
    assert count(faster, np.subtract) - count(together, np.subtract) == 2
    assert count(together, joined_layers.join) == 1
    assert_same(together, block, arrays)


def test_a_stack_times_one_matrix_is_one_product(rng):
    x, t = tg.Input("x", shape=(None, 4, 3)), tg.Input("t", shape=(None, 4, 3))
    h = tg.Tanh(tg.MatMul(x, tg.Parameter(rng.normal(size=(3, 3)), name="W")))
    attention = tg.MatMul(h, np.swapaxes(h, -1, -2))
    model = tg.Graph(tg.MSE(tg.MatMul(attention, h) + h, t))
    for batch in (1, 4, 5):
        feeds = {"x": rng.normal(size=(batch, 4, 3)), "t": rng.normal(size=(batch, 4, 3))}
        step = record_step(model, model.feed_arrays(feeds))
        W = model["W"]
        block = passes.Block(step.operations, (step.values[model.output], step.gradients[W]))
        arrays = {step.values[W]: W.value, **{step.values[n]: feeds[n.name] for n in model.inputs}}
        tidy = passes.optimise(block, passes.TIDY)
        flat = flatten_stacks(tidy)
        assert_same(flat, tidy, arrays)
        products = [one for one in flat.operations if one.function is np.matmul]
        of_W = [one for one in products if len(one.result.shape) == 2]
        assert [one.result.shape for one in of_W] == [(4 * batch, 3), (3, 3)]
        loss, gradients = tg.compile(model).gradients(**feeds)
        assert loss == pytest.approx(model.forward(**feeds), rel=1e-12)
        model.backward()
        np.testing.assert_allclose(gradients["W"], W.grad, rtol=1e-10)


def test_scalars_are_parted_from_arrays():
    optimizer = tg.Adam([tg.Parameter(np.ones(3), name="w")])
    update = record_update(optimizer, (3,), np.float64)
    scalar, others = scalars_only(passes.Block(update.operations, update.results))
    assert len(scalar) + len(others) == len(update.operations)
    assert all(one.result.shape == () for one in scalar)
    assert all(one.result.shape == (3,) for one in others)


def test_the_whole_plan_is_short():
    model = tg.lab2.model(rng=0)
    x, t = tg.data.xor()
    step = record_step(model, model.feed_arrays({"x": x, "t": t}))
    plan = plan_step(step, model.output, model.parameters)
    views = {"getitem", "transpose", "ravel", "join"}
    calls = [one for one in plan.operations if one.function.__name__ not in views]
    assert len(calls) == 24


@st.composite
def graphs(draw):
    """Build a random graph of the package's ops on a batch of rows, with shared nodes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    width, batch = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    nodes = [tg.Input("x", shape=(None, width))]
    for k in range(draw(st.integers(1, 9))):
        a, b = (nodes[draw(st.integers(0, len(nodes) - 1))] for _ in range(2))
        kind = draw(st.sampled_from(["unary", "binary", "layer", "bias", "scale", "mean", "power"]))
        if kind == "unary":
            made = draw(st.sampled_from([tg.Sigmoid, tg.Tanh, tg.ReLU, tg.Identity, tg.Negate]))(a)
        elif kind == "binary":
            made = draw(st.sampled_from([tg.Add, tg.Subtract, tg.Multiply]))(a, b)
        elif kind == "layer":
            made = tg.MatMul(a, tg.Parameter(rng.normal(size=(width, width)), name=f"W{k}"))
        elif kind == "bias":
            made = tg.AddBias(a, tg.Parameter(rng.normal(size=width), name=f"b{k}"))
        elif kind == "scale":
            made = a * tg.Parameter(rng.normal(), name=f"s{k}") / 3
        elif kind == "mean":
            made = b - tg.Mean(a, axis=1, keepdims=True)
        else:
            made = tg.Tanh(a) ** draw(st.sampled_from([1, 2, 3]))
        nodes.append(tg.Tanh(made))  # keeps the numbers tame, however the graph goes on
    loss = draw(st.sampled_from([tg.Sum, tg.Mean]))(
        nodes[-1] * nodes[draw(st.integers(0, len(nodes) - 1))]
    )
    return tg.Graph(loss), rng.normal(size=(batch, width))


def assert_same_gradients(drawn, target):
    model, x = drawn
    expected = model.forward(x=x)
    model.backward()
    if not model.parameters or any(p.grad is None for p in model.parameters):
        return
    loss, gradients = tg.compile(model, target=target).gradients(x=x)
    np.testing.assert_allclose(loss, expected, rtol=1e-10, atol=1e-12)
    for parameter in model.parameters:
        np.testing.assert_allclose(gradients[parameter.name], parameter.grad, rtol=1e-9, atol=1e-11)


RANDOMLY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@RANDOMLY
@given(graphs())
def test_random_graphs(drawn):
    assert_same_gradients(drawn, "numpy")


@RANDOMLY
@given(graphs())
def test_random_graphs_as_loops(tmp_path_factory, drawn):
    numba_target = pytest.importorskip("tinygraph.compile.targets.numba.program")
    machine_code = pytest.importorskip("tinygraph.compile.targets.numba.machine_code")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        patch.setattr(numba_target, "compile_source", lambda text: machine_code.module_of(text).run)
        assert_same_gradients(drawn, "numba")
