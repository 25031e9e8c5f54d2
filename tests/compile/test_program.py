"""A program: its feeds, its arguments and its errors."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg


def test_a_new_batch_size_recompiles_by_itself(lab2):
    program = tg.compile(lab2, tg.SGD(lab2.parameters, lr=0.1))
    for n in (3, 7, 1, 3):
        X, T = tg.data.linear(n, rng=n)
        expected = lab2.forward(x=X, t=T)
        np.testing.assert_allclose(program.step(x=X, t=T), expected, rtol=1e-12)


def test_errors_are_lessons(lab2, xor):
    with pytest.raises(tg.TinygraphError, match='Did you mean "numpy"'):
        tg.compile(lab2, target="nunpy")
    with pytest.raises(tg.TinygraphError, match="needs a Graph"):
        tg.compile(lab2.output)
    with pytest.raises(tg.TinygraphError, match="optimizer"):
        tg.compile(lab2, optimizer=0.1)
    with pytest.raises(tg.TinygraphError, match="without an optimizer"):
        tg.compile(lab2).run(1, **xor)
    with pytest.raises(tg.TinygraphError, match="one number"):
        tg.compile(tg.Graph(lab2.prediction))
    with pytest.raises(tg.TinygraphError, match="missing"):
        tg.compile(lab2).gradients(x=xor["x"])


@pytest.mark.parametrize("steps", [2.5, -1, "cat", True, 10**18])
def test_a_count_of_steps_that_is_none(steps, lab2, xor):
    program = tg.compile(lab2, tg.SGD(lab2.parameters))
    with pytest.raises(tg.TinygraphError, match="steps must be a whole number from 0"):
        program.run(steps, **xor)


def test_a_target_that_is_no_text(lab2):
    with pytest.raises(tg.TinygraphError, match="No target is called"):
        tg.compile(lab2, target=np.zeros(2))


def test_self_is_no_input_of_a_program(lab2, xor):
    with pytest.raises(tg.TinygraphError, match="self"):
        tg.compile(lab2, tg.SGD(lab2.parameters)).step(self=1, **xor)
