"""The leaves of a graph: inputs that are fed, parameters that are trained, and constants."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.errors import ArgumentTypeError, ShapeError
from tinygraph.validation.arrays import Array, as_float_array
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import as_shape, show


class Input(Node):
    """Data that is fed at every run.

    Parameters
    ----------
    name : str
        The keyword under which the data is fed.
    shape : tuple
        Sizes, with ``None`` for the batch size.

    >>> Input("x", shape=(None, 2))
    <Input "x" (B, 2)>
    """

    __slots__ = ()
    role = "input"

    def __init__(self, name: str, shape: Any) -> None:
        if name is None:
            raise ArgumentTypeError('An Input needs a name, by which it is fed: Input("x", …).')
        super().__init__(name)
        self.shape = as_shape(shape, f"input {name!r}")


class Parameter(Node):
    """Numbers that training changes.

    The array is copied, so your own array does not change with it.

    Parameters
    ----------
    value : array_like of float64 or float32
        The start value.
    name : str, optional

    >>> Parameter([[1.0, 2.0]], name="W")
    <Parameter "W" (1, 2)>
    """

    __slots__ = ()
    role = "parameter"
    _value: Array

    def __init__(self, value: Any, name: str | None = None) -> None:
        super().__init__(name)
        self._value = as_float_array(value, f"The value of parameter {name!r}").copy()
        self.shape = self._value.shape

    @property
    def value(self) -> Array:
        """The present numbers. Assigning copies the new ones, which must have the same shape."""
        value: Array = super().value
        return value

    @value.setter
    def value(self, value: Any) -> None:
        array = as_float_array(value, "The value of a parameter", self._value.dtype)
        if array.shape != self._value.shape:
            raise ShapeError(
                f"The value of {describe(self)} must keep its shape {show(self.shape)}; got an "
                f"array of shape {show(array.shape)}.",
                self,
            )
        self.take(array.astype(self._value.dtype))

    def take(self, value: Array) -> None:
        """Make an optimizer's new array the value, without a copy or a check."""
        self._value = value


class Constant(Node):
    """Numbers that never change and get no gradient.

    A Python number takes the precision of the run.

    >>> Constant(2.0)
    <Constant (unnamed) ()>
    """

    __slots__ = ("_given", "has_own_precision")
    role = "constant"
    takes_gradient = False

    def __init__(self, value: Any, name: str | None = None) -> None:
        super().__init__(name)
        self._given = as_float_array(value, f"The value of constant {name!r}").copy()
        self.value = self._given
        self.shape = self._given.shape
        self.has_own_precision = isinstance(value, (np.ndarray, np.generic))

    def in_precision(self, precision: np.dtype[Any]) -> Array:
        """Convert the original numbers to ``precision``."""
        return self._given.astype(precision)
