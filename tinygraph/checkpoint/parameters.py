"""Parameters as JSON: an object from each parameter's name to its numbers in one row.

The playground downloads this form, and you can write it by hand.  A checkpoint
(:mod:`tinygraph.checkpoint.saving`) holds much more, and is checked against damage.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tinygraph.core.graph import Graph, as_graph
from tinygraph.errors import CheckpointError, FileError
from tinygraph.validation.arrays import Array
from tinygraph.validation.naming import describe
from tinygraph.validation.paths import as_path
from tinygraph.validation.shapes import show

LONGEST = 200_000_000
"""Bytes; a longer file is not read."""


def load_parameters(path: str | Path, model: Graph) -> None:
    """Load the parameters of a model from a JSON file, such as one from a playground.

    Nothing changes unless the file has finite numbers for every parameter.

    Parameters
    ----------
    path : str or path
        A file with an object such as ``{"layer1/W": [0.5, -1.0], "layer1/b": [0.0]}``.  The numbers
        of an array are in one row, in C order.
    model : Graph

    Raises
    ------
    ArgumentTypeError
        If ``model`` is not a Graph, or ``path`` is not a path.
    FileError
        If the file cannot be read.
    CheckpointError
        If the file is not such an object, or does not fit the parameters of the model.

    >>> import tempfile
    >>> import tinygraph as tg
    >>> w = tg.Parameter([[0.0, 0.0]], name="w")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "parameters.json")
    ...     _ = path.write_text('{"w": [1.5, -2.0]}')
    ...     load_parameters(path, tg.Graph(tg.Sum(w)))
    >>> w.value
    array([[ 1.5, -2. ]])
    """
    model, path = as_graph(model, "load_parameters"), as_path(path)
    try:
        numbers = _read(path)
        known = {str(parameter.name) for parameter in model.parameters}
        for name in numbers:
            if name not in known:
                raise CheckpointError(
                    f"it has numbers for {name!r}, but the model has no such parameter"
                )
        values = [_value(parameter, numbers) for parameter in model.parameters]
    except CheckpointError as error:
        raise CheckpointError(
            f"{path} does not have the parameters of this model: {error}. Use the file of a model "
            f"with the same names and shapes."
        ) from None
    for parameter, value in zip(model.parameters, values, strict=True):
        parameter.value = value


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LONGEST:
            raise CheckpointError(f"it is longer than {LONGEST:,} bytes")
        numbers = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileError(f"Cannot read {path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError):
        raise CheckpointError("it is not JSON") from None
    if not isinstance(numbers, dict):
        raise CheckpointError("it must be an object with a list of numbers for each parameter")
    return numbers


def _value(parameter: Any, numbers: dict[str, Any]) -> Array:
    """Return the new value of a parameter."""
    name, shape = parameter.name, parameter.value.shape
    if name not in numbers:
        raise CheckpointError(f"it has no numbers for {describe(parameter)}")
    try:
        flat = np.asarray(numbers[name], dtype=np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        raise CheckpointError(f"the numbers for {describe(parameter)} must be a list") from None
    if flat.size != parameter.value.size:
        raise CheckpointError(
            f"{describe(parameter)} has the shape {show(shape)}, but the file has {flat.size} "
            f"numbers for it"
        )
    if not np.isfinite(flat).all():
        raise CheckpointError(f"not all numbers for {describe(parameter)} are finite")
    return flat.reshape(shape).astype(parameter.value.dtype)
