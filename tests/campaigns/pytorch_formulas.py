"""Each op and each layer of tinygraph, written with PyTorch's own functions."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from torch.nn.attention import SDPBackend, sdpa_kernel

import tinygraph as tg
from tinygraph import ops


def _whole(index):
    return index.detach().round().long()


def _condition(x):
    return x > 0.5  # as tg.Where reads its condition


def _reduced(function, **more):
    def formula(op, x):
        axis = tuple(range(x.ndim)) if op.axis is None else op.axis
        return function(x, dim=axis, keepdim=op.keepdims, **more)

    return formula


def _prod(op, x):
    if op.axis is None:
        y = torch.prod(x)
        return y.reshape((1,) * x.ndim) if op.keepdims else y
    return torch.prod(x, dim=op.axis, keepdim=op.keepdims)


def _put(op, x, like):
    y = torch.zeros_like(like)
    y[op.at] = x
    return y


def _columns(op, x):
    y = F.unfold(x, op.size, stride=op.stride, padding=op.padding).transpose(1, 2)
    h = (x.shape[2] + 2 * op.padding - op.size[0]) // op.stride + 1
    return y.reshape(len(x), h, -1, y.shape[-1])


def _add_windows(op, x, like):
    rows = x.reshape(len(x), -1, x.shape[-1]).transpose(1, 2)
    return F.fold(rows, like.shape[2:], op.size, stride=op.stride, padding=op.padding)


FORMULAS = {
    ops.Abs: lambda op, x: torch.abs(x),
    ops.Add: lambda op, a, b: a + b,
    ops.AddAt: lambda op, x, k, like: torch.zeros_like(like).index_add(op.axis, _whole(k), x),
    ops.AddBias: lambda op, x, b: x + b,
    ops.AddWindows: _add_windows,
    ops.Arccos: lambda op, x: torch.arccos(x),
    ops.Arcsin: lambda op, x: torch.arcsin(x),
    ops.Arctan: lambda op, x: torch.arctan(x),
    ops.AvgPool2D: lambda op, x: F.avg_pool2d(x, op.size),
    ops.BinaryCrossEntropy: lambda op, x, t: F.binary_cross_entropy_with_logits(x, t),
    ops.BroadcastLike: lambda op, x, like: x.expand(like.shape),
    ops.BroadcastTo: lambda op, x: x.expand(op.to),
    ops.Columns: _columns,
    ops.Concatenate: lambda op, *xs: torch.cat(xs, dim=op.axis),
    ops.Conv2D: lambda op, x, K: F.conv2d(x, K, stride=op.stride, padding=op.padding),
    ops.Cos: lambda op, x: torch.cos(x),
    ops.CrossEntropy: lambda op, x, t: F.cross_entropy(x, _whole(t)),
    ops.CumSum: lambda op, x: torch.cumsum(x, dim=op.axis),
    ops.Detach: lambda op, x: x.detach(),
    ops.Divide: lambda op, a, b: a / b,
    ops.Embedding: lambda op, table, k: F.embedding(_whole(k), table),
    ops.Equal: lambda op, a, b: torch.eq(a, b),
    ops.Exp: lambda op, x: torch.exp(x),
    ops.Expm1: lambda op, x: torch.expm1(x),
    ops.GELU: lambda op, x: F.gelu(x, approximate="tanh"),
    ops.Greater: lambda op, a, b: torch.gt(a, b),
    ops.GreaterEqual: lambda op, a, b: torch.ge(a, b),
    ops.Identity: lambda op, x: x.clone(),
    ops.Index: lambda op, x: x[op.at],
    ops.LayerNorm: lambda op, x, gain, bias: F.layer_norm(x, gain.shape, gain, bias, op.eps),
    ops.LeakyReLU: lambda op, x: F.leaky_relu(x, op.slope),
    ops.Less: lambda op, a, b: torch.lt(a, b),
    ops.LessEqual: lambda op, a, b: torch.le(a, b),
    ops.Log: lambda op, x: torch.log(x),
    ops.Log1p: lambda op, x: torch.log1p(x),
    ops.LogSoftmax: lambda op, x: torch.log_softmax(x, dim=-1),
    ops.LogSumExp: _reduced(torch.logsumexp),
    ops.LogicalAnd: lambda op, a, b: torch.logical_and(a, b),
    ops.LogicalNot: lambda op, x: torch.logical_not(x),
    ops.LogicalOr: lambda op, a, b: torch.logical_or(a, b),
    ops.MSE: lambda op, p, t: F.mse_loss(p, t),
    ops.MatMul: lambda op, x, W: torch.matmul(x, W),
    ops.Max: _reduced(torch.amax),
    ops.MaxPool2D: lambda op, x: F.max_pool2d(x, op.size),
    ops.Maximum: lambda op, a, b: torch.maximum(a, b),
    ops.Mean: _reduced(torch.mean),
    ops.Min: _reduced(torch.amin),
    ops.Minimum: lambda op, a, b: torch.minimum(a, b),
    ops.Multiply: lambda op, a, b: a * b,
    ops.Negate: lambda op, x: -x,
    ops.NotEqual: lambda op, a, b: torch.ne(a, b),
    ops.OuterSum: lambda op, x, z: torch.einsum("...i,...j->ij", x, z),
    ops.Pad: lambda op, x: F.pad(x, sum(reversed(op.widths), ()), value=op.fill),
    ops.Power: lambda op, x: x**op.exponent,
    ops.Prod: _prod,
    ops.Put: _put,
    ops.ReLU: lambda op, x: torch.relu(x),
    ops.Reshape: lambda op, x: x.reshape(op.sizes),
    ops.Round: lambda op, x: torch.round(x),
    ops.Sigmoid: lambda op, x: torch.sigmoid(x),
    ops.Sign: lambda op, x: torch.sign(x),
    ops.Sin: lambda op, x: torch.sin(x),
    ops.Softmax: lambda op, x: torch.softmax(x, dim=-1),
    ops.Sqrt: lambda op, x: torch.sqrt(x),
    ops.Square: lambda op, x: torch.square(x),
    ops.Std: _reduced(torch.std, correction=0),
    ops.Subtract: lambda op, a, b: a - b,
    ops.Sum: _reduced(torch.sum),
    ops.Take: lambda op, x, k: torch.index_select(x, op.axis, _whole(k)),
    ops.Tanh: lambda op, x: torch.tanh(x),
    ops.Transpose: lambda op, x: x.permute(op.axes or tuple(range(x.ndim))[::-1]),
    ops.Var: _reduced(torch.var, correction=0),
    ops.VariablePower: lambda op, x, k: torch.pow(x, k),
    ops.Where: lambda op, c, a, b: torch.where(_condition(c), a, b),
}
"""Each op as a function of itself, for its hyperparameters, and of tensors."""

WITHOUT = {ops.Size: "a number that depends on the shape alone"}
"""The ops that PyTorch has no function for, and the reason."""

AXES = (0, 1, -1, (0, 1))
REDUCTIONS = (ops.Sum, ops.Mean, ops.Max, ops.Min, ops.Var, ops.Std, ops.LogSumExp)
VARIANTS = [
    *((op, {}) for op in FORMULAS),
    *((op, {"axis": axis}) for op in REDUCTIONS for axis in AXES),
    *((op, {"axis": 1, "keepdims": True}) for op in (*REDUCTIONS, ops.Prod)),
    *((ops.Prod, {"axis": axis}) for axis in (0, 1)),
    *((ops.Power, {"exponent": k}) for k in (3.0, 0.5, -1.5)),
    *((ops.Conv2D, {"stride": s, "padding": p}) for s, p in ((1, 1), (2, 0), (2, 2))),
    *((pool, {"size": 4}) for pool in (ops.MaxPool2D, ops.AvgPool2D)),
    (ops.CumSum, {"axis": 0}),
    (ops.Pad, {"widths": ((2, 0), (0, 1)), "fill": 1.5}),
    (ops.Transpose, {"axes": (1, 0)}),
    (ops.LeakyReLU, {"slope": 0.2}),
]
"""The ops with the hyperparameters at which they are compared."""


def linear(x, v, name):
    return x @ v[f"{name}/W"] + v[f"{name}/b"]


def norm(x, v, name):
    return F.layer_norm(x, x.shape[-1:], v[f"{name}/gain"], v[f"{name}/bias"])


def attention(x, v, name, heads, causal):
    q, k, u = (
        linear(x, v, f"{name}/{part}").unflatten(-1, (heads, -1)).transpose(1, 2) for part in "qkv"
    )
    with sdpa_kernel(SDPBackend.MATH):  # the only one that can be differentiated twice
        mixed = F.scaled_dot_product_attention(q, k, u, is_causal=causal)
    return linear(mixed.transpose(1, 2).flatten(2), v, f"{name}/out")


def block(x, v, name, heads, causal):
    x = x + attention(norm(x, v, f"{name}/norm1"), v, f"{name}/attention", heads, causal)
    h = F.gelu(linear(norm(x, v, f"{name}/norm2"), v, f"{name}/up"), approximate="tanh")
    return x + linear(h, v, f"{name}/down")


def convolution(x, v, name):
    return F.conv2d(x, v[f"{name}/K"], v[f"{name}/b"].flatten(), stride=2, padding=1)


def batch_norm(x, v, name):
    return F.batch_norm(x, None, None, v[f"{name}/gain"], v[f"{name}/bias"], training=True)


LAYERS = {
    "linear": ((5, 4), lambda x: tg.layers.linear(x, 3, name="n"), linear),
    "conv2d": (
        (2, 3, 6, 6),
        lambda x: tg.layers.conv2d(x, 4, stride=2, padding=1, name="n"),
        convolution,
    ),
    "layer_norm": ((5, 4), lambda x: tg.layers.layer_norm(x, name="n"), norm),
    "batch_norm": ((5, 4), lambda x: tg.layers.batch_norm(x, name="n")[0], batch_norm),
    "attention": (
        (2, 5, 8),
        lambda x: tg.layers.attention(x, 2, name="n"),
        lambda x, v, name: attention(x, v, name, 2, False),
    ),
    "causal attention": (
        (2, 5, 8),
        lambda x: tg.layers.attention(x, 2, causal=True, name="n"),
        lambda x, v, name: attention(x, v, name, 2, True),
    ),
    "transformer_block": (
        (2, 5, 8),
        lambda x: tg.layers.transformer_block(x, 2, name="n"),
        lambda x, v, name: block(x, v, name, 2, False),
    ),
    "causal transformer_block": (
        (2, 5, 8),
        lambda x: tg.layers.transformer_block(x, 2, causal=True, name="n"),
        lambda x, v, name: block(x, v, name, 2, True),
    ),
}
"""Each layer: the shape of its input, the layer itself, and the same of tensors by name."""
