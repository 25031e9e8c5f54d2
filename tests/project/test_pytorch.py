"""A short comparison with PyTorch; without PyTorch, its list of ops must still be complete."""

import re
from pathlib import Path

import pytest
from campaigns import pytorch

from tinygraph import ops

FORMULAS = Path(pytorch.__file__).with_name("pytorch_formulas.py").read_text(encoding="utf-8")


def test_every_op_has_a_formula_in_pytorch_or_a_reason_why_not():
    written = set(re.findall(r"^    ops\.(\w+):", FORMULAS, flags=re.MULTILINE))
    reasoned = set(re.findall(r"^WITHOUT = {ops\.(\w+):", FORMULAS, flags=re.MULTILINE))
    assert written | reasoned == set(ops.__all__)


def test_ops_and_layers_equal_those_of_pytorch():
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert not pytorch.missing()
    worst = pytorch.compare(2)
    assert worst["float64"][0] < 1e-12, worst
    assert worst["float64 second derivatives"][0] < 1e-12, worst
    assert worst["float32"][0] < 1e-5, worst
