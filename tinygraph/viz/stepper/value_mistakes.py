"""Typical mistakes in the value of an op, and in the change that an update makes."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from tinygraph.core.op import Op
from tinygraph.core.rules import evaluate, rule_names
from tinygraph.trace.steps import Moment
from tinygraph.validation.arrays import Array
from tinygraph.viz.stepper.mistakes import Mistake, changed, different


def forward_mistakes(moment: Moment) -> list[Mistake]:
    """Return wrong values of an op, each different from the others."""
    op = moment.node
    assert isinstance(op, Op)
    right = np.asarray(moment.values[op])
    return different(right, _values(moment, op, right))


def _values(moment: Moment, op: Op, right: Array) -> Iterator[tuple[Array | None, str]]:
    space = rule_names(op, moment.values, right)
    if op.role == "activation" and op.rules:
        yield (
            evaluate(op.rules[0].local, space),
            "That is the slope (σ′). The forward pass needs the function itself (σ).",
        )
    yield (
        evaluate(changed(op.code, _TurnRight()), space),
        "You multiplied rows by rows. In a matrix product, each row of the left matrix is "
        "multiplied by a column of the right one.",
    )
    yield (
        evaluate(changed(op.code, _FirstProduct()), space),
        "That is only the first product. Add all the products of the row and the column.",
    )
    yield (
        evaluate(changed(op.code, _SumForMean()), space),
        "That is the sum. A mean divides it by the number of elements.",
    )
    yield (
        evaluate(changed(op.code, _DropPower()), space),
        "Compare your answer with the line of NumPy. It contains a power.",
    )
    for parent in op.inputs:
        value = np.asarray(moment.values[parent])
        if value.shape == right.shape:
            yield value, f"That is the input {parent.name}. What does this op do to it?"
    yield -right, "The size is right. What about the sign?"
    yield right * 2, "That is twice the right number. Did you use each number only once?"


def update_mistakes(moment: Moment, right: Array) -> list[Mistake]:
    """Return wrong changes of a parameter, each different from the others."""
    return different(right, _changes(moment, right))


def _changes(moment: Moment, right: Array) -> Iterator[tuple[Array, str]]:
    g = np.asarray(moment.gradients[moment.node])
    lr = moment.step["hyperparameters"].get("lr")
    yield (
        -right,
        "That step goes uphill. The gradient points uphill, but L should decrease.",
    )
    if lr is not None:
        yield (
            -lr * g,
            "That is plain gradient descent. How does this optimizer change the gradient first?",
        )
    yield -g, "That is the whole gradient. Multiply it by the learning rate η."
    yield (
        g,
        "That is the gradient itself. Which way is downhill, and how long is a step with η?",
    )
    yield (
        np.asarray(moment.values[moment.node]) + right,
        "That is the new value. Subtract the old value from it.",
    )


class _TurnRight(ast.NodeTransformer):
    """``x @ W`` becomes ``x @ W.T``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.MatMult):
            node.right = ast.Attribute(node.right, "T", ast.Load())
        return node


class _FirstProduct(ast.NodeTransformer):
    """``x @ W`` becomes ``x[:, :1] @ W[:1]``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.MatMult):
            left, right = ast.unparse(node.left), ast.unparse(node.right)
            return ast.parse(f"({left})[:, :1] @ ({right})[:1]", mode="eval").body
        return node


class _SumForMean(ast.NodeTransformer):
    """``np.mean(x)`` becomes ``np.sum(x)``."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if node.attr == "mean":
            node.attr = "sum"
        return node


class _DropPower(ast.NodeTransformer):
    """``x ** 2`` becomes ``x``."""

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        return node.left if isinstance(node.op, ast.Pow) else node
