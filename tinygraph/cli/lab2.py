"""The commands about Lab 2: ``lab2``, ``lab2 report``, ``step`` and ``playground``."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinygraph.cli.options import INTERRUPTED, file_path, folder_path, with_options
from tinygraph.lab2.experiments.catalogue import EPOCHS, EXPERIMENTS, SEEDS
from tinygraph.lab2.files import save_files
from tinygraph.lab2.network import ACTIVATIONS
from tinygraph.lab2.run import (
    DATA_SETS,
    MOST_SHOWN,
    OPTIMIZERS,
    Outcome,
    Settings,
    first_steps,
    live,
    train,
)
from tinygraph.train.engines import ENGINES
from tinygraph.validation.paths import writing

QUICK = {"epochs": 500, "seeds": 4}


def add_lab2(commands: Any) -> None:
    """Add ``tinygraph lab2`` and its subcommand ``report``."""
    lab2 = commands.add_parser(
        "lab2",
        help="train the Lab 2 network on the linear and the XOR problem",
        description="Train the Lab 2 network, two hidden layers in one graph, by "
        "back-propagation. With the default options it reaches 100 % on both data sets.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_settings(lab2)
    lab2.add_argument(
        "--data", choices=[*DATA_SETS, "both"], default="both", help="data set to train on"
    )
    lab2.add_argument(
        "--out",
        type=folder_path,
        default=Path("lab2-output"),
        metavar="FOLDER",
        help="folder for the page, figures and predictions",
    )
    lab2.add_argument(
        "--checkpoint",
        type=file_path,
        default=argparse.SUPPRESS,
        metavar="FILE",
        help="file to save the run to after every print interval, and to resume it from; with "
        "--data both, each data set has its own file, with its name added",
    )
    lab2.set_defaults(run=_run_lab2)
    _add_report(lab2.add_subparsers(title="commands", metavar="COMMAND"))


def _add_report(commands: Any) -> None:
    report = commands.add_parser(
        "report",
        help="run all experiments with many seeds, and write a report",
        description="Run the experiments E1 to E6 on both data sets with many seeds, and write "
        "a report as a page, as Markdown, and as CSV and JSON. After an interruption, the same "
        "command continues the work.",
    )
    report.add_argument(
        "--out",
        type=folder_path,
        default=Path("report"),
        metavar="FOLDER",
        help="folder for the report (report)",
    )
    report.add_argument("--epochs", type=int, help=f"epochs of each training ({EPOCHS})")
    report.add_argument("--seeds", type=int, help=f"number of start values ({SEEDS})")
    report.add_argument(
        "--only",
        nargs="+",
        choices=EXPERIMENTS,
        default=tuple(EXPERIMENTS),
        help="the experiments to run (all)",
    )
    report.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="number of processes (all cores)"
    )
    report.add_argument(
        "--quick",
        action="store_true",
        help=f"a small report: {QUICK['seeds']} seeds, {QUICK['epochs']} epochs",
    )
    report.set_defaults(run=_run_report)


def add_step(commands: Any) -> None:
    """Add ``tinygraph step``."""
    step = commands.add_parser(
        "step",
        help="step through back-propagation op by op, in the terminal or on a page",
        description="Step through the first training step of the Lab 2 network, op by op: forward, "
        "backward and the update. Keys: → or Space next, ← back, Home, End, p to predict first, "
        "q to leave.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_one_network(step, "network to step through")
    step.add_argument(
        "--training-steps", type=int, default=1, metavar="N", help="number of training steps"
    )
    step.add_argument(
        "--save",
        type=file_path,
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="write a page instead",
    )
    step.add_argument(
        "--plain", action="store_true", help="print all steps without waiting for keys"
    )
    step.set_defaults(run=_run_step)


def add_playground(commands: Any) -> None:
    """Add ``tinygraph playground``."""
    playground = commands.add_parser(
        "playground",
        help="write a page on which the network trains live in the browser",
        description="Write one page, which needs no network connection. On it the Lab 2 network "
        "trains in the browser, with its gradients on every arrow.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    _add_one_network(playground, "network to train")
    playground.add_argument(
        "--out",
        type=file_path,
        default=Path("playground.html"),
        metavar="FILE",
        help="the page to write",
    )
    playground.set_defaults(run=_run_playground)


def _add_one_network(parser: argparse.ArgumentParser, purpose: str) -> None:
    """Add the name of the network, and the options of one problem."""
    parser.add_argument("network", choices=["lab2"], help=purpose)
    parser.add_argument("--data", choices=DATA_SETS, default="xor", help="data set")
    _add_problem(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the options that describe one Lab 2 network and its training."""
    default = Settings()
    training = _add_problem(parser)
    training.add_argument("--epochs", type=int, default=default.epochs, help="passes over the data")
    training.add_argument(
        "--print-interval",
        type=int,
        default=default.print_interval,
        help="epochs between printed lines",
    )
    training.add_argument(
        "--engine",
        choices=["auto", *ENGINES],
        default=default.engine,
        help="engine that runs the epochs",
    )


def _add_problem(parser: argparse.ArgumentParser) -> Any:
    """Add the options of the network, the data and the optimizer; return the last group."""
    names = sorted(ACTIVATIONS)
    default = Settings()
    network = parser.add_argument_group("network")
    network.add_argument("--n", type=int, default=default.n, help="points in the linear data set")
    network.add_argument(
        "--hidden", type=int, default=default.hidden, help="units in each hidden layer"
    )
    network.add_argument(
        "--activation",
        choices=names,
        default=default.activation,
        help="activation after every layer",
    )
    network.add_argument(
        "--output-activation",
        choices=names,
        default=argparse.SUPPRESS,
        help="activation after the last layer (default: the same)",
    )
    training = parser.add_argument_group("training")
    training.add_argument(
        "--optimizer", choices=sorted(OPTIMIZERS), default=default.optimizer, help="update rule"
    )
    training.add_argument("--lr", type=float, default=default.lr, help="learning rate")
    training.add_argument(
        "--seed", type=int, default=default.seed, help="seed of the data and the start values"
    )
    return training


def _settings(options: argparse.Namespace, data: str) -> Settings:
    """Return the settings that the options describe, for one data set."""
    return replace(with_options(Settings(), options), data=data)


def _run_lab2(options: argparse.Namespace) -> int:
    from tinygraph.lab2.page import write_page  # matplotlib is slow to import

    names = DATA_SETS if options.data == "both" else (options.data,)
    with writing(options.out):  # before the training, not after it
        options.out.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []
    files: list[list[Path]] = []
    for name in names:
        settings = _settings(options, name)
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


def _run_step(options: argparse.Namespace) -> int:
    stepper = first_steps(_settings(options, options.data), options.training_steps)
    if "save" in options:
        print(f"written to {stepper.save(options.save)}: open it in a browser")
    else:
        stepper.show(plain=options.plain)
    return 0


def _run_playground(options: argparse.Namespace) -> int:
    page = live(_settings(options, options.data)).save(options.out)
    print(f"written to {page}: open it in a browser")
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
