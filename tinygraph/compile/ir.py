"""The intermediate representation: a list of array operations, whose results never change.

Targets use nothing else.  An :class:`Operation` applies one NumPy function to earlier
:class:`Value` s.  The op that it comes from matters only to readers and to error messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinygraph.core.node import Node
from tinygraph.core.numpy_functions import name_of


@dataclass(eq=False)
class Value:
    """An array of the program.

    Attributes
    ----------
    kind : str
        ``"input"``, ``"parameter"``, ``"memory"``, ``"gradient"`` (of a parameter, where the update
        begins), ``"scalar"`` (a hyperparameter or the step number), ``"constant"``, ``"result"``.
    label : str
        Its name for a reader; targets make identifiers from it.
    constant : Any
        The number or array itself, for a constant.
    """

    kind: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    label: str = ""
    constant: Any = None


@dataclass(eq=False)
class Operation:
    """``result = function(*arguments, **options)``; arguments may be nested in tuples."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    result: Value
    options: dict[str, Any] = field(default_factory=dict)
    node: Node | None = None
    phase: str = "forward"

    @property
    def operands(self) -> tuple[Value, ...]:
        """The values among the arguments, in order."""
        return tuple(values_in(self.arguments))

    @property
    def is_elementwise(self) -> bool:
        """Whether each element of the result is computed from one element of each operand."""
        return isinstance(self.function, np.ufunc) and self.function.signature is None

    def with_arguments(self, arguments: tuple[Any, ...]) -> Operation:
        """Return the same operation on other arguments, with the same result."""
        return Operation(self.function, arguments, self.result, self.options, self.node, self.phase)

    def another(
        self,
        function: Callable[..., Any],
        arguments: tuple[Any, ...],
        result: Value,
        options: dict[str, Any] | None = None,
    ) -> Operation:
        """Return another operation of the same node and phase."""
        return Operation(function, arguments, result, options or {}, self.node, self.phase)


def function_name(function: Callable[..., Any]) -> str:
    """Return how a function is written in a program.

    >>> function_name(np.exp), function_name(np.add.outer), function_name(np.linalg.norm)
    ('np.exp', 'np.add.outer', 'np.linalg.norm')
    """
    owner = getattr(function, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"np.{owner.__name__}.{function.__name__}"
    return name_of(function)


def constant(number: Any) -> Value:
    """Return a constant. A Python number stays one: it takes the precision of its operands."""
    array = np.asarray(number)
    return Value("constant", array.shape, array.dtype, constant=number)


def values_in(arguments: Any) -> Iterator[Value]:
    """Yield every value in nested tuples."""
    if isinstance(arguments, Value):
        yield arguments
    elif isinstance(arguments, tuple):
        for argument in arguments:
            yield from values_in(argument)


def substitute(arguments: Any, new: Callable[[Value], Any]) -> Any:
    """Return nested tuples with each value replaced by ``new(value)``."""
    if isinstance(arguments, Value):
        return new(arguments)
    if isinstance(arguments, tuple):
        return tuple(substitute(argument, new) for argument in arguments)
    return arguments


def evaluate(operations: Iterable[Operation], arrays: Mapping[Value, Any]) -> dict[Value, Any]:
    """Run the operations with NumPy. This defines what a program means, for every target."""
    known = dict(arrays)

    def look_up(value: Value) -> Any:
        return value.constant if value.kind == "constant" else known[value]

    for operation in operations:
        arguments = substitute(operation.arguments, look_up)
        known[operation.result] = operation.function(*arguments, **operation.options)
    return known
