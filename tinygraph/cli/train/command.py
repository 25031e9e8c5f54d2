"""The command ``tinygraph train``: a CSV file of the user, handwritten digits, or strings."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tinygraph.cli.options import INTERRUPTED, file_path, folder_path, with_options
from tinygraph.cli.train.reversal import (
    ReversalTraining,
    TrainedReversal,
    save_reversal,
    train_reversal,
)
from tinygraph.cli.train.training import (
    DIGITS,
    MODELS,
    Trained,
    Training,
    save_training,
    train_on_table,
)
from tinygraph.data.table import MOST_CLASSES, Table, digits_table, read_table
from tinygraph.errors import ArgumentError
from tinygraph.lab2.run import OPTIMIZERS
from tinygraph.validation.paths import writing

T = TypeVar("T", Trained, TrainedReversal)
BUILT_IN = "digits"
REVERSE = "reverse"
NOT_FOR_STRINGS = ("target", "features", "model")
"""The options that describe a table; strings have none of them."""
CONV_EPOCHS = 20
"""The usual epochs of convolutions, which learn more in an epoch, and take longer."""
MOST_NAMES = 5
"""The names of more features are not printed."""


def add_train(commands: Any) -> None:
    """Add ``tinygraph train``."""
    train = commands.add_parser(
        "train",
        help="train a network on your own CSV file, on digits, or to reverse strings",
        description="Train a network with two hidden layers on a CSV file, and write a page about "
        "the result. The features are numbers; the target is a number or a class name. "
        '"tinygraph train digits" uses 1,797 images of handwritten digits instead. '
        '"tinygraph train reverse" trains a transformer that reverses strings of eight digits.',
        argument_default=argparse.SUPPRESS,
    )
    _add_table(train)
    _add_training(train)
    train.set_defaults(run=_run_train)


def _add_table(parser: argparse.ArgumentParser) -> None:
    table = parser.add_argument_group("table")
    parser.add_argument(
        "table",
        type=file_path,
        metavar="FILE.csv",
        help="with a header or not; or digits, or reverse",
    )
    table.add_argument("--target", metavar="COLUMN", help="column to predict: name, or number")
    table.add_argument(
        "--features",
        nargs="+",
        metavar="COLUMN",
        help="columns to predict it from (default: all others)",
    )
    table.add_argument(
        "--task",
        choices=["auto", "classification", "regression"],
        default="auto",
        help="auto: class names, or at most 10 different whole numbers, are classes",
    )
    parser.add_argument(
        "--out",
        type=folder_path,
        default=Path("train-output"),
        metavar="FOLDER",
        help="folder for the page (train-output)",
    )


def _add_training(parser: argparse.ArgumentParser) -> None:
    training = parser.add_argument_group("training")
    for name, kind, text in (
        ("hidden", int, "units in each hidden layer"),
        ("lr", float, "learning rate"),
        ("epochs", int, "passes over the data"),
        ("batch_size", int, "mini-batch size"),
        ("validation", float, "share of the rows that is not trained on"),
        ("patience", int, "stop if the validation loss has not fallen for this many epochs"),
        ("seed", int, "seed of the split, the start values and the batches"),
        ("print_interval", int, "epochs between printed lines"),
    ):
        option = f"--{name.replace('_', '-')}"
        training.add_argument(option, type=kind, metavar="N", help=text + _defaults(name))
    training.add_argument(
        "--model", choices=MODELS, help="dense layers, or convolutions of images (mlp)"
    )
    training.add_argument(
        "--optimizer", choices=sorted(OPTIMIZERS), help=f"update rule{_defaults('optimizer')}"
    )


def _defaults(name: str) -> str:
    usual, digits = getattr(Training(), name), getattr(DIGITS, name)
    strings = getattr(ReversalTraining(), name)
    if usual == digits == strings:
        return "" if usual is None else f" ({usual})"
    texts = [str("all rows" if usual is None else usual)]
    texts += [f"{BUILT_IN}: {digits}"] * (digits != usual)
    texts += [f"{REVERSE}: {strings}"] * (strings != usual)
    return f" ({'; '.join(texts)})"


def _run_train(options: argparse.Namespace) -> int:
    if str(options.table) == REVERSE:
        return _run_reversal(options)
    from tinygraph.cli.train.page import write_own_page  # matplotlib is slow to import

    table, usual = _table(options)
    print(_description(table, str(options.table)))
    _make(options.out)
    trained = train_on_table(table, with_options(usual, options))
    return _finish(trained, options.out, save_training, partial(write_own_page, options.table.name))


def _run_reversal(options: argparse.Namespace) -> int:
    from tinygraph.cli.train.reversal_page import write_reversal_page  # imports matplotlib

    given = [name for name in NOT_FOR_STRINGS if name in options]
    if given:
        raise ArgumentError(
            f"--{given[0]} must not be given with {REVERSE}: it trains a transformer on strings, "
            f"which have no columns. Leave it out."
        )
    print("reverse: random strings of 8 digits; the network predicts each string backwards")
    _make(options.out)
    trained = train_reversal(with_options(ReversalTraining(), options))
    return _finish(trained, options.out, save_reversal, write_reversal_page)


def _make(folder: Path) -> None:
    """Make the folder before the training, so that a wrong path costs no time."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)


def _finish(
    trained: T,
    folder: Path,
    save: Callable[[T, Path], list[Path]],
    write_page: Callable[[T, Path, list[Path]], Path],
) -> int:
    """Print the scores, write the files and the page, and return the exit status."""
    print(f"\n{trained.summary()}")
    files = save(trained, folder)
    print(f"written to {folder}: {', '.join(path.name for path in files)}")
    print(f"\nStart here: {write_page(trained, folder, files)}")
    return INTERRUPTED if trained.history.stopped == "interrupted" else 0


def _table(options: argparse.Namespace) -> tuple[Table, Training]:
    """Return the data, and the usual settings for them."""
    if str(options.table) == BUILT_IN:
        is_conv = getattr(options, "model", DIGITS.model) == "conv"
        return digits_table(), replace(DIGITS, epochs=CONV_EPOCHS) if is_conv else DIGITS
    if "target" not in options:
        raise ArgumentError(
            f"The column to predict must be named: tinygraph train {options.table} --target COLUMN."
        )
    features = getattr(options, "features", ())
    return read_table(options.table, options.target, features, options.task), Training()


def _description(table: Table, source: str) -> str:
    kind = "regression"
    if table.classes:
        shown = ", ".join(table.classes[:MOST_CLASSES])
        more = ", …" if len(table.classes) > MOST_CLASSES else ""
        kind = f"classification, {len(table.classes)} classes: {shown}{more}"
    count = len(table.features)
    names = f": {', '.join(table.features)}" if count <= MOST_NAMES else ""
    return (
        f"{source}: {len(table.y):,} rows, {count} feature{'s' * (count != 1)}{names}, target "
        f"{table.target!r} ({kind})"
    )
