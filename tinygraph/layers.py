"""Layers: functions that build named parts of a graph.

A layer takes a node and returns a node. There are no layer classes: the parameters are ordinary
nodes, named ``block1/attention/q/W``, and you find them by these names.

>>> import tinygraph as tg
>>> x = tg.Input("x", shape=(None, 64))
>>> label = tg.Input("label", shape=(None,), dtype=int)
>>> rng = np.random.default_rng(0)
>>> h = tg.ReLU(linear(x, 32, name="hidden", rng=rng, init="he"))
>>> logits = linear(h, 10, name="output", rng=rng)
>>> model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits)
>>> [parameter.name for parameter in model.parameters]
['hidden/W', 'hidden/b', 'output/W', 'output/b']
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.leaves import Constant, Parameter, Random, State
from tinygraph.core.node import Node
from tinygraph.core.scope import scope
from tinygraph.core.switch import Switch
from tinygraph.errors import ArgumentError, ArgumentTypeError, ShapeError, did_you_mean
from tinygraph.ops.activations import GELU
from tinygraph.ops.arithmetic import Add
from tinygraph.ops.classification import Softmax
from tinygraph.ops.convolution import Conv2D
from tinygraph.ops.linear import AddBias, MatMul
from tinygraph.ops.normalization import LayerNorm
from tinygraph.ops.powers import Sqrt
from tinygraph.ops.reductions import Mean
from tinygraph.ops.shaping import Reshape, Transpose
from tinygraph.validation.arrays import Array, brief, is_bool, is_number, is_whole_number
from tinygraph.validation.naming import describe_with_shape
from tinygraph.validation.randomness import as_generator
from tinygraph.validation.shapes import show

INITIALIZATIONS = ("xavier", "he", "normal")


def initial(
    shape: tuple[int, ...], fan_in: int, fan_out: int, rng: np.random.Generator, init: str
) -> Array:
    r"""Return start values for weights, drawn from a normal distribution with mean 0.

    A unit adds up ``fan_in`` products. If its inputs have the variance v and its weights the
    variance :math:`s^2`, the sum has the variance :math:`fan\_in \cdot s^2 v`. To keep v from
    layer to layer, :math:`s^2 = 1 / fan\_in` is needed; the backward pass needs :math:`1 /
    fan\_out`.

    ``"xavier"``
        :math:`s^2 = 2 / (fan\_in + fan\_out)`, between the two. For sigmoid, tanh and identity.
        Source: X. Glorot and Y. Bengio, AISTATS 2010.
    ``"he"``
        :math:`s^2 = 2 / fan\_in`. A ReLU sets half of its inputs to 0, so the factor is 2.
        Source: K. He, X. Zhang, S. Ren and J. Sun, ICCV 2015.
    ``"normal"``
        :math:`s = 1`, as in Lab 2.

    >>> rng = np.random.default_rng(0)
    >>> round(float(initial((500, 500), 500, 500, rng, "he").std() ** 2 * 500), 1)
    2.0
    """
    fan_in, fan_out = _count("fan_in", fan_in), _count("fan_out", fan_out)
    rng, shape = as_generator(rng), tuple(_count("each size of shape", n) for n in _sizes(shape))
    if not isinstance(init, str) or init not in INITIALIZATIONS:
        raise ArgumentError(
            f"init must be the name of an initialization; got {brief(init)}."
            + did_you_mean(init, INITIALIZATIONS)
        )
    variance = {"xavier": 2 / (fan_in + fan_out), "he": 2 / fan_in, "normal": 1.0}[init]
    try:
        weights: Array = rng.normal(size=shape) * np.sqrt(variance)
    except (ValueError, MemoryError) as error:
        raise ArgumentError(
            f"The weights of a layer must fit into memory; {show(shape)} is too large ({error})."
        ) from error
    return weights


def linear(
    x: Node,
    units: int,
    *,
    name: str,
    rng: np.random.Generator | int | None = None,
    init: str = "xavier",
) -> Node:
    """Return ``x @ W + b`` with new parameters W and b.

    Parameters
    ----------
    x : Node (B, …, n)
    units : int
        The size of the last axis of the result.
    name : str
        The scope of the new nodes.
    rng : Generator or int, optional
        The source of the weights, or a seed (default 0). Pass one Generator to all layers of a
        network: the same seed would give all of them the same weights.
    init : str
        ``"xavier"``, ``"he"`` or ``"normal"``; see :func:`initial`. The bias starts at 0.

    Raises
    ------
    ShapeError, ArgumentError

    >>> import tinygraph as tg
    >>> linear(tg.Input("x", shape=(None, 8, 4)), 3, name="out")
    <Add "out/a" (B, 8, 3)>
    """
    size = _last_axis(x, "linear")
    units = _count("units", units)
    with scope(name):
        weights = initial((size, units), size, units, as_generator(rng), init)
        W, b = _parameter(x, weights, "W"), _parameter(x, np.zeros(units), "b")
        z = MatMul(x, W, name="z")
        return AddBias(z, b, name="a") if len(x.shape) == 2 else Add(z, b, name="a")


def conv2d(
    x: Node,
    channels: int,
    *,
    name: str,
    size: int = 3,
    stride: int = 1,
    padding: int = 0,
    rng: np.random.Generator | int | None = None,
    init: str = "he",
) -> Node:
    """Return the convolution of images with new kernels, plus one bias per channel.

    Parameters
    ----------
    x : Node (B, in, height, width)
    channels : int
        The number of kernels, and of channels of the result.
    name : str
        The scope of the new nodes.
    size, stride, padding : int
        The height and width of the kernels, and the arguments of :class:`tinygraph.Conv2D`.
    rng, init
        As for :func:`linear`.

    Raises
    ------
    ShapeError, ArgumentError

    >>> import tinygraph as tg
    >>> conv2d(tg.Input("image", shape=(None, 1, 8, 8)), 4, padding=1, name="conv1")
    <Add "conv1/a" (B, 4, 8, 8)>
    """
    if not isinstance(x, Node) or len(x.shape) != 4 or x.shape[1] is None:
        raise ShapeError(f"conv2d needs images (B, channels, height, width); got {_arrived(x)}.")
    channels, size = _count("channels", channels), _count("size", size)
    fan_in, fan_out = x.shape[1] * size * size, channels * size * size
    with scope(name):
        shape = (channels, x.shape[1], size, size)
        kernels = initial(shape, fan_in, fan_out, as_generator(rng), init)
        K = _parameter(x, kernels, "K")
        b = _parameter(x, np.zeros((channels, 1, 1)), "b")
        z = Conv2D(x, K, stride=stride, padding=padding, name="z")
        return Add(z, b, name="a")


def layer_norm(x: Node, *, name: str) -> Node:
    """Return the layer normalization of x, with a new gain (1) and a new bias (0).

    >>> import tinygraph as tg
    >>> layer_norm(tg.Input("x", shape=(None, 4)), name="norm")
    <LayerNorm "norm/h" (B, 4)>
    """
    size = _last_axis(x, "layer_norm")
    with scope(name):
        gain, bias = _parameter(x, np.ones(size), "gain"), _parameter(x, np.zeros(size), "bias")
        return LayerNorm(x, gain, bias, name="h")


def batch_norm(
    x: Node, *, name: str, momentum: float = 0.1, eps: float = 1e-5
) -> tuple[Node, dict[State, Node]]:
    """Return the batch normalization of x, and the updates of its running mean and variance.

    In training, each column is normalized with the mean and the variance of the batch.
    ``predict`` uses the running values, which ``Graph(…, updates=updates)`` keeps.

    Source: S. Ioffe and C. Szegedy, *Batch normalization*, ICML 2015.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 4))
    >>> h, updates = batch_norm(x, name="norm")
    >>> model = tg.Graph(tg.Sum(h), prediction=h, updates=updates)
    >>> [state.name for state in model.states]
    ['norm/running_mean', 'norm/running_variance']
    """
    size = _last_axis(x, "batch_norm")
    for label, number in (("momentum", momentum), ("eps", eps)):
        if not is_number(number) or not 0 <= number <= 1:
            raise ArgumentError(
                f"{label} of batch_norm must be a number from 0 to 1; got {brief(number)}."
            )
    with scope(name):
        mean = Mean(x, axis=0)
        variance = Mean((x - mean) ** 2, axis=0)
        precision = _precision(x)
        running_mean = State(np.zeros(size, precision), name="running_mean")
        running_variance = State(np.ones(size, precision), name="running_variance")
        updates = {
            running_mean: (1 - momentum) * running_mean + momentum * mean,
            running_variance: (1 - momentum) * running_variance + momentum * variance,
        }
        used_mean = Switch(training=mean, predicting=running_mean, name="mean")
        used_variance = Switch(training=variance, predicting=running_variance, name="variance")
        gain, bias = _parameter(x, np.ones(size), "gain"), _parameter(x, np.zeros(size), "bias")
        h: Node = gain * (x - used_mean) / Sqrt(used_variance + eps) + bias
        return h, updates


def dropout(x: Node, p: float, *, name: str) -> Node:
    """Return x with a random fraction ``p`` of its elements set to 0 in training.

    The others are divided by 1 − p, so the expectation does not change, and ``predict`` returns x.

    Source: N. Srivastava et al., *Dropout*, JMLR 15, 2014.

    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 4))
    >>> tg.Graph(tg.Sum(dropout(x, 0.5, name="drop"))).predict(x=[[1.0, 1.0, 1.0, 1.0]])
    4.0
    """
    if not is_number(p) or not 0 <= p < 1:
        raise ArgumentError(f"p of dropout must be a number from 0 to below 1; got {brief(p)}.")
    if not isinstance(x, Node):
        raise ArgumentError(f"dropout needs a node; got {brief(x)}.")
    with scope(name):
        mask = Random("mask", x.shape, lambda rng, shape: (rng.random(shape) >= p) / (1 - p))
        kept = Switch(training=mask, predicting=1.0, name="kept")
        dropped: Node = x * kept
        return dropped


def attention(
    x: Node,
    heads: int,
    causal: bool = False,
    *,
    name: str,
    rng: np.random.Generator | int | None = None,
) -> Node:
    """Return multi-head self-attention over the positions of a sequence.

    Each position computes a query, a key and a value per head. Its result is the mean of all
    values, weighted by the softmax of (query · key) / √size.

    Parameters
    ----------
    x : Node (B, T, d)
        T positions; d must be a multiple of ``heads``.
    heads : int
    causal : bool
        Whether a position may look only at itself and at earlier positions.
    name : str
        The scope of the new nodes: ``q``, ``k``, ``v``, ``weights`` and ``out``.
    rng
        As for :func:`linear`.

    Source: A. Vaswani et al., *Attention is all you need*, NeurIPS 2017.

    >>> import tinygraph as tg
    >>> attention(tg.Input("x", shape=(None, 8, 16)), 2, causal=True, name="attention")
    <Add "attention/out/a" (B, 8, 16)>
    """
    if not isinstance(x, Node) or len(x.shape) != 3 or None in x.shape[1:]:
        raise ShapeError(f"attention needs x (B, T, d); got {_arrived(x)}.")
    length, size = x.shape[1] or 0, x.shape[2] or 0
    heads = _count("heads", heads)
    if not is_bool(causal):
        raise ArgumentTypeError(f"causal must be True or False; got {brief(causal)}.")
    if size % heads:
        raise ShapeError(
            f"attention needs a size d that is a multiple of the number of heads; got "
            f"{describe_with_shape(x)} and {heads} heads."
        )
    generator = as_generator(rng)
    with scope(name):

        def split(part: str) -> Node:
            y = linear(x, size, name=part, rng=generator)
            parts = Reshape(y, to=(x.shape[0], length, heads, size // heads))
            return Transpose(parts, axes=(0, 2, 1, 3))

        q, k, v = split("q"), split("k"), split("v")
        scores = (q @ Transpose(k, axes=(0, 1, 3, 2))) * float((size // heads) ** -0.5)
        if causal:
            later = np.triu(np.full((length, length), -1e9, _precision(x)), 1)
            scores = scores + Constant(later, name="mask")
        mixed = Softmax(scores, name="weights") @ v
        joined = Reshape(Transpose(mixed, axes=(0, 2, 1, 3)), to=(x.shape[0], length, size))
        return linear(joined, size, name="out", rng=generator)


def transformer_block(
    x: Node,
    heads: int,
    causal: bool = False,
    *,
    name: str,
    rng: np.random.Generator | int | None = None,
    widening: int = 4,
) -> Node:
    """Return a transformer block: attention and two linear layers, each added to its input.

    Each of the two parts normalizes its input first, so the path of the sums is free of other
    ops, and gradients pass through it unchanged.

    Parameters
    ----------
    x : Node (B, T, d)
    heads, causal, name, rng
        As for :func:`attention`.
    widening : int
        The hidden layer has ``widening`` · d units.

    >>> import tinygraph as tg
    >>> transformer_block(tg.Input("x", shape=(None, 8, 16)), 2, name="block1")
    <Add "block1/result" (B, 8, 16)>
    """
    generator, widening = as_generator(rng), _count("widening", widening)
    with scope(name):
        normal = layer_norm(x, name="norm1")
        x = Add(x, attention(normal, heads, causal, name="attention", rng=generator), name="sum")
        size = _last_axis(x, "transformer_block")
        h = linear(layer_norm(x, name="norm2"), widening * size, name="up", rng=generator)
        h = linear(GELU(h, name="gelu"), size, name="down", rng=generator)
        return Add(x, h, name="result")


def _parameter(x: Node, array: Array, name: str) -> Parameter:
    """Return a new parameter, in the precision of those that x is computed from."""
    return Parameter(array.astype(_precision(x)), name=name)


def _precision(x: Node) -> Any:
    """Return the precision of the nearest parameter that x is computed from; default: float64."""
    stack, seen = [x], {x}
    while stack:
        node = stack.pop()
        if isinstance(node, Parameter):
            return node.value.dtype
        new = [parent for parent in node.inputs if parent not in seen]
        seen.update(new)
        stack.extend(new)
    return np.dtype(np.float64)


def _last_axis(x: Any, caller: str) -> int:
    if not isinstance(x, Node) or len(x.shape) < 2 or x.shape[-1] is None:
        raise ShapeError(
            f"{caller} needs a node (B, …, n) with a known last size; got {_arrived(x)}."
        )
    return x.shape[-1]


def _arrived(x: Any) -> str:
    return describe_with_shape(x) if isinstance(x, Node) else brief(x)


def _count(name: str, value: Any) -> int:
    if not is_whole_number(value) or value < 1:
        raise ArgumentError(f"{name} must be a whole number of at least 1; got {brief(value)}.")
    return int(value)


def _sizes(shape: Any) -> tuple[Any, ...]:
    if not isinstance(shape, tuple):
        raise ArgumentError(f"shape must be a tuple of sizes; got {brief(shape)}.")
    return shape
