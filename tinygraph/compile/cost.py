"""Estimates of how long a training step takes on each target, from the sizes of its arrays.

They decide which target is worth its compile time. The constants were measured on an ordinary
machine, on networks from 2-4-1 to 2-64-64-1; an estimate is right to about a third.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from tinygraph.compile.ir import Operation
from tinygraph.compile.passes.affine_layers import affine, affine_gradient, negative_affine

_PRODUCTS = {np.matmul, np.dot, affine, negative_affine, affine_gradient}
_SLOW = {np.exp, np.log, np.log1p, np.expm1, np.power, np.sin, np.cos}


class Cost(NamedTuple):
    """The amount of work in a step.

    Attributes
    ----------
    calls : int
        Operations that are not views.
    elements : int
        Elements of all results.
    exponentials, tangents : int
        Elements of exponentials and logarithms, and of hyperbolic tangents.
    products : int
        Multiplications in matrix products.
    """

    calls: int
    elements: int
    exponentials: int
    tangents: int
    products: int

    def numpy_seconds(self) -> float:
        """Estimate one step of the numpy target."""
        slow = self.exponentials + self.tangents
        return (
            0.45e-6 * self.calls + 0.25e-9 * self.elements + 4e-9 * slow + 0.03e-9 * self.products
        )

    def numba_seconds(self) -> float:
        """Estimate one step of the numba target: no calls, but products without BLAS."""
        slow = 2e-9 * self.exponentials + 5.5e-9 * self.tangents
        return 0.4e-6 + 0.15e-9 * self.elements + slow + 0.18e-9 * self.products


def cost_of(operations: Iterable[Operation]) -> Cost:
    """Return the cost of one step of these operations."""
    calls = elements = exponentials = tangents = products = 0
    for operation in operations:
        size = int(np.prod(operation.result.shape))
        calls += 1
        elements += size
        if operation.function in _SLOW:
            exponentials += size
        elif operation.function is np.tanh:
            tangents += size
        elif operation.function in _PRODUCTS:
            is_gradient = operation.function is affine_gradient
            inner = operation.operands[0].shape[:1] if is_gradient else ()
            products += size * int(np.prod(inner or operation.operands[0].shape[-1:]))
    return Cost(calls, elements, exponentials, tangents, products)


def is_worth_numba(cost: Cost, steps: int, compile_seconds: float) -> bool:
    """Tell whether this number of steps is faster in machine code, compile time included."""
    saved = cost.numpy_seconds() - cost.numba_seconds()
    is_clear = cost.numba_seconds() < 0.8 * cost.numpy_seconds()
    return is_clear and steps * saved > 1.2 * compile_seconds


SHORTEST_NUMBA_COMPILE = 1.3
"""The seconds that numba needs for the smallest program."""


def numba_compile_seconds(source: str) -> float:
    """Estimate how long numba takes to compile a program."""
    return 0.3 + 0.0135 * source.count("\n")
