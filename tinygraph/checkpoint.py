"""Checkpoints: a training run put into one file, and taken up again as if it had never stopped.

Everything that the next epoch depends on is saved: the parameters, the optimizer's memory and step
count, and the history.  All of it is read and checked before anything in memory is changed.

The network itself is not saved: it is code, which builds it anew.  What is saved is its
description, so that numbers are never loaded into another network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph import sealed
from tinygraph.arrays import Array, brief
from tinygraph.errors import ArgumentTypeError, CheckpointError, TinygraphError
from tinygraph.graph import Graph
from tinygraph.history import History, Record
from tinygraph.optim import Optimizer
from tinygraph.shapes import show

KIND = "tinygraph checkpoint"
VERSION = 1


def save(
    path: Any,
    model: Graph,
    optimizer: Optimizer | None = None,
    history: History | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write a training run to a file, whole or not at all.

    Parameters
    ----------
    path : str or path
        A ``.npz`` by custom; an existing file is replaced in one step.
    model : Graph
    optimizer : Optimizer, optional
    history : History, optional
    settings : mapping, optional
        Texts, numbers, booleans and ``None`` that must be the same when the file is loaded, such
        as the seed of the data.

    Raises
    ------
    ArgumentTypeError
        If an argument is not of the type above.
    FileError
        If the file cannot be written; an older one is then still there.

    Examples
    --------
    >>> import os, tempfile
    >>> import tinygraph as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "run.npz")
    >>> model = tg.lab2.model(rng=0)
    >>> tg.save(path, model)
    >>> other = tg.lab2.model(rng=1)
    >>> tg.load(path, other)
    >>> bool((other["layer1/W"].value == model["layer1/W"].value).all())
    True
    """
    _check_arguments(model, optimizer, history)
    header: dict[str, Any] = {
        "kind": KIND,
        "version": VERSION,
        "nodes": _description(model),
        "settings": _checked_settings(settings),
        "optimizer": None,
        "history": None,
    }
    arrays = {f"parameter/{k}": node.value for k, node in enumerate(model.parameters)}
    if optimizer is not None:
        state = optimizer.state()
        memory = state.pop("memory")
        header["optimizer"] = {**state, "parameters": [node.name for node in optimizer.parameters]}
        for k, slots in enumerate(memory):
            arrays |= {f"memory/{k}/{slot}": array for slot, array in slots.items()}
    if history is not None:
        header["history"] = {
            "seconds": history.seconds,
            "stopped": history.stopped,
            "engine": history.engine,
        }
        arrays["history/loss"] = np.asarray(history.loss, dtype=np.float64)
        arrays["history/records"] = _from_records(history.records)
    sealed.write(path, header, arrays)


def load(
    path: Any,
    model: Graph,
    optimizer: Optimizer | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
) -> History | None:
    """Take a training run up again: fill in parameters and optimizer, and return the history.

    Nothing is changed unless the whole file is sound and fits.

    Parameters
    ----------
    path : str or path
    model : Graph
        A network like the one that was saved.
    optimizer : Optimizer, optional
        An optimizer like the one that was saved; left out, only the parameters are loaded.
    settings : mapping, optional
        Each must equal what was saved.

    Returns
    -------
    History or None
        To be continued with ``fit(…, history=…)``; ``None`` if none was saved.

    Raises
    ------
    FileError
        If there is no file, or it cannot be read.
    CheckpointError
        If the file is cut off, damaged, none of tinygraph, or of another network or optimizer.

    >>> import tempfile
    >>> import tinygraph as tg
    >>> trained, fresh = tg.lab2.model(rng=1), tg.lab2.model(rng=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(f"{folder}/run.npz", trained)
    ...     load(f"{folder}/run.npz", fresh)
    >>> bool((fresh["layer1/W"].value == trained["layer1/W"].value).all())
    True
    """
    _check_arguments(model, optimizer, None)
    wanted = _checked_settings(settings)
    header, arrays = sealed.read(path)
    try:
        _check_header(header, model, wanted)
        values = [
            _take(arrays, f"parameter/{k}", parameter.shape, parameter.value.dtype)
            for k, parameter in enumerate(model.parameters)
        ]
        history = _history(header["history"], arrays)
        if optimizer is not None:
            optimizer.load_state(_optimizer_state(header["optimizer"], optimizer, arrays))
    except TinygraphError as error:
        raise CheckpointError(f"{sealed.as_path(path)} does not fit: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"{sealed.as_path(path)} has entries that no checkpoint has "
            f"({type(error).__name__}: {error})."
        ) from error
    for parameter, value in zip(model.parameters, values, strict=True):
        parameter.take(value)
    return history


def _check_arguments(model: Any, optimizer: Any, history: Any) -> None:
    for value, kind, what in (
        (model, Graph, "model"),
        (optimizer, Optimizer, "optimizer"),
        (history, History, "history"),
    ):
        if not isinstance(value, kind) and not (value is None and what != "model"):
            raise ArgumentTypeError(
                f"The {what} of a checkpoint is of the class {kind.__name__}; got {brief(value)}."
            )


def _checked_settings(settings: Any) -> dict[str, Any]:
    if settings is None:
        return {}
    if isinstance(settings, Mapping) and all(
        isinstance(name, str) and _is_plain(value) for name, value in settings.items()
    ):
        return dict(settings)
    raise ArgumentTypeError(
        f"The settings of a checkpoint are texts, finite numbers, booleans and None by name; "
        f"got {brief(settings)}."
    )


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return bool(np.isfinite(value))
    return value is None or isinstance(value, (str, bool, int))


def _description(model: Graph) -> list[list[Any]]:
    """Return each node's name, class, shape and the names of its inputs."""
    return [
        [node.name, type(node).__name__, list(node.shape), [parent.name for parent in node.inputs]]
        for node in model.nodes
    ]


def _check_header(header: Mapping[str, Any], model: Graph, settings: Mapping[str, Any]) -> None:
    if header["kind"] != KIND:
        raise CheckpointError(f"it is no {KIND}.")
    if header["version"] != VERSION:
        raise CheckpointError(
            f"it has version {brief(header['version'])}; this tinygraph reads version {VERSION}."
        )
    here, there = _description(model), header["nodes"]
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
    for name, value in settings.items():
        if header["settings"].get(name) != value:
            raise CheckpointError(
                f"it was made with {name} = {brief(header['settings'].get(name))}; this run has "
                f"{brief(value)}. Use the old setting, or another file."
            )


def _sentence(node: Any) -> str:
    name, kind, shape, inputs = node
    of = f" of {', '.join(map(str, inputs))}" if inputs else ""
    return f'{kind} "{name}" {show(shape)}{of}'


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


def _optimizer_state(
    saved: Any, optimizer: Optimizer, arrays: Mapping[str, Array]
) -> dict[str, Any]:
    if saved is None:
        raise CheckpointError("it holds no optimizer. Load it with the model alone.")
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


def _from_records(records: list[Record]) -> Array:
    """Return the records as an array: epoch, loss and accuracy, NaN where there was none."""
    rows = [(r.epoch, r.loss, np.nan if r.accuracy is None else r.accuracy) for r in records]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def _history(saved: Any, arrays: Mapping[str, Array]) -> History | None:
    if saved is None:
        return None
    loss, records = arrays["history/loss"], arrays["history/records"]
    seconds, stopped, engine = saved["seconds"], saved["stopped"], saved["engine"]
    if loss.ndim != 1 or records.ndim != 2 or records.shape[1] != 3:
        raise CheckpointError("its history has not the shape of one.")
    if not (isinstance(stopped, str) and isinstance(engine, str) and 0 <= float(seconds) < np.inf):
        raise CheckpointError("its history says impossible things.")
    return History(
        loss=loss.astype(np.float64),
        records=[
            Record(int(epoch), float(value), None if np.isnan(share) else float(share))
            for epoch, value, share in records
        ],
        seconds=float(seconds),
        stopped=stopped,
        engine=engine,
    )
