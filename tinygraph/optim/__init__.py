r"""Optimizers: how a step is made of a gradient.

Each is one pure function, ``update``, from a parameter's value ``w``, its gradient ``g``, the
step number ``t`` (counted from 1) and the optimizer's own memory of that parameter, to the new
value and the new memory.  The mathematics of the same update stands beside it in ``lines``, for a
stepper and a derivation to show; the tests evaluate them against ``update``.
"""

from tinygraph.optim.declarations import Line
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Adam, Momentum, RMSProp

__all__ = ["SGD", "AdaGrad", "Adam", "Line", "Momentum", "Optimizer", "RMSProp"]
