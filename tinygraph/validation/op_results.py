"""What an op's code returned, held to the contract of an op.

An op may be anyone's.  What its ``forward`` and ``backward`` return is checked here, so that a slip
is met with the op's name, the rule and a likely cause, not with NumPy's words three ops later.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tinygraph.errors import OpError, ShapeError, StateError
from tinygraph.validation.arrays import FLOATS, Array, as_float_array, brief
from tinygraph.validation.edits import check_numbers
from tinygraph.validation.naming import NodeLike, describe
from tinygraph.validation.shapes import Shape, fits, show

# NumPy computes scalars, not arrays without axes, from scalars: much the faster of the two.
ARRAY_TYPES = (np.ndarray, np.float64, np.float32)


def one_each(op: NodeLike, grads: Any) -> tuple[Any, ...]:
    """Return what ``op.backward`` returned as one gradient an input."""
    if grads is None:
        raise OpError(
            f"backward of {describe(op)} returned None. Is its return missing? For an input to "
            f"which no gradient flows, None stands in a tuple: (None,).",
            op,
        )
    if type(grads) is not tuple:
        grads = tuple(grads) if isinstance(grads, list) else (grads,)
    contributions: tuple[Any, ...] = grads
    if len(contributions) != len(op.inputs):
        raise OpError(
            f"backward of {describe(op)} returns one gradient an input, in order: "
            f"{len(op.inputs)}; it returned {len(contributions)}.",
            op,
        )
    return contributions


def as_gradient(grad: Any, op: NodeLike, parent: NodeLike, value: Array) -> Array:
    """Return one of the gradients of ``op.backward`` as an array of the shape of ``value``."""
    if type(grad) not in ARRAY_TYPES or grad.dtype not in FLOATS:
        grad = as_float_array(grad, f"The gradient that backward of {describe(op)} returned")
    if grad.shape != value.shape:
        raise _wrong_gradient_shape(op, parent, value, grad)
    array: Array = grad
    return array.astype(value.dtype)


def as_seed(seed: Any, output: NodeLike, value: Array) -> Array:
    """Return what a backward run starts from: ∂L/∂output, 1 unless told, of its shape."""
    if type(value) not in ARRAY_TYPES:
        check_numbers([output])
    if seed is None:
        if value.shape != ():
            raise StateError(
                f"backward() starts from a scalar, which has one gradient; the output "
                f"{describe(output)} has the shape {show(value.shape)}. Give the gradient "
                f"to start from, backward(seed=…), or end the graph in a loss or a Sum."
            )
        return np.asarray(1.0, value.dtype)[()]
    array = as_float_array(seed, "The seed of backward()")
    if array.shape != value.shape:
        raise ShapeError(
            f"The seed of backward() has the shape of the output {describe(output)}, "
            f"{show(value.shape)}; got {show(array.shape)}.",
            output,
        )
    return array.astype(value.dtype)


def as_value(value: Any, op: NodeLike, shape: Shape) -> Array:
    """Return what an op's ``forward`` returned as an array, of the ``shape`` that was inferred."""
    if value is None:
        raise OpError(f"forward of {describe(op)} returned None. Is its return missing?", op)
    array: Array
    if type(value) in ARRAY_TYPES and value.dtype in FLOATS:
        array = value
    else:
        array = as_float_array(value, f"The value that forward of {describe(op)} returned")
    if not fits(array.shape, shape):
        raise OpError(
            f"forward of {describe(op)} returned the shape {show(array.shape)}; infer_shape "
            f"promised {show(shape)}. Mend whichever of the two is wrong.",
            op,
        )
    return array


def op_failed(direction: str, op: NodeLike, arrays: Iterable[Any], error: Exception) -> OpError:
    """Return the error for an op whose own code raised, with what had arrived there."""
    arrived = ", ".join(
        f"{parent.name} {_shape(array)}" for parent, array in zip(op.inputs, arrays)
    )
    return OpError(
        f"{direction} of {describe(op)} failed on {arrived or 'no inputs'}: "
        f"{type(error).__name__}: {error}",
        op,
    )


def _shape(array: Any) -> str:
    """Return an array's shape; of what was set by hand and is none, a short text."""
    return show(array.shape) if isinstance(array, ARRAY_TYPES) else brief(array)


def _wrong_gradient_shape(op: NodeLike, parent: NodeLike, value: Array, grad: Array) -> OpError:
    hint = ""
    if grad.shape == value.shape[::-1]:
        hint = " Is a transpose missing?"
    elif grad.ndim >= value.ndim:
        hint = " Is a sum over the batch, or over a broadcast axis, missing?"
    return OpError(
        f"A gradient has the shape of what it belongs to; backward of {describe(op)} returned "
        f"{show(grad.shape)} for {parent.name}, which has {show(value.shape)}.{hint}",
        op,
    )
