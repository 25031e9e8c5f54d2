"""A zoo of ops and optimizers, some of them broken, for the tutorial on checking gradients.

Each says in its docstring what it means to be.  Nothing here is for use.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from tinygraph.check.gradcheck import gradcheck
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.op import Op
from tinygraph.ops import Sum
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import AdaGrad, Adam, Momentum, RMSProp
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape


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
    """a · b, entry by entry."""

    def forward(self, a: Array, b: Array) -> Array:
        return a * b

    def backward(self, g: Array, y: Array, a: Array, b: Array) -> tuple[Array, Array]:
        return g * a, g * b


class Layer(Op):
    """x W, with as many units as inputs."""

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
    """x + b, with one b for every column."""

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


class HeavyBall(Optimizer):
    """Momentum, with the learning rate outside: v ← β v + g, w ← w − η v."""

    claims: ClassVar[type[Optimizer]] = Momentum
    slots = ("v",)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        v = 0.9 * memory[0] + g
        return w - self.lr * v, v


class SumOfSquares(Optimizer):
    """AdaGrad."""

    claims: ClassVar[type[Optimizer]] = AdaGrad
    slots = ("s",)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        s = memory[0] + g * g
        return w - self.lr * g / (s + 1e-8), s


class MeanOfSquares(Optimizer):
    """RMSProp, with ρ = 0.9."""

    claims: ClassVar[type[Optimizer]] = RMSProp
    slots = ("s",)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        s = 0.9 * memory[0] + 0.1 * g
        return w - self.lr * g / (np.sqrt(s * s) + 1e-8), s


class TwoMeans(Optimizer):
    """Adam."""

    claims: ClassVar[type[Optimizer]] = Adam
    slots = ("m", "v")

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        m = 0.9 * memory[0] + 0.1 * g
        v = 0.999 * memory[1] + 0.001 * g * g
        return w - self.lr * m / (np.sqrt(v) + 1e-8), m, v


OPS: tuple[type[Op], ...] = (Cube, Sigmoid, Tanh, ReLU, Product, Layer, Bias, SquaredError)
OPTIMIZERS: tuple[Any, ...] = (HeavyBall, SumOfSquares, MeanOfSquares, TwoMeans)


def graph_of(op_class: type[Op]) -> Graph:
    """Return a graph with one op of the class, at input values where it has a derivative."""
    arrays = op_class.example(np.random.default_rng(0))
    parameters = [Parameter(a, name=n) for a, n in zip(arrays, op_class.arguments, strict=True)]
    return Graph(Sum(op_class(*parameters, name=op_class.__name__), name="L"))


def walk(optimizer_class: Any, gradients: Any, lr: float = 0.1) -> list[float]:
    """Return where a weight that starts at 0 stands after each of the gradients."""
    w = Parameter(0.0, name="w")
    optimizer = optimizer_class([w], lr=lr)
    places = []
    for g in gradients:
        w.grad = np.asarray(float(g))
        optimizer.step()
        places.append(float(w.value))
    return places


def broken() -> set[str]:
    """Return the names of the broken ones: by gradcheck, and beside the real optimizers."""
    gradients = np.random.default_rng(0).normal(size=20)
    ops = {op.__name__ for op in OPS if not gradcheck(graph_of(op)).ok}
    return ops | {
        each.__name__
        for each in OPTIMIZERS
        if not np.allclose(walk(each, gradients), walk(each.claims, gradients))
    }
