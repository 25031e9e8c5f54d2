r"""Optimizers: how a gradient becomes a step.

Each optimizer is one pure function, ``update``: from a parameter's value ``w``, its gradient ``g``,
the step number ``t`` (counted from 1) and the optimizer's state of that parameter to the new value
and the new state.  The mathematics of the same update is in ``lines``, which a stepper and a
derivation show; the tests compare them with ``update``.
"""

from tinygraph.optim import schedules
from tinygraph.optim.adam import Adam, AdamW
from tinygraph.optim.declarations import Line
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Momentum, Nesterov, RMSProp

__all__ = [
    "SGD",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Line",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSProp",
    "schedules",
]
