"""Sums over the batch in loops: the gradients of a layer's weights and bias.

Several sums share a loop, so that each element of the arriving gradient is read once.
"""

from __future__ import annotations

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.targets.names import in_comment
from tinygraph.compile.targets.numba.loop_text import UNROLLED, LoopText

LONGEST_SUMS = 64
"""The most rows of a gradient that are summed in shared loops."""


def sums_over_batch(loops: LoopText, remaining: list[Operation]) -> list[Operation]:
    """Return the gradients ``x.T @ g`` and ``g.sum(axis=0)`` that one walk over g can sum."""
    g = _summed(remaining[0], loops.batch)
    if g is None or g not in loops.done:
        return []
    return [
        one
        for one in remaining
        if _summed(one, loops.batch) is g and all(value in loops.done for value in one.operands)
    ]


def _summed(operation: Operation, batch: int) -> Value | None:
    """Return the g of ``x.T @ g`` or ``g.sum(axis=0)``."""
    if operation.function is np.matmul:
        x, g = operation.operands
        short = len(x.shape) == 2 and x.shape[0] <= LONGEST_SUMS
        fits = short and len(g.shape) == 2 and x.shape[1] == g.shape[0] == batch
        return g if fits and x.shape[0] != batch else None
    if operation.function is np.sum and operation.options == {"axis": 0}:
        (g,) = operation.operands
        return g if len(g.shape) == 2 and g.shape[0] == batch else None
    return None


def write_sums(loops: LoopText, sums: list[Operation]) -> None:
    """Write sums over the batch in shared loops: each element of g is read once for all of them."""
    g = sums[0].operands[-1]
    j, i = loops.names.of("j"), loops.names.of("i")
    zero = loops.constant(0.0, g.dtype)
    terms: list[tuple[Operation, tuple[str, ...], str]] = []
    for operation in sums:
        if operation.function is np.sum:
            terms.append((operation, (j,), ""))
        else:
            x = loops.element(operation.operands[0])
            rows = operation.result.shape[0]
            terms += [(operation, (str(k), j), f"{x(str(k), i)} * ") for k in range(rows)]
    for operation in sums:
        loops.place(operation.result)
    nodes = dict.fromkeys(in_comment(str(one.node.name)) for one in sums if one.node is not None)
    loops.lines += [f"# {', '.join(nodes)}", f"for {j} in range({g.shape[1]}):"]
    for start in range(0, len(terms), 2 * UNROLLED):
        part = terms[start : start + 2 * UNROLLED]
        totals = [loops.names.of("total") for _ in part]
        element = loops.names.of("g")
        loops.lines += [f"    {total} = {zero}" for total in totals]
        loops.lines += [f"    for {i} in range({loops.batch}):"]
        loops.lines += [f"        {element} = {loops.element(g)(i, j)}"]
        loops.lines += [
            f"        {total} += {factor}{element}" for total, (_, _, factor) in zip(totals, part)
        ]
        loops.lines += [
            f"    {loops.element(operation.result)(*index)} = {total}"
            for total, (operation, index, _) in zip(totals, part)
        ]
