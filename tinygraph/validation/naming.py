"""How error messages name a node, and the rules for names: a text, and unique in a graph."""

from __future__ import annotations

from typing import Any, Protocol

from tinygraph.errors import ArgumentTypeError, DuplicateNameError
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.shapes import Shape, show


class NodeLike(Protocol):
    """The attributes of a node that the checks read: they run below the node classes."""

    @property
    def name(self) -> str | None: ...
    @property
    def inputs(self) -> tuple[Any, ...]: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def value(self) -> Array | None: ...
    @property
    def grad(self) -> Array | None: ...
    @property
    def role(self) -> str: ...


def describe(node: NodeLike) -> str:
    """Return the class and the name of a node for an error message.

    >>> from tinygraph.core.leaves import Parameter
    >>> describe(Parameter(1.0, name="layer1/W"))
    'Parameter "layer1/W"'
    """
    name = f'"{node.name}"' if isinstance(node.name, str) else "(unnamed)"
    return f"{type(node).__name__} {name}"


def check_name(name: Any) -> None:
    """Raise if ``name`` is not a valid node name.

    Raises
    ------
    ArgumentTypeError
    """
    if not isinstance(name, str) or not name:
        raise ArgumentTypeError(
            f"The name of a node must be a string of at least one character, such as "
            f'"layer1/W"; got {brief(name)}.'
        )


def duplicate_name(first: NodeLike, second: NodeLike) -> DuplicateNameError:
    """Return the error for two nodes of one graph to which the user has given the same name."""
    return DuplicateNameError(
        f"Node names must be unique, but {describe(first)} and {describe(second)} have the same "
        f"name. Rename one of them."
    )


def describe_with_shape(node: NodeLike) -> str:
    """Return the name of a node (its class if it has no name) and its shape.

    >>> from tinygraph.core.leaves import Input
    >>> describe_with_shape(Input("x", shape=(None, 2)))
    'x (B, 2)'
    """
    name = node.name if isinstance(node.name, str) else type(node).__name__
    return f"{name} {show(node.shape)}"
