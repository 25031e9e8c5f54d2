"""NumPy applied to nodes: one table says which node each NumPy function builds.

``np.tanh(x)`` computes numbers if ``x`` is an array. If ``x`` is a node, NumPy hands the call to
the node (by its protocols ``__array_ufunc__`` and ``__array_function__``), and the node looks here
for the op to build. So a formula written for arrays builds a graph when it is called with nodes.

An op enters the table with its class, ``class Exp(Op, numpy=np.exp)``. A function that builds
several nodes, or that chooses between ops, enters it with :func:`builds`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

import numpy as np

from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
"""Each supported NumPy function, and the op class or function that builds its node."""

REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.maximum: np.max,
    np.minimum: np.min,
}
"""The function that equals ``ufunc.reduce``, such as ``np.sum`` for ``np.add.reduce``."""

INSTEAD = {
    "append": "np.concatenate([a, b])",
    "array": "np.stack([a, b])",
    "average": "np.mean(x)",
    "column_stack": "np.stack([a, b], axis=1)",
    "cosh": "(np.exp(x) + np.exp(-x)) / 2",
    "cumsum": "x @ np.triu(np.ones((n, n)))",
    "einsum": "a @ b, with np.transpose where axes must change places",
    "exp2": "2 ** x",
    "fabs": "np.abs(x)",
    "floor_divide": "a / b",
    "hstack": "np.concatenate([a, b], axis=1)",
    "inner": "a @ b.T",
    "isclose": "np.abs(a - b) < 1e-8",
    "linalg.norm": "np.sqrt(np.sum(x ** 2))",
    "log10": "np.log(x) / np.log(10)",
    "log2": "np.log(x) / np.log(2)",
    "logaddexp": "np.log(np.exp(a) + np.exp(b))",
    "median": "np.mean(x)",
    "outer": "np.reshape(a, (-1, 1)) * b",
    "prod": "np.exp(np.sum(np.log(x)))",
    "sinh": "(np.exp(x) - np.exp(-x)) / 2",
    "std": "np.sqrt(np.mean((x - np.mean(x)) ** 2))",
    "tan": "np.sin(x) / np.cos(x)",
    "tensordot": "a @ b",
    "var": "np.mean((x - np.mean(x)) ** 2)",
    "vstack": "np.concatenate([a, b], axis=0)",
}
"""What to write instead of a NumPy function that nodes do not support."""

F = TypeVar("F", bound=Callable[..., Any])


def builds(*functions: Callable[..., Any]) -> Callable[[F], F]:
    """Register the decorated function: it builds the node for each of the NumPy ``functions``."""

    def register(builder: F) -> F:
        FUNCTIONS.update(dict.fromkeys(functions, builder))
        return builder

    return register


def apply_ufunc(ufunc: np.ufunc, method: str, inputs: Any, options: dict[str, Any]) -> Any:
    """Return the node for a NumPy ufunc, such as ``np.exp(x)`` or ``np.add.reduce(x)``."""
    if method == "reduce" and ufunc in REDUCTIONS:
        return apply_function(REDUCTIONS[ufunc], inputs, {"axis": 0, **options})
    if method != "__call__":
        raise ArgumentTypeError(
            f"np.{ufunc.__name__}.{method} cannot be applied to nodes. Call np.{ufunc.__name__} "
            f"itself, or np.sum, np.max and np.min for a reduction."
        )
    return apply_function(ufunc, inputs, options)


def apply_function(function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
    """Return the node for a NumPy function that was called with a node.

    Raises
    ------
    ArgumentTypeError
        If nodes do not support the function, or not with these arguments.
    """
    builder = FUNCTIONS.get(function)
    if builder is None:
        refuse(function, inputs)
    if isinstance(builder, type):
        return _op(builder, function, inputs, options)
    try:
        inspect.signature(builder).bind(*inputs, **options)
    except TypeError as error:
        takes = ", ".join(inspect.signature(builder).parameters)
        raise ArgumentTypeError(
            f"{name_of(function)} of a node takes the arguments ({takes}); got {error}."
        ) from error
    return builder(*inputs, **options)


def _op(op: Any, function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
    """Build an op; the user may have given NumPy its hyperparameters by position."""
    count = len(op.arguments)
    keywords = [name for name in inspect.get_annotations(op) if name in op._keywords]
    if len(inputs) > count + len(keywords):
        raise ArgumentTypeError(
            f"{name_of(function)} of a node takes the arguments "
            f"({', '.join((*op.arguments, *keywords))}); got {len(inputs)} arguments."
        )
    options = {**dict(zip(keywords, inputs[count:], strict=False)), **options}
    unknown = [name for name in options if name not in op._keywords]
    if unknown:
        raise ArgumentTypeError(
            f"{name_of(function)} of a node takes the arguments "
            f"({', '.join((*op.arguments, *keywords))}); got {unknown[0]}=…. A node has the "
            f"precision of its graph, and never writes into another array."
        )
    return op(*inputs[:count], **options)


def name_of(function: Callable[..., Any]) -> str:
    """Return how a NumPy function is written.

    >>> name_of(np.exp), name_of(np.linalg.norm)
    ('np.exp', 'np.linalg.norm')
    """
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module.replace('numpy', 'np', 1)}.{getattr(function, '__name__', function)}"


def refuse(function: Callable[..., Any], inputs: Any) -> NoReturn:
    """Raise for a NumPy function without an op, and name the nearest one that has an op."""
    name = name_of(function)
    short = name.removeprefix("np.")
    supported = sorted({each.__name__ for each in FUNCTIONS if name_of(each).startswith("np.")})
    near = get_close_matches(short, supported, n=1, cutoff=0.4)
    instead = INSTEAD.get(short) or (f"np.{near[0]}" if near else "")
    arrived = ", ".join(brief(each) for each in inputs) if isinstance(inputs, tuple) else ""
    raise ArgumentTypeError(
        f"{name} cannot be applied to nodes, since tinygraph has no op for it; got {arrived}. "
        + (f"The nearest that nodes support is {instead}. " if instead else "")
        + "Or write an op: a class with forward and backward."
    )
