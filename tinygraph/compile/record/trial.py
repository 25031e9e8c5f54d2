"""The trial of a recording: whether it computes the same as the op.

The recording and the op are both run on random numbers. They differ for an op that draws random
numbers, for example. Such an op, an op that keeps something on ``self``, and an op that cannot be
recorded are *called* within the program: both forward and backward, since the two may share
attributes.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from tinygraph.compile.ir import Value, constant, evaluate
from tinygraph.compile.record.arrays import Recorded, Tape, Unrecordable
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import TinygraphError
from tinygraph.validation.arrays import brief
from tinygraph.validation.op_results import as_value, op_failed


def record_or_call(
    op: Op,
    called: list[tuple[Node, str, str]],
    as_is: dict[Op, str],
    tape: Tape,
    record: Callable[[], tuple[Value, ...]],
    call: Callable[..., tuple[Any, ...]],
    inputs: list[Value],
    like: list[Any],
) -> tuple[Value, ...]:
    """Return the results of ``record`` if they equal those of ``call``; else record the call.

    An op in ``as_is`` is called in both phases; the dict holds the phase that is not recorded.
    """
    start = len(tape.operations)
    kept = _kept(op)
    try:
        results = record()
        reason = _difference(op, tape, start, results, call, inputs) or _written(op, kept)
    except Unrecordable as found:
        reason = str(found)
    except Exception as error:
        reason = f"on a recording array it raises {type(error).__name__}: {error}"
    if reason:
        as_is.setdefault(op, tape.phase)
    elif op in as_is:
        reason = f"its {as_is[op]} is called, and the two may share what is kept on self"
    else:
        return results
    del tape.operations[start:]
    called.append((op, tape.phase, reason))

    call.__name__ = tape.phase
    together = tape.append(call, tuple(inputs), (), object)
    return tuple(
        tape.append(operator.getitem, (together.value, position), array.shape, array.dtype).value
        for position, array in enumerate(like)
    )


def _kept(op: Op) -> dict[str, Any]:
    return dict(getattr(op, "__dict__", {}))


def _written(op: Op, before: dict[str, Any]) -> str:
    """Return the attributes that an op has changed on itself as a reason, or an empty text."""
    names = [name for name, value in _kept(op).items() if value is not before.get(name, before)]
    return f"it keeps something on self: {', '.join(names)}" if names else ""


def _difference(
    op: Op,
    tape: Tape,
    start: int,
    results: tuple[Value, ...],
    call: Callable[..., tuple[Any, ...]],
    inputs: list[Value],
) -> str:
    """Return how the recording differs from the op on random numbers, or an empty text."""
    for seed in (1, 2):
        rng = np.random.default_rng(seed)
        unique = {value: random_array(value, rng, positive=seed == 2) for value in inputs}
        unique |= {v: a for v, a in tape.whole_numbers.items() if v in unique}
        args = [value.constant if value.kind == "constant" else unique[value] for value in inputs]
        with np.errstate(all="ignore"):
            if tape.phase == "backward" and inputs[1].kind != "constant":
                # y is not independent: it is the value at these inputs.
                y = own_result(op, "forward", *args[2:])
                args[1] = unique[inputs[1]] = as_value(y, op, op.shape)
            expected = call(*args)
            known = evaluate(tape.operations[start:], unique)
        for value, array in zip(results, expected):
            got = value.constant if value.kind == "constant" else known[value]
            if not np.allclose(got, array, rtol=1e-5, atol=1e-8, equal_nan=True):
                return "run twice, it does not compute the same function"
    return ""


def own_result(op: Op, method: str, *given: Any) -> Any:
    """Return the result of an op's own ``forward`` or ``backward``, on copies of its arguments.

    Raises
    ------
    OpError
        If it fails, as in an interpreted run.
    """
    copies = [np.array(array)[()] for array in given]
    try:
        return getattr(op, method)(*copies)
    except TinygraphError:
        raise
    except Exception as error:
        raise op_failed(method, op, given[-len(op.inputs) :], error) from error


def copied(value: Any) -> Any:
    """Return a deep copy, or the value itself if it has none."""
    try:
        return copy.deepcopy(value)
    except Exception:  # an object of the user's own may fail in any way
        return value


def random_array(value: Value, rng: np.random.Generator, positive: bool = False) -> Any:
    """Return random numbers in the shape and precision of ``value``."""
    low = 0.5 if positive else -1.0
    return rng.uniform(low, 1.5, size=value.shape).astype(value.dtype)[()]


def recorded_as(result: Any, shape: tuple[int, ...], dtype: Any, tape: Tape) -> Value:
    """Return the result of an op as a value of the given shape and precision."""
    if not isinstance(result, Recorded):
        try:
            array = np.asarray(result, dtype)
        except (TypeError, ValueError, OverflowError) as error:
            raise Unrecordable(f"it returns {brief(result)}, which is not an array") from error
        if array.shape not in (shape, ()):
            raise Unrecordable(f"it returns the shape {array.shape} for {shape}")
        return constant(array[()])
    if result.value.shape != shape:
        raise Unrecordable(f"it returns the shape {result.value.shape} for {shape}")
    return result.astype(dtype).value
