"""The parser of the command line, and the exit status of each kind of failure.

A wrong value prints one line on standard error and gives exit status 2, never a traceback.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from tinygraph.cli.lab2 import add_lab2, add_playground, add_step
from tinygraph.cli.options import INTERRUPTED
from tinygraph.cli.train.command import add_train
from tinygraph.core.version import __version__
from tinygraph.errors import NonFiniteError, TinygraphError
from tinygraph.notation.printing import transliterate_output

WRONG_USAGE = 2
FAILED = 1


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line each."""

    def error(self, message: str) -> NoReturn:
        """Print the error in one line, and exit with status 2."""
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
        print(
            f"tinygraph: these settings need more memory than this machine has: {error}",
            file=sys.stderr,
        )
        return WRONG_USAGE
    except KeyboardInterrupt:
        print("\ntinygraph: interrupted", file=sys.stderr)
        return INTERRUPTED


def _discard_output() -> None:
    """Send Python's last flush to the null device: the reader of the pipe has closed it."""
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
    add_lab2(commands)
    add_train(commands)
    add_step(commands)
    add_playground(commands)
    return parser
