"""Learning-rate schedules: functions of the step number, counted from 1.

``lr=`` of an optimizer takes any such function.  These are the usual ones:

>>> from tinygraph.optim import schedules
>>> half = schedules.step(0.1, every=100, factor=0.5)
>>> [half(t) for t in (1, 100, 101, 201)]
[0.1, 0.1, 0.05, 0.025]
>>> cosine = schedules.cosine(0.1, steps=100)
>>> [round(cosine(t), 3) for t in (1, 51, 101, 500)]
[0.1, 0.05, 0.0, 0.0]
>>> slow_start = schedules.warm_up(10, cosine)
>>> [round(slow_start(t), 3) for t in (1, 5, 10, 11)]
[0.01, 0.05, 0.1, 0.1]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from tinygraph.errors import ArgumentError
from tinygraph.validation.arrays import brief, is_number, is_whole_number

Schedule: TypeAlias = Callable[[int], float]
"""The learning rate of step t = 1, 2, …"""


@dataclass(frozen=True)
class step:  # noqa: N801 - called like a function: lr=schedules.step(0.1, every=100)
    r"""The rate, multiplied by ``factor`` after every ``every`` steps.

    .. math:: \eta_t = \eta \, f^{\lfloor (t - 1) / n \rfloor}
    """

    lr: float
    every: int
    factor: float = 0.1

    def __post_init__(self) -> None:
        _positive("lr", self.lr)
        _count("every", self.every)
        _positive("factor", self.factor)

    def __call__(self, t: int) -> float:
        return float(self.lr * self.factor ** ((t - 1) // self.every))


@dataclass(frozen=True)
class cosine:  # noqa: N801
    r"""From ``lr`` down to ``end`` within ``steps`` steps, along half a wave of the cosine.

    .. math:: \eta_t = \eta_{end} + \tfrac12 (\eta - \eta_{end})
              \left(1 + \cos \frac{\pi (t - 1)}{n}\right)

    Source: I. Loshchilov and F. Hutter, *SGDR: stochastic gradient descent with warm restarts*,
    ICLR 2017.
    """

    lr: float
    steps: int
    end: float = 0.0

    def __post_init__(self) -> None:
        _positive("lr", self.lr)
        _count("steps", self.steps)
        if not is_number(self.end) or not 0 <= self.end < math.inf:
            raise ArgumentError(
                f"end must be a finite number of at least 0; got {brief(self.end)}."
            )

    def __call__(self, t: int) -> float:
        done = min(1.0, (t - 1) / self.steps)
        return float(self.end + 0.5 * (self.lr - self.end) * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class warm_up:  # noqa: N801
    r"""A straight line up from 0 during the first ``steps`` steps, and then another schedule.

    The first steps of Adam depend on very few gradients; a slow start keeps them short.

    Parameters
    ----------
    steps : int
    then : float or function of the step number
        The rate after the start, or a schedule whose step 1 comes after the start.
    """

    steps: int
    then: Any

    def __post_init__(self) -> None:
        _count("steps", self.steps)
        if not callable(self.then):
            _positive("then", self.then)

    def __call__(self, t: int) -> float:
        if t <= self.steps:
            return float(self._after(1) * t / self.steps)
        return float(self._after(t - self.steps))

    def _after(self, t: int) -> float:
        return float(self.then(t) if callable(self.then) else self.then)


def _positive(name: str, value: Any) -> None:
    if not is_number(value) or not 0 < value < math.inf:
        raise ArgumentError(f"{name} must be a finite number above 0; got {brief(value)}.")


def _count(name: str, value: Any) -> None:
    if not is_whole_number(value) or value < 1:
        raise ArgumentError(f"{name} must be a whole number of at least 1; got {brief(value)}.")
