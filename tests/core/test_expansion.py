"""Opening an op: the gradient of its steps must equal its own backward."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import ops
from tinygraph.core.expansion import with_expanded
from tinygraph.errors import ArgumentTypeError, OpError

COMPOSITE = [tg.Sigmoid, tg.ReLU, tg.AddBias, tg.MSE, tg.Identity]
SIMPLE = [tg.Exp, tg.Add, tg.MatMul, tg.Sum, tg.Max, tg.Where, tg.Transpose, tg.Index, tg.Put]
ALL = [getattr(ops, name) for name in ops.__all__ if name != "Size"]


@pytest.mark.parametrize("op", ALL, ids=lambda op: op.__name__)
def test_the_backward_of_every_op_equals_the_gradient_of_its_steps(op):
    for seed in range(3):
        arrays = op.example(np.random.default_rng(seed))
        leaves = [tg.Parameter(array, name=f"input{k}") for k, array in enumerate(arrays)]
        node = op(*leaves, name="op")
        weights = np.random.default_rng(9).normal(size=node.shape)
        inside = tg.expand(node)
        assert inside.shape == node.shape
        results = []
        for output in (node, inside):
            model = tg.Graph(np.sum(output * weights))
            value = model.forward()
            model.backward()
            results.append((value, [leaf.grad for leaf in leaves]))
        (value, grads), (value_inside, grads_inside) = results
        np.testing.assert_allclose(value_inside, value, rtol=1e-12)
        for got, expected in zip(grads, grads_inside, strict=True):
            if expected is not None or got is not None:
                np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


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
