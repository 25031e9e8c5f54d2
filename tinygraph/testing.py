"""Checks for the tests of one's own ops: ``tg.testing.check_op(MyOp)`` is a whole test.

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
from typing import Any

import numpy as np

from tinygraph.arrays import Array, as_float_array, brief
from tinygraph.check import gradcheck
from tinygraph.contract import one_each, op_failed
from tinygraph.data import as_generator
from tinygraph.errors import (
    ArgumentError,
    ArgumentTypeError,
    GradientError,
    OpError,
    ShapeError,
    TinygraphError,
)
from tinygraph.node import Input, Op, Parameter, describe
from tinygraph.rules import broadcast_axes, rule_names
from tinygraph.shapes import show

ROUNDS = 3
"""How many examples an op is checked at."""


def check_op(
    op_class: type[Op],
    /,
    *arrays: Any,
    rng: np.random.Generator | int | None = None,
    **hyperparameters: Any,
) -> None:
    """Check an op: its derivative, its shape, its precision, its texts, and that it is pure.

    It is checked with a Parameter for each argument; with one Parameter for them all, where their
    shapes allow it; and with an Input whose batch size is ``None``, for batches of one sample and
    of twice as many as in the example.

    Parameters
    ----------
    op_class : type
        A subclass of Op.
    *arrays : array_like, optional
        The values of its inputs; those of ``op_class.example(rng)`` unless told.
    rng : Generator or int, optional
        Where the examples come from; 0 unless told.
    **hyperparameters
        Keyword arguments of the op.

    Raises
    ------
    GradientError
        If ``backward`` is wrong, or a ``Rule.code`` says something else than ``backward``.
    OpError
        If the op breaks the contract: a shape other than ``infer_shape`` promised, an argument
        changed in place, float64 where all that arrived was float32, a failing ``forward``.
    ArgumentTypeError, ArgumentError
        If ``op_class`` is no op class, or the example has not one array an argument.
    """
    if not (isinstance(op_class, type) and issubclass(op_class, Op)):
        raise ArgumentTypeError(
            f"check_op takes an op class, such as Sigmoid; got {brief(op_class)}."
        )
    if "name" in hyperparameters:
        raise ArgumentError("check_op names the op itself, after its class: leave name= out.")
    rng = as_generator(rng)
    for _ in range(1 if arrays else ROUNDS):
        values = _example(op_class, arrays or op_class.example(rng))
        leaves = [Parameter(value, name=f"input{k}") for k, value in enumerate(values, start=1)]
        op = op_class(*leaves, name=op_class.__name__, **hyperparameters)
        gradcheck(op, rng=rng).raise_if_wrong()
        check_texts(op, values, rng)
        _check_precision(op, values, rng)
        _check_one_node_for_all(op_class, values, rng, hyperparameters)
        _check_batches(op_class, values, rng, hyperparameters)


def _check_one_node_for_all(
    op_class: type[Op], values: list[Array], rng: np.random.Generator, keywords: dict[str, Any]
) -> None:
    """Check an op that reads one node several times: each argument has a gradient of its own."""
    if len({value.shape for value in values}) == 1 < len(values):
        name = f"{op_class.__name__} of one node"
        op = op_class(*[Parameter(values[0], name="input")] * len(values), name=name, **keywords)
        report = gradcheck(op, rng=rng)
        if report.first_wrong is not None:  # nor need one node's numbers suit all arguments
            report.raise_if_wrong()


def _check_batches(
    op_class: type[Op], values: list[Array], rng: np.random.Generator, keywords: dict[str, Any]
) -> None:
    """Check an op whose batch size is known only when the batch arrives."""
    if not values[0].ndim:
        return
    samples = values[0].shape[0]
    of_one_size = [k for k, value in enumerate(values) if value.shape[:1] == (samples,)]
    failure: OpError | None = None
    # A weight may happen to have as many rows as the example has samples.
    for batched in (of_one_size, [0]):
        try:
            _check_batched(op_class, values, batched, rng, keywords)
            return
        except ShapeError:
            pass  # such inputs the op refuses
        except OpError as error:
            if error.__cause__ is None:
                raise
            failure = failure or error
    if failure is not None:
        raise failure


def _check_batched(
    op_class: type[Op],
    values: list[Array],
    batched: list[int],
    rng: np.random.Generator,
    keywords: dict[str, Any],
) -> None:
    for change, size in ((_first, "one sample"), (_twice, "twice the samples")):
        leaves = [
            Input(f"input{k}", shape=(None, *value.shape[1:]))
            if k in batched
            else Parameter(value, name=f"input{k}")
            for k, value in enumerate(values)
        ]
        op = op_class(*leaves, name=f"{op_class.__name__}, a batch of {size}", **keywords)
        feeds = {f"input{k}": change(values[k]) for k in batched}
        gradcheck(op, rng=rng, **feeds).raise_if_wrong()


def _first(array: Array) -> Array:
    return array[:1]


def _twice(array: Array) -> Array:
    return np.concatenate([array, array])


def check_texts(op: Op, arrays: Sequence[Array], rng: np.random.Generator) -> None:
    """Evaluate the ``code`` of an op and of its rules, and hold it against the op itself.

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
    y = np.asarray(_called(op, "forward", arrays, *arrays))
    g = np.asarray(as_generator(rng).normal(size=y.shape))
    names = rule_names(op, {**dict(zip(op.inputs, arrays, strict=True)), op: y}, g)
    if op.code:
        _compare_text(op, op.code, names, y, "code", "forward")
    if op.rules and len(op.rules) != len(op.inputs):
        raise OpError(
            f"{describe(op)} has {len(op.rules)} rules for {len(op.inputs)} arguments; "
            f"rules has one Rule an argument, in order.",
            op,
        )
    grads = one_each(op, _called(op, "backward", arrays, g, y, *arrays))
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
            f"The {what} of {describe(op)}, {code!r}, computes something else than {method}: "
            f"{brief(result)} against {brief(expected)}.",
            op,
        )


def _check_precision(op: Op, arrays: Sequence[Array], rng: np.random.Generator) -> None:
    singles = [array.astype(np.float32) for array in arrays]
    doubles = [array.astype(np.float64) for array in singles]
    with np.errstate(all="ignore"):
        y = np.asarray(_called(op, "forward", singles, *singles))
        wide_y = np.asarray(_called(op, "forward", doubles, *doubles))
        g = np.asarray(rng.normal(size=y.shape), dtype=np.float32)
        grads = one_each(op, _called(op, "backward", singles, g, y, *singles))
        wide_g = g.astype(np.float64)
        wide_grads = one_each(op, _called(op, "backward", doubles, wide_g, wide_y, *doubles))
    for method, result, wide in (
        ("forward", y, wide_y),
        *(("backward", *pair) for pair in zip(grads, wide_grads, strict=True)),
    ):
        if result is None:
            continue
        result = np.asarray(result)
        if result.dtype != np.float32:
            raise OpError(
                f"A graph of float32 stays float32; {method} of {describe(op)} made "
                f"{result.dtype} of float32. Is there a float64 array, or a np.float64, in it?",
                op,
            )
        scale = np.abs(wide).max(initial=0.0)
        if not np.allclose(result, wide, rtol=1e-3, atol=1e-3 * scale, equal_nan=True):
            raise OpError(
                f"In float32 {method} of {describe(op)} gives {brief(result)}, in float64 "
                f"{brief(wide)}: more than rounding. Does something overflow, or cancel?",
                op,
            )


def _called(op: Op, method: str, arrays: Sequence[Array], *given: Any) -> Any:
    """Return what a method of the op gives, run on ``arrays``, or a lesson if it fails."""
    try:
        return getattr(op, method)(*given)
    except TinygraphError:
        raise
    except Exception as error:
        raise op_failed(method, op, arrays, error) from error


def _example(op_class: type[Op], arrays: Any) -> list[Array]:
    try:
        values = [as_float_array(array, "An example", np.dtype(np.float64)) for array in arrays]
    except TypeError as error:
        raise ArgumentTypeError(
            f"The example of {op_class.__name__} is a tuple of arrays; got {brief(arrays)}."
        ) from error
    if len(values) != len(op_class.arguments) and not op_class._takes_any_number:
        raise ArgumentError(
            f"An example has one array an argument, ({', '.join(op_class.arguments)}); that of "
            f"{op_class.__name__} has {len(values)}: "
            f"{', '.join(show(value.shape) for value in values) or 'none'}."
        )
    return [value.astype(np.float64) for value in values]
