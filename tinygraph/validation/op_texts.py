"""The texts of an op's class, which diagrams, steppers and derivations show."""

from __future__ import annotations

from typing import Any

from tinygraph.errors import ArgumentTypeError
from tinygraph.validation.arrays import brief


def check_texts(cls: Any) -> None:
    """Refuse an op class whose ``role``, ``formula``, ``code`` or ``rules`` are none.

    A property is taken as it is: what it gives is known for an op, not for a class.

    Raises
    ------
    ArgumentTypeError

    >>> import tinygraph as tg
    >>> class Square(tg.Op):
    ...     code = 2
    Traceback (most recent call last):
    tinygraph.errors.ArgumentTypeError: code of Square is a text; got 2.
    """
    for name in ("role", "formula", "code"):
        value = getattr(cls, name)
        if not isinstance(value, (str, property)):
            raise ArgumentTypeError(f"{name} of {cls.__name__} is a text; got {brief(value)}.")
    if not isinstance(cls.rules, (tuple, property)) or not _are_rules(cls.rules):
        raise ArgumentTypeError(
            f"rules of {cls.__name__} is a tuple with one Rule(math, code) of texts an argument; "
            f"got {brief(cls.rules)}."
        )


def _are_rules(rules: Any) -> bool:
    return isinstance(rules, property) or all(
        isinstance(rule, tuple) and len(rule) == 4 and all(isinstance(part, str) for part in rule)
        for rule in rules
    )
