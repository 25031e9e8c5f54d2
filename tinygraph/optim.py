r"""Optimizers: how a step is made of a gradient.

Each is one pure function, ``update``, from a parameter's value ``w``, its gradient ``g``, the
step number ``t`` (counted from 1) and the optimizer's own memory of that parameter, to the new
value and the new memory.  The mathematics of the same update stands beside it in ``lines``, for a
stepper and a derivation to show; the tests evaluate them against ``update``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from tinygraph.arrays import Array, as_float_array, brief
from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    ShapeError,
    StateError,
    UnknownNameError,
    did_you_mean,
)
from tinygraph.node import Parameter, describe
from tinygraph.shapes import show


class Line(NamedTuple):
    """One line of an update: what it computes, as mathematics and as NumPy."""

    name: str
    math: str
    code: str


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
    """

    slots: ClassVar[tuple[str, ...]] = ()
    """The names of the arrays that are kept for each parameter."""
    hyperparameters: ClassVar[tuple[str, ...]] = ("lr",)
    """The names of the numbers that the update reads from ``self``."""
    lines: ClassVar[tuple[Line, ...]] = ()
    """The update, line by line; the last one gives the new ``w``."""

    def __init__(self, parameters: Iterable[Parameter], lr: float) -> None:
        self.parameters = _as_parameters(parameters)
        self.lr = lr
        self.steps = 0
        self.memory: dict[Parameter, tuple[Array, ...]] = {
            parameter: tuple(np.zeros_like(parameter.value) for _ in self.slots)
            for parameter in self.parameters
        }

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.hyperparameters:
            value = _checked(type(self).__name__, name, value)
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in self.hyperparameters)
        return f"<{type(self).__name__} {numbers}, {self.steps} steps taken>"

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        """Return the new value of one parameter, then its new memory, changing nothing."""
        raise NotImplementedError

    def step(self) -> None:
        """Move every parameter one step against its gradient: all of them, or none.

        Raises
        ------
        StateError
            If a parameter has no gradient yet.
        ShapeError, DtypeError
            If a gradient was set by hand to what is no gradient of that parameter.
        """
        t = self.steps + 1
        updated = [
            self.update(parameter.value, self._gradient(parameter), t, *self.memory[parameter])
            for parameter in self.parameters
        ]
        try:
            self._keep(t, updated)
        except KeyboardInterrupt:
            self._keep(t, updated)  # Ctrl-C between two parameters leaves no half a step
            raise

    def _gradient(self, parameter: Parameter) -> Array:
        """Return the gradient of a parameter, which may have been set by hand."""
        g, w = parameter.grad, parameter.value
        if g is None:
            raise StateError(
                f"{type(self).__name__}.step() needs the gradient of every parameter; "
                f"{describe(parameter)} has none. Call backward() first; if you did, the output "
                f"does not depend on it: leave it out of the optimizer."
            )
        if type(g) is np.ndarray and g.dtype is w.dtype and g.shape == w.shape:
            return g
        array = as_float_array(g, f"The gradient of {describe(parameter)}", w.dtype)
        if array.shape != w.shape:
            raise ShapeError(
                f"A gradient has the shape of its parameter; that of {describe(parameter)} "
                f"{show(w.shape)} was set to an array {show(array.shape)}.",
                parameter,
            )
        return array if array.dtype == w.dtype else array.astype(w.dtype)

    def _keep(self, t: int, updated: Iterable[tuple[Array, ...]]) -> None:
        for parameter, (w, *memory) in zip(self.parameters, updated):
            parameter.take(w)
            self.memory[parameter] = tuple(memory)
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
        steps, numbers, memory = _checked_state(self, state)
        self.steps = steps
        for name, value in numbers.items():
            setattr(self, name, value)
        self.memory = memory


class SGD(Optimizer):
    r"""Gradient descent: a step against the gradient.

    .. math:: w \leftarrow w - \eta\, g

    The gradient points where L rises fastest, and to first order a step :math:`-\eta g` changes L
    by :math:`-\eta \lVert g \rVert^2`.  "Stochastic" where g comes from a mini-batch.

    Source: H. Robbins and S. Monro, *A stochastic approximation method*, 1951.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model = tg.Graph(w * w)
    >>> model.forward(), model.backward(), SGD(model.parameters, lr=0.25).step()
    (1.0, None, None)
    >>> float(w.value)
    0.5
    """

    lines = (Line("w", r"w - \eta\, g", "w - self.lr * g"),)

    def __init__(self, parameters: Iterable[Parameter], lr: float = 0.1) -> None:
        super().__init__(parameters, lr)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        return (w - self.lr * g,)


class Momentum(Optimizer):
    r"""Heavy ball: the step keeps most of its velocity.

    .. math:: v \leftarrow \beta v - \eta\, g, \qquad w \leftarrow w + v

    Under a constant gradient v grows to :math:`-\eta g / (1 - \beta)`: ten times the step of SGD
    with :math:`\beta = 0.9`.  Where the gradient swings from side to side its parts cancel.

    Source: B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964.
    """

    slots = ("v",)
    hyperparameters = ("lr", "beta")
    lines = (
        Line("v", r"\beta v - \eta\, g", "self.beta * v - self.lr * g"),
        Line("w", r"w + v", "w + v"),
    )

    def __init__(self, parameters: Iterable[Parameter], lr: float = 0.1, beta: float = 0.9) -> None:
        self.beta = beta
        super().__init__(parameters, lr)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (v,) = memory
        v = self.beta * v - self.lr * g
        return w + v, v


class AdaGrad(Optimizer):
    r"""A learning rate for each entry, smaller where gradients were large.

    .. math:: s \leftarrow s + g^2, \qquad w \leftarrow w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}

    s only grows, so the steps only shrink: good for rare features, tiring in long runs.

    Source: J. Duchi, E. Hazan and Y. Singer, *Adaptive subgradient methods*, JMLR 12, 2011.
    """

    slots = ("s",)
    hyperparameters = ("lr", "eps")
    lines = (
        Line("s", r"s + g^2", "s + g * g"),
        Line(
            "w",
            r"w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}",
            "w - self.lr * g / (np.sqrt(s) + self.eps)",
        ),
    )

    def __init__(self, parameters: Iterable[Parameter], lr: float = 0.1, eps: float = 1e-8) -> None:
        self.eps = eps
        super().__init__(parameters, lr)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (s,) = memory
        s = s + g * g
        return w - self.lr * g / (np.sqrt(s) + self.eps), s


class RMSProp(Optimizer):
    r"""AdaGrad that forgets: a running mean of g² in place of the sum.

    .. math:: s \leftarrow \rho s + (1 - \rho)\, g^2, \qquad
              w \leftarrow w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}

    Source: T. Tieleman and G. Hinton, *Lecture 6.5: RMSProp*, Neural Networks for Machine
    Learning, 2012.
    """

    slots = ("s",)
    hyperparameters = ("lr", "rho", "eps")
    lines = (
        Line("s", r"\rho s + (1 - \rho)\, g^2", "self.rho * s + (1 - self.rho) * (g * g)"),
        Line(
            "w",
            r"w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}",
            "w - self.lr * g / (np.sqrt(s) + self.eps)",
        ),
    )

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 0.01,
        rho: float = 0.9,
        eps: float = 1e-8,
    ) -> None:
        self.rho = rho
        self.eps = eps
        super().__init__(parameters, lr)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (s,) = memory
        s = self.rho * s + (1 - self.rho) * (g * g)
        return w - self.lr * g / (np.sqrt(s) + self.eps), s


class Adam(Optimizer):
    r"""Momentum and RMSProp together, both corrected for their start at 0.

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g, &
        \hat m &= m / (1 - \beta_1^t), \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2, &
        \hat v &= v / (1 - \beta_2^t), \\
        w &\leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon).

    m and v start at 0 and are running means, so after t steps of a constant g they are only
    :math:`(1 - \beta^t)` of the way: dividing by that factor takes the bias out.  t counts from 1.

    Source: D. P. Kingma and J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015.
    """

    slots = ("m", "v")
    hyperparameters = ("lr", "beta1", "beta2", "eps")
    lines = (
        Line("m", r"\beta_1 m + (1 - \beta_1)\, g", "self.beta1 * m + (1 - self.beta1) * g"),
        Line(
            "v", r"\beta_2 v + (1 - \beta_2)\, g^2", "self.beta2 * v + (1 - self.beta2) * (g * g)"
        ),
        Line("m_hat", r"\frac{m}{1 - \beta_1^t}", "m / (1 - self.beta1**t)"),
        Line("v_hat", r"\frac{v}{1 - \beta_2^t}", "v / (1 - self.beta2**t)"),
        Line(
            "w",
            r"w - \frac{\eta\, \hat m}{\sqrt{\hat v} + \varepsilon}",
            "w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)",
        ),
    )

    def __init__(
        self,
        parameters: Iterable[Parameter],
        lr: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
    ) -> None:
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        super().__init__(parameters, lr)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        m, v = memory
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * (g * g)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        return w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps), m, v


def _as_parameters(parameters: Any) -> tuple[Parameter, ...]:
    found = (parameters,) if isinstance(parameters, Parameter) else parameters
    if not isinstance(found, Iterable):
        raise ArgumentTypeError(
            f"An optimizer takes the parameters to train, such as model.parameters; "
            f"got {brief(parameters)}."
        )
    found = tuple(found)
    for parameter in found:
        if not isinstance(parameter, Parameter):
            raise ArgumentTypeError(
                f"An optimizer trains Parameter nodes; among them came {brief(parameter)}."
            )
    if not found:
        raise ArgumentError("An optimizer needs at least one parameter to train; got none.")
    if len(set(found)) < len(found):
        raise ArgumentError("An optimizer takes each parameter once; one of them came twice.")
    return found


POSITIVE = ("lr", "eps")
DECAYS = ("beta", "beta1", "beta2", "rho")
"""The shares of the past that running means keep."""


def _checked(kind: str, name: str, value: Any) -> float:
    """Return a hyperparameter as a float, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise ArgumentTypeError(f"{name} of {kind} is a number; got {brief(value)}.")
    try:
        number = float(value)
    except OverflowError:
        number = np.inf
    if name in POSITIVE:
        rule, is_allowed = "a finite number above 0", 0 < number < np.inf
    elif name in DECAYS:
        rule, is_allowed = "a number from 0 up to, not with, 1", 0 <= number < 1
    else:
        rule, is_allowed = "a finite number", bool(np.isfinite(number))
    if not is_allowed:
        raise ArgumentError(f"{name} of {kind} is {rule}; got {brief(value)}.")
    return number


def _checked_state(
    optimizer: Optimizer, state: Mapping[str, Any]
) -> tuple[int, dict[str, float], dict[Parameter, tuple[Array, ...]]]:
    kind = type(optimizer).__name__
    if not isinstance(state, Mapping):
        raise ArgumentTypeError(f"load_state takes what state() gave; got {brief(state)}.")
    for key in ("kind", "steps", "hyperparameters", "memory"):
        if key not in state:
            raise ArgumentError(f"A state of {kind} has an entry {key!r}; this one has none.")
    if state["kind"] != kind:
        raise ArgumentError(f"This optimizer is {kind}; the state is of {brief(state['kind'])}.")
    steps = state["steps"]
    is_count = isinstance(steps, (int, np.integer)) and not isinstance(steps, bool)
    if not is_count or not 0 <= steps < 2**53:  # a larger one is no exact float, as Adam needs it
        raise ArgumentError(f"steps is a whole number from 0 on; the state has {brief(steps)}.")
    numbers = _checked_numbers(optimizer, state["hyperparameters"])
    if not isinstance(state["memory"], Sequence):
        raise ArgumentTypeError(
            f"The memory in a state is a list, an entry a parameter; got {brief(state['memory'])}."
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


def _checked_numbers(optimizer: Optimizer, numbers: Any) -> dict[str, float]:
    kind = type(optimizer).__name__
    if not isinstance(numbers, Mapping):
        raise ArgumentTypeError(
            f"The hyperparameters in a state are numbers by name; got {brief(numbers)}."
        )
    for name in numbers:
        if name not in optimizer.hyperparameters:
            raise UnknownNameError(
                f"{kind} has no {name!r}." + did_you_mean(name, optimizer.hyperparameters)
            )
    missing = [name for name in optimizer.hyperparameters if name not in numbers]
    if missing:
        raise ArgumentError(f"A state of {kind} has its {missing[0]}; this one has none.")
    return {name: _checked(kind, name, value) for name, value in numbers.items()}


def _checked_slot(kind: str, parameter: Parameter, slot: str, arrays: Any) -> Array:
    what = f"The {slot} of {describe(parameter)} in a state of {kind}"
    if not isinstance(arrays, Mapping) or slot not in arrays:
        raise ArgumentError(f"{what} is missing.")
    array = as_float_array(arrays[slot], what)
    if array.shape != parameter.shape:
        raise ShapeError(
            f"{what} has the parameter's shape, {show(parameter.shape)}; got {show(array.shape)}.",
            parameter,
        )
    return array.astype(parameter.value.dtype)
