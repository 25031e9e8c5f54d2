"""The training loop: stretches of epochs, and between them a line, a check or a callback.

A stretch ends where something is to be printed, compared or called.  Within a stretch the engine
runs without interruption, which is what makes a compiled one fast.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from tqdm import tqdm

from tinygraph.compile.draws import Draws
from tinygraph.core.graph import Graph
from tinygraph.train.classification import Accuracy
from tinygraph.train.divergence import non_finite_error
from tinygraph.train.engines import Engine
from tinygraph.train.held_out import HeldOut
from tinygraph.train.history import History, Record
from tinygraph.train.plateau import plateau
from tinygraph.train.settings import Settings, says_stop


class Loop:
    """One call of ``fit``: its settings, its record and the epochs done so far."""

    def __init__(
        self,
        model: Graph,
        engine: Engine,
        feeds: Mapping[str, Any],
        record: History,
        settings: Settings,
        accuracy: Accuracy,
        held_out: HeldOut | None,
    ) -> None:
        self.model = model
        self.engine = engine
        self.feeds = feeds
        self.record = record
        self.settings = settings
        self.accuracy = accuracy
        self.held_out = held_out
        self.done = len(record)
        self.end = self.done + settings.epochs
        self._losses = np.concatenate([record.loss, np.zeros(settings.epochs)])
        self._start = time.perf_counter() - record.seconds
        self._bar: Any = None

    def run(self) -> None:
        """Train until the last epoch, or until something stops the run."""
        record = self.record
        record.stopped = ""
        try:
            with (
                np.errstate(over="ignore", invalid="ignore", divide="ignore"),
                _bar(self.settings) as self._bar,
            ):
                while self.done < self.end and not record.stopped:
                    self._run_stretch()
                    self._stop_if_due()
                    self._print_line()
                    self._call_back()
        except KeyboardInterrupt:  # between the epochs: in a callback, or while a line was made
            record.stopped = "interrupted"
        finally:
            record.loss = self._losses[: self.done].copy()
            record.stopped = record.stopped or ("finished" if self.done == self.end else "error")
        if self.held_out is not None and record.stopped == "patience":
            self.held_out.restore_best()
        self._run_once()
        if self.settings.print_interval and (warning := plateau(record)):
            print(warning)

    @property
    def _is_last(self) -> bool:
        return self.done == self.end or bool(self.record.stopped)

    def _is_due(self, interval: int) -> bool:
        return self.done > 0 and (self._is_last or self.done % interval == 0)

    def _run_stretch(self) -> None:
        intervals = self.settings.intervals(has_bar=self._bar is not None)
        stop = min(self.end, *((self.done // each + 1) * each for each in intervals))
        watched = self.settings.callback is not None
        try:
            self.engine.run(self._losses[self.done : stop], self.done, watched)
        except KeyboardInterrupt:
            self.record.stopped = "interrupted"
        finally:
            self.done += self.engine.completed
            self.record.loss = self._losses[: self.done]
            self.record.seconds = time.perf_counter() - self._start
        if self._bar is not None:
            self._bar.update(self.engine.completed)
        if watched and self.record.stopped:  # the stretch ended before its watched step
            self._run_once()

    def _run_once(self) -> None:
        """Give every node its value and gradient at the current parameters."""
        with Draws(self.model).kept():  # the draws of the next step do not depend on this run
            self.model.forward(**self.feeds)
            self.model.backward()

    def _stop_if_due(self) -> None:
        record, target = self.record, self.settings.target_loss
        if not self.done:
            return
        loss = self._losses[self.done - 1]
        if not np.isfinite(loss):
            record.stopped = "non-finite"
            raise non_finite_error(self.model, self.feeds, record)
        if target is not None and loss <= target:
            record.stopped = record.stopped or "target reached"
        if self.held_out is not None and self._is_due(self.settings.validation_interval):
            with Draws(self.model).kept():
                self.held_out.look(record)
            if self.held_out.is_out_of_patience(record):
                record.stopped = record.stopped or "patience"

    def _print_line(self) -> None:
        interval, record = self.settings.print_interval, self.record
        if not interval or not self._is_due(interval):
            return
        with Draws(self.model).kept():
            share = self.accuracy.on(self.feeds)
        line = Record(self.done, float(self._losses[self.done - 1]), share)
        say = print if self._bar is None else self._bar.write
        is_new = not record.records or record.records[-1].accuracy is not None
        if self.accuracy.why_none and is_new:
            say(f"No accuracy: {self.accuracy.why_none}")
        record.records.append(line)
        say(str(line) if self.held_out is None else f"{line}   {self.held_out.text(record)}")

    def _call_back(self) -> None:
        callback = self.settings.callback
        if callback is None or not self._is_due(self.settings.callback_interval):
            return
        if says_stop(callback(self.record)) and not self.record.stopped:
            self.record.stopped = "callback"


def _bar(settings: Settings) -> AbstractContextManager[Any]:
    """Return a progress bar, or ``None`` if its output is not a terminal.

    tqdm is not asked then: its lock is shared with forked processes, and a process that is killed
    while it holds the lock would stop all others for ever.
    """
    if settings.print_interval == 0 or not sys.stderr.isatty():
        return nullcontext()
    return tqdm(total=settings.epochs, unit="epoch", leave=False)
