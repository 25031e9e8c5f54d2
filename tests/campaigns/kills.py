"""Kill a training run at random moments, and check that its checkpoint loses nothing.

A child process trains with a checkpoint and is killed by SIGKILL, which no program can catch. The
next child resumes.  After every kill, the file must be valid, and at most one interval behind the
last epoch that the child printed.  A finished run must be bitwise equal to one that was not killed.
"""

import argparse
import contextlib
import io
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from campaigns.figures import record
from tinygraph.checkpoint.saving import load
from tinygraph.lab2.run import Settings, problem, train

SETTINGS = Settings(data="xor", epochs=600, print_interval=20, engine="interpreted", lr=0.05)
LONGEST_LIFE = 0.06  # seconds: about three intervals and three saves


def kill_runs(count, rng):
    """Kill ``count`` children; return the number of kills during a save and of finished runs.

    Raises AssertionError as soon as something is lost.
    """
    reference = _train_silently(None)
    finished = half_written = 0
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Path(folder) / "run.npz"
        saved = 0
        for _ in range(count):
            announced = _live_and_die(checkpoint, rng.uniform(0, LONGEST_LIFE))
            for partial in checkpoint.parent.glob("*.partial"):
                partial.unlink()
                half_written += 1
            if not checkpoint.exists():
                assert announced == 0, "epochs were announced, and no file was there"
                continue
            model, optimizer, _, _ = problem(SETTINGS)
            history = load(checkpoint, model, optimizer)
            assert len(history) % SETTINGS.print_interval == 0
            assert len(history) >= max(saved, announced - SETTINGS.print_interval)
            saved = len(history)
            if saved == SETTINGS.epochs:
                _check_same(reference, model, optimizer, history)
                finished += 1
                saved = 0
                checkpoint.unlink()
        outcome = _train_silently(checkpoint)
        _check_same(reference, outcome.model, outcome.optimizer, outcome.history)
    return half_written, finished + 1


def _train_silently(checkpoint):
    with contextlib.redirect_stdout(io.StringIO()):
        return train(SETTINGS, checkpoint)


def _live_and_die(checkpoint, life):
    """Train in a child, kill it after ``life`` seconds, and return the last printed epoch."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        sys.stdout = os.fdopen(theirs, "w", buffering=1)
        try:
            train(SETTINGS, checkpoint)
        finally:
            os._exit(0)
    os.close(theirs)
    time.sleep(life)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with os.fdopen(ours) as pipe:
        epochs = re.findall(r"(?:epoch +|: )([\d,]+)", pipe.read())
    return int(epochs[-1].replace(",", "")) if epochs else 0


def _check_same(reference, model, optimizer, history):
    np.testing.assert_array_equal(history.loss, reference.history.loss)
    assert history.records == reference.history.records
    assert optimizer.steps == reference.optimizer.steps
    for mine, theirs in zip(model.parameters, reference.model.parameters, strict=True):
        np.testing.assert_array_equal(mine.value, theirs.value)
        for a, b in zip(optimizer.memory[mine], reference.optimizer.memory[theirs], strict=True):
            np.testing.assert_array_equal(a, b)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    count = parser.parse_args().count
    half_written, finished = kill_runs(count, np.random.default_rng())
    record(
        "kills",
        kills=count,
        killed_while_writing=half_written,
        lost=0,
        runs_finished_equal_to_the_bit=finished,
    )


if __name__ == "__main__":
    main()
