"""Settings: the attributes that a recording reads, and that a program holds as constants.

A program is recorded once, but a user may change an op or an optimizer at any time. So a program
compares these attributes before each run, and is recorded again if one of them has changed.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterable
from types import FunctionType, MemberDescriptorType
from typing import Any

import numpy as np

_NUMBERS = (int, float, complex, str, bytes, np.generic)
_IMMUTABLE = (*_NUMBERS, type(None), np.dtype, np.ufunc, type, FunctionType)


class Settings:
    """A copy of the attributes of some objects.

    Parameters
    ----------
    objects
        Ops or optimizers.
    contract : type
        The class below which attributes are settings: ``Op`` or ``Optimizer``.
    ignored
        The names of attributes that are read at every run.

    >>> class Contract: ...
    >>> class Scale(Contract):
    ...     factor = 2.0
    >>> scale = Scale()
    >>> settings = Settings([scale], Contract)
    >>> settings.have_changed()
    False
    >>> scale.factor = 3.0
    >>> settings.have_changed()
    True
    """

    def __init__(self, objects: Iterable[Any], contract: type, ignored: Iterable[str] = ()) -> None:
        self._ignored = frozenset(ignored)
        self._own = []
        classes: dict[type, None] = {}
        for owner in objects:
            below = type(owner).__mro__[: type(owner).__mro__.index(contract)]
            classes.update(dict.fromkeys(below))
            slots = [name for cls in below for name in _slots(cls)]
            copies = {name: _copied(value) for name, value in _attributes(owner, slots).items()}
            self._own.append((owner, slots, copies))
        reserved = set(dir(contract))
        self._shared = [
            (cls, name, *_copied(value))
            for cls in classes
            for name, value in vars(cls).items()
            if not (name in reserved or hasattr(value, "__get__"))
        ]

    def have_changed(self) -> bool:
        """Tell whether any of the attributes has another value than in the copy."""
        return any(
            not _is_same(vars(cls).get(name), value, contents)
            for cls, name, value, contents in self._shared
        ) or any(self._differs(*kept) for kept in self._own)

    def _differs(self, owner: Any, slots: list[str], copies: dict[str, tuple[Any, Any]]) -> bool:
        now = _attributes(owner, slots)
        if len(now) != len(copies):
            return True
        return any(
            name not in copies or not _is_same(value, *copies[name])
            for name, value in now.items()
            if name not in self._ignored
        )


def _slots(cls: type) -> list[str]:
    return [name for name, one in vars(cls).items() if isinstance(one, MemberDescriptorType)]


def _attributes(owner: Any, slots: list[str]) -> dict[str, Any]:
    """Return the attributes of an object itself, in its dict or in slots."""
    found: dict[str, Any] = getattr(owner, "__dict__", {})
    return {**found, **{name: getattr(owner, name, None) for name in slots}} if slots else found


def _copied(value: Any) -> tuple[Any, Any]:
    """Return the value and a copy of its contents.

    An immutable value cannot change; an object that pickle refuses is compared by identity.
    """
    if isinstance(value, _IMMUTABLE):
        return value, None
    if type(value) is np.ndarray and value.dtype != object:
        return value, value.copy()
    try:
        return value, pickle.dumps(value)
    except Exception:  # an object of the user's own may fail in any way
        return value, None


def _is_same(now: Any, value: Any, contents: Any) -> bool:
    if contents is None:
        is_equal = (
            type(now) is type(value) and isinstance(now, _NUMBERS) and repr(now) == repr(value)
        )
        return now is value or is_equal
    if isinstance(contents, np.ndarray):
        same_kind = type(now) is np.ndarray and now.dtype == contents.dtype
        return same_kind and np.array_equal(now, contents, equal_nan=contents.dtype.kind in "fc")
    return bool(_copied(now)[1] == contents) if type(now) is type(value) else False
