"""A task for learners: a sentence, a goal that the page recognizes, and locked controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tinygraph.core.graph import Graph
from tinygraph.errors import ArgumentError, ArgumentTypeError, did_you_mean
from tinygraph.validation.arrays import brief, is_bool
from tinygraph.viz.playground.labels import Labels

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
    "first gradient share above": "the same is above this",
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


def check_goal(task: Mapping[str, Any] | None, model: Graph, labels: Labels | None) -> None:
    """Refuse a goal that the graph cannot reach, whatever a learner does.

    Raises
    ------
    ArgumentError
        If the goal needs classes or activations, and the graph has none.
    """
    goal = {} if task is None else task["goal"]
    if "accuracy at least" in goal and not (labels and labels.classes):
        raise ArgumentError(
            "A goal with 'accuracy at least' needs a graph that classifies; the labels of this one "
            "are not classes. Use 'loss below' instead."
        )
    has_activations = any(getattr(node, "role", "") == "activation" for node in model.nodes)
    if "dead units at least" in goal and not has_activations:
        raise ArgumentError(
            "A goal with 'dead units at least' needs activations; this graph has none. Use another "
            "goal, such as 'loss below'."
        )


def _known(what: str, given: Any, valid: tuple[str, ...]) -> None:
    for name in given:
        if name not in valid:
            raise ArgumentError(f"No {what} is called {brief(name)}." + did_you_mean(name, valid))
