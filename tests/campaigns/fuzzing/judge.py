"""Judges the answer to an attack: it must be a clear error or an allowed result."""

import contextlib
import io
import os
import signal
import tempfile
import time
import traceback
import warnings

import numpy as np

import tinygraph as tg
from campaigns.fuzzing.odd_things import UsersOwnError

SECONDS_UNTIL_IT_HANGS = 20


class HangError(BaseException):
    """A call did not return; not an Exception, so that ``except Exception`` cannot hide it."""


def try_attack(name, call, must_refuse):
    """Return the fault in the answer, or None."""
    start = time.monotonic()
    with alarm():
        try:
            with silence():
                call()
        except tg.TinygraphError as error:
            if len(str(error)) < 20:
                return f"{name}: the lesson is too short: {error!r}"
        except UsersOwnError:
            pass
        except HangError:
            return f"{name}: hangs"
        except BaseException as error:
            return f"{name}: {type(error).__name__}: {str(error)[:100]} ({place(error)})"
        else:
            if must_refuse:
                return f"{name}: accepted"
    return f"{name}: hangs" if time.monotonic() - start > SECONDS_UNTIL_IT_HANGS else None


def place(error):
    """Return the line that raised, and the line of tinygraph that called it."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/tinygraph/" in frame.filename] or frames
    return f"{own[-1].filename[-30:]}:{own[-1].lineno}"


@contextlib.contextmanager
def alarm():
    """Stop a call that does not return."""

    def ring(number, frame):
        raise HangError

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS_UNTIL_IT_HANGS)
    try:
        yield
    finally:
        signal.alarm(0)


@contextlib.contextmanager
def silence():
    """Suppress all output and warnings."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def folder_of_ones_own():
    """Work in a temporary folder, where an odd path cannot do any harm."""
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        os.mkdir("folder")
        with open("foreign.npz", "wb") as file:
            np.savez(file, a=np.zeros(3))
        try:
            yield
        finally:
            os.chdir(here)
