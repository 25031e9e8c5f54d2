"""The command line: ``tinygraph`` and its commands, each in a module of its name."""

from tinygraph.cli.parser import main

__all__ = ["main"]
