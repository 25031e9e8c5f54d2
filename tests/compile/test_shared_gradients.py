"""Several parameters with the same gradient: each of them gets it, in every target."""

import numpy as np
import pytest
from compiling import assert_same_gradients

import tinygraph as tg


@pytest.mark.parametrize("count", [2, 3])
def test_parameters_that_are_added_share_one_gradient(count, target):
    rng = np.random.default_rng(0)
    parts = [tg.Parameter(rng.normal(size=(3, 4)), name=f"p{k}") for k in range(count)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    scale = tg.Parameter(1.5, name="scale")
    weight = rng.normal(size=(3, 4))
    assert_same_gradients(tg.Graph(tg.Sum(total * weight * scale)), target)
