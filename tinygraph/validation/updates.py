"""What an optimizer's own code returned, held to the contract of an optimizer.

An optimizer may be anyone's.  What its ``update`` returns is checked here, so that a slip is met
with the rule and the parameter's name before any parameter has moved.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from tinygraph.errors import OptimizerError, ShapeError, StateError
from tinygraph.validation.arrays import Array, as_float_array, brief
from tinygraph.validation.naming import NodeLike, describe
from tinygraph.validation.op_results import ARRAY_TYPES
from tinygraph.validation.shapes import show


class OptimizerLike(Protocol):
    """The attributes of an optimizer that the checks read: they run below its class."""

    @property
    def parameters(self) -> tuple[Any, ...]: ...
    @property
    def slots(self) -> tuple[str, ...]: ...
    @property
    def hyperparameters(self) -> tuple[str, ...]: ...


def as_gradient(optimizer: OptimizerLike, parameter: Any) -> Array:
    """Return the gradient of a parameter, which may have been set by hand."""
    g, w = parameter.grad, parameter.value
    if g is None:
        raise StateError(
            f"{type(optimizer).__name__}.step() needs the gradient of every parameter; "
            f"{describe(parameter)} has none. Call backward() first; if you did, the output "
            f"does not depend on it: leave it out of the optimizer."
        )
    if type(g) is np.ndarray and g.dtype is w.dtype and g.shape == w.shape:
        return g
    array = as_float_array(g, f"The gradient of {describe(parameter)}")
    if array.shape != w.shape:
        raise ShapeError(
            f"A gradient has the shape of its parameter; that of {describe(parameter)} "
            f"{show(w.shape)} was set to an array {show(array.shape)}.",
            parameter,
        )
    return array.astype(w.dtype)


def as_update(
    optimizer: OptimizerLike, parameter: NodeLike, w: Array, returned: Any
) -> tuple[Array, ...]:
    """Return what ``update`` made of ``w``: the new value, in memory of its own, and the memory.

    Raises
    ------
    OptimizerError
        If it is no tuple of one array each, of the parameter's shape.
    """
    if type(returned) is not tuple or len(returned) != 1 + len(optimizer.slots):
        raise _wrong_count(optimizer, parameter, returned)
    shape, dtype = w.shape, w.dtype
    for array in returned:
        if type(array) not in ARRAY_TYPES or array.dtype is not dtype or array.shape != shape:
            returned = tuple(
                _as_entry(optimizer, parameter, name, array, w)
                for name, array in zip(("w", *optimizer.slots), returned)
            )
            break
    arrays: tuple[Array, ...] = returned
    new = arrays[0]
    if type(new) is np.ndarray and (new is w or new.base is not None):
        # The value of a run and that of the next step never share memory: this is how backward
        # knows which of the two it has before it.
        return (new.copy(), *arrays[1:])
    return arrays


def update_failed(
    optimizer: OptimizerLike, parameter: NodeLike, error: Exception
) -> OptimizerError:
    """Return the error for an optimizer whose own code raised."""
    return OptimizerError(
        f"update of {type(optimizer).__name__} failed on {describe(parameter)} "
        f"{show(parameter.shape)}: {type(error).__name__}: {error}",
        optimizer,
    )


def _wrong_count(optimizer: OptimizerLike, parameter: NodeLike, returned: Any) -> OptimizerError:
    names = ", ".join(("w", *optimizer.slots)) + ("" if optimizer.slots else ",")
    got = f"a tuple of {len(returned)}" if type(returned) is tuple else brief(returned)
    return OptimizerError(
        f"update of {type(optimizer).__name__} returns a tuple, the new value and then its "
        f"memory: ({names}); for {describe(parameter)} it returned {got}.",
        optimizer,
    )


def _as_entry(
    optimizer: OptimizerLike, parameter: NodeLike, name: str, array: Any, w: Array
) -> Array:
    what = f"The {name} that update of {type(optimizer).__name__} returned"
    entry = as_float_array(array, what)
    if entry.shape != w.shape:
        raise OptimizerError(
            f"{what} for {describe(parameter)} has the shape {show(entry.shape)}; a value and its "
            f"memory have the parameter's, {show(w.shape)}.",
            optimizer,
        )
    return entry.astype(w.dtype)
