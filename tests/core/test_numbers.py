"""The numbers themselves, against sources that share no line with tinygraph."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import ops
from tinygraph.check.gradcheck import check_node
from tinygraph.errors import ShapeError
from tinygraph.validation.op_results import one_each

OPS = [getattr(ops, name) for name in ops.__all__]
BINARY = [tg.Add, tg.Subtract, tg.Multiply, tg.Divide]
UNARY = [tg.Sigmoid, tg.Tanh, tg.ReLU, tg.Identity, tg.Negate, tg.Exp, tg.Log, tg.Power]
BROADCAST = [
    ((3, 4), (4,)),
    ((4,), (3, 4)),
    ((3, 1), (1, 4)),
    ((1,), (5,)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((), ()),
    ((2, 1, 3), (4, 1)),
    ((1, 1), (1, 1)),
    ((1, 4), (3, 4)),
    ((1, 2), (2, 1)),
]


def call_name(value):
    return value.__name__ if isinstance(value, type) else str(value)


def positive(rng, shape):
    """Values at which every op here has a derivative."""
    return np.asarray(rng.uniform(0.4, 2.0, size=shape))


def assert_right(op, arrays, rng):
    checks = check_node(op, arrays, rng)
    assert len(checks) == len(arrays)
    for check in checks:
        assert check.verdict == "ok", str(check)
        assert check.difference < 1e-9 * max(1.0, abs(check.expected)), str(check)


@pytest.mark.parametrize("op", BINARY, ids=call_name)
@pytest.mark.parametrize("shapes", BROADCAST, ids=str)
def test_binary_ops_under_broadcasting(op, shapes, rng):
    arrays = [positive(rng, shape) for shape in shapes]
    assert_right(op(*arrays), arrays, rng)


@pytest.mark.parametrize("op", UNARY, ids=call_name)
@pytest.mark.parametrize("shape", [(), (1,), (7,), (1, 1), (3, 1), (2, 3, 4)], ids=str)
def test_elementwise_ops_at_every_shape(op, shape, rng):
    arrays = [positive(rng, shape)]
    assert_right(op(*arrays), arrays, rng)


@pytest.mark.parametrize("exponent", [-2.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.7])
def test_powers(exponent, rng):
    arrays = [positive(rng, (2, 3))]
    assert_right(tg.Power(*arrays, exponent=exponent), arrays, rng)


@pytest.mark.parametrize("op", [tg.Sum, tg.Mean], ids=call_name)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(
    ("shape", "axis"),
    [((), None), ((3,), 0), ((3, 1), 1), ((1, 4), None), ((2, 3, 4), 1), ((2, 3, 4), -3)],
)
def test_reductions(op, keepdims, shape, axis, rng):
    arrays = [positive(rng, shape)]
    assert_right(op(*arrays, axis=axis, keepdims=keepdims), arrays, rng)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (1, 3, 2), (5, 1, 2), (5, 3, 1), (4, 4, 4)])
def test_matrix_product_and_bias(sizes, rng):
    batch, m, n = sizes
    x, W, b = rng.normal(size=(batch, m)), rng.normal(size=(m, n)), rng.normal(size=n)
    assert_right(tg.MatMul(x, W), [x, W], rng)
    assert_right(tg.AddBias(x @ W, b), [x @ W, b], rng)


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (5, 2), (2, 3, 4)])
def test_mean_squared_error(shape, rng):
    arrays = [np.asarray(a) for a in (rng.normal(size=shape), rng.normal(size=shape))]
    assert_right(tg.MSE(*arrays), arrays, rng)


def test_an_empty_batch_gives_zero_gradients_of_the_right_shape():
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter(np.ones((2, 3)), name="W")
    b = tg.Parameter(np.ones(3), name="b")
    model = tg.Graph(tg.Sum(tg.ReLU(tg.AddBias(tg.MatMul(x, W), b)) * 2.0 + b))
    assert model.forward(x=np.zeros((0, 2))) == 0.0
    model.backward()
    np.testing.assert_array_equal(W.grad, np.zeros((2, 3)))
    np.testing.assert_array_equal(b.grad, np.zeros(3))
    assert x.grad.shape == (0, 2)


@pytest.mark.parametrize("op", [tg.MSE, tg.Mean], ids=call_name)
def test_the_mean_of_nothing_is_refused(op):
    model = tg.Graph(op(*[tg.Input(name, (None, 2)) for name in op.arguments]))
    with pytest.raises(ShapeError, match="at least one"):
        model.forward(**{name: np.zeros((0, 2)) for name in op.arguments})


def test_a_mean_along_an_axis_that_has_entries_is_defined_though_another_has_none():
    model = tg.Graph(tg.Mean(tg.Input("x", shape=(3, 0)), axis=0))
    assert model.forward(x=np.zeros((3, 0))).shape == (0,)


@pytest.mark.parametrize("op", OPS, ids=call_name)
def test_float32_is_right_within_its_precision(op):
    arrays = op.example(np.random.default_rng(3))
    node = op(*arrays)
    y = np.asarray(node.forward(*arrays))
    g = np.random.default_rng(4).normal(size=y.shape)
    single = [a.astype(np.float32) for a in arrays]
    y32 = node.forward(*single)
    assert y32.dtype == np.float32
    np.testing.assert_allclose(y32, y, rtol=2e-5, atol=1e-5)
    grads = one_each(node, node.backward(g, y, *arrays))
    grads32 = one_each(node, node.backward(g.astype(np.float32), y32, *single))
    for got, expected in zip(grads32, grads, strict=True):
        if expected is None:
            assert got is None
            continue
        assert got.dtype == np.float32
        np.testing.assert_allclose(got, expected, rtol=2e-5, atol=1e-5)


EXTREMES = np.array([np.inf, -np.inf, 1e308, -1e308, 5e-324, -5e-324, 710.0, -710.0, 0.0, -0.0])


@pytest.mark.parametrize(
    ("op", "values", "slopes"),
    [
        (
            tg.Sigmoid,
            [1, 0, 1, 0, 0.5, 0.5, 1, 0, 0.5, 0.5],
            [0, 0, 0, 0, 0.25, 0.25, 0, 0, 0.25, 0.25],
        ),
        (tg.Tanh, [1, -1, 1, -1, 0, 0, 1, -1, 0, 0], [0, 0, 0, 0, 1, 1, 0, 0, 1, 1]),
        (
            tg.ReLU,
            [np.inf, 0, 1e308, 0, 5e-324, 0, 710, 0, 0, 0],
            [1, 0, 1, 0, 1, 0, 1, 0, 0, 0],
        ),
        (tg.Identity, EXTREMES, np.ones(10)),
        (tg.Negate, -EXTREMES, -np.ones(10)),
    ],
    ids=call_name,
)
def test_extreme_inputs(op, values, slopes):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        node = op(EXTREMES)
        y = node.forward(EXTREMES)
        grad = node.backward(np.ones(10), y, EXTREMES)
    np.testing.assert_allclose(y, values, atol=1e-300)
    np.testing.assert_allclose(grad, slopes, atol=1e-300)


@pytest.mark.parametrize("op", UNARY, ids=call_name)
def test_nan_stays_nan(op):
    assert np.isnan(op(np.array([np.nan])).forward(np.array([np.nan]))).all()


def test_float32_sigmoid_of_extremes():
    x = np.array([np.inf, -np.inf, 3e38, -3e38, 100, -100], dtype=np.float32)
    with np.errstate(over="raise", invalid="raise"):
        y = tg.Sigmoid(x).forward(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [1, 0, 1, 0, 1, 0], atol=1e-30)


@pytest.mark.parametrize("op", OPS, ids=call_name)
def test_no_gradient_shares_memory_with_anything(op):
    arrays = op.example(np.random.default_rng(0))
    leaves = [tg.Parameter(a, name=f"p{k}") for k, a in enumerate(arrays)]
    first = op(*leaves, name="first")
    second = op(*leaves, name="second")
    model = tg.Graph(tg.Add(first, second, name="total"))
    model.forward()
    seed = np.ones(model.output.value.shape)
    model.backward(seed=seed)
    memory = [("seed", seed)]
    for node in model.nodes:
        if node.grad is not None:
            memory.append((f"grad of {node.name}", np.asarray(node.grad)))
        memory.append((f"value of {node.name}", np.asarray(node.value)))
    for k, (name, array) in enumerate(memory):
        if name.startswith("grad"):
            for other_name, other in memory[:k] + memory[k + 1 :]:
                assert not np.shares_memory(array, other), f"{name} shares with {other_name}"


def test_the_campaign_of_random_graphs_sees_what_it_looks_for():
    pytest.importorskip("autograd")
    from campaigns.graphs import farthest

    theirs = {"a": np.array([1.0, 4.0]), "b": np.zeros(2)}
    assert farthest(theirs, theirs) == 0
    assert farthest({"a": np.array([1.0, 3.0])}, theirs) == 0.25
    for first, second in ([np.nan, 0.0], [0.0, np.nan]):
        assert np.isnan(farthest({"a": theirs["a"], "b": np.array([first, second])}, theirs))


def test_random_graphs_against_autograd(rng, monkeypatch, tmp_path):
    pytest.importorskip("autograd")
    pytest.importorskip("numba")
    monkeypatch.setenv("TINYGRAPH_CACHE", str(tmp_path))
    from campaigns.graphs import compare

    nodes, (interpreted, compiled) = compare(60, rng)
    assert max(nodes) > 30
    assert interpreted < 1e-12
    assert compiled < 1e-12


@pytest.mark.parametrize(
    ("mine", "theirs", "settings"),
    [
        (tg.SGD, "SGD", {}),
        (tg.Momentum, "SGD", {"momentum": 0.9}),
        (tg.AdaGrad, "Adagrad", {"eps": 1e-8}),
        (tg.RMSProp, "RMSprop", {"alpha": 0.9, "eps": 1e-8}),
        (tg.Adam, "Adam", {}),
    ],
    ids=call_name,
)
@pytest.mark.filterwarnings("ignore")
def test_optimizers_against_torch(mine, theirs, settings, rng):
    torch = pytest.importorskip("torch")
    start = rng.normal(size=(3, 2))
    w = tg.Parameter(start, name="w")
    opt = mine([w], lr=0.03)
    theirs_w = torch.tensor(start, requires_grad=True)
    theirs_opt = getattr(torch.optim, theirs)([theirs_w], lr=0.03, **settings)
    for _ in range(40):
        g = rng.normal(size=start.shape)
        w.grad, theirs_w.grad = g, torch.tensor(g)
        opt.step()
        theirs_opt.step()
    np.testing.assert_allclose(w.value, theirs_w.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("op", OPS, ids=call_name)
def test_no_op_changes_its_inputs(op):
    arrays = op.example(np.random.default_rng(0))
    for array in arrays:
        array.flags.writeable = False
    node = op(*arrays)
    y = np.asarray(node.forward(*arrays))
    g = np.ones(y.shape)
    g.flags.writeable = False
    y.flags.writeable = False
    node.backward(g, y, *arrays)
