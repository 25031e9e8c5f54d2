"""The attributes, methods and operators of an array, for objects that NumPy functions accept.

Each of them calls the NumPy function of the same name, so the table in
:mod:`tinygraph.core.numpy_functions` decides everything. Nodes have this interface, and so have the
traced nodes that ``tg.gradients`` passes to an op's ``backward``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

np: Any = numpy  # whose types do not say that its functions accept nodes


class ArrayAttribute:
    """A read-only attribute that an op's hyperparameter of the same name may replace.

    A property could not be replaced: then no op could have a hyperparameter called ``size``.
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __get__(self, array: Any, owner: type | None = None) -> Any:
        return self if array is None else self._compute(array)


class ArrayInterface:
    """What NumPy code reads and calls on an array."""

    __slots__ = ()
    shape: Any

    @ArrayAttribute
    def ndim(self) -> Any:
        """Return the number of axes."""
        return len(self.shape)

    @ArrayAttribute
    def size(self) -> Any:
        """Return the number of elements; a node if it depends on the batch size."""
        return np.size(self)

    @ArrayAttribute
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        """Return the array with its axes in reverse order."""
        return np.transpose(self)

    @ArrayAttribute
    def mT(self) -> Any:  # noqa: N802 - NumPy's name
        """Return the matrices of a stack with rows and columns exchanged."""
        return np.swapaxes(self, -1, -2)

    def sum(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the sum over all elements, or along the axes ``axis``."""
        return np.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the mean over all elements, or along the axes ``axis``."""
        return np.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the largest element, over all or along the axes ``axis``."""
        return np.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the smallest element, over all or along the axes ``axis``."""
        return np.min(self, axis=axis, keepdims=keepdims)

    def prod(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the product of all elements, or along the axes ``axis``."""
        return np.prod(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the variance of all elements, or along the axes ``axis``."""
        return np.var(self, axis=axis, keepdims=keepdims)

    def std(self, axis: Any = None, *, keepdims: Any = False) -> Any:
        """Return the standard deviation of all elements, or along the axes ``axis``."""
        return np.std(self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None) -> Any:
        """Return the sums of all elements up to each place along an axis."""
        return np.cumsum(self, axis=axis)

    def repeat(self, repeats: Any, axis: Any = None) -> Any:
        """Return the array with each element along an axis several times."""
        return np.repeat(self, repeats, axis=axis)

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """Return the same elements in another shape; -1 or None means the batch size."""
        return np.reshape(self, shape[0] if len(shape) == 1 else shape, order=order)

    def ravel(self, order: str = "C") -> Any:
        """Return the elements in one row."""
        return np.ravel(self, order=order)

    flatten = ravel

    def squeeze(self, axis: Any = None) -> Any:
        """Return the array without its axes of size 1."""
        return np.squeeze(self, axis)

    def transpose(self, *axes: Any) -> Any:
        """Return the array with its axes in another order: reversed, unless ``axes`` are given."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
        return np.transpose(self, order or None)

    def swapaxes(self, axis1: int, axis2: int) -> Any:
        """Return the array with two axes exchanged."""
        return np.swapaxes(self, axis1, axis2)

    def dot(self, other: Any) -> Any:
        """Return the matrix product with ``other``."""
        return np.dot(self, other)

    def take(self, indices: Any, axis: Any = None) -> Any:
        """Return the elements at ``indices`` along an axis."""
        return np.take(self, indices, axis=axis)

    def round(self) -> Any:
        """Return the nearest whole numbers."""
        return np.rint(self)

    def clip(self, min: Any = None, max: Any = None) -> Any:  # noqa: A002 - NumPy's names
        """Return the elements limited to the range from ``min`` to ``max``."""
        return np.clip(self, min, max)

    def __abs__(self) -> Any:
        return np.abs(self)

    def __pos__(self) -> Any:
        return self

    def __gt__(self, other: Any) -> Any:
        return np.greater(self, other)

    def __ge__(self, other: Any) -> Any:
        return np.greater_equal(self, other)

    def __lt__(self, other: Any) -> Any:
        return np.less(self, other)

    def __le__(self, other: Any) -> Any:
        return np.less_equal(self, other)

    def __and__(self, other: Any) -> Any:
        return np.bitwise_and(self, other)

    def __rand__(self, other: Any) -> Any:
        return np.bitwise_and(other, self)

    def __or__(self, other: Any) -> Any:
        return np.bitwise_or(self, other)

    def __ror__(self, other: Any) -> Any:
        return np.bitwise_or(other, self)

    def __invert__(self) -> Any:
        return np.invert(self)

    def __floordiv__(self, other: Any) -> Any:
        return np.floor_divide(self, other)

    def __mod__(self, other: Any) -> Any:
        return np.remainder(self, other)
