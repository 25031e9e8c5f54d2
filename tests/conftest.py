"""What all tests share: a generator, and the graphs that tend to break frameworks."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def lab2() -> tg.Graph:
    return tg.lab2.model(rng=0)


@pytest.fixture
def xor() -> dict[str, np.ndarray]:
    x, t = tg.data.xor()
    return {"x": x, "t": t}
