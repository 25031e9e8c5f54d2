"""Typical mistakes in a step: what a learner gets who makes one of them.

Each is the op's own rule with one thing changed, run on the numbers at hand: a transpose
dropped, a mean not divided, the function in place of its slope.  So a wrong number can be met with
what was probably thought, and never with the right number.
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
"""Two numbers are told apart from this relative difference on: rounding is no mistake."""


class Mistake(NamedTuple):
    """A wrong array, and the hint that names the thought behind it."""

    array: Array
    hint: str


def mistakes(moment: Moment, argument: int, right: Array, number: int) -> list[Mistake]:
    """Return the mistakes for the gradient towards one input, each different from the others.

    Parameters
    ----------
    moment : Moment
        A backward step.
    argument : int
        Towards which input.
    right : array
        The gradient of that input after this step.
    number : int
        The how-manieth contribution this step brings.
    """
    op = moment.node
    assert isinstance(op, Op)
    return different(right, _all(moment, op, argument, right, number))


def different(right: Array, candidates: Iterable[tuple[Array | None, str]]) -> list[Mistake]:
    """Return those candidates, each with its hint, that are neither right nor like another."""
    found: list[Mistake] = []
    for wrong, hint in candidates:
        if wrong is None or not np.all(np.isfinite(wrong)):
            continue
        others = [right, *(mistake.array for mistake in found)]
        if not any(is_like(wrong, other) for other in others):
            found.append(Mistake(np.asarray(wrong), hint))
    return found


def is_like(a: Array, b: Array) -> bool:
    """Tell whether two arrays would pass for one another."""
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
            "That is what this op sends, = in place of +=. This value is read in several "
            "places: what had arrived before must not be lost.",
        )
    before = right - contribution
    for wrong, hint in _in_this_op(moment, op, argument, contribution):
        if wrong is not None:
            yield (before + wrong if wrong.shape == right.shape else wrong), hint
    yield -right, "The size is right. Does the loss rise or fall when this value grows?"
    yield right * 2, "That is twice too much. Is each factor in it once?"


def _in_this_op(
    moment: Moment, op: Op, argument: int, contribution: Array
) -> Iterator[tuple[Array | None, str]]:
    """Return wrong contributions of one op."""
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
            "Compare the shapes: a gradient has the shape of the value it belongs to. One of the "
            "factors has to be turned on its side.",
        )
        yield (
            evaluate(changed(rule.code, _DropSize()), space),
            "That is the sum over all entries. The loss here is a mean: what does a mean do after "
            "it has summed?",
        )
        yield (
            evaluate(changed(rule.code, _FirstOnly()), space),
            "That is what the first sample alone contributes. Every sample uses this value.",
        )
        local = evaluate(rule.local, space)
        if local is not None and local.shape == contribution.shape:
            yield (
                local,
                "That is the local derivative alone. What arrived from the loss takes part too.",
            )
    if op.role == "activation" and y.shape == g.shape:
        yield (
            g * y,
            "That is the arriving gradient times the function itself, σ in place of σ′. The chain "
            "rule asks for the slope of the function.",
        )
    if isinstance(op.inputs[argument], Parameter) and g.ndim and len(g):
        yield (
            contribution / len(g),
            "That is a mean over the samples. What several samples contribute adds up; whether to "
            "average was decided by the loss.",
        )
    if g.shape == contribution.shape:
        yield (
            g,
            "That is the gradient as it arrived. This op has a slope of its own to multiply by.",
        )


def changed(code: str, change: ast.NodeTransformer) -> str:
    """Return a line of NumPy with a change made, or nothing that runs where none was."""
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
