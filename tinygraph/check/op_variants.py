"""Check an op beyond its example: one node for all arguments, other batch sizes, float32.

An op may be right only for its example: it may divide by the batch size of the example, squeeze
the axis of a batch of one away, or have a shape without ``None``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.check.gradcheck import gradcheck
from tinygraph.check.purity import called
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.op import Op
from tinygraph.errors import OpError, ShapeError
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import one_each


def check_one_node_for_all(
    op_class: type[Op], values: list[Array], rng: np.random.Generator, keywords: dict[str, Any]
) -> None:
    """Check an op that reads one node several times: each argument has its own gradient."""
    if len({value.shape for value in values}) == 1 < len(values):
        name = f"{op_class.__name__} of one node"
        op = op_class(*[Parameter(values[0], name="input")] * len(values), name=name, **keywords)
        report = gradcheck(op, rng=rng)
        if report.first_wrong is not None:  # nor need one node's numbers suit all arguments
            report.raise_if_wrong()


def check_batches(
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


def check_precision(op: Op, arrays: Sequence[Array], rng: np.random.Generator) -> None:
    """Check that float32 arguments give float32, and the results of float64 within rounding."""
    singles = [array.astype(np.float32) for array in arrays]
    doubles = [array.astype(np.float64) for array in singles]
    with np.errstate(all="ignore"):
        y = np.asarray(called(op, "forward", singles, *singles))
        wide_y = np.asarray(called(op, "forward", doubles, *doubles))
        g = np.asarray(rng.normal(size=y.shape), dtype=np.float32)
        grads = one_each(op, called(op, "backward", singles, g, y, *singles))
        wide_g = g.astype(np.float64)
        wide_grads = one_each(op, called(op, "backward", doubles, wide_g, wide_y, *doubles))
    for method, result, wide in (
        ("forward", y, wide_y),
        *(("backward", *pair) for pair in zip(grads, wide_grads, strict=True)),
    ):
        if result is None:
            continue
        result = np.asarray(result)
        if result.dtype != np.float32:
            raise OpError(
                f"A float32 graph must stay float32, but {method} of {describe(op)} returned "
                f"{result.dtype} for float32 arguments. Does it use a float64 array or np.float64?",
                op,
            )
        scale = np.abs(wide).max(initial=0.0)
        if not np.allclose(result, wide, rtol=1e-3, atol=1e-3 * scale, equal_nan=True):
            raise OpError(
                f"float32 and float64 must agree within rounding, but {method} of {describe(op)} "
                f"gives {brief(result)} in float32 and {brief(wide)} in float64. Does a number "
                f"overflow, or do large numbers cancel?",
                op,
            )
