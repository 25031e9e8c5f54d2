"""Pooling of images (B, channels, height, width): one number for each block of pixels."""

from __future__ import annotations

from functools import reduce

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentError
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape

LARGEST_SIZE = 3
"""Blocks of more pixels than 3 × 3 are reduced in one call."""


def blocks(x: Array, size: int) -> Array:
    """Return images cut into blocks, of shape (B, channels, h, size, w, size)."""
    batch, channels, height, width = x.shape
    return x.reshape(batch, channels, height // size, size, width // size, size)


def corners(x: Array, size: int) -> list[Array]:
    """Return the first pixel of every block as an image, then the second one, and so on.

    NumPy takes the maximum of whole images in less time than that of many small blocks.

    >>> corners(np.arange(4.0).reshape(1, 1, 2, 2), 2)[1]
    array([[[[1.]]]])
    """
    return [x[:, :, i::size, j::size] for i in range(size) for j in range(size)]


def assembled(parts: list[Array], x: Array, size: int) -> Array:
    """Return the images of the shape of x whose :func:`corners` are ``parts``."""
    y = np.zeros_like(x)
    for k, part in enumerate(parts):
        y[:, :, k // size :: size, k % size :: size] = part
    return y


def _is_written(x: Array, size: int) -> bool:
    """Tell whether corners are worth their calls: nodes cannot be written to."""
    return not isinstance(x, ArrayInterface) and size <= LARGEST_SIZE


class _Pool2D(Op):
    """What the two kinds of pooling share: blocks that do not overlap."""

    size: int = 2

    def infer_shape(self, x: Shape) -> Shape:
        if not is_whole_number(self.size) or self.size < 1:
            raise ArgumentError(
                f"size of {describe(self)} must be a whole number from 1 on; "
                f"got {brief(self.size)}."
            )
        if len(x) != 4 or None in x[1:]:
            raise self.shape_error("images (B, channels, height, width)")
        rest = [n for n in x[2:] if n is not None]
        if any(n % self.size for n in rest):
            raise self.shape_error(f"images whose height and width are multiples of {self.size}")
        return (*x[:2], *(n // self.size for n in rest))


class MaxPool2D(_Pool2D):
    r"""The largest pixel of each block of ``size`` × ``size`` pixels; the blocks do not overlap.

    **Formula.** :math:`y_{b c i j} = \max_{p, q} x_{b, c, k i + p, k j + q}`.

    **Gradient.** Only the largest pixel of a block affects y, with the slope 1, so it gets g and
    the others get 0. If several pixels are equally large, they share g.

    **Shape check.** (B, c, H, W) becomes (B, c, H/k, W/k); the gradient has the shape of x.

    >>> MaxPool2D.forward(MaxPool2D(np.zeros((1, 1, 2, 2))), np.array([[[[1.0, 5.0], [2.0, 3.0]]]]))
    array([[[[5.]]]])
    """

    role = "arithmetic"
    formula = r"\max_{block} x"
    code = "blocks(x, self.size).max(axis=(3, 5))"
    rules = (
        Rule(
            r"g \odot [x = y]",
            "share(g, y, x, self.size)",
            local="share(np.ones_like(y), y, x, self.size)",
            why="only the largest pixel of a block affects y, with the slope 1",
        ),
    )

    def forward(self, x: Array) -> Array:
        if _is_written(x, self.size):
            return reduce(np.maximum, corners(x, self.size))
        y: Array = np.max(blocks(x, self.size), axis=(3, 5))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return share(g, y, x, self.size)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.permutation(2 * 3 * 4 * 4).reshape(2, 3, 4, 4) / 10.0,)


def share(g: Array, y: Array, x: Array, size: int) -> Array:
    """Return g at the largest pixels of each block, and 0 at the others."""
    if _is_written(x, size):
        is_largest = [(corner == y).astype(x.dtype) for corner in corners(x, size)]
        part = g / reduce(np.add, is_largest)
        return assembled([one * part for one in is_largest], x, size)
    largest = blocks(x, size) == np.expand_dims(y, (3, 5))
    count = np.sum(largest, axis=(3, 5), keepdims=True)
    shared: Array = largest * np.expand_dims(g, (3, 5)) / count
    return shared.reshape(x.shape).astype(x.dtype)


class AvgPool2D(_Pool2D):
    r"""The mean of each block of ``size`` × ``size`` pixels; the blocks do not overlap.

    **Formula.** :math:`y_{b c i j} = \frac{1}{k^2} \sum_{p, q} x_{b, c, k i + p, k j + q}`.

    **Gradient.** Every pixel of a block enters y with the factor :math:`1/k^2`.

    **Shape check.** (B, c, H, W) becomes (B, c, H/k, W/k); the gradient has the shape of x.

    >>> AvgPool2D.forward(AvgPool2D(np.zeros((1, 1, 2, 2))), np.array([[[[1.0, 5.0], [2.0, 4.0]]]]))
    array([[[[3.]]]])
    """

    role = "arithmetic"
    formula = r"\mathrm{mean}_{block}\, x"
    code = "blocks(x, self.size).mean(axis=(3, 5))"
    rules = (
        Rule(
            r"\frac{g}{k^{2}}",
            "np.repeat(np.repeat(g, self.size, axis=2), self.size, axis=3) / self.size**2",
            local="1 / self.size**2",
            why="each pixel of a block enters its mean with the factor 1/k²",
        ),
    )

    def forward(self, x: Array) -> Array:
        if _is_written(x, self.size):
            return reduce(np.add, corners(x, self.size)) / self.size**2
        y: Array = np.mean(blocks(x, self.size), axis=(3, 5))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        if _is_written(x, self.size):
            return assembled([g / self.size**2] * self.size**2, x, self.size)
        spread = np.expand_dims(g, (3, 5)) / self.size**2
        shape = blocks(x, self.size).shape
        return np.broadcast_to(spread, shape).reshape(x.shape)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(2, 3, 4, 4)),)
