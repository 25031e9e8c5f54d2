"""Convolution of images (B, channels, height, width).

Kernels are (out, in, height, width). As everywhere in deep learning, *convolution* means
cross-correlation: the kernel is not flipped.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentError
from tinygraph.ops.linear import outer_sum
from tinygraph.ops.windows import add_windows, columns, sum_of_windows, window_matrix
from tinygraph.validation.arrays import Array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import Shape


class Conv2D(Op):
    r"""Convolution of images with kernels: each output pixel is a product of a window and a kernel.

    **Formula.** With x of shape (B, c, H, W), K of shape (o, c, k, l), the stride s and x
    extended by a frame of zeros of width ``padding``,

    .. math:: y_{b o i j} = \sum_{c, p, q} x_{b, c, s i + p, s j + q}\, K_{o c p q} .

    Written as a matrix product: put every window of x into a row of a matrix X, and every kernel
    into a column; then :math:`Y = X K^\top`.

    **Gradient.** It follows from the matrix product: :math:`\partial L / \partial K = G^\top X`,
    and :math:`\partial L / \partial X = G K`. A pixel of x is part of several windows, and so it
    is in several rows of X; its contributions add up:

    .. math:: \frac{\partial L}{\partial x_{b c u v}}
              = \sum_{o, p, q} g_{b, o, (u - p)/s, (v - q)/s}\, K_{o c p q} ,

    summed over all p and q for which the indices are whole numbers inside g. So the gradient of a
    convolution with stride 1 is a convolution with the flipped kernel.

    **Shape check.** The output has :math:`(H + 2\,padding - k) // s + 1` rows. G is (B·h·w, o), X
    is (B·h·w, c·k·l), so :math:`G^\top X` is (o, c·k·l), as K.

    >>> import tinygraph as tg
    >>> image = tg.Input("image", shape=(None, 1, 8, 8))
    >>> tg.Conv2D(image, tg.Parameter(np.ones((4, 1, 3, 3)), name="K"), padding=1, name="z")
    <Conv2D "z" (B, 4, 8, 8)>
    """

    role = "linear"
    formula = r"x \star kernels"
    code = (
        "(columns(x, kernels.shape[2:], self.stride, self.padding) "
        "@ kernels.reshape(len(kernels), -1).T).transpose(0, 3, 1, 2)"
    )
    rules = (
        Rule(
            r"\sum_{windows} G\, kernels",
            "add_windows(np.moveaxis(g, 1, -1) @ kernels.reshape(len(kernels), -1), "
            "x, kernels.shape[2:], self.stride, self.padding)",
            local="kernels.reshape(len(kernels), -1)",
            why="a pixel is part of several windows, and their contributions add up",
        ),
        Rule(
            r"G^\top X",
            "outer_sum(np.moveaxis(g, 1, -1), columns(x, kernels.shape[2:], self.stride, "
            "self.padding)).reshape(kernels.shape)",
            local="columns(x, kernels.shape[2:], self.stride, self.padding)",
            why="a kernel meets every window of every sample: a sum over all of them",
        ),
    )
    stride: int = 1
    padding: int = 0

    def forward(self, x: Array, kernels: Array) -> Array:
        return convolved(x, kernels, self.stride, self.padding)

    def backward(self, g: Array, y: Array, x: Array, kernels: Array) -> tuple[Array, Array]:
        return convolution_gradients(g, x, kernels, self.stride, self.padding)

    def infer_shape(self, x: Shape, kernels: Shape) -> Shape:
        for name, least in (("stride", 1), ("padding", 0)):
            value = getattr(self, name)
            if not is_whole_number(value) or value < least:
                raise ArgumentError(
                    f"{name} of {describe(self)} must be a whole number from {least} on; "
                    f"got {brief(value)}."
                )
        rule = "images (B, channels, height, width) and kernels (out, channels, height, width)"
        if len(x) != 4 or len(kernels) != 4 or None in x[1:] or None in kernels:
            raise self.shape_error(rule)
        if x[1] != kernels[1]:
            raise self.shape_error(
                rule, f"the images have {x[1]} channels, the kernels {kernels[1]}"
            )
        sizes = [
            (n + 2 * self.padding - k) // self.stride + 1
            for n, k in zip(x[2:], kernels[2:])
            if n is not None and k is not None
        ]
        if min(sizes) < 1:
            raise self.shape_error(
                rule, "the kernels are larger than the images with their padding"
            )
        return (x[0], kernels[0], *sizes)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 3, 2))


def convolved(x: Array, kernels: Array, stride: int, padding: int) -> Array:
    """Return the convolution; of nodes, as a product of rows, in which no samples are mixed."""
    size, count = kernels.shape[2:], len(kernels)
    if _has_node(x, kernels):
        rows = columns(x, size, stride, padding)
        return (rows @ kernels.reshape(count, -1).T).transpose(0, 3, 1, 2)
    y = kernels.reshape(count, -1) @ window_matrix(x, size, stride, padding)
    h, w = ((n + 2 * padding - k) // stride + 1 for n, k in zip(x.shape[2:], size))
    return y.reshape(count, h, w, len(x)).transpose(3, 0, 1, 2)


def convolution_gradients(
    g: Array, x: Array, kernels: Array, stride: int, padding: int
) -> tuple[Array, Array]:
    """Return the gradients by the images and by the kernels."""
    size, count = kernels.shape[2:], len(kernels)
    K = kernels.reshape(count, -1)
    if _has_node(g, x, kernels):
        at_rows = g.transpose(0, 2, 3, 1)
        rows = columns(x, size, stride, padding)
        return (
            add_windows(at_rows @ K, x, size, stride, padding),
            outer_sum(at_rows, rows).reshape(kernels.shape),
        )
    G = g.transpose(1, 2, 3, 0).reshape(count, -1)
    return (
        sum_of_windows(K.T @ G, x, size, stride, padding),
        (G @ window_matrix(x, size, stride, padding).T).reshape(kernels.shape),
    )


def _has_node(*arrays: Any) -> bool:
    return any(isinstance(array, ArrayInterface) for array in arrays)
