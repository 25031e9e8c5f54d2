"""Many trials in several processes, resumable after an interruption.

Each finished trial is one file.  A file is written under another name and then renamed, so it is
complete or absent.  A trial's numbers do not depend on the process that ran it, so the results are
the same for any number of jobs.
"""

from __future__ import annotations

import multiprocessing
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from tinygraph.core.version import __version__
from tinygraph.errors import ArgumentError
from tinygraph.lab2.experiments.trials import Outcome, Trial, points, run_trial

ARRAYS = tuple(field.name for field in fields(Outcome) if field.name not in ("trial", "seconds"))


def run_trials(
    trials: Iterable[Trial],
    *,
    jobs: int = 1,
    folder: Path | None = None,
    progress: bool = False,
) -> dict[Trial, Outcome]:
    """Run every trial once, however often it is listed.

    Parameters
    ----------
    trials : iterable of Trial
    jobs : int
        Number of processes.
    folder : Path, optional
        Finished trials are saved here.  Trials that it already holds are not run again.
    progress : bool
        Show a progress bar on standard error.

    Raises
    ------
    ArgumentError
        If ``jobs`` is less than 1.

    >>> from tinygraph.lab2.experiments.trials import Setting
    >>> trial = Trial(Setting(), "xor", seeds=2, epochs=10)
    >>> run_trials([trial, trial])[trial].loss.shape
    (2, 11)
    """
    if jobs < 1:
        raise ArgumentError(f"jobs must be a number of processes, at least 1; got {jobs}.")
    wanted = list(dict.fromkeys(trials))
    outcomes = {} if folder is None else _finished(wanted, folder)
    # The longest trials first: then no process waits long for another at the end.
    missing = sorted((t for t in wanted if t not in outcomes), key=_cost, reverse=True)
    with tqdm(
        total=len(wanted), initial=len(outcomes), unit="trial", desc="train", disable=not progress
    ) as bar:
        for outcome in _run(missing, min(jobs, len(missing))):
            outcomes[outcome.trial] = outcome
            if folder is not None:
                save_outcome(outcome, folder)
            bar.update()
    return {trial: outcomes[trial] for trial in wanted}


def save_outcome(outcome: Outcome, folder: Path) -> None:
    """Write an outcome to its file in ``folder``, atomically."""
    path = outcome_path(outcome.trial, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    arrays: dict[str, Any] = {name: getattr(outcome, name) for name in ARRAYS}
    with unfinished.open("wb") as file:
        np.savez(file, seconds=outcome.seconds, **arrays)
    unfinished.replace(path)


def load_outcome(trial: Trial, folder: Path) -> Outcome | None:
    """Return the saved outcome of a trial, or ``None`` if there is no valid file."""
    try:
        with (
            outcome_path(trial, folder).open("rb") as raw,
            np.load(raw, allow_pickle=False) as file,
        ):
            arrays = {name: file[name] for name in ARRAYS}
            return Outcome(trial=trial, seconds=float(file["seconds"]), **arrays)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile):
        return None


def outcome_path(trial: Trial, folder: Path) -> Path:
    """Return the path of a trial's file. Its name holds the version of the package."""
    return folder / f"{trial.name}-v{__version__}.npz"


def _finished(trials: Iterable[Trial], folder: Path) -> dict[Trial, Outcome]:
    found = {trial: load_outcome(trial, folder) for trial in trials}
    return {trial: outcome for trial, outcome in found.items() if outcome is not None}


def _run(trials: list[Trial], jobs: int) -> Iterator[Outcome]:
    if jobs <= 1:
        yield from map(run_trial, trials)
        return
    # "spawn" starts clean processes, the same way on every system.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(run_trial, trials)


def _cost(trial: Trial) -> int:
    """Return the relative duration of a trial: an overhead for each step, and its arithmetic."""
    samples = len(points(trial.data)[1])
    return trial.epochs * trial.seeds * (170 + samples * trial.setting.hidden)
