"""The leaves of a graph: the nodes where numbers enter.

An ``Input`` is fed, a ``Parameter`` is trained, and a ``Constant`` never changes. A ``Random`` is
drawn for every run, and a ``State`` is written after a training run: with these two, dropout and
batch normalization are ordinary nodes, and every op stays a pure function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.topology import as_node
from tinygraph.errors import ArgumentTypeError, OpError, ShapeError, TinygraphError
from tinygraph.validation.arrays import Array, as_dict, as_float_array, brief, is_bool
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
    dtype : type
        ``float`` for numbers; ``int`` for whole numbers that identify something, such as
        class labels or tokens. No gradient flows to whole numbers.

    >>> Input("x", shape=(None, 2))
    <Input "x" (B, 2)>
    >>> Input("label", shape=(None,), dtype=int).is_whole
    True
    """

    __slots__ = ("is_whole", "takes_gradient")
    role = "input"

    def __init__(self, name: str, shape: Any, dtype: Any = float) -> None:
        if name is None:
            kind = type(self).__name__
            raise ArgumentTypeError(f'A node of class {kind} needs a name: {kind}("x", …).')
        super().__init__(name)
        self.shape = as_shape(shape, f"input {name!r}")
        if dtype is not float and dtype is not int:
            raise ArgumentTypeError(
                f"The dtype of input {name!r} must be float or int; got {brief(dtype)}. The "
                f"precision follows from the parameters."
            )
        self.is_whole = dtype is int
        self.takes_gradient = dtype is float


class Parameter(Node):
    """Numbers that training changes.

    The array is copied, so your own array does not change with it.

    Parameters
    ----------
    value : array_like of float64 or float32
        The start value.
    name : str, optional
    trainable : bool
        False for a frozen parameter: optimizers leave it out.

    >>> Parameter([[1.0, 2.0]], name="W")
    <Parameter "W" (1, 2)>
    """

    __slots__ = ("trainable",)
    role = "parameter"
    _value: Array

    def __init__(self, value: Any, name: str | None = None, trainable: bool = True) -> None:
        super().__init__(name)
        if not is_bool(trainable):
            raise ArgumentTypeError(f"trainable must be True or False; got {brief(trainable)}.")
        self.trainable = bool(trainable)
        self._value = as_float_array(value, f"The value of parameter {name!r}").copy()
        self.shape = self._value.shape

    @property
    def value(self) -> Array:
        """The current numbers. Assigning copies the new ones, which must have the same shape."""
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
        self.accept(array.astype(self._value.dtype))

    def accept(self, value: Array) -> None:
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


class State(Parameter):
    """Numbers that a graph keeps from one training run to the next.

    No optimizer changes them and no gradient flows to them: ``Graph(…, updates={state: node})``
    says how a training run changes them. Checkpoints save them.

    >>> State([0.0, 0.0], name="running_mean")
    <State "running_mean" (2,)>
    """

    __slots__ = ()
    role = "state"
    takes_gradient = False

    def __init__(self, value: Any, name: str | None = None) -> None:
        super().__init__(value, name, trainable=False)


class Random(Input):
    """Random numbers that are drawn again in every run, such as the mask of a dropout.

    Parameters
    ----------
    name : str
    shape : tuple
        Sizes, with ``None`` for the batch size.
    draw : callable
        ``draw(rng, shape)`` returns an array of that shape, drawn from the graph's generator.

    >>> Random("mask", (None, 4), lambda rng, shape: rng.random(shape) < 0.5)
    <Random "mask" (B, 4)>
    """

    __slots__ = ("draw",)
    role = "random"

    def __init__(
        self, name: str, shape: Any, draw: Callable[[np.random.Generator, tuple[int, ...]], Any]
    ) -> None:
        super().__init__(name, shape)
        self.takes_gradient = False
        if not callable(draw):
            raise ArgumentTypeError(
                f"draw of {describe(self)} must be a function draw(rng, shape); got {brief(draw)}."
            )
        self.draw = draw

    def drawn(self, rng: np.random.Generator, shape: tuple[int, ...], precision: Any) -> Array:
        """Return new numbers of a ``shape``.

        Raises
        ------
        OpError
            If ``draw`` fails, or returns anything but an array of that shape.
        """
        try:
            drawn = self.draw(rng, shape)
        except TinygraphError:
            raise
        except Exception as error:
            raise OpError(
                f"draw of {describe(self)} failed on the shape {show(shape)}: "
                f"{type(error).__name__}: {error}",
                self,
            ) from error
        array = as_float_array(drawn, f"The numbers that draw of {describe(self)} returned")
        if array.shape != shape:
            raise OpError(
                f"draw of {describe(self)} must return an array of the shape {show(shape)}; it "
                f"returned the shape {show(array.shape)}.",
                self,
            )
        return array.astype(precision)


def checked_updates(updates: Any) -> dict[State, Node]:
    """Return ``updates`` as a dict from each State to the node of its new value.

    Raises
    ------
    ArgumentTypeError, ShapeError
    """
    if updates is None:
        return {}
    rule = "The updates of a Graph must be a dict {state: node}, with a State as each key"
    found = as_dict(updates, rule)
    for state, node in found.items():
        if not isinstance(state, State):
            raise ArgumentTypeError(f"{rule}; got the key {brief(state)}.")
        as_node(node, f"The update of {describe(state)}")
        if node.shape != state.shape:
            raise ShapeError(
                f"The update of {describe(state)} must have its shape {show(state.shape)}; "
                f"{describe(node)} has the shape {show(node.shape)}.",
                node,
            )
    return found
