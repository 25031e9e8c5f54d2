"""Opening an op: the gradient of its steps must equal its own backward."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import ops
from tinygraph.core.expansion import with_expanded
from tinygraph.errors import ArgumentTypeError, OpError

OPS = [getattr(ops, name) for name in ops.__all__]
EYE = np.eye(4)


def chosen(index, count):
    """Return the matrix that takes rows by an index."""
    return np.eye(count)[np.asarray(index).astype(int)]


def windows(x, size=(2, 2)):
    """Return the places of the elements of each window of an image, in one row."""
    places = np.arange(np.prod(x.shape[1:])).reshape(1, *x.shape[1:])
    return ops.windows.columns(places, size, 1, 0).ravel()


def largest(x):
    flat = np.ravel(x)
    y = flat[0]
    for k in range(1, x.size):
        y = np.maximum(y, flat[k])
    return y


PRIMITIVE = {
    tg.Abs: lambda x: np.where(x > 0, x, -x),
    tg.Add: lambda a, b: a - (-b),
    tg.AddAt: lambda x, index, like: chosen(index.value, 5).T @ x,
    tg.AddWindows: lambda x, like: (
        x.reshape(3, -1) @ chosen(windows(like), like.value[0].size)
    ).reshape(like.shape),
    tg.Arccos: lambda x: np.pi / 2 - np.arctan(x / np.sqrt(1 - x * x)),
    tg.Arcsin: lambda x: np.arctan(x / np.sqrt(1 - x * x)),
    tg.Arctan: lambda x: np.arcsin(x / np.sqrt(1 + x * x)),
    tg.BroadcastLike: lambda x, like: x + np.zeros(like.shape),
    tg.BroadcastTo: lambda x: x * np.ones((2, 3, 4)),
    tg.Columns: lambda x: x.reshape(2, -1)[:, windows(x)].reshape(2, 2, 3, 4),
    tg.Concatenate: lambda x: x[:, ::-1][:, ::-1],
    tg.Cos: lambda x: np.sin(x + np.pi / 2),
    tg.CumSum: lambda x: x @ np.triu(np.ones((4, 4))),
    tg.Divide: lambda a, b: a * np.exp(-np.log(b)),
    tg.Exp: lambda x: np.expm1(x) + 1,
    tg.Expm1: lambda x: np.exp(x) - 1,
    tg.Index: lambda x: x @ EYE[:, 1:3],
    tg.Log: lambda x: np.log1p(x - 1),
    tg.Log1p: lambda x: np.log(1 + x),
    tg.LogSumExp: lambda x: np.log(np.sum(np.exp(x))),
    tg.MatMul: lambda x, W: np.sum(x[:, :, None] * W[None], axis=1),
    tg.Max: largest,
    tg.Maximum: lambda a, b: (a + b + np.abs(a - b)) / 2,
    tg.Mean: lambda x: np.sum(x / 12),
    tg.Min: lambda x: -largest(-x),
    tg.Minimum: lambda a, b: (a + b - np.abs(a - b)) / 2,
    tg.Multiply: lambda a, b: ((a + b) ** 2 - (a - b) ** 2) / 4,
    tg.Negate: lambda x: 0 - x,
    tg.OuterSum: lambda x, z: np.sum(x[..., None] * z[:, :, None], axis=(0, 1)),
    tg.Pad: lambda x: x @ np.eye(4, 7, k=1),
    tg.Power: lambda x: x * x,
    tg.Prod: lambda x: reduce(np.multiply, [x[k // 4, k % 4] for k in range(12)]),
    tg.Put: lambda x, like: x @ EYE[1:3],
    tg.Sin: lambda x: np.cos(x - np.pi / 2),
    tg.Sqrt: lambda x: np.exp(np.log(x) / 2),
    tg.Square: lambda x: x * x,
    tg.Subtract: lambda a, b: a + (-1.0) * b,
    tg.Sum: lambda x: (np.ones((1, 3)) @ x @ np.ones((4, 1)))[0, 0],
    tg.Take: lambda x, index: chosen(index.value, 5) @ x,
    tg.Tanh: lambda x: 1 - 2 / (np.exp(2 * x) + 1),
    tg.Transpose: lambda x: np.stack([x[:, k] for k in range(4)]),
    tg.VariablePower: lambda x, k: np.exp(k * np.log(x)),
    tg.Where: lambda c, a, b: (c > 0.5) * a + (c <= 0.5) * b,
}
"""Ops that are a single function of NumPy, each written with other ops."""

WITHOUT_SLOPE = {
    ops.Detach,
    ops.Equal,
    ops.Greater,
    ops.GreaterEqual,
    ops.Less,
    ops.LessEqual,
    ops.LogicalAnd,
    ops.LogicalNot,
    ops.LogicalOr,
    ops.NotEqual,
    ops.Round,
    ops.Sign,
    ops.Size,
}
"""Ops that are constant except at jumps, and Detach: their backward returns None, nothing else."""


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.__name__)
def test_the_backward_of_every_op_equals_the_gradient_of_other_ops(op):
    """The other ops are those of its forward, or of PRIMITIVE if its forward is one function."""
    for seed in range(3):
        arrays = op.example(np.random.default_rng(seed))
        leaves = [tg.Parameter(array, name=f"input{k}") for k, array in enumerate(arrays)]
        node = op(*leaves, name="op")
        if op in WITHOUT_SLOPE:
            assert op.backward(node, np.ones(node.shape), 0.0, *arrays) == (None,) * len(arrays)
            continue
        weights = np.random.default_rng(9).normal(size=node.shape)
        inside = PRIMITIVE[op](*leaves) if op in PRIMITIVE else tg.expand(node)
        assert type(inside) is not op
        assert inside.shape == node.shape
        results = []
        for output in (node, inside):
            model = tg.Graph(np.sum(output * weights))
            value = model.forward()
            model.backward()
            inside_graph = set(model.nodes)
            grads = [leaf.grad if leaf in inside_graph else None for leaf in leaves]
            results.append((value, grads))
        (value, grads), (value_inside, grads_inside) = results
        np.testing.assert_allclose(value_inside, value, rtol=1e-12)
        for got, expected in zip(grads, grads_inside, strict=True):
            assert (got is None) == (expected is None)
            if expected is not None:
                np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_no_op_is_left_out_of_that_check():
    opened = {op for op in OPS if op not in PRIMITIVE and op not in WITHOUT_SLOPE}
    for op in opened:
        node = op(*op.example(np.random.default_rng(0)))
        assert tg.expand(node) is not node


COMPOSITE = [tg.Sigmoid, tg.ReLU, tg.AddBias, tg.MSE, tg.Identity]
SIMPLE = [tg.Exp, tg.Add, tg.MatMul, tg.Sum, tg.Max, tg.Where, tg.Transpose, tg.Index, tg.Put]


def test_composite_ops_open_and_simple_ones_do_not():
    for op in (*COMPOSITE, *SIMPLE):
        node = op(*op.example(np.random.default_rng(0)))
        assert (tg.expand(node) is not node) == (op in COMPOSITE)


def test_only_an_op_opens():
    with pytest.raises(ArgumentTypeError, match="expand needs an op"):
        tg.expand(tg.Parameter(1.0))
    with pytest.raises(OpError, match="forward of Size"):
        tg.expand(tg.Input("x", shape=(None, 2)).size)


def test_a_model_with_opened_ops_computes_the_same():
    X, T = tg.data.xor()
    model = tg.lab2.model(rng=0)
    loss = model.forward(x=X, t=T)
    model.backward()
    opened = with_expanded(model, ["layer1/h", "loss"])
    inside = opened["layer1/h/Divide1"]
    np.testing.assert_allclose(inside.value, model["layer1/h"].value, rtol=1e-14)
    np.testing.assert_array_equal(inside.grad, model["layer1/h"].grad)
    np.testing.assert_allclose(
        opened["layer1/h/Negate1"].grad, -model["layer1/a"].grad, rtol=1e-10, atol=1e-18
    )
    grads = {p.name: p.grad.copy() for p in model.parameters}
    assert opened.forward(x=X, t=T) == pytest.approx(loss, rel=1e-14)
    opened.backward()
    for parameter in opened.parameters:
        np.testing.assert_allclose(parameter.grad, grads[parameter.name], rtol=1e-10, atol=1e-16)
    diagram = tg.render(model, values=True, expand=["layer1/h"])
    assert "Divide1" in diagram.dot
    assert "Divide1" not in tg.render(model).dot


def test_expand_of_render_is_a_list_of_names():
    with pytest.raises(ArgumentTypeError, match="list of node names"):
        tg.render(tg.lab2.model(rng=0), expand="loss")
    with pytest.raises(tg.TinygraphError, match="No node of this graph"):
        tg.render(tg.lab2.model(rng=0), expand=["lost"])


def test_an_opened_model_keeps_its_prediction_and_its_updates():
    x, t = tg.Input("x", (None, 2)), tg.Input("t", (None, 2))
    h, updates = tg.layers.batch_norm(x, name="norm")
    y = tg.Sigmoid(h, name="y")
    model = tg.Graph(tg.MSE(y, t, name="loss"), prediction=y, updates=updates)
    opened = with_expanded(model, ["loss"])
    assert opened.prediction is y
    assert [state.name for state in opened.updates] == [state.name for state in model.updates]
    assert "norm/running_mean" in tg.render(model, expand=["loss"]).dot


def test_an_opened_op_that_was_not_run_has_no_values():
    model = tg.lab2.model(rng=0)
    assert with_expanded(model, ["layer1/h"])["layer1/h/Divide1"].value is None


@pytest.mark.parametrize("op", [tg.GELU, tg.Softmax, tg.LogSoftmax, tg.Sigmoid])
def test_the_steps_of_an_opened_op_have_the_gradients_of_a_run(op):
    """Also a step that several others read, and the constants."""
    x = tg.Parameter([[0.5, -1.0]], name="x")
    model = tg.Graph(tg.Sum(op(x, name="y") * np.array([1.0, 3.0]), name="loss"))
    model.forward()
    model.backward()
    opened = with_expanded(model, ["y"])
    filled = {node.name: (node.value, node.grad) for node in opened.nodes}
    opened.forward()
    opened.backward()
    for node in opened.nodes:
        value, grad = filled[node.name]
        np.testing.assert_allclose(value, node.value, rtol=1e-14)
        if node.inputs and grad is not None:
            np.testing.assert_allclose(grad, node.grad, rtol=1e-12, atol=1e-16)
    assert all(filled[node.name][1] is not None for node in opened.nodes if node.inputs)
