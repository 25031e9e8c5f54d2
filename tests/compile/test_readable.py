"""The readable source: it runs by itself, and its names are those of the graph."""

from __future__ import annotations

import numpy as np
import pytest
from compiling import OPTIMIZERS, assert_same_gradients

import tinygraph as tg

HOSTILE = [
    "W", "w", "np", "lambda", "loss", "step", "lr", "1/2", "a b", "a_b", "ﬁ", "fi", "x.T",
    'quote"s', "line\nimport os", "end'''", "g_W", "v", "v_2", "places", "dot", "print", "layer1/W",
]  # fmt: skip


def test_names_never_collide_and_never_reach_the_source_as_code(rng):
    parameters = [tg.Parameter(rng.normal(size=2), name=name) for name in HOSTILE]
    total = parameters[0] * 1.5
    for k, parameter in enumerate(parameters[1:]):
        total = tg.Multiply(total, parameter + 1, name=f"t\n{k}; import os") + parameter
    model = tg.Graph(tg.Sum(total * total, name='loss"""\n'))
    assert_same_gradients(model)
    program = tg.compile(model, tg.Adam(model.parameters))
    for text in (program.source, program.code):
        compile(text, "source", "exec")
        assert "\nimport os" not in text
        assert "; import os" not in text.replace("# ", "").split("def")[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_source_runs_by_itself(optimizer, xor):
    model = tg.lab2.model(rng=0)
    model.forward(**xor)
    opt = optimizer(model.parameters, lr=0.05)
    namespace = {}
    exec(tg.compile(model, opt).source, namespace)
    values = [p.value for p in model.parameters]
    memory = [np.zeros_like(v) for v in values for _ in opt.slots]
    for step in range(1, 4):
        loss, values, *rest = namespace["training_step"](*xor.values(), *values, *memory, step)
        memory = rest[0] if rest else []
        assert loss == pytest.approx(model.forward(**xor), rel=1e-13)
        model.backward()
        opt.step()
    for value, parameter in zip(values, model.parameters):
        np.testing.assert_allclose(value, parameter.value, rtol=1e-12, atol=1e-15)


class DotLoss(tg.Op):
    """A last op, which leaves g = 1 out: each gradient is the other parameter as it is."""

    def infer_shape(self, a, b):
        return ()

    def forward(self, a, b):
        return np.sum(a * b)

    def backward(self, g, y, a, b):
        return b, a


def dot_of_two():
    w, v = tg.Parameter([1.0, 2.0], name="w"), tg.Parameter([3.0, 5.0], name="v")
    return tg.Graph(DotLoss(w, v, name="loss"))


def a_parameter_itself():
    return tg.Graph(tg.Identity(tg.Parameter(3.0, name="w"), name="loss"))


@pytest.mark.parametrize("make", [dot_of_two, a_parameter_itself])
@pytest.mark.parametrize("kind", [tg.SGD, tg.Adam])
def test_a_parameter_that_is_handed_on_is_that_before_the_update(kind, make, target):
    model, compiled = make(), make()
    opt, namespace = kind(model.parameters, lr=0.1), {}
    exec(tg.compile(model, opt).source, namespace)
    values = [p.value for p in model.parameters]
    memory = [m for p in model.parameters for m in opt.memory[p]]
    loss, values, *_ = namespace["training_step"](*values, *memory, 1)
    program = tg.compile(compiled, kind(compiled.parameters, lr=0.1), target=target)
    assert loss == program.step() == model.forward()
    model.backward()
    opt.step()
    for mine, its, same in zip(model.parameters, compiled.parameters, values, strict=True):
        np.testing.assert_allclose(its.value, mine.value, rtol=1e-12)
        np.testing.assert_allclose(same, mine.value, rtol=1e-12)


def test_the_same_graph_gives_the_same_text(target):
    def code():
        model = tg.lab2.model(rng=0)
        return tg.compile(model, tg.RMSProp(model.parameters), target=target).code

    assert len({code() for _ in range(20)}) == 1


def two_layers():
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    W = [
        tg.Parameter(np.ones(shape), name=f"layer{k}/W") for k, shape in ((1, (2, 4)), (2, (4, 1)))
    ]
    h = tg.Tanh(tg.MatMul(x, W[0], name="layer1/z"), name="layer1/h")
    return tg.MSE(tg.MatMul(h, W[1], name="layer2/z"), t, name="loss"), W


BACKWARD_OF_BACKWARD = """\
    # forward
    z1 = x @ W1
    h1 = np.tanh(z1)
    z2 = h1 @ W2

    # backward, as nodes
    dz2 = 0.02 * (z2 - t)
    dh1 = dz2 @ W2.T
    layer1_Multiply1 = h1 * h1
    layer1_Subtract1 = 1.0 - layer1_Multiply1
    dz1 = dh1 * layer1_Subtract1
    dW1 = x.T @ dz1
    Multiply1 = dW1 * dW1
    norm = np.sum(Multiply1)

    # backward of all lines above
    g_dW1 = dW1 + dW1
    g_dz1 = x @ g_dW1
    g_dh1 = g_dz1 * layer1_Subtract1
    layer1_Multiply1_2 = -(g_dz1 * dh1) * h1
    g_dz2 = g_dh1 @ W2
    g_z2 = g_dz2 * 0.02
    g_h1 = layer1_Multiply1_2 + layer1_Multiply1_2 + g_z2 @ W2.T
    g_W2 = (dz2.T @ g_dh1).T + h1.T @ g_z2
    g_z1 = g_h1 * (1 - layer1_Multiply1)
    g_W1 = x.T @ g_z1
    return norm, (g_W1, g_W2)
"""


def test_the_backward_of_a_backward_pass_is_readable():
    loss, W = two_layers()
    (gradient,) = tg.gradients(loss, W[:1])
    norm = tg.Sum(gradient * gradient, name="norm")
    assert BACKWARD_OF_BACKWARD in tg.compile(tg.Graph(norm)).source
    (second,) = tg.gradients(norm, W[:1])
    source = tg.compile(tg.Graph(tg.Sum(second))).source
    assert "\n\n    # backward2, as nodes\n    " in source
    assert "transpose" not in source


def test_a_source_names_no_array_of_equal_numbers_and_no_default():
    w = tg.Parameter(np.ones((30, 40)), name="w")
    source = tg.compile(tg.Graph(tg.Sum(w * w, name="loss"))).source
    assert "loss = np.sum(w_squared)" in source.replace("Multiply1", "w_squared")
    assert "array" not in source
    assert "np.sum(w, axis=0, keepdims=True)" in tg.compile(
        tg.Graph(tg.Sum(tg.Sum(w, axis=0, keepdims=True) ** 2))
    ).source.replace("Sum1 = ", "")
