"""The printer: operations in order, each by the module that knows its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.record.arrays import VIEWS
from tinygraph.compile.targets.javascript.elementwise import group_with, print_group
from tinygraph.compile.targets.javascript.formulas import is_elementwise, no_javascript
from tinygraph.compile.targets.javascript.indexing import INDEXING, print_indexing
from tinygraph.compile.targets.javascript.places import as_view
from tinygraph.compile.targets.javascript.products import print_product
from tinygraph.compile.targets.javascript.reductions import REDUCTIONS, print_reduction
from tinygraph.compile.targets.javascript.sheet import Sheet


def print_operations(
    sheet: Sheet, operations: Sequence[Operation], stored: Iterable[Value]
) -> None:
    """Print operations; the values in ``stored`` are read after them.

    Raises
    ------
    Unrecordable
        If one of them has no JavaScript.
    """
    stored, left = set(stored), list(operations)
    while left:
        first = left[0]
        if is_elementwise(first):
            known = set(sheet.places) | set(sheet.scalars)
            positions = group_with(first, left, known)
            group = [left[position] for position in positions]
            left = [one for k, one in enumerate(left) if k not in set(positions)]
            read = {value for one in left for value in one.operands} | stored
            print_group(sheet, group, [one.result for one in group if one.result in read])
        else:
            left.pop(0)
            _print_one(sheet, first)


def _print_one(sheet: Sheet, operation: Operation) -> None:
    if operation.function in VIEWS and len(operation.operands) == 1:
        source = operation.operands[0]
        view = as_view(operation, sheet.place(source), source.shape)
        if view is not None:
            sheet.places[operation.result] = view
            return
    if operation.function in (np.matmul, np.dot):
        print_product(sheet, operation)
    elif operation.function in REDUCTIONS:
        print_reduction(sheet, operation)
    elif operation.function in INDEXING:
        print_indexing(sheet, operation)
    elif operation.function is np.zeros_like:
        sheet.new(operation.result)  # a new buffer holds zeros, and a write goes into a copy of it
    else:
        raise no_javascript(operation)
