"""The updates of gradient descent, with momentum or with a step per element."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.optim.declarations import Line
from tinygraph.optim.groups import Parameters
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.schedules import Schedule
from tinygraph.validation.arrays import Array


class SGD(Optimizer):
    r"""Gradient descent: a step against the gradient.

    .. math:: w \leftarrow w - \eta\, g

    The gradient points where L rises fastest, and to first order a step :math:`-\eta g` changes L
    by :math:`-\eta \lVert g \rVert^2`.  It is "stochastic" if g comes from a mini-batch.

    Source: H. Robbins and S. Monro, *A stochastic approximation method*, 1951.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model = tg.Graph(w * w)
    >>> model.forward(), model.backward(), SGD(model.parameters, lr=0.25).step()
    (1.0, None, None)
    >>> float(w.value)
    0.5
    """

    lines = (
        Line(
            "w",
            r"w - \eta\, g",
            "w - self.lr * g",
            why="a step opposite to the gradient; it is η times the gradient",
        ),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.1,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, clip_norm)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        return (w - self.lr * g,)


class Momentum(Optimizer):
    r"""Heavy ball: the step keeps most of its velocity.

    .. math:: v \leftarrow \beta v - \eta\, g, \qquad w \leftarrow w + v

    Under a constant gradient v grows to :math:`-\eta g / (1 - \beta)`: ten times the step of SGD
    with :math:`\beta = 0.9`.  If the gradient oscillates, its contributions cancel.

    Source: B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model, optimizer = tg.Graph(w * w), Momentum([w], lr=0.1)
    >>> for _ in range(2):
    ...     _ = model.forward(), model.backward(), optimizer.step()
    ...     print(f"{w.value:.4f}")
    0.8000
    0.4600
    """

    slots = ("v",)
    hyperparameters = ("lr", "beta")
    lines = (
        Line(
            "v",
            r"\beta v - \eta\, g",
            "self.beta * v - self.lr * g",
            why="the velocity keeps the share β of itself, and is pushed against the gradient",
        ),
        Line("w", r"w + v", "w + v", why="a step along the velocity"),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.1,
        beta: float = 0.9,
        clip_norm: float | None = None,
    ) -> None:
        self.beta = beta
        super().__init__(parameters, lr, clip_norm)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (v,) = memory
        v = self.beta * v - self.lr * g
        return w + v, v


class Nesterov(Optimizer):
    r"""Momentum with look-ahead: the step already contains the next use of the velocity.

    .. math:: v \leftarrow \beta v - \eta\, g, \qquad w \leftarrow w + \beta v - \eta\, g

    The step is the velocity of the *next* step without its gradient.  If the gradient changes its
    sign, the step changes direction one step earlier than with :class:`Momentum`.

    Source: Y. Nesterov, *A method for solving the convex programming problem with convergence rate
    O(1/k²)*, 1983; in this form I. Sutskever and others, *On the importance of initialization and
    momentum in deep learning*, ICML 2013.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model, optimizer = tg.Graph(w * w), Nesterov([w], lr=0.1)
    >>> for _ in range(2):
    ...     _ = model.forward(), model.backward(), optimizer.step()
    ...     print(f"{w.value:.4f}")
    0.6200
    0.2224
    """

    slots = ("v",)
    hyperparameters = ("lr", "beta")
    lines = (
        Line(
            "v",
            r"\beta v - \eta\, g",
            "self.beta * v - self.lr * g",
            why="the velocity keeps the share β of itself, and is pushed against the gradient",
        ),
        Line(
            "w",
            r"w + \beta v - \eta\, g",
            "w + self.beta * v - self.lr * g",
            why="a step along the velocity as it will be one step later",
        ),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.1,
        beta: float = 0.9,
        clip_norm: float | None = None,
    ) -> None:
        self.beta = beta
        super().__init__(parameters, lr, clip_norm)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (v,) = memory
        v = self.beta * v - self.lr * g
        return w + self.beta * v - self.lr * g, v


class AdaGrad(Optimizer):
    r"""A learning rate for each element, smaller where gradients were large.

    .. math:: s \leftarrow s + g^2, \qquad w \leftarrow w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}

    s only grows, so the steps only shrink: good for rare features, slow in long runs.

    Source: J. Duchi, E. Hazan and Y. Singer, *Adaptive subgradient methods*, JMLR 12, 2011.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model, optimizer = tg.Graph(w * w), AdaGrad([w], lr=0.1)
    >>> for _ in range(2):
    ...     _ = model.forward(), model.backward(), optimizer.step()
    ...     print(f"{w.value:.4f}")
    0.9000
    0.8331
    """

    slots = ("s",)
    hyperparameters = ("lr", "eps")
    lines = (
        Line("s", r"s + g^2", "s + g * g", why="adds up all squares of the gradient so far"),
        Line(
            "w",
            r"w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}",
            "w - self.lr * g / (np.sqrt(s) + self.eps)",
            why="a step against the gradient, shorter where gradients were large; ε keeps the "
            "divisor from 0",
        ),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.1,
        eps: float = 1e-8,
        clip_norm: float | None = None,
    ) -> None:
        self.eps = eps
        super().__init__(parameters, lr, clip_norm)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (s,) = memory
        s = s + g * g
        return w - self.lr * g / (np.sqrt(s) + self.eps), s


class RMSProp(Optimizer):
    r"""AdaGrad that forgets: a running mean of g² instead of the sum.

    .. math:: s \leftarrow \rho s + (1 - \rho)\, g^2, \qquad
              w \leftarrow w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}

    Source: T. Tieleman and G. Hinton, *Lecture 6.5: RMSProp*, Neural Networks for Machine
    Learning, 2012.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model, optimizer = tg.Graph(w * w), RMSProp([w], lr=0.1)
    >>> for _ in range(2):
    ...     _ = model.forward(), model.backward(), optimizer.step()
    ...     print(f"{w.value:.4f}")
    0.6838
    0.4989
    """

    slots = ("s",)
    hyperparameters = ("lr", "rho", "eps")
    lines = (
        Line(
            "s",
            r"\rho s + (1 - \rho)\, g^2",
            "self.rho * s + (1 - self.rho) * (g * g)",
            why="a running mean of the squared gradient, over about 1/(1 − ρ) steps",
        ),
        Line(
            "w",
            r"w - \frac{\eta\, g}{\sqrt{s} + \varepsilon}",
            "w - self.lr * g / (np.sqrt(s) + self.eps)",
            why="a step against the gradient, shorter where gradients were large; ε keeps the "
            "divisor from 0",
        ),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.01,
        rho: float = 0.9,
        eps: float = 1e-8,
        clip_norm: float | None = None,
    ) -> None:
        self.rho = rho
        self.eps = eps
        super().__init__(parameters, lr, clip_norm)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        (s,) = memory
        s = self.rho * s + (1 - self.rho) * (g * g)
        return w - self.lr * g / (np.sqrt(s) + self.eps), s
