"""Trigonometry: sine and cosine, their inverse functions, and what they build.

Angles are in radians.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinygraph.core.numpy_functions import builds
from tinygraph.core.op import Op, Rule
from tinygraph.ops.functions import Exp
from tinygraph.validation.arrays import Array


class Sin(Op, numpy=np.sin):
    r"""Sine, of an angle in radians.

    **Formula.** :math:`y = \sin x`.  **Gradient.** :math:`\sin' = \cos`:
    :math:`\partial L/\partial x = g \odot \cos x`.

    >>> float(Sin.forward(None, np.array(0.0)))
    0.0
    """

    formula = r"\sin(x)"
    code = "np.sin(x)"
    rules = (Rule(r"g \odot \cos(x)", "g * np.cos(x)", local="np.cos(x)", why="sin′ = cos"),)

    def forward(self, x: Array) -> Array:
        return np.sin(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g * np.cos(x)


class Cos(Op, numpy=np.cos):
    r"""Cosine, of an angle in radians.

    **Formula.** :math:`y = \cos x`.  **Gradient.** :math:`\cos' = -\sin`:
    :math:`\partial L/\partial x = -g \odot \sin x`.

    >>> float(Cos.forward(None, np.array(0.0)))
    1.0
    """

    formula = r"\cos(x)"
    code = "np.cos(x)"
    rules = (Rule(r"-g \odot \sin(x)", "-g * np.sin(x)", local="-np.sin(x)", why="cos′ = −sin"),)

    def forward(self, x: Array) -> Array:
        return np.cos(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return -g * np.sin(x)


class Arcsin(Op, numpy=np.arcsin):
    r"""The angle from -π/2 to π/2 whose sine is x, for -1 < x < 1.

    **Formula.** :math:`y = \arcsin x`.

    **Gradient.** From :math:`\sin y = x` and the chain rule, :math:`\cos(y)\, y' = 1`. The cosine
    is not negative between -π/2 and π/2, so :math:`\cos y = \sqrt{1 - \sin^2 y} = \sqrt{1 - x^2}`:

    .. math:: \frac{\partial L}{\partial x} = \frac{g}{\sqrt{1 - x^2}} .

    **Shape check.** All factors have the shape of x.

    >>> round(float(Arcsin.forward(None, np.array(1.0))), 4)
    1.5708
    """

    formula = r"\arcsin(x)"
    code = "np.arcsin(x)"
    rules = (
        Rule(
            r"\frac{g}{\sqrt{1 - x^2}}",
            "g / np.sqrt(1 - x * x)",
            local="1 / np.sqrt(1 - x * x)",
            why="sin y = x, so y′ cos y = 1, and cos y = √(1 − x²)",
        ),
    )

    def forward(self, x: Array) -> Array:
        return np.arcsin(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        grad: Array = g / np.sqrt(1 - x * x)
        return grad

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return (rng.uniform(-0.9, 0.9, size=(3, 4)),)


class Arccos(Op, numpy=np.arccos):
    r"""The angle from 0 to π whose cosine is x, for -1 < x < 1.

    **Formula.** :math:`y = \arccos x`.

    **Gradient.** From :math:`\cos y = x` and the chain rule, :math:`-\sin(y)\, y' = 1`. The sine is
    not negative between 0 and π, so :math:`\sin y = \sqrt{1 - x^2}`:

    .. math:: \frac{\partial L}{\partial x} = -\frac{g}{\sqrt{1 - x^2}} .

    **Shape check.** All factors have the shape of x.

    >>> float(Arccos.forward(None, np.array(1.0)))
    0.0
    """

    formula = r"\arccos(x)"
    code = "np.arccos(x)"
    rules = (
        Rule(
            r"-\frac{g}{\sqrt{1 - x^2}}",
            "-g / np.sqrt(1 - x * x)",
            local="-1 / np.sqrt(1 - x * x)",
            why="cos y = x, so −y′ sin y = 1, and sin y = √(1 − x²)",
        ),
    )

    def forward(self, x: Array) -> Array:
        return np.arccos(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        grad: Array = -g / np.sqrt(1 - x * x)
        return grad

    @classmethod
    def example(cls, rng: np.random.Generator) -> tuple[Array, ...]:
        return Arcsin.example(rng)


class Arctan(Op, numpy=np.arctan):
    r"""The angle between -π/2 and π/2 whose tangent is x.

    **Formula.** :math:`y = \arctan x`.

    **Gradient.** From :math:`\tan y = x` and the chain rule, :math:`(1 + \tan^2 y)\, y' = 1`:

    .. math:: \frac{\partial L}{\partial x} = \frac{g}{1 + x^2} .

    **Shape check.** All factors have the shape of x.

    >>> round(float(Arctan.forward(None, np.array(1.0))), 4)
    0.7854
    """

    formula = r"\arctan(x)"
    code = "np.arctan(x)"
    rules = (
        Rule(
            r"\frac{g}{1 + x^2}",
            "g / (1 + x * x)",
            local="1 / (1 + x * x)",
            why="tan y = x, and tan′ = 1 + tan², so y′ = 1/(1 + x²)",
        ),
    )

    def forward(self, x: Array) -> Array:
        return np.arctan(x)

    def backward(self, g: Array, y: Array, x: Array) -> Array:
        return g / (1 + x * x)


@builds(np.tan)
def tangent(x: Any) -> Any:
    """Build ``sin(x) / cos(x)``."""
    return Sin(x) / Cos(x)


@builds(np.sinh)
def hyperbolic_sine(x: Any) -> Any:
    """Build the odd half of the exponential function."""
    return (Exp(x) - Exp(-x)) / 2


@builds(np.cosh)
def hyperbolic_cosine(x: Any) -> Any:
    """Build the even half of the exponential function."""
    return (Exp(x) + Exp(-x)) / 2
