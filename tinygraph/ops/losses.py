"""Losses: how far a prediction is from its target, as one number."""

from __future__ import annotations

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.op import Comparison, Op, Rule
from tinygraph.errors import ShapeError
from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape, fits, show


class MSE(Op):
    r"""Mean squared error over all elements.

    **Formula.** :math:`y = \frac{1}{n} \sum_i (p_i - t_i)^2`, with p the prediction, t the target,
    and n the number of elements of p.

    **Gradient.** :math:`p_i` enters one term alone.  The outer square gives
    :math:`2 (p_i - t_i)`, the inner difference the factor 1 for p and -1 for t, and g is a scalar:

    .. math:: \frac{\partial L}{\partial p} = g \cdot \frac{2}{n}\,(p - t), \qquad
              \frac{\partial L}{\partial t} = -\frac{\partial L}{\partial p} .

    **Shape check.** p - t has the shape of p and of t, which are the same: (B, 1) against (B,) is
    refused, since broadcasting would compare every prediction with every target.

    >>> float(MSE.forward(None, np.array([1.0, 2.0]), np.array([1.0, 0.0])))
    2.0
    """

    role = "loss"
    compares = Comparison(labels="t")
    formula = r"\mathrm{mean}\,(p - t)^2"
    code = "np.mean((p - t) ** 2)"
    rules = (
        Rule(
            r"g \cdot \frac{2}{n} (p - t)",
            "g * 2 / p.size * (p - t)",
            local="2 / p.size * (p - t)",
            why="each of the n squares gives 2(p − t), and the mean divides by n",
        ),
        Rule(
            r"-g \cdot \frac{2}{n} (p - t)",
            "-g * 2 / p.size * (p - t)",
            local="-2 / p.size * (p - t)",
            why="t enters as −t, so the sign turns",
        ),
    )

    def forward(self, p: Array, t: Array) -> Array:
        if p.shape != t.shape:  # possible where only one of the two shapes has the batch size
            raise ShapeError(
                f"{describe(self)} compares a prediction and a target of the same shape; got "
                f"{show(p.shape)} and {show(t.shape)}. Feed both from the same samples.",
                self,
            )
        if p.size == 0:
            raise ShapeError(
                f"{describe(self)} needs at least one element, since an empty array has no mean; "
                f"got the shape {show(p.shape)}. Feed a batch of at least one sample.",
                self,
            )
        mean: Array = sum_of_squares(p - t) / p.size
        return mean

    def backward(self, g: Array, y: Array, p: Array, t: Array) -> tuple[Array, Array]:
        slope = g * 2 / p.size * (p - t)
        return slope, -slope

    def infer_shape(self, p: Shape, t: Shape) -> Shape:
        if not fits(p, t):
            raise self.shape_error(
                "a prediction and a target of the same shape",
                "NumPy would broadcast them, and compare the wrong pairs",
            )
        return ()

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(5, 2)), rng.normal(size=(5, 2))


def sum_of_squares(e: Array) -> Array:
    """Return the sum of the squares of all elements.

    >>> float(sum_of_squares(np.array([[1.0, 2.0], [3.0, 0.0]])))
    14.0
    """
    total: Array
    if isinstance(e, ArrayInterface):  # a batch of nodes cannot be put into one row
        total = np.sum(e * e)
    else:
        row = e.ravel()
        total = row.dot(row)  # one call, and no array of squares
    return total
