"""The network of the lab on one's own table: scores, files, the page, and the command."""

from __future__ import annotations

import csv
import re
from dataclasses import replace

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.cli import main
from tinygraph.cli.train.page import MISTAKES, worst_rows
from tinygraph.cli.train.training import DIGITS, Training, train_on_table
from tinygraph.data.table import Table, digits_table

QUIET = {"print_interval": 0}


def blobs(classes=3, count=90):
    rng = np.random.default_rng(0)
    y = np.arange(count) % classes
    centres = np.array([[0.0, 0.0], [6.0, 600.0], [0.0, 600.0]])
    x = centres[y] + rng.normal(size=(count, 2)) * [1.0, 100.0]
    names = ("red", "green", "blue")[:classes]
    return Table(("a", "b"), x, "colour", y.astype(float), names)


def line(count=60):
    x = np.linspace(-3, 3, count)[:, None]
    return Table(("x",), x, "y", 1000 + 50 * x[:, 0], ())


@pytest.mark.parametrize("classes", [2, 3])
def test_a_classifier_learns_on_features_of_any_size(classes):
    trained = train_on_table(blobs(classes), Training(epochs=400, **QUIET))
    rows = trained.is_held_out
    assert rows.sum() == 18
    assert trained.score(rows) > 0.9
    assert trained.score(rows) == np.mean(trained.decided[rows] == trained.table.y[rows])
    assert trained.baseline(rows) < 0.7
    assert trained.prediction.shape == (90, classes)
    validation = trained.history.validation_accuracy
    assert validation[np.isfinite(validation)][-1] == pytest.approx(trained.score(rows))


def test_a_quantity_is_predicted_in_its_own_unit():
    trained = train_on_table(line(), Training(epochs=800, **QUIET))
    rows = trained.is_held_out
    assert trained.score(rows) < 5
    assert trained.baseline(rows) > 50
    assert trained.score_names == ("root mean squared error", "always the mean")


def test_the_split_and_the_weights_follow_from_the_seed():
    one, other, third = (
        train_on_table(blobs(), Training(epochs=3, seed=seed, **QUIET)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.prediction, other.prediction)
    assert (one.is_held_out != third.is_held_out).any()


def test_validation_rows_do_not_influence_the_training():
    table = blobs()
    trained = train_on_table(table, Training(epochs=5, **QUIET))
    x = np.where(trained.is_held_out[:, None], 1e6, table.x)
    changed = Table(table.features, x, table.target, table.y, table.classes)
    again = train_on_table(changed, Training(epochs=5, **QUIET))
    for one, other in zip(trained.model.parameters, again.model.parameters, strict=True):
        np.testing.assert_array_equal(one.value, other.value)


@pytest.mark.parametrize("settings", [{"validation": 1.0}, {"validation": -0.1}, {"hidden": 0}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(tg.errors.ArgumentError):
        train_on_table(blobs(), Training(**settings))


def test_too_few_rows_are_refused():
    table = Table(("a",), np.zeros((2, 1)), "b", np.arange(2.0), ())
    with pytest.raises(tg.errors.ArgumentError, match="At least 2 rows must remain"):
        train_on_table(table, Training(validation=0.5))


def test_the_worst_mistakes_come_first():
    trained = train_on_table(line(), Training(epochs=5, **QUIET))
    rows = worst_rows(trained)
    assert len(rows) == MISTAKES
    errors = [abs(float(truth) - float(found)) for _, truth, found in rows]
    assert errors == sorted(errors, reverse=True)
    expected = np.abs(trained.decided - trained.table.y)[trained.is_held_out].max()
    assert errors[0] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("model", ["mlp", "conv"])
def test_the_digits_are_learned_by_both_models(model):
    trained = train_on_table(digits_table(), replace(DIGITS, model=model, epochs=4, **QUIET))
    kinds = [type(node).__name__ for node in trained.model.nodes]
    assert ("Conv2D" in kinds) == (model == "conv")
    assert trained.score(trained.is_held_out) > 0.9
    assert trained.baseline(trained.is_held_out) < 0.2
    assert (trained.margin >= 0).all()


def test_convolutions_learn_all_but_a_few_digits():
    trained = train_on_table(digits_table(), replace(DIGITS, model="conv", epochs=20, **QUIET))
    assert trained.is_held_out.sum() == 397
    assert trained.score(trained.is_held_out) > 0.97
    assert trained.score(~trained.is_held_out) > 0.99


def test_convolutions_need_images():
    with pytest.raises(tg.errors.ArgumentError, match="needs images"):
        train_on_table(blobs(), Training(model="conv"))


def test_the_page_of_the_digits_shows_the_mistakes_as_images(tmp_path, capsys):
    assert main(["train", "digits", "--epochs", "2", "--out", str(tmp_path)]) == 0
    assert "1,797 rows, 64 features, target 'digit'" in capsys.readouterr().out
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "Each title gives the true class, then the predicted one." in page
    assert re.search(r"\d, not \d", page)


@pytest.fixture
def table_file(tmp_path):
    table = blobs()
    path = tmp_path / "colours.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow((*table.features, table.target))
        for x, y in zip(table.x, table.y, strict=True):
            writer.writerow((*x, table.classes[int(y)]))
    return path


def test_the_command_trains_and_writes_a_page(table_file, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["train", str(table_file), "--target", "colour", "--epochs", "300", "--out", str(out)]
    assert main([*command, "--batch-size", "16", "--optimizer", "momentum"]) == 0
    text = capsys.readouterr().out
    assert "90 rows, 2 features: a, b, target 'colour' (classification, 3 classes: blue, " in text
    assert text.splitlines()[-1] == f"Start here: {out / 'index.html'}"
    page = (out / "index.html").read_text(encoding="utf-8")
    for target in re.findall(r'(?:href|src)="([^"#][^"]*)"', page):
        assert target.startswith("data:") or (out / target).is_file(), target
    for name in ("blue", "green", "red"):
        assert name in page
    with (out / "predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 90
    held_out = [row for row in rows if row["rows"] == "validation"]
    share = np.mean([row["colour"] == row["prediction"] for row in held_out])
    assert f"{100 * share:.1f} %" in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--target", "color"], 'Did you mean "colour"?'),
        ([], "--target"),
        (["--target", "colour", "--validation", "2"], "validation share"),
        (["--target", "colour", "--epochs", "0"], "at least 1"),
        (["--target", "colour", "--task", "regression"], "line 2, column 'colour'"),
        (["--target", "colour", "--patience", "5", "--validation", "0"], "patience"),
    ],
)
def test_a_wrong_argument_is_one_line(table_file, tmp_path, capsys, arguments, said):
    try:
        status = main(["train", str(table_file), "--out", str(tmp_path / "o"), *arguments])
    except SystemExit as leave:
        status = leave.code
    error = capsys.readouterr().err
    assert status == 2
    assert said in error
    assert error.count("\n") == 1
