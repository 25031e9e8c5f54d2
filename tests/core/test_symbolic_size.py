"""Arithmetic with a batch size that is not known yet."""

from __future__ import annotations

import numpy as np
import pytest

from tinygraph.core.symbolic_size import SymbolicSize, Untraceable, without_symbols

BATCH = SymbolicSize(1, lambda factor: 5.0 * factor, "node")
"""A batch of 5, which only ``as_number`` knows."""


def test_products_with_whole_numbers_stay_symbols():
    for product in (BATCH * 3, 3 * BATCH, BATCH * np.int64(3), np.int64(3) * BATCH):
        assert isinstance(product, SymbolicSize)
        assert (product.factor, product.node) == (3, "node")
        assert product.as_number() == 15


def test_exact_quotients_stay_symbols_or_whole_numbers():
    assert type(6 * BATCH // (2 * BATCH)) is int
    assert 6 * BATCH // (2 * BATCH) == 3
    half = 6 * BATCH // 2
    assert isinstance(half, SymbolicSize)
    assert (half.factor, half.node, half.as_number()) == (3, "node", 15)
    assert type(half.factor) is int
    assert (6 * BATCH // np.int64(3)).factor == 2


def test_all_other_arithmetic_needs_the_number():
    assert 0.5 * BATCH == 2.5
    assert BATCH * 0.5 == 2.5
    assert BATCH / 2 == 2.5
    assert 10 / BATCH == 2
    assert BATCH + 1 == 6
    assert 1 - BATCH == -4
    assert BATCH**2 == 25
    assert 3 * BATCH // 2 == 7
    assert 3 * BATCH // (2 * BATCH) == 1
    assert BATCH // 0.5 == 10
    assert np.sqrt(5 * BATCH) == 5


def test_two_sizes_are_equal_if_they_are_the_same_multiple():
    assert 2 * BATCH == BATCH * 2
    assert 2 * BATCH != BATCH
    assert BATCH != 5
    assert (BATCH == 5, 2 * BATCH != BATCH * 2) == (False, False)
    assert len({BATCH, 1 * BATCH, 2 * BATCH}) == 2


@pytest.mark.parametrize("use", [int, float, range, lambda size: [0] * 3 * len(range(size))])
def test_a_size_is_not_a_number_of_python(use):
    with pytest.raises(Untraceable, match="known only when a batch arrives"):
        use(BATCH)


def test_the_batch_size_of_a_shape_is_none():
    assert without_symbols((BATCH, 3, (BATCH, 2))) == (None, 3, (None, 2))
    assert without_symbols(BATCH) is None
    assert without_symbols(4) == 4
    assert without_symbols(2 * BATCH) == 2 * BATCH
