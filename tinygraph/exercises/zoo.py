"""A zoo of ops and optimizers for the tutorial on checking gradients. Some of them are broken.

The docstring of each specimen says what it claims to compute. Do not use them in a network.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygraph.check.gradcheck import gradcheck
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.op import Op
from tinygraph.errors import TinygraphError
from tinygraph.ops import Sum
from tinygraph.optim.adam import Adam
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Momentum, RMSProp
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape


class DecoupledDecay(Optimizer):
    """Adam with decoupled weight decay; a correct version, to compare with a specimen."""

    slots = ("m", "v")

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        m = 0.9 * state[0] + 0.1 * g
        v = 0.999 * state[1] + 0.001 * g * g
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return w - self.lr * (step + 0.1 * w), m, v


class Cube(Op):
    """x³."""

    def forward(self, x: Array) -> Array:
        return x**3

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return 3 * x**2


class Sigmoid(Op):
    """1 / (1 + e^−x)."""

    def forward(self, x: Array) -> Array:
        return 1 / (1 + np.exp(-x))

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * np.exp(-x) * y * y


class Tanh(Op):
    """The hyperbolic tangent."""

    def forward(self, x: Array) -> Array:
        return np.tanh(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * (1 - x * x)


class ReLU(Op):
    """max(x, 0)."""

    def forward(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return np.maximum(g, 0)


class Product(Op):
    """a · b, element by element."""

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return g * a, g * b


class Layer(Op):
    """x W, for a square matrix W."""

    def forward(self, x: Array, W: Array) -> Array:
        return x @ W

    def backward(self, g: Array, y: Array, x: Array, W: Array) -> tuple[Array, Array]:
        return g @ W, x.T @ g

    def infer_shape(self, x: Shape, W: Shape) -> Shape:
        return (x[0], W[1])

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 3)), rng.normal(size=(3, 3))


class Bias(Op):
    """x + b, with one b per column."""

    def forward(self, x: Array, b: Array) -> Array:
        return x + b

    def backward(self, g: Array, y: Array, x: Array, b: Array) -> tuple[Array, Array]:
        return g, g.mean(axis=0)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 3)), rng.normal(size=3)


class SquaredError(Op):
    """Half the sum of (p − t)²."""

    def forward(self, p: Array, t: Array) -> Any:
        return 0.5 * np.sum((p - t) ** 2)

    def backward(self, g: Array, y: Array, p: Array, t: Array) -> tuple[Array, Array]:
        return g * (p - t), g * (t - p)

    def infer_shape(self, p: Shape, t: Shape) -> Shape:
        return ()


class MeanSquaredError(Op):
    """The mean of (t − p)²."""

    def forward(self, p: Array, t: Array) -> Any:
        return np.mean((t - p) ** 2)

    def backward(self, g: Array, y: Array, p: Array, t: Array) -> tuple[Array, Array]:
        slope = g * 2 / p.size * (t - p)
        return slope, -slope

    def infer_shape(self, p: Shape, t: Shape) -> Shape:
        return ()


class Residual(Op):
    """x + x³: one path goes around the cube, one goes through it."""

    def forward(self, x: Array) -> Array:
        return x + x**3

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        grads = {"x": g}
        grads["x"] = g * 3 * x**2
        return grads["x"]


class Scale(Op):
    """x · s, with one s per column."""

    def forward(self, x: Array, s: Array) -> Array:
        return x * s

    def backward(self, g: Array, y: Array, x: Array, s: Array) -> tuple[Array, Array]:
        return g * s, g * x

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 3)), rng.normal(size=3)


class Center(Op):
    """x minus the mean of its column."""

    def forward(self, x: Array) -> Any:
        return x - x.mean(axis=0)

    def backward(self, g: Array, y: Array, x: Array) -> Any:
        return g - g.mean(axis=0)


class Softmax(Op):
    """Turns each row into probabilities: e^x divided by the sum of its row."""

    def forward(self, x: Array) -> Any:
        return np.exp(x) / np.exp(x).sum(axis=0)

    def backward(self, g: Array, y: Array, x: Array) -> Any:
        return y * (g - (g * y).sum(axis=0))

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(5, 3)),)


class Descent(Optimizer):
    """Gradient descent: w ← w − η g."""

    claims: ClassVar[type[Optimizer]] = SGD
    slots = ("grad",)

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        grad = state[0] + g
        return w - self.lr * grad, grad


class HeavyBall(Optimizer):
    """Momentum, with the learning rate outside: v ← β v + g, w ← w − η v."""

    claims: ClassVar[type[Optimizer]] = Momentum
    slots = ("v",)

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        v = 0.9 * state[0] + g
        return w - self.lr * v, v


class SumOfSquares(Optimizer):
    """AdaGrad."""

    claims: ClassVar[type[Optimizer]] = AdaGrad
    slots = ("s",)

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        s = state[0] + g * g
        return w - self.lr * g / (s + 1e-8), s


class MeanOfSquares(Optimizer):
    """RMSProp, with ρ = 0.9."""

    claims: ClassVar[type[Optimizer]] = RMSProp
    slots = ("s",)

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        s = 0.9 * state[0] + 0.1 * g
        return w - self.lr * g / (np.sqrt(s * s) + 1e-8), s


class TwoMeans(Optimizer):
    """Adam."""

    claims: ClassVar[type[Optimizer]] = Adam
    slots = ("m", "v")

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        m = 0.9 * state[0] + 0.1 * g
        v = 0.999 * state[1] + 0.001 * g * g
        return w - self.lr * m / (np.sqrt(v) + 1e-8), m, v


class ShrinkingWeights(Optimizer):
    """Adam with decoupled weight decay: each step also subtracts 0.1 η w."""

    claims: ClassVar[type[Optimizer]] = DecoupledDecay
    slots = ("m", "v")

    def update(self, w: Array, g: Array, t: Any, *state: Array) -> tuple[Array, ...]:
        g = g + 0.1 * w
        m = 0.9 * state[0] + 0.1 * g
        v = 0.999 * state[1] + 0.001 * g * g
        step = (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        return w - self.lr * step, m, v


OPS: tuple[type[Op], ...] = (
    Cube,
    Sigmoid,
    Tanh,
    ReLU,
    Product,
    Layer,
    Bias,
    SquaredError,
    MeanSquaredError,
    Residual,
    Scale,
    Center,
    Softmax,
)
OPTIMIZERS: tuple[Any, ...] = (
    Descent,
    HeavyBall,
    SumOfSquares,
    MeanOfSquares,
    TwoMeans,
    ShrinkingWeights,
)

FAULTS = {
    "g": "the incoming gradient g is missing",
    "x, y": "x is used instead of y, or y instead of x",
    "mask": "the mask depends on g instead of x",
    "swapped": "the gradients of the two arguments are swapped",
    "transpose": "a transpose is missing",
    "mean": "the gradient is averaged over the batch, but it must be summed",
    "no sum": "the gradient is not summed over the batch",
    "sign": "the sign is wrong",
    "path": "the second path overwrites the contribution of the first: = instead of +=",
    "axis": "the op works along the wrong axis",
    "root": "a square root is missing",
    "square": "g is used instead of g²",
    "start": "the correction of the start at 0 is missing",
    "stale": "the gradients of earlier steps are not cleared",
    "decay": "the weight decay enters the running means",
    "power": "an exponent is wrong",
    "kink": "the slope at a kink (a corner of the curve) is wrong",
}
"""Faults by their short names. Some of them do not occur in the zoo."""


def graph_of(op_class: type[Op]) -> Graph:
    """Return a graph with one op of the class, at input values where it has a derivative."""
    # gradcheck draws its gradients with the seed 0, and they must differ from these values.
    arrays = op_class.example(np.random.default_rng(1))
    parameters = [Parameter(a, name=n) for a, n in zip(arrays, op_class.arguments, strict=True)]
    y = op_class(*parameters, name=op_class.__name__)
    return Graph(Sum(y * y, name="L"))


def walk(optimizer_class: Any, gradients: Any, lr: float = 0.1) -> list[float]:
    """Return the values of a weight that starts at 0, one after each of the gradients."""
    w = Parameter(0.0, name="w")
    optimizer = optimizer_class([w], lr=lr)
    places = []
    for g in gradients:
        w.grad = np.asarray(float(g))
        optimizer.step()
        places.append(float(w.value))
    return places


def broken() -> set[str]:
    """Return the names of the broken specimens, found by running all of them."""
    gradients = np.random.default_rng(0).normal(size=20)
    ops = {op.__name__ for op in OPS if not (_derivative_is_right(op) and _value_is_right(op))}
    return ops | {
        each.__name__
        for each in OPTIMIZERS
        if not np.allclose(walk(each, gradients), walk(each.claims, gradients))
    }


def _derivative_is_right(op: type[Op]) -> bool:
    try:
        return gradcheck(graph_of(op)).ok
    except TinygraphError:  # such as a gradient of the wrong shape
        return False


def _value_is_right(op: type[Op]) -> bool:
    """Compare the value of Softmax with its claim: its derivative fits the wrong function."""
    if op is not Softmax:
        return True
    model = graph_of(op)
    model.forward()
    rows = np.asarray(model[op.__name__].value).sum(axis=1)
    return bool(np.allclose(rows, 1.0))
