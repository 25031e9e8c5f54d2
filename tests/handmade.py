"""Ops made of two functions, for tests that need many."""

import inspect

import tinygraph as tg


def op_of(forward, backward, infer_shape=None, example=None, name="Handmade"):
    """Return an op class of one argument, x, or two, a and b: as many as ``backward`` tells."""
    if len(inspect.signature(backward).parameters) == 3:
        body = {
            "forward": lambda self, x: forward(x),
            "backward": lambda self, g, y, x: backward(g, y, x),
        }
    else:
        body = {
            "forward": lambda self, a, b: forward(a, b),
            "backward": lambda self, g, y, a, b: backward(g, y, a, b),
        }
    if infer_shape is not None:
        body["infer_shape"] = lambda self, *shapes: infer_shape(*shapes)
    if example is not None:
        body["example"] = classmethod(lambda cls, rng: example(rng))
    return type(name, (tg.Op,), body)
