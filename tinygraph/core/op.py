"""The contract of an op: a value from its inputs, and under it the derivative."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tinygraph.core.hyperparameters import hyperparameter_names
from tinygraph.core.leaves import Constant
from tinygraph.core.node import OPERATORS, Node
from tinygraph.core.numpy_functions import FUNCTIONS
from tinygraph.errors import (
    ArgumentTypeError,
    OpError,
    ShapeError,
    TinygraphError,
    did_you_mean,
)
from tinygraph.validation.arrays import Array, brief, is_bool
from tinygraph.validation.naming import describe, describe_with_shape
from tinygraph.validation.op_texts import check_texts
from tinygraph.validation.shapes import Shape, as_shape, broadcast, show


class Rule(NamedTuple):
    r"""The gradient for one argument of an op, as formula and as code.

    The diagram, the stepper and the derivation take their texts from here.  The
    names in it are those of ``backward``: ``g`` for ∂L/∂y, ``y`` for the value, and the arguments
    of ``forward``.  The tests evaluate ``code`` and compare it with ``backward``.

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

    >>> Rule(r"2\,g\,x", "g * 2 * x", local="2 * x", why="the power rule").code
    'g * 2 * x'
    """

    math: str
    code: str
    local: str = ""
    why: str = ""


@dataclass(frozen=True)
class Comparison:
    """How a loss compares a prediction with labels; the accuracy of a classifier follows from it.

    Attributes
    ----------
    labels : str
        The argument of ``forward`` that holds the labels; the first other argument is the
        prediction.
    are_logits : bool
        Whether the loss reads the prediction as logits, whose sign decides between two classes.
        Otherwise the prediction is on the scale of the labels.
    are_indices : bool
        Whether a label is the number of a class: 0 for the first.

    >>> Comparison("t").are_logits
    False
    """

    labels: str
    are_logits: bool = False
    are_indices: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.labels, str):
            raise ArgumentTypeError(
                f"labels must be the name of an argument of forward; got {brief(self.labels)}."
            )
        for name in ("are_logits", "are_indices"):
            if not is_bool(getattr(self, name)):
                raise ArgumentTypeError(
                    f"{name} must be True or False; got {brief(getattr(self, name))}."
                )


class Op(Node):
    """A node that computes its value from its inputs.

    A subclass gives ``forward`` and, right under it, ``backward``; both are pure: they change none
    of their arguments and keep nothing.  An elementwise op needs no more than these two.

    ``forward(self, x, …)``
        Arrays in, array out.  The names of its arguments are the op's argument names.
    ``backward(self, g, y, x, …)``
        ``g`` is ∂L/∂y, ``y`` the value that ``forward`` returned.  Returns one gradient per input,
        in order, each of the shape of its input (``None`` where no gradient flows); an op with one
        input may return the array itself.
    ``infer_shape(self, *shapes)``
        The shape of the value, from those of the inputs; broadcasting, unless overridden.
    ``formula``, ``code``, ``rules``
        What a diagram, a stepper and a derivation show.
    ``compares``
        For a loss only: how it compares a prediction with labels.
    ``example(cls, rng)``
        Input arrays at which the op is differentiable, for the tests.

    Hyperparameters are keyword arguments, kept on ``self``; a class attribute gives the default.

    >>> from tinygraph.core.leaves import Input
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
    letters: ClassVar[Mapping[str, str]] = {}
    """The hyperparameters that ``formula`` and ``rules`` abbreviate, by their letter."""
    code: ClassVar[str] = ""
    """The line of NumPy a student would write for ``forward``."""
    rules: ClassVar[tuple[Rule, ...]] = ()
    """How each argument's gradient is written, in the order of the arguments."""

    compares: ClassVar[Comparison | None] = None
    """How a loss compares a prediction with labels; None for all other ops."""
    stops_gradient: ClassVar[bool] = False
    """Whether the op withholds the gradient on purpose, though its value depends on its inputs."""

    arguments: ClassVar[tuple[str, ...]] = ()
    """The argument names of ``forward``."""
    _takes_any_number: ClassVar[bool] = False
    _keywords: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(
        cls, operator: str | None = None, numpy: Any = None, **kwargs: Any
    ) -> None:
        """Register what builds the op: an ``operator`` such as ``"+"``, a function of ``numpy``."""
        super().__init_subclass__(**kwargs)
        if "forward" in cls.__dict__:
            try:
                parameters = list(inspect.signature(cls.forward).parameters.values())[1:]
            except Exception as error:  # inspect shows what it refuses, and that may fail too
                raise ArgumentTypeError(
                    f"forward of {cls.__name__} must be a method that names its arguments, such as "
                    f"forward(self, x); got {brief(cls.forward)}."
                ) from error
            cls.arguments = tuple(p.name for p in parameters)
            cls._takes_any_number = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        check_texts(cls)
        cls._keywords = _Keywords()  # type: ignore[assignment]
        if operator is not None:
            OPERATORS[operator] = cls
        if numpy is not None:
            FUNCTIONS[numpy] = cls

    def __init__(self, /, *inputs: Any, name: str | None = None, **hyperparameters: Any) -> None:
        super().__init__(name)
        if hyperparameters:
            if not inputs and self.arguments and hyperparameters.keys() >= set(self.arguments):
                inputs = tuple(hyperparameters.pop(argument) for argument in self.arguments)
            self._keep(hyperparameters)
        if not self.takes(len(inputs)):
            if type(self).forward is Op.forward:
                raise _no_method(self, "forward")
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
        if not shapes or shape is not shapes[0]:  # otherwise it was checked with that input
            shape = as_shape(shape, f"{describe(self)}, from its infer_shape,")
            if shape.count(None) > 1:
                raise self._batch_twice(shape)
        self.shape = shape

    @classmethod
    def takes(cls, count: int) -> bool:
        """Tell whether the op can have this number of inputs."""
        return count == len(cls.arguments) or (cls._takes_any_number and count > 0)

    def _keep(self, hyperparameters: dict[str, Any]) -> None:
        for keyword, value in hyperparameters.items():
            if keyword not in self._keywords:
                raise ArgumentTypeError(
                    f"{type(self).__name__} takes no keyword {keyword!r}."
                    + did_you_mean(keyword, ["name", *sorted(self._keywords)])
                )
            setattr(self, keyword, value)

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """The keyword arguments by name; where one was not given, it is the class's default."""
        return {name: getattr(self, name) for name in sorted(self._keywords) if hasattr(self, name)}

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the value from the values of the inputs."""
        raise _no_method(self, "forward")

    def backward(self, *args: Any, **kwargs: Any) -> Any:
        """Return one gradient per input, from ``g``, ``y`` and the values of the inputs."""
        raise _no_method(self, "backward")

    def infer_shape(self, *args: Any, **kwargs: Any) -> Shape:
        """Return the shape of the value; by default, that of broadcasting the inputs."""
        return args[0] if len(args) == 1 else broadcast(*args)

    def _batch_twice(self, shape: Shape) -> ShapeError:
        """Return the error for a result in which every sample meets every other sample."""
        arrived = " and ".join(map(describe_with_shape, self.inputs))
        flat = [node for node in self.inputs if node.shape == (None,)]
        hint = "Give all inputs the batch size as their first axis."
        if flat and any(len(node.shape) > 1 for node in self.inputs):
            name = flat[0].name or "the input of shape (B,)"
            hint = f"Make {name} a column of shape (B, 1), for example with Input(shape=(None, 1))."
        return ShapeError(
            f"{describe(self)}: {arrived} would give {show(shape)}, in which every sample meets "
            f"every other sample. The batch size may be in a shape only once. {hint}",
            self,
        )

    def _located(self, error: TinygraphError) -> TinygraphError:
        """Return ``error`` with this op and its inputs named, where it is a bare shape rule."""
        if not isinstance(error, ShapeError) or error.node is not None:
            return error
        arrived = ", ".join(map(describe_with_shape, self.inputs))
        return ShapeError(f"{describe(self)}: {error}, from {arrived}.", self)

    def feed_ranges(self) -> dict[str, tuple[float, float]]:
        """Return the smallest and the largest number that an argument may be fed, by its name.

        Two whole numbers say that the argument is a class or an index: a loss of k logits, for
        example, takes labels from 0 to k − 1. Default: no limits.
        """
        return {}

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


class _Keywords:
    """Finds the keywords of an op class when they are first read, which keeps the import fast."""

    def __get__(self, op: Op | None, cls: type[Op]) -> frozenset[str]:
        cls._keywords = hyperparameter_names(cls, Op)
        return cls._keywords


def _no_method(op: Op, method: str) -> OpError:
    return OpError(f"{describe(op)} has no {method}: its class must define one.", op)


def _as_node(value: Any, owner: Op) -> Node:
    if isinstance(value, Node):
        return value
    if isinstance(value, type) and issubclass(value, Node):
        raise ArgumentTypeError(
            f"The inputs of {describe(owner)} must be nodes; got the class {value.__name__} itself."
        )
    try:
        return Constant(value)
    except TinygraphError as error:
        raise ArgumentTypeError(
            f"The inputs of {describe(owner)} must be nodes, or numbers that become constants; "
            f"got {brief(value)}."
        ) from error
