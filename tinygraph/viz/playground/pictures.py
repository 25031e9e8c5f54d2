"""Images: which inputs hold pictures, and which parameters are looked at as pictures.

An input of the shape (None, height, width) or (None, channels, height, width) holds images. So does
a flattened one, (None, k²), if no number is negative: pixels are. The weights of a layer that reads
flattened images have one picture for each unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Input, Parameter
from tinygraph.core.op import Op
from tinygraph.validation.arrays import Array

SMALLEST = 5
"""The least side of a square that flattened pixels fill."""
CHANNELS = (1, 3)


def image_shape(node: Input, array: Array) -> list[int] | None:
    """Return the channels, height and width of the images of an input, or None.

    >>> import numpy as np
    >>> image_shape(Input("x", shape=(None, 64)), np.zeros((3, 64)))
    [1, 8, 8]
    >>> image_shape(Input("x", shape=(None, 3, 9, 7)), np.zeros((3, 3, 9, 7)))
    [3, 9, 7]
    >>> image_shape(Input("x", shape=(None, 50)), np.zeros((3, 50))) is None
    True
    """
    if node.is_whole or node.shape[:1] != (None,) or None in node.shape[1:]:
        return None
    sizes = [int(size or 0) for size in node.shape[1:]]
    if len(sizes) == 3:
        return sizes if sizes[0] in CHANNELS else None
    if len(sizes) == 2:
        return [1, *sizes]
    side = isqrt(sizes[0]) if len(sizes) == 1 else 0
    is_square = side >= SMALLEST and side * side == sizes[0]
    return [1, side, side] if is_square and array.min() >= 0 else None


def find_pictures(model: Graph, arrays: Mapping[Any, Array]) -> dict[str, Any] | None:
    """Return the input that holds images, and the weights that are as large as an image; or None.

    Only the inputs that the prediction reads count; the first of them that holds images is taken.
    """
    for node in model.prediction_inputs:
        shape = image_shape(node, arrays[node])
        if shape is None:
            continue
        weights = [
            str(parent.name)
            for op in model.nodes
            if isinstance(op, Op) and node in op.inputs and len(node.shape) == 2 and shape[0] == 1
            for parent in op.inputs
            if isinstance(parent, Parameter) and len(parent.shape) == 2
            if parent.shape[0] == node.shape[1]
        ]
        return {"input": str(node.name), "shape": shape, "weights": weights}
    return None
