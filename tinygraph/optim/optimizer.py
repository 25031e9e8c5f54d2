"""What all optimizers share: taking a step, and giving and taking back a state."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.errors import ArgumentTypeError, OptimizerError
from tinygraph.optim.arguments import as_hyperparameter, as_parameters, checked_state
from tinygraph.optim.declarations import Line, check_declarations, not_set
from tinygraph.validation.arrays import Array
from tinygraph.validation.updates import call_update, checked_gradient


class Optimizer:
    """What all optimizers share: parameters, a learning rate, a step count and a memory.

    Parameters
    ----------
    parameters : iterable of Parameter
        What to train, such as ``model.parameters``.
    lr : float
        The learning rate η > 0; it may be changed between steps.

    Attributes
    ----------
    steps : int
        How many steps were taken.
    memory : dict
        For each parameter, its arrays in the order of ``slots``; zeros at the start.

    Examples
    --------
    An optimizer of one's own gives ``update``, and the names of what it remembers:

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
    hyperparameters: ClassVar[tuple[str, ...]] = ("lr",)
    """The names of the numbers that the update reads from ``self``."""
    lines: ClassVar[tuple[Line, ...]] = ()
    """The update, line by line; the last one gives the new ``w``."""

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

    def __init__(self, parameters: Iterable[Parameter], lr: float) -> None:
        self.parameters = as_parameters(parameters)
        self.lr = lr
        self.steps = 0
        self.memory: dict[Parameter, tuple[Array, ...]] = {
            parameter: tuple(np.zeros_like(parameter.value) for _ in self.slots)
            for parameter in self.parameters
        }

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.hyperparameters:
            value = as_hyperparameter(type(self).__name__, name, value)
        object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:  # asked only for what is not there
        raise not_set(self, name)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in self.hyperparameters)
        return f"<{type(self).__name__} {numbers}, {self.steps} steps taken>"

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        """Return the new value of one parameter, then its new memory, changing nothing.

        Parameters
        ----------
        w, g : array
            The parameter's value and its gradient.
        t : int
            The number of the step, counted from 1.
        *memory : array
            What is remembered of this parameter, in the order of ``slots``.

        Returns
        -------
        tuple of array
            The new ``w``, then the new memory; each has the shape of ``w``.
        """
        raise OptimizerError(
            f"{type(self).__name__} has no update: its class must define one, update(self, w, g, "
            f"t, *memory), which returns the new value and then its memory.",
            self,
        )

    def step(self) -> None:
        """Move every parameter one step against its gradient: all of them, or none.

        Raises
        ------
        StateError
            If a parameter has no gradient yet.
        ShapeError, DtypeError
            If a gradient was set by hand to what is no gradient of that parameter.
        OptimizerError
            If the optimizer's own ``update`` fails or breaks its contract.
        """
        t = self.steps + 1
        updated = [
            call_update(self, p, p._value, checked_gradient(self, p), t, self.memory[p])
            for p in self.parameters
        ]
        try:
            self._keep(t, updated)
        except KeyboardInterrupt:
            self._keep(t, updated)  # Ctrl-C between two parameters leaves no half a step
            raise

    def _keep(self, t: int, updated: Iterable[tuple[Array, ...]]) -> None:
        for parameter, arrays in zip(self.parameters, updated):
            parameter.take(arrays[0])
            self.memory[parameter] = arrays[1:]
        self.steps = t

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on beside the parameters, as plain data.

        Returns
        -------
        dict
            ``kind``, ``steps``, ``hyperparameters`` and ``memory`` (a list a parameter, in order,
            of copies of its arrays by name).
        """
        return {
            "kind": type(self).__name__,
            "steps": self.steps,
            "hyperparameters": {name: getattr(self, name) for name in self.hyperparameters},
            "memory": [
                {
                    slot: array.copy()
                    for slot, array in zip(self.slots, self.memory[parameter], strict=True)
                }
                for parameter in self.parameters
            ],
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what :meth:`state` gave.  Nothing is changed unless all of it fits.

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
