"""The explanation of a training run whose loss becomes NaN or infinite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import NonFiniteError
from tinygraph.train.history import History
from tinygraph.validation.naming import describe


def non_finite_error(model: Graph, feeds: Mapping[str, Any], record: History) -> NonFiniteError:
    """Run the failing epoch's forward once more, and name the first node that is not finite."""
    model.forward(**feeds)
    node = next((node for node in model.nodes if not _is_finite(node)), model.output)
    epoch = len(record)
    earlier = "" if epoch == 1 else f" The {epoch - 1:,} epoch(s) before are in error.history."
    return NonFiniteError(
        f"Training met a loss of {record.loss[-1]} in epoch {epoch:,}. The first node that became "
        f"non-finite is {describe(node)}: {_likely_reason(node, record)}"
        f"{earlier}",
        node=node,
        epoch=epoch,
        history=record,
    )


def _is_finite(node: Node) -> bool:
    return node.value is None or bool(np.isfinite(node.value).all())


def _likely_reason(node: Node, record: History) -> str:
    if isinstance(node, Input):
        return "the data fed to it contain NaN or infinity. Clean the data."
    if isinstance(node, Parameter):
        return _reason_of_parameter(node, record)
    complaint = _complaint(node) if isinstance(node, Op) else ""
    if "divide by zero encountered in log" in complaint:
        return f"it took the logarithm of 0. {_zero_in(node)} {KEEP_OFF_ZERO}"
    if "invalid value encountered in log" in complaint:
        return f"it took the logarithm of a negative number. {KEEP_OFF_ZERO}"
    if "divide by zero" in complaint:
        return f"it divided by 0. {_zero_in(node)} Add a small constant to the divisor."
    if "overflow" in complaint or (not complaint and _largest_input(node) > HUGE):
        return _reason_of_overflow(node, record)
    if "invalid value" in complaint:
        return (
            f"NumPy reports an {complaint}, so the numbers it reads are outside its domain. Look "
            f"at the values of its inputs."
        )
    return "its forward returned NaN or infinity for finite inputs. Look at their values."


HUGE = 1e18
"""Sums and products of such numbers overflow soon; BLAS does not report it as NumPy does."""
KEEP_OFF_ZERO = (
    "Add a small constant inside the logarithm, scale the inputs so that a sigmoid before it is "
    "not exactly 0 or 1, or use a loss that is computed from logits."
)


def _complaint(op: Op) -> str:
    """Return what NumPy says about the op's own computation, such as "overflow in exp"."""
    try:
        with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
            op.forward(*(parent.value for parent in op.inputs))
    except FloatingPointError as error:
        return str(error)
    return ""


def _zero_in(node: Node) -> str:
    """Name the input that is 0, and where."""
    for parent in reversed(node.inputs):
        value = np.asarray(parent.value)
        if (value == 0).any():
            first = tuple(map(int, np.argwhere(value == 0)[0]))
            return f"Its input {describe(parent)} is 0{f' at {first}' if first else ''}."
    return ""


def _largest_input(node: Node) -> float:
    return max(float(np.abs(np.asarray(parent.value)).max(initial=0)) for parent in node.inputs)


def _reason_of_overflow(node: Node, record: History) -> str:
    reason = (
        f"its result is too large for a float (its inputs are up to {_largest_input(node):.3g}). "
    )
    if len(record) == 1:
        return reason + "Scale the data, or draw smaller start values."
    if record.loss[-2] > record.loss[0]:
        return (
            reason + f"The loss had grown from {record.loss[0]:.3g} to {record.loss[-2]:.3g}, so "
            "the steps are too long. Try a lower learning rate."
        )
    return reason + "Try a lower learning rate, or scale the data."


def _reason_of_parameter(node: Parameter, record: History) -> str:
    if len(record) == 1:
        return "its start value is not finite. Give it finite numbers."
    if np.isnan(node.value).any():
        before = len(record) - 2
        start = f"Train for {before:,} epochs, then " if before else "At the start values, "
        return (
            "its gradient in the step before was NaN or infinite, as that of a root or a logarithm "
            f"at 0 is. {start}call model.forward(…) and model.backward(): backward names the op."
        )
    return "the step before was too long. Try a lower learning rate."
