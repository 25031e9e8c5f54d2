"""The graph: run forward, and differentiated backward.

``forward`` goes through the nodes in topological order and calls each op. ``backward`` goes through
them in reverse order: each op turns the gradient of its value into contributions to the gradients
of its inputs. If several ops read one node, their contributions add up. This sum is the chain rule
for several variables.

The checks are in :mod:`tinygraph.validation`. Not supported: graphs that change from run to run,
and devices other than the CPU.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from tinygraph.core import tracer
from tinygraph.core.leaves import Constant, Input, Parameter, Random, State, checked_updates
from tinygraph.core.node import Node, of_type, values_of
from tinygraph.core.op import Op
from tinygraph.core.prediction import Path, inputs_and_randoms, own_node, path_to, predicted
from tinygraph.core.summary import summary_table
from tinygraph.core.switch import is_switch
from tinygraph.core.topology import as_node, check_nodes, name_nodes, topological_order
from tinygraph.errors import ArgumentTypeError, StateError, UnknownNameError, did_you_mean
from tinygraph.validation.arrays import Array, brief
from tinygraph.validation.feeds import check_feeds, common_precision, feed_ranges, unnamed_feed
from tinygraph.validation.naming import describe
from tinygraph.validation.nonfinite import GradientWatch, has_nan, warn_of_nan
from tinygraph.validation.op_results import (
    as_seed,
    call_backward,
    call_forward,
)
from tinygraph.validation.randomness import as_generator
from tinygraph.validation.run_record import RunRecord
from tinygraph.validation.shapes import Shape, batch_size, with_batch


class Graph:
    """A network: all nodes that its output depends on.

    Parameters
    ----------
    output : Node
        The node that ``forward`` returns and ``backward`` differentiates: usually a loss.
    prediction : Node, optional
        The node that ``predict`` returns. Default: the output.
    updates : mapping of State to Node, optional
        For each State, the node whose value it takes after a training run.
    rng : Generator or int, optional
        The source of the numbers that ``Random`` nodes draw, or a seed for it (default 0).

    Attributes
    ----------
    nodes : tuple of Node
        All nodes in topological order: each comes after its inputs.
    inputs, parameters, states, randoms : tuple
        The nodes of these kinds among them.
    prediction_inputs : tuple of Input
        The inputs that ``predict`` needs.
    output, prediction : Node

    Raises
    ------
    DuplicateNameError
        If two nodes have the same name.
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

    def __init__(
        self,
        output: Node,
        prediction: Node | None = None,
        updates: Mapping[State, Node] | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        self.output = as_node(output, "The output of a Graph")
        self.prediction = (
            output if prediction is None else as_node(prediction, "The prediction of a Graph")
        )
        self.updates = checked_updates(updates)
        self.rng = as_generator(rng)
        self.nodes = tuple(
            topological_order([self.output, self.prediction, *self.updates.values(), *self.updates])
        )
        self._by_name = name_nodes(self.nodes)
        self._ops = of_type(Op, self.nodes)
        leaves = [node for node in self.nodes if not node.inputs]
        self.inputs, self.randoms = inputs_and_randoms(leaves)
        self.states = of_type(State, leaves)
        self.parameters = tuple(n for n in of_type(Parameter, leaves) if not isinstance(n, State))
        constants = of_type(Constant, leaves)
        self._weak_constants = [node for node in constants if not node.has_own_precision]
        own_precision = [node for node in constants if node.has_own_precision]
        self.precision = common_precision([*self.parameters, *self.states, *own_precision])
        has_one_path = self.prediction is self.output and not self.updates
        self._prediction_path = (
            Path(self.prediction, self.inputs, self.randoms, self._ops)
            if has_one_path and not any(map(is_switch, self._ops))
            else path_to(self.prediction)
        )
        self.prediction_inputs = self._prediction_path.inputs
        self._feed_ranges = feed_ranges(self._ops) if self.inputs else {}
        self._run = RunRecord(self.nodes, leaves, [op for op in self._ops if op._keywords])
        self._gradient_watch = GradientWatch(self._ops)
        self._is_run = False
        self._batch: int | None = None
        self._shapes: list[Shape] = []

    def __getstate__(self) -> dict[str, Any]:
        # pickle and deepcopy follow the inputs of each node. With the topological order first, the
        # inputs are always done already: a long chain needs no recursion.
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
        if node is None or node.name != name:  # a node was renamed
            self._by_name = {str(node.name): node for node in self.nodes}
        return name in self._by_name

    def __repr__(self) -> str:
        numbers = sum(parameter.value.size for parameter in self.parameters)
        return (
            f"<Graph of {len(self.nodes)} nodes, {numbers} numbers in "
            f"{len(self.parameters)} parameters, output {describe(self.output)}>"
        )

    def forward(self, /, *unnamed: Any, **feeds: Any) -> Any:
        """Compute the value of every node from the feeds, and return that of the output.

        The feeds are copied, and so is the result: neither shares memory with a node.

        Parameters
        ----------
        **feeds : array_like
            One array per input, by its name.

        Returns
        -------
        float or array
            The value of the output node, as a ``float`` if it is a scalar.

        Raises
        ------
        FeedError, ShapeError, DtypeError
            If the feeds do not fit the inputs.
        OpError
            If the ``forward`` of an op fails.

        Warns
        -----
        RuntimeWarning
            If the output is NaN: names the node where NaN begins.
        """
        self._start_run(unnamed, feeds)
        for op, shape in zip(self._ops, self._run_shapes()):
            op._value = call_forward(op, values_of(op), shape)
        self._run.take()
        self._is_run = True
        return _result(self.output._value, ((n, n._value) for n in self.nodes), "forward")

    def backward(self, seed: Any = None) -> None:
        """Compute ∂L/∂value of every node, L being the output, in reverse topological order.

        All earlier gradients are cleared first, so that two calls give the same numbers.

        Parameters
        ----------
        seed : array_like, optional
            ∂L/∂output. Default: 1 for a scalar output. Any other output needs a seed, since only a
            scalar has *a* gradient.

        Raises
        ------
        StateError
            Before any ``forward``; if the numbers of a node have changed since; or if the output
            is not a scalar and there is no seed.
        ShapeError
            If the seed does not have the shape of the output.
        OpError
            If the ``backward`` of an op fails, or does not return one gradient per input.

        Warns
        -----
        RuntimeWarning
            If a gradient is NaN or infinite: names the op in which that begins.
        """
        self._start_backward(seed)
        with self._gradient_watch:
            for op in reversed(self._ops):
                if op.grad is None:
                    continue  # the output does not depend on it
                contributions = call_backward(op, op.grad, op._value, values_of(op))
                for node, contribution in zip(op.inputs, contributions):
                    if contribution is None:
                        continue
                    node.grad = contribution if node.grad is None else node.grad + contribution

    def predict(self, /, *unnamed: Any, at: Any = None, **feeds: Any) -> Any:
        """Return the prediction, computing only the nodes that it depends on.

        No labels are needed, and the values of the last ``forward`` stay as they are.

        Parameters
        ----------
        at : str or Node, optional
            Another node of the graph, whose value is returned instead.
        **feeds : array_like
            One array for each input that the value depends on, by its name. The feed of an input
            called ``at`` is given as ``at``.

        Returns
        -------
        float or array
            A copy of the value, as a ``float`` if it is a scalar.

        Raises
        ------
        UnknownNameError, ArgumentTypeError
            If ``at`` is not a node of this graph.
        FeedError, ShapeError, DtypeError, OpError
            As ``forward``.

        Warns
        -----
        RuntimeWarning
            As ``forward``.
        """
        if at is not None and any(node.name == "at" for node in self.inputs):
            feeds, at = {**feeds, "at": at}, None
        node = self[at] if isinstance(at, str) else own_node(self.nodes, at, self.prediction)
        path = self._prediction_path if node is self.prediction else path_to(node)
        if unnamed:
            raise unnamed_feed("predict", path.inputs)
        values = self.feed_arrays(feeds, path.inputs, path.randoms)
        value = predicted(path, values)
        return _result(value, ((n, values.get(n, n._value)) for n in self.nodes), "predict")

    def trace(self, optimizer: Any = None, training_steps: int = 1, /, **feeds: Any) -> list[Any]:
        """Return a run as plain data: each op forward, each op backward, each update.

        The graph and the optimizer do not change. See :mod:`tinygraph.trace`.

        Parameters
        ----------
        optimizer : Optimizer, optional
            Its updates are traced after the backward steps.
        training_steps : int
            The number of forward, backward and update rounds; more than one needs an optimizer.
        **feeds : array_like
            One array per input, by its name.

        Returns
        -------
        list of dict
            Only strings, numbers, lists and dicts: ``json.dumps`` accepts it.

        Raises
        ------
        StateError
            If the output is not a scalar.
        FeedError, ShapeError, DtypeError, OpError
            As ``forward`` and ``backward``.
        """
        return tracer.trace(self, optimizer, training_steps, feeds)

    def summary(self) -> str:
        """Return a table of the nodes: name, op, shape, inputs and number of parameters."""
        check_nodes(self.nodes)
        return summary_table(self.nodes)

    def feed_arrays(
        self,
        feeds: Mapping[str, Any],
        inputs: tuple[Input, ...] | None = None,
        randoms: tuple[Random, ...] | None = None,
    ) -> dict[Node, Array]:
        """Return the checked feeds, and the constants in the precision of the run.

        Raises
        ------
        FeedError, ShapeError, DtypeError
            If the feeds do not fit the inputs (default: all inputs and all Random nodes).
        """
        randoms = self.randoms if randoms is None else randoms
        needed = (*(self.inputs if inputs is None else inputs), *randoms)
        if randoms:
            feeds = self.with_draws(feeds, randoms)
        arrays = self._checked(needed, feeds)
        if self._weak_constants:
            precision = self.precision or np.result_type(*(arrays.values() or [np.float64]))
            for constant in self._weak_constants:
                arrays[constant] = constant.in_precision(precision)
        return arrays

    def _checked(self, needed: Iterable[Input], feeds: Mapping[str, Any]) -> dict[Node, Array]:
        known = (*self.inputs, *self.randoms)
        return check_feeds(needed, known, feeds, self.precision, self._feed_ranges)

    def with_draws(self, feeds: Mapping[str, Any], randoms: Any = None) -> dict[str, Any]:
        """Return the feeds with new numbers for each Random (default: all) that has none in them.

        A caller that runs the same draws several times feeds the result each time.
        """
        if not (randoms := self.randoms if randoms is None else randoms):
            return dict(feeds)
        arrays = self._checked([node for node in self.inputs if node.name in feeds], feeds)
        batch = batch_size((node.shape, array.shape) for node, array in arrays.items())
        drawn = {}
        precision = self.precision or np.float64
        for random in randoms:
            if random.name not in feeds:
                shape: Any = with_batch(random.shape, batch)
                drawn[str(random.name)] = random.drawn(self.rng, shape, precision)
        return {**feeds, **drawn}

    def update_states(self) -> None:
        """Write the ``updates``: all new states follow from the values of the last forward run.

        ``fit`` calls it after every step; call it yourself in your own training loop.
        """
        new = [node._value for node in self.updates.values()]
        for state, value in zip(self.updates, new):
            state.value = value

    def _start_run(self, unnamed: tuple[Any, ...], feeds: Mapping[str, Any]) -> None:
        """Give each input its feed."""
        if unnamed:
            raise unnamed_feed("forward", self.inputs)
        self._is_run = False
        for node, array in self.feed_arrays(feeds).items():
            node._value = array.copy()

    def _run_shapes(self) -> list[Shape]:
        """Return the shapes of the ops, with the batch size of the current feeds."""
        batch = batch_size(
            (node.shape, node._value.shape) for node in self.inputs if node._value is not None
        )
        if batch != self._batch or not self._shapes:
            self._batch = batch
            self._shapes = [with_batch(op.shape, batch) for op in self._ops]
        return self._shapes

    def _start_backward(self, seed: Any) -> None:
        """Clear all gradients, and give the output its own."""
        if not self._is_run:
            raise StateError(
                "Call forward(…) before backward(): there is no run to differentiate yet."
            )
        self._run.refuse_changes()
        start = as_seed(seed, self.output, self.output._value)
        for node in self.nodes:
            node.grad = None
        self.output.grad = start


def as_graph(value: Any, caller: str) -> Graph:
    """Return ``value`` if it is a Graph; ``caller`` names the called function in the error.

    Raises
    ------
    ArgumentTypeError
        If ``value`` is not a Graph.
    """
    if isinstance(value, Graph):
        return value
    raise ArgumentTypeError(f"{caller} needs a Graph; got {brief(value)}.")


def _result(value: Any, values: Iterable[tuple[Node, Any]], caller: str) -> Any:
    """Return a copy of the result of a run, as a float if it is a scalar; warn if it is NaN."""
    if has_nan(value):
        warn_of_nan(values, caller)
    return float(value) if value.ndim == 0 else value.copy()
