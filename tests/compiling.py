"""What the tests of the compiler share: the optimizers, and the comparison with the interpreter."""

from __future__ import annotations

import numpy as np

import tinygraph as tg

OPTIMIZERS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]
FLOATS = [np.float64, np.float32]


def tolerance(dtype):
    return {"rtol": 1e-11, "atol": 1e-13} if dtype == np.float64 else {"rtol": 2e-5, "atol": 1e-6}


def assert_same_gradients(model, target="numpy", dtype=np.float64, **feeds):
    """Hold the program's loss and gradients against those of forward and backward."""
    loss, gradients = tg.compile(model, target=target).gradients(**feeds)
    np.testing.assert_allclose(loss, model.forward(**feeds), **tolerance(dtype))
    model.backward()
    for parameter in model.parameters:
        got = gradients[parameter.name]
        assert got.dtype == parameter.value.dtype
        np.testing.assert_allclose(got, parameter.grad, err_msg=parameter.name, **tolerance(dtype))


def of_op(op_class, arrays, **hyperparameters):
    """Return a graph whose parameters are the op's inputs and whose loss weighs every element.

    An input to which no gradient flows is a constant.
    """
    parameters = [tg.Parameter(a, name=f"p{k}") for k, a in enumerate(arrays)]
    probe = tg.Graph(tg.Sum(op_class(*parameters, **hyperparameters)))
    probe.forward()
    probe.backward()
    inputs = [
        tg.Constant(parameter.value) if parameter.grad is None else parameter
        for parameter in parameters
    ]
    y = op_class(*inputs, name="y", **hyperparameters)
    weight = np.random.default_rng(1).normal(size=y.shape).astype(arrays[0].dtype)
    if not any(isinstance(node, tg.Parameter) for node in inputs):
        y = y * tg.Parameter(np.asarray(2.0, arrays[0].dtype), name="scale")
    return tg.Graph(tg.Sum(y * weight, name="loss"))
