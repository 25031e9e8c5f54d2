"""Checks of an optimizer's arguments: parameters, hyperparameters, an earlier state."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    ShapeError,
    TinygraphError,
    UnknownNameError,
    did_you_mean,
)
from tinygraph.validation.arrays import Array, as_float_array, brief, is_number, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import show
from tinygraph.validation.updates import OptimizerLike

POSITIVE = ("lr", "eps", "clip_norm")
DECAYS = ("beta", "beta1", "beta2", "rho")
"""The decay rates of running means."""


def as_parameters(parameters: Any) -> tuple[Parameter, ...]:
    """Return the parameters to train, without repetitions; a single parameter is allowed."""
    found = (parameters,) if isinstance(parameters, Parameter) else parameters
    if not isinstance(found, Iterable):
        raise ArgumentTypeError(
            f"An optimizer takes the parameters to train, such as model.parameters; "
            f"got {brief(parameters)}."
        )
    given = tuple(_each_parameter(found))
    found = tuple(parameter for parameter in given if parameter.trainable)
    if given and not found:
        raise ArgumentError("All of these parameters are frozen (trainable=False): none to train.")
    if not found:
        raise ArgumentError("An optimizer needs at least one parameter to train; got none.")
    if len(set(found)) < len(found):
        raise ArgumentError("An optimizer takes each parameter once; one of them came twice.")
    return found


def _each_parameter(parameters: Iterable[Any]) -> Iterator[Parameter]:
    try:
        for parameter in parameters:
            if not isinstance(parameter, Parameter):
                raise ArgumentTypeError(
                    f"An optimizer trains Parameter nodes; among them came {brief(parameter)}."
                )
            yield parameter
    except TinygraphError:
        raise
    except Exception as error:  # an object of the user's own may fail in any way
        raise ArgumentTypeError(
            f"An optimizer takes the parameters to train, such as model.parameters; "
            f"got {brief(parameters)}, which fails to give them: {type(error).__name__}: {error}"
        ) from error


def as_hyperparameter(kind: str, name: str, value: Any) -> float:
    """Return a hyperparameter as a float, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ArgumentTypeError(f"{name} of {kind} must be a number; got {brief(value)}.")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if name == "weight_decay":
        rule, is_allowed = "a finite number of at least 0", 0 <= number < np.inf
    elif name in POSITIVE:
        rule, is_allowed = "a finite number above 0", 0 < number < np.inf
    elif name in DECAYS:
        rule, is_allowed = "at least 0 and below 1", 0 <= number < 1
    else:
        rule, is_allowed = "a finite number", bool(np.isfinite(number))
    if not is_allowed:
        raise ArgumentError(f"{name} of {kind} must be {rule}; got {brief(value)}.")
    return number


def scheduled_rate(kind: str, schedule: Callable[[int], Any], t: int) -> float:
    """Return the learning rate of step ``t`` from a schedule, or refuse it.

    Raises
    ------
    ArgumentTypeError, ArgumentError
    """
    try:
        rate = schedule(t)
    except Exception as error:  # a schedule of the user's own may fail in any way
        raise ArgumentTypeError(
            f"lr of {kind} is a number or a function of the step number t = 1, 2, …; for t = {t} "
            f"it failed: {type(error).__name__}: {error}"
        ) from error
    if not is_number(rate) or not 0 <= rate < np.inf:
        raise ArgumentError(
            f"lr of {kind} must be a finite number from 0 on; its schedule returned {brief(rate)} "
            f"for step {t}."
        )
    return float(rate)


def clipped(gradients: list[Array], longest: float) -> list[Array]:
    """Return the gradients, scaled down together if their norm is above ``longest``.

    >>> clipped([np.array([3.0]), np.array([4.0])], 1.0)
    [array([0.6]), array([0.8])]
    """
    scale = clip_scale(gradients, longest)
    return gradients if scale == 1.0 else [np.asarray(g * g.dtype.type(scale)) for g in gradients]


def clip_scale(gradients: Sequence[Array], longest: float) -> float:
    """Return the factor that scales the norm of all gradients down to ``longest``, at most 1.

    >>> clip_scale([np.array([3.0]), np.array([4.0])], 1.0)
    0.2
    """
    norm = _common_norm(gradients)
    return longest / norm if norm > longest else 1.0


def _common_norm(gradients: Sequence[Array]) -> float:
    """Return the norm of all gradients together; the squares of large elements may overflow."""
    with np.errstate(over="ignore"):
        squares = sum(float(np.vdot(g, g)) for g in gradients)
    if np.isfinite(squares):
        return math.sqrt(squares)
    largest = max(float(np.max(np.abs(g), initial=0.0)) for g in gradients)
    if not np.isfinite(largest):
        return largest
    return largest * math.sqrt(sum(float(np.vdot(g / largest, g / largest)) for g in gradients))


def fixed_numbers(optimizer: OptimizerLike) -> tuple[str, ...]:
    """Return the names of the hyperparameters that do not follow a schedule."""
    scheduled = ("lr",) if getattr(optimizer, "lr_schedule", None) is not None else ()
    return tuple(name for name in optimizer.hyperparameters if name not in scheduled)


def checked_state(
    optimizer: OptimizerLike, state: Mapping[str, Any]
) -> tuple[int, dict[str, float], dict[Parameter, tuple[Array, ...]]]:
    """Return the steps, hyperparameters and memory of a state, or refuse it as a whole."""
    kind = type(optimizer).__name__
    if not isinstance(state, Mapping):
        raise ArgumentTypeError(f"load_state takes what state() gave; got {brief(state)}.")
    for key in ("kind", "steps", "hyperparameters", "memory"):
        if key not in state:
            raise ArgumentError(f"A state of {kind} has an entry {key!r}; this one has none.")
    if not isinstance(state["kind"], str) or state["kind"] != kind:
        raise ArgumentError(f"This optimizer is {kind}; the state is of {brief(state['kind'])}.")
    steps = state["steps"]
    is_count = is_whole_number(steps)
    if not is_count or not 0 <= steps < 2**53:  # Adam needs it as an exact float
        raise ArgumentError(
            f"steps must be a whole number of at least 0; the state has {brief(steps)}."
        )
    numbers = _checked_numbers(optimizer, state["hyperparameters"])
    if not isinstance(state["memory"], Sequence):
        raise ArgumentTypeError(
            f"The memory in a state must be a list with one entry for each parameter; "
            f"got {brief(state['memory'])}."
        )
    if len(state["memory"]) != len(optimizer.parameters):
        raise ArgumentError(
            f"The state remembers {len(state['memory'])} parameters; this optimizer has "
            f"{len(optimizer.parameters)}."
        )
    memory = {
        parameter: tuple(_checked_slot(kind, parameter, slot, arrays) for slot in optimizer.slots)
        for parameter, arrays in zip(optimizer.parameters, state["memory"], strict=True)
    }
    return int(steps), numbers, memory


def _checked_numbers(optimizer: OptimizerLike, numbers: Any) -> dict[str, float]:
    kind = type(optimizer).__name__
    if not isinstance(numbers, Mapping):
        raise ArgumentTypeError(
            f"The hyperparameters in a state must be numbers by name; got {brief(numbers)}."
        )
    for name in numbers:
        if name not in fixed_numbers(optimizer) and name in optimizer.hyperparameters:
            raise ArgumentError(
                f"{name} of this {kind} follows a schedule; the state has the number "
                f"{brief(numbers[name])} instead. Make an optimizer with a number for {name}."
            )
        if name not in optimizer.hyperparameters:
            raise UnknownNameError(
                f"{kind} has no {name!r}." + did_you_mean(name, optimizer.hyperparameters)
            )
    missing = [name for name in fixed_numbers(optimizer) if name not in numbers]
    if missing:
        raise ArgumentError(f"A state of {kind} has its {missing[0]}; this one has none.")
    return {name: as_hyperparameter(kind, name, value) for name, value in numbers.items()}


def _checked_slot(kind: str, parameter: Parameter, slot: str, arrays: Any) -> Array:
    what = f"The {slot} of {describe(parameter)} in a state of {kind}"
    if not isinstance(arrays, Mapping) or slot not in arrays:
        raise ArgumentError(f"{what} is missing.")
    array = as_float_array(arrays[slot], what)
    if array.shape != parameter.shape:
        raise ShapeError(
            f"{what} must have the parameter's shape, {show(parameter.shape)}; "
            f"got {show(array.shape)}.",
            parameter,
        )
    return array.astype(parameter.value.dtype)
