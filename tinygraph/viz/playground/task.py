"""A task for learners: a sentence, a goal that the page recognizes, and locked controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph.errors import ArgumentError, ArgumentTypeError, did_you_mean
from tinygraph.validation.arrays import brief, is_bool

CONTROLS = (
    *("data", "noise", "points", "activation", "optimizer", "learning rate", "batch size", "L2"),
    *("start values", "training data"),
)
"""The controls that a task can lock."""
GOALS = {
    "loss below": "the training loss is below this number",
    "loss above": "the training loss is above this number; a run that diverged counts",
    "accuracy at least": "this fraction of the training samples is classified correctly",
    "epochs at least": "this number of epochs has been trained",
    "epochs at most": "no more than this number of epochs has been trained",
    "dead units at least": "this number of units gives 0 for every sample, and passes no gradient",
    "first gradient below": "the gradient of the first layer's parameters has a smaller norm",
    "first gradient share below": "its norm, divided by that of the last layer, is below this",
}
"""The conditions of a goal: all that a task names must hold at the same time."""
KEYS = ("text", "goal", "locked", "done")


def checked_task(task: Any) -> dict[str, Any] | None:
    """Return a task as the page needs it, or None if there is none.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        If it is not a task.

    >>> checked_task({"text": "Reach a loss below 0.01.", "goal": {"loss below": 0.01}})["locked"]
    []
    """
    if task is None:
        return None
    if not isinstance(task, Mapping) or not isinstance(task.get("text"), str):
        raise ArgumentTypeError(
            'A task must be a dict with a text and a goal, such as {"text": "Loss below 0.01!", '
            f'"goal": {{"loss below": 0.01}}}}; got {brief(task)}.'
        )
    _known("key of a task", task, KEYS)
    goal, locked = task.get("goal", {}), task.get("locked", ())
    if not isinstance(goal, Mapping) or not goal:
        raise ArgumentTypeError(
            f'The goal of a task must be a dict of conditions, such as {{"loss below": 0.01}}; '
            f"got {brief(goal)}."
        )
    _known("condition of a goal", goal, tuple(GOALS))
    for name, number in goal.items():
        if not isinstance(number, (int, float)) or is_bool(number):
            raise ArgumentTypeError(f"The condition {name!r} needs a number; got {brief(number)}.")
    if isinstance(locked, str) or not all(isinstance(name, str) for name in locked):
        raise ArgumentTypeError(
            f"The locked controls of a task must be a list of names; got {brief(locked)}."
        )
    _known("control", locked, CONTROLS)
    return {
        "text": task["text"],
        "goal": {name: float(number) for name, number in goal.items()},
        "locked": list(locked),
        "done": str(task.get("done", "Done.")),
    }


def _known(what: str, given: Any, valid: tuple[str, ...]) -> None:
    for name in given:
        if name not in valid:
            raise ArgumentError(f"No {what} is called {brief(name)}." + did_you_mean(name, valid))
