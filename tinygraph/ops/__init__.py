"""The ops, each with its value, derivative, derivation and example in one place."""

from tinygraph.ops import arranging as arranging
from tinygraph.ops.activations import GELU, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from tinygraph.ops.arithmetic import Add, Divide, Multiply, Negate, Subtract
from tinygraph.ops.broadcasting import BroadcastLike, BroadcastTo, Size
from tinygraph.ops.classification import BinaryCrossEntropy, CrossEntropy, LogSoftmax, Softmax
from tinygraph.ops.comparisons import (
    Equal,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    Maximum,
    Minimum,
    NotEqual,
)
from tinygraph.ops.conditions import LogicalAnd, LogicalNot, LogicalOr, Where
from tinygraph.ops.convolution import Conv2D
from tinygraph.ops.detach import Detach
from tinygraph.ops.functions import Abs, Exp, Expm1, Log, Log1p, Round, Sign
from tinygraph.ops.indexing import AddAt, Embedding, Index, Put, Take
from tinygraph.ops.joining import Concatenate
from tinygraph.ops.linear import AddBias, MatMul, OuterSum
from tinygraph.ops.losses import MSE
from tinygraph.ops.normalization import LayerNorm
from tinygraph.ops.padding import Pad
from tinygraph.ops.pooling import AvgPool2D, MaxPool2D
from tinygraph.ops.powers import Power, Sqrt, Square, VariablePower
from tinygraph.ops.products import CumSum, Prod
from tinygraph.ops.reductions import LogSumExp, Max, Mean, Min, Sum
from tinygraph.ops.shaping import Reshape, Transpose
from tinygraph.ops.trigonometry import Arccos, Arcsin, Arctan, Cos, Sin
from tinygraph.ops.variance import Std, Var
from tinygraph.ops.windows import AddWindows, Columns

__all__ = [
    "GELU",
    "MSE",
    "Abs",
    "Add",
    "AddAt",
    "AddBias",
    "AddWindows",
    "Arccos",
    "Arcsin",
    "Arctan",
    "AvgPool2D",
    "BinaryCrossEntropy",
    "BroadcastLike",
    "BroadcastTo",
    "Columns",
    "Concatenate",
    "Conv2D",
    "Cos",
    "CrossEntropy",
    "CumSum",
    "Detach",
    "Divide",
    "Embedding",
    "Equal",
    "Exp",
    "Expm1",
    "Greater",
    "GreaterEqual",
    "Identity",
    "Index",
    "LayerNorm",
    "LeakyReLU",
    "Less",
    "LessEqual",
    "Log",
    "Log1p",
    "LogSoftmax",
    "LogSumExp",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "MatMul",
    "Max",
    "MaxPool2D",
    "Maximum",
    "Mean",
    "Min",
    "Minimum",
    "Multiply",
    "Negate",
    "NotEqual",
    "OuterSum",
    "Pad",
    "Power",
    "Prod",
    "Put",
    "ReLU",
    "Reshape",
    "Round",
    "Sigmoid",
    "Sign",
    "Sin",
    "Size",
    "Softmax",
    "Sqrt",
    "Square",
    "Std",
    "Subtract",
    "Sum",
    "Take",
    "Tanh",
    "Transpose",
    "Var",
    "VariablePower",
    "Where",
]
