"""NaN in a run is not passed on in silence: a warning names the node where it begins."""

import warnings

import numpy as np
import pytest

import tinygraph as tg


def message_of(call):
    with pytest.warns(RuntimeWarning, match="NaN") as caught, np.errstate(invalid="warn"):
        call()
    (warning,) = [w for w in caught if "NaN" in str(w.message)]
    return str(warning.message)


@pytest.fixture
def spoilt(xor):
    x = xor["x"].copy()
    x[3, 1] = x[5, 0] = np.nan
    return {"x": x, "t": xor["t"]}


def test_forward_on_spoilt_data_names_the_input_and_the_place(lab2, spoilt):
    message = message_of(lambda: lab2.forward(**spoilt))
    assert message == (
        'The result of forward is NaN. It begins in Input "x": 2 of 42 elements are NaN, the first '
        "at (3, 1). Clean the data that you feed to it."
    )


def test_predict_on_spoilt_data_names_the_input(lab2, spoilt):
    message = message_of(lambda: lab2.predict(x=spoilt["x"]))
    assert message.startswith('The result of predict is NaN. It begins in Input "x": ')


def test_predict_does_not_blame_what_it_did_not_run(lab2, xor):
    with np.errstate(invalid="ignore"):
        lab2.forward(x=xor["x"], t=np.full_like(xor["t"], np.nan))
    lab2["layer3/b"].value = [np.nan]
    assert 'begins in Parameter "layer3/b"' in message_of(lambda: lab2.predict(x=xor["x"]))


def test_a_parameter_of_nan_is_named(lab2, xor):
    lab2["layer2/b"].value = [0.0, np.nan, 0.0, 0.0]
    message = message_of(lambda: lab2.forward(**xor))
    assert 'begins in Parameter "layer2/b": 1 of 4 elements are NaN, the first at (1,)' in message
    assert message.endswith(
        ". Assign numbers to it. If training produced the NaN, try a lower learning rate."
    )


def test_an_op_that_makes_nan_is_named_beside_the_warning_of_numpy():
    x = tg.Input("x", shape=())
    model = tg.Graph(tg.Log(x, name="log") * 2.0)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        message = message_of(lambda: model.forward(x=-1.0))
    assert message == (
        'The result of forward is NaN. It begins in Log "log": 1 of 1 elements are NaN. '
        "Its inputs have no NaN: look at their values."
    )


def test_numbers_infinities_and_a_wish_for_silence_give_no_warning(lab2, spoilt):
    x = tg.Input("x", shape=(None,))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tg.Graph(x).forward(x=[np.inf, -np.inf]).tolist() == [np.inf, -np.inf]
        with np.errstate(invalid="ignore"):
            assert np.isnan(lab2.forward(**spoilt))
