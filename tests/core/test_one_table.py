"""Which NumPy functions nodes accept, and which the recording arrays of the compiler accept.

A recording needs no derivative, so it takes every function of arrays. A node needs an op. So all
that a node accepts is recorded, and each function that only a recording accepts is named here, with
the reason.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.ir import Value
from tinygraph.compile.record.arrays import Recorded, Tape
from tinygraph.core.numpy_functions import FUNCTIONS

X = np.random.default_rng(0).uniform(0.1, 0.9, size=(3, 3))

ONLY_RECORDED = {
    "Its result is whole numbers or true and false, which have no derivative.": """
        all allclose any argmax argmin argpartition argsort argwhere array_equal array_equiv ceil
        count_nonzero digitize fix flatnonzero floor floor_divide heaviside isclose iscomplex
        iscomplexobj isfinite isin isinf isnan isneginf isposinf isreal isrealobj lexsort
        logical_xor nanargmax nanargmin nonzero result_type signbit spacing trunc""",
    "The shape of its result depends on the numbers.": """
        extract intersect1d setdiff1d setxor1d trim_zeros union1d unique unique_values""",
    "It is written with other functions in one line; the error says how.": """
        atleast_1d atleast_2d atleast_3d average block cbrt column_stack cross diag dstack
        empty_like exp2 float_power fmax fmin hypot inner kron log10 log2 logaddexp logaddexp2
        median mod nan_to_num outer ptp remainder sort tensordot trace tril triu unstack
        vdot vecdot""",
    "It is not needed for networks; your own op can contain it.": """
        acosh angle apply_along_axis arccosh arcsinh arctan2 arctanh array_split asinh astype atan2
        atanh bincount conj conjugate convolve copy copysign corrcoef correlate cov cumprod
        cumulative_prod cumulative_sum deg2rad degrees delete diagflat diagonal divmod ediff1d
        einsum fmod frexp geomspace gradient histogram_bin_edges hsplit i0 imag insert interp ldexp
        linspace logspace matvec modf nancumprod nancumsum nanmax nanmean nanmedian nanmin
        nanpercentile nanprod nanquantile nanstd nansum nanvar nextafter partition percentile
        piecewise poly polyadd polydiv polymul polysub polyval quantile rad2deg radians real
        real_if_close resize rollaxis rot90 row_stack select sinc sort_complex
        trapezoid unwrap vander vecmat
        vsplit""",
}


def calls(name):
    """Return some calls of a function, of which one may fit its arguments."""
    function = getattr(np, name)
    return [
        lambda x: function(x),
        lambda x: function(x, x),
        lambda x: function(x, 1),
        lambda x: function([x, x]),
        lambda x: function(x > 0.5, x, 0.0),
    ]


def is_accepted(call, x):
    try:
        call(x)
    except Exception:
        return False
    return True


def accepted(name):
    """Return whether recordings accept a function, and whether nodes do; None if no call fits."""
    for call in calls(name):
        if is_accepted(call, X):
            recorded = Recorded(Value("input", X.shape, X.dtype, "x"), Tape())
            return is_accepted(call, recorded), is_accepted(call, tg.Parameter(X, name="x"))
    return None


# test_numpy_functions holds that every function in the table is recorded, too.
NAMES = [
    name
    for name in dir(np)
    if callable(getattr(np, name))
    and getattr(np, name) not in FUNCTIONS
    and not inspect.isclass(getattr(np, name))
    and not name.startswith(("_", "info", "show", "get_", "set_", "print", "save", "test"))
    and name not in ("in1d", "trapz")  # old names, which newer versions of NumPy do not have
]


@pytest.mark.filterwarnings("ignore")
def test_each_function_that_only_a_recording_accepts_has_a_reason():
    listed = {name for names in ONLY_RECORDED.values() for name in names.split()}
    found = {name: accepted(name) for name in NAMES}
    assert {name for name, pair in found.items() if pair == (True, False)} <= listed
    assert not any(getattr(np, name, None) in FUNCTIONS for name in listed)


@pytest.mark.filterwarnings("ignore")
def test_the_error_says_how_to_write_what_takes_one_line():
    (names,) = (names for why, names in ONLY_RECORDED.items() if "the error says how" in why)
    x = tg.Parameter(X, name="x")
    silent = []
    for name in filter(lambda name: hasattr(np, name), names.split()):
        messages = [message(call, x) for call in calls(name) if is_accepted(call, X)]
        if not any("Instead, write" in text for text in messages):
            silent.append(name)
    assert silent == []


def message(call, x):
    """Return the text of the error that a node raises, if it raises one."""
    try:
        return str(call(x))
    except Exception as error:
        return str(error)
