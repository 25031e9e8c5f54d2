"""The linear ops of a layer: the matrix product, the bias, and the sum over rows of a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.leaves import Constant
from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentTypeError
from tinygraph.ops.arithmetic import unbroadcast
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.shapes import Shape, broadcast, fits


class MatMul(Op):
    r"""Matrix product: each row of ``x`` is one sample, each column of ``W`` one unit.

    **Formula.** :math:`y = x W`, with x of shape (B, m), W of shape (m, n), y of shape (B, n).

    **Index form.** :math:`y_{ij} = \sum_k x_{ik} W_{kj}`.

    **Gradient.** Write :math:`g_{ij} = \partial L / \partial y_{ij}`.  The element :math:`x_{ik}`
    takes part in every unit j of its own row i, with the factor :math:`W_{kj}`:

    .. math:: \frac{\partial L}{\partial x_{ik}} = \sum_j g_{ij} W_{kj}
              \quad\Longrightarrow\quad \frac{\partial L}{\partial x} = g\, W^\top .

    The element :math:`W_{kj}` takes part in unit j of every row i, with the factor :math:`x_{ik}`:

    .. math:: \frac{\partial L}{\partial W_{kj}} = \sum_i x_{ik}\, g_{ij}
              \quad\Longrightarrow\quad \frac{\partial L}{\partial W} = x^\top g .

    The sum over the rows i is the sum over the batch.

    **Shape check.** (B, n)(n, m) = (B, m) as x; (m, B)(B, n) = (m, n) as W.

    **Stacks.** With more than two axes, the last two are those of the matrices, and the leading
    axes are broadcast, as in NumPy: (B, T, m) times (m, n) is (B, T, n). A matrix that is used
    several times gets the sum of its gradients.

    >>> import tinygraph as tg
    >>> tg.MatMul(tg.Input("x", shape=(None, 2)), tg.Parameter(np.ones((2, 4)), name="W"), name="z")
    <MatMul "z" (B, 4)>
    """

    role = "linear"
    formula = r"x W"
    code = "x @ W"
    rules = (
        Rule(
            r"g W^\top",
            "g @ W.T",
            local="W.T",
            why="x_ik enters every y_ij of its row with the factor W_kj, and contributions add up",
        ),
        Rule(
            r"x^\top g",
            "x.T @ g",
            local="x.T",
            why="W_kj enters y_ij of every sample i with the factor x_ik: a sum over the batch",
        ),
    )

    def forward(self, x: Array, W: Array) -> Array:
        # For two matrices dot is the same as @, and twice as fast if they are small.
        return x.dot(W) if x.ndim == W.ndim == 2 else x @ W

    def backward(self, g: Array, y: Array, x: Array, W: Array) -> tuple[Array, Array]:
        if x.ndim == W.ndim == 2:
            return g.dot(W.T), x.T.dot(g)
        return (
            unbroadcast(g @ np.swapaxes(W, -1, -2), x),
            unbroadcast(np.swapaxes(x, -1, -2) @ g, W),
        )

    def infer_shape(self, x: Shape, W: Shape) -> Shape:
        if len(x) < 2 or len(W) < 2:
            hint = ""
            if len(x) == 1 and x[0] is not None and self.inputs[0].role == "input":
                name = self.inputs[0].name
                hint = f"is the batch size missing? Input({name!r}, shape=(None, {x[0]}))"
            raise self.shape_error("two matrices, (B, m) times (m, n)", hint)
        if x[-1] != W[-2]:
            left, right = (
                node.name or f"the {place}" for node, place in zip(self.inputs, ("first", "second"))
            )
            hint = f"{right} should have {'B' if x[-1] is None else x[-1]} rows"
            if W[-1] == x[-2]:
                hint = f"{right} times {left} would fit"
            raise self.shape_error("(B, m) times (m, n)", hint)
        if len(x) == len(W) == 2:
            return (x[0], W[1])
        return (*broadcast(x[:-2], W[:-2]), x[-2], W[-1])

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 3)), rng.normal(size=(3, 4))


@builds(np.matmul)
def matmul(a: Any, b: Any) -> Any:
    """Build ``a @ b``; a vector counts as a row on the left, and as a column on the right."""
    a, b = (each if isinstance(each, Node) else Constant(each) for each in (a, b))
    if not a.shape or not b.shape or (len(a.shape) > 1 and len(b.shape) > 1):
        return MatMul(a, b)
    if a.shape[-1] != b.shape[0 if len(b.shape) == 1 else -2]:
        return MatMul(a, b)  # which refuses them
    if len(a.shape) == len(b.shape) == 1:
        return (a * b).sum()
    if len(a.shape) == 1:
        return MatMul(a.reshape(1, -1), b).squeeze(-2)
    return MatMul(a, b.reshape(-1, 1)).squeeze(-1)


OPERATORS["@"] = matmul


@builds(np.dot)
def dot(a: Any, b: Any) -> Any:
    """Build ``a @ b``, or ``a * b`` if one of them is a single number."""
    a, b = (each if isinstance(each, Node) else Constant(each) for each in (a, b))
    if not a.shape or not b.shape:
        return a * b
    if len(a.shape) > 1 and len(b.shape) > 2:
        raise ArgumentTypeError(
            f"np.dot of nodes multiplies vectors, matrices, and stacks by a matrix; got {brief(a)} "
            f"and {brief(b)}. To multiply two stacks matrix by matrix, write a @ b."
        )
    return matmul(a, b)


class AddBias(Op):
    r"""Add one bias per unit, the same for every sample.

    **Formula.** :math:`y = x + b`, with x of shape (B, n), b of shape (n,), y of shape (B, n).

    **Index form.** :math:`y_{ij} = x_{ij} + b_j`.

    **Gradient.** :math:`x_{ij}` enters only :math:`y_{ij}`, with the factor 1, so its gradient is
    g itself.  :math:`b_j` enters :math:`y_{ij}` of every sample i, with the factor 1:

    .. math:: \frac{\partial L}{\partial x} = g, \qquad
              \frac{\partial L}{\partial b_j} = \sum_i g_{ij} .

    **Shape check.** g is (B, n) as x; the sum over the batch leaves (n,) as b.

    >>> import tinygraph as tg
    >>> tg.AddBias(tg.Input("z", shape=(None, 4)), tg.Parameter(np.zeros(4), name="b"), name="a")
    <AddBias "a" (B, 4)>
    """

    role = "linear"
    formula = r"x + b"
    code = "x + b"
    rules = (
        Rule(r"g", "g", local="1.0", why="x_ij enters only y_ij, with the factor 1"),
        Rule(
            r"\sum_{i} g_{i}",
            "g.sum(axis=0)",
            local="1.0",
            why="b_j enters y_ij of every sample i with the factor 1: a sum over the batch",
        ),
    )

    def forward(self, x: Array, b: Array) -> Array:
        return x + b

    def backward(self, g: Array, y: Array, x: Array, b: Array) -> tuple[Array, Array]:
        return g, g.sum(axis=0)

    def infer_shape(self, x: Shape, b: Shape) -> Shape:
        if len(x) != 2 or len(b) != 1:
            raise self.shape_error("x (B, n) and a bias (n,)")
        if x[1] != b[0]:
            bias = self.inputs[1].name or "the bias"
            raise self.shape_error(
                "x (B, n) and a bias (n,)", f"{bias} should have {x[1]} elements"
            )
        return x

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 3)), rng.normal(size=3)


class OuterSum(Op):
    r"""The sum of the outer products of the rows of two arrays: the gradient of a shared matrix.

    A row is what the last axis holds. All other axes together count the rows, so images or
    sequences of any batch size give one matrix.

    **Formula.** :math:`y = X^\top Z`, with X of shape (r, m) and Z of shape (r, n), where r is the
    number of rows.

    **Index form.** :math:`y_{ij} = \sum_r x_{ri} z_{rj}`.

    **Gradient.** :math:`x_{ri}` enters :math:`y_{ij}` of every j with the factor :math:`z_{rj}`,
    and :math:`z_{rj}` enters it with the factor :math:`x_{ri}`:

    .. math:: \frac{\partial L}{\partial X} = Z g^\top , \qquad
              \frac{\partial L}{\partial Z} = X g .

    **Shape check.** (r, n)(n, m) = (r, m) as X; (r, m)(m, n) = (r, n) as Z.

    >>> import tinygraph as tg
    >>> x, z = tg.Input("x", shape=(None, 5, 2)), tg.Input("z", shape=(None, 5, 3))
    >>> tg.OuterSum(x, z)
    <OuterSum (unnamed) (2, 3)>
    """

    role = "linear"
    formula = r"x^\top z"
    code = "outer_sum(x, z)"
    rules = (
        Rule(
            r"z\, g^\top",
            "z @ g.T",
            local="z",
            why="x_ri enters y_ij of every j with the factor z_rj",
        ),
        Rule(
            r"x\, g",
            "x @ g",
            local="x",
            why="z_rj enters y_ij of every i with the factor x_ri",
        ),
    )

    def forward(self, x: Array, z: Array) -> Array:
        return outer_sum(x, z)

    def backward(self, g: Array, y: Array, x: Array, z: Array) -> tuple[Array, Array]:
        return z @ g.T, x @ g

    def infer_shape(self, x: Shape, z: Shape) -> Shape:
        if len(x) < 2 or len(x) != len(z) or not fits(x[:-1], z[:-1]) or None in (x[-1], z[-1]):
            raise self.shape_error("equally many rows, (…, m) and (…, n)")
        return (x[-1], z[-1])

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 2, 4)), rng.normal(size=(3, 2, 5))


def outer_sum(x: Array, z: Array) -> Array:
    """Return the sum of the outer products of all rows of ``x`` and ``z``.

    >>> outer_sum(np.array([[1.0, 2.0]]), np.array([[10.0, 100.0, 1000.0]]))
    array([[  10.,  100., 1000.],
           [  20.,  200., 2000.]])
    """
    if isinstance(x, ArrayInterface):
        made: Array = x.__array_function__(outer_sum, (type(x),), (x, z), {})
        return made
    total: Array = x.reshape(-1, x.shape[-1]).T @ z.reshape(-1, z.shape[-1])
    return total


@builds(outer_sum)
def outer_sum_node(x: Any, z: Any) -> Any:
    """Build an OuterSum node."""
    return OuterSum(x, z)
