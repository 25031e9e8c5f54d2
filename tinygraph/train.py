"""Training: forward, backward, step, again and again, and a record of it.

``fit`` keeps the record, prints, watches for trouble and stops.  The epochs themselves are run by
an *engine* (:mod:`tinygraph.engines`), in stretches that end where something is to be printed or
decided.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from tinygraph.arrays import Array, brief
from tinygraph.data import as_generator
from tinygraph.engines import Batches, make_engine
from tinygraph.errors import ArgumentTypeError, NonFiniteError
from tinygraph.fit_checks import check_names, check_roles, checked_target, whole_number
from tinygraph.graph import Graph
from tinygraph.metrics import accuracy
from tinygraph.node import Input, Node, Parameter, describe
from tinygraph.optim import Optimizer


class Record(NamedTuple):
    """One printed line: the epoch, its loss, and the accuracy after it (``None``: no labels)."""

    epoch: int
    loss: float
    accuracy: float | None

    def __str__(self) -> str:
        share = "" if self.accuracy is None else f"   accuracy {self.accuracy:7.2%}"
        return f"epoch {self.epoch:>7,}   loss {self.loss:<12.6g}{share}"


@dataclass
class History:
    """What a training run left behind.

    Attributes
    ----------
    loss : array
        One value an epoch: the loss before that epoch's step.
    records : list of Record
        The lines that were printed.
    seconds : float
        Time spent training.
    stopped : str
        Why the run ended: ``"finished"``, ``"target reached"``, ``"callback"``, ``"interrupted"``,
        ``"non-finite"`` or ``"error"``; empty while it goes on.
    engine : str
        What ran the epochs.

    >>> History(loss=np.array([0.5, 0.25]), seconds=0.01)
    <History of 2 epochs, last loss 0.25, 0.01 s, finished>
    """

    loss: Array = field(default_factory=lambda: np.zeros(0))
    records: list[Record] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str = "finished"
    engine: str = "interpreted"

    def __len__(self) -> int:
        return len(self.loss)

    def __repr__(self) -> str:
        last = f", last loss {self.loss[-1]:.6g}" if len(self) else ""
        return f"<History of {len(self)} epochs{last}, {self.seconds:.2f} s, {self.stopped}>"

    def plot(self, ax: Any = None) -> Any:
        """Draw the learning curve; returns the matplotlib axes."""
        from tinygraph.plots import learning_curve

        return learning_curve(self.loss, ax=ax)


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
        compile time.  All compute the same, to the last few bits.
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
    if callback is not None and not callable(callback):
        raise ArgumentTypeError(f"callback is a function of the History; got {brief(callback)}.")
    if callback_interval is None:
        callback_interval = print_interval or max(1, epochs // 10)
    callback_interval = whole_number("callback_interval", callback_interval, least=1)
    record = History() if history is None else history
    if not isinstance(record, History):
        raise ArgumentTypeError(
            f"history is what an earlier fit returned, to continue it; got {brief(record)}."
        )
    if batch_size is not None:
        batch_size = whole_number("batch_size", batch_size, least=1)
    batches = Batches(model, feeds, batch_size, as_generator(rng))
    runner = make_engine(engine, model, optimizer, batches, epochs)
    record.engine = runner.name
    target = labels(model)
    target_loss = checked_target(target_loss)
    done = len(record)
    end = done + epochs
    losses = np.concatenate([record.loss, np.zeros(epochs)])
    intervals = [print_interval or epochs]
    if callback is not None:
        intervals.append(callback_interval)
    if target_loss is not None:
        intervals.append(CHECK_INTERVAL)
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
                    raise _non_finite(model, feeds, record)
                if done and target_loss is not None and losses[done - 1] <= target_loss:
                    record.stopped = record.stopped or "target reached"
                is_last = done == end or bool(record.stopped)
                if print_interval and done and (is_last or done % print_interval == 0):
                    line = Record(done, float(losses[done - 1]), _accuracy(model, target, feeds))
                    record.records.append(line)
                    (print if bar is None else bar.write)(str(line))
                is_due = is_last or done % callback_interval == 0
                if callback is not None and is_due and callback(record) and not record.stopped:
                    record.stopped = "callback"
    except KeyboardInterrupt:  # between the epochs: in a callback, or while a line was made
        record.stopped = "interrupted"
    finally:
        record.loss = losses[:done].copy()
        record.stopped = record.stopped or ("finished" if done == end else "error")
    model.forward(**feeds)
    model.backward()
    return record


def labels(model: Graph) -> Input | None:
    """Return the input that holds the labels, or ``None`` if no input does.

    It is the one input that the prediction does not need and that has the prediction's shape.
    """
    candidates = [
        node
        for node in model.inputs
        if node not in model.prediction_inputs and node.shape == model.prediction.shape
    ]
    return candidates[0] if len(candidates) == 1 and candidates[0].shape else None


def _accuracy(model: Graph, target: Input | None, feeds: dict[str, Any]) -> float | None:
    if target is None:
        return None
    truth = np.asarray(feeds[str(target.name)])
    if not (truth == np.round(truth)).all():
        return None  # no classes: a share of numbers that are met exactly says nothing
    return accuracy(model.predict(**feeds), truth)


def _bar(epochs: int, print_interval: int) -> AbstractContextManager[Any]:
    """Return a progress bar, or ``None`` where nobody would see one.

    tqdm is not even asked then: its lock is shared with forked processes, and a process that is
    killed while it holds the lock would stop all others for ever.
    """
    if print_interval == 0 or not sys.stderr.isatty():
        return nullcontext()
    return tqdm(total=epochs, unit="epoch", leave=False)


def _non_finite(model: Graph, feeds: dict[str, Any], record: History) -> NonFiniteError:
    """Run the failing epoch's forward once more, and name the first node that is not finite."""
    model.forward(**feeds)
    node = next((node for node in model.nodes if not _is_finite(node)), model.output)
    epoch = len(record)
    return NonFiniteError(
        f"Training met a loss of {record.loss[-1]} in epoch {epoch:,}. The first node that became "
        f"non-finite is {describe(node)}: {_likely_reason(node, epoch)} "
        f"The {epoch - 1:,} epochs before are in error.history.",
        node=node,
        epoch=epoch,
        history=record,
    )


def _is_finite(node: Node) -> bool:
    return node.value is None or bool(np.isfinite(node.value).all())


def _likely_reason(node: Node, epoch: int) -> str:
    if isinstance(node, Input):
        return "the data fed to it has NaN or infinity. Clean the data."
    if epoch == 1:
        return (
            "what it starts from is outside the range where it is finite (an overflow, a division "
            "by 0, the logarithm of 0). Look at the data, and draw the start values smaller."
        )
    if isinstance(node, Parameter):
        return (
            "the step before took it there, with a gradient that was too large, or no number "
            "itself. Try a lower learning rate."
        )
    return "the steps grew without bound. Try a lower learning rate."
