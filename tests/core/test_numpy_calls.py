"""Each line of NumPy that a reader may type, on a node and on an array.

A call on a node must give the numbers of the call on an array, or an explanation. Where NumPy
itself refuses a call, a node must refuse it, too. The lines are in ``numpy_calls.txt``.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import TinygraphError

LINES = (Path(__file__).parent / "numpy_calls.txt").read_text(encoding="utf-8").splitlines()
SHAPES = [(), (1,), (4,), (3, 4), (1, 4), (3, 1), (2, 3, 4), (0, 4), (1, 1, 1)]
NEW = {"np.concat(", "np.pow(", "np.permute_dims(", "np.matrix_transpose(", "np.vecdot("}
NEW |= {"np.unstack(", "np.astype(", ".mT", "shape=(", "np.clip(x, None, None)"}
"""What the oldest supported NumPy does not have."""


def evaluate(line, x):
    """Return the result of a line, or the error that it raises."""
    try:
        return eval(line, {"np": np, "math": math, "x": x})
    except Exception as error:
        return error


def value_of(result):
    """Return the numbers of a node, or what it refuses to run with; anything else unchanged."""
    if isinstance(result, list):
        return [value_of(each) for each in result]
    try:
        return tg.Graph(result).forward() if isinstance(result, tg.Node) else result
    except TinygraphError as error:
        return error


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", LINES)
def test_a_line_on_a_node_gives_the_numbers_of_numpy_or_an_explanation(line):
    on_arrays = [evaluate(line, np.ones(shape)) for shape in SHAPES]
    if all(isinstance(each, Exception) for each in on_arrays) and any(new in line for new in NEW):
        pytest.skip("this NumPy does not have it")
    for shape in SHAPES:
        array = np.random.default_rng(0).uniform(0.1, 0.9, size=shape)
        expected = evaluate(line, array)
        result = evaluate(line, tg.Parameter(array, name="x"))
        value = value_of(result)
        if isinstance(value, Exception):
            refused_alike = type(value) is type(expected) and str(value) == str(expected)
            assert isinstance(value, TinygraphError) or refused_alike, f"{shape}: {value!r}"
            continue
        assert not isinstance(expected, Exception), f"{shape}: NumPy refuses, the node {result!r}"
        pairs = list(zip(value, expected)) if isinstance(value, list) else [(value, expected)]
        for got, wanted in pairs:
            assert np.shape(got) == np.shape(wanted), shape
        if isinstance(result, tg.Node):
            assert result.shape == np.shape(expected), shape
        for got, wanted in pairs:
            if isinstance(got, (float, np.ndarray, np.generic)):
                np.testing.assert_allclose(got, np.asarray(wanted, float), rtol=1e-14)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("shape", [(), (3, 4)], ids=str)
def test_backward_gradients_and_the_compiler_agree_on_a_line(line, shape):
    array = np.random.default_rng(1).uniform(0.1, 0.9, size=shape)
    x = tg.Parameter(array, name="x")
    node = evaluate(line, x)
    value = value_of(node)
    if (
        not isinstance(node, tg.Node)
        or isinstance(value, Exception)
        or not np.isfinite(value).all()
    ):
        return
    loss = np.sum(node * np.random.default_rng(2).normal(size=node.shape)) + np.sum(x * x)
    model = tg.Graph(loss)
    assert tg.gradcheck(model).first_wrong is None
    model.forward()
    model.backward()
    if not np.isfinite(x.grad).all():
        return
    (gradient,) = tg.gradients(loss, [x])
    np.testing.assert_allclose(tg.Graph(gradient).forward(), x.grad, rtol=1e-13, atol=1e-15)
    compiled, grads = tg.compile(model, target="numpy").gradients()
    np.testing.assert_allclose(compiled, model.output.value, rtol=1e-12)
    np.testing.assert_allclose(grads["x"], x.grad, rtol=1e-10, atol=1e-12)
