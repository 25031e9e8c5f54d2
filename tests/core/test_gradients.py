"""``tg.gradients``: the backward pass as nodes, held against Graph.backward and differences."""

from __future__ import annotations

import time

import numpy as np
import pytest
from campaigns import curvature
from handmade import op_of

import tinygraph as tg
from tinygraph import ops
from tinygraph.check.op_check import check_op
from tinygraph.core.backward_names import is_named_after_op, is_step
from tinygraph.errors import ArgumentTypeError, GradientError, OpError, ShapeError

X, T = tg.data.xor()


def run(node, **feeds):
    """Run the graph of a node with those of the feeds that it has inputs for."""
    model = tg.Graph(node)
    return model.forward(**{each.name: feeds[each.name] for each in model.inputs})


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_of_lab_2_they_are_bitwise_those_of_backward(activation):
    model = tg.lab2.model(activation=activation, rng=0)
    grads = tg.gradients(model.output, model.parameters)
    model.forward(x=X, t=T)
    model.backward()
    for parameter, gradient in zip(model.parameters, grads, strict=True):
        np.testing.assert_array_equal(run(gradient, x=X, t=T), parameter.grad)


def test_they_are_built_at_once():
    model = tg.lab2.model(rng=0)
    tg.gradients(model.output, model.parameters)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        tg.gradients(model.output, model.parameters)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.020


@pytest.mark.filterwarnings("ignore:Output seems independent")
def test_hessian_vector_products_against_autograd():
    rng = np.random.default_rng(1)
    assert max(curvature.of_lab2(rng).values()) < 1e-12
    _, worst = curvature.compare(40, rng)
    assert worst < 1e-10


def test_names_say_whose_gradient_a_node_is():
    model = tg.lab2.model(rng=0)
    W = model["layer1/W"]
    (gradient,) = tg.gradients(model.output, [W])
    assert gradient.name == "backward/layer1/dW"
    (second,) = tg.gradients(np.sum(gradient**2), [W])
    assert second.name == "backward2/layer1/dW"
    names = {node.name for node in tg.Graph(second).nodes}
    assert {"backward2/layer2/dda", "backward/layer2/da", "layer2/a"} <= names


def test_a_node_used_twice_a_diamond_and_a_skip_connection():
    w = tg.Parameter([[1.0, 2.0], [3.0, 5.0]], name="w")
    h = np.tanh(w @ w)
    loss = np.sum(h * h + w)
    (gradient,) = tg.gradients(loss, [w])
    model = tg.Graph(loss)
    model.forward()
    model.backward()
    np.testing.assert_array_equal(run(gradient), w.grad)
    np.testing.assert_array_equal(run(tg.gradients(loss, [h])[0]), model[h.name].grad)


def test_no_gradient_is_none():
    x, c, other = tg.Parameter(2.0), tg.Constant(3.0), tg.Parameter(1.0)
    label = tg.Input("label", shape=(), dtype=int)
    y = x * c + np.sign(x) * label
    assert tg.gradients(y, [c, other, label]) == (None, None, None)
    assert tg.gradients(np.sign(x), [x]) == (None,)
    assert run(tg.gradients(x, [x])[0]) == 1


def test_third_and_higher_derivatives():
    x = tg.Parameter(0.7, name="x")
    y = np.sin(x)
    for expected in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin, np.cos):
        (y,) = tg.gradients(y, [x])
        np.testing.assert_allclose(run(y), expected(0.7))


def test_any_batch_size():
    x = tg.Input("x", shape=(None, 3))
    W = tg.Parameter(np.arange(6.0).reshape(3, 2) / 6, name="W")
    p = np.exp(x @ W)
    p = p / np.sum(p, axis=1, keepdims=True)
    loss = np.mean(np.max(p, axis=1)) + np.sum(x - np.mean(x, axis=0)) / x.size
    gradient, by_x = tg.gradients(loss, [W, x])
    assert by_x.shape == (None, 3)
    model = tg.Graph(loss)
    for rows in (1, 4):
        data = np.random.default_rng(rows).normal(size=(rows, 3))
        model.forward(x=data)
        model.backward()
        np.testing.assert_allclose(run(gradient, x=data), W.grad, rtol=1e-13)
        np.testing.assert_allclose(run(by_x, x=data), x.grad, rtol=1e-13, atol=1e-16)


def test_a_batch_that_meets_an_array_of_known_size():
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter(np.arange(6.0).reshape(3, 2), name="W")
    V = tg.Parameter(np.arange(6.0) / 6, name="V")
    data = np.random.default_rng(0).normal(size=(3, 2))
    for joined in (
        np.concatenate([x, W], axis=1),
        np.concatenate([W, np.tanh(x), V.reshape(3, 2)], axis=1),
        np.stack([x * W, V.reshape(3, 2) - x], axis=1),
    ):
        assert joined.shape[0] == 3
        loss = np.sum(np.exp(-joined) * joined)
        model = tg.Graph(loss)
        model.forward(x=data)
        model.backward()
        for node, gradient in zip((x, W, V), tg.gradients(loss, [x, W, V]), strict=True):
            if gradient is not None:
                np.testing.assert_allclose(run(gradient, x=data), node.grad, rtol=1e-13)


def test_a_graph_of_float32_stays_float32():
    W = tg.Parameter(np.ones((2, 2), np.float32), name="W")
    x = tg.Input("x", shape=(None, 2))
    loss = tg.MSE(tg.Sigmoid(x @ W), np.zeros((3, 2), np.float32))
    (gradient,) = tg.gradients(loss, [W])
    result = run(gradient, x=np.ones((3, 2), np.float32))
    assert result.dtype == np.float32
    model = tg.Graph(loss)
    model.forward(x=np.ones((3, 2), np.float32))
    model.backward()
    np.testing.assert_allclose(result, W.grad, rtol=1e-6)


def _one_or_two(x):
    try:
        return 1.0 if np.sum(x) > -np.inf else 3.0
    except Exception:
        return 2.0


REFUSED = {
    "branches on numbers": (lambda g, y, x: g if np.sum(x) > 0 else -g, "branches on the numbers"),
    "loops": (lambda g, y, x: sum(g * row for row in x), "loops over the elements"),
    "writes in place": (lambda g, y, x: g.__setitem__(0, 0.0) or g, "writes into an array"),
    "adds in place": (lambda g, y, x: g.__iadd__(x), "writes into an array"),
    "takes a number": (lambda g, y, x: g * float(np.sum(x)), "takes a Python number"),
    "needs an array": (lambda g, y, x: g * np.asarray(x), "needs the numbers of an array"),
    "has no op": (lambda g, y, x: np.sort(g), "np.sort, for which there is no op"),
    "has no ufunc": (lambda g, y, x: np.arctan2(g, x), "np.arctan2, for which there is no op"),
    "counts samples": (lambda g, y, x: g / len(x), "len"),
    "a range of samples": (lambda g, y, x: g / sum(1 for _ in range(x.shape[0])), "fixed batch"),
    "asks for a method": (lambda g, y, x: g if (x > 0).any() else -g, "the attribute .any"),
    "asks for the type": (
        lambda g, y, x: g * (1.0 if isinstance(x, np.ndarray) else 2.0),
        "on random numbers the results differ",
    ),
    "catches errors": (lambda g, y, x: g * _one_or_two(x), "on random numbers the results differ"),
    "returns a number": (lambda g, y, x: 1.0, "a gradient of the shape"),
    "is wrong": (lambda g, y, x: g.nonsense, "AttributeError"),
    "has another shape": (lambda g, y, x: np.sum(g, axis=1), "a gradient of the shape"),
    "too many": (lambda g, y, x: (g, g), "one gradient per input"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_backward_that_needs_numbers_is_refused_by_name(kind):
    backward, words = REFUSED[kind]
    op = op_of(lambda x: x * 1.0, backward)
    loss = np.sum(op(tg.Input("x", shape=(None, 2)), name="odd"))
    with pytest.raises(OpError, match='"odd"') as caught:
        tg.gradients(loss, [loss.inputs[0].inputs[0]])
    assert words in str(caught.value)
    assert caught.value.node is loss.inputs[0]


def test_numbers_that_an_op_keeps_on_itself_are_not_taken_for_constants():
    class Keeps(tg.Op):
        def forward(self, x):
            self.kept = x
            return x**2

        def backward(self, g, y, x):
            return g * 2 * self.kept

    x = tg.Parameter([1.0, 2.0], name="x")
    op = Keeps(x, name="keeper")
    loss = np.sum(op)
    tg.Graph(loss).forward()
    kept = op.kept
    with pytest.raises(
        OpError, match=r'The backward of .*"keeper".*keep something on self'
    ) as caught:
        tg.gradients(loss, [x])
    assert caught.value.node is op
    assert op.kept is kept
    with pytest.raises(OpError, match=r'forward of .*"typed".*must do with nodes'):
        tg.expand(
            op_of(lambda x: x * isinstance(x, np.ndarray), lambda g, y, x: g)(x, name="typed")
        )


def test_a_fixed_batch_size_is_advised_where_it_helps():
    op = op_of(lambda x: x * 1.0, lambda g, y, x: g / len(x))
    for shape, advice in (
        ((None, 2), "It works if the inputs have a fixed batch size"),
        ((4, 2), ""),
    ):
        x = tg.Input("x", shape=shape)
        loss = np.sum(op(x, name="odd"))
        if advice:
            with pytest.raises(OpError, match=advice):
                tg.gradients(loss, [x])
        else:
            assert tg.gradients(loss, [x])[0].shape == shape
    writes = op_of(lambda x: x * 1.0, lambda g, y, x: g.__setitem__(0, 0.0))
    for shape in ((None, 2), (4, 2)):
        x = tg.Input("x", shape=shape)
        with pytest.raises(OpError, match=r"in place\.$"):
            tg.gradients(np.sum(writes(x)), [x])


def test_a_batch_size_as_a_number_is_refused_in_plain_words():
    op = op_of(lambda x: x * 1.0, lambda g, y, x: g * np.ones(x.shape))
    x = tg.Input("x", shape=(None, 2))
    with pytest.raises(OpError) as caught:
        tg.gradients(np.sum(op(x, name="odd")), [x])
    assert str(caught.value) == (
        'The backward of Op "odd" must be NumPy code of whole arrays, so that it can be applied to '
        "nodes; but it needs the batch size as a Python number, which is known only when a batch "
        "arrives (np.zeros_like(x), and x.shape[0] in arithmetic, work for any batch size). "
        "It works if the inputs have a fixed batch size."
    ).replace("Op", type(op(x)).__name__)


@pytest.mark.parametrize(
    "backward",
    [
        lambda g, y, x: g * (3 * x.shape[0]) / (x.shape[0] * 3),
        lambda g, y, x: g * (0.5 * x.shape[0]) / (x.shape[0] * 0.5),
        lambda g, y, x: g.reshape(1 * x.shape[0], 2),
        lambda g, y, x: np.broadcast_to(g, (x.shape[0] * 1, 2)),
    ],
)
def test_arithmetic_with_a_batch_size(backward):
    op = op_of(lambda x: x * 1.0, backward)
    x = tg.Input("x", shape=(None, 2))
    (gradient,) = tg.gradients(np.sum(op(x) ** 2), [x])
    data = np.arange(6.0).reshape(3, 2)
    np.testing.assert_allclose(run(gradient, x=data), 2 * data)


def test_a_gradient_that_no_wanted_node_needs_is_not_built():
    x, c = tg.Parameter(2.0, name="x"), tg.Parameter(3.0, name="c")
    loss = np.exp(x) * np.sin(c)
    tg.Graph(loss)
    (gradient,) = tg.gradients(loss, [x])
    assert "backward/dc" not in {node.name for node in tg.Graph(gradient).nodes}
    assert gradient.auto_named


def test_steps_have_the_prefix_of_their_group_and_the_top_has_none():
    w = tg.Parameter(2.0, name="w")
    with tg.scope("block"):
        inner = tg.Tanh(w, name="inner")
    (gradient,) = tg.gradients(tg.Tanh(inner, name="outer"), [w])
    names = {node.name for node in tg.Graph(gradient).nodes if node.name.startswith("backward")}
    assert {"backward/dw", "backward/block/dinner", "backward/block/Multiply1"} <= names
    assert not any("//" in name for name in names)


def test_a_step_is_told_from_a_gradient_and_from_a_node_of_the_user():
    w = tg.Parameter([2.0], name="layer1/w")
    (gradient,) = tg.gradients(np.sum(tg.Tanh(w, name="layer1/h")), [w])
    graph = tg.Graph(np.sum(gradient))
    steps = {node.name for node in graph.nodes if is_step(node)}
    assert "backward/layer1/Multiply1" in steps
    assert "backward/layer1/dw" not in steps
    assert not any(is_step(node) for node in (w, graph.output))
    mine = tg.Exp(w, name="backward/layer1/Exp1")
    assert not is_step(mine)
    assert is_named_after_op(tg.Exp(w))
    assert is_named_after_op(graph.output)


def test_an_op_of_your_own_needs_nothing_more():
    class Swish(tg.Op):
        def forward(self, x):
            return x / (1 + np.exp(-x))

        def backward(self, g, y, x):
            s = 1 / (1 + np.exp(-x))
            return g * (s + x * s * (1 - s)) / len(x) * x.shape[0]

    x = tg.Parameter([0.3, -1.2], name="x")
    loss = np.sum(Swish(x, name="s") ** 2)
    assert tg.gradcheck(tg.gradients(np.sum(tg.gradients(loss, [x])[0] ** 2), [x])[0]).ok


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x: tg.gradients(x, [x]), ShapeError, "needs a scalar output"),
        (lambda x: tg.gradients(np.sum(x), x), ArgumentTypeError, "list of nodes"),
        (
            lambda x: tg.gradients(np.sum(x), ["x"]),
            ArgumentTypeError,
            "^Each node to differentiate by must be a node",
        ),
        (
            lambda x: tg.gradients("loss", [x]),
            ArgumentTypeError,
            "^The output of gradients must be a node",
        ),
        (lambda x: tg.gradients(np.sum(x), {x}), ArgumentTypeError, 'got {<Parameter "x"'),
    ],
)
def test_odd_arguments_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call(tg.Parameter([1.0, 2.0], name="x"))


ALL = [getattr(ops, name) for name in ops.__all__]


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.__name__)
def test_the_second_derivatives_of_every_op(op):
    check_op(op, order=2)


def conv_net(rng):
    """Return the loss of a small network for images of any number, and its parameters."""
    image = tg.Input("image", shape=(None, 1, 8, 8))
    label = tg.Input("label", shape=(None,), dtype=int)
    K1 = tg.Parameter(rng.normal(size=(4, 1, 3, 3)), name="K1")
    K2 = tg.Parameter(rng.normal(size=(3, 4, 3, 3)), name="K2")
    W = tg.Parameter(rng.normal(size=(3, 5)), name="W")
    h = tg.MaxPool2D(np.tanh(tg.Conv2D(image, K1, padding=1)))
    h = tg.AvgPool2D(np.tanh(tg.Conv2D(h, K2)))
    return tg.CrossEntropy(h.reshape(-1, 3) @ W, label), [K1, K2, W]


def test_a_convolutional_network_has_any_batch_size(rng):
    loss, parameters = conv_net(rng)
    grads = tg.gradients(loss, parameters)
    model = tg.Graph(loss)
    for rows in (1, 7):
        feeds = {"image": rng.normal(size=(rows, 1, 8, 8)), "label": rng.integers(0, 5, rows)}
        model.forward(**feeds)
        model.backward()
        for parameter, gradient in zip(parameters, grads, strict=True):
            got = run(gradient, **feeds)
            np.testing.assert_allclose(got, parameter.grad, rtol=1e-11, atol=1e-14)
    squares = sum((np.sum(g * g) for g in grads[1:]), np.sum(grads[0] ** 2))
    assert tg.gradcheck(tg.Graph(squares), **feeds).ok


def test_the_check_of_second_derivatives_can_fail(monkeypatch):
    class ReadsNumbers(tg.Op):
        """A backward that takes numbers from its own inputs: they are constants of its graph."""

        def forward(self, x):
            return x**3

        def backward(self, g, y, x):
            return g * 3 * x * (self.inputs[0].value if type(x) is not np.ndarray else x)

    class OtherForNodes(ReadsNumbers):
        def backward(self, g, y, x):
            return g * 3 * x * (x if type(x) is np.ndarray else 2 * x)

    for op in (ReadsNumbers, OtherForNodes):
        with pytest.raises(OpError, match="must do with nodes what it does with arrays"):
            check_op(op, order=2)
    monkeypatch.setattr("tinygraph.core.gradients.is_the_same", lambda *_: True)
    with pytest.raises(GradientError, match="second derivative of ReadsNumbers"):
        check_op(ReadsNumbers, order=2)
    with pytest.raises(GradientError, match="must do with nodes what it does with arrays"):
        check_op(OtherForNodes, order=2)
    with pytest.raises(tg.TinygraphError, match="order must be 1 or 2"):
        check_op(tg.Exp, order=3)


def test_a_backward_pass_compiles():
    model = tg.lab2.model(rng=0)
    W = model["layer1/W"]
    grads = tg.gradients(model.output, model.parameters)
    norm = tg.Graph(sum((np.sum(g * g) for g in grads[1:]), np.sum(grads[0] ** 2)))
    norm.forward(x=X, t=T)
    norm.backward()
    program = tg.compile(norm, target="numpy")
    loss, compiled = program.gradients(x=X, t=T)
    assert "called" not in program.source
    np.testing.assert_allclose(loss, norm.output.value, rtol=1e-12)
    np.testing.assert_allclose(compiled["layer1/W"], W.grad, rtol=1e-10)


def test_a_backward_pass_is_checked_and_stepped_like_any_graph():
    model = tg.lab2.model(rng=0)
    W = model["layer1/W"]
    (gradient,) = tg.gradients(model.output, [W])
    norm = tg.Graph(np.sum(gradient**2))
    assert tg.gradcheck(norm, x=X[:3], t=T[:3]).ok
    assert "60 steps: 30 forward, 30 backward" in repr(tg.step_through(norm, x=X, t=T))
    assert "backward/layer1/dW" in str(norm.trace(x=X, t=T))
    assert "backward/layer2" in tg.render(norm).dot
