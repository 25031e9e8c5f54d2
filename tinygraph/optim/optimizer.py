"""The base class of all optimizers: taking a step, and saving and loading the state."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.errors import ArgumentTypeError, OptimizerError, StateError
from tinygraph.optim.arguments import (
    as_hyperparameter,
    as_parameters,
    checked_state,
    clipped,
    fixed_numbers,
    scheduled_rate,
)
from tinygraph.optim.declarations import Line, check_declarations, not_set
from tinygraph.optim.groups import Groups, Parameters, separated
from tinygraph.optim.schedules import Schedule
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.updates import call_update, checked_gradient


def _is_same_array(g: Any, used: Any) -> bool:
    """Tell whether a gradient was used before; NumPy's scalars may be equal in many runs."""
    return g is used and type(g) is np.ndarray


class Optimizer:
    """The base class of all optimizers: parameters, a learning rate, a step count and a state.

    Parameters
    ----------
    parameters : iterable of Parameter, or list of groups
        The parameters to train, such as ``model.parameters``; frozen ones are skipped. A group,
        ``{"parameters": [W, b], "lr": 0.01}``, has its own values of some hyperparameters, and
        those of the optimizer for all others.
    lr : float or function of the step number
        The learning rate η > 0, which may be changed between steps; or a schedule, such as those
        in ``tg.schedules``.  Reading ``lr`` gives the rate of the next step.
    clip_norm : float, optional
        The largest norm of the gradient of all parameters together; a longer one is scaled down.

    Attributes
    ----------
    steps : int
        The number of steps taken.
    memory : dict
        The state: for each parameter, its arrays in the order of ``slots``; zeros at the start.

    Examples
    --------
    A custom optimizer defines ``update``, and names its state in ``slots``:

    >>> import tinygraph as tg
    >>> class SignDescent(Optimizer):
    ...     def update(self, w, g, t, *memory):
    ...         return (w - self.lr * np.sign(g),)
    >>> w = tg.Parameter([3.0, -4.0], name="w")
    >>> model = tg.Graph(tg.Sum(w * w))
    >>> model.forward(), model.backward(), SignDescent(model.parameters, lr=0.5).step()
    (25.0, None, None)
    >>> w.value
    array([ 2.5, -3.5])
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """The names of the arrays that are kept for each parameter."""
    hyperparameters: tuple[str, ...] = ("lr",)
    """The names of the numbers that the update reads from ``self``."""
    lines: tuple[Line, ...] = ()
    """The update, line by line; the last one gives the new ``w``."""
    lr: Any
    """The learning rate as a number, even if it follows a schedule."""
    lr_schedule: Schedule | None = None
    """The learning rate as a function of the step number, if it is one."""
    clip_norm: float | None = None
    groups: Groups = MappingProxyType({})
    """The own hyperparameters of each parameter that is in a group."""
    _used: Sequence[Array] = ()
    """The gradients of the last step: another step needs others."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_declarations(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs:  # neither, where a copy is made
            try:
                inspect.signature(cls.__init__).bind(None, *args, **kwargs)
            except TypeError as error:
                raise ArgumentTypeError(
                    f"{cls.__name__} takes parameters, {', '.join(cls.hyperparameters)}; {error}."
                ) from None
        return super().__new__(cls)

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule,
        clip_norm: float | None = None,
    ) -> None:
        kind = type(self).__name__
        parameters, groups = separated(kind, parameters, self.hyperparameters)
        self.parameters = as_parameters(parameters)
        self.steps = 0
        self.lr = lr
        self._used = ()
        if groups:
            self.groups = groups
        if clip_norm is not None:
            self.clip_norm = clip_norm
        self.memory: dict[Parameter, tuple[Array, ...]] = {
            parameter: tuple(np.zeros_like(parameter.value) for _ in self.slots)
            for parameter in self.parameters
        }
        for parameter in groups:
            self.of(parameter)  # which refuses a wrong value

    def of(self, parameter: Parameter) -> Optimizer:
        """Return the optimizer as it updates one parameter: with the hyperparameters of its group.

        Raises
        ------
        ArgumentTypeError
            If ``parameter`` is not a Parameter.

        >>> import tinygraph as tg
        >>> w, b = tg.Parameter(1.0, name="w"), tg.Parameter(0.0, name="b")
        >>> optimizer = tg.SGD([w, {"parameters": [b], "lr": 0.01}], lr=0.5)
        >>> optimizer.of(w).lr, optimizer.of(b).lr
        (0.5, 0.01)
        """
        if not isinstance(parameter, Parameter):
            raise ArgumentTypeError(
                f"{type(self).__name__}.of needs a Parameter, such as one of its groups; got "
                f"{brief(parameter)}."
            )
        if parameter not in self.groups:
            return self
        variant = copy.copy(self)
        variant._take(self.groups[parameter])
        return variant

    def _take(self, own: Mapping[str, Any]) -> None:
        for name, value in own.items():
            setattr(self, name, value)

    def _update_of(self, parameter: Parameter, g: Array, t: int) -> tuple[Array, ...]:
        """Return the update of a parameter, with the hyperparameters of its group meanwhile."""
        own = self.groups.get(parameter, {})
        kept = {name: vars(self)[name] for name in (*own, "lr_schedule") if name in vars(self)}
        try:
            self._take(own)
            return call_update(self, parameter, parameter._value, g, t, self.memory[parameter])
        finally:
            if own:
                for name in (*own, "lr_schedule"):
                    vars(self).pop(name, None)
                vars(self).update(kept)

    def __setattr__(self, name: str, value: Any) -> None:
        kind = type(self).__name__
        if name == "lr" and callable(value):
            scheduled_rate(kind, value, 1)
            vars(self).pop("lr", None)
            name = "lr_schedule"
        elif name in self.hyperparameters:
            value = as_hyperparameter(kind, name, value)
            if name == "lr":
                vars(self).pop("lr_schedule", None)
        elif name == "clip_norm" and value is not None:
            value = as_hyperparameter(kind, name, value)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:  # called only for attributes that are not set
        if name == "lr" and self.lr_schedule is not None:
            return scheduled_rate(type(self).__name__, self.lr_schedule, self.steps + 1)
        raise not_set(self, name)

    def rate(self, t: int) -> float:
        """Return the learning rate of step ``t``, counted from 1."""
        if self.lr_schedule is None:
            return float(self.lr)
        return scheduled_rate(type(self).__name__, self.lr_schedule, t)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in self.hyperparameters)
        return f"<{type(self).__name__} {numbers}, {self.steps} steps taken>"

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        """Return the new value of one parameter, then its new state; change no argument.

        Parameters
        ----------
        w, g : array
            The parameter's value and its gradient.
        t : int
            The number of the step, counted from 1.
        *memory : array
            The state of this parameter, in the order of ``slots``.

        Returns
        -------
        tuple of array
            The new ``w``, then the new state; each has the shape of ``w``.
        """
        raise OptimizerError(
            f"{type(self).__name__} has no update: its class must define one, update(self, w, g, "
            f"t, *memory), which returns the new value and then the new state.",
            self,
        )

    def step(self) -> None:
        """Move every parameter one step against its gradient: all of them, or none.

        Raises
        ------
        StateError
            If a parameter has no gradient yet, or if the step before used the same gradients.
        ShapeError, DtypeError
            If a gradient was assigned that does not fit its parameter.
        OptimizerError
            If the optimizer's own ``update`` fails or breaks its contract.
        """
        t = self.steps + 1
        gradients = [checked_gradient(self, p) for p in self.parameters]
        if self._used and all(map(_is_same_array, gradients, self._used)):
            raise StateError(
                f"Each {type(self).__name__}.step() needs the gradients of a new run, but these "
                f"were used by the step before. Call forward(…) and backward() before each step."
            )
        used = gradients
        if self.clip_norm is not None:
            gradients = clipped(gradients, self.clip_norm)
        if self.groups:
            updated = [self._update_of(p, g, t) for p, g in zip(self.parameters, gradients)]
        else:
            updated = [
                call_update(self, p, p._value, g, t, self.memory[p])
                for p, g in zip(self.parameters, gradients)
            ]
        try:
            self._keep(t, updated)
        except KeyboardInterrupt:
            self._keep(t, updated)  # a step is complete, or it does not happen
            raise
        self._used = used

    def _keep(self, t: int, updated: Iterable[tuple[Array, ...]]) -> None:
        for parameter, arrays in zip(self.parameters, updated):
            parameter.accept(arrays[0])
            self.memory[parameter] = arrays[1:]
        self.steps = t

    def state(self) -> dict[str, Any]:
        """Return everything that the next step depends on, except the parameters, as plain data.

        Returns
        -------
        dict
            ``kind``, ``steps``, ``hyperparameters`` and ``memory``: a list with a dict for each
            parameter, in order, of copies of its arrays by name.  A schedule is not in it.
        """
        return {
            "kind": type(self).__name__,
            "steps": self.steps,
            "hyperparameters": {name: getattr(self, name) for name in fixed_numbers(self)},
            "memory": [
                {
                    slot: array.copy()
                    for slot, array in zip(self.slots, self.memory[parameter], strict=True)
                }
                for parameter in self.parameters
            ],
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore a result of :meth:`state`.  Nothing is changed unless all of it fits.

        Raises
        ------
        ArgumentError
            If the state is of another kind of optimizer, or incomplete.
        ShapeError
            If its arrays are not of the parameters' shapes.
        """
        steps, numbers, memory = checked_state(self, state)
        self.steps = steps
        for name, value in numbers.items():
            setattr(self, name, value)
        self.memory = memory
