"""Adam, and AdamW with its decoupled weight decay."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError
from tinygraph.optim.arguments import as_hyperparameter
from tinygraph.optim.declarations import Line
from tinygraph.optim.groups import Parameters
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.schedules import Schedule
from tinygraph.validation.arrays import Array


class Adam(Optimizer):
    r"""Momentum and RMSProp together, both corrected for their start at 0.

    .. math::

        \begin{aligned}
        m &\leftarrow \beta_1 m + (1 - \beta_1)\, g, &
        \hat m &= m / (1 - \beta_1^t), \\
        v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2, &
        \hat v &= v / (1 - \beta_2^t), \\
        w &\leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon).
        \end{aligned}

    m and v are running means that start at 0, so after t steps of a constant g they are only
    :math:`(1 - \beta^t)` times its value.  Dividing by that factor corrects this.  t counts from 1.
    With ``weight_decay`` it is :class:`AdamW`.

    Source: D. P. Kingma and J. Ba, *Adam: a method for stochastic optimization*, ICLR 2015.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model, optimizer = tg.Graph(w * w), Adam([w], lr=0.1)
    >>> for _ in range(2):
    ...     _ = model.forward(), model.backward(), optimizer.step()
    ...     print(f"{w.value:.4f}")
    0.9000
    0.8004
    """

    slots = ("m", "v")
    hyperparameters: tuple[str, ...] = ("lr", "beta1", "beta2", "eps")
    lines: tuple[Line, ...] = (
        Line(
            "m",
            r"\beta_1 m + (1 - \beta_1)\, g",
            "self.beta1 * m + (1 - self.beta1) * g",
            why="a running mean of the gradient: where to go",
        ),
        Line(
            "v",
            r"\beta_2 v + (1 - \beta_2)\, g^2",
            "self.beta2 * v + (1 - self.beta2) * (g * g)",
            why="a running mean of the squared gradient: how large it tends to be",
        ),
        Line(
            "m_hat",
            r"\frac{m}{1 - \beta_1^t}",
            "m / (1 - self.beta1**t)",
            why="m began at 0, so after t steps its weights sum to 1 − β₁ᵗ: dividing corrects this",
        ),
        Line(
            "v_hat",
            r"\frac{v}{1 - \beta_2^t}",
            "v / (1 - self.beta2**t)",
            why="the same bias correction for v",
        ),
        Line(
            "w",
            r"w - \frac{\eta\, \hat m}{\sqrt{\hat v} + \varepsilon}",
            "w - self.lr * m_hat / (np.sqrt(v_hat) + self.eps)",
            why="a step of about η, whatever the size of the gradient; ε keeps the divisor from 0",
        ),
    )

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        clip_norm: float | None = None,
    ) -> None:
        weight_decay = as_hyperparameter(type(self).__name__, "weight_decay", weight_decay)
        if weight_decay != 0:
            self.hyperparameters = (*Adam.hyperparameters, "weight_decay")
            self.lines = (*Adam.lines[:-1], _DECAYED)
        self.weight_decay = weight_decay
        self.beta1 = beta1
        self.beta2 = beta2
        self.eps = eps
        super().__init__(parameters, lr, clip_norm)

    def __setattr__(self, name: str, value: Any) -> None:
        is_new = name == "weight_decay" and name not in self.hyperparameters
        if is_new and as_hyperparameter(type(self).__name__, name, value) != 0:
            raise ArgumentError(
                f"This {type(self).__name__} was made without weight decay, and its update has no "
                f"term for it. Make another one: {type(self).__name__}(…, weight_decay={value})."
            )
        super().__setattr__(name, value)

    def update(self, w: Array, g: Array, t: Any, *memory: Array) -> tuple[Array, ...]:
        m, v = memory
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * (g * g)
        m_hat = m / (1 - self.beta1**t)
        v_hat = v / (1 - self.beta2**t)
        step = self.lr * m_hat / (np.sqrt(v_hat) + self.eps)
        if "weight_decay" in self.hyperparameters:
            step = step + self.lr * self.weight_decay * w
        return w - step, m, v


_DECAYED = Line(
    "w",
    r"w - \frac{\eta\, \hat m}{\sqrt{\hat v} + \varepsilon} - \eta \lambda w",
    "w - (self.lr * m_hat / (np.sqrt(v_hat) + self.eps) + self.lr * self.weight_decay * w)",
    why="a step of about η, whatever the size of the gradient, and a step of ηλw towards 0",
)


class AdamW(Adam):
    r"""Adam with weight decay: each step also subtracts the fraction ηλ of every weight.

    .. math:: w \leftarrow w - \eta\, \hat m / (\sqrt{\hat v} + \varepsilon) - \eta \lambda w

    The decay is outside the fraction.  A penalty :math:`\frac{\lambda}{2} w^2` in the loss
    would go through m and v, and its effect would be divided by the size of the gradients.

    Source: I. Loshchilov and F. Hutter, *Decoupled weight decay regularization*, ICLR 2019.

    >>> import tinygraph as tg
    >>> w = tg.Parameter(1.0, name="w")
    >>> model, optimizer = tg.Graph(w * w), AdamW([w], lr=0.1, weight_decay=0.5)
    >>> model.forward(), model.backward(), optimizer.step()
    (1.0, None, None)
    >>> round(float(w.value), 4)
    0.85
    """

    def __init__(
        self,
        parameters: Parameters,
        lr: float | Schedule = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
    ) -> None:
        super().__init__(parameters, lr, beta1, beta2, eps, weight_decay, clip_norm)
