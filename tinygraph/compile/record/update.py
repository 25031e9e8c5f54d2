"""An optimizer's update as operations: its pure ``update``, run once on recording arrays."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from tinygraph.compile.ir import Operation, Value, evaluate
from tinygraph.compile.record.arrays import Recorded, Tape, Unrecordable
from tinygraph.compile.record.trial import copied, random_array, recorded_as
from tinygraph.compile.settings import Settings
from tinygraph.errors import TinygraphError
from tinygraph.optim.optimizer import Optimizer

_TRIAL_STEPS = (1, 7)
"""The step numbers of the trials: the first step, and a later one."""


@dataclass
class Update:
    """An optimizer's operations on one array of weights.

    Attributes
    ----------
    scalars : dict
        The hyperparameters and the step number ``t``, by name.
    results : tuple of Value
        The new weights, then the new state.
    reads_shape : bool
        Whether the update may do something else for another shape of weights.
    position : int or None
        The parameter whose group the weights belong to.
    """

    weight: Value
    gradient: Value
    memory: tuple[Value, ...]
    scalars: dict[str, Value]
    operations: list[Operation]
    results: tuple[Value, ...]
    reads_shape: bool
    position: int | None = None

    @property
    def is_elementwise(self) -> bool:
        """Whether all parameters may be updated as one long vector."""
        return not self.reads_shape and all(one.is_elementwise for one in self.operations)


def update_settings(optimizer: Optimizer) -> Settings:
    """Return the attributes that a recorded update holds as constants."""
    return Settings([optimizer], Optimizer, [*_scalar_names(optimizer), *_READ_AT_EVERY_RUN])


_READ_AT_EVERY_RUN = frozenset(
    ("parameters", "memory", "steps", "lr_schedule", "groups", "clip_norm", "_used")
)

_OF_ALL_PARAMETERS = ("parameters", "memory", "groups")


def _scalar_names(optimizer: Optimizer) -> list[str]:
    """Return the hyperparameters that are plain numbers: a property is computed in the update."""
    kind = type(optimizer)
    return [
        n for n in optimizer.hyperparameters if not isinstance(getattr(kind, n, None), property)
    ]


def record_update(
    optimizer: Optimizer, shape: tuple[int, ...], dtype: Any, position: int | None = None
) -> Update:
    """Record ``optimizer.update`` for one array of weights, and try the recording.

    The hyperparameters stay scalars of the program, so that a changed learning rate is honoured
    without another recording.

    Parameters
    ----------
    optimizer : Optimizer
    shape, dtype
        Of the weights.
    position : int, optional
        The parameter whose group the weights belong to, by its position in the optimizer.

    Raises
    ------
    Unrecordable
        If the update cannot be written as array operations of its arguments.
    """
    if type(optimizer).step is not Optimizer.step:
        raise Unrecordable(f"{type(optimizer).__name__} has its own step")
    if position is not None:
        parameter = optimizer.parameters[position]
        computed = optimizer.groups[parameter].keys() - _scalar_names(optimizer)
        if computed:
            raise Unrecordable(f"a group of parameters sets {min(computed)}, a property")
        optimizer = optimizer.of(parameter)
    tape = Tape()
    tape.phase = "update"
    dtype = np.dtype(dtype)

    def recorded(kind: str, label: str, shape: tuple[int, ...] = (), of: Any = dtype) -> Recorded:
        return Recorded(Value(kind, shape, np.dtype(of), label), tape)

    scalars = {name: recorded("scalar", name) for name in (*_scalar_names(optimizer), "t")}
    w, g = recorded("parameter", "w", shape), recorded("gradient", "g", shape)
    memory = tuple(recorded("memory", slot, shape) for slot in optimizer.slots)
    values = (w.value, g.value, *(array.value for array in memory))
    trials = [_trial(optimizer, values, t) for t in _TRIAL_STEPS]
    attributes: dict[str, Any] = {**scalars, "steps": scalars["t"] - 1}
    attributes.pop("t")
    try:
        results = _call(optimizer, attributes, (w, g, scalars["t"], *memory))
    except TinygraphError as error:
        raise Unrecordable(f"update raised {type(error).__name__}: {error}") from error
    update = Update(
        w.value,
        g.value,
        values[2:],
        {name: scalar.value for name, scalar in scalars.items()},
        tape.operations,
        tuple(recorded_as(result, shape, dtype, tape) for result in results),
        reads_shape=tape.shape_was_read,
        position=position,
    )
    for t, (arrays, expected) in zip(_TRIAL_STEPS, trials):
        _compare(update, optimizer, t, dict(zip(values, arrays)), expected)
    return update


def _trial(optimizer: Optimizer, values: tuple[Value, ...], t: int) -> tuple[Any, Any]:
    """Return random arrays, and the result of the optimizer's own update of them."""
    rng = np.random.default_rng(t)
    arrays = [random_array(value, rng, positive=True) for value in values]
    w, g, *memory = (np.array(array) for array in arrays)
    with np.errstate(all="ignore"):
        attributes = {"steps": t - 1, **_trial_rate(optimizer, t)}
        return arrays, _call(optimizer, attributes, (w, g, t, *memory))


def _trial_rate(optimizer: Optimizer, t: int) -> dict[str, float]:
    """Return a learning rate instead of a schedule, which need not be defined for the step t."""
    return {} if optimizer.lr_schedule is None else {"lr": 0.01 * t}


def _call(optimizer: Optimizer, attributes: dict[str, Any], arguments: tuple[Any, ...]) -> Any:
    """Return the result of ``update`` of a copy of the optimizer that has these attributes.

    Raises
    ------
    Unrecordable
        If the update fails, or depends on or changes more than a program knows.
    """
    stand_in: Any = copy.copy(optimizer)
    own = vars(stand_in)
    own.update({name: copied(own[name]) for name in own if name not in _READ_AT_EVERY_RUN})
    own.update(attributes, **{name: _Withheld(name) for name in _OF_ALL_PARAMETERS})
    before = dict(own)
    settings = Settings([stand_in], Optimizer, [*attributes, *_READ_AT_EVERY_RUN])
    try:
        results = stand_in.update(*arguments)
    except (Unrecordable, TinygraphError):
        raise
    except Exception as error:  # an interpreted step explains it better
        raise Unrecordable(f"update raised {type(error).__name__}: {error}") from error
    written = [name for name, value in own.items() if value is not before.get(name, before)]
    if written or settings.have_changed():
        raise Unrecordable(f"update changes self.{', self.'.join(written) or '…'}")
    if type(results) is not tuple or len(results) != 1 + len(optimizer.slots):
        raise Unrecordable("update returns no tuple of the new w and one array a slot")
    return results


class _Withheld:
    """An attribute that an update may not read: it belongs to all parameters."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _refuse(self, *_: Any) -> NoReturn:
        raise Unrecordable(f"update reads self.{self._name}")

    __getitem__ = __iter__ = __len__ = __contains__ = _refuse

    def __getattr__(self, name: str) -> NoReturn:
        self._refuse()


def _compare(
    update: Update, optimizer: Optimizer, t: int, arrays: dict[Value, Any], expected: Any
) -> None:
    numbers = {"t": float(t), **_trial_rate(optimizer, t)}
    for name in update.scalars.keys() - numbers.keys():
        numbers[name] = float(getattr(optimizer, name))
    known = arrays | {scalar: numbers[name] for name, scalar in update.scalars.items()}
    with np.errstate(all="ignore"):
        known = evaluate(update.operations, known)
    for value, array in zip(update.results, expected):
        got = value.constant if value.kind == "constant" else known[value]
        if not np.allclose(got, array, rtol=1e-5, atol=1e-8, equal_nan=True):
            raise Unrecordable("update, run twice, does not compute the same function")
