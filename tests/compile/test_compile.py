"""A compiled program does what the interpreter does, for every op, optimizer and precision."""

from __future__ import annotations

import numpy as np
import pytest
from compiling import FLOATS, OPTIMIZERS, assert_same_gradients, of_op

import tinygraph as tg

OPS = [getattr(tg.ops, name) for name in tg.ops.__all__]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op_class", OPS)
def test_every_op(op_class, dtype, target):
    arrays = [np.asarray(a, dtype) for a in op_class.example(np.random.default_rng(0))]
    assert_same_gradients(of_op(op_class, arrays), target, dtype=dtype)


def layers(rng, sizes, activations):
    """Return a network of layers with a bias, each with the next of the activations after it."""
    h = tg.Input("x", shape=(None, sizes[0]))
    for k, (m, n, activation) in enumerate(zip(sizes, sizes[1:], activations)):
        W = tg.Parameter(rng.normal(size=(m, n)), name=f"W{k}")
        b = tg.Parameter(rng.normal(size=n), name=f"b{k}")
        h = activation(tg.AddBias(tg.MatMul(h, W), b))
    return tg.Graph(tg.MSE(h, tg.Input("t", shape=(None, sizes[-1])), name="loss"))


ACTIVATIONS = [
    tg.Sigmoid,
    tg.Tanh,
    tg.ReLU,
    lambda a: a * tg.Sigmoid(a),
    lambda a: tg.Tanh(a) * tg.Tanh(a),
    lambda a: (1 - tg.Sigmoid(a)) * a,
    lambda a: 1 - tg.Tanh(a),
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_with_the_same_activation(activation, rng, target):
    model = layers(rng, [2, 4, 3, 4, 1], [activation] * 4)
    x, t = rng.normal(size=(9, 2)), rng.normal(size=(9, 1))
    assert_same_gradients(model, target, x=x, t=t)


@pytest.mark.parametrize("seed", range(60))
def test_layers_with_any_activations(seed):
    rng = np.random.default_rng(seed)
    depth = int(rng.integers(2, 6))
    chosen = [ACTIVATIONS[k] for k in rng.integers(len(ACTIVATIONS), size=depth)]
    sizes = rng.integers(1, 5, size=depth + 1)
    model = layers(rng, sizes, chosen)
    feeds = {"x": rng.normal(size=(7, sizes[0])), "t": rng.normal(size=(7, sizes[-1]))}
    assert_same_gradients(model, **feeds)


@pytest.mark.parametrize("output", tg.lab2.ACTIVATIONS)
@pytest.mark.parametrize("hidden", tg.lab2.ACTIVATIONS)
def test_every_lab2_network(hidden, output, xor):
    assert_same_gradients(tg.lab2.model(4, hidden, output), **xor)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("op_class", [tg.Sum, tg.Mean])
def test_reductions(op_class, axis, keepdims, rng, target):
    x = rng.normal(size=(3, 4))
    assert_same_gradients(of_op(op_class, [x], axis=axis, keepdims=keepdims), target)


def trained(optimizer, dtype, steps, target):
    """Return losses, model and optimizer after training; by hand where there is no target."""
    model = tg.lab2.model(rng=0)
    for parameter in model.parameters:
        parameter._value = parameter.value.astype(dtype)
    model = tg.Graph(model.output, prediction=model.prediction)
    opt = optimizer(model.parameters, lr=0.001)
    if optimizer is tg.RMSProp:
        opt.eps = 1e-2  # near g = 0 its steps are ±lr, and the sign of a rounding error shows
    feeds = dict(zip("xt", (a.astype(dtype) for a in tg.data.linear(50, rng=1))))
    if target is not None:
        return tg.compile(model, opt, target=target).run(steps, **feeds), model, opt
    losses = []
    for _ in range(steps):
        losses.append(model.forward(**feeds))
        model.backward()
        opt.step()
    return np.array(losses), model, opt


def assert_same_training(optimizer, dtype, steps, target):
    losses, model, opt = trained(optimizer, dtype, steps, target)
    expected, by_hand, opt_by_hand = trained(optimizer, dtype, steps, None)
    exact = dtype == np.float64
    np.testing.assert_allclose(losses, expected, rtol=1e-10 if exact else 2e-3)
    assert losses.dtype == dtype
    assert opt.steps == opt_by_hand.steps == steps
    close = {"rtol": 1e-9, "atol": 1e-10} if exact else {"rtol": 1e-2, "atol": 1e-3}
    for one, other in zip(model.parameters, by_hand.parameters):
        assert one.value.dtype == dtype
        np.testing.assert_allclose(one.value, other.value, **close)
        for mine, its in zip(opt.memory[one], opt_by_hand.memory[other]):
            np.testing.assert_allclose(mine, its, **close)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_thousand_steps(optimizer, dtype):
    assert_same_training(optimizer, dtype, 1000, "numpy")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_loops_take_the_same_steps(optimizer, dtype, target):
    assert_same_training(optimizer, dtype, 5, target)


@pytest.mark.parametrize(("optimizer", "dtype"), [(tg.Adam, np.float64), (tg.SGD, np.float32)])
def test_a_thousand_steps_of_machine_code(optimizer, dtype):
    pytest.importorskip("numba")
    assert_same_training(optimizer, dtype, 1000, "numba")


def test_graphs_that_break_frameworks(rng, target):
    A = tg.Parameter(rng.normal(size=(3, 3)), name="A")
    x = tg.Input("x", shape=(None, 3))
    h = tg.Sigmoid(tg.MatMul(x, A))
    for loss in (
        tg.Sum(tg.MatMul(A, A)),
        tg.Sum(tg.MatMul(x, A) * tg.MatMul(x, A)),
        tg.Sum((h + x) * h - h / (h + 2)),
        tg.Mean(tg.MatMul(h, A) + h),
        tg.Sum(A * 2 - A),
        tg.Sum(A) * tg.Sum(A) / 3,
    ):
        model = tg.Graph(loss)
        feeds = {"x": rng.normal(size=(5, 3))} if model.inputs else {}
        assert_same_gradients(model, target, **feeds)


class Lifts(tg.Op):
    """Its gradient is a view of the one that arrives, without an axis."""

    def infer_shape(self, x):
        return (1, *x)

    def forward(self, x):
        return np.expand_dims(x, 0)

    def backward(self, g, y, x):
        return np.squeeze(g, 0)


class Smaller(tg.Op):
    limit = np.inf

    def forward(self, x, bounds):
        return np.minimum(np.minimum(x, bounds), self.limit)

    def backward(self, g, y, x, bounds):
        return g * (x < bounds), None


def test_numbers_that_are_not_finite_stand_in_a_program(target):
    x, w = tg.Input("x", shape=(None, 3)), tg.Parameter([1.0, 2.0, 3.0], name="w")
    model = tg.Graph(tg.Sum(Smaller(x * w, tg.Constant([[np.inf, 2.5, -np.inf]]))))
    opt = tg.SGD(model.parameters, lr=0.1)
    feeds = {"x": np.ones((1, 3))}
    assert_same_gradients(model, target, **feeds)
    namespace = {}
    exec(tg.compile(model, opt).source, namespace)
    loss, (w_new,) = namespace["training_step"](feeds["x"], w.value, 1)
    assert loss == model.output.value == -np.inf
    np.testing.assert_array_equal(w_new, w.value - 0.1 * w.grad)


def test_a_gradient_that_is_a_view(target, rng):
    p = tg.Parameter(rng.normal(size=3), name="p")
    lifted = Lifts(p)
    assert_same_gradients(tg.Graph(tg.Sum(lifted * lifted)), target)


@pytest.mark.parametrize("fed_before", [False, True])
def test_an_op_that_hands_on_a_leaf_is_no_leaf(fed_before, target, rng):
    x = tg.Input("x", shape=(None, 3))
    w, aside = tg.Parameter(np.ones(3), name="w"), tg.Parameter(np.full(3, 2.0), name="aside")
    y = tg.Tanh(tg.Identity(x) * w) + tg.Identity(aside) * tg.Identity(w)
    model = tg.Graph(tg.Sum(y * y))
    if fed_before:
        model.forward(x=rng.normal(size=(5, 3)))
    optimizer = tg.SGD([w], lr=0.1)
    program = tg.compile(model, optimizer, target="numpy" if target == "numpy" else "numba")
    for _ in range(2):
        feeds = {"x": rng.normal(size=(5, 3))}
        loss, gradients = program.gradients(**feeds)
        assert loss == pytest.approx(model.forward(**feeds))
        model.backward()
        np.testing.assert_allclose(gradients["w"], w.grad)
    compile(program.source, "the source", "exec")
