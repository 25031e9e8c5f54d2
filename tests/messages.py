"""Error messages, quoted in full: the namespace of the examples, and the check of one.

Each ``test_messages.py`` lists rows of ``(code, error class, message, name of the node)``.
"""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


class Bad(tg.Op):
    y = None
    grads = None
    promised = (2, 3)

    def forward(self, x):
        return self.y(x)

    def backward(self, g, y, x):
        return self.grads(g)

    def infer_shape(self, x):
        return self.promised


class Pair(tg.Op):
    def forward(self, a, b):
        raise ValueError("no luck")


class Anything(tg.Op):
    def forward(self, *xs):
        return sum(xs)


def bad(y=lambda x: x, grads=lambda g: g, promised=(2, 3)):
    """Run an op that does what it is told, forward and backward."""
    w = tg.Parameter(np.ones((2, 3)), name="w")
    model = tg.Graph(Bad(w, name="bad", y=y, grads=grads, promised=promised))
    model.forward()
    model.backward(seed=np.ones((2, 3)))


def state(**changes):
    """Load a changed state into an Adam."""
    opt = tg.Adam([tg.Parameter(np.ones(2), name="w")])
    opt.load_state({**opt.state(), **changes})


def feed(shape, **feeds):
    """Feed a graph with the inputs x, of ``shape``, and t."""
    x, t = tg.Input("x", shape=shape), tg.Input("t", shape=(None, 1))
    return tg.Graph(tg.Sum(x) + tg.Sum(t)).forward(**feeds)


a, b = tg.Input("a", shape=(None, 2)), tg.Parameter(np.ones(3), name="b")
lab2 = tg.lab2.model(rng=0)

NOBODY, UNNAMED = object(), object()
"""The error names no node; the node of the error has no name."""


def check_message(code, kind, message, node):
    """Run ``code``, and compare the error that it raises with the row of a table."""
    with pytest.raises(tg.TinygraphError) as caught, np.errstate(all="ignore"):
        exec(code, dict(globals()))
    assert type(caught.value).__name__ == kind
    assert str(caught.value) == message
    blamed = getattr(caught.value, "node", None)
    if node is NOBODY:
        assert blamed is None
    else:
        assert blamed.name == (None if node is UNNAMED else node)
