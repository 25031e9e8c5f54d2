"""The entries of a checkpoint: how each is written and read.

An entry is plain data for the file's header, and arrays by name.  A file can contain anything, so
each entry is checked when it is read; an error says what ``it``, the file, has instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.errors import CheckpointError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.train.history import History, Record, check_history
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.shapes import show


def description(model: Graph) -> list[list[Any]]:
    """Return each node's name, class, shape, the names of its inputs, and its hyperparameters."""
    return [
        [
            node.name,
            type(node).__name__,
            list(node.shape),
            [parent.name for parent in node.inputs],
            _plain_hyperparameters(node),
        ]
        for node in model.nodes
    ]


def _plain_hyperparameters(node: Node) -> dict[str, Any]:
    """Return the hyperparameters that a header can hold."""
    found = node.hyperparameters if isinstance(node, Op) else {}
    plain = {}
    for name, value in found.items():
        with suppress(TypeError):
            plain[name] = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    """Convert a hyperparameter for the header; raise a TypeError if that is not possible.

    >>> _plain((0, np.float32(0.5), np.inf))
    [0, 0.5, 'inf']
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)  # JSON has no number for it
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a header holds no {type(value).__name__}")


def check_description(saved: Any, model: Graph) -> None:
    """Raise if the description is that of another network."""
    here, there = description(model), saved
    for mine, theirs in zip(here, there):
        if mine != theirs:
            raise CheckpointError(
                f"it is of another network. There a node is {_sentence(theirs)}; here it is "
                f"{_sentence(mine)}. Build the network as it was when it was saved."
            )
    if len(here) != len(there):
        raise CheckpointError(
            f"it is of a network of {len(there)} nodes; this one has {len(here)}. Build the "
            f"network as it was when it was saved."
        )


def _sentence(node: Any) -> str:
    name, kind, shape, inputs, hyperparameters = node
    of = f" of {', '.join(map(str, inputs))}" if inputs else ""
    numbers = ", ".join(f"{name} = {value!r}" for name, value in hyperparameters.items())
    return f'{kind} "{name}" {show(shape)}{of}{f" with {numbers}" if numbers else ""}'


def check_settings(saved: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
    """Raise if settings differ from the saved ones."""
    for name, value in settings.items():
        if saved.get(name) != value:
            raise CheckpointError(
                f"it was made with {name} = {brief(saved.get(name))}; this run has "
                f"{brief(value)}. Use the old setting, or another file."
            )


def parameter_arrays(model: Graph) -> dict[str, Array]:
    """Return the values of the parameters and of the states."""
    return {key: node.value for key, node in _kept(model).items()}


def parameter_values(model: Graph, arrays: Mapping[str, Array]) -> dict[Parameter, Array]:
    """Return the new value of each parameter and each state."""
    return {
        node: _take(arrays, key, node.shape, node.value.dtype) for key, node in _kept(model).items()
    }


def _kept(model: Graph) -> dict[str, Parameter]:
    parameters = {f"parameter/{k}": node for k, node in enumerate(model.parameters)}
    return parameters | {f"state/{k}": node for k, node in enumerate(model.states)}


def optimizer_entry(optimizer: Optimizer | None) -> tuple[Any, dict[str, Array]]:
    """Return the optimizer's settings and step count, and its state as arrays."""
    if optimizer is None:
        return None, {}
    state = optimizer.state()
    memory = state.pop("memory")
    arrays = {
        f"memory/{k}/{slot}": array
        for k, slots in enumerate(memory)
        for slot, array in slots.items()
    }
    return {**state, "parameters": [node.name for node in optimizer.parameters]}, arrays


def optimizer_state(
    saved: Any, optimizer: Optimizer, arrays: Mapping[str, Array]
) -> dict[str, Any]:
    """Return the argument for ``optimizer.load_state``."""
    if saved is None:
        raise CheckpointError(
            "it does not contain an optimizer. Load it without one: tg.load(path, model)."
        )
    names = [node.name for node in optimizer.parameters]
    if saved["parameters"] != names:
        raise CheckpointError(
            f"its optimizer trains {brief(saved['parameters'])}; this one trains {brief(names)}."
        )
    memory = [
        {
            slot: _take(arrays, f"memory/{k}/{slot}", parameter.shape, parameter.value.dtype)
            for slot in optimizer.slots
        }
        for k, parameter in enumerate(optimizer.parameters)
    ]
    return {**saved, "memory": memory}


EPOCHS = ("loss", "validation_loss", "validation_accuracy")
"""The arrays of a History that have one value for each epoch."""


def history_entry(history: History | None) -> tuple[Any, dict[str, Array]]:
    """Return how the run ended, and its losses and records as arrays.

    A record is a row: epoch, loss and accuracy, with NaN for a missing accuracy.
    """
    if history is None:
        return None, {}
    check_history(history)
    rows = [
        (r.epoch, r.loss, np.nan if r.accuracy is None else r.accuracy) for r in history.records
    ]
    arrays: dict[str, Array] = {
        **{f"history/{name}": getattr(history, name).astype(np.float64) for name in EPOCHS},
        "history/records": np.array(rows, dtype=np.float64).reshape(-1, 3),
    }
    ending = {
        "seconds": float(history.seconds),
        "stopped": history.stopped,
        "engine": history.engine,
    }
    return ending, arrays


def history_from(saved: Any, arrays: Mapping[str, Array]) -> History | None:
    """Return the saved History, or None."""
    if saved is None:
        return None
    loss, records = arrays["history/loss"], arrays["history/records"]
    seconds, stopped, engine = saved["seconds"], saved["stopped"], saved["engine"]
    # Checkpoints of earlier versions have no validation data.
    none = np.zeros(0)
    of_epochs = {"loss": loss, **{name: arrays.get(f"history/{name}", none) for name in EPOCHS[1:]}}
    if (
        any(values.ndim != 1 for values in of_epochs.values())
        or records.ndim != 2
        or records.shape[1] != 3
    ):
        raise CheckpointError("its history has not the shape of one.")
    if not (isinstance(stopped, str) and isinstance(engine, str) and 0 <= float(seconds) < np.inf):
        raise CheckpointError("its history says impossible things.")
    return History(
        **{name: values.astype(np.float64) for name, values in of_epochs.items()},
        records=[
            Record(int(epoch), float(value), None if np.isnan(share) else float(share))
            for epoch, value, share in records
        ],
        seconds=float(seconds),
        stopped=stopped,
        engine=engine,
    )


def rng_entry(rng: np.random.Generator | None) -> Any:
    """Return the state of a random generator of any kind, as text and whole numbers."""
    return None if rng is None else _as_lists(rng.bit_generator.state)


def _as_lists(state: Any) -> Any:
    if isinstance(state, Mapping):
        return {key: _as_lists(value) for key, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state


def rng_state_from(saved: Any, rng: np.random.Generator) -> Mapping[str, Any]:
    """Return a state for ``rng.bit_generator.state``, after a test on another such generator."""
    if saved is None:
        raise CheckpointError("it does not contain a random generator. Load it without rng.")
    here, there = type(rng.bit_generator), saved["bit_generator"]
    if there != here.__name__:
        raise CheckpointError(
            f"its random generator is of the kind {brief(there)}; this one is {here.__name__}."
        )
    trial = here()
    trial.state = saved
    return trial.state


def _take(
    arrays: Mapping[str, Array], key: str, shape: tuple[int | None, ...], dtype: Any
) -> Array:
    if key not in arrays:
        raise CheckpointError(f"its array {key} is missing.")
    array = arrays[key]
    if array.shape != shape or array.dtype != dtype:
        raise CheckpointError(
            f"its array {key} has the shape {show(array.shape)} and dtype {array.dtype}; "
            f"{show(shape)} and {dtype} are needed."
        )
    return array
