"""Sequences: every answer can be read off the tokens."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


def test_a_reversal_is_the_sequence_backwards():
    tokens, answers = tg.data.reversal(50, length=5, symbols=3, rng=1)
    assert set(tokens.ravel()) == {0, 1, 2}
    np.testing.assert_array_equal(answers[:, ::-1], tokens)
    assert not np.shares_memory(tokens, answers)


@pytest.mark.parametrize("digits", [1, 3, 18])
def test_an_addition_is_right(digits):
    tokens, answers = tg.data.addition(40, digits=digits, rng=2)
    for row, answer in zip(tokens, answers, strict=True):
        a, b = "".join("+" if token == 10 else str(token) for token in row).split("+")
        assert len(a) == len(b) == digits
        assert int("".join(map(str, answer))) == int(a) + int(b)
