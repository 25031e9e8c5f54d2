"""A backward pass that gives NaN or infinity names the op in which that begins."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import tinygraph as tg


def norm(power):
    v = tg.Parameter(np.zeros(3), name="v")
    root = tg.Power(tg.Sum(v * v, name="square"), exponent=0.5, name="root")
    return tg.Graph(tg.Power(root, exponent=power, name="again"))


def test_the_root_of_a_norm_at_0_is_named():
    model = norm(2)
    model.forward()
    with pytest.warns(RuntimeWarning) as said:
        model.backward()
    (warning,) = said
    assert 'is NaN. It begins in backward of Power "root"' in str(warning.message)
    assert warning.filename == __file__


def test_an_infinite_gradient_is_named_too():
    w = tg.Parameter([0.0, 1.0], name="w")
    model = tg.Graph(tg.Sum(w**0.5))
    model.forward()
    with pytest.warns(RuntimeWarning, match="is infinite. It begins in backward of Power"):
        model.backward()


def test_it_is_silent_where_numpy_is_and_for_sound_gradients(lab2, xor):
    model = norm(2)
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("error")
        model.forward()
        model.backward()
        lab2.forward(**xor)
        lab2.backward()
    assert np.geterr()["invalid"] == "warn"


def test_a_graph_that_warned_can_still_be_copied():
    model = norm(2)
    model.forward()
    with pytest.warns(RuntimeWarning):
        model.backward()
    assert len(copy.deepcopy(model).nodes) == len(pickle.loads(pickle.dumps(model)).nodes)
