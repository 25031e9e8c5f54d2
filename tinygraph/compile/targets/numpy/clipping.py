"""Clipping the gradients of a step, between its backward and its update."""

from __future__ import annotations

from tinygraph.optim.arguments import clip_scale
from tinygraph.validation.arrays import Array


def clip(gradients: Array, longest: Array) -> None:
    """Scale the gradient of each model down, in place, if its norm is above ``longest``.

    Parameters
    ----------
    gradients : array (…, n)
        The flat gradient of each of the models that are trained batched.
    longest : array (…)
        The largest norm for each of them.

    >>> import numpy as np
    >>> gradients = np.array([[3.0, 4.0], [0.3, 0.4]])
    >>> clip(gradients, np.array([1.0, 1.0]))
    >>> gradients
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """
    for row, most in zip(gradients.reshape(-1, gradients.shape[-1]), longest.ravel().tolist()):
        scale = clip_scale([row], most)
        if scale != 1.0:
            row *= row.dtype.type(scale)
