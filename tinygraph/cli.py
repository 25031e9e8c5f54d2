"""The command line: ``tinygraph lab2`` and what comes beside it.

Each subcommand is a function here that turns arguments into a call; what it calls lives elsewhere.
A wrong value gets one line on standard error and exit status 2, never a traceback.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from tinygraph.core.version import __version__
from tinygraph.data.table import read_table
from tinygraph.errors import NonFiniteError, TinygraphError
from tinygraph.lab2.experiments import EPOCHS, EXPERIMENTS, SEEDS
from tinygraph.lab2.files import save_files
from tinygraph.lab2.network import ACTIVATIONS
from tinygraph.lab2.own_data import Training, save_training, train_on_table
from tinygraph.lab2.run import (
    DATA_SETS,
    MOST_SHOWN,
    OPTIMIZERS,
    Outcome,
    Settings,
    first_steps,
    train,
)
from tinygraph.notation.printing import transliterate_output
from tinygraph.train.engines import ENGINES
from tinygraph.validation.paths import as_path, writing

WRONG_USAGE = 2
FAILED = 1
INTERRUPTED = 130
QUICK = {"epochs": 500, "seeds": 4}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line each."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line, and leave with status 2."""
        self.exit(WRONG_USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, and return its exit status."""
    transliterate_output()
    options = build_parser().parse_args(arguments)
    try:
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        _discard_output()
        return FAILED
    except NonFiniteError as error:
        print(f"tinygraph: {error}", file=sys.stderr)
        return FAILED
    except (TinygraphError, OSError) as error:
        print(f"tinygraph: {error}", file=sys.stderr)
        return WRONG_USAGE
    except MemoryError as error:
        print(f"tinygraph: these settings need more memory than there is: {error}", file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        print("\ntinygraph: interrupted", file=sys.stderr)
        return INTERRUPTED


def _discard_output() -> None:
    """Let Python's last flush write to nowhere: the reader of the pipe, such as head, has left."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def build_parser() -> Parser:
    """Return the parser with all subcommands."""
    parser = Parser(
        prog="tinygraph",
        description="A neural network as an explicit graph of op nodes.",
        epilog="Try: tinygraph lab2",
    )
    parser.add_argument("--version", action="version", version=f"tinygraph {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_lab2(commands)
    _add_train(commands)
    _add_step(commands)
    return parser


def _add_lab2(commands: Any) -> None:
    lab2 = commands.add_parser(
        "lab2",
        help="train the Lab 2 network on the linear and the XOR problem",
        description="Train the Lab 2 network: two hidden layers, as one graph, by "
        "back-propagation. Without options it reaches 100 % on both data sets.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add_lab2_settings(lab2)
    lab2.add_argument("--data", choices=[*DATA_SETS, "both"], default="both", help="which problem")
    lab2.add_argument(
        "--out",
        type=_folder_path,
        default=Path("lab2-output"),
        metavar="FOLDER",
        help="where figures go",
    )
    lab2.add_argument(
        "--checkpoint",
        type=_file_path,
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="save the run here every print interval, and resume it from here; with --data both, "
        "one FILE a problem, its name added",
    )
    lab2.set_defaults(run=_run_lab2)
    _add_report(lab2.add_subparsers(title="commands", metavar="COMMAND"))


def _add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report",
        help="run every experiment over many seeds, and write a report",
        description="Run the experiments E1 to E6 on both data sets over many seeds, and write "
        "them up as a page, as Markdown, and as CSV and JSON. If it is interrupted, the same "
        "command goes on where it was.",
    )
    report.add_argument(
        "--out",
        type=_folder_path,
        default=Path("report"),
        metavar="FOLDER",
        help="where it goes (report)",
    )
    report.add_argument("--epochs", type=int, help=f"how long each is trained ({EPOCHS})")
    report.add_argument("--seeds", type=int, help=f"from how many start values ({SEEDS})")
    report.add_argument(
        "--only", nargs="+", choices=EXPERIMENTS, default=tuple(EXPERIMENTS), help="which of them"
    )
    report.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes at a time (all cores)"
    )
    report.add_argument(
        "--quick",
        action="store_true",
        help=f"a small version: {QUICK['seeds']} seeds, {QUICK['epochs']} epochs",
    )
    report.set_defaults(run=_run_report)


def _add_train(commands: Any) -> None:
    train = commands.add_parser(
        "train",
        help="train a network on your own CSV file",
        description="Train a network with two hidden layers on a CSV file, and write a page about "
        "the result. The features are numbers; the target is a number or a class name.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    usual = Training()
    train.add_argument("table", type=_file_path, metavar="FILE.csv", help="with a header or not")
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
        type=_folder_path,
        default=Path("train-output"),
        metavar="FOLDER",
        help="where the page goes",
    )
    train.set_defaults(run=_run_train)


def _add_step(commands: Any) -> None:
    step = commands.add_parser(
        "step",
        help="step through back-propagation, op by op, here or in a page",
        description="Step through the first training step of the Lab 2 network, op by op: forward, "
        "backward and the update. Keys: → or Space next, ← back, Home, End, p to predict first, "
        "q to leave.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    step.add_argument("network", choices=["lab2"], help="which network")
    step.add_argument("--data", choices=DATA_SETS, default="xor", help="which problem")
    _add_lab2_problem(step)
    step.add_argument(
        "--training-steps", type=int, default=1, metavar="N", help="how many, one after another"
    )
    step.add_argument(
        "--save", type=_file_path, metavar="FILE", default=argparse.SUPPRESS, help="write a page"
    )
    step.add_argument("--plain", action="store_true", help="print all steps, and ask for no keys")
    step.set_defaults(run=_run_step)


def _file_path(text: str) -> Path:
    with contextlib.suppress(TinygraphError, OSError):
        path = as_path(text)
        if path.name and not path.is_dir():
            return path
    raise argparse.ArgumentTypeError(f"a file's path is needed, such as run.npz; got {text!r}")


def _folder_path(text: str) -> Path:
    with contextlib.suppress(TinygraphError):
        return as_path(text)
    raise argparse.ArgumentTypeError(f"a folder's path is needed, such as out; got {text!r}")


def add_lab2_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe one Lab 2 network and its training."""
    default = Settings()
    training = _add_lab2_problem(parser)
    training.add_argument("--epochs", type=int, default=default.epochs, help="how many")
    training.add_argument(
        "--print-interval",
        type=int,
        default=default.print_interval,
        help="epochs a line",
    )
    training.add_argument(
        "--engine", choices=["auto", *ENGINES], default=default.engine, help="what runs the epochs"
    )


def _add_lab2_problem(parser: argparse.ArgumentParser) -> Any:
    """Add the options of the network, the data and the optimizer; return the last group."""
    names = sorted(ACTIVATIONS)
    default = Settings()
    network = parser.add_argument_group("network")
    network.add_argument("--n", type=int, default=default.n, help="points of the linear data set")
    network.add_argument("--hidden", type=int, default=default.hidden, help="units a hidden layer")
    network.add_argument(
        "--activation", choices=names, default=default.activation, help="after every layer"
    )
    network.add_argument(
        "--output-activation",
        choices=names,
        default=argparse.SUPPRESS,
        help="after the last layer (default: the same)",
    )
    training = parser.add_argument_group("training")
    training.add_argument(
        "--optimizer", choices=sorted(OPTIMIZERS), default=default.optimizer, help="how to step"
    )
    training.add_argument("--lr", type=float, default=default.lr, help="learning rate")
    training.add_argument(
        "--seed", type=int, default=default.seed, help="seed of the data and the start values"
    )
    return training


def lab2_settings(options: argparse.Namespace, data: str) -> Settings:
    """Return the settings that the options describe, for one data set."""
    return Settings(**{**_chosen(options, Settings), "data": data})


def _chosen(options: argparse.Namespace, kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a settings class as the options give them, or their defaults."""
    return {field.name: getattr(options, field.name, field.default) for field in fields(kind)}


def _run_lab2(options: argparse.Namespace) -> int:
    from tinygraph.lab2.page import write_page  # matplotlib is slow to import

    names = DATA_SETS if options.data == "both" else (options.data,)
    with writing(options.out):  # before the training, not after it
        options.out.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    files: list[list[Path]] = []
    for name in names:
        settings = lab2_settings(options, name)
        print(
            f"\n{name}: {settings.activation} + {settings.optimizer}, learning rate "
            f"{settings.lr:g}, {settings.hidden} hidden units, seed {settings.seed}"
        )
        checkpoint = getattr(options, "checkpoint", None)
        if checkpoint is not None and len(names) > 1:
            checkpoint = checkpoint.with_name(f"{checkpoint.stem}-{name}{checkpoint.suffix}")
        outcome = train(settings, checkpoint)
        _print_result(outcome, options.out)
        outcomes.append(outcome)
        files.append(save_files(outcome, options.out))
        print(f"written to {options.out}: {', '.join(path.name for path in files[-1])}")
        if outcome.history.stopped == "interrupted":
            break
    print(f"\nStart here: {write_page(outcomes, options.out, files)}")
    return INTERRUPTED if outcomes[-1].history.stopped == "interrupted" else 0


def _print_result(outcome: Outcome, folder: Path) -> None:
    count = len(outcome.t)
    print(f"\n{outcome.predictions()}")
    if count > MOST_SHOWN:
        print(
            f"These {MOST_SHOWN} of {count} points are the farthest from their labels. All are in "
            f"{folder / outcome.settings.data}-predictions.csv."
        )
    print(f"\n{outcome.summary()}")


def _run_train(options: argparse.Namespace) -> int:
    from tinygraph.lab2.own_page import write_own_page  # matplotlib is slow to import

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
    settings = Training(**_chosen(options, Training))
    trained = train_on_table(table, settings)
    print(f"\n{trained.summary()}")
    files = save_training(trained, options.out)
    print(f"written to {options.out}: {', '.join(path.name for path in files)}")
    print(f"\nStart here: {write_own_page(trained, options.table.name, options.out, files)}")
    return INTERRUPTED if trained.history.stopped == "interrupted" else 0


def _run_step(options: argparse.Namespace) -> int:
    stepper = first_steps(lab2_settings(options, options.data), options.training_steps)
    if "save" in options:
        print(f"written to {stepper.save(options.save)}: open it in a browser")
    else:
        stepper.show(plain=options.plain)
    return 0


def _run_report(options: argparse.Namespace) -> int:
    from tinygraph.lab2.report import write_report

    usual = QUICK if options.quick else {"epochs": EPOCHS, "seeds": SEEDS}
    page = write_report(
        options.out,
        options.only,
        epochs=usual["epochs"] if options.epochs is None else options.epochs,
        seeds=usual["seeds"] if options.seeds is None else options.seeds,
        jobs=options.jobs,
        progress=sys.stderr.isatty(),
    )
    print(f"written to {page}")
    return 0
