"""Training: forward, backward, step, again and again, and a record of it.

``fit`` keeps the record, prints, watches for trouble and stops.  The epochs themselves are run by
an *engine* (:mod:`tinygraph.train.engines`), in stretches that end where something is to be printed
or decided.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from tqdm import tqdm

from tinygraph.core.graph import Graph
from tinygraph.errors import ArgumentTypeError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.train.classification import Accuracy
from tinygraph.train.divergence import non_finite_error
from tinygraph.train.engines import Batches, make_engine
from tinygraph.train.history import History, Record, check_history
from tinygraph.train.settings import (
    check_callback,
    check_names,
    check_roles,
    checked_target,
    says_stop,
    whole_number,
)
from tinygraph.validation.arrays import brief
from tinygraph.validation.randomness import as_generator

CHECK_INTERVAL = 100
"""How many epochs may pass until ``target_loss`` is looked at again."""


def fit(
    model: Graph,
    optimizer: Optimizer,
    /,
    *unnamed: Any,
    epochs: int = 1_000,
    batch_size: int | None = None,
    rng: np.random.Generator | int | None = None,
    print_interval: int | None = None,
    engine: str = "auto",
    target_loss: float | None = None,
    callback: Callable[[History], object] | None = None,
    callback_interval: int | None = None,
    history: History | None = None,
    **feeds: Any,
) -> History:
    """Train ``model`` on the fed data, epoch after epoch.

    At the end one more run, forward and backward, leaves every node with its value and gradient at
    the trained parameters, for a diagram or a diagnosis to read.

    Parameters
    ----------
    model : Graph
        With a scalar output, the loss.
    optimizer : Optimizer
    epochs : int
        How many epochs to run now.
    batch_size : int, optional
        Take a step on every so many samples, shuffled anew each epoch; on all of them unless told.
        An epoch's loss is then the mean over its samples, each before the step of its batch.
    rng : Generator or int, optional
        Where the shuffling comes from, or a seed for it; 0 unless told.
    print_interval : int, optional
        A line every so many epochs; a tenth of them unless told, 0 for silence.  On a terminal a
        progress bar runs below the lines.
    engine : str
        ``"interpreted"``, ``"numpy"``, ``"numba"``, or ``"auto"`` for the one that is worth its
        compile time.  One step of each is the same to the last few bits; a long run of an optimizer
        that swings at a minimum, as RMSProp may, multiplies that difference.
    target_loss : float, optional
        Stop when the loss is at most this; looked at every 100 epochs.
    callback : callable, optional
        Called with the History every ``callback_interval`` epochs (``print_interval`` unless
        told); a true result stops the run.
    history : History, optional
        An earlier run's record to continue.
    **feeds : array_like
        One array an input, by its name.

    Returns
    -------
    History
        Ctrl-C ends the run early: the record so far is returned, and says so.

    Raises
    ------
    NonFiniteError
        When the loss becomes NaN or infinite: names the epoch and the first node that did, and
        carries the record so far.
    ArgumentError, ArgumentTypeError
        For settings that are not what is asked for above.
    FeedError, ShapeError, DtypeError
        As ``Graph.forward``.

    Examples
    --------
    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> X, T = tg.data.xor()
    >>> opt = tg.Adam(model.parameters, lr=0.1)
    >>> fit(model, opt, x=X, t=T, epochs=1000, print_interval=500)  # doctest: +ELLIPSIS
    epoch     500   loss ...
    epoch   1,000   loss ...   accuracy 100.00%
    <History of 1000 epochs, last loss ...>
    """
    check_roles(model, optimizer, unnamed)
    check_names(model, feeds, inspect.getfullargspec(fit).kwonlyargs)
    epochs = whole_number("epochs", epochs, least=1)
    if print_interval is None:
        print_interval = max(1, epochs // 10)
    print_interval = whole_number("print_interval", print_interval, least=0)
    check_callback(callback)
    if callback_interval is None:
        callback_interval = print_interval or max(1, epochs // 10)
    callback_interval = whole_number("callback_interval", callback_interval, least=1)
    record = History() if history is None else history
    if not isinstance(record, History):
        raise ArgumentTypeError(
            f"history is what an earlier fit returned, to continue it; got {brief(record)}."
        )
    check_history(record)
    if batch_size is not None:
        batch_size = whole_number("batch_size", batch_size, least=1)
    batches = Batches(model, feeds, batch_size, as_generator(rng))
    runner = make_engine(engine, model, optimizer, batches, epochs)
    record.engine = runner.name
    target_loss = checked_target(target_loss)
    done = len(record)
    end = done + epochs
    losses = np.concatenate([record.loss, np.zeros(epochs)])
    intervals = [print_interval or epochs]
    if callback is not None:
        intervals.append(callback_interval)
    if target_loss is not None:
        intervals.append(CHECK_INTERVAL)
    accuracy = Accuracy(model, batches.feeds)
    start = time.perf_counter() - record.seconds
    record.stopped = ""
    try:
        with (
            np.errstate(over="ignore", invalid="ignore", divide="ignore"),
            _bar(epochs, print_interval) as bar,
        ):
            if bar is not None:
                intervals.append(max(1, epochs // 200))
            while done < end and not record.stopped:
                stop = min(end, *((done // interval + 1) * interval for interval in intervals))
                try:
                    runner.run(losses[done:stop])
                except KeyboardInterrupt:
                    record.stopped = "interrupted"
                finally:
                    done += runner.completed
                    record.loss = losses[:done]
                    record.seconds = time.perf_counter() - start
                if bar is not None:
                    bar.update(runner.completed)
                if done and not np.isfinite(losses[done - 1]):
                    record.stopped = "non-finite"
                    raise non_finite_error(model, feeds, record)
                if done and target_loss is not None and losses[done - 1] <= target_loss:
                    record.stopped = record.stopped or "target reached"
                is_last = done == end or bool(record.stopped)
                if print_interval and done and (is_last or done % print_interval == 0):
                    line = Record(done, float(losses[done - 1]), accuracy.on(batches.feeds))
                    say = print if bar is None else bar.write
                    if accuracy.why_none and (not record.records or record.records[-1].accuracy):
                        say(f"No accuracy: {accuracy.why_none}")
                    record.records.append(line)
                    say(str(line))
                is_due = is_last or done % callback_interval == 0
                if (
                    callback is not None
                    and is_due
                    and says_stop(callback(record))
                    and not record.stopped
                ):
                    record.stopped = "callback"
    except KeyboardInterrupt:  # between the epochs: in a callback, or while a line was made
        record.stopped = "interrupted"
    finally:
        record.loss = losses[:done].copy()
        record.stopped = record.stopped or ("finished" if done == end else "error")
    model.forward(**feeds)
    model.backward()
    return record


def _bar(epochs: int, print_interval: int) -> AbstractContextManager[Any]:
    """Return a progress bar, or ``None`` where nobody would see one.

    tqdm is not even asked then: its lock is shared with forked processes, and a process that is
    killed while it holds the lock would stop all others for ever.
    """
    if print_interval == 0 or not sys.stderr.isatty():
        return nullcontext()
    return tqdm(total=epochs, unit="epoch", leave=False)
