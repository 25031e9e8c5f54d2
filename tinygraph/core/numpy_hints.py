"""What to write instead of a NumPy function or an array attribute that nodes do not have."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

INSTEAD = {
    "all": "np.min(condition)",
    "allclose": "np.max(np.abs(a - b)) < 1e-8",
    "any": "np.max(condition)",
    "argmax": "x == np.max(x), or np.argmax(node.value) after a run",
    "argmin": "x == np.min(x), or np.argmin(node.value) after a run",
    "argsort": "np.argsort(node.value) after a run",
    "array": "np.stack([a, b])",
    "array_equal": "np.min(np.equal(a, b))",
    "atleast_1d": "np.reshape(x, (-1,))",
    "atleast_2d": "np.expand_dims(x, 0)",
    "atleast_3d": "np.expand_dims(x, 0)",
    "average": "np.mean(x)",
    "block": "np.concatenate([a, b])",
    "cbrt": "x ** (1 / 3)",
    "column_stack": "np.stack([a, b], axis=1)",
    "count_nonzero": "np.sum(x != 0)",
    "cross": "products of the parts x[0], x[1] and x[2]",
    "diag": "x * np.eye(n)",
    "dstack": "np.stack([a, b], axis=2)",
    "einsum": "a @ b, with np.transpose where axes must change places",
    "empty_like": "np.zeros_like(x)",
    "exp2": "2 ** x",
    "float_power": "x ** k",
    "floor_divide": "a / b",
    "fmax": "np.maximum(a, b)",
    "fmin": "np.minimum(a, b)",
    "heaviside": "np.where(x > 0, 1, 0)",
    "hypot": "np.sqrt(a ** 2 + b ** 2)",
    "inner": "a @ b.T",
    "isclose": "np.abs(a - b) < 1e-8",
    "isfinite": "np.abs(x) < np.inf",
    "isinf": "np.equal(np.abs(x), np.inf)",
    "isnan": "np.not_equal(x, x)",
    "kron": "np.reshape(a, (-1, 1)) * np.reshape(b, (1, -1))",
    "linalg.norm": "np.sqrt(np.sum(x ** 2))",
    "log10": "np.log(x) / np.log(10)",
    "log2": "np.log(x) / np.log(2)",
    "logaddexp2": "np.log(2 ** a + 2 ** b) / np.log(2)",
    "logaddexp": "tg.LogSumExp(np.stack([a, b]), axis=0)",
    "median": "np.mean(x)",
    "nan_to_num": "np.where(np.equal(x, x), x, 0)",
    "outer": "np.reshape(a, (-1, 1)) * b",
    "ptp": "np.max(x) - np.min(x)",
    "remainder": "x - k * np.rint(x / k)",
    "select": "np.where(condition, a, b)",
    "sort": "np.sort(node.value) after a run",
    "tensordot": "a @ b",
    "trace": "np.sum(x * np.eye(n))",
    "tril": "x * np.tril(np.ones((n, n)))",
    "triu": "x * np.triu(np.ones((n, n)))",
    "unstack": "parts by index: x[0] and x[1]",
    "vdot": "np.sum(a * b)",
    "vecdot": "np.sum(a * b, axis=-1)",
}
"""What to write instead of a NumPy function, by its name without ``np.``."""

ATTRIBUTES = {
    "astype": "nothing: a node has the precision of its graph, which follows from the parameters",
    "copy": "the node itself: a node never changes",
    "dtype": "node.value.dtype after a run: the precision follows from the parameters",
    "fill": "np.full_like(x, number)",
    "item": "node.value.item() after a run",
    "tolist": "node.value.tolist() after a run",
}
"""What to write instead of an array attribute that is not a NumPy function, too."""


def replacement(name: str, supported: Iterable[str] = ()) -> str:
    """Return what to write instead of a function: a formula, or a name that is spelled alike.

    >>> replacement("median"), replacement("maxmum", ["maximum", "minimum"])
    ('np.mean(x)', 'np.maximum')
    """
    near = get_close_matches(name, supported, n=1, cutoff=0.75)
    return INSTEAD.get(name) or (f"np.{near[0]}" if near else "")
