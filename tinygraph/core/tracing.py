"""An op's own code, called with nodes instead of arrays.

The ``forward`` and ``backward`` of an op are NumPy code. Called with a :class:`Traced` for each
array, they compute nothing: every NumPy function that they apply builds a node. So a ``backward``
builds the graph of its gradient, and a ``forward`` builds the graph of simpler ops that it
consists of.

Not possible: code that branches on numbers, loops over elements, or writes into an array. The
program that ``tg.compile`` writes has the same limit.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy
from numpy.lib.mixins import NDArrayOperatorsMixin

from tinygraph.core.array_interface import ArrayAttribute, ArrayInterface
from tinygraph.core.leaves import Constant, Input
from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.numpy_functions import FUNCTIONS, apply_function, apply_ufunc, name_of
from tinygraph.core.symbolic_size import SymbolicSize, Untraceable, without_symbols

np: Any = numpy  # whose types do not say that its functions accept nodes


class Traced(ArrayInterface, NDArrayOperatorsMixin):
    """A node that an op's code takes for an array.

    Parameters
    ----------
    node : Node
    dtype : dtype
        The precision of the graph.

    >>> import tinygraph as tg
    >>> x = Traced(tg.Input("x", shape=(None, 3)), numpy.dtype(float))
    >>> (x * 2 / x.size).node
    <Divide (unnamed) (B, 3)>
    """

    def __init__(self, node: Node, dtype: Any) -> None:
        self.node = node
        is_whole = isinstance(node, Input) and node.is_whole
        self.dtype = numpy.dtype(numpy.int64) if is_whole else dtype

    def _wrapped(self, result: Any) -> Any:
        """Return a new node or number as a traced one; anything else unchanged."""
        if isinstance(result, (float, numpy.floating, numpy.bool_)):
            result = Constant(float(result))
        return Traced(result, self._precision) if isinstance(result, Node) else result

    @property
    def _precision(self) -> Any:
        return self.dtype if self.dtype.kind == "f" else numpy.dtype(float)

    @property
    def shape(self) -> tuple[Any, ...]:
        """The sizes, with a symbol for the batch size."""
        return tuple(self._symbol(1) if size is None else size for size in self.node.shape)

    @ArrayAttribute
    def size(self) -> Any:
        """Return the number of elements, as a symbol if it depends on the batch size."""
        known = math.prod(size for size in self.node.shape if size is not None)
        return self._symbol(known) if None in self.node.shape else known

    def _symbol(self, factor: int) -> SymbolicSize:
        return SymbolicSize(factor, self._number, self.node)

    def _number(self, factor: int) -> Any:
        shape = self.node.shape
        if factor == math.prod(size for size in shape if size is not None):
            return self._wrapped(np.size(self.node))
        batch = self._wrapped(np.size(self.node, shape.index(None)))
        return batch if factor == 1 else batch * factor

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if options.get("out") is not None:
            raise Untraceable("it writes into an array that exists (+=, *= or out=)")
        operands = [_plain(x.as_number() if isinstance(x, SymbolicSize) else x) for x in inputs]
        if ufunc not in FUNCTIONS and method == "__call__":
            raise Untraceable(f"it applies np.{ufunc.__name__}, for which there is no op")
        if method == "__call__":
            if not any(isinstance(x, (Node, numpy.ndarray)) for x in operands):
                return self._wrapped(ufunc(*operands, **options))
            same = _unchanged(ufunc, operands)
            if same is not None:
                return self._wrapped(same)
        return self._wrapped(apply_ufunc(ufunc, method, tuple(operands), options))

    def __array_function__(self, function: Any, types: Any, inputs: Any, options: Any) -> Any:
        if function not in FUNCTIONS:
            raise Untraceable(f"it applies {name_of(function)}, for which there is no op")
        if _changes_nothing(function, inputs, options):
            return inputs[0]
        operands = [_as_node(x) for x in inputs]
        options = {key: _as_node(value) for key, value in options.items()}
        return self._wrapped(apply_function(function, operands, options))

    def __getitem__(self, index: Any) -> Any:
        parts = index if isinstance(index, tuple) else (index,)
        if all(isinstance(part, slice) and part == slice(None) for part in parts):
            return self
        return self._wrapped(OPERATORS["[]"](self.node, _as_node(parts)))

    def astype(self, dtype: Any, **_: Any) -> Traced:
        """Return the array: a graph has one precision."""
        return self

    def copy(self, *_: Any) -> Traced:
        """Return the array: nothing traced ever changes."""
        return self

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_") or not hasattr(numpy.ndarray, name):
            raise AttributeError(f"an array has no attribute {name!r}")
        raise Untraceable(f"it reads the attribute .{name} of an array, for which there is no op")

    def __len__(self) -> int:
        size = self.node.shape[0] if self.node.shape else None
        if size is None:
            raise Untraceable("it needs len() of a batch; x.shape[0] works for any batch size")
        return size

    def __bool__(self) -> NoReturn:
        raise Untraceable("it branches on the numbers of an array (if, while, and, or)")

    def __float__(self) -> NoReturn:
        raise Untraceable("it takes a Python number out of an array")

    __int__ = __index__ = __complex__ = item = tolist = __float__

    def __iter__(self) -> NoReturn:
        raise Untraceable("it loops over the elements of an array")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise Untraceable("it needs the numbers of an array (np.asarray)")

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise Untraceable("it writes into an array in place")


def _as_node(value: Any) -> Any:
    """Return nested arguments with the node for each traced array."""
    if isinstance(value, Traced):
        return value.node
    if isinstance(value, (tuple, list)):
        return tuple(map(_as_node, value))
    return value


def _plain(value: Any) -> Any:
    """Return the node of a traced array, as a Python number if it is a constant number."""
    node = _as_node(value)
    if type(node) is Constant and node.shape == () and not node.has_own_precision:
        return float(node.in_precision(numpy.dtype(float)))
    return node


def _unchanged(ufunc: Any, operands: list[Any]) -> Any:
    """Return the operand that multiplying, dividing or raising to the power leaves unchanged."""
    a, b = operands if len(operands) == 2 else (operands[0], None)
    if ufunc is np.multiply and _is_one(a):
        return b if isinstance(b, Node) else None
    if ufunc in (np.multiply, np.true_divide, np.power) and _is_one(b):
        return a if isinstance(a, Node) else None
    return None


def _is_one(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == 1


def _changes_nothing(function: Any, inputs: Any, options: dict[str, Any]) -> bool:
    """Tell whether a reshape, a broadcast or a sum leaves its array as it is."""
    if not isinstance(inputs[0], Traced):
        return False
    if function in (np.reshape, np.broadcast_to) and len(inputs) == 2:
        shape = inputs[1] if isinstance(inputs[1], (tuple, list)) else (inputs[1],)
        return bool(without_symbols(tuple(shape)) == inputs[0].node.shape)
    return function is np.sum and options.get("axis") == ()
