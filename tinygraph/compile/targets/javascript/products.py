"""Matrix products: one call of ``product`` for each, a loop around it for a stack of matrices."""

from __future__ import annotations

from tinygraph.compile.ir import Operation, Value
from tinygraph.compile.targets.javascript.places import Place
from tinygraph.compile.targets.javascript.sheet import AXES, Sheet, comment_of


def print_product(sheet: Sheet, operation: Operation) -> None:
    """Print ``a @ b``, of any number of axes by NumPy's rule."""
    a, b = operation.operands
    result = operation.result
    # A vector is a row on the left and a column on the right; the result does not have this axis.
    rows, inner = (1, a.shape[0]) if len(a.shape) == 1 else a.shape[-2:]
    columns = 1 if len(b.shape) == 1 else b.shape[-1]
    lead = len(result.shape) - (len(a.shape) > 1) - (len(b.shape) > 1)
    target = sheet.new(result)
    out_row, out_column = _two(target, len(a.shape) > 1, len(b.shape) > 1)
    a_row, a_inner = _two(sheet.place(a), len(a.shape) > 1, True)
    b_inner, b_column = _two(sheet.place(b), True, len(b.shape) > 1)
    index = list(AXES[:lead])
    call = (
        f"product({target.buffer}, {_start(target, result, index)}, {out_row}, {out_column}, "
        f"{sheet.place(a).buffer}, {_start(sheet.place(a), a, index)}, {a_row}, {a_inner}, "
        f"{sheet.place(b).buffer}, {_start(sheet.place(b), b, index)}, {b_inner}, {b_column}, "
        f"{rows}, {inner}, {columns});"
    )
    if lead:
        sheet.loop(list(zip(index, result.shape)), [call], comment_of(operation))
    else:
        sheet.lines += [f"// {comment_of(operation)}", call]


def _two(place: Place, has_first: bool, has_second: bool) -> tuple[int, int]:
    """Return the strides of the last two axes; 0 for one that a vector does not have."""
    strides = list(place.strides)
    second = strides.pop() if has_second else 0
    return (strides.pop() if has_first else 0), second


def _start(place: Place, value: Value, index: list[str]) -> str:
    """Return where the matrix of a stack begins."""
    own = max(0, len(value.shape) - 2)
    axes = zip(index[len(index) - own :], value.shape, place.strides)
    terms = [f"{name} * {stride}" for name, size, stride in axes if size != 1 and stride]
    if place.offset or not terms:
        terms.append(str(place.offset))
    return " + ".join(terms)
