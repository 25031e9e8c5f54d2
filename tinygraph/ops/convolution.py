"""Convolution and pooling of images (B, channels, height, width).

Kernels are (out, in, height, width). As everywhere in deep learning, *convolution* means
cross-correlation: the kernel is not flipped.
"""

from __future__ import annotations

import numpy as np

from tinygraph.core.op import Op, Rule
from tinygraph.errors import ArgumentError
from tinygraph.ops.linear import outer_sum
from tinygraph.ops.windows import add_windows, columns
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
        rows = columns(x, kernels.shape[2:], self.stride, self.padding)
        y: Array = rows @ kernels.reshape(len(kernels), -1).T
        return y.transpose(0, 3, 1, 2)

    def backward(self, g: Array, y: Array, x: Array, kernels: Array) -> tuple[Array, Array]:
        size, count = kernels.shape[2:], len(kernels)
        rows = columns(x, size, self.stride, self.padding)
        at_rows = g.transpose(0, 2, 3, 1)
        through = at_rows @ kernels.reshape(count, -1)
        return (
            add_windows(through, x, size, self.stride, self.padding),
            outer_sum(at_rows, rows).reshape(kernels.shape),
        )

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


def blocks(x: Array, size: int) -> Array:
    """Return images cut into blocks, of shape (B, channels, h, size, w, size)."""
    batch, channels, height, width = x.shape
    return x.reshape(batch, channels, height // size, size, width // size, size)


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
        y: Array = np.max(blocks(x, self.size), axis=(3, 5))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return share(g, y, x, self.size)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.permutation(2 * 3 * 4 * 4).reshape(2, 3, 4, 4) / 10.0,)


def share(g: Array, y: Array, x: Array, size: int) -> Array:
    """Return g at the largest pixels of each block, and 0 at the others."""
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
        y: Array = np.mean(blocks(x, self.size), axis=(3, 5))
        return y

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        spread = np.expand_dims(g, (3, 5)) / self.size**2
        shape = blocks(x, self.size).shape
        return np.broadcast_to(spread, shape).reshape(x.shape)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(2, 3, 4, 4)),)
