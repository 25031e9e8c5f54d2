"""Trials, campaigns and experiments: what is trained, what is kept, and what is resumed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.lab2 import experiments
from tinygraph.lab2.experiments import EXPERIMENTS, campaign, trials
from tinygraph.lab2.experiments.summary import best_linear_loss, middle, quartiles, summarize
from tinygraph.lab2.experiments.trials import Setting, Trial, points, run_trial
from tinygraph.lab2.regions import RESOLUTION
from tinygraph.lab2.report.seeds import cases
from tinygraph.lab2.run import OPTIMIZERS

SHORT = Trial(Setting(optimizer="adam"), "xor", seeds=3, epochs=300)


@pytest.fixture(scope="module")
def outcome():
    return run_trial(SHORT)


def test_the_experiments_are_those_of_the_lab():
    own = {
        key: [s for label, s in experiment.settings.items() if label not in experiment.added]
        for key, experiment in EXPERIMENTS.items()
    }
    rates = (0.01, 0.1, 1.0, 10.0, 100.0)
    assert own == {
        "E1": [Setting(4, "sigmoid", None, "sgd", lr) for lr in rates],
        "E2": [Setting(h, "sigmoid", None, "sgd", 1.0) for h in (2, 4, 8, 16, 32)],
        "E3": [
            Setting(4, "none", None, "sgd", 0.1),
            Setting(4, "none", "sigmoid", "sgd", 0.1),
        ],
        "E4": [Setting(4, "sigmoid", None, o, 0.1) for o in ("sgd", "momentum", "adam")],
        "E5": [Setting(4, a, None, "sgd", 0.1) for a in ("sigmoid", "tanh", "relu")],
        "E6": [Setting(4, "sigmoid", None, "adam", 0.1)],
    }


def test_a_trial_is_what_fit_does_seed_by_seed(outcome):
    x, t = points("xor")
    for seed in range(SHORT.seeds):
        model, optimizer = model_and_optimizer(SHORT, seed)
        history = tg.fit(model, optimizer, x=x, t=t, epochs=SHORT.epochs, print_interval=0)
        kept = outcome.epochs[:-1]
        np.testing.assert_allclose(outcome.loss[seed, :-1], history.loss[kept], rtol=1e-7)
        assert outcome.final_loss[seed] == pytest.approx(model.forward(x=x, t=t), rel=1e-7)
        climb = np.maximum(np.diff([*history.loss, outcome.final_loss[seed]]), 0).sum()
        assert outcome.climb[seed] == pytest.approx(climb, rel=1e-6)
        again = outcome.model(seed).predict(x=x)
        np.testing.assert_allclose(again, model.predict(x=x), rtol=1e-6)
        assert outcome.accuracy[seed] == np.mean(np.round(again) == t)
        assert outcome.closeness[seed] == 1 - np.mean(np.abs(again - t))


def test_reached_is_the_first_epoch_with_every_point_right(outcome):
    x, t = points("xor")
    assert (outcome.reached > 0).sum() >= 2
    for seed, epochs in enumerate(outcome.reached):
        if epochs < 0:
            assert outcome.accuracy[seed] < 1.0
            continue
        for steps, is_there in ((int(epochs) - 1, False), (int(epochs), True)):
            model, optimizer = model_and_optimizer(SHORT, seed)
            if steps:
                tg.fit(model, optimizer, x=x, t=t, epochs=steps, print_interval=0)
            assert (np.round(model.predict(x=x)) == t).all() == is_there


def test_a_seed_that_diverges_does_not_stop_the_others():
    found = run_trial(Trial(Setting(activation="none", lr=0.1), "xor", seeds=4, epochs=60))
    assert 0 < found.diverged.sum() < 4
    fine = int(np.flatnonzero(~found.diverged)[0])
    model, optimizer = model_and_optimizer(found.trial, fine)
    x, t = points("xor")
    history = tg.fit(model, optimizer, x=x, t=t, epochs=60, print_interval=0)
    np.testing.assert_allclose(found.loss[fine, :-1], history.loss[found.epochs[:-1]], rtol=1e-6)
    row = summarize("E3", "none", found)
    assert row.diverged == found.diverged.sum()
    assert row.high_loss == np.inf


def test_the_start_values_are_those_of_the_seed():
    model = Setting(hidden=8).model(7)
    same = tg.lab2.model(hidden=8, rng=np.random.default_rng(7))
    for a, b in zip(model.parameters, same.parameters, strict=True):
        np.testing.assert_array_equal(a.value, b.value)


def test_first_epoch_and_total_rise():
    assert trials.first_epoch(np.array([[True, False], [False, False]])).tolist() == [0, -1]
    rises = trials.total_rise(np.array([[1.0, 3.0, 2.0, 4.0], [1.0, np.nan, 1.0, 1.0]]))
    assert rises.tolist() == [4.0, np.inf]


def test_stuck_units_are_the_dead_and_the_saturated(lab2, xor):
    trials.run_once(lab2, **xor)
    assert trials.stuck_units(lab2) == (0, False)
    lab2["layer2/b"].value = np.array([0.0, 50.0, -50.0, 0.0])
    lab2["layer3/b"].value = np.array([40.0])
    trials.run_once(lab2, **xor)
    assert trials.stuck_units(lab2) == (3, True)


def test_an_output_that_is_sure_and_right_is_not_stuck(outcome):
    right = int(np.flatnonzero(outcome.accuracy == 1.0)[0])
    assert not outcome.output_stuck_after[right]


def test_quartiles_put_what_diverged_last():
    low, median, high = quartiles(np.array([3.0, np.nan, 1.0, np.inf, 2.0]))
    assert (low, median, high) == (2.0, 3.0, np.inf)


def test_no_line_fits_xor_better_than_least_squares():
    x, t = points("xor")
    bound = best_linear_loss(x, t)
    rng = np.random.default_rng(0)
    for w in rng.normal(size=(50, 3)):
        assert np.mean((x @ w[:2, None] + w[2] - t) ** 2) > bound
    assert 0.24 < bound < 0.25


def test_the_middle_of_the_curves_is_taken_epoch_by_epoch(outcome):
    curve = middle(outcome)
    np.testing.assert_array_equal(curve.median, np.median(outcome.loss, axis=0))
    assert (curve.low <= curve.median).all()
    assert (curve.median <= curve.high).all()


def test_a_region_is_the_prediction_of_that_seed(outcome):
    found = outcome.region(1)
    assert found.prediction.shape == (RESOLUTION, RESOLUTION)
    point = [[found.axis[5], found.axis[40]]]
    expected = outcome.model(1).predict(x=point)[0, 0]
    assert found.prediction[40, 5] == pytest.approx(expected, rel=1e-12)


def test_each_trial_runs_once_and_is_found_again(tmp_path, monkeypatch):
    trial = dataclasses.replace(SHORT, epochs=5)
    first = campaign.run_trials([trial, trial], folder=tmp_path)[trial]
    monkeypatch.setattr(campaign, "run_trial", _must_not_run)
    again = campaign.run_trials([trial], folder=tmp_path)[trial]
    for name in campaign.ARRAYS:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert again.seconds == first.seconds


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 half a file", None])
def test_a_damaged_file_is_made_anew(tmp_path, damage):
    trial = dataclasses.replace(SHORT, epochs=5)
    first = campaign.run_trials([trial], folder=tmp_path)[trial]
    path = campaign.outcome_path(trial, tmp_path)
    path.write_bytes(path.read_bytes()[:500] if damage is None else damage)
    again = campaign.run_trials([trial], folder=tmp_path)[trial]
    np.testing.assert_array_equal(first.loss, again.loss)


def test_an_interrupted_campaign_keeps_what_is_finished(tmp_path, monkeypatch):
    settings = [Setting(lr=lr) for lr in (0.1, 0.2, 0.3)]
    wanted = [Trial(setting, "xor", seeds=2, epochs=5) for setting in settings]
    count = []

    def interrupted(trial):
        count.append(trial)
        if len(count) == 3:
            raise KeyboardInterrupt
        return run_trial(trial)

    monkeypatch.setattr(campaign, "run_trial", interrupted)
    with pytest.raises(KeyboardInterrupt):
        campaign.run_trials(wanted, folder=tmp_path)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    campaign.run_trials(wanted, folder=tmp_path)
    assert len(count) == 4


def test_a_bad_count_or_name_is_refused_before_anything_runs(monkeypatch):
    monkeypatch.setattr(campaign, "run_trial", _must_not_run)
    with pytest.raises(KeyError, match='Did you mean "E1"'):
        experiments.run("e1")
    for wrong in ({"epochs": 0}, {"seeds": 0}, {"jobs": 0}):
        with pytest.raises(ValueError, match="at least 1"):
            experiments.run("E6", **{"epochs": 5, "seeds": 1, **wrong})


def test_shared_settings_are_trained_once(monkeypatch):
    ran = []
    monkeypatch.setattr(campaign, "run_trial", lambda trial: ran.append(trial) or run_trial(trial))
    results = experiments.run_all(["E4", "E5", "E6"], epochs=2, seeds=1)
    assert len(ran) == len(set(ran)) == 16
    same = results["E4"].outcomes["xor", "Adam"]
    assert results["E6"].outcomes["xor", "sigmoid + Adam"] is same


def test_a_case_has_a_seed_that_succeeded_and_one_that_did_not():
    result = experiments.run("E5", epochs=700, seeds=6)
    found = cases([result])
    assert found
    activations = [case.outcome.trial.setting.activation for case in found]
    assert len(set(activations)) == len(activations)
    for case in found:
        assert case.outcome.accuracy[case.good] == 1.0
        assert case.outcome.accuracy[case.bad] < 1.0


def model_and_optimizer(trial, seed):
    model = trial.setting.model(seed)
    kind = OPTIMIZERS[trial.setting.optimizer]
    return model, kind(model.parameters, lr=trial.setting.lr)


def _must_not_run(trial):
    raise AssertionError(f"{trial.name} was run")
