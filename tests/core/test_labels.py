"""The codings of labels, each with its own way to decide."""

from __future__ import annotations

import numpy as np
import pytest

from tinygraph.core.labels import Coding, NoClassesError, coding_of


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([[0], [1]], Coding("two values", 0, 1)),
        ([0, 0], Coding("two values", 0, 1)),
        ([[-1], [1]], Coding("two values", -1, 1)),
        ([[1, 0, 0], [0, 0, 1]], Coding("one-hot", 0, 1)),
        ([[1, -1, -1], [-1, -1, 1]], Coding("one-hot", -1, 1)),
        ([[1, 1, 0], [0, 0, 0]], Coding("two values", 0, 1)),
    ],
)
def test_a_coding_is_told_by_its_numbers(labels, expected):
    assert coding_of(np.array(labels, float)) == expected


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ([[0], [1], [2]], "such as 2"),
        ([[0.1], [0.9]], "such as 0.1"),
        ([[-1], [0], [1]], "such as -1"),
        ([[1], [1]], "all of them are 1"),
        (np.zeros((0, 1)), "none"),
        ([[np.nan], [1]], "such as nan"),
    ],
)
def test_numbers_that_are_not_classes(labels, reason):
    with pytest.raises(NoClassesError, match=reason):
        coding_of(np.array(labels, float))


def test_nan_is_right_in_no_coding():
    for kind in ("two values", "one-hot", "indices"):
        assert (Coding(kind).decide(np.full((3, 2), np.nan)) == -1).all()
