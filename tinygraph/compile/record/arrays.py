"""Recording arrays: code that runs on them leaves a list of its array operations.

A :class:`Recorded` looks like an array to an op's ``forward`` and ``backward``. It holds no
numbers, only a shape, a precision and its place in the program; NumPy's own protocols
(``__array_ufunc__``, ``__array_function__``) bring every function that is applied to it here.
So no op is known by name, and an op typed at a prompt is recorded like any other.

Code that depends on the numbers themselves (``if x.sum() > 0``, ``float(x)``) and code that writes
into its arguments cannot be written as a list of array operations: it raises
:class:`Unrecordable`, and the program calls that op instead.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tinygraph.compile.ir import Operation, Value, constant, function_name, substitute
from tinygraph.compile.record.functions import (
    METHODS,
    POWERS,
    REDUCTIONS,
    WRITERS,
    add_at,
    of_shape_alone,
    pieces,
    put,
)
from tinygraph.core.node import Node

LONGEST_WALK = 16
"""An op may walk over an axis of this size in Python; a longer one makes the program too long."""


class Unrecordable(Exception):  # noqa: N818 - no error: it only says to call the op instead
    """Code that is not a list of array operations; the message gives the reason."""


VIEWS = {
    np.transpose,
    np.reshape,
    np.ravel,
    np.expand_dims,
    np.squeeze,
    np.swapaxes,
    np.moveaxis,
    np.broadcast_to,
    np.diagonal,
    np.flip,
    np.lib.stride_tricks.sliding_window_view,
    operator.getitem,
}
"""Functions whose result may share memory with their argument."""


def cast(array: Any, dtype: Any) -> Any:
    """Return ``array`` in another precision."""
    return array.astype(dtype)


class Tape:
    """The operations recorded so far, and the node and phase of the next ones."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.node: Node | None = None
        self.phase = "forward"
        self.shape_was_read = False
        self.whole_numbers: dict[Value, Any] = {}

    def record(self, function: Any, arguments: Any, options: Any = None) -> Recorded:
        """Append one operation, and return its result.

        NumPy itself says which shape and precision that has: it computes a sample once.
        """
        arguments = substitute_recorded(arguments)
        if isinstance(function, np.ufunc):
            arguments = tuple(a if isinstance(a, Value) else constant(a) for a in arguments)
        options = {} if options is None else options
        sample = _sample(function, arguments, options)
        if not isinstance(sample, (np.ndarray, np.generic)):
            kind = type(sample).__name__
            raise Unrecordable(f"{function_name(function)} returns {kind}, not one array")
        return self.append(function, arguments, sample.shape, sample.dtype, options)

    def append(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        shape: tuple[int, ...],
        dtype: Any,
        options: Any = None,
    ) -> Recorded:
        """Append one operation whose result is known to have ``shape`` and ``dtype``."""
        result = Value("result", shape, np.dtype(dtype))
        self.operations.append(
            Operation(function, arguments, result, options or {}, self.node, self.phase)
        )
        return Recorded(result, self, is_new=function not in VIEWS)


class Recorded(NDArrayOperatorsMixin):
    """An array without numbers: its tape records every operation on it.

    An array that the op has made itself may be written to; ``value`` is then its new contents. The
    trial of each recording finds code that writes to one array and reads it through another.
    """

    __slots__ = ("_is_new", "_part_of", "tape", "value")

    def __init__(self, value: Value, tape: Tape, is_new: bool = False) -> None:
        self.value = value
        self.tape = tape
        self._is_new = is_new
        self._part_of: tuple[Recorded, Any] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        self.tape.shape_was_read = True
        return self.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.value.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    @property
    def T(self) -> Recorded:  # noqa: N802 - NumPy's name
        return self.tape.record(np.transpose, (self,))

    @property
    def mT(self) -> Recorded:  # noqa: N802 - NumPy's name
        return self.tape.record(np.swapaxes, (self, -1, -2))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        (out,) = options.pop("out", None) or (None,)
        if method == "at" and ufunc is np.add and isinstance(inputs[0], Recorded):
            inputs[0].write(self.tape.record(add_at, inputs))
            return None
        result = self._ufunc(ufunc, method, inputs, options)
        if out is None:
            return result
        if not isinstance(out, Recorded):
            raise Unrecordable(f"np.{ufunc.__name__} writes into an array that exists")
        out.write(result)
        return out

    def _ufunc(self, ufunc: Any, method: str, inputs: Any, options: dict[str, Any]) -> Any:
        if any(isinstance(option, Recorded) for option in options.values()):
            raise Unrecordable(f"np.{ufunc.__name__} is given an array by keyword")
        if method == "reduce" and ufunc in REDUCTIONS:
            return self.tape.record(REDUCTIONS[ufunc], inputs, {"axis": 0, **options})
        if method == "at" or ufunc.nout != 1:
            raise Unrecordable(f"np.{ufunc.__name__}.{method} is not recorded")
        if method != "__call__":
            return self.tape.record(getattr(ufunc, method), inputs, options)
        if ufunc is np.power and not options and _is_number(inputs[1]):
            if inputs[1] == 1:
                return inputs[0]
            if inputs[1] in POWERS:
                return self.tape.record(POWERS[inputs[1]], inputs[:1])
        return self.tape.record(ufunc, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        name = function_name(function)
        if function is np.copyto and isinstance(arguments[0], Recorded):
            target, source = arguments
            mask = options.get("where", True)
            target.write(self.tape.record(np.where, (mask, source, target)))
            return None
        if function in WRITERS or options.get("out") is not None:
            raise Unrecordable(f"{name} writes into an array that exists")
        if any(isinstance(option, Recorded) for option in options.values()):
            raise Unrecordable(f"{name} is given an array by keyword")
        known = of_shape_alone(function, arguments, options)
        if known is not None:
            return known
        if function is np.dot and all(1 <= np.ndim(a) <= 2 for a in arguments):
            function = np.matmul  # the same for these; the passes know only one product
        parts = pieces(function, arguments, options)
        if parts is not None:
            return [arguments[0][index] for index in parts]
        return self.tape.record(function, arguments, options)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS:
            if hasattr(np.ndarray, name):
                raise Unrecordable(f"the array attribute .{name} is not recorded")
            raise AttributeError(f"an array has no attribute {name!r}")
        function = getattr(np, name)
        return lambda *arguments, **options: self.__array_function__(
            function, (), (self, *arguments), options
        )

    def __getitem__(self, index: Any) -> Recorded:
        index = _checked_index(index)
        part = self.tape.record(operator.getitem, (self, index))
        if any(isinstance(one, (Recorded, np.ndarray)) for one in _each(index)):
            part._is_new = True  # NumPy copies the elements that an array selects
        elif self._is_new or self._part_of is not None:
            part._part_of = (self, index)
        return part

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, Recorded) and index.dtype == bool and np.shape(value) == ():
            mask = index.reshape(index.shape + (1,) * (self.ndim - index.ndim))
            self.write(self.tape.record(np.where, (mask, value, self)))
        else:
            self.write(self.tape.record(put, (self, _checked_index(index), value)))

    def write(self, new: Recorded) -> None:
        """Replace the contents of the array by those of ``new``."""
        if new.value.shape != self.value.shape:
            raise Unrecordable(f"it writes the shape {new.value.shape} into {self.value.shape}")
        if not self._is_new and self._part_of is None:
            raise Unrecordable("it writes into an array that it was given")
        self.value = new.astype(self.dtype).value
        if self._part_of is not None:
            whole, index = self._part_of
            whole.write(self.tape.record(put, (whole, index, self)))

    def reshape(self, *shape: Any) -> Recorded:
        """Return the same elements in another shape."""
        return self.tape.record(np.reshape, (self, shape[0] if len(shape) == 1 else shape))

    def transpose(self, *axes: Any) -> Recorded:
        """Return the axes in another order."""
        return self.tape.record(np.transpose, (self, *((axes,) if axes else ())))

    def astype(self, dtype: Any, **_: Any) -> Recorded:
        """Return the elements in another precision."""
        return self if dtype == self.dtype else self.tape.record(cast, (self, np.dtype(dtype)))

    def copy(self, *_: Any) -> Recorded:
        """Return the same elements in an array that may be written to."""
        return Recorded(self.value, self.tape, is_new=True)

    def clip(self, low: Any = None, high: Any = None) -> Recorded:
        """Return the elements bounded from below and from above."""
        return self.tape.record(np.clip, (self, low, high))

    def flatten(self) -> Recorded:
        """Return the elements in one row."""
        return self.tape.record(np.ravel, (self,))

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise Unrecordable("it needs the numbers of an array (np.asarray)")

    def __bool__(self) -> NoReturn:
        raise Unrecordable("it branches on the numbers of an array")

    def __float__(self) -> NoReturn:
        raise Unrecordable("it takes a Python number out of an array")

    __int__ = __index__ = __complex__ = item = tolist = __float__

    def __iter__(self) -> Iterator[Recorded]:
        if len(self) > LONGEST_WALK:
            raise Unrecordable(f"it walks over an axis of size {len(self)} in Python")
        return (self[position] for position in range(len(self)))


def _each(index: Any) -> tuple[Any, ...]:
    return index if isinstance(index, tuple) else (index,)


def _checked_index(index: Any) -> Any:
    """Return an index without lists; one whose shape depends on numbers is refused."""
    for part in _each(index):
        if isinstance(part, Recorded) and part.dtype == bool:
            raise Unrecordable("the number of elements that a mask selects depends on the numbers")
    if isinstance(index, tuple):
        return tuple(np.asarray(part) if isinstance(part, list) else part for part in index)
    return np.asarray(index) if isinstance(index, list) else index


def substitute_recorded(arguments: Any) -> Any:
    """Return nested arguments with the value of each recorded array, and numbers as constants.

    >>> substitute_recorded((2.0, (1, 3), None))[0].constant
    2.0
    """
    if isinstance(arguments, Recorded):
        return arguments.value
    if isinstance(arguments, (tuple, list)):
        if all(isinstance(argument, (int, np.integer)) for argument in arguments):
            return tuple(int(argument) for argument in arguments)
        return tuple(substitute_recorded(argument) for argument in arguments)
    if isinstance(arguments, np.ndarray):
        return constant(arguments.copy())
    if isinstance(arguments, (float, np.generic)):
        return constant(arguments)
    return arguments


def _sample(function: Any, arguments: Any, options: Any) -> Any:
    """Return a result of the function: of ones, or of random numbers if it refuses ones."""
    with np.errstate(all="ignore"):
        try:
            return function(*substitute(arguments, _ones), **options)
        except np.linalg.LinAlgError:
            rng = np.random.default_rng(0)
            return function(*substitute(arguments, lambda one: _ones(one, rng)), **options)


def _ones(value: Value, rng: np.random.Generator | None = None) -> Any:
    if value.kind == "constant":
        return value.constant
    if rng is not None and value.dtype.kind == "f":
        return rng.uniform(0.5, 1.5, value.shape).astype(value.dtype)[()]
    # As an index into an axis of any size, 0 is safe and 1 is not.
    fill = 0 if value.dtype.kind in "iu" else 1
    return np.full(value.shape, fill, value.dtype)[()]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
