"""Typical mistakes in a step, and the wrong numbers that they lead to.

Each mistake is the op's own rule with one change, evaluated on the numbers of the step: a missing
transpose, a mean that is not divided, or the function instead of its slope.  The hint for a wrong
number names the probable mistake, and never the right number.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from tinygraph.core.leaves import Parameter
from tinygraph.core.op import Op
from tinygraph.core.rules import evaluate, rule_names
from tinygraph.notation.renaming import parsed
from tinygraph.trace.steps import Moment
from tinygraph.validation.arrays import Array

CLOSE = 0.02
"""Relative difference above which two numbers count as different; rounding is not a mistake."""


class Mistake(NamedTuple):
    """A wrong array, and the hint that names the mistake."""

    array: Array
    hint: str


def mistakes(moment: Moment, argument: int, right: Array, number: int) -> list[Mistake]:
    """Return the mistakes for the gradient towards one input, each different from the others.

    Parameters
    ----------
    moment : Moment
        A backward step.
    argument : int
        The input, counted from 0.
    right : array
        The gradient of that input after this step.
    number : int
        Which contribution to the gradient this step adds (1st, 2nd, …).
    """
    op = moment.node
    assert isinstance(op, Op)
    return different(right, _all(moment, op, argument, right, number))


def different(right: Array, candidates: Iterable[tuple[Array | None, str]]) -> list[Mistake]:
    """Return the candidates that differ from the right array and from each other."""
    found: list[Mistake] = []
    for wrong, hint in candidates:
        if wrong is None or not np.all(np.isfinite(wrong)):
            continue
        others = [right, *(mistake.array for mistake in found)]
        if not any(is_like(wrong, other) for other in others):
            found.append(Mistake(np.asarray(wrong), hint))
    return found


def is_like(a: Array, b: Array) -> bool:
    """Tell whether two arrays are equal within the tolerance for answers."""
    if np.shape(a) != np.shape(b):
        return False
    scale = np.max(np.abs(b), initial=0.0)
    return bool(np.all(np.abs(a - b) <= CLOSE * scale))


def _all(
    moment: Moment, op: Op, argument: int, right: Array, number: int
) -> Iterator[tuple[Array, str]]:
    contribution = moment.contributions[argument]
    if number > 1:
        yield (
            contribution,
            "That is this op's contribution only. Add it (+=) to the contributions that came "
            "before.",
        )
    before = right - contribution
    for wrong, hint in _in_this_op(moment, op, argument, contribution):
        if wrong is not None:
            yield (before + wrong if wrong.shape == right.shape else wrong), hint
    yield -right, "The size is right. Does the loss increase or decrease when this value increases?"
    yield right * 2, "That is twice the right number. Did you use each factor only once?"


def _in_this_op(
    moment: Moment, op: Op, argument: int, contribution: Array
) -> Iterator[tuple[Array | None, str]]:
    """Yield wrong contributions of one op, each with its hint."""
    g, y = np.asarray(moment.gradients[op]), np.asarray(moment.values[op])
    if argument < len(op.rules):
        rule = op.rules[argument]
        space = rule_names(op, moment.values, g)
        untransposed = evaluate(changed(rule.code, _DropTranspose()), space)
        if untransposed is None and ".T" in rule.code:
            # Without its transpose the product does not exist; the nearest slip is to swap factors.
            untransposed = contribution.T
        yield (
            untransposed,
            "Compare the shapes: a gradient must have the shape of its value. Transpose one of the "
            "factors.",
        )
        yield (
            evaluate(changed(rule.code, _DropSize()), space),
            "That is the sum over all elements. The loss is a mean. By which number does a mean "
            "divide the sum?",
        )
        yield (
            evaluate(changed(rule.code, _FirstOnly()), space),
            "That is the contribution of the first sample only. Every sample uses this value.",
        )
        local = evaluate(rule.local, space)
        if local is not None and local.shape == contribution.shape:
            yield (
                local,
                "That is only the local derivative. Multiply it by the incoming gradient.",
            )
    if op.role == "activation" and y.shape == g.shape:
        yield (
            g * y,
            "You multiplied the incoming gradient by the function itself (σ). The chain rule needs "
            "its slope (σ′).",
        )
    if isinstance(op.inputs[argument], Parameter) and g.ndim and len(g):
        yield (
            contribution / len(g),
            "You took a mean over the samples. The contributions of the samples add up. Only the "
            "loss decides whether to average.",
        )
    if g.shape == contribution.shape:
        yield (
            g,
            "That is the incoming gradient. Now multiply it by the slope of this op.",
        )


def changed(code: str, change: ast.NodeTransformer) -> str:
    """Apply a change to a line of NumPy; return "" if the line is not an expression."""
    tree = parsed(code)
    return "" if tree is None else ast.unparse(change.visit(tree))


class _DropTranspose(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return self.visit(node.value) if node.attr == "T" else self.generic_visit(node)


class _DropSize(ast.NodeTransformer):
    """``a / x.size`` becomes ``a``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        divides_by_size = isinstance(node.op, ast.Div) and "size" in ast.unparse(node.right)
        return self.visit(node.left) if divides_by_size else self.generic_visit(node)


class _FirstOnly(ast.NodeTransformer):
    """``g.sum(axis=0)`` becomes ``g[0]``, and ``x.T @ g`` becomes ``x[:1].T @ g[:1]``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr == "sum":
            return ast.Subscript(called.value, ast.Constant(0), ast.Load())
        return self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        left = ast.unparse(node.left)
        if isinstance(node.op, ast.MatMult) and left.endswith(".T"):
            first = f"{left[:-2]}[:1].T @ {ast.unparse(node.right)}[:1]"
            return ast.parse(first, mode="eval").body
        return self.generic_visit(node)
