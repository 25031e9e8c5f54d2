"""What to say when the loss of a training run becomes NaN or infinite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.node import Node
from tinygraph.errors import NonFiniteError
from tinygraph.train.history import History
from tinygraph.validation.naming import describe


def non_finite_error(model: Graph, feeds: Mapping[str, Any], record: History) -> NonFiniteError:
    """Run the failing epoch's forward once more, and name the first node that is not finite."""
    model.forward(**feeds)
    node = next((node for node in model.nodes if not _is_finite(node)), model.output)
    epoch = len(record)
    return NonFiniteError(
        f"Training met a loss of {record.loss[-1]} in epoch {epoch:,}. The first node that became "
        f"non-finite is {describe(node)}: {_likely_reason(node, epoch)} "
        f"The {epoch - 1:,} epochs before are in error.history.",
        node=node,
        epoch=epoch,
        history=record,
    )


def _is_finite(node: Node) -> bool:
    return node.value is None or bool(np.isfinite(node.value).all())


def _likely_reason(node: Node, epoch: int) -> str:
    if isinstance(node, Input):
        return "the data fed to it has NaN or infinity. Clean the data."
    if epoch == 1:
        return (
            "what it starts from is outside the range where it is finite (an overflow, a division "
            "by 0, the logarithm of 0). Look at the data, and draw the start values smaller."
        )
    if isinstance(node, Parameter):
        return (
            "the step before took it there, with a gradient that was too large, or no number "
            "itself. Try a lower learning rate."
        )
    return "the steps grew without bound. Try a lower learning rate."
