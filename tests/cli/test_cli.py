"""The command line: what it says, what it writes, and how it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tinygraph.cli import main
from tinygraph.cli.parser import FAILED


def test_lab2_trains_both_data_sets_and_writes_figures(tmp_path, capsys):
    assert (
        main(["lab2", "--epochs", "1000", "--print-interval", "500", "--out", str(tmp_path)]) == 0
    )
    text = capsys.readouterr().out
    for words in ("linear: sigmoid + adam", "xor: sigmoid + adam", "epoch   1,000", "time"):
        assert words in text
    assert text.count("100.00%") >= 2
    for name in ("linear", "xor"):
        for kind in ("prediction", "learning-curve", "decision-regions"):
            assert (tmp_path / f"{name}-{kind}.png").stat().st_size > 0
        assert (tmp_path / f"{name}-step.html").stat().st_size > 0
    assert text.splitlines()[-1] == f"Start here: {tmp_path / 'index.html'}"
    assert "These 6 of 100 points are the farthest from their labels." in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lr", "-1"],
        ["--lr", "fast"],
        ["--lr", "nan"],
        ["--epochs", "0"],
        ["--epochs", "1.5"],
        ["--hidden", "0"],
        ["--seed", "-1"],
        ["--print-interval", "-5"],
        ["--data", "circle"],
        ["--activation", "softmax"],
        ["--optimizer", "adm"],
        ["--engine", "warp"],
        ["--n", "0"],
        ["--data", "linear", "--n", "1000000000000000"],
        ["--nonsense"],
        ["extra"],
    ],
)
def test_a_bad_value_gets_one_line_and_status_2(arguments, tmp_path, capsys):
    base = ["lab2", "--epochs", "2", "--out", str(tmp_path)]
    try:
        status = main([*base, *arguments])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("tinygraph")


def test_step_writes_a_page_or_prints_the_steps(tmp_path, capsys):
    page = tmp_path / "step.html"
    assert main(["step", "lab2", "--data", "xor", "--hidden", "4", "--save", str(page)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert str(page) in capsys.readouterr().out
    assert main(["step", "lab2", "--data", "linear", "--training-steps", "2", "--plain"]) == 0
    text = capsys.readouterr().out
    assert "step 52 of 52, training step 2" in text
    assert "dW1 = x.T @ dz1" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["lab3"],
        ["lab2", "--data", "both"],
        ["lab2", "--training-steps", "0"],
        ["lab2", "--hidden", "0"],
        ["lab2", "--save", "/nowhere/step.html"],
    ],
)
def test_step_refuses_a_bad_value_in_one_line(arguments, capsys):
    try:
        status = main(["step", *arguments])
    except SystemExit as stop:
        status = stop.code
    captured = capsys.readouterr()
    assert status == 2
    assert captured.err.count("\n") == 1


def test_a_folder_that_cannot_be_made_is_refused_before_training(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert main(["lab2", "--epochs", "2", "--out", str(blocked / "below")]) == 2
    captured = capsys.readouterr()
    assert "epoch" not in captured.out
    assert f"Cannot write {blocked / 'below'}: " in captured.err
    assert captured.err.count("\n") == 1


def test_a_diverging_run_is_told_in_one_line(tmp_path, capsys):
    arguments = ["--data", "xor", "--optimizer", "sgd", "--lr", "1e300", "--activation", "relu"]
    assert main(["lab2", *arguments, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert "non-finite" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["--help"], ["lab2", "--help"], ["--version"]])
def test_help_and_version_read_well(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert stop.value.code == (0 if arguments else 2)
    assert "tinygraph" in text
    assert "%%" not in text
    assert "None" not in text


def test_a_console_without_unicode_is_no_obstacle(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tinygraph", "lab2", "--data", "xor", "--epochs", "3"],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"1 - mean abs error" in done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "ascii"])
def test_a_negative_number_keeps_its_sign_in_any_pipe(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "tinygraph", "step", "lab2", "--plain"],
        capture_output=True,
        env={**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not re.search(rb"\?\d", done.stdout)
    assert b"-0." in done.stdout


@pytest.mark.parametrize(
    "command", [["step", "lab2", "--plain"], ["lab2", "--data", "xor", "--print-interval", "1"]]
)
def test_a_reader_that_closes_the_pipe_early_is_not_an_error(command, tmp_path):
    command = [sys.executable, "-u", "-m", "tinygraph", *command]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=tmp_path) as run:
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait() == FAILED


def test_python_dash_m_runs_the_same(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tinygraph", "lab2", "--epochs", "0"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["lab2", "--out", "a\0b"],
        ["lab2", "--checkpoint", "\u00e9" * 300],
        ["lab2", "report", "--out", "a\0b"],
        ["lab2", "report", "--quick", "--seeds", "9" * 20],
        ["lab2", "report", "--quick", "--epochs", "9" * 20],
        ["step", "lab2", "--plain", "--training-steps", "9" * 20],
        ["step", "lab2", "--save", "\u00e9" * 300],
    ],
)
def test_odd_paths_and_endless_runs_are_refused_in_one_line(
    arguments, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1
