"""The table of the nodes of a graph."""

from __future__ import annotations

from collections.abc import Sequence

from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.validation.shapes import show


def summary_table(nodes: Sequence[Node]) -> str:
    """Return the table behind ``Graph.summary``.

    >>> import tinygraph as tg
    >>> w = tg.Parameter([1.0, 2.0], name="w")
    >>> print(summary_table(tg.Graph(tg.Sum(w, name="y")).nodes))
    name    op         shape    inputs      parameters
    ------  ---------  -------  --------  ------------
    w       Parameter  (2,)                          2
    y       Sum        ()       w
    total                                            2
    """
    from tabulate import tabulate  # slow to import

    rows = [
        (
            node.name,
            type(node).__name__,
            show(node.shape),
            ", ".join(str(parent.name) for parent in node.inputs),
            node.value.size if isinstance(node, Parameter) else "",
        )
        for node in nodes
    ]
    total = sum(node.value.size for node in nodes if isinstance(node, Parameter))
    table = tabulate(
        [*rows, ("total", "", "", "", total)],
        headers=("name", "op", "shape", "inputs", "parameters"),
        disable_numparse=True,
        colalign=("left", "left", "left", "left", "right"),
    )
    return str(table)
