"""Checkpoints: a training run is saved to one file, and continues from it without a difference.

Everything that the next epoch depends on is saved: the parameters and the states of the graph, the
optimizer's state and step count, the history, and the states of the generators that shuffle
mini-batches and draw the numbers of Random nodes.  All of it is read
and checked before anything in memory is changed.

The network itself is not saved: your code builds it again.  A checkpoint holds its
description, so that numbers are never loaded into another network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tinygraph.checkpoint import sealed
from tinygraph.checkpoint.entries import (
    check_description,
    check_settings,
    description,
    history_entry,
    history_from,
    optimizer_entry,
    optimizer_state,
    parameter_arrays,
    parameter_values,
    rng_entry,
    rng_state_from,
)
from tinygraph.core.graph import Graph
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentTypeError, CheckpointError, TinygraphError
from tinygraph.optim.optimizer import Optimizer
from tinygraph.train.history import History
from tinygraph.validation.arrays import as_dict, brief
from tinygraph.validation.paths import as_path

KIND = "tinygraph checkpoint"
VERSION = 1


def save(
    path: Any,
    model: Graph,
    optimizer: Optimizer | None = None,
    history: History | None = None,
    *,
    rng: np.random.Generator | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Save a training run to a file, completely or not at all.

    Parameters
    ----------
    path : str or path
        Usually with the suffix ``.npz``.  An existing file is replaced in one step.
    model : Graph
    optimizer : Optimizer, optional
    history : History, optional
    rng : Generator, optional
        The generator that ``fit(…, batch_size=…, rng=rng)`` shuffles with.
    settings : mapping, optional
        Strings, numbers, booleans and ``None`` that must be equal when the file is loaded, such
        as the seed of the data.

    Raises
    ------
    ArgumentTypeError
        If an argument is not of the type above.
    FileError
        If the file cannot be written; an older file then stays unchanged.

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
    _check_arguments(model, optimizer, history, rng)
    check_nodes(model.nodes)
    optimizer_header, memory = optimizer_entry(optimizer)
    history_header, record = history_entry(history)
    header = {
        "kind": KIND,
        "version": VERSION,
        "nodes": description(model),
        "settings": _checked_settings(settings),
        "optimizer": optimizer_header,
        "history": history_header,
        "rng": rng_entry(rng),
        "draws": rng_entry(model.rng if model.randoms else None),
    }
    arrays = parameter_arrays(model) | memory | record
    sealed.write(path, header, arrays)


def load(
    path: Any,
    model: Graph,
    optimizer: Optimizer | None = None,
    *,
    rng: np.random.Generator | None = None,
    settings: Mapping[str, Any] | None = None,
) -> History | None:
    """Load a training run into a model and its optimizer, and return the history.

    Nothing changes unless the whole file is valid and fits the model.  With the engine that saved
    it, the continued run is bitwise equal to an uninterrupted one; with another engine, it is
    equal to within rounding.

    Parameters
    ----------
    path : str or path
    model : Graph
        A network with the same structure as the saved one.
    optimizer : Optimizer, optional
        An optimizer of the same class as the saved one.  Default: load only the parameters.
    rng : Generator, optional
        A generator of the same kind as the saved one; it gets the saved state.
    settings : mapping, optional
        Each must equal the saved setting.

    Returns
    -------
    History or None
        Continue it with ``fit(…, history=…)``.  ``None`` if no History was saved.

    Raises
    ------
    FileError
        If there is no file, or it cannot be read.
    CheckpointError
        If the file is incomplete, damaged, not a checkpoint, or of another network or optimizer.

    >>> import tempfile
    >>> import tinygraph as tg
    >>> trained, fresh = tg.lab2.model(rng=1), tg.lab2.model(rng=2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(f"{folder}/run.npz", trained)
    ...     load(f"{folder}/run.npz", fresh)
    >>> bool((fresh["layer1/W"].value == trained["layer1/W"].value).all())
    True
    """
    _check_arguments(model, optimizer, None, rng)
    check_nodes(model.nodes)
    wanted = _checked_settings(settings)
    header, arrays = sealed.read(path)
    try:
        _check_kind(header)
        check_description(header["nodes"], model)
        check_settings(header["settings"], wanted)
        values = parameter_values(model, arrays)
        history = history_from(header["history"], arrays)
        rng_state = {} if rng is None else rng_state_from(header.get("rng"), rng)
        draws = header.get("draws")  # None for a graph without Random nodes
        draws_state = None if draws is None else rng_state_from(draws, model.rng)
        if optimizer is not None:
            optimizer.load_state(optimizer_state(header["optimizer"], optimizer, arrays))
    except TinygraphError as error:
        raise CheckpointError(f"{as_path(path)} does not fit: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CheckpointError(
            f"{as_path(path)} has entries that no checkpoint has ({type(error).__name__}: {error})."
        ) from error
    for parameter, value in values.items():
        parameter.accept(value)
    if draws_state is not None:
        model.rng.bit_generator.state = draws_state
    if rng is not None:
        rng.bit_generator.state = rng_state
    return history


def _check_arguments(model: Any, optimizer: Any, history: Any, rng: Any) -> None:
    for value, kind, what in (
        (model, Graph, "model"),
        (optimizer, Optimizer, "optimizer"),
        (history, History, "history"),
        (rng, np.random.Generator, "rng"),
    ):
        if not isinstance(value, kind) and not (value is None and what != "model"):
            raise ArgumentTypeError(
                f"The {what} of a checkpoint is of the class {kind.__name__}; got {brief(value)}."
            )


def _checked_settings(settings: Any) -> dict[str, Any]:
    if settings is None:
        return {}
    rule = "The settings of a checkpoint are texts, finite numbers, booleans and None by name"
    found = as_dict(settings, rule)
    if all(isinstance(name, str) and _is_plain(value) for name, value in found.items()):
        return found
    raise ArgumentTypeError(f"{rule}; got {brief(settings)}.")


def _is_plain(value: Any) -> bool:
    if isinstance(value, float):
        return bool(np.isfinite(value))
    return value is None or isinstance(value, (str, bool, int))


def _check_kind(header: Mapping[str, Any]) -> None:
    if header["kind"] != KIND:
        raise CheckpointError(f"it is no {KIND}.")
    if header["version"] != VERSION:
        raise CheckpointError(
            f"it has version {brief(header['version'])}; this tinygraph reads version {VERSION}."
        )
