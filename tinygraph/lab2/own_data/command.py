"""The command ``tinygraph train FILE.csv``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tinygraph.data.table import read_table
from tinygraph.lab2.options import INTERRUPTED, chosen_fields, file_path, folder_path
from tinygraph.lab2.own_data.training import Training, save_training, train_on_table
from tinygraph.lab2.run import OPTIMIZERS
from tinygraph.validation.paths import writing


def add_train(commands: Any) -> None:
    """Add ``tinygraph train``."""
    train = commands.add_parser(
        "train",
        help="train a network on your own CSV file",
        description="Train a network with two hidden layers on a CSV file, and write a page about "
        "the result. The features are numbers; the target is a number or a class name.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    usual = Training()
    train.add_argument("table", type=file_path, metavar="FILE.csv", help="with a header or not")
    train.add_argument("--target", required=True, metavar="COLUMN", help="name, or number from 1")
    train.add_argument(
        "--features",
        nargs="+",
        default=argparse.SUPPRESS,
        metavar="COLUMN",
        help="columns to predict it from (default: all others)",
    )
    train.add_argument(
        "--task",
        choices=["auto", "classification", "regression"],
        default="auto",
        help="auto: class names, or at most 10 different whole numbers, are classes",
    )
    train.add_argument("--hidden", type=int, default=usual.hidden, help="units in a hidden layer")
    train.add_argument(
        "--optimizer", choices=sorted(OPTIMIZERS), default=usual.optimizer, help="update rule"
    )
    train.add_argument("--lr", type=float, default=usual.lr, help="learning rate")
    train.add_argument("--epochs", type=int, default=usual.epochs, help="passes over the data")
    train.add_argument(
        "--batch-size", type=int, default=argparse.SUPPRESS, help="(default: all training rows)"
    )
    train.add_argument(
        "--validation", type=float, default=usual.validation, help="share of rows not trained on"
    )
    train.add_argument(
        "--patience",
        type=int,
        default=argparse.SUPPRESS,
        help="stop if the validation loss has not fallen for so many epochs",
    )
    train.add_argument("--seed", type=int, default=usual.seed, help="of the split and the weights")
    train.add_argument(
        "--print-interval",
        type=int,
        default=argparse.SUPPRESS,
        help="epochs between printed lines (default: a tenth of the epochs)",
    )
    train.add_argument(
        "--out",
        type=folder_path,
        default=Path("train-output"),
        metavar="FOLDER",
        help="where the page goes",
    )
    train.set_defaults(run=_run_train)


def _run_train(options: argparse.Namespace) -> int:
    from tinygraph.lab2.own_data.page import write_own_page  # matplotlib is slow to import

    table = read_table(
        options.table, options.target, getattr(options, "features", ()), options.task
    )
    if table.classes:
        found = f"classification, {len(table.classes)} classes: {', '.join(table.classes)}"
    else:
        found = "regression"
    print(
        f"{options.table}: {len(table.y):,} rows, {len(table.features)} features, target "
        f"{table.target!r} ({found})"
    )
    with writing(options.out):
        options.out.mkdir(parents=True, exist_ok=True)
    settings = Training(**chosen_fields(options, Training))
    trained = train_on_table(table, settings)
    print(f"\n{trained.summary()}")
    files = save_training(trained, options.out)
    print(f"written to {options.out}: {', '.join(path.name for path in files)}")
    print(f"\nStart here: {write_own_page(trained, options.table.name, options.out, files)}")
    return INTERRUPTED if trained.history.stopped == "interrupted" else 0
