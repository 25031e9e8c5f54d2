"""The keyword arguments that an op class takes.

They need no list: a keyword is a name that the class declares, or that its methods read as
``self.name``.  A misspelt keyword is therefore refused and not ignored.
"""

from __future__ import annotations

import dis
import inspect
from types import CodeType

from tinygraph.core.array_interface import ArrayInterface


def hyperparameter_names(cls: type, contract: type) -> frozenset[str]:
    """Return the keywords that ``cls`` takes, a subclass of the class of the ``contract``.

    >>> class Base: ...
    >>> class Scale(Base):
    ...     offset = 0.0
    ...     def forward(self, x):
    ...         return abs(self.factor) * x.real + self.offset
    >>> sorted(hyperparameter_names(Scale, Base))
    ['factor', 'offset']
    """
    names: set[str] = set()
    # An op may call a hyperparameter ``size`` or ``max``, although arrays have such attributes.
    classes = [klass for klass in contract.__mro__ if klass is not ArrayInterface]
    reserved = {key for klass in classes for key in klass.__dict__}
    for klass in cls.__mro__[: cls.__mro__.index(contract)]:
        names.update(inspect.get_annotations(klass))
        for key, member in klass.__dict__.items():
            if isinstance(member, (classmethod, staticmethod, property)):
                reserved.add(key)
                continue
            code = getattr(member, "__code__", None)
            if code is None:
                names.add(key)
                continue
            if code.co_argcount:
                names.update(_read_from(code.co_varnames[0], code))
            reserved.add(key)
            if key == "__init__":
                names.update(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount])
    return frozenset(name for name in names if not name.startswith("_") and name not in reserved)


def _read_from(owner: str, code: CodeType) -> set[str]:
    """Return each ``name`` that the code reads or sets as ``owner.name``."""
    names = set()
    loaded = None
    for instruction in dis.get_instructions(code):
        if instruction.opname == "EXTENDED_ARG":
            continue
        if loaded == owner and ("ATTR" in instruction.opname or "METHOD" in instruction.opname):
            names.add(str(instruction.argval))
        is_load = "LOAD_FAST" in instruction.opname or instruction.opname == "LOAD_DEREF"
        # Newer Pythons load two variables by one instruction; the last is the one used next.
        found = instruction.argval
        loaded = (found[-1] if isinstance(found, tuple) else found) if is_load else None
    for constant in code.co_consts:  # the lambdas and comprehensions in it
        if isinstance(constant, CodeType) and owner in constant.co_freevars:
            names |= _read_from(owner, constant)
    return names
