"""Calls of an op's ``forward`` and ``backward``, with their results checked.

Anyone can write an op. Its results are checked here, so that a mistake is reported with the op's
name, the rule and a likely cause, and not three ops later in NumPy's words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sys import getrefcount
from typing import Any

import numpy as np

from tinygraph.errors import OpError, ShapeError, StateError, TinygraphError
from tinygraph.validation.arrays import FLOATS, Array, as_float_array, brief
from tinygraph.validation.naming import NodeLike, describe
from tinygraph.validation.shapes import Shape, fits, show

# From scalars NumPy computes scalars, not arrays without axes: they are much faster.
SCALAR_TYPES = (np.float64, np.float32)
ARRAY_TYPES = (np.ndarray, *SCALAR_TYPES)
_ONES: dict[Any, Any] = {np.float64: np.float64(1), np.float32: np.float32(1)}


def call_forward(op: Any, arrays: Sequence[Any], shape: Shape) -> Array:
    """Return ``op.forward(*arrays)`` as an array of the inferred ``shape``.

    Raises
    ------
    OpError
        If ``forward`` fails, or if its result is not an array of that shape.
    """
    try:
        value = op.forward(*arrays)
    except TinygraphError:
        raise
    except Exception as error:
        raise op_failed("forward", op, arrays, error) from error
    if type(value) in ARRAY_TYPES and value.dtype in FLOATS and value.shape == shape:
        return value  # type: ignore[no-any-return]
    return as_value(value, op, shape)


def call_backward(op: Any, g: Any, y: Any, arrays: Sequence[Any]) -> list[Array | None]:
    """Return the gradients of ``op.backward(g, y, *arrays)``, one per input.

    Each gradient has the shape and precision of its input's value, and its own memory: an array
    with other references, such as ``g`` itself or a view of it, is copied. The gradient is None
    for an input that takes no gradient.

    Raises
    ------
    OpError
        If ``backward`` fails, or does not return one gradient per input.
    """
    try:
        returned = op.backward(g, y, *arrays)
    except TinygraphError:
        raise
    except Exception as error:
        raise op_failed("backward", op, arrays, error) from error
    inputs = op.inputs
    if len(inputs) == 1 and type(returned) in ARRAY_TYPES:
        returned = (returned,)
    elif type(returned) is not tuple or len(returned) != len(inputs):
        returned = one_each(op, returned)
    grads: list[Array | None] = []
    for parent, value, grad in zip(inputs, arrays, returned):
        if not parent.takes_gradient:
            grad = None
        elif value is None:
            raise StateError(
                f"backward() differentiates the last forward run, but {describe(parent)} has no "
                f"value. Call forward(…) again first."
            )
        elif type(grad) is np.ndarray:
            # Only this loop and the tuple refer to a new array; a third reference is a shared one.
            if grad.base is not None or getrefcount(grad) > _REFERENCES_TO_A_NEW_ARRAY:
                grad = grad.copy(order="K")
            if grad.shape != value.shape or grad.dtype is not value.dtype:
                grad = as_gradient(grad, op, parent, value)
        elif grad is not None and not (type(grad) is type(value) and type(grad) in SCALAR_TYPES):
            grad = as_gradient(grad, op, parent, value)
        grads.append(grad)
    return grads


def _references_to_a_new_array() -> int:
    """Count the references to an array that only the loop of ``call_backward`` holds."""
    returned = (np.empty(1), np.empty(1))
    counts = [getrefcount(grad) for parent, value, grad in zip((0, 0), (0, 0), returned)]
    return max(counts)


_REFERENCES_TO_A_NEW_ARRAY = _references_to_a_new_array()


def one_each(op: NodeLike, grads: Any) -> tuple[Any, ...]:
    """Return the result of ``op.backward`` as a tuple with one gradient per input."""
    if grads is None:
        raise OpError(
            f"backward of {describe(op)} returned None. Does it lack a return statement? If no "
            f"gradient flows to an input, put None in a tuple: (None,).",
            op,
        )
    if type(grads) is not tuple:
        grads = tuple(grads) if isinstance(grads, list) else (grads,)
    contributions: tuple[Any, ...] = grads
    if len(contributions) != len(op.inputs):
        raise OpError(
            f"backward of {describe(op)} must return one gradient per input "
            f"({len(op.inputs)}, in the same order); it returned {len(contributions)}.",
            op,
        )
    return contributions


def as_gradient(grad: Any, op: NodeLike, parent: NodeLike, value: Array) -> Array:
    """Return one gradient from ``op.backward`` as an array with the shape of ``value``."""
    if type(grad) not in ARRAY_TYPES or grad.dtype not in FLOATS:
        grad = as_float_array(grad, f"The gradient that backward of {describe(op)} returned")
    if grad.shape != value.shape:
        raise _wrong_gradient_shape(op, parent, value, grad)
    if grad.dtype is not value.dtype:
        grad = grad.astype(value.dtype)
    return grad  # type: ignore[no-any-return]


def as_seed(seed: Any, output: NodeLike, value: Any) -> Array:
    """Return the array that a backward pass starts from, ∂L/∂output: by default 1."""
    if seed is None and type(value) in _ONES:
        return _ONES[type(value)]  # type: ignore[no-any-return]
    if seed is None:
        if value.shape != ():
            raise StateError(
                f"backward() needs a scalar output, but {describe(output)} has the shape "
                f"{show(value.shape)}. End the graph with a loss or a Sum, or pass "
                f"backward(seed=…), the gradient to start from."
            )
        return np.asarray(1.0, value.dtype)[()]
    array = as_float_array(seed, "The seed of backward()")
    if array.shape != value.shape:
        raise ShapeError(
            f"The seed of backward() must have the shape of the output {describe(output)}, "
            f"{show(value.shape)}; got {show(array.shape)}.",
            output,
        )
    return array.astype(value.dtype)


def as_value(value: Any, op: NodeLike, shape: Shape) -> Array:
    """Return the result of an op's ``forward`` as an array of the inferred ``shape``."""
    if value is None:
        raise OpError(
            f"forward of {describe(op)} returned None. Does it lack a return statement?", op
        )
    array: Array
    if type(value) in ARRAY_TYPES and value.dtype in FLOATS:
        array = value
    else:
        array = as_float_array(value, f"The value that forward of {describe(op)} returned")
    if not fits(array.shape, shape):
        raise OpError(
            f"forward of {describe(op)} returned an array of shape {show(array.shape)}, but its "
            f"infer_shape gave {show(shape)}. Correct the one that is wrong.",
            op,
        )
    return array


def op_failed(direction: str, op: NodeLike, arrays: Iterable[Any], error: Exception) -> OpError:
    """Return the error for an op whose own code raised, with the arrays that it was given."""
    arrived = ", ".join(
        f"{parent.name} {_shape(array)}" for parent, array in zip(op.inputs, arrays)
    )
    return OpError(
        f"{direction} of {describe(op)} failed on {arrived or 'no inputs'}: "
        f"{type(error).__name__}: {error}",
        op,
    )


def _shape(array: Any) -> str:
    """Return the shape of an array, or a short text for anything else that a user assigned."""
    return show(array.shape) if isinstance(array, ARRAY_TYPES) else brief(array)


def _wrong_gradient_shape(op: NodeLike, parent: NodeLike, value: Array, grad: Array) -> OpError:
    hint = ""
    if grad.shape == value.shape[::-1]:
        hint = " Did you forget a transpose?"
    elif grad.ndim >= value.ndim:
        hint = " Did you forget to sum over the batch, or over a broadcast axis?"
    return OpError(
        f"backward of {describe(op)} returned a gradient of shape {show(grad.shape)} for "
        f"{parent.name}, but {parent.name} has the shape {show(value.shape)}. A gradient must have "
        f"the same shape as its value.{hint}",
        op,
    )
