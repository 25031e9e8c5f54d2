"""Lab 2: two hidden layers on two toy problems, trained by back-propagation."""

from tinygraph.lab2 import experiments
from tinygraph.lab2.network import ACTIVATIONS, model

__all__ = ["ACTIVATIONS", "experiments", "model"]
