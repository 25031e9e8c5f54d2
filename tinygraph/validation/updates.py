"""Calls of an optimizer's ``update``, with the results checked.

Anyone can write an optimizer. Its results are checked here, so that a mistake is reported with the
rule and the name of the parameter, before any parameter has changed.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from tinygraph.errors import OptimizerError, ShapeError, StateError, TinygraphError
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


def checked_gradient(optimizer: OptimizerLike, parameter: Any) -> Array:
    """Return the gradient of a parameter; a user may have assigned it."""
    g, w = parameter.grad, parameter._value
    if type(g) is np.ndarray and g.dtype is w.dtype and g.shape == w.shape:
        return g
    if g is None:
        raise StateError(
            f"{type(optimizer).__name__}.step() needs the gradient of every parameter, but "
            f"{describe(parameter)} has none. Call backward() first. If you did, the output does "
            f"not depend on this parameter: leave it out of the optimizer."
        )
    array = as_float_array(g, f"The gradient of {describe(parameter)}")
    if array.shape != w.shape:
        raise ShapeError(
            f"The gradient of {describe(parameter)} must have the shape of its value, "
            f"{show(w.shape)}; it was set to an array of shape {show(array.shape)}.",
            parameter,
        )
    return array.astype(w.dtype)


def call_update(
    optimizer: Any, parameter: NodeLike, w: Array, g: Array, t: int, state: tuple[Array, ...]
) -> tuple[Array, ...]:
    """Return ``optimizer.update(w, g, t, *state)``: the new value, then the new state.

    Raises
    ------
    OptimizerError
        If ``update`` fails, or does not return a tuple of arrays with the shape of ``w``.
    """
    try:
        returned = optimizer.update(w, g, t, *state)
    except TinygraphError:
        raise
    except Exception as error:
        raise OptimizerError(
            f"update of {type(optimizer).__name__} failed on {describe(parameter)} "
            f"{show(parameter.shape)}: {type(error).__name__}: {error}",
            optimizer,
        ) from error
    if type(returned) is not tuple or len(returned) != 1 + len(optimizer.slots):
        raise _wrong_count(optimizer, parameter, returned)
    shape, dtype = w.shape, w.dtype
    for array in returned:
        if type(array) not in ARRAY_TYPES or array.dtype is not dtype or array.shape != shape:
            names = ("w", *optimizer.slots)
            returned = tuple(
                _as_result(optimizer, parameter, name, array, w)
                for name, array in zip(names, returned)
            )
            break
    new = returned[0]
    if type(new) is np.ndarray and (new is w or new.base is not None):
        # Every step makes a new array: backward sees by this that the value has changed.
        return (new.copy(), *returned[1:])
    return returned


def _wrong_count(optimizer: OptimizerLike, parameter: NodeLike, returned: Any) -> OptimizerError:
    names = ", ".join(("w", *optimizer.slots)) + ("" if optimizer.slots else ",")
    got = f"a tuple of {len(returned)}" if type(returned) is tuple else brief(returned)
    return OptimizerError(
        f"update of {type(optimizer).__name__} must return a tuple, the new value and then the new "
        f"state: ({names}). For {describe(parameter)} it returned {got}.",
        optimizer,
    )


def _as_result(
    optimizer: OptimizerLike, parameter: NodeLike, name: str, array: Any, w: Array
) -> Array:
    what = f"The {name} that update of {type(optimizer).__name__} returned"
    result = as_float_array(array, what)
    if result.shape != w.shape:
        raise OptimizerError(
            f"{what} for {describe(parameter)} has the shape {show(result.shape)}. The new value "
            f"and the new state must have the shape of the parameter, {show(w.shape)}.",
            optimizer,
        )
    return result.astype(w.dtype)
