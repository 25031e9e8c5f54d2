"""The text of a loop: it is shown in tracebacks, and goes with its program."""

from __future__ import annotations

import gc
import linecache

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
