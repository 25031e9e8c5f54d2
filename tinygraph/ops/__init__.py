"""The ops: each one's value, derivative, derivation and example stand in one place."""

from tinygraph.ops.activations import Identity, ReLU, Sigmoid, Tanh
from tinygraph.ops.arithmetic import Add, Divide, Multiply, Negate, Power, Subtract
from tinygraph.ops.functions import Exp, Log
from tinygraph.ops.linear import AddBias, MatMul
from tinygraph.ops.losses import MSE
from tinygraph.ops.reductions import Mean, Sum

__all__ = [
    "MSE",
    "Add",
    "AddBias",
    "Divide",
    "Exp",
    "Identity",
    "Log",
    "MatMul",
    "Mean",
    "Multiply",
    "Negate",
    "Power",
    "ReLU",
    "Sigmoid",
    "Subtract",
    "Sum",
    "Tanh",
]
