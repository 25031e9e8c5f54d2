"""Nodes: what a graph is made of, and what an op must give.

A node is a place in the graph: it knows its inputs, its shape and, after a run, its value and the
gradient of the output with respect to that value.  ``Input``, ``Parameter`` and ``Constant`` are
the leaves, where numbers enter; an :class:`Op` computes its value from its inputs.

Nodes only *describe* a computation.  Running it is the business of :class:`tinygraph.Graph`, the
one thing that writes ``value`` and ``grad``.
"""

from tinygraph.node.base import (
    OPERATORS,
    Node,
    check_name,
    describe,
    describe_with_shape,
    inputs_of,
)
from tinygraph.node.leaves import Constant, Input, Parameter
from tinygraph.node.op import Op, Rule

__all__ = [
    "OPERATORS",
    "Constant",
    "Input",
    "Node",
    "Op",
    "Parameter",
    "Rule",
    "check_name",
    "describe",
    "describe_with_shape",
    "inputs_of",
]
