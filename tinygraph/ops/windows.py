"""Windows of images: Columns puts each window into a row, AddWindows adds the rows up again.

A convolution is a matrix product of these rows with its kernels. Each of the two ops is the
gradient of the other one.

:func:`window_matrix` and :func:`sum_of_windows` do the same with the batch as the last axis, where
each NumPy call handles a whole batch in one go. That is several times as fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape


def padded(x: Array, padding: int) -> Array:
    """Return images with a frame of zeros around each channel."""
    frame = (padding, padding)
    y: Array = np.pad(x, ((0, 0), (0, 0), frame, frame)) if padding else x
    return y


def columns(x: Array, size: tuple[int, int], stride: int, padding: int) -> Array:
    """Return every window of the images as a row, of shape (B, h, w, channels · size).

    >>> columns(np.arange(9.0).reshape(1, 1, 3, 3), (2, 2), 1, 0)[0, 0]
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.]])
    """
    if isinstance(x, ArrayInterface):
        made: Array = x.__array_function__(columns, (type(x),), (x, size, stride, padding), {})
        return made
    windows = sliding_window_view(padded(x, padding), size, axis=(2, 3))[:, :, ::stride, ::stride]
    rows = windows.transpose(0, 2, 3, 1, 4, 5)
    y: Array = rows.reshape(*rows.shape[:3], -1)
    return y


def add_windows(rows: Array, x: Array, size: tuple[int, int], stride: int, padding: int) -> Array:
    """Return images of the shape of x, in which the elements of all windows are added up.

    This is the reverse of :func:`columns`, and its gradient: an element of x that is part of
    several windows gets a contribution from each of them.
    """
    if isinstance(rows, ArrayInterface):
        arguments = (rows, x, size, stride, padding)
        made: Array = rows.__array_function__(add_windows, (type(rows),), arguments, {})
        return made
    batch, channels, height, width = x.shape
    h, w = rows.shape[1:3]
    windows = rows.reshape(batch, h, w, channels, *size).transpose(0, 3, 1, 2, 4, 5)
    y = np.zeros((batch, channels, height + 2 * padding, width + 2 * padding), rows.dtype)
    for i in range(size[0]):
        for j in range(size[1]):
            y[:, :, i : i + stride * h : stride, j : j + stride * w : stride] += windows[..., i, j]
    return y[:, :, padding : padding + height, padding : padding + width]


def window_matrix(x: Array, size: tuple[int, int], stride: int, padding: int) -> Array:
    """Return every window of the images as a column, of shape (channels · size, h · w · B).

    >>> window_matrix(np.arange(9.0).reshape(1, 1, 3, 3), (2, 2), 1, 0)[:, 1]
    array([1., 2., 4., 5.])
    """
    _, channels, height, width = x.shape
    last = x.transpose(1, 2, 3, 0)
    if padding:
        frame = np.zeros_like(last, order="C", shape=_with_frame(x, padding))
        frame[:, padding : padding + height, padding : padding + width] = last
        last = frame
    windows = sliding_window_view(last, size, axis=(1, 2))[:, ::stride, ::stride]
    y: Array = windows.transpose(0, 4, 5, 1, 2, 3).reshape(channels * size[0] * size[1], -1)
    return y


def sum_of_windows(
    matrix: Array, x: Array, size: tuple[int, int], stride: int, padding: int
) -> Array:
    """Return images of the shape of x, in which the columns of a window matrix are added up."""
    batch, channels, height, width = x.shape
    h, w = ((n + 2 * padding - k) // stride + 1 for n, k in zip((height, width), size))
    windows = matrix.reshape(channels, *size, h, w, batch)
    y = np.zeros_like(matrix, order="C", shape=_with_frame(x, padding))
    for i in range(size[0]):
        for j in range(size[1]):
            part = y[:, i : i + stride * h : stride, j : j + stride * w : stride]
            np.add(part, windows[:, i, j], out=part)
    inside = y[:, padding : padding + height, padding : padding + width]
    return inside.transpose(3, 0, 1, 2)


def _with_frame(x: Array, padding: int) -> tuple[int, int, int, int]:
    batch, channels, height, width = x.shape
    return channels, height + 2 * padding, width + 2 * padding, batch


class Columns(Op):
    r"""Every window of the images as a row.

    **Formula.** :math:`y_{b i j, c p q} = x_{b, c, s i + p, s j + q}`, with the stride s.

    **Gradient.** A pixel of x is in the rows of several windows, each time with the factor 1. So
    its gradient is the sum of the elements of g that it was copied to; see :class:`AddWindows`.

    **Shape check.** x is (B, c, H, W), and y and g are (B, h, w, c · k · l).

    Parameters
    ----------
    size : tuple of int
        Height and width of a window. Default: 2 by 2.
    stride, padding : int

    >>> import tinygraph as tg
    >>> Columns(tg.Input("image", shape=(None, 3, 8, 8)), size=(5, 5))
    <Columns (unnamed) (B, 4, 4, 75)>
    """

    role = "linear"
    formula = r"\mathrm{windows}(x)"
    code = "columns(x, self.size, self.stride, self.padding)"
    rules = (
        Rule(
            r"\sum_{\text{windows}} g",
            "add_windows(g, x, self.size, self.stride, self.padding)",
            local="1.0",
            why="a pixel is part of several windows, and their contributions add up",
        ),
    )
    size: tuple[int, int] = (2, 2)
    stride: int = 1
    padding: int = 0

    def forward(self, x: Array) -> Array:
        return columns(x, self.size, self.stride, self.padding)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return add_windows(g, x, self.size, self.stride, self.padding)

    def infer_shape(self, x: Shape) -> Shape:
        return rows_shape(self, x)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.normal(size=(2, 1, 3, 4)),)


class AddWindows(Op):
    r"""Rows of windows, added up into images: the reverse of :class:`Columns`.

    **Formula.** :math:`y_{b c u v}` is the sum of all :math:`x_{b i j, c p q}` with
    :math:`s i + p = u` and :math:`s j + q = v`. The second input gives the shape of the images; its
    numbers do not matter.

    **Gradient.** Each element of x enters one pixel, with the factor 1. So its gradient is the
    element of g at that pixel: the rows of the windows of g.

    **Shape check.** x is (B, h, w, c · k · l), and y and g are (B, c, H, W).

    Parameters
    ----------
    size : tuple of int
        Height and width of a window. Default: 2 by 2.
    stride, padding : int

    >>> add_windows(np.ones((1, 1, 2, 4)), np.zeros((1, 1, 2, 3)), (2, 2), 1, 0)[0, 0]
    array([[1., 2., 1.],
           [1., 2., 1.]])
    """

    role = "linear"
    formula = r"\sum_{\text{windows}} x"
    code = "add_windows(x, like, self.size, self.stride, self.padding)"
    rules = (
        Rule(
            r"\mathrm{windows}(g)",
            "columns(g, self.size, self.stride, self.padding)",
            local="1.0",
            why="each element of a window is added to one pixel",
        ),
        Rule("0", "np.zeros_like(like)", local="0.0", why="only the shape is used"),
    )
    size: tuple[int, int] = (2, 2)
    stride: int = 1
    padding: int = 0

    def forward(self, x: Array, like: Array) -> Array:
        return add_windows(x, like, self.size, self.stride, self.padding)

    def backward(self, g: Array, y: Array, x: Array, like: Array) -> tuple[Array, None]:
        return columns(g, self.size, self.stride, self.padding), None

    def infer_shape(self, x: Shape, like: Shape) -> Shape:
        if rows_shape(self, like) != x:
            raise self.shape_error("the rows of the windows of the second input")
        return like

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return rng.normal(size=(3, 2, 3, 4)), rng.normal(size=(3, 1, 3, 4))


def rows_shape(op: Columns | AddWindows, x: Shape) -> Shape:
    """Return the shape of the rows of all windows of images of shape ``x``."""
    if len(x) != 4 or any(n is None for n in x[1:]):
        raise op.shape_error("images (B, channels, height, width)")
    batch, channels, *extent = x
    sizes = [(int(n or 0) + 2 * op.padding - k) // op.stride + 1 for n, k in zip(extent, op.size)]
    if min(sizes) < 1:
        raise op.shape_error("images at least as large as a window")
    return (batch, *sizes, int(channels or 0) * op.size[0] * op.size[1])


@builds(columns)
def columns_node(x: Any, size: Any, stride: int, padding: int) -> Any:
    """Build a Columns node."""
    return Columns(x, size=tuple(size), stride=stride, padding=padding)


@builds(add_windows)
def add_windows_node(rows: Any, x: Any, size: Any, stride: int, padding: int) -> Any:
    """Build an AddWindows node."""
    return AddWindows(rows, x, size=tuple(size), stride=stride, padding=padding)
