"""Checks of the declarations in an optimizer class, made when the class is defined."""

from __future__ import annotations

from typing import Any, NamedTuple

from tinygraph.errors import ArgumentTypeError, OptimizerError
from tinygraph.validation.arrays import brief


class Line(NamedTuple):
    """One line of an update: the computation, as mathematics and as NumPy, and its purpose."""

    name: str
    math: str
    code: str
    why: str = ""


def check_declarations(cls: Any) -> None:
    """Refuse ``hyperparameters``, ``slots`` or ``lines`` that are not tuples of the right kind.

    Raises
    ------
    ArgumentTypeError
    """
    for attribute, kind, example in (
        ("hyperparameters", str, '("lr",)'),
        ("slots", str, '("v",)'),
        ("lines", Line, '(Line("w", …),)'),
    ):
        value = getattr(cls, attribute)
        if not isinstance(value, tuple) or not all(isinstance(entry, kind) for entry in value):
            what = "names" if kind is str else "Line"
            raise ArgumentTypeError(
                f"{attribute} of {cls.__name__} is a tuple of {what}, such as {example}; a tuple "
                f"of one has a comma. Got {brief(value)}."
            )


def not_set(optimizer: Any, name: str) -> Exception:
    """Return the error for a missing attribute of an optimizer.

    It is usually Python's own.  If an attribute that every optimizer has is missing, the error
    says that ``__init__`` of the class did not call ``super().__init__``.
    """
    kind = type(optimizer).__name__
    if name in ("parameters", "steps", "memory"):
        return OptimizerError(
            f"{kind} has no {name}: its __init__ must call super().__init__(parameters, lr).",
            optimizer,
        )
    if name in type(optimizer).hyperparameters:
        return OptimizerError(
            f"{kind} declares the hyperparameter {name!r}, and never sets it: its __init__ must "
            f"write self.{name} = … .",
            optimizer,
        )
    return AttributeError(f"{kind!r} object has no attribute {name!r}")
