"""Checks of the arguments of ``fit``."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tinygraph.core.graph import Graph, as_graph
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentError, ArgumentTypeError, FeedError, did_you_mean
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import brief, is_number, is_whole_number
from tinygraph.validation.feeds import unnamed_feed
from tinygraph.validation.naming import describe
from tinygraph.validation.shapes import show

CHECK_INTERVAL = 100
"""The number of epochs between two comparisons with ``target_loss``."""
VALIDATIONS = 200
"""About how many times a run evaluates the validation data."""
MOST = 100_000_000
"""The losses of more epochs than this would not fit into a small memory."""


@dataclass(frozen=True)
class Settings:
    """How long ``fit`` runs, what it prints and when it stops."""

    epochs: int
    print_interval: int
    callback: Callable[[Any], object] | None
    callback_interval: int
    target_loss: float | None
    validation_interval: int
    """0 without validation data."""

    def intervals(self, has_bar: bool) -> list[int]:
        """Return the intervals, in epochs, at which the loop has something to do."""
        intervals = [self.print_interval or self.epochs]
        if self.callback is not None:
            intervals.append(self.callback_interval)
        if self.target_loss is not None:
            intervals.append(CHECK_INTERVAL)
        if self.validation_interval:
            intervals.append(self.validation_interval)
        if has_bar:
            intervals.append(max(1, self.epochs // 200))
        return intervals


def checked_settings(
    *,
    epochs: Any,
    print_interval: Any,
    callback: Any,
    callback_interval: Any,
    target_loss: Any,
    patience: Any,
    has_validation: bool,
) -> Settings:
    """Return the settings with their defaults, or refuse an invalid one.

    Raises
    ------
    ArgumentTypeError, ArgumentError
    """
    epochs = whole_number("epochs", epochs, least=1)
    if print_interval is None:
        print_interval = max(1, epochs // 10)
    print_interval = whole_number("print_interval", print_interval, least=0)
    check_callback(callback)
    if callback_interval is None:
        callback_interval = print_interval or max(1, epochs // 10)
    if patience is not None:
        whole_number("patience", patience, least=1)
        if not has_validation:
            raise ArgumentError(
                "patience counts epochs in which the validation loss does not fall; fit was given "
                "no validation data. Add validation={…}, with one array for each input."
            )
    return Settings(
        epochs,
        print_interval,
        callback,
        whole_number("callback_interval", callback_interval, least=1),
        checked_target(target_loss),
        max(1, epochs // VALIDATIONS) if has_validation else 0,
    )


def check_roles(model: Any, optimizer: Any, unnamed: tuple[Any, ...]) -> None:
    """Refuse anything but a trainable model, an optimizer of its parameters and named arrays.

    Raises
    ------
    ArgumentTypeError, ArgumentError
    """
    check_nodes(as_graph(model, "fit").nodes)
    if not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"fit needs an optimizer, such as Adam(model.parameters); got {brief(optimizer)}."
        )
    if model.output.shape != ():
        raise ArgumentError(
            f"fit brings one number down, the loss; the output {describe(model.output)} has the "
            f"shape {show(model.output.shape)}. End the graph in a loss, such as MSE."
        )
    strangers = [p for p in optimizer.parameters if p not in model.parameters]
    if strangers:
        raise ArgumentError(
            f"The optimizer trains {describe(strangers[0])}, which is not in this graph. "
            f"Make it from this graph's model.parameters."
        )
    if unnamed:
        raise unnamed_feed("fit", model.inputs, "model, optimizer, ")


def check_names(model: Graph, feeds: Iterable[str], own: list[str]) -> None:
    """Refuse an input called like an argument of ``fit``, and a keyword that is neither.

    Raises
    ------
    ArgumentError, FeedError
    """
    inputs = [str(node.name) for node in model.inputs]
    clashing = [node for node in model.inputs if node.name in own]
    if clashing:
        raise ArgumentError(
            f"fit has an argument {clashing[0].name!r} of its own, so it cannot feed "
            f"{describe(clashing[0])}. Give the input another name."
        )
    for name in feeds:
        if name not in inputs:
            raise FeedError(
                f"fit takes its own arguments and one feed per input; {name!r} is neither."
                + did_you_mean(name, [*inputs, *own])
            )


def whole_number(name: str, value: Any, least: int) -> int:
    """Return ``value`` as a whole number of at least ``least``, or refuse it.

    Raises
    ------
    ArgumentTypeError, ArgumentError
    """
    if not is_whole_number(value):
        raise ArgumentTypeError(f"{name} must be a whole number; got {brief(value)}.")
    if value < least:
        raise ArgumentError(f"{name} must be at least {least}; got {brief(value)}.")
    if value > MOST:
        raise ArgumentError(f"{name} must be at most {MOST:,}; got {brief(value)}.")
    return int(value)


def checked_target(target_loss: Any) -> float | None:
    """Return ``target_loss`` as a float or ``None``, or refuse it.

    Raises
    ------
    ArgumentTypeError, ArgumentError
    """
    if target_loss is None:
        return None
    if not is_number(target_loss):
        raise ArgumentTypeError(f"target_loss must be a finite number; got {brief(target_loss)}.")
    if not math.isfinite(target_loss):
        raise ArgumentError(f"target_loss must be a finite number; got {brief(target_loss)}.")
    return float(target_loss)


def check_callback(callback: Any) -> None:
    """Raise if ``callback`` cannot be called with one argument, the History.

    Raises
    ------
    ArgumentTypeError
    """
    if callback is None:
        return
    try:
        inspect.signature(callback).bind(None)
    except Exception as error:
        # A built-in function may have no signature.
        if isinstance(error, TypeError) or not inspect.isbuiltin(callback):
            raise ArgumentTypeError(
                f"callback must be a function of one argument, the History; got {brief(callback)}."
            ) from error


def says_stop(answer: Any) -> bool:
    """Tell whether a callback's result is true, which ends the run.

    Raises
    ------
    ArgumentTypeError
    """
    try:
        return bool(answer)
    except Exception as error:  # such as an array of several numbers
        raise ArgumentTypeError(
            f"callback returns True to stop the run, or nothing; it returned {brief(answer)}, "
            f"which is neither true nor false."
        ) from error
