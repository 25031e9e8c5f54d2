"""The verdicts follow the numbers: a changed number changes what the report says."""

from __future__ import annotations

import dataclasses

import pytest

from tinygraph.lab2.experiments import EXPERIMENTS
from tinygraph.lab2.experiments.summary import Row
from tinygraph.lab2.report.claims import CLAIMS, findings
from tinygraph.lab2.report.findings import Table, best, divided
from tinygraph.lab2.report.seeds import why_they_differ
from tinygraph.lab2.report.tables import SeedRow, read_rows, write_rows

PLAIN = Row(
    experiment="",
    data="",
    setting="",
    hidden=4,
    activation="sigmoid",
    output_activation="sigmoid",
    optimizer="sgd",
    lr=0.1,
    parameters=37,
    seeds=20,
    epochs=20_000,
    reached=20,
    at_end=20,
    median_epoch=500.0,
    median_loss=0.01,
    low_loss=0.005,
    high_loss=0.02,
    best_loss=0.001,
    median_accuracy=1.0,
    best_accuracy=1.0,
    median_closeness=0.99,
    early_accuracy=0.9,
    diverged=0,
    first_loss=0.3,
    climb=0.0,
    high_climb=0.0,
    early_climb=0.0,
    stuck_before=0.0,
    stuck_after=0.0,
    output_stuck_before=0,
    output_stuck_after=0,
    linear_loss=0.25,
    median_seed=3,
)


def table(*changes, experiment=None):
    """Return the plain table with some numbers changed: (data, setting, column, value)."""
    rows = {
        (data, label): dataclasses.replace(PLAIN, experiment=key, data=data, setting=label)
        for key in ([experiment] if experiment else EXPERIMENTS)
        for data in ("linear", "xor")
        for label in EXPERIMENTS[key].settings
    }
    for data, label, column, value in changes:
        rows[data, label] = dataclasses.replace(rows[data, label], **{column: value})
    seconds = {(row.experiment, row.data, row.setting): 1.0 for row in rows.values()}
    return Table(rows.values(), seconds)


def both(label, column, value):
    return [(data, label, column, value) for data in ("linear", "xor")]


FAILS = [
    (label, column, value)
    for label in EXPERIMENTS["E3"].settings
    for column, value in (("reached", 0), ("median_epoch", None))
]

OPTIMIZERS = ("SGD", "Momentum", "Adam")


def never(label):
    """Return changes after which no seed of a setting reaches 100 %."""
    return [*both(label, "reached", 0), *both(label, "median_epoch", None)]


CASES = [
    ("E1", 0, both("η = 10", "median_epoch", 100.0), "agrees"),
    ("E1", 0, both("η = 1", "median_epoch", 100.0), "disagrees"),
    ("E1", 0, [("xor", "η = 10", "median_epoch", 9.0)], "in part"),
    ("E1", 1, both("η = 10", "early_climb", 2.5), "agrees"),
    ("E1", 1, [], "disagrees"),
    ("E1", 2, [], "agrees"),
    ("E1", 2, both("η = 1", "climb", 0.5), "disagrees"),
    ("E1", 2, both("η = 1", "median_loss", 0.3), "disagrees"),
    ("E1", 3, [("xor", "η = 100", "at_end", 0)], "agrees"),
    ("E1", 3, [("xor", "η = 100", "at_end", 3)], "in part"),
    ("E1", 3, [], "disagrees"),
    ("E2", 0, both("H = 32", "early_accuracy", 0.95), "agrees"),
    ("E2", 0, both("H = 4", "early_accuracy", 0.95), "disagrees"),
    ("E2", 1, both("H = 32", "median_epoch", 50.0), "agrees"),
    ("E2", 1, both("H = 32", "median_epoch", None), "disagrees"),
    ("E2", 0, [], "disagrees"),
    ("E2", 1, [], "disagrees"),
    ("E2", 2, [], "disagrees"),
    ("E2", 3, both("H = 32", "climb", 0.7), "agrees"),
    ("E2", 3, [], "disagrees"),
    ("E3", 0, [("xor", *change) for change in FAILS], "agrees"),
    ("E3", 0, [], "disagrees"),
    ("E3", 1, [("xor", "none, η = 0.01", "best_loss", 0.26)], "agrees"),
    ("E3", 1, [], "disagrees"),
    ("E3", 1, [("xor", "none, η = 0.01", "best_loss", float("inf"))], "undecided"),
    ("E4", 0, [("xor", "SGD", "at_end", 10)], "agrees"),
    ("E4", 0, [("xor", "SGD", "at_end", 10), ("xor", "Adam", "at_end", 9)], "in part"),
    ("E4", 0, [change for o in OPTIMIZERS for change in both(o, "at_end", 0)], "disagrees"),
    (
        "E4",
        0,
        [change for o in OPTIMIZERS for change in both(o, "median_accuracy", 0)],
        "disagrees",
    ),
    ("E4", 0, [], "undecided"),
    ("E4", 1, both("SGD", "median_epoch", 9_000.0), "agrees"),
    ("E4", 1, [], "disagrees"),
    ("E4", 1, both("Adam", "median_epoch", 90.0), "in part"),
    (
        "E4",
        1,
        [change for o in OPTIMIZERS for change in both(o, "median_epoch", None)],
        "disagrees",
    ),
    ("E4", 2, [("xor", "Adam", "climb", 0.01)], "agrees"),
    ("E4", 2, [], "disagrees"),
    ("E4", 2, [("xor", "Adam", "climb", 1e-14)], "disagrees"),
    ("E4", 3, [], "agrees"),
    ("E4", 3, [("xor", "Adam, η = 10", "at_end", 0)], "in part"),
    ("E4", 3, [("xor", f"{o}, η = 10", "at_end", 0) for o in OPTIMIZERS], "disagrees"),
    ("E5", 0, [], "agrees"),
    ("E5", 0, both("ReLU", "reached", 1), "agrees"),
    ("E5", 0, [("xor", "ReLU", "best_accuracy", 0.9)], "in part"),
    ("E5", 0, both("ReLU", "best_accuracy", 0.9), "disagrees"),
    ("E5", 1, both("ReLU", "high_climb", 3.0), "agrees"),
    ("E5", 1, [], "disagrees"),
    ("E5", 2, both("ReLU", "high_climb", 3.0), "agrees"),
    ("E5", 2, [], "disagrees"),
    ("E5", 2, both("ReLU", "high_climb", 1e-14), "disagrees"),
    ("E6", 0, [], "agrees"),
    ("E6", 0, both("sigmoid + Adam", "at_end", 19), "disagrees"),
    ("E6", 1, both("sigmoid + Adam", "median_epoch", 40.0), "agrees"),
    (
        "E6",
        1,
        [change for e in EXPERIMENTS.values() for label in e.settings for change in never(label)],
        "disagrees",
    ),
    ("E6", 1, [("xor", "tanh", "median_epoch", 30.0)], "in part"),
]


@pytest.mark.parametrize(("key", "index", "changes", "expected"), CASES)
def test_a_verdict_follows_the_numbers(key, index, changes, expected):
    changed = table(*changes)
    assert findings(key, changed)[index].verdict == expected


def test_every_claim_is_tried_both_ways():
    for key, claims in CLAIMS.items():
        for index in range(len(claims)):
            seen = {expected for k, i, _, expected in CASES if (k, i) == (key, index)}
            assert len(seen) > 1 or (key, index) == ("E2", 2)


def test_longer_is_read_from_the_clock():
    slow = table()
    slow.seconds = {key: float("32" in key[2]) for key in slow.seconds}
    assert findings("E2", slow)[2].verdict == "agrees"
    assert "0.0 s and 1.0 s" in findings("E2", slow)[2].text


def test_a_sentence_has_the_number_it_rests_on():
    text = findings("E1", table(("xor", "η = 100", "output_stuck_after", 17)))[3].text
    assert "17 of 20 seeds on XOR" in text


def test_dead_units_are_spoken_of_only_where_there_are_any():
    assert "dead" not in findings("E5", table())[0].text
    found = findings("E5", table(("xor", "ReLU", "output_stuck_after", 11)))[0].text
    assert "11 of 20 seeds on XOR" in found


def test_divergence_is_spoken_of_only_where_there_is_any():
    assert "diverge" not in findings("E3", table())[1].text
    assert (
        "18 of 20 seeds diverge" in findings("E3", table(("xor", "none", "diverged", 18)))[1].text
    )


def test_divided_seeds_are_named():
    rows = table(("xor", "η = 0.1", "reached", 10), experiment="E1").rows
    assert divided(rows) == ["XOR, η = 0.1: 10 of 20 seeds reach 100 %."]


def test_the_best_has_most_seeds_then_fewest_epochs_then_least_loss():
    rows = [
        dataclasses.replace(PLAIN, setting="slow", median_epoch=900.0),
        dataclasses.replace(PLAIN, setting="fast"),
        dataclasses.replace(PLAIN, setting="lower", median_loss=0.001),
        dataclasses.replace(PLAIN, setting="lucky", reached=19, median_epoch=5.0),
    ]
    assert best(rows).setting == "lower"


def seed(number, **changes):
    usual = {
        "experiment": "E5",
        "data": "xor",
        "setting": "ReLU",
        "seed": number,
        "reached": 10 * (number + 1),
        "final_loss": 0.001,
        "accuracy": 1.0,
        "closeness": 0.99,
        "early_accuracy": 0.9,
        "climb": 0.0,
        "early_climb": 0.0,
        "stuck_before": 0,
        "stuck_after": 0,
        "output_stuck_before": 0,
        "output_stuck_after": 0,
    }
    return SeedRow(**{**usual, **changes})


BAD = {"reached": -1, "accuracy": 0.5, "final_loss": 0.2495}


def test_dead_units_explain_a_bad_seed():
    row = dataclasses.replace(PLAIN, data="xor", setting="ReLU", output_activation="relu", seeds=3)
    dead = seed(2, **BAD, output_stuck_after=1, output_stuck_before=1)
    text = " ".join(why_they_differ(row, [seed(0), seed(1), dead], table()))
    assert "2 of 3 seeds predict every point correctly at the end, and 1 do not" in text
    assert "1 of 3 seeds without 100 % end with an output unit that is dead" in text
    assert "1 of them started in this state" in text
    assert "still passes a gradient" not in text


def test_a_late_seed_is_not_called_broken():
    row = dataclasses.replace(PLAIN, data="xor", setting="η = 0.1", seeds=3, reached=2)
    text = " ".join(why_they_differ(row, [seed(0), seed(1), seed(2, **BAD)], table()))
    assert "the output unit still passes a gradient" in text
    assert "after 10 to 20 epochs" in text
    assert "that of the best straight line, 0.25" in text
    assert "brings 20 of 20 seeds to 100 %" in text
    assert "diverged" not in text


@pytest.mark.parametrize("loss", [float("inf"), float("nan")])
def test_a_diverged_seed_is_neither_late_nor_dead(loss):
    row = dataclasses.replace(PLAIN, data="xor", setting="η = 0.1", seeds=2, reached=1)
    bad = seed(1, **{**BAD, "final_loss": loss}, output_stuck_after=1)
    text = " ".join(why_they_differ(row, [seed(0), bad], table()))
    assert "1 of 2 seeds diverged" in text
    assert "dead" not in text
    assert "saturated" not in text
    assert "passes a gradient" not in text


def test_rows_come_back_from_a_file_as_they_were(tmp_path):
    rows = [
        dataclasses.replace(PLAIN, median_epoch=None, median_loss=float("inf"), climb=1 / 3),
        PLAIN,
    ]
    write_rows(tmp_path / "rows.csv", Row, rows)
    assert read_rows(tmp_path / "rows.csv", Row) == rows
