"""The verdicts follow the numbers: a changed number changes what the report says."""

from __future__ import annotations

import dataclasses

import pytest

from tinygraph.lab2.experiments import EXPERIMENTS
from tinygraph.lab2.report.claims import CLAIMS, findings
from tinygraph.lab2.report.explain import why_they_differ
from tinygraph.lab2.report.findings import Table, best, divided
from tinygraph.lab2.report.tables import SeedRow, read_rows, write_rows
from tinygraph.lab2.summary import Row

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

CASES = [
    ("E1", 0, both("η = 10", "median_epoch", 100.0), "agrees"),
    ("E1", 0, both("η = 1", "median_epoch", 100.0), "disagrees"),
    ("E1", 0, [("xor", "η = 10", "median_epoch", 9.0)], "in part"),
    ("E1", 1, both("η = 10", "early_climb", 2.5), "agrees"),
    ("E1", 1, [], "disagrees"),
    ("E1", 2, [], "agrees"),
    ("E1", 2, both("η = 1", "climb", 0.5), "disagrees"),
    ("E1", 3, [("xor", "η = 100", "at_end", 0)], "agrees"),
    ("E1", 3, [], "disagrees"),
    ("E2", 0, both("H = 32", "early_accuracy", 0.95), "agrees"),
    ("E2", 0, both("H = 4", "early_accuracy", 0.95), "disagrees"),
    ("E2", 1, both("H = 32", "median_epoch", 50.0), "agrees"),
    ("E2", 1, both("H = 32", "median_epoch", None), "disagrees"),
    ("E2", 2, [], "disagrees"),
    ("E2", 3, both("H = 32", "climb", 0.7), "agrees"),
    ("E2", 3, [], "disagrees"),
    ("E3", 0, [("xor", *change) for change in FAILS], "agrees"),
    ("E3", 0, [], "disagrees"),
    ("E3", 1, [("xor", "none, η = 0.01", "best_loss", 0.26)], "agrees"),
    ("E3", 1, [], "disagrees"),
    ("E4", 0, [("xor", "SGD", "reached", 10)], "agrees"),
    ("E4", 0, both("Adam", "reached", 19), "disagrees"),
    ("E4", 1, both("SGD", "median_epoch", 9_000.0), "agrees"),
    ("E4", 1, [], "disagrees"),
    ("E4", 2, [("xor", "Adam", "climb", 0.01)], "agrees"),
    ("E4", 2, [], "disagrees"),
    ("E4", 3, [], "agrees"),
    ("E4", 3, [("xor", "Adam, η = 10", "at_end", 0)], "in part"),
    ("E5", 0, both("ReLU", "best_loss", 1e-9), "agrees"),
    ("E5", 0, both("ReLU", "reached", 3), "in part"),
    ("E5", 1, both("ReLU", "high_climb", 3.0), "agrees"),
    ("E5", 1, [], "disagrees"),
    ("E5", 2, both("ReLU", "high_climb", 3.0), "agrees"),
    ("E5", 2, [], "disagrees"),
    ("E6", 0, [], "agrees"),
    ("E6", 0, both("sigmoid + Adam", "at_end", 19), "disagrees"),
    ("E6", 1, both("sigmoid + Adam", "median_epoch", 40.0), "agrees"),
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
    assert "2 of 3 seeds have every point right at the end, 1 have not" in text
    assert "1 end with an output unit that is dead" in text
    assert "1 of them began that way" in text


def test_a_late_seed_is_not_called_broken():
    row = dataclasses.replace(PLAIN, data="xor", setting="η = 0.1", seeds=3, reached=2)
    text = " ".join(why_they_differ(row, [seed(0), seed(1), seed(2, **BAD)], table()))
    assert "nothing is broken, they are late" in text
    assert "between 10 and 20 epochs" in text
    assert "the loss of the best straight line, 0.25" in text
    assert "brings 20 of 20 seeds to 100 %" in text


def test_rows_come_back_from_a_file_as_they_were(tmp_path):
    rows = [
        dataclasses.replace(PLAIN, median_epoch=None, median_loss=float("inf"), climb=1 / 3),
        PLAIN,
    ]
    write_rows(tmp_path / "rows.csv", Row, rows)
    assert read_rows(tmp_path / "rows.csv", Row) == rows
