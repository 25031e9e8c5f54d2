import numpy as np
import pytest

import tinygraph as tg
from tinygraph.core.rules import broadcast_axes, evaluate, rule_names


@pytest.mark.parametrize(
    ("written", "shape", "axes"),
    [
        ((4, 3), (4, 3), ()),
        ((4, 3), (3,), (0,)),
        ((4, 3), (4, 1), (1,)),
        ((4, 2, 3), (2, 1), (0, 2)),
        ((4, 1), (4, 1), ()),
        ((), (3,), ()),
    ],
)
def test_broadcast_axes_are_those_that_numpy_added_or_stretched(written, shape, axes):
    assert broadcast_axes(written, shape) == axes


def test_a_rule_is_evaluated_with_the_ops_own_names_and_helpers():
    x = tg.Input("x", shape=(None, 2))
    op = tg.Sum(x, axis=1)
    values = {x: np.ones((3, 2)), op: np.full(3, 2.0)}
    space = rule_names(op, values, np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(
        evaluate(op.rules[0].code, space), [[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]
    )


@pytest.mark.parametrize("code", ["nonsense(", "unknown + 1", "1 / 0", "x @ x"])
def test_a_rule_that_cannot_be_run_gives_nothing(code):
    assert evaluate(code, {"x": np.ones((2, 3))}) is None
