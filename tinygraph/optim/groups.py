"""Parameter groups: parameters with their own hyperparameters, in one optimizer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tinygraph.core.leaves import Parameter
from tinygraph.errors import ArgumentError, ArgumentTypeError, UnknownNameError, did_you_mean
from tinygraph.validation.arrays import brief

Parameters = Iterable[Parameter | Mapping[str, Any]]
"""Parameters to train, or groups such as ``{"parameters": [W], "lr": 0.01}``."""
Groups = Mapping[Parameter, Mapping[str, Any]]
"""The own hyperparameters of each parameter that is in a group with some."""


def separated(kind: str, parameters: Any, names: tuple[str, ...]) -> tuple[Any, Groups]:
    """Return the parameters of all groups, and the own hyperparameters of each.

    Parameters that are not in a group are returned unchanged.

    Raises
    ------
    ArgumentError, ArgumentTypeError, UnknownNameError
        If a group has no parameters, or a hyperparameter that the optimizer does not have.

    >>> w, b = Parameter(1.0, name="w"), Parameter(0.0, name="b")
    >>> found, groups = separated("SGD", [w, {"parameters": [b], "lr": 0.1}], ("lr",))
    >>> found, dict(groups[b])
    ([<Parameter "w" ()>, <Parameter "b" ()>], {'lr': 0.1})
    """
    if not isinstance(parameters, (list, tuple)):
        return parameters, {}
    found: list[Any] = []
    groups: dict[Parameter, Mapping[str, Any]] = {}
    for each in parameters:
        if not isinstance(each, Mapping):
            found.append(each)
            continue
        own = {name: value for name, value in each.items() if name != "parameters"}
        members = _members(kind, each)
        for name in own:
            if name not in names:
                raise UnknownNameError(
                    f"{kind} has no hyperparameter {brief(name)}, but a group of parameters sets "
                    f"it." + did_you_mean(str(name), names)
                )
        found += members
        groups |= dict.fromkeys(members, own) if own else {}
    return found, groups


def _members(kind: str, group: Mapping[str, Any]) -> list[Any]:
    members = group.get("parameters")
    if isinstance(members, Parameter):
        return [members]
    if not isinstance(members, (list, tuple)):
        raise ArgumentTypeError(
            f'A group of parameters of {kind} must name them, such as {{"parameters": [W], "lr": '
            f"0.01}}; got {brief(dict(group))}."
        )
    if not members:
        raise ArgumentError(f"A group of parameters of {kind} must have at least one; got none.")
    if not all(isinstance(member, Parameter) for member in members):
        raise ArgumentTypeError(
            f"A group of parameters of {kind} must consist of Parameter nodes; got "
            f"{brief(members)}."
        )
    return list(members)
