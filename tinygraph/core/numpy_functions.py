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
from functools import cache
from typing import Any, NoReturn, TypeVar

import numpy as np

from tinygraph.core.numpy_hints import replacement
from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}
"""Each supported NumPy function, and the op class or function that builds its node."""

REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
}
"""The function that equals ``ufunc.reduce``, such as ``np.sum`` for ``np.add.reduce``."""

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
            f"itself, or np.sum, np.prod, np.max and np.min for a reduction."
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
    defaults = signature_of(function).parameters
    takes = signature_of(builder)
    options = {
        name: value
        for name, value in options.items()
        if name in takes.parameters or name not in defaults or value is not defaults[name].default
    }
    try:
        takes.bind(*inputs, **options)
    except TypeError as error:
        raise ArgumentTypeError(
            f"{name_of(function)} of a node takes the arguments "
            f"({', '.join(takes.parameters)}); this call fails: {error}."
        ) from error
    return builder(*inputs, **options)


@cache
def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """Return the parameters of a function; none for one that is written in C."""
    try:
        return inspect.signature(function)
    except ValueError:
        return inspect.Signature()


def _op(op: Any, function: Callable[..., Any], inputs: Any, options: dict[str, Any]) -> Any:
    """Build an op from a call of NumPy's function, without arguments that are its defaults."""
    names = op.arguments
    keywords = [name for name in inspect.get_annotations(op) if name in op._keywords]
    if not isinstance(function, np.ufunc):
        numpy_s = signature_of(function).parameters
        given = signature_of(function).bind(*inputs, **options).arguments
        options = {n: value for n, value in given.items() if value is not numpy_s[n].default}
        names = tuple(numpy_s)[: len(names)]
        inputs = [options.pop(name) for name in names]
    unknown = [name for name in options if name not in keywords]
    if unknown or len(inputs) > len(names):
        wrong = f"{unknown[0]}=…" if unknown else f"{len(inputs)} arguments"
        raise ArgumentTypeError(
            f"{name_of(function)} of a node takes the arguments "
            f"({', '.join((*names, *keywords))}); got {wrong}. A node has the precision of its "
            f"graph, and never writes into another array."
        )
    return op(*inputs, **options)


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
    instead = replacement(short, supported)
    arrived = ", ".join(brief(each) for each in inputs) if isinstance(inputs, tuple) else ""
    raise ArgumentTypeError(
        f"{name} cannot be applied to nodes, since tinygraph has no op for it; got {arrived}. "
        + (f"Instead, write {instead}. " if instead else "")
        + "You can also write your own op: a class with forward and backward."
    )
