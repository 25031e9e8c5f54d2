"""Nodes: what a graph is made of, and what an op must give.

A node is a place in the graph: it knows its inputs, its shape and, after a run, its value and the
gradient of the output with respect to that value.  ``Input``, ``Parameter`` and ``Constant`` are
the leaves, where numbers enter; an :class:`Op` computes its value from its inputs.

Nodes only *describe* a computation.  Running it is the business of :class:`tinygraph.Graph`, the
one thing that writes ``value`` and ``grad``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tinygraph.arrays import Array, as_float_array, brief
from tinygraph.errors import (
    ArgumentTypeError,
    OpError,
    ShapeError,
    TinygraphError,
    did_you_mean,
)
from tinygraph.shapes import Shape, as_shape, broadcast, show

OPERATORS: dict[str, Callable[..., Op]] = {}
"""What ``a + b`` and its like build: an op class enters itself with ``operator="+"``."""


class Node:
    """A place in the graph.

    Attributes
    ----------
    name : str or None
        Unique within a graph.  What stands before the last ``/`` is the node's group.
    inputs : tuple of Node
        The nodes this one is computed from.
    shape : tuple
        Sizes, with ``None`` for the batch size.
    value : array or None
        Filled by ``Graph.forward``.
    grad : array or None
        ∂L/∂value, of the shape of ``value``, filled by ``Graph.backward``.  ``None`` means *not
        computed*, which is not the same as 0.
    """

    __slots__ = ("__weakref__", "auto_named", "grad", "inputs", "name", "shape", "value")

    role: ClassVar[str] = "node"
    """What part the node plays; a diagram colours by it."""

    # NumPy must leave ``array + node`` to the node's own ``__radd__``.
    __array_ufunc__ = None

    name: str | None
    inputs: tuple[Node, ...]
    shape: Shape
    value: Array | None
    grad: Array | None

    def __init__(self, name: str | None, inputs: tuple[Node, ...] = ()) -> None:
        if name is not None and (not isinstance(name, str) or not name):
            raise ArgumentTypeError(
                f"The name of a node is a text of at least one character, such as "
                f'"layer1/W"; got {brief(name)}.'
            )
        self.name = name
        self.auto_named = False
        self.inputs = inputs
        self.grad = None

    @property
    def group(self) -> str:
        """What stands before the last ``/`` of the name: ``"layer1"`` of ``"layer1/W"``."""
        return (self.name or "").rpartition("/")[0]

    def __repr__(self) -> str:
        return f"<{describe(self)} {show(self.shape)}>"

    def __add__(self, other: Any) -> Op:
        return _operate("+", self, other)

    def __radd__(self, other: Any) -> Op:
        return _operate("+", other, self)

    def __sub__(self, other: Any) -> Op:
        return _operate("-", self, other)

    def __rsub__(self, other: Any) -> Op:
        return _operate("-", other, self)

    def __mul__(self, other: Any) -> Op:
        return _operate("*", self, other)

    def __rmul__(self, other: Any) -> Op:
        return _operate("*", other, self)

    def __truediv__(self, other: Any) -> Op:
        return _operate("/", self, other)

    def __rtruediv__(self, other: Any) -> Op:
        return _operate("/", other, self)

    def __matmul__(self, other: Any) -> Op:
        return _operate("@", self, other)

    def __rmatmul__(self, other: Any) -> Op:
        return _operate("@", other, self)

    def __neg__(self) -> Op:
        return _operate("negative", self)

    def __pow__(self, exponent: Any) -> Op:
        if isinstance(exponent, bool) or not isinstance(exponent, (int, float, np.number)):
            raise ArgumentTypeError(
                f"In a ** k the exponent k is a number; got {brief(exponent)}. "
                f"For a power that is itself a node, write Exp(k * Log(a))."
            )
        return _operate("**", self, exponent=float(exponent))


def _operate(operator: str, *operands: Any, **hyperparameters: Any) -> Op:
    return OPERATORS[operator](*operands, **hyperparameters)


class Input(Node):
    """Data that is fed anew at each run.

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
            raise ArgumentTypeError('An Input needs a name to be fed by, such as Input("x", …).')
        super().__init__(name)
        self.shape = as_shape(shape, f"input {name!r}")
        self.value = None


class Parameter(Node):
    """Numbers that training changes.

    The array is copied, so that nobody else's array changes with it.

    Parameters
    ----------
    value : array_like of float64 or float32
        The start value.
    name : str, optional

    >>> Parameter([[1.0, 2.0]], name="W")
    <Parameter "W" (1, 2)>
    """

    __slots__ = ("_value",)
    role = "parameter"

    def __init__(self, value: Any, name: str | None = None) -> None:
        super().__init__(name)
        self._value = as_float_array(value, f"The value of parameter {name!r}").copy()
        self.shape = self._value.shape

    @property
    def value(self) -> Array:
        """The present value; assigning copies, and refuses another shape."""
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        array = as_float_array(value, "The value of a parameter", self._value.dtype)
        if array.shape != self._value.shape:
            raise ShapeError(
                f"{describe(self)} keeps its shape {show(self.shape)}; got {show(array.shape)}.",
                self,
            )
        self._value = array.astype(self._value.dtype)

    def take(self, value: Array) -> None:
        """Make ``value`` the present value without a copy or a check: an optimizer's own array."""
        self._value = value


class Constant(Node):
    """Numbers that never change; no gradient is kept for them.

    A Python number takes the precision of the run it is used in.

    >>> Constant(2.0)
    <Constant (unnamed) ()>
    """

    __slots__ = ("_given", "has_own_precision")
    role = "constant"

    def __init__(self, value: Any, name: str | None = None) -> None:
        super().__init__(name)
        self._given = as_float_array(value, f"The value of constant {name!r}").copy()
        self.value = self._given
        self.shape = self._given.shape
        self.has_own_precision = isinstance(value, (np.ndarray, np.generic))

    def in_precision(self, precision: np.dtype[Any]) -> Array:
        """Return the numbers as they were given, in ``precision``: float32 today loses nothing."""
        return self._given.astype(precision)


class Rule(NamedTuple):
    r"""How an op's gradient for one argument is written down.

    Every reader that shows a gradient (diagram, stepper, derivation) takes its text from here.  The
    names in it are those of ``backward``: ``g`` for ∂L/∂y, ``y`` for the value, and the arguments
    of ``forward``.  The tests evaluate ``code`` and hold it against ``backward``.

    Attributes
    ----------
    math : str
        LaTeX, such as ``r"g \odot y \odot (1 - y)"``.
    code : str
        NumPy, such as ``"g * y * (1 - y)"``.  Where an argument was broadcast, the sum over the
        broadcast axes is left to the reader.
    local : str
        NumPy for the local derivative, such as ``"y * (1 - y)"``.
    why : str
        The reason, in one sentence.
    """

    math: str
    code: str
    local: str = ""
    why: str = ""


class Op(Node):
    """A node that computes its value from its inputs.

    A subclass gives ``forward`` and, right under it, ``backward``; both are pure: they change none
    of their arguments and keep nothing.  An elementwise op needs no more than these two.

    ``forward(self, x, …)``
        Arrays in, array out.  The names of its arguments are the op's argument names.
    ``backward(self, g, y, x, …)``
        ``g`` is ∂L/∂y, ``y`` the value that ``forward`` returned.  Returns one gradient an input,
        in order, each of the shape of its input (``None`` where no gradient flows); an op with one
        input may return the array itself.
    ``infer_shape(self, *shapes)``
        The shape of the value, from those of the inputs; broadcasting, unless overridden.
    ``formula``, ``code``, ``rules``
        What a diagram, a stepper and a derivation show.
    ``example(cls, rng)``
        Input arrays at which the op is differentiable, for the tests.

    Hyperparameters are keyword arguments, kept on ``self``; a class attribute gives the default.

    >>> class Square(Op):
    ...     def forward(self, x):
    ...         return x * x
    ...     def backward(self, g, y, x):
    ...         return g * 2 * x
    >>> Square(Input("x", shape=(None, 2)), name="x2")
    <Square "x2" (B, 2)>
    """

    __slots__ = ()

    role: ClassVar[str] = "arithmetic"
    """``"linear"``, ``"activation"``, ``"loss"`` or ``"arithmetic"``."""
    formula: ClassVar[str] = ""
    """LaTeX of the value in terms of the argument names."""
    code: ClassVar[str] = ""
    """The line of NumPy a student would write for ``forward``."""
    rules: ClassVar[tuple[Rule, ...]] = ()
    """How each argument's gradient is written, in the order of the arguments."""

    arguments: ClassVar[tuple[str, ...]] = ()
    """The argument names of ``forward``."""
    _takes_any_number: ClassVar[bool] = False
    _keywords: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, operator: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "forward" in cls.__dict__:
            parameters = list(inspect.signature(cls.forward).parameters.values())[1:]
            cls.arguments = tuple(p.name for p in parameters)
            cls._takes_any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        cls._keywords = _hyperparameter_names(cls)
        if operator is not None:
            OPERATORS[operator] = cls

    def __init__(self, *inputs: Any, name: str | None = None, **hyperparameters: Any) -> None:
        super().__init__(name)
        self.value = None
        if hyperparameters:
            self._keep(hyperparameters)
        if len(inputs) != len(self.arguments) and not (self._takes_any_number and inputs):
            raise ArgumentTypeError(
                f"{describe(self)} takes {len(self.arguments)} input(s), "
                f"({', '.join(self.arguments)}); got {len(inputs)}."
            )
        for node in inputs:
            if not isinstance(node, Node):
                inputs = tuple(_as_node(node, self) for node in inputs)
                break
        self.inputs = inputs
        shapes = [node.shape for node in inputs]
        try:
            shape = self.infer_shape(*shapes)
        except TinygraphError as error:
            raise self._located(error) from None
        except Exception as error:
            raise OpError(
                f"infer_shape of {describe(self)} failed on {', '.join(map(show, shapes))}: "
                f"{type(error).__name__}: {error}",
                self,
            ) from error
        self.shape = shape if type(shape) is tuple else as_shape(shape, describe(self))

    def _keep(self, hyperparameters: dict[str, Any]) -> None:
        for keyword, value in hyperparameters.items():
            if keyword not in self._keywords:
                raise ArgumentTypeError(
                    f"{type(self).__name__} takes no keyword {keyword!r}."
                    + did_you_mean(keyword, ["name", *sorted(self._keywords)])
                )
            setattr(self, keyword, value)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the value, from the values of the inputs."""
        raise OpError(f"{describe(self)} has no forward: its class must define one.", self)

    def backward(self, *args: Any, **kwargs: Any) -> Any:
        """Return one gradient an input, from ``g``, ``y`` and the values of the inputs."""
        raise OpError(f"{describe(self)} has no backward: its class must define one.", self)

    def infer_shape(self, *args: Any, **kwargs: Any) -> Shape:
        """Return the shape of the value; by default, that of broadcasting the inputs."""
        return broadcast(*args)

    def _located(self, error: TinygraphError) -> TinygraphError:
        """Return ``error`` with this op and its inputs named, where it is a bare shape rule."""
        if not isinstance(error, ShapeError) or error.node is not None:
            return error
        arrived = ", ".join(map(describe_with_shape, self.inputs))
        return ShapeError(f"{describe(self)}: {error}, from {arrived}.", self)

    def shape_error(self, rule: str, hint: str = "") -> ShapeError:
        """Return the error for inputs whose shapes break ``rule``.

        The message says the rule, what arrived from which node, and the ``hint`` what to change.
        """
        arrived = " and ".join(map(describe_with_shape, self.inputs))
        advice = f": {hint}" if hint else ""
        return ShapeError(f"{describe(self)} needs {rule}; got {arrived}{advice}.", self)

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        """Return input arrays at which the op is differentiable."""
        return tuple(rng.normal(size=(3, 4)) for _ in cls.arguments)


def _hyperparameter_names(cls: type[Op]) -> frozenset[str]:
    """Return the keywords an op class takes: what it declares, and what its methods read.

    So a class needs no list of its hyperparameters, and a misspelt keyword is still refused.
    """
    names: set[str] = set()
    for klass in cls.__mro__:
        if klass is Op:
            break
        names.update(inspect.get_annotations(klass))
        for key, member in klass.__dict__.items():
            code = getattr(member, "__code__", None)
            names.update(code.co_names if code else (key,))
            if key == "__init__" and code:
                names.update(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount])
    contract = {key for klass in Op.__mro__ for key in klass.__dict__}
    return frozenset(name for name in names if not name.startswith("_") and name not in contract)


def _as_node(value: Any, owner: Op) -> Node:
    if isinstance(value, Node):
        return value
    if isinstance(value, type) and issubclass(value, Node):
        raise ArgumentTypeError(
            f"The inputs of {describe(owner)} are nodes; got the class {value.__name__} itself."
        )
    try:
        return Constant(value)
    except TinygraphError as error:
        raise ArgumentTypeError(
            f"The inputs of {describe(owner)} are nodes, or numbers that become constants; "
            f"got {brief(value)}."
        ) from error


def describe(node: Node) -> str:
    """Return a node's class and name for an error message.

    >>> describe(Parameter(1.0, name="layer1/W"))
    'Parameter "layer1/W"'
    """
    name = f'"{node.name}"' if node.name is not None else "(unnamed)"
    return f"{type(node).__name__} {name}"


def describe_with_shape(node: Node) -> str:
    """Return a node's name, or its class where it has none, and its shape.

    >>> describe_with_shape(Input("x", shape=(None, 2)))
    'x (B, 2)'
    """
    return f"{node.name or type(node).__name__} {show(node.shape)}"
