"""Scopes: a common prefix for the names of the nodes that a function builds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tinygraph.validation.naming import check_name

_PREFIX: ContextVar[str] = ContextVar("prefix", default="")


@contextmanager
def scope(name: str) -> Iterator[None]:
    """Prefix the names of all nodes that are made in the block with ``name/``; scopes nest.

    So a block of a network is an ordinary function, and every call of it gets new names.
    Nodes without a name get the prefix, too.

    Raises
    ------
    ArgumentTypeError
        If ``name`` is not a non-empty string.

    >>> import tinygraph as tg
    >>> with tg.scope("block1"):
    ...     w = tg.Parameter(1.0, name="w")
    ...     with tg.scope("inner"):
    ...         y = tg.Exp(w)
    >>> [node.name for node in tg.Graph(y).nodes]
    ['block1/w', 'block1/inner/Exp1']
    """
    check_name(name)
    token = _PREFIX.set(f"{_PREFIX.get()}{name}/")
    try:
        yield
    finally:
        _PREFIX.reset(token)


@contextmanager
def absolute_prefix(prefix: str) -> Iterator[None]:
    """Give all nodes that are made in the block this prefix, whatever scopes are open."""
    token = _PREFIX.set(prefix)
    try:
        yield
    finally:
        _PREFIX.reset(token)


prefix = _PREFIX.get
"""Returns the prefix of the open scopes: empty, or ``"block1/"``."""
