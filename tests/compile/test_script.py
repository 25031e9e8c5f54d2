"""The text of a loop: it is shown in tracebacks, and goes with its program."""

from __future__ import annotations

import gc
import linecache
import sys
from collections import OrderedDict

import pytest

import tinygraph as tg


def entries():
    return sum(name.startswith("<tinygraph") for name in linecache.cache)


def test_a_program_that_is_gone_leaves_no_text_behind(xor):
    gc.collect()
    before = entries()
    for _ in range(3):
        model = tg.lab2.model(rng=0)
        program = tg.compile(model, tg.SGD(model.parameters))
        program.step(**xor)
        program.gradients(**xor)
        tg.fit(model, tg.SGD(model.parameters), epochs=120, print_interval=0, **xor)
        assert entries() > before
        del model, program
    gc.collect()
    assert entries() == before


def test_few_programs_of_machine_code_stay_in_memory(monkeypatch):
    machine_code = pytest.importorskip("tinygraph.compile.targets.numba.machine_code")
    monkeypatch.setattr(machine_code, "_compiled", OrderedDict())
    monkeypatch.setattr(machine_code, "_MOST_COMPILED", 2)
    before = set(sys.modules)
    for number in range(4):
        run = machine_code.compile_source(f"def run():\n    return {number}\n")
        assert run() == number
    assert len(machine_code._compiled) == 2
    added = set(sys.modules) - before
    assert sum(name.startswith("tinygraph_step_") for name in added) == 2
