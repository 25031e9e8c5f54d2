"""Recording arrays: code that is run on them leaves a list of what it did.

A :class:`Recorded` looks like an array to an op's ``forward`` and ``backward``.  It holds no
numbers, only a shape, a precision and its place in the program; NumPy's own protocols
(``__array_ufunc__``, ``__array_function__``) bring every function that is applied to it here.
So no op is known by name, and an op typed at a prompt is recorded like any other.

What depends on the numbers themselves (``if x.sum() > 0``, ``float(x)``, ``for row in x``) and what
changes an array in place cannot be written down as a list of array operations: it raises
:class:`Unrecordable`, and the program calls that op as it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from tinygraph.compile.ir import Operation, Value, constant, substitute
from tinygraph.core.node import Node


class Unrecordable(Exception):  # noqa: N818 - no error: it only says to call the op as it is
    """Something that no list of array operations can say; the message says what."""


# Pure functions of arrays, one array out; ufuncs need no list.
_FUNCTIONS = frozenset(
    getattr(np, name)
    for name in """
        argmax argmin argsort broadcast_to clip concatenate cumprod cumsum diagonal dot einsum
        expand_dims flip full_like inner max mean min moveaxis nan_to_num ones_like outer pad
        prod ravel repeat reshape roll round sort squeeze stack std sum swapaxes take
        take_along_axis tensordot tile trace transpose tril triu var vdot where zeros_like
    """.split()  # noqa: SIM905 - a list of quoted names would fill the page
)
_METHODS = frozenset(
    """
    argmax argmin argsort clip cumprod cumsum diagonal dot max mean min prod ravel repeat round
    squeeze std sum swapaxes take trace var
    """.split()  # noqa: SIM905
)
_REDUCTIONS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
_POWERS: dict[float, Callable[..., Any]] = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}


def cast(array: Any, dtype: Any) -> Any:
    """Return ``array`` in another precision."""
    return array.astype(dtype)


class Tape:
    """The operations recorded so far, and for whom."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.node: Node | None = None
        self.phase = "forward"
        self.shape_was_read = False

    def record(self, function: Any, arguments: Any, options: Any = None) -> Recorded:
        """Append one operation, and return its result.

        NumPy itself says which shape and precision that has: it computes it once, from ones.
        """
        arguments = substitute_recorded(arguments)
        if isinstance(function, np.ufunc):
            arguments = tuple(a if isinstance(a, Value) else constant(a) for a in arguments)
        options = {} if options is None else options
        with np.errstate(all="ignore"):
            sample = function(*substitute(arguments, _ones), **options)
        if not isinstance(sample, (np.ndarray, np.generic)):
            raise Unrecordable(f"{_name(function)} returns {type(sample).__name__}, not one array")
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
        return Recorded(result, self)


class Recorded(NDArrayOperatorsMixin):
    """An array without numbers: what is done to it is written to its tape."""

    __slots__ = ("tape", "value")

    def __init__(self, value: Value, tape: Tape) -> None:
        self.value = value
        self.tape = tape

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

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of an array without axes")
        return self.shape[0]

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if options.pop("out", None) is not None:
            raise Unrecordable(f"np.{ufunc.__name__} writes into an array that exists")
        if method == "reduce" and ufunc in _REDUCTIONS:
            options.setdefault("axis", 0)
            return self.tape.record(_REDUCTIONS[ufunc], inputs, options)
        if method != "__call__" or ufunc.nout != 1:
            raise Unrecordable(f"np.{ufunc.__name__}.{method} is not recorded")
        if ufunc is np.power and not options and _is_number(inputs[1]):
            if inputs[1] == 1:
                return inputs[0]
            if inputs[1] in _POWERS:
                return self.tape.record(_POWERS[inputs[1]], inputs[:1])
        return self.tape.record(ufunc, inputs, options)

    def __array_function__(self, function: Any, types: Any, arguments: Any, options: Any) -> Any:
        if function not in _FUNCTIONS or options.get("out") is not None:
            raise Unrecordable(f"np.{function.__name__} is not recorded")
        if any(isinstance(option, Recorded) for option in options.values()):
            raise Unrecordable(f"np.{function.__name__} is given an array by keyword")
        return self.tape.record(function, arguments, options)

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            if hasattr(np.ndarray, name):
                raise Unrecordable(f"the array attribute .{name} is not recorded")
            raise AttributeError(f"an array has no attribute {name!r}")
        function = getattr(np, name)
        return lambda *arguments, **options: self.__array_function__(
            function, (), (self, *arguments), options
        )

    def __getitem__(self, index: Any) -> Recorded:
        for part in index if isinstance(index, tuple) else (index,):
            if isinstance(part, Recorded) and part.dtype == bool:
                raise Unrecordable("how many entries a mask selects depends on the numbers")
        if isinstance(index, list):
            index = np.asarray(index)
        return self.tape.record(operator.getitem, (self, index))

    def reshape(self, *shape: Any) -> Recorded:
        """Return the same entries in another shape."""
        return self.tape.record(np.reshape, (self, shape[0] if len(shape) == 1 else shape))

    def transpose(self, *axes: Any) -> Recorded:
        """Return the axes in another order."""
        return self.tape.record(np.transpose, (self, *((axes,) if axes else ())))

    def astype(self, dtype: Any, **_: Any) -> Recorded:
        """Return the entries in another precision."""
        return self if dtype == self.dtype else self.tape.record(cast, (self, np.dtype(dtype)))

    def copy(self, *_: Any) -> Recorded:
        """Return the array: nothing recorded is ever changed."""
        return self

    def flatten(self) -> Recorded:
        """Return the entries in one row."""
        return self.tape.record(np.ravel, (self,))

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise Unrecordable("it needs the numbers of an array (np.asarray)")

    def __bool__(self) -> NoReturn:
        raise Unrecordable("it branches on the numbers of an array")

    def __float__(self) -> NoReturn:
        raise Unrecordable("it takes a Python number out of an array")

    __int__ = __index__ = __complex__ = item = tolist = __float__

    def __iter__(self) -> NoReturn:
        raise Unrecordable("it walks over an array in Python")

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise Unrecordable("it writes into an array")


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


def _ones(value: Value) -> Any:
    if value.kind == "constant":
        return value.constant
    # As an index into an axis of any size, 0 is safe and 1 is not.
    fill = 0 if value.dtype.kind in "iu" else 1
    return np.full(value.shape, fill, value.dtype)[()]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _name(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)
