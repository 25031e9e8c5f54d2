"""The file of a sweep: each finished run is added at once, so an interrupted sweep can continue.

The first line of JSON identifies the sweep; each further line is a run. Failed runs are not saved:
the next call tries them again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.errors import ArgumentError, FileError, TinygraphError
from tinygraph.sweeps.grid import Task
from tinygraph.sweeps.job import Job
from tinygraph.sweeps.results import Run
from tinygraph.validation.arrays import as_float_array, brief
from tinygraph.validation.paths import as_path, writing


class Store:
    """The finished runs of a sweep in a file."""

    def __init__(self, path: str | Path | None, job: Job, tasks: list[Task]) -> None:
        self.path = None if path is None else as_path(path)
        digest = hashlib.sha256()
        for name, value in sorted(job.feeds.items()):
            digest.update(name.encode())
            digest.update(as_float_array(value, f"The feed {name}").tobytes())
        self._which = {
            "build": getattr(job.build, "__qualname__", brief(job.build)),
            "epochs": job.epochs,
            "engine": job.engine,
            **({} if job.batch_size is None else {"batch_size": job.batch_size}),
            "data": digest.hexdigest(),
        }
        self._keys = [json.dumps([point, seed], default=_plain) for point, seed in tasks]
        self._tasks = tasks

    def load(self) -> dict[int, Run]:
        """Return the saved runs, by number."""
        if self.path is None:
            return {}
        with writing(self.path):
            if not self.path.exists():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self.path.write_text(json.dumps(self._which) + "\n", encoding="utf-8")
                return {}
        lines = _read(self.path)
        if _parsed(lines[0]) != self._which:
            raise ArgumentError(
                f"{self.path} belongs to another sweep ({brief(lines[0])}); this one is "
                f"{brief(json.dumps(self._which))}. Choose another file."
            )
        if lines[-1]:
            # A run whose line is incomplete is repeated.
            with writing(self.path):
                self.path.write_text("\n".join([*lines[:-1], ""]), encoding="utf-8")
        numbers = {key: number for number, key in enumerate(self._keys)}
        done = {}
        for entry in map(_parsed, lines[1:-1]):
            number = numbers.get(str(entry.pop("key", ""))) if isinstance(entry, dict) else None
            if number is not None:
                # A run that fails the checks is repeated.
                with contextlib.suppress(TypeError, TinygraphError):
                    done[number] = Run(*self._tasks[number], **entry)
        return done

    def add(self, number: int, run: Run) -> None:
        """Append one run to the file."""
        if self.path is None:
            return
        entry = asdict(run)
        entry["losses"] = run.losses.tolist()
        del entry["point"], entry["seed"]
        with writing(self.path), self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"key": self._keys[number], **entry}) + "\n")


def _read(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            f"Cannot read {path} as the file of a sweep: {error}. Choose another file."
        ) from error


def _plain(value: Any) -> Any:
    """Return a JSON value for a setting of another type."""
    return value.tolist() if isinstance(value, np.ndarray) else brief(value)


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None
