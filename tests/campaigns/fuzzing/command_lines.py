"""Odd command lines: every option of every subcommand with every odd value, also in pairs."""

import contextlib
import io
import itertools
import random
from pathlib import Path
from unittest.mock import patch

from campaigns.fuzzing.judge import HangError, alarm, folder_of_ones_own
from tinygraph.cli.parser import build_parser, main

SOUND_LINES = {
    "": [],
    "lab2": ["lab2", "--data", "xor", "--epochs", "2", "--out", "out"],
    "lab2 report": [
        "lab2", "report", "--quick", "--epochs", "2", "--seeds", "1", "--jobs", "1",
        "--only", "E1", "--out", "report",
    ],
    "step": ["step", "lab2", "--data", "xor", "--plain"],
    "playground": ["playground", "lab2", "--data", "xor", "--out", "page.html"],
    "train": ["train", "t.csv", "--target", "b", "--epochs", "2", "--out", "trained"],
}  # fmt: skip
"""A fast command line for each subcommand."""
ODD_VALUES = [
    "", "0", "-1", "nan", "inf", "-inf", "1e400", "abc", "99999999999999999999", "--lr", "3", "2.5",
    "relu", "xor", "\u200b", "ü", "a/b/c", ".", "numpy", "None", "-", "1e-400", "E1", "foreign.npz",
    "\0", "\ud800", "é" * 300,
]  # fmt: skip


def options_of(command):
    """Return the options that a subcommand's parser knows, and one that it does not."""
    parser = build_parser()
    for word in command.split():
        parser = next(
            action.choices[word] for action in parser._actions if isinstance(action.choices, dict)
        )
    known = [option for action in parser._actions for option in action.option_strings]
    return [option for option in known if option.startswith("--")] + ["--nonsense"]


def single_lines(values=ODD_VALUES):
    """Return a line for every option with every odd value, and for every option without one."""
    return [
        [*line, option, *value]
        for command, line in SOUND_LINES.items()
        for option in options_of(command)
        for value in [[], *([value] for value in values)]
    ]


def random_lines(count, seed):
    """Return lines with two odd options each, some of them with extra words."""
    rng = random.Random(seed)
    lines = []
    for command, line in itertools.islice(itertools.cycle(SOUND_LINES.items()), count):
        spoilt = list(line)
        for _ in range(2):
            spoilt += [rng.choice(options_of(command)), rng.choice(ODD_VALUES)]
        if rng.random() < 0.2:
            spoilt.insert(rng.randrange(len(spoilt) + 1), rng.choice(ODD_VALUES))
        lines.append(spoilt)
    return lines


def try_command_line(arguments):
    """Return the fault in the answer of the command line, or None."""
    said, errors = io.StringIO(), io.StringIO()
    shown = " ".join(map(repr, arguments))
    try:
        with alarm(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
            status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    except HangError:
        # A long training is what was asked for: it works if it prints as it goes.
        return None if "epoch" in said.getvalue() else f"{shown}: hangs"
    except BaseException as error:
        return f"{shown}: {type(error).__name__}: {str(error)[:200]}"
    lines = errors.getvalue()
    if status == 2 and (lines.count("\n") != 1 or len(lines) < 20):
        return f"{shown}: not one clear line: {lines!r}"
    return None if status in (0, 1, 2) else f"{shown}: status {status}"


@contextlib.contextmanager
def without_drawing():
    """Leave the pictures and the text of the report out: no option reaches them, and they take
    seconds."""
    with (
        patch("tinygraph.cli.lab2.save_files", return_value=[]),
        patch("tinygraph.lab2.page.write_page", return_value="index.html"),
        patch("tinygraph.cli.train.command.save_training", return_value=[]),
        patch("tinygraph.cli.train.page.write_own_page", return_value="index.html"),
        patch("tinygraph.lab2.report.writer.section", return_value=None),
        patch("tinygraph.lab2.report.writer.save_figures"),
        patch("tinygraph.lab2.report.writer.seed_section", return_value=None),
        patch("tinygraph.lab2.report.writer.render_pages", return_value={}),
    ):
        yield


def fuzz_command_lines(lines):
    """Try the lines; return how many were tried, and the failures."""
    with folder_of_ones_own(), without_drawing():
        Path("t.csv").write_text("a,b,c\n1,2.5,x\n2,3.5,y\n3,1.5,x\n4,2,y\n")
        results = [try_command_line(line) for line in lines]
    return len(results), [failure for failure in results if failure]
