"""The Lab 2 network and its run."""

from __future__ import annotations

import csv

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.lab2.files import save_files
from tinygraph.lab2.run import MOST_SHOWN, Settings, problem, train


def test_the_network_is_the_graph_of_the_lab(lab2):
    assert [node.name for node in lab2.inputs] == ["x", "t"]
    kinds = [type(node).__name__ for node in lab2.nodes if isinstance(node, tg.Op)]
    assert kinds == ["MatMul", "AddBias", "Sigmoid"] * 3 + ["MSE"]
    shapes = {p.name: p.shape for p in lab2.parameters}
    assert shapes == {
        "layer1/W": (2, 4),
        "layer1/b": (4,),
        "layer2/W": (4, 4),
        "layer2/b": (4,),
        "layer3/W": (4, 1),
        "layer3/b": (1,),
    }
    assert lab2.prediction.name == "layer3/h"


def test_the_loss_is_the_mean_square_and_its_gradient_2_over_n(lab2, xor):
    loss = lab2.forward(**xor)
    y = lab2.prediction.value
    assert loss == pytest.approx(np.mean((y - xor["t"]) ** 2), rel=1e-14)
    lab2.backward()
    np.testing.assert_allclose(lab2.prediction.grad, 2 * (y - xor["t"]) / 21, rtol=1e-14)


def test_the_start_values_are_normal():
    values = np.concatenate(
        [p.value.ravel() for seed in range(60) for p in tg.lab2.model(rng=seed).parameters]
    )
    assert abs(values.mean()) < 0.08
    assert abs(values.std() - 1) < 0.05


def test_activations_can_be_chosen():
    kinds = {"sigmoid": tg.Sigmoid, "tanh": tg.Tanh, "relu": tg.ReLU, "none": tg.Identity}
    for name, kind in kinds.items():
        model = tg.lab2.model(activation=name, output_activation="sigmoid")
        assert type(model["layer1/h"]) is kind
        assert type(model["layer3/h"]) is tg.Sigmoid
        assert type(tg.lab2.model(activation=name)["layer3/h"]) is kind


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden": 0},
        {"hidden": 2.5},
        {"hidden": "4"},
        {"activation": "sigmod"},
        {"activation": None},
        {"output_activation": "softmax"},
        {"rng": "seed"},
    ],
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(tg.TinygraphError):
        tg.lab2.model(**settings)


@pytest.mark.parametrize("data", ["linear", "xor"])
def test_the_default_settings_reach_100_percent(data):
    outcome = train(Settings(data=data, print_interval=0))
    assert outcome.accuracy == 1.0
    assert "100.00%" in outcome.summary()
    assert "1 − mean abs error" in outcome.summary()


def test_one_seed_decides_everything():
    for name in ("linear", "xor"):
        one, other = (problem(Settings(data=name, seed=7)) for _ in range(2))
        np.testing.assert_array_equal(one[2], other[2])
        for p, q in zip(one[0].parameters, other[0].parameters, strict=True):
            np.testing.assert_array_equal(p.value, q.value)


def test_the_worst_predictions_are_printed_and_no_more_than_a_dozen():
    outcome = train(Settings(data="linear", epochs=10, print_interval=0))
    lines = outcome.predictions().splitlines()[2:]
    assert len(lines) == MOST_SHOWN == 6
    errors = [abs(float(line.split()[2]) - float(line.split()[3])) for line in lines]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] == pytest.approx(np.abs(outcome.y - outcome.t).max(), abs=1e-4)


def test_figures_and_predictions_are_written(tmp_path):
    outcome = train(Settings(data="xor", epochs=10, print_interval=0))
    paths = save_files(outcome, tmp_path)
    assert all(path.stat().st_size > 0 for path in paths)
    with (tmp_path / "xor-predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["x1", "x2", "label", "prediction"]
    np.testing.assert_array_equal(
        np.array(rows[1:], dtype=float), np.hstack([outcome.x, outcome.t, outcome.y])
    )
