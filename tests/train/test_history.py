"""The record of a run, made or changed by hand."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ArgumentTypeError, DtypeError, ShapeError
from tinygraph.train.history import Record

ODD = [
    ({"loss": "cat"}, DtypeError, "The loss of a History"),
    ({"loss": [[1.0]]}, ShapeError, r"one value for each epoch; got the shape \(1, 1\)"),
    ({"records": None}, ArgumentTypeError, "records of a History must be a list of Record"),
    ({"records": [1]}, ArgumentTypeError, "records of a History must be a list of Record"),
    ({"records": [(1.5, 0.1, None)]}, ArgumentTypeError, "a list of Record"),
    ({"seconds": "soon"}, ArgumentTypeError, "seconds of a History must be a number of at least 0"),
    ({"seconds": float("nan")}, ArgumentTypeError, "seconds of a History"),
    ({"stopped": None}, ArgumentTypeError, "stopped of a History must be a text; got None"),
    ({"engine": 1}, ArgumentTypeError, "engine of a History must be a text; got 1"),
]


@pytest.mark.parametrize(("fields", "error", "words"), ODD)
def test_odd_fields_are_refused_when_made(fields, error, words):
    with pytest.raises(error, match=words):
        tg.History(**fields)


@pytest.mark.parametrize(("fields", "error", "words"), ODD)
def test_odd_fields_set_by_hand_are_refused_by_fit_and_save(
    fields, error, words, lab2, xor, tmp_path
):
    history = tg.History()
    for name, value in fields.items():
        setattr(history, name, value)
    with pytest.raises(error, match=words):
        tg.fit(lab2, tg.SGD(lab2.parameters), epochs=1, history=history, **xor)
    with pytest.raises(error, match=words):
        tg.save(tmp_path / "run.npz", lab2, history=history)
    assert not (tmp_path / "run.npz").exists()


def test_a_sound_one_is_taken():
    history = tg.History([1, 0.5], [Record(1, 1.0, None), Record(2, 0.5, 0.75)], seconds=1)
    assert history.loss.dtype == np.float64
    assert len(history) == 2


@pytest.mark.parametrize("callback", [5, lambda: None, lambda history, more: None])
def test_a_callback_takes_the_history(callback, lab2, xor):
    with pytest.raises(ArgumentTypeError, match="callback must be a function of one argument"):
        tg.fit(lab2, tg.SGD(lab2.parameters), epochs=1, callback=callback, **xor)


def test_a_callback_that_says_nothing_of_its_arguments(lab2, xor):
    tg.fit(lab2, tg.SGD(lab2.parameters), epochs=1, print_interval=0, callback=vars, **xor)


def test_a_class_that_says_nothing_of_its_arguments_is_no_callback(lab2, xor):
    with pytest.raises(ArgumentTypeError, match="callback must be a function of one argument"):
        tg.fit(lab2, tg.SGD(lab2.parameters), epochs=1, callback=range, **xor)


def test_an_answer_of_the_callback_that_is_neither_true_nor_false(lab2, xor):
    with pytest.raises(ArgumentTypeError, match="neither true nor false"):
        tg.fit(lab2, tg.SGD(lab2.parameters), epochs=1, callback=lambda history: np.zeros(2), **xor)
