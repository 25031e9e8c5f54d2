"""Moving parameters and optimizer state between a model and the flat vectors of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import Array


def take_over(compiled: Any, parameters: Sequence[Parameter], optimizer: Optimizer | None) -> None:
    """Copy parameters and optimizer state into the program."""
    for parameter, value in zip(parameters, compiled.plan.weights):
        compiled.flat.part(compiled.weights, value)[...] = parameter.value
        if optimizer is not None and compiled.memory:
            for slot, array in zip(optimizer.slots, optimizer.memory[parameter]):
                compiled.flat.part(compiled.memory[slot], value)[...] = array


def give_back(compiled: Any, parameters: Sequence[Parameter], optimizer: Optimizer | None) -> None:
    """Copy parameters, optimizer state and the states of the graph to their owners."""
    for parameter, value in zip(parameters, compiled.plan.weights):
        parameter.accept(compiled.flat.part(compiled.weights, value).copy())
        if optimizer is not None and compiled.memory:
            optimizer.memory[parameter] = tuple(
                compiled.flat.part(compiled.memory[slot], value).copy() for slot in optimizer.slots
            )
    for state, array in compiled.states.items():
        state.accept(np.array(array, state.value.dtype))


def hand_over(source: Any, target: Any) -> None:
    """Copy parameters and all state from one program of a model to another."""
    for state, array in source.states.items():
        np.copyto(target.states[state], array)
    vectors = list(zip(_vectors(source), _vectors(target), strict=True))
    if source.flat.has_layout_of(target.flat):
        for old, new in vectors:
            np.copyto(new, old)
        return
    for old, new in vectors:
        for there, here in zip(source.plan.weights, target.plan.weights, strict=True):
            target.flat.part(new, here)[...] = source.flat.part(old, there)


def saved_state(compiled: Any) -> list[Array]:
    """Return copies of the parameters and the optimizer state in a program."""
    return [array.copy() for array in (*_vectors(compiled), *compiled.states.values())]


def restore_state(compiled: Any, saved: list[Array]) -> None:
    """Undo all steps since :func:`saved_state`."""
    for array, copy in zip((*_vectors(compiled), *compiled.states.values()), saved):
        np.copyto(array, copy)


def _vectors(compiled: Any) -> list[Array]:
    return [compiled.weights, *compiled.memory.values()]
