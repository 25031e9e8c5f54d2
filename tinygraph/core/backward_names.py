"""The names of the nodes of a backward pass, from which readers tell the passes apart."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tinygraph.core.node import Node


class BackwardNames:
    """The names of the nodes of a backward pass: ``backward/layer1/dW`` for ``layer1/W``.

    If the nodes to differentiate have a backward pass among them, the new one is ``backward2``.

    Parameters
    ----------
    nodes : iterable of Node
        The nodes to differentiate.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        passes = {pass_and_group(node)[0] for node in nodes}
        number = max(passes) + 1
        self._pass = "backward" if number == 1 else f"backward{number}"

    def prefix(self, node: Node) -> str:
        """Return the prefix of the nodes that the backward of ``node`` builds."""
        group = pass_and_group(node)[1]
        return f"{self._pass}/{group}/" if group else f"{self._pass}/"

    def gradient(self, node: Node) -> str:
        """Return the name of the gradient of ``node``."""
        return f"{self.prefix(node)}d{str(node.name).rpartition('/')[2]}"


def pass_and_group(node: Node) -> tuple[int, str]:
    """Return the number of the backward pass of a node (0: forward), and its group in it."""
    first, _, rest = node.group.partition("/")
    if not first.startswith("backward"):  # most nodes
        return 0, node.group
    found = re.fullmatch(r"backward(\d*)", first)
    return (int(found[1] or 1), rest) if found else (0, node.group)


def without_pass(name: str) -> str:
    """Return a name without the group of its backward pass.

    >>> without_pass("backward2/layer1/dW")
    'layer1/dW'
    """
    return re.sub(r"^backward[0-9]*/", "", name)


def is_step(node: Node) -> bool:
    """Tell whether a node of a backward pass is a step within one op's backward.

    The gradients themselves have names, such as ``da``; the steps are named after their op.
    """
    return pass_and_group(node)[0] > 0 and is_named_after_op(node)


def is_named_after_op(node: Node) -> bool:
    """Tell whether a node has no name but an automatic one, such as ``Multiply2``."""
    leaf = str(node.name).rpartition("/")[2]
    is_automatic = node.auto_named and re.fullmatch(rf"{type(node).__name__}\d+", leaf)
    return node.name is None or bool(is_automatic)
