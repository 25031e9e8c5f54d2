"""tinygraph: a neural network as an explicit graph of op nodes.

>>> import numpy as np
>>> import tinygraph as tg
>>> x = tg.Input("x", shape=(None, 2))
>>> W = tg.Parameter(np.ones((2, 1)), name="W")
>>> model = tg.Graph(tg.Sum(tg.Sigmoid(tg.MatMul(x, W))))
>>> model.forward(x=[[0.0, 0.0]])
0.5
>>> model.backward()
>>> model["W"].grad.shape
(2, 1)
"""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinygraph import data, ops
from tinygraph.compile.compile import compile  # noqa: A004 - used only as tg.compile
from tinygraph.core.expansion import expand
from tinygraph.core.gradients import gradients
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Constant, Input, Parameter, Random, State
from tinygraph.core.node import Node
from tinygraph.core.op import Comparison, Op, Rule
from tinygraph.core.scope import scope
from tinygraph.core.switch import Switch
from tinygraph.core.tracer import trace_with
from tinygraph.core.version import __version__ as __version__
from tinygraph.errors import ShapeError, TinygraphError, illustrate_with
from tinygraph.ops import (
    GELU,
    MSE,
    Abs,
    Add,
    AddAt,
    AddBias,
    AddWindows,
    Arccos,
    Arcsin,
    Arctan,
    AvgPool2D,
    BinaryCrossEntropy,
    BroadcastLike,
    BroadcastTo,
    Columns,
    Concatenate,
    Conv2D,
    Cos,
    CrossEntropy,
    CumSum,
    Detach,
    Divide,
    Embedding,
    Equal,
    Exp,
    Expm1,
    Greater,
    GreaterEqual,
    Identity,
    Index,
    LayerNorm,
    LeakyReLU,
    Less,
    LessEqual,
    Log,
    Log1p,
    LogicalAnd,
    LogicalNot,
    LogicalOr,
    LogSoftmax,
    LogSumExp,
    MatMul,
    Max,
    Maximum,
    MaxPool2D,
    Mean,
    Min,
    Minimum,
    Multiply,
    Negate,
    NotEqual,
    OuterSum,
    Pad,
    Power,
    Prod,
    Put,
    ReLU,
    Reshape,
    Round,
    Sigmoid,
    Sign,
    Sin,
    Size,
    Softmax,
    Sqrt,
    Square,
    Std,
    Subtract,
    Sum,
    Take,
    Tanh,
    Transpose,
    Var,
    VariablePower,
    Where,
)
from tinygraph.optim import schedules
from tinygraph.optim.adam import Adam, AdamW
from tinygraph.optim.optimizer import Optimizer
from tinygraph.optim.updates import SGD, AdaGrad, Momentum, Nesterov, RMSProp

if TYPE_CHECKING:
    from tinygraph import exercises, lab2, layers, plots, testing
    from tinygraph.check.gradcheck import gradcheck
    from tinygraph.checkpoint.saving import load, save
    from tinygraph.derivation.derive import Derivation, derive
    from tinygraph.diagnosis.diagnose import diagnose
    from tinygraph.diagnosis.report import Diagnosis
    from tinygraph.sweeps.sweep import Run, Sweep, sweep
    from tinygraph.train.fit import fit
    from tinygraph.train.history import History
    from tinygraph.viz.diagram.diagram import Diagram, render
    from tinygraph.viz.playground.playground import Playground, playground
    from tinygraph.viz.stepper.stepper import Stepper, step_through


__all__ = [
    "GELU",
    "MSE",
    "SGD",
    "Abs",
    "AdaGrad",
    "Adam",
    "AdamW",
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
    "Comparison",
    "Concatenate",
    "Constant",
    "Conv2D",
    "Cos",
    "CrossEntropy",
    "CumSum",
    "Derivation",
    "Detach",
    "Diagnosis",
    "Diagram",
    "Divide",
    "Embedding",
    "Equal",
    "Exp",
    "Expm1",
    "Graph",
    "Greater",
    "GreaterEqual",
    "History",
    "Identity",
    "Index",
    "Input",
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
    "Momentum",
    "Multiply",
    "Negate",
    "Nesterov",
    "Node",
    "NotEqual",
    "Op",
    "Optimizer",
    "OuterSum",
    "Pad",
    "Parameter",
    "Playground",
    "Power",
    "Prod",
    "Put",
    "RMSProp",
    "Random",
    "ReLU",
    "Reshape",
    "Round",
    "Rule",
    "Run",
    "Sigmoid",
    "Sign",
    "Sin",
    "Size",
    "Softmax",
    "Sqrt",
    "Square",
    "State",
    "Std",
    "Stepper",
    "Subtract",
    "Sum",
    "Sweep",
    "Switch",
    "Take",
    "Tanh",
    "TinygraphError",
    "Transpose",
    "Var",
    "VariablePower",
    "Where",
    "compile",
    "data",
    "derive",
    "diagnose",
    "exercises",
    "expand",
    "fit",
    "gradcheck",
    "gradients",
    "lab2",
    "layers",
    "load",
    "load_parameters",
    "ops",
    "playground",
    "plots",
    "render",
    "save",
    "schedules",
    "scope",
    "step_through",
    "sweep",
    "testing",
]

# What draws, trains or reports is loaded when it is first asked for: `import tinygraph` stays fast,
# and loads neither matplotlib nor graphviz nor numba.
_LOADED_ON_USE = {
    "Derivation": "tinygraph.derivation.derive",
    "Diagnosis": "tinygraph.diagnosis.report",
    "Diagram": "tinygraph.viz.diagram.diagram",
    "History": "tinygraph.train.history",
    "Run": "tinygraph.sweeps.sweep",
    "Sweep": "tinygraph.sweeps.sweep",
    "sweep": "tinygraph.sweeps.sweep",
    "derive": "tinygraph.derivation.derive",
    "diagnose": "tinygraph.diagnosis.diagnose",
    "exercises": "",
    "layers": "",
    "Playground": "tinygraph.viz.playground.playground",
    "Stepper": "tinygraph.viz.stepper.stepper",
    "fit": "tinygraph.train.fit",
    "gradcheck": "tinygraph.check.gradcheck",
    "lab2": "",
    "load": "tinygraph.checkpoint.saving",
    "load_parameters": "tinygraph.checkpoint.parameters",
    "playground": "tinygraph.viz.playground.playground",
    "plots": "",
    "render": "tinygraph.viz.diagram.diagram",
    "save": "tinygraph.checkpoint.saving",
    "step_through": "tinygraph.viz.stepper.stepper",
    "testing": "",
}


def _draw_refusal(error: ShapeError) -> Any:
    from tinygraph.viz.diagram.refusal import draw_refusal

    return draw_refusal(error.node, str(error))


illustrate_with(_draw_refusal)


def _trace(model: Graph, optimizer: Any, training_steps: int, feeds: Mapping[str, Any]) -> Any:
    from tinygraph.trace.walk import steps_of

    return steps_of(model, optimizer, training_steps, feeds)


trace_with(_trace)


def __getattr__(name: str) -> Any:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module 'tinygraph' has no attribute {name!r}")
    module = _LOADED_ON_USE[name]
    value = getattr(import_module(module), name) if module else import_module(f"tinygraph.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
