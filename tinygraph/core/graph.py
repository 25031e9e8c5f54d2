"""The graph: nodes in an order, run forward, and differentiated backward.

``forward`` walks the nodes from the inputs to the output, and asks each op for its value.
``backward`` walks the same nodes the other way, and asks each op how its inputs' gradients follow
from its own.  Where several ops read one node, their contributions add up: that is all the chain
rule of several variables says.

Left out on purpose: gradients of gradients, graphs that change from run to run, and devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np

from tinygraph.core.leaves import Constant, Input, Parameter
from tinygraph.core.node import Node, inputs_of
from tinygraph.core.op import Op
from tinygraph.core.topology import as_node, check_nodes, name_nodes, topological_order
from tinygraph.errors import (
    ArgumentTypeError,
    StateError,
    TinygraphError,
    UnknownNameError,
    did_you_mean,
)
from tinygraph.validation.arrays import FLOATS, Array, brief
from tinygraph.validation.feeds import check_feeds, common_precision, unnamed_feed
from tinygraph.validation.naming import describe
from tinygraph.validation.nonfinite import has_nan, warn_of_nan
from tinygraph.validation.op_results import (
    ARRAY_TYPES,
    as_gradient,
    as_seed,
    as_value,
    one_each,
    op_failed,
)
from tinygraph.validation.shapes import Shape, batch_size, show, with_batch

N = TypeVar("N", bound=Node)
_value_of = attrgetter("value")  # with map, quicker than a comprehension: it is called for each op


class Graph:
    """A network, as the nodes that its output depends on.

    Parameters
    ----------
    output : Node
        What ``forward`` returns and ``backward`` differentiates: most often a loss.
    prediction : Node, optional
        What ``predict`` returns; the output unless told.

    Attributes
    ----------
    nodes : tuple of Node
        All nodes in topological order: each stands after its inputs.
    inputs, parameters : tuple
        The ``Input`` and the ``Parameter`` nodes among them.
    prediction_inputs : tuple of Input
        The inputs that ``predict`` needs.
    output, prediction : Node

    Raises
    ------
    DuplicateNameError
        If two nodes were given the same name.
    CycleError
        If a node depends on itself.

    Examples
    --------
    >>> import tinygraph as tg
    >>> w = tg.Parameter(3.0, name="w")
    >>> x = tg.Input("x", shape=())
    >>> model = tg.Graph(w * x)
    >>> model.forward(x=2.0)
    6.0
    >>> model.backward()
    >>> float(w.grad)
    2.0
    """

    def __init__(self, output: Node, prediction: Node | None = None) -> None:
        self.output = as_node(output, "The output of a Graph")
        self.prediction = (
            output if prediction is None else as_node(prediction, "The prediction of a Graph")
        )
        self.nodes = tuple(topological_order([self.output, self.prediction]))
        self._by_name = name_nodes(self.nodes)
        self._ops = _of_type(Op, self.nodes)
        leaves = [node for node in self.nodes if not node.inputs]
        self.inputs = _of_type(Input, leaves)
        self.parameters = _of_type(Parameter, leaves)
        constants = _of_type(Constant, leaves)
        self._weak_constants = [node for node in constants if not node.has_own_precision]
        self.precision = common_precision(
            [*self.parameters, *(node for node in constants if node.has_own_precision)]
        )
        if self.prediction is self.output:
            self.prediction_inputs, self._prediction_ops = self.inputs, self._ops
        else:
            ancestors = topological_order([self.prediction])
            self.prediction_inputs = _of_type(Input, ancestors)
            self._prediction_ops = _of_type(Op, ancestors)
        self._leaves = (*self.inputs, *self.parameters)
        self._leaf_values: list[Array | None] | None = None
        self._batch: int | None = None
        self._shapes: list[Shape] = []

    def __getstate__(self) -> dict[str, Any]:
        # pickle and deepcopy go through the attributes in order, and through a node to its inputs.
        # With the topological order first they find those done: a long chain needs no recursion.
        return {"nodes": self.nodes, **vars(self)}

    def __getitem__(self, name: str) -> Node:
        """Return the node called ``name``."""
        if name in self:
            return self._by_name[name]
        raise UnknownNameError(
            f"No node of this graph is called {brief(name)}." + did_you_mean(name, self._by_name)
        )

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str):
            return False
        node = self._by_name.get(name)
        if node is None or node.name != name:  # a node has been renamed since
            self._by_name = {str(node.name): node for node in self.nodes}
        return name in self._by_name

    def __repr__(self) -> str:
        numbers = sum(parameter.value.size for parameter in self.parameters)
        return (
            f"<Graph of {len(self.nodes)} nodes, {numbers} numbers in "
            f"{len(self.parameters)} parameters, output {describe(self.output)}>"
        )

    def forward(self, /, *unnamed: Any, **feeds: Any) -> Any:
        """Compute every node's value from the fed inputs, and return the output's.

        What is fed is copied, and so is what is returned: neither is shared with a node.

        Parameters
        ----------
        **feeds : array_like
            One array an input, by its name.

        Returns
        -------
        float or array
            The value of the output node, as a ``float`` where it is a scalar.

        Raises
        ------
        FeedError, ShapeError, DtypeError
            If the feeds are not what the inputs ask for.
        OpError
            If an op's own ``forward`` fails.

        Warns
        -----
        RuntimeWarning
            If the output is NaN: names the node where NaN begins.
        """
        if unnamed:
            raise unnamed_feed("forward", self.inputs)
        self._leaf_values = None
        for node, array in self.feed_arrays(feeds).items():
            node.value = array.copy()
        op = self.output
        try:
            for op, shape in zip(self._ops, self._shapes_at_hand()):
                value = op.forward(*map(_value_of, op.inputs))
                is_sound = (
                    type(value) in ARRAY_TYPES and value.dtype in FLOATS and value.shape == shape
                )
                op.value = value if is_sound else as_value(value, op, shape)
        except TinygraphError:
            raise
        except Exception as error:
            arrays = [parent.value for parent in inputs_of(op)]
            raise op_failed("forward", op, arrays, error) from error
        self._leaf_values = list(map(_value_of, self._leaves))
        result: Any = self.output.value
        if has_nan(result):
            warn_of_nan(((node, node.value) for node in self.nodes), "forward")
        return _handed_out(result)

    def predict(self, /, *unnamed: Any, **feeds: Any) -> Any:
        """Return the prediction, running only what it depends on.

        No labels are needed, and the values of the last ``forward`` stay as they are.

        Raises
        ------
        FeedError, ShapeError, DtypeError, OpError
            As ``forward``.

        Warns
        -----
        RuntimeWarning
            As ``forward``.
        """
        if unnamed:
            raise unnamed_feed("predict", self.prediction_inputs)
        values: dict[Node, Any] = dict(self.feed_arrays(feeds, self.prediction_inputs))
        batch = batch_size((node.shape, values[node].shape) for node in self.prediction_inputs)
        op, arrays = self.prediction, []
        try:
            for op in self._prediction_ops:
                arrays = [values.get(parent, parent.value) for parent in op.inputs]
                values[op] = as_value(op.forward(*arrays), op, with_batch(op.shape, batch))
        except TinygraphError:
            raise
        except Exception as error:
            inputs_of(op)
            raise op_failed("forward", op, arrays, error) from error
        result: Any = values.get(self.prediction, self.prediction.value)
        if has_nan(result):
            ancestors = topological_order([self.prediction])
            warn_of_nan(((node, values.get(node, node.value)) for node in ancestors), "predict")
        return _handed_out(result)

    def backward(self, seed: Any = None) -> None:
        """Compute ∂L/∂value of every node, L being the output, in reverse topological order.

        All earlier gradients are cleared first, so that two calls give the same numbers.

        Parameters
        ----------
        seed : array_like, optional
            ∂L/∂output.  1 for a scalar output; needed for any other, since only a scalar has *a*
            gradient.

        Raises
        ------
        StateError
            Before any ``forward``, if an input or a parameter has another value since, or if the
            output is no scalar and there is no seed.
        ShapeError
            If the seed has not the output's shape.
        OpError
            If an op's ``backward`` fails, or returns something else than one gradient an input.
        """
        seed_array = self._seed(seed)
        for node in self.nodes:
            node.grad = None
        self.output.grad = seed_array
        # An op may return g itself, a view, or one array twice.  Each node keeps memory of its own:
        # what is a view, or is held by a node already, is copied.
        held = set(map(id, map(_value_of, self.nodes)))
        held.add(id(seed_array))
        op = self.output
        try:
            for op in reversed(self._ops):
                g = op.grad
                if g is None:
                    continue
                values: list[Any] = list(map(_value_of, op.inputs))
                grads = op.backward(g, op.value, *values)
                if type(grads) is not tuple or len(grads) != len(values):
                    grads = one_each(op, grads)
                for parent, value, grad in zip(op.inputs, values, grads):
                    if grad is None or type(parent) is Constant:
                        continue
                    if (
                        type(grad) not in ARRAY_TYPES
                        or grad.shape != value.shape
                        or grad.dtype is not value.dtype
                    ):
                        grad = as_gradient(grad, op, parent, value)
                    if parent.grad is not None:
                        grad = parent.grad + grad
                    if type(grad) is np.ndarray:  # a scalar never changes: sharing it is safe
                        if grad.base is not None or id(grad) in held:
                            grad = grad.copy()
                        held.add(id(grad))
                    parent.grad = grad
        except TinygraphError:
            raise
        except Exception as error:
            arrays = [parent.value for parent in inputs_of(op)]
            raise op_failed("backward", op, arrays, error) from error

    def trace(self, optimizer: Any = None, training_steps: int = 1, /, **feeds: Any) -> list[Any]:
        """Return a run as plain data: each op forward, each op backward, each update.

        Nothing of the graph or the optimizer is changed.  See :mod:`tinygraph.trace`.

        Parameters
        ----------
        optimizer : Optimizer, optional
            Whose update to trace after the backward steps.
        training_steps : int
            How often to go forward, backward and update; more than once takes an optimizer.
        **feeds : array_like
            One array an input, by its name.

        Returns
        -------
        list of dict
            Text, numbers, lists and dicts alone: ``json.dumps`` takes it.

        Raises
        ------
        StateError
            If the output is no scalar, which alone has *a* gradient.
        FeedError, ShapeError, DtypeError, OpError
            As ``forward`` and ``backward``.
        """
        return _tracer(self, optimizer, training_steps, feeds)

    def summary(self) -> str:
        """Return a table of the nodes: name, op, shape and count of parameters."""
        from tabulate import tabulate  # it takes longer to import than all the rest of this

        check_nodes(self.nodes)
        rows = [
            (
                node.name,
                type(node).__name__,
                show(node.shape),
                ", ".join(str(parent.name) for parent in node.inputs),
                node.value.size if isinstance(node, Parameter) else "",
            )
            for node in self.nodes
        ]
        total = sum(parameter.value.size for parameter in self.parameters)
        table = tabulate(
            [*rows, ("total", "", "", "", total)],
            headers=("name", "op", "shape", "inputs", "parameters"),
            disable_numparse=True,
            colalign=("left", "left", "left", "left", "right"),
        )
        return str(table)

    def feed_arrays(
        self, feeds: Mapping[str, Any], needed: tuple[Input, ...] | None = None
    ) -> dict[Node, Array]:
        """Check the feeds; return them, and Python-number constants in the run's precision.

        Raises
        ------
        FeedError, ShapeError, DtypeError
            If the feeds are not what the inputs (or only the ``needed`` ones) ask for.
        """
        needed = self.inputs if needed is None else needed
        arrays = check_feeds(needed, self.inputs, feeds, self.precision)
        if self._weak_constants:
            precision = self.precision or np.result_type(*(arrays.values() or [np.float64]))
            for constant in self._weak_constants:
                arrays[constant] = constant.in_precision(precision)
        return arrays

    def _shapes_at_hand(self) -> list[Shape]:
        """Return the ops' shapes with the batch size of the inputs' present values put in."""
        batch = batch_size(
            (node.shape, node.value.shape) for node in self.inputs if node.value is not None
        )
        if batch != self._batch or not self._shapes:
            self._batch = batch
            self._shapes = [with_batch(op.shape, batch) for op in self._ops]
        return self._shapes

    def _seed(self, seed: Any) -> Array:
        value = self.output.value
        if value is None or self._leaf_values is None:
            raise StateError(
                "backward() differentiates a run; there was none yet. Call forward(…) first."
            )
        # All other values follow from those of the leaves, so these tell whether the run still
        # stands: a forward gives every input an array of its own, a step every parameter.
        for leaf, of_the_run in zip(self._leaves, self._leaf_values):
            if leaf.value is not of_the_run:
                raise StateError(
                    f"backward() differentiates the last forward run, and {describe(leaf)} has "
                    f"another value since: by a step, by hand, or by another graph that shares "
                    f"it. Call forward(…) again first."
                )
        return as_seed(seed, self.output, value)


Tracer = Callable[[Graph, Any, int, Mapping[str, Any]], list[Any]]


def _no_tracer(*_: Any) -> list[Any]:
    raise RuntimeError("no tracer is registered")


_tracer: Tracer = _no_tracer


def trace_with(tracer: Tracer) -> None:
    """Register the function behind ``Graph.trace``: the engine imports no reader of the graph."""
    global _tracer
    _tracer = tracer


def as_graph(value: Any, caller: str) -> Graph:
    """Return ``value`` if it is a Graph, or refuse it; ``caller`` is what was called with it.

    Raises
    ------
    ArgumentTypeError
        If ``value`` is no Graph.
    """
    if isinstance(value, Graph):
        return value
    raise ArgumentTypeError(f"{caller} takes a Graph; got {brief(value)}.")


def _of_type(kind: type[N], nodes: Iterable[Node]) -> tuple[N, ...]:
    return tuple([node for node in nodes if isinstance(node, kind)])


def _handed_out(value: Any) -> Any:
    """Return a value as a caller may change it: a float, or an array of its own."""
    return float(value) if value.ndim == 0 else value.copy()
