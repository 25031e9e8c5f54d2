"""Checks for the tests of your own ops: ``tg.testing.check_op(MyOp)`` is a whole test."""

from tinygraph.testing.op_check import check_op, check_texts

__all__ = ["check_op", "check_texts"]
