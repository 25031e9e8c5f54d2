"""Checks for the tests of your own ops.

One call is a complete test of an op:

>>> import tinygraph as tg
>>> tg.testing.check_op(tg.Tanh)
"""

from tinygraph.check.op_check import check_op, check_texts

__all__ = ["check_op", "check_texts"]
