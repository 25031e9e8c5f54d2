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

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tinygraph import data, ops
from tinygraph.compile import compile  # noqa: A004 - its name inside the package alone
from tinygraph.errors import ShapeError, TinygraphError, illustrate_with
from tinygraph.graph import Graph
from tinygraph.node import Constant, Input, Node, Op, Parameter, Rule
from tinygraph.ops import (
    MSE,
    Add,
    AddBias,
    Divide,
    Exp,
    Identity,
    Log,
    MatMul,
    Mean,
    Multiply,
    Negate,
    Power,
    ReLU,
    Sigmoid,
    Subtract,
    Sum,
    Tanh,
)
from tinygraph.optim import SGD, AdaGrad, Adam, Momentum, Optimizer, RMSProp

if TYPE_CHECKING:
    from tinygraph import exercises, lab2, plots, testing
    from tinygraph.check import gradcheck
    from tinygraph.checkpoint import load, save
    from tinygraph.derivation import Derivation, derive
    from tinygraph.diagnosis import diagnose
    from tinygraph.diagnosis.report import Diagnosis
    from tinygraph.sweeps import Run, Sweep, sweep
    from tinygraph.train import fit
    from tinygraph.train.history import History
    from tinygraph.viz import Diagram, render
    from tinygraph.viz.stepper import Stepper, step_through

__version__ = "0.1.0"

__all__ = [
    "MSE",
    "SGD",
    "AdaGrad",
    "Adam",
    "Add",
    "AddBias",
    "Constant",
    "Derivation",
    "Diagnosis",
    "Diagram",
    "Divide",
    "Exp",
    "Graph",
    "History",
    "Identity",
    "Input",
    "Log",
    "MatMul",
    "Mean",
    "Momentum",
    "Multiply",
    "Negate",
    "Node",
    "Op",
    "Optimizer",
    "Parameter",
    "Power",
    "RMSProp",
    "ReLU",
    "Rule",
    "Run",
    "Sigmoid",
    "Stepper",
    "Subtract",
    "Sum",
    "Sweep",
    "Tanh",
    "TinygraphError",
    "compile",
    "data",
    "derive",
    "diagnose",
    "exercises",
    "fit",
    "gradcheck",
    "lab2",
    "load",
    "ops",
    "plots",
    "render",
    "save",
    "step_through",
    "sweep",
    "testing",
]

# What draws, trains or reports is loaded when it is first asked for: `import tinygraph` stays fast,
# and loads neither matplotlib nor graphviz nor numba.
_LOADED_ON_USE = {
    "Derivation": "tinygraph.derivation",
    "Diagnosis": "tinygraph.diagnosis.report",
    "Diagram": "tinygraph.viz",
    "History": "tinygraph.train.history",
    "Run": "tinygraph.sweeps",
    "Sweep": "tinygraph.sweeps",
    "sweep": "tinygraph.sweeps",
    "derive": "tinygraph.derivation",
    "diagnose": "tinygraph.diagnosis",
    "exercises": "",
    "Stepper": "tinygraph.viz.stepper",
    "fit": "tinygraph.train",
    "gradcheck": "tinygraph.check",
    "lab2": "",
    "load": "tinygraph.checkpoint",
    "plots": "",
    "render": "tinygraph.viz",
    "save": "tinygraph.checkpoint",
    "step_through": "tinygraph.viz.stepper",
    "testing": "",
}


def _draw_refusal(error: ShapeError) -> Any:
    from tinygraph.viz.refusal import draw_refusal

    return draw_refusal(error.node, str(error))


illustrate_with(_draw_refusal)


def __getattr__(name: str) -> Any:
    if name not in _LOADED_ON_USE:
        raise AttributeError(f"module 'tinygraph' has no attribute {name!r}")
    module = _LOADED_ON_USE[name]
    value = getattr(import_module(module), name) if module else import_module(f"tinygraph.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
