"""Every op, over the examples it brings: its derivative, its texts, its shapes and its manners."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import ops
from tinygraph.check.op_check import check_op
from tinygraph.core.rules import rule_names
from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    OpError,
    ShapeError,
)
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.validation.op_results import one_each

OPS = [getattr(ops, name) for name in ops.__all__]
REDUCTIONS = (
    ops.Sum,
    ops.Mean,
    ops.Max,
    ops.Min,
    ops.Prod,
    ops.Var,
    ops.Std,
    ops.LogSumExp,
)
VARIANTS = [
    *((op, {}) for op in OPS),
    *((tg.Power, {"exponent": k}) for k in (0.0, 0.5, 1.0, 3.0, -2.0)),
    *((op, {"axis": axis}) for op in REDUCTIONS for axis in (0, 1, -1)),
    *((op, {"axis": 1, "keepdims": True}) for op in REDUCTIONS),
    *((op, {"keepdims": True}) for op in REDUCTIONS),
    *((op, {"axis": axis}) for op in REDUCTIONS for axis in ((0, 1), (-1,), ())),
    (tg.ops.Transpose, {"axes": (1, 0)}),
    (tg.ops.Concatenate, {"axis": -1}),
    (tg.ops.CumSum, {"axis": 0}),
    (tg.ops.Pad, {"widths": ((2, 0), (0, 1)), "fill": 3.5}),
    (tg.ops.Reshape, {"to": (-1, 2, 2)}),
]


def call_name(value):
    return value.__name__ if isinstance(value, type) else str(value)


@pytest.mark.parametrize(("op", "hyperparameters"), VARIANTS, ids=call_name)
def test_op(op, hyperparameters):
    check_op(op, **hyperparameters)


@pytest.mark.parametrize("op", OPS, ids=call_name)
def test_every_op_brings_its_texts(op):
    assert op.formula
    assert op.code
    assert len(op.rules) == len(op.arguments)
    assert all(rule.math and rule.code and rule.local and rule.why for rule in op.rules)
    assert op.role in ("linear", "activation", "loss", "arithmetic")
    assert "**Gradient.**" in op.__doc__


def test_the_largest_float_is_an_exponent():
    assert tg.Power(tg.Parameter(1.0), exponent=np.finfo(float).max).shape == ()


def examples(op):
    return [op.example(np.random.default_rng(seed)) for seed in range(5)]


@pytest.mark.parametrize("op", OPS, ids=call_name)
def test_an_example_shows_a_missing_transpose_and_a_mixed_up_entry(op):
    for arrays in examples(op):
        for array in arrays:
            assert array.ndim < 2 or array.shape[0] != array.shape[1]
            assert len(np.unique(np.abs(array))) == array.size
            assert array.size > 1


@pytest.mark.parametrize("op", [op for op in OPS if op.role == "activation"], ids=call_name)
def test_the_example_of_an_activation_lies_on_both_sides_of_0_and_not_at_it(op):
    for (x,) in examples(op):
        assert (x < 0).any()
        assert (x > 0).any()
        assert abs(x).min() > 1e-3


@pytest.mark.parametrize(("op", "argument"), [(tg.Log, 0), (tg.Power, 0), (tg.Divide, 1)])
def test_an_example_lies_on_both_sides_of_1_where_an_op_bends_there(op, argument):
    for arrays in examples(op):
        assert 0 < arrays[argument].min() < 1 < arrays[argument].max()


MOVES = (
    ops.Columns,
    ops.AddWindows,
    ops.Transpose,
    ops.Reshape,
    ops.Index,
    ops.Put,
    ops.Take,
    ops.AddAt,
    ops.Embedding,
    ops.Pad,
    ops.CumSum,
)
"""The ops that only move elements: their local derivative is 1 at another place."""


MATRICES = (tg.Softmax, tg.LogSoftmax, tg.LayerNorm)
"""The ops whose local derivative by x is a matrix for each row."""
WINDOWS = (tg.Conv2D, tg.MaxPool2D, tg.AvgPool2D)
"""The ops whose local derivative belongs to windows of an image."""
ELEMENTWISE = [op for op in OPS if op not in (tg.MatMul, tg.OuterSum, *MOVES, *MATRICES, *WINDOWS)]


@pytest.mark.parametrize("op", MATRICES, ids=call_name)
def test_a_matrix_of_slopes_times_g_is_the_gradient(op):
    arrays = op.example(np.random.default_rng(1))
    if op is tg.LayerNorm:
        arrays = (arrays[0], np.ones(4), np.zeros(4))
    node = op(*arrays)
    y = np.asarray(node.forward(*arrays))
    g = np.random.default_rng(2).normal(size=y.shape)
    names = rule_names(node, {**dict(zip(node.inputs, arrays, strict=True)), node: y}, g)
    slopes = eval(op.rules[0].local, names)
    grad = one_each(node, node.backward(g, y, *arrays))[0]
    np.testing.assert_allclose(np.einsum("bi,bij->bj", g, slopes), grad)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=call_name)
def test_local_derivative_times_g_is_the_gradient(op):
    arrays = op.example(np.random.default_rng(1))
    node = op(*arrays)
    y = np.asarray(node.forward(*arrays))
    g = np.random.default_rng(2).normal(size=y.shape)
    grads = one_each(node, node.backward(g, y, *arrays))
    for rule, array, grad in zip(op.rules, arrays, grads, strict=True):
        names = rule_names(node, {**dict(zip(node.inputs, arrays, strict=True)), node: y}, g)
        if grad is None:
            assert eval(rule.local, names) == 0
            continue
        product = g * eval(rule.local, names)
        if product.size < array.size:
            product = np.broadcast_to(product, array.shape)
        np.testing.assert_allclose(unbroadcast(product, array), grad)


def test_local_derivatives_of_the_matrix_product_stand_on_their_sides_of_g():
    x, W = tg.MatMul.example(np.random.default_rng(1))
    g = np.random.default_rng(2).normal(size=(5, 4))
    for_x, for_W = (eval(rule.local, {"x": x, "W": W}) for rule in tg.MatMul.rules)
    got_x, got_W = tg.MatMul(x, W).backward(g, x @ W, x, W)
    np.testing.assert_allclose(g @ for_x, got_x)
    np.testing.assert_allclose(for_W @ g, got_W)


@pytest.mark.parametrize("op", OPS, ids=call_name)
def test_shape_is_known_before_the_run_and_kept_in_it(op):
    arrays = op.example(np.random.default_rng(0))
    node = op(*arrays)
    assert node.shape == np.shape(node.forward(*arrays))


@pytest.mark.parametrize("op", [tg.Sigmoid, tg.Tanh, tg.ReLU, tg.Identity, tg.Exp, tg.Negate])
def test_elementwise_ops_keep_an_unknown_batch_size(op):
    assert op(tg.Input("x", shape=(None, 3))).shape == (None, 3)


@pytest.mark.parametrize(
    "optimizer", [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_lines_of_an_optimizer_compute_its_update(optimizer, dtype):
    rng = np.random.default_rng(4)
    w, g = rng.normal(size=(2, 3, 4)).astype(dtype)
    opt = optimizer([tg.Parameter(w, name="w")], lr=0.3)
    memory = [np.abs(rng.normal(size=w.shape)).astype(dtype) for _ in opt.slots]
    for t in (1, 2, 50):
        updated = opt.update(w, g, t, *memory)
        names = {"np": np, "self": opt, "w": w, "g": g, "t": t}
        names |= dict(zip(opt.slots, memory, strict=True))
        for line in opt.lines:
            assert line.math
            names[line.name] = eval(line.code, names)
        for name, array in zip(("w", *opt.slots), updated, strict=True):
            np.testing.assert_array_equal(names[name], array)
            assert array.dtype == dtype
    assert opt.lines[-1].name == "w"


class Good(tg.Op):
    code = "x * x"
    rules = (tg.Rule("2gx", "g * 2 * x"),)

    def forward(self, x):
        return x * x

    def backward(self, g, y, x):
        return g * 2 * x


class WrongBackward(Good):
    def backward(self, g, y, x):
        return g * x


class WrongCode(Good):
    code = "x + x"


class CodeThatDoesNotRun(Good):
    code = "z"


class WrongRule(Good):
    rules = (tg.Rule("gx", "g * x"),)


class TooManyRules(Good):
    rules = Good.rules * 2


class Widens(Good):
    code = ""

    def forward(self, x):
        return x * x * np.float64(1.0) * np.ones(x.shape)


class WidensBackward(Good):
    def backward(self, g, y, x):
        return g * 2 * x * np.ones(x.shape)


class WrongShape(Good):
    def infer_shape(self, x):
        return (1, 2, 3)


class WrongExample(Good):
    @classmethod
    def example(cls, rng):
        return ()


class BareExample(Good):
    @classmethod
    def example(cls, rng):
        return 3.0


@pytest.mark.parametrize(
    ("op", "error", "words"),
    [
        (WrongBackward, GradientError, "0.5 times"),
        (WrongCode, GradientError, "code of WrongCode"),
        (CodeThatDoesNotRun, OpError, "does not run: NameError"),
        (WrongRule, GradientError, "rule for x"),
        (TooManyRules, OpError, "2 rules for 1 arguments"),
        (Widens, OpError, "forward of Widens"),
        (WidensBackward, OpError, "backward of WidensBackward"),
        (WrongShape, OpError, "infer_shape"),
        (WrongExample, ArgumentError, "one array for each argument"),
        (BareExample, ArgumentTypeError, "tuple of arrays"),
        ("Sigmoid", ArgumentTypeError, "takes an op class"),
    ],
    ids=call_name,
)
def test_check_op_refuses(op, error, words):
    with pytest.raises(error, match=words):
        check_op(op)


def test_check_op_passes_a_right_op_and_takes_arrays_of_ones_own():
    check_op(Good)
    check_op(Good, [[1.0, 2.0]])
    check_op(tg.ReLU, np.array([0.0]))
    with pytest.raises(GradientError):
        check_op(WrongBackward, [3.0])


def test_a_loss_compares_no_wrong_pairs_in_a_batch_of_one():
    t = tg.Input("t", shape=(3, 1))
    model = tg.Graph(tg.MSE(tg.Input("x", shape=(None, 1)), t, name="loss"))
    with pytest.raises(ShapeError, match=r'"loss".*\(1, 1\) and \(3, 1\)'):
        model.forward(x=np.ones((1, 1)), t=np.ones((3, 1)))
    assert model.forward(x=np.ones((3, 1)), t=np.ones((3, 1))) == 0


def test_no_gradient_flows_through_detach_and_gradcheck_holds_its_value():
    w = tg.Parameter([2.0, 3.0], name="w")
    model = tg.Graph(tg.Sum(w * tg.Detach(w * w, name="target")))
    model.forward()
    model.backward()
    np.testing.assert_array_equal(w.grad, [4.0, 9.0])
    assert tg.gradcheck(model).ok
    (gradient,) = tg.gradients(model.output, [w])
    np.testing.assert_array_equal(tg.Graph(gradient).forward(), w.grad)
    np.testing.assert_array_equal(tg.compile(model).gradients()[1]["w"], w.grad)


@pytest.mark.parametrize("zeros", [[], [1], [0, 2]])
def test_the_gradient_of_a_product_is_right_with_zeros_in_it(zeros):
    values = np.array([2.0, 3.0, 5.0])
    values[zeros] = 0.0
    x = tg.Parameter(values, name="x")
    model = tg.Graph(np.prod(x))
    model.forward()
    model.backward()
    expected = [np.prod(np.delete(values, k)) for k in range(3)]
    np.testing.assert_array_equal(x.grad, expected)


def test_equal_elements_have_no_slope_of_their_standard_deviation():
    x = tg.Parameter([2.0, 2.0], name="x")
    model = tg.Graph(np.std(x))
    assert model.forward() == 0.0
    model.backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


def test_a_log_sum_exp_of_large_numbers_does_not_overflow():
    x = tg.Parameter([[900.0, 900.0], [-900.0, -1000.0]], name="x")
    node = tg.LogSumExp(x, axis=1)
    model = tg.Graph(tg.Sum(node))
    model.forward()
    model.backward()
    np.testing.assert_allclose(node.value, [900.0 + np.log(2.0), -900.0])
    np.testing.assert_allclose(x.grad, [[0.5, 0.5], [1.0, 0.0]], atol=1e-40)
