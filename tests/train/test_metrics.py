"""Two numbers about a classifier, each what it says it is."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.train.metrics import accuracy, one_minus_mean_abs_error


def test_accuracy_is_a_share_and_the_mean_error_is_not():
    y = np.array([[0.4], [0.6], [0.9], [0.1]])
    t = np.array([[0.0], [1.0], [0.0], [0.0]])
    assert accuracy(y, t) == 0.75
    assert one_minus_mean_abs_error(y, t) == pytest.approx(1 - (0.4 + 0.4 + 0.9 + 0.1) / 4)
    with pytest.raises(tg.TinygraphError, match="same shape"):
        accuracy(y, t[:, 0])


def test_a_sample_with_several_outputs_must_have_all_right():
    y = np.array([[0.9, 0.9], [0.9, 0.1]])
    t = np.array([[1.0, 1.0], [1.0, 1.0]])
    assert accuracy(y, t) == 0.5


def test_metrics_take_lists_and_need_samples():
    assert accuracy([[0.9], [0.2]], [[1], [1]]) == 0.5
    assert one_minus_mean_abs_error([[0.75]], [[1]]) == 0.75
    with pytest.raises(tg.TinygraphError, match="at least one"):
        accuracy(np.zeros((0, 1)), np.zeros((0, 1)))
