"""Checks for the tests of your own ops: ``tg.testing.check_op(MyOp)`` is a complete test.

>>> from tinygraph import testing
>>> import tinygraph as tg
>>> class Square(tg.Op):
...     code = "x * x"
...     rules = (tg.Rule(math="2 g x", code="g * 2 * x"),)
...     def forward(self, x):
...         return x * x
...     def backward(self, g, y, x):
...         return g * 2 * x
>>> testing.check_op(Square)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np

from tinygraph.check.gradcheck import gradcheck
from tinygraph.check.op_variants import check_batches, check_one_node_for_all, check_precision
from tinygraph.check.purity import called
from tinygraph.check.second_order import check_second_order
from tinygraph.core.leaves import Parameter
from tinygraph.core.op import Op
from tinygraph.core.rules import broadcast_axes, rule_names
from tinygraph.errors import ArgumentError, ArgumentTypeError, GradientError, OpError
from tinygraph.validation.arrays import Array, as_float_array, brief, is_whole_number
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import one_each
from tinygraph.validation.randomness import as_generator
from tinygraph.validation.shapes import show

ROUNDS = 3
"""How many examples an op is checked at."""
MOST_INPUTS = 1_000
"""An example of more arrays than this may well be one without an end."""


def check_op(
    op_class: type[Op],
    /,
    *arrays: Any,
    rng: np.random.Generator | int | None = None,
    order: int = 1,
    **hyperparameters: Any,
) -> None:
    """Check the derivative, shape, precision, rules and purity of an op.

    The op is checked with a Parameter for each argument; with one Parameter for all arguments, if
    their shapes allow it; and with an Input whose batch size is ``None``, for a batch of one sample
    and for a batch twice as large as in the example.

    Parameters
    ----------
    op_class : type
        A subclass of Op.
    *arrays : array_like, optional
        The values of its inputs. Default: ``op_class.example(rng)``.
    rng : Generator or int, optional
        The source of the examples, or a seed. Default: 0.
    order : int
        2 to check the second derivatives, too: ``backward`` is applied to nodes, and the graph
        that this builds is differentiated. Default: 1.
    **hyperparameters
        Keyword arguments of the op.

    Raises
    ------
    GradientError
        If ``backward`` is wrong, or if a ``Rule.code`` computes a different gradient.
    OpError
        If the op breaks the contract: the shape differs from that of ``infer_shape``, an argument
        is changed in place, float32 arguments give float64, or ``forward`` fails.
    ArgumentTypeError, ArgumentError
        If ``op_class`` is not an op class, or the example does not have one array per argument.
    """
    if not (isinstance(op_class, type) and issubclass(op_class, Op)):
        raise ArgumentTypeError(
            f"check_op takes an op class, such as Sigmoid; got {brief(op_class)}."
        )
    if "name" in hyperparameters:
        raise ArgumentError("check_op names the op after its class. Remove name= from the call.")
    if not is_whole_number(order) or order not in (1, 2):
        raise ArgumentError(f"order must be 1 or 2, the order of derivatives; got {brief(order)}.")
    rng = as_generator(rng)
    for _ in range(1 if arrays else ROUNDS):
        values = _example(op_class, arrays or op_class.example(rng))
        leaves = [Parameter(value, name=f"input{k}") for k, value in enumerate(values, start=1)]
        op = op_class(*leaves, name=op_class.__name__, **hyperparameters)
        gradcheck(op, rng=rng).raise_if_wrong()
        check_texts(op, values, rng)
        check_precision(op, values, rng)
        check_one_node_for_all(op_class, values, rng, hyperparameters)
        check_batches(op_class, values, rng, hyperparameters)
        if order == 2:
            check_second_order(op_class, values, rng, hyperparameters)


def check_texts(op: Op, arrays: Sequence[Array], rng: np.random.Generator) -> None:
    """Evaluate the ``code`` of an op and of its rules, and compare it with the op itself.

    Names in the code are those of ``backward``, ``self``, and those of the op's own module.
    An op without texts passes.

    Raises
    ------
    GradientError
        If ``rules`` do not compute what ``backward`` computes.
    OpError
        If ``code`` does not compute what ``forward`` computes, or does not run.
    """
    if not isinstance(op, Op):
        raise ArgumentTypeError(f"check_texts takes an op, such as tg.Exp(x); got {brief(op)}.")
    arrays = _example(type(op), arrays)
    y = np.asarray(called(op, "forward", arrays, *arrays))
    g = np.asarray(as_generator(rng).normal(size=y.shape))
    names = rule_names(op, {**dict(zip(op.inputs, arrays, strict=True)), op: y}, g)
    if op.code:
        _compare_text(op, op.code, names, y, "code", "forward")
    if op.rules and len(op.rules) != len(op.inputs):
        raise OpError(
            f"{describe(op)} has {len(op.rules)} rules for {len(op.inputs)} arguments; "
            f"Write one Rule for each argument, in order.",
            op,
        )
    grads = one_each(op, called(op, "backward", arrays, g, y, *arrays))
    for name, rule, grad in zip(op.arguments, op.rules, grads):
        if grad is not None:
            _compare_text(op, rule.code, names, np.asarray(grad), f"rule for {name}", "backward")


def _compare_text(
    op: Op, code: str, names: Mapping[str, Any], expected: Array, what: str, method: str
) -> None:
    try:
        # The text is a part of the op's class, as much code as its forward is.
        result = np.asarray(eval(code, dict(names)))
    except Exception as error:
        raise OpError(
            f"The {what} of {describe(op)}, {code!r}, does not run: "
            f"{type(error).__name__}: {error}",
            op,
        ) from error
    # The sum over broadcast axes is what a rule leaves to the reader.
    summed = result.sum(axis=broadcast_axes(result.shape, expected.shape))
    if summed.size != expected.size or not np.allclose(
        summed.reshape(expected.shape), expected, rtol=1e-9, atol=1e-12
    ):
        raise GradientError(
            f"The {what} of {describe(op)}, {code!r}, does not compute the same as {method}: "
            f"{brief(result)} against {brief(expected)}.",
            op,
        )


def _example(op_class: type[Op], arrays: Any) -> list[Array]:
    try:
        values = [
            as_float_array(array, "An example", np.dtype(np.float64))
            for array in islice(arrays, MOST_INPUTS)
        ]
    except Exception as error:  # an example of the user's own may fail in any way
        raise ArgumentTypeError(
            f"The example of {op_class.__name__} must be a tuple of arrays; got {brief(arrays)}."
        ) from error
    if len(values) != len(op_class.arguments) and not op_class._takes_any_number:
        raise ArgumentError(
            f"An example must have one array for each argument, ({', '.join(op_class.arguments)}); "
            f"that of {op_class.__name__} has {len(values)}: "
            f"{', '.join(show(value.shape) for value in values) or 'none'}."
        )
    return [value.astype(np.float64) for value in values]
