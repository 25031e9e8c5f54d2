"""What all tests share: a generator, and the graphs that tend to break frameworks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
import pytest

import tinygraph as tg

collect_ignore_glob = ["*conftest.py"]
"""They have no doctests, and as modules they would all be called ``conftest``."""

if find_spec("torch") is None:
    collect_ignore_glob.append("*pytorch_formulas.py")  # it is written with PyTorch


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


@pytest.fixture(autouse=True)
def _no_open_figures() -> Iterator[None]:
    """Let each test begin without figures: plots without ax= draw on pyplot's current one."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
