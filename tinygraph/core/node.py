"""The base class of all nodes: a name, inputs, a shape, a value, a gradient, and the operators."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

import numpy as np

from tinygraph.core.array_interface import ArrayInterface
from tinygraph.core.no_numbers import NoNumbers
from tinygraph.core.numpy_functions import apply_function, apply_ufunc
from tinygraph.core.scope import prefix
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.naming import check_name, describe
from tinygraph.validation.shapes import Shape, show

OPERATORS: dict[str, Callable[..., Node]] = {}
"""The op class of each operator, such as ``a + b``: an op registers with ``operator="+"``."""


ASSIGNED = (None, None)
"""The ``as_read`` of a node whose ``value`` a user has assigned."""


class Node(NoNumbers, ArrayInterface):
    """A node of the graph: its inputs, its value and its gradient.

    NumPy functions, operators and indexing applied to a node build further nodes.

    Attributes
    ----------
    name : str or None
        Unique within a graph.  The part before the last ``/`` is the node's group.
    inputs : tuple of Node
        The nodes this one is computed from.
    shape : tuple
        Sizes, with ``None`` for the batch size.
    value : array or None
        Filled by ``Graph.forward``.
    grad : array or None
        ∂L/∂value, of the shape of ``value``, filled by ``Graph.backward``.  ``None`` means *not
        computed*, which is not the same as 0.

    >>> import tinygraph as tg
    >>> W = tg.Parameter([[1.0], [2.0]], name="layer1/W")
    >>> W.shape, W.group, W.inputs, W.grad is None
    ((2, 1), 'layer1', (), True)
    """

    __slots__ = (
        "__weakref__",
        "_value",
        "as_read",
        "auto_named",
        "grad",
        "inputs",
        "name",
        "prefix",
        "shape",
    )

    role: ClassVar[str] = "node"
    """The role of the node, which decides its colour in a diagram."""

    name: str | None
    prefix: str
    """The scopes in which the node was made, such as ``"block1/"``."""
    inputs: tuple[Node, ...]
    shape: Shape
    grad: Array | None
    _value: Array | None
    as_read: tuple[Array | None, Array | None] | None
    """The array that a user has read as ``value``, and a copy of it, which shows edits in place."""

    takes_gradient: bool = True
    """Whether ``backward`` keeps a gradient for the node."""

    def __init__(self, name: str | None, inputs: tuple[Node, ...] = ()) -> None:
        if type(self) is Node:
            raise ArgumentTypeError(
                "A node is an Input, a Parameter, a Constant or an op: make one of these."
            )
        self.prefix = prefix()
        if name is not None:
            check_name(name)
            name = self.prefix + name
        self.name = name
        self.auto_named = False
        self.inputs = inputs
        self._value = self.as_read = self.grad = None

    @property
    def value(self) -> Any:
        """The numbers of the node; None before the first run."""
        value = self._value
        is_known = self.as_read is ASSIGNED or (self.as_read and self.as_read[0] is value)
        if type(value) is np.ndarray and not is_known:
            self.as_read = (value, value.copy())
        return value

    @value.setter
    def value(self, value: Any) -> None:
        self._value = value
        self.as_read = ASSIGNED

    @classmethod
    def takes(cls, count: int) -> bool:
        """Tell whether a node of this class can have this number of inputs; a leaf has none."""
        return count == 0

    @property
    def group(self) -> str:
        """The part of the name before the last ``/``: ``"layer1"`` of ``"layer1/W"``."""
        return self.name.rpartition("/")[0] if isinstance(self.name, str) else ""

    def __repr__(self) -> str:
        # An op that refused its inputs has no shape; the error that reports it holds this op.
        return f"<{describe(self)} {show(self.shape) if hasattr(self, 'shape') else '(refused)'}>"

    def __add__(self, other: Any) -> Node:
        return _operate("+", self, other)

    def __radd__(self, other: Any) -> Node:
        return _operate("+", other, self)

    def __sub__(self, other: Any) -> Node:
        return _operate("-", self, other)

    def __rsub__(self, other: Any) -> Node:
        return _operate("-", other, self)

    def __mul__(self, other: Any) -> Node:
        return _operate("*", self, other)

    def __rmul__(self, other: Any) -> Node:
        return _operate("*", other, self)

    def __truediv__(self, other: Any) -> Node:
        return _operate("/", self, other)

    def __rtruediv__(self, other: Any) -> Node:
        return _operate("/", other, self)

    def __matmul__(self, other: Any) -> Node:
        return _operate("@", self, other)

    def __rmatmul__(self, other: Any) -> Node:
        return _operate("@", other, self)

    def __neg__(self) -> Node:
        return _operate("negative", self)

    def __pow__(self, exponent: Any) -> Node:
        return _operate("**", self, exponent)

    def __rpow__(self, base: Any) -> Node:
        return _operate("**", base, self)

    def __getitem__(self, index: Any) -> Node:
        return _operate("[]", self, index)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return apply_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        return apply_function(function, inputs, options)


def _operate(operator: str, *operands: Any) -> Node:
    return OPERATORS[operator](*operands)


N = TypeVar("N", bound=Node)


def of_type(kind: type[N], nodes: Iterable[Node]) -> tuple[N, ...]:
    """Return the nodes that are of this class, or of a class below it."""
    return tuple([node for node in nodes if isinstance(node, kind)])


def inputs_of(node: Node) -> tuple[Node, ...]:
    """Return a node's inputs; raise if a user has replaced them by something else."""
    inputs: Any = node.inputs
    if isinstance(inputs, tuple) and all(isinstance(each, Node) for each in inputs):
        return inputs
    raise ArgumentTypeError(
        f"The inputs of {describe(node)} are a tuple of nodes; they were set to {brief(inputs)}. "
        f"Build a new node instead of changing the inputs of an old one."
    )


_value_of = attrgetter("_value")  # with map, faster than a comprehension: each op needs it


def values_of(node: Node) -> list[Any]:
    """Return the values of a node's inputs, in order."""
    try:
        return list(map(_value_of, node.inputs))
    except Exception:  # a user has set the inputs to anything
        inputs_of(node)
        raise
