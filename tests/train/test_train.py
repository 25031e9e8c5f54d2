"""Training: what is recorded, what is printed, and how a run ends early without losing anything."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import NonFiniteError


def test_the_loss_of_every_epoch_is_kept(lab2, xor):
    history = tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=25, print_interval=0)
    assert history.loss.shape == (25,)
    assert len(history) == 25
    assert history.stopped == "finished"
    assert history.seconds > 0
    fresh = tg.lab2.model(rng=0)
    assert history.loss[0] == pytest.approx(fresh.forward(**xor), rel=1e-12)


def test_a_line_every_interval_and_at_the_end(lab2, xor, capsys):
    tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=25, print_interval=10)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["10", "20", "25"]
    assert all("loss" in line and "accuracy" in line and "%" in line for line in lines)


def test_a_misspelt_argument_is_told_from_a_feed(lab2, xor):
    with pytest.raises(tg.TinygraphError, match='Did you mean "epochs"'):
        tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epoch=5)


@pytest.mark.parametrize("engine", ["interpreted", "numpy"])
def test_the_nodes_hold_a_run_of_the_trained_parameters(lab2, xor, engine):
    lab2.forward(**xor)
    lab2.backward()
    tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=20, print_interval=0, engine=engine)
    loss, gradient = lab2.output.value, lab2["layer1/W"].grad.copy()
    assert lab2.forward(**xor) == loss
    lab2.backward()
    np.testing.assert_array_equal(lab2["layer1/W"].grad, gradient)


def test_silence(lab2, xor, capsys):
    tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=25, print_interval=0)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_bar_runs_on_a_terminal(lab2, xor, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=25, print_interval=10)
    captured = capsys.readouterr()
    assert "epoch/s" in captured.err
    assert "accuracy" in captured.out


def test_a_run_continues_an_earlier_record(xor):
    def run(parts):
        model = tg.lab2.model(rng=0)
        optimizer = tg.Adam(model.parameters, lr=0.1)
        history = None
        for epochs in parts:
            history = tg.fit(
                model, optimizer, **xor, epochs=epochs, print_interval=0, history=history
            )
        return history

    np.testing.assert_array_equal(run([30]).loss, run([10, 15, 5]).loss)


def test_a_target_loss_stops_the_run(lab2, xor):
    history = tg.fit(
        lab2,
        tg.Adam(lab2.parameters, lr=0.1),
        **xor,
        epochs=5000,
        print_interval=0,
        target_loss=1e-2,
    )
    assert history.stopped == "target reached"
    assert len(history) < 5000
    assert history.loss[-1] <= 1e-2


def test_a_callback_sees_the_record_and_can_stop_the_run(lab2, xor):
    seen = []

    def callback(history):
        seen.append(len(history))
        return len(history) >= 30

    history = tg.fit(
        lab2,
        tg.SGD(lab2.parameters),
        **xor,
        epochs=100,
        print_interval=0,
        callback=callback,
        callback_interval=10,
    )
    assert seen == [10, 20, 30]
    assert history.stopped == "callback"
    assert len(history) == 30


def test_ctrl_c_ends_early_and_keeps_the_record(xor):
    calls = 0

    class Interrupts(tg.Op):
        def forward(self, x):
            nonlocal calls
            calls += 1
            if calls == 8:
                raise KeyboardInterrupt
            return x * 1

        def backward(self, g, y, x):
            return g

    w = tg.Parameter(1.0, name="w")
    model = tg.Graph(Interrupts(w * w))
    history = tg.fit(
        model, tg.SGD(model.parameters), epochs=100, print_interval=0, engine="interpreted"
    )
    assert history.stopped == "interrupted"
    assert len(history) == 7


def test_a_non_finite_loss_names_the_first_node_and_the_epoch():
    x = tg.Input("x", shape=(None,))
    w = tg.Parameter(1.0, name="w")
    model = tg.Graph(tg.Sum(tg.Exp(x * w, name="exp"), name="loss"))
    optimizer = tg.SGD(model.parameters, lr=1000.0)
    with pytest.raises(NonFiniteError, match=r'epoch \d+\. .*Exp "exp"') as caught:
        tg.fit(model, optimizer, epochs=50, print_interval=0, x=np.array([-1.0, 1.0]))
    error = caught.value
    assert isinstance(error, FloatingPointError)
    assert error.node.name == "exp"
    assert error.epoch == len(error.history)
    assert np.isfinite(error.history.loss[:-1]).all()
    assert not np.isfinite(error.history.loss[-1])
    assert np.geterr()["over"] == "warn"


def test_nan_in_the_data_is_laid_at_its_door(lab2, xor):
    x = xor["x"].copy()
    x[3, 1] = np.nan
    with pytest.raises(NonFiniteError, match=r'Input "x".*Clean the data') as caught:
        tg.fit(lab2, tg.SGD(lab2.parameters), epochs=5, print_interval=0, x=x, t=xor["t"])
    assert caught.value.epoch == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"print_interval": -1}, "print_interval must be at least 0"),
        ({"callback_interval": 0}, "callback_interval must be at least 1"),
        ({"target_loss": "0.1"}, "target_loss must be a finite number"),
        ({"target_loss": np.nan}, "target_loss must be a finite number"),
        ({"epochs": 10**18}, "epochs must be at most 100,000,000"),
        ({"target_loss": 10**400}, "target_loss must be a finite number"),
        ({"callback": "plot"}, "callback must be a function"),
        ({"history": [0.5]}, "history must be what an earlier fit returned"),
        ({"engine": "warp"}, 'No engine is called.*"interpreted"'),
        ({"engine": ["numpy"]}, "No engine is called"),
    ],
)
def test_wrong_settings_are_refused_before_anything_runs(settings, words, lab2, xor):
    before = lab2["layer1/W"].value.copy()
    with pytest.raises(tg.TinygraphError, match=words):
        tg.fit(lab2, tg.SGD(lab2.parameters), **xor, **settings)
    np.testing.assert_array_equal(lab2["layer1/W"].value, before)


def test_what_is_trained_is_a_graph_with_its_own_optimizer(lab2, xor):
    other = tg.lab2.model(rng=1)
    with pytest.raises(tg.TinygraphError, match="not in this graph"):
        tg.fit(lab2, tg.SGD(other.parameters), **xor)
    with pytest.raises(tg.TinygraphError, match="needs a Graph"):
        tg.fit(lab2.output, tg.SGD(other.parameters), **xor)
    with pytest.raises(tg.TinygraphError, match="needs an optimizer"):
        tg.fit(lab2, "adam", **xor)
    with pytest.raises(tg.TinygraphError, match="one number down"):
        tg.fit(tg.Graph(lab2.prediction), tg.SGD(lab2.parameters), x=xor["x"])


def test_an_input_that_is_called_like_an_argument_of_fit_is_refused():
    model = tg.Graph(tg.Mean(tg.Input("epochs", shape=(None,)) * tg.Parameter(1.0, name="w")))
    with pytest.raises(tg.TinygraphError, match=r"argument 'epochs' of its own.*another name"):
        tg.fit(model, tg.SGD(model.parameters), epochs=3)
    assert model.forward(epochs=[1, 3]) == 2


def test_an_exception_in_a_callback_leaves_a_whole_record(lab2, xor):
    history = tg.History()
    with pytest.raises(ZeroDivisionError):
        tg.fit(
            lab2,
            tg.SGD(lab2.parameters),
            **xor,
            epochs=50,
            print_interval=0,
            callback=lambda record: 1 / 0,
            callback_interval=7,
            history=history,
        )
    assert (len(history), history.stopped) == (7, "error")


def test_ctrl_c_in_a_callback_keeps_the_record(lab2, xor):
    def press(record):
        raise KeyboardInterrupt

    history = tg.fit(
        lab2, tg.SGD(lab2.parameters), **xor, epochs=50, callback=press, callback_interval=7
    )
    assert (len(history), history.stopped) == (7, "interrupted")


def test_ctrl_c_within_a_step_counts_the_step_once(lab2, xor, monkeypatch):
    optimizer = tg.SGD(lab2.parameters)
    take, calls = tg.Parameter.accept, []

    def interrupted_take(parameter, value):
        calls.append(parameter)
        if len(calls) == 20:
            raise KeyboardInterrupt
        take(parameter, value)

    monkeypatch.setattr(tg.Parameter, "accept", interrupted_take)
    history = tg.fit(lab2, optimizer, **xor, epochs=50, print_interval=0, engine="interpreted")
    assert history.stopped == "interrupted"
    assert len(history) == optimizer.steps == 4


def test_an_op_that_fails_leaves_the_epochs_before_in_the_record(xor):
    class FailsLate(tg.Op):
        calls = 0

        def forward(self, x):
            FailsLate.calls += 1
            if FailsLate.calls == 8:
                raise ZeroDivisionError
            return x * 1

        def backward(self, g, y, x):
            return g

    w = tg.Parameter(1.0, name="w")
    history = tg.History()
    with pytest.raises(tg.TinygraphError, match="forward of FailsLate"):
        tg.fit(
            tg.Graph(FailsLate(w * w)),
            tg.SGD(w),
            epochs=100,
            print_interval=0,
            engine="interpreted",
            history=history,
        )
    assert (len(history), history.stopped) == (7, "error")


def test_several_fits_go_on_where_the_last_one_stopped(xor):
    once, twice = tg.lab2.model(rng=0), tg.lab2.model(rng=0)
    optimizers = [tg.Adam(model.parameters) for model in (once, twice)]
    whole = tg.fit(once, optimizers[0], **xor, epochs=20, print_interval=0)
    part = tg.fit(twice, optimizers[1], **xor, epochs=7, print_interval=0)
    seconds = part.seconds
    part = tg.fit(twice, optimizers[1], **xor, epochs=13, print_interval=50, history=part)
    np.testing.assert_array_equal(part.loss, whole.loss)
    assert part.seconds > seconds
    assert [record.epoch for record in part.records] == [20]


def test_an_optimizer_of_some_parameters_leaves_the_others(lab2, xor):
    before = {p.name: p.value.copy() for p in lab2.parameters}
    tg.fit(lab2, tg.SGD(lab2["layer1/W"]), **xor, epochs=5, print_interval=0)
    changed = {p.name for p in lab2.parameters if (p.value != before[p.name]).any()}
    assert changed == {"layer1/W"}


def test_parameters_changed_by_hand_between_runs_count(lab2, xor):
    optimizer = tg.SGD(lab2.parameters)
    tg.fit(lab2, optimizer, **xor, epochs=5, print_interval=0)
    lab2["layer3/b"].value[:] = 3
    lab2["layer1/W"].value *= 2
    expected = lab2.forward(**xor)
    assert tg.fit(lab2, optimizer, **xor, epochs=5, print_interval=0).loss[0] == pytest.approx(
        expected, rel=1e-12
    )


def test_a_logarithm_of_zero_is_not_laid_to_the_steps():
    w = tg.Parameter(0.0, name="w")
    with pytest.raises(NonFiniteError, match=r'Log "log".*logarithm of 0'):
        tg.fit(tg.Graph(tg.Log(w, name="log")), tg.SGD(w), epochs=5, print_interval=0)


def test_a_parameter_that_a_step_took_away_is_named():
    w = tg.Parameter([1e200, 0.0], name="w")
    model = tg.Graph(tg.Sum(w**0.5 * np.array([0.0, 1.0])))
    with pytest.raises(NonFiniteError, match=r'epoch 2.*Parameter "w".*step before'):
        tg.fit(model, tg.SGD(w), epochs=5, print_interval=0)


def test_numbers_that_are_no_classes_have_no_accuracy(xor, lab2, capsys):
    history = tg.fit(
        lab2, tg.SGD(lab2.parameters), x=xor["x"], t=xor["t"] * 0.37, epochs=5, print_interval=5
    )
    assert history.records[-1].accuracy is None
    assert "accuracy " not in capsys.readouterr().out


def failed(output, optimizer, **settings):
    with pytest.raises(NonFiniteError) as caught:
        tg.fit(tg.Graph(output), optimizer, print_interval=0, **settings)
    return str(caught.value)


@pytest.mark.parametrize("engine", ["interpreted", "numpy"])
def test_a_saturated_sigmoid_is_told_from_a_step_that_is_too_long(engine):
    x, t = tg.Input("x", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    w = tg.Parameter([[0.0]], name="w")
    p = tg.Sigmoid(tg.MatMul(x, w))
    q = tg.Subtract(1, p, name="q")
    loss = tg.Mean(-(t * tg.Log(p)) - (1 - t) * tg.Log(q, name="log_q"))
    data = {"x": [[-20.0], [20.0]], "t": [[0.0], [1.0]]}
    message = failed(loss, tg.SGD(w, lr=0.5), epochs=50, engine=engine, **data)
    assert 'Log "log_q": it took the logarithm of 0. Its input Subtract "q" is 0' in message
    assert "learning rate" not in message


def test_other_reasons_of_numbers_that_are_not_finite():
    w = tg.Parameter(2.0, name="w")
    assert "logarithm of a negative number" in failed(tg.Log(w - 3), tg.SGD(w), epochs=3)
    assert "it divided by 0" in failed(1 / (w - 2), tg.SGD(w), epochs=3)
    assert "outside its domain" in failed((w - 3) ** 0.5, tg.SGD(w), epochs=3)
    assert "draw smaller start values" in failed(tg.Exp(w * 1e3), tg.SGD(w), epochs=3)


def test_a_diverging_linear_model_is_told_to_take_shorter_steps():
    x, t = tg.Input("x", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    w = tg.Parameter([[1.0]], name="w")
    loss = tg.MSE(tg.MatMul(x, w), t)
    data = {"x": [[1.0], [2.0]], "t": [[0.0], [1.0]]}
    message = failed(loss, tg.SGD(w, lr=100.0), epochs=500, **data)
    assert "The loss had grown" in message
    assert "Try a lower learning rate" in message


def test_a_loss_that_does_not_move_points_to_the_diagnosis(lab2, xor, capsys):
    lab2["layer2/b"].value = np.full(4, -900.0)
    lab2["layer3/b"].value = [-900.0]  # saturated: no gradient passes
    tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=50)
    assert "has stayed at 0.4762 for 50 epochs" in capsys.readouterr().out
    fresh = tg.lab2.model(rng=0)
    tg.fit(fresh, tg.SGD(fresh.parameters), **xor, epochs=50)
    assert "has stayed" not in capsys.readouterr().out
