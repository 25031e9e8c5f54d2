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
    """Copy parameters and optimizer state from the program to their owners."""
    for parameter, value in zip(parameters, compiled.plan.weights):
        parameter.take(compiled.flat.part(compiled.weights, value).copy())
        if optimizer is not None and compiled.memory:
            optimizer.memory[parameter] = tuple(
                compiled.flat.part(compiled.memory[slot], value).copy() for slot in optimizer.slots
            )


def hand_over(source: Any, target: Any) -> None:
    """Copy parameters and optimizer state from one program of a model to another."""
    vectors = zip(_vectors(source), _vectors(target), strict=True)
    if source.flat.has_layout_of(target.flat):
        for old, new in vectors:
            np.copyto(new, old)
        return
    for old, new in vectors:
        for there, here in zip(source.plan.weights, target.plan.weights, strict=True):
            target.flat.part(new, here)[...] = source.flat.part(old, there)


def saved_state(compiled: Any) -> list[Array]:
    """Return copies of the parameters and the optimizer state in a program."""
    return [vector.copy() for vector in _vectors(compiled)]


def restore_state(compiled: Any, saved: list[Array]) -> None:
    """Undo all steps since :func:`saved_state`."""
    for vector, copy in zip(_vectors(compiled), saved):
        np.copyto(vector, copy)


def _vectors(compiled: Any) -> list[Array]:
    return [compiled.weights, *compiled.memory.values()]
