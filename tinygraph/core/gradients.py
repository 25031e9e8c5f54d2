"""The backward pass as a graph of nodes, which can be drawn, run and differentiated again.

``Graph.backward`` goes through the ops in reverse order and calls each op's ``backward`` with
arrays. :func:`gradients` does the same with nodes: each ``backward`` then builds the nodes that
compute its gradients, and contributions to one node add up. No op needs anything more for this.

Not supported: ops whose ``backward`` branches on numbers, loops over elements or writes in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinygraph.core.backward_names import BackwardNames
from tinygraph.core.leaves import Constant, Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.scope import absolute_prefix
from tinygraph.core.symbolic_size import Untraceable
from tinygraph.core.topology import as_node, name_nodes, topological_order
from tinygraph.core.tracing import Traced
from tinygraph.core.trial import BATCH, is_the_same
from tinygraph.errors import ArgumentTypeError, OpError, ShapeError, TinygraphError
from tinygraph.validation.arrays import brief
from tinygraph.validation.feeds import common_precision
from tinygraph.validation.naming import describe
from tinygraph.validation.op_results import one_each
from tinygraph.validation.shapes import fits, show, with_batch


def gradients(output: Node, of: Sequence[Node]) -> tuple[Node | None, ...]:
    """Return the gradient of ``output`` with respect to each node of ``of``, as nodes.

    The nodes of the backward pass are named after the nodes that they belong to: the gradient of
    ``layer1/W`` is ``backward/layer1/dW``. A Graph of these nodes runs the backward pass; a second
    call of ``gradients`` differentiates it.

    Parameters
    ----------
    output : Node
        A scalar, usually a loss.
    of : sequence of Node

    Returns
    -------
    tuple of Node or None
        None for a node that the output does not depend on, or to which no gradient flows.

    Raises
    ------
    ArgumentTypeError, ShapeError
        If ``output`` is not a scalar node, or ``of`` is not a sequence of nodes.
    OpError
        If the ``backward`` of an op cannot be applied to nodes: it branches on numbers, loops over
        elements, writes in place, or applies a NumPy function for which there is no op.

    >>> import tinygraph as tg
    >>> x = tg.Parameter(3.0, name="x")
    >>> (slope,) = gradients(x**3, [x])
    >>> (curvature,) = gradients(slope, [x])
    >>> tg.Graph(slope).forward(), tg.Graph(curvature).forward()
    (27.0, 18.0)
    """
    output = as_node(output, "The output of gradients")
    if isinstance(of, Node) or not isinstance(of, Sequence):
        raise ArgumentTypeError(
            f"gradients needs a list of nodes to differentiate by, such as [W, b]; got {brief(of)}."
        )
    wanted = [as_node(node, "Each node to differentiate by") for node in of]
    if output.shape != ():
        raise ShapeError(
            f"gradients needs a scalar output; {describe(output)} has the shape "
            f"{show(output.shape)}. End with a loss or np.sum.",
            output,
        )
    order = topological_order([output])
    name_nodes(order)
    leaves = [n for n in order if isinstance(n, Parameter)]
    dtype = common_precision(leaves) or np.dtype(np.float64)
    names = BackwardNames(order)
    grads = _back_propagate(output, order, set(wanted), dtype, names)
    return tuple(grads.get(node) if node.takes_gradient else None for node in wanted)


def _back_propagate(
    output: Node, order: list[Node], wanted: set[Node], dtype: Any, names: BackwardNames
) -> dict[Node, Node]:
    """Return the gradient of each node that lies between the wanted nodes and the output."""
    on_the_way = set(wanted)
    for node in order:
        if not on_the_way.isdisjoint(node.inputs):
            on_the_way.add(node)
    grads: dict[Node, Node] = {output: Constant(1.0)}
    for op in reversed(order):
        if op not in grads or op not in on_the_way or not isinstance(op, Op):
            continue
        with absolute_prefix(names.prefix(op)):
            for parent, contribution in zip(op.inputs, _contributions(op, grads[op], dtype)):
                if contribution is None or parent not in on_the_way or not parent.takes_gradient:
                    continue
                known = grads.get(parent)
                grads[parent] = contribution if known is None else known + contribution
    for node, gradient in grads.items():
        if gradient.name is None:
            gradient.name, gradient.auto_named = names.gradient(node), True
    return grads


def _contributions(op: Op, g: Node, dtype: Any) -> list[Node | None]:
    """Return what the op's own ``backward`` builds when it is called with nodes."""
    arrays = [Traced(node, dtype) for node in (g, op, *op.inputs)]
    traced = one_each(op, call_with_nodes(op, "backward", arrays))
    nodes = [None if one is None else _of_shape(one, op, p) for one, p in zip(traced, op.inputs)]
    if not is_the_same(op, nodes, g):
        raise something_else(op, "backward")
    return nodes


def call_with_nodes(op: Op, method: str, arrays: list[Traced]) -> Any:
    """Return ``op.forward`` or ``op.backward`` of traced arrays.

    Raises
    ------
    OpError
        If the method needs numbers.
    """
    try:
        return getattr(op, method)(*arrays)
    except Untraceable as error:
        reason = str(error)
    except TinygraphError as error:
        reason = f"it raises {type(error).__name__}: {error}"
    except Exception as error:
        if isinstance(error.__cause__ or error.__context__, Untraceable):
            reason = str(error.__cause__ or error.__context__)
        else:
            reason = f"it raises {type(error).__name__}: {error}"
    hint = ""
    if _works_with_a_fixed_batch(op, method, arrays):
        hint = " It works if the inputs have a fixed batch size."
    raise OpError(
        f"The {method} of {describe(op)} must be NumPy code of whole arrays, so that it can be "
        f"applied to nodes; but {reason.rstrip('.')}.{hint}",
        op,
    )


def _works_with_a_fixed_batch(op: Op, method: str, arrays: list[Traced]) -> bool:
    if not any(None in array.node.shape for array in arrays):
        return False
    stand_ins = [
        Traced(Parameter(np.ones(with_batch(array.node.shape, BATCH))), array.dtype)
        for array in arrays
    ]
    try:
        getattr(op, method)(*stand_ins)
    except Exception:
        return False
    return True


def something_else(op: Op, method: str) -> OpError:
    """Return the error for an op that does with nodes something else than with arrays."""
    return OpError(
        f"The {method} of {describe(op)} must do with nodes what it does with arrays, but on "
        f"random numbers the results differ. Does it read numbers that are not among its "
        f"arguments, keep something on self, ask for the type of an array, or catch errors?",
        op,
    )


def _of_shape(gradient: Any, op: Op, parent: Node) -> Node:
    """Return a contribution as a node of the shape of ``parent``."""
    node: Any = gradient.node if isinstance(gradient, Traced) else gradient
    if not isinstance(node, Node):
        node = Constant(node)
    if not fits(node.shape, parent.shape):
        raise OpError(
            f"The backward of {describe(op)} must return a gradient of the shape of each input; "
            f"for {describe(parent)} of shape {show(parent.shape)} it returned "
            f"{show(node.shape)}.",
            op,
        )
    # Of two sizes that agree, one may be the batch size and the other a number.
    is_same = node.shape == parent.shape or None in node.shape
    same: Node = node if is_same else node.reshape(parent.shape)
    return same
