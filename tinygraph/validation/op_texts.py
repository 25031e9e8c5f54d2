"""Checks of the texts in an op class, which diagrams, steppers and derivations show."""

from __future__ import annotations

from typing import Any

from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief


def check_texts(cls: Any) -> None:
    """Raise if the ``role``, ``formula``, ``code`` or ``rules`` of an op class are not valid.

    A property is not checked: its value is known for an op, not for the class.

    Raises
    ------
    ArgumentTypeError

    >>> import tinygraph as tg
    >>> class Square(tg.Op):
    ...     code = 2
    Traceback (most recent call last):
    tinygraph.errors.ArgumentTypeError: code of Square must be a string; got 2.
    """
    for name in ("role", "formula", "code"):
        value = getattr(cls, name)
        if not isinstance(value, (str, property)):
            raise ArgumentTypeError(
                f"{name} of {cls.__name__} must be a string; got {brief(value)}."
            )
    if not isinstance(cls.rules, (tuple, property)) or not _are_rules(cls.rules):
        raise ArgumentTypeError(
            f"rules of {cls.__name__} must be a tuple with one Rule(math, code) per argument, made "
            f"of strings; got {brief(cls.rules)}."
        )


def _are_rules(rules: Any) -> bool:
    return isinstance(rules, property) or all(
        isinstance(rule, tuple) and len(rule) == 4 and all(isinstance(part, str) for part in rule)
        for rule in rules
    )
