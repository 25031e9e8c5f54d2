"""The numbers that a program reads from an optimizer at every run, for each parameter group."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from tinygraph.optim.optimizer import Optimizer

Numbers = Mapping[Hashable, Any]
"""Hyperparameters by name; those of a group also by ``(position, name)``, where ``position`` is
that of its first parameter.  A learning rate may be a function of the step number."""


def hyperparameters(optimizer: Optimizer) -> dict[Hashable, Any]:
    """Return the numbers that an optimizer's update reads, as they are now.

    >>> import tinygraph as tg
    >>> w, b = tg.Parameter(1.0, name="w"), tg.Parameter(0.0, name="b")
    >>> hyperparameters(tg.SGD([w, {"parameters": [b], "lr": 0.01}], lr=0.5))
    {'lr': 0.5, (1, 'lr'): 0.01}
    """
    numbers = _own(optimizer)
    for position in dict.fromkeys(group_positions(optimizer)):
        if position is not None:
            variant = optimizer.of(optimizer.parameters[position])
            numbers |= {(position, name): value for name, value in _own(variant).items()}
    if optimizer.clip_norm is not None:
        numbers["clip_norm"] = optimizer.clip_norm
    return numbers


def _own(optimizer: Optimizer) -> dict[Hashable, Any]:
    has_schedule = optimizer.lr_schedule is not None
    return {
        name: optimizer.rate if name == "lr" and has_schedule else getattr(optimizer, name)
        for name in optimizer.hyperparameters
    }


def group_positions(optimizer: Optimizer) -> tuple[int | None, ...]:
    """Return for each parameter the position of the first one of its group, None without group.

    >>> import tinygraph as tg
    >>> w, b, c = (tg.Parameter(0.0, name=name) for name in "wbc")
    >>> group_positions(tg.SGD([w, {"parameters": [b, c], "lr": 0.01}], lr=0.5))
    (None, 1, 1)
    """
    first: dict[int, int] = {}
    return tuple(
        first.setdefault(id(optimizer.groups[parameter]), position)
        if parameter in optimizer.groups
        else None
        for position, parameter in enumerate(optimizer.parameters)
    )
