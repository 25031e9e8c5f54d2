"""A graph as JavaScript: a function that makes one copy of it for a batch of ``n`` samples.

Every node has its own arrays for its value and its gradient, so a page can show them.
The passes that fuse layers are left out: they would hide nodes, and gain nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinygraph.compile.ir import Value
from tinygraph.compile.passes.tidy import TIDY, Block, optimise
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.record.step import Step, record_step
from tinygraph.compile.targets.javascript.places import row_major
from tinygraph.compile.targets.javascript.printer import print_operations
from tinygraph.compile.targets.javascript.sheet import Sheet
from tinygraph.compile.targets.javascript.sizes import batch_sizes, merge
from tinygraph.core.graph import Graph
from tinygraph.core.leaves import Parameter
from tinygraph.core.node import Node
from tinygraph.core.op import Op
from tinygraph.core.switch import is_switch
from tinygraph.errors import TinygraphError
from tinygraph.validation.naming import describe


@dataclass(frozen=True)
class NetworkText:
    """The function ``network(n)`` as text.

    Attributes
    ----------
    source : str
    batch : int or None
        The only batch size that the text is for; None if it is for any.
    """

    source: str
    batch: int | None


def print_network(model: Graph, batch: int | None = None) -> NetworkText:
    """Print a graph for any batch size or, if that cannot be, for the size ``batch``.

    Raises
    ------
    Unrecordable
        If a node has no JavaScript; the message names the node and the reason.
    """
    _refuse_draws(model)
    taken = {size for node in model.nodes for size in node.shape or () if size is not None}
    sizes = batch_sizes(taken)
    try:
        return NetworkText(merge([_at_size(model, size) for size in sizes], sizes), None)
    except Unrecordable:
        if batch is None:
            raise
        check = (
            f'  if (n !== {batch}) throw new RangeError("This network takes {batch} samples.");\n'
        )
        head, rest = _at_size(model, batch).split("\n", 1)
        return NetworkText(f"{head}\n{check}{rest}", batch)


def _refuse_draws(model: Graph) -> None:
    """Refuse nodes whose numbers come from a NumPy generator, or that change after a step."""
    for node in (*model.randoms, *model.updates, *filter(is_switch, model.nodes)):
        kind = type(node).__name__
        raise Unrecordable(f"{describe(node)} is a {kind}, which JavaScript cannot run")


def _at_size(model: Graph, size: int) -> str:
    """Return the text for one batch size."""
    feeds = {}
    for node in model.inputs:
        shape = tuple(size if axis is None else axis for axis in node.shape)
        feeds[str(node.name)] = (
            np.zeros(shape, np.intp) if node.is_whole else np.ones(shape, model.precision)
        )
    try:
        step = record_step(model, model.feed_arrays(feeds), [model.prediction])
    except TinygraphError as error:  # an op may take only some batch sizes
        raise Unrecordable(str(error)) from error
    for op, phase, reason in step.called:
        raise Unrecordable(f"the {phase} of {describe(op)} is not recorded: {reason}")
    return _Writer(model, step).text()


class _Writer:
    def __init__(self, model: Graph, step: Step) -> None:
        self._nodes = [node for node in model.nodes if node in step.values]
        shown = [*step.values.values(), *step.gradients.values(), *step.contributions.values()]
        block = optimise(Block(step.operations, tuple(shown)), TIDY)
        self._now = dict(zip(shown, block.outputs))
        self._block = block
        self._step = step
        self._loss = step.values[model.output]
        self._parameters = [n for n in self._nodes if isinstance(n, Parameter)]
        self._sheet = Sheet()

    def text(self) -> str:
        leaves = list(self._step.leaves.items())
        for node, value in leaves:
            self._sheet.new(value, str(node.name))
        forward = self._phase("forward")
        backward = self._phase("backward") + self._own_gradients()
        nodes = [f"  {json.dumps(str(node.name))}: {self._node(node)}," for node in self._nodes]
        loss = self._view(self._loss)
        lines = [
            "function network(n) {",
            *(f"  {line}" for line in self._sheet.declarations),
            "",
            "  function forward() {",
            *(f"    {line}" for line in forward),
            "  }",
            "",
            "  function backward() {",
            *(f"    {line}" for line in backward),
            "  }",
            "",
            "  const nodes = {",
            *(f"  {line}" for line in nodes),
            "  };",
            f"  return {{ n, forward, backward, nodes, loss: {loss} }};",
            "}",
        ]
        return "\n".join(line.rstrip() for line in lines) + "\n"

    def _phase(self, phase: str) -> list[str]:
        """Print the operations of a phase; the other phase and the reader see what is stored."""
        own = [one for one in self._block.operations if one.phase == phase]
        others = [one for one in self._block.operations if one.phase != phase]
        read = {value for one in others for value in one.operands}
        self._sheet.lines = []
        print_operations(self._sheet, own, read | set(self._block.outputs))
        return self._sheet.lines

    def _own_gradients(self) -> list[str]:
        """Print copies, so each parameter has its own array for its gradient.

        An update then changes nothing that the next parameter's update reads.
        """
        self._sheet.lines = []
        for parameter in self._parameters:
            gradient = self._step.gradients.get(parameter)
            if gradient is None:
                continue
            now = self._now[gradient]
            place = self._sheet.place(now)
            leaves = {self._sheet.places[leaf].buffer for leaf in self._step.leaves.values()}
            if place.is_plain(now.shape) and place.buffer not in leaves:
                continue
            own = Value("result", now.shape, now.dtype, f"g_{parameter.name}")
            self._sheet.copy(now, self._sheet.new(own))
            self._now[gradient] = own
        return self._sheet.lines

    def _node(self, node: Node) -> str:
        gradient = self._step.gradients.get(node)
        parts = [f"value: {self._view(self._step.values[node])}"]
        parts.append(f"gradient: {'null' if gradient is None else self._view(gradient)}")
        if isinstance(node, Op):
            parts.append(f"passes: [{', '.join(self._passes(node))}]")
        return f"{{ {', '.join(parts)} }}"

    def _passes(self, op: Op) -> Sequence[str]:
        """Return the gradient that an op passes to each input, as views."""
        found = [self._step.contributions.get((op, k)) for k in range(len(op.inputs))]
        return ["null" if value is None else self._view(value) for value in found]

    def _view(self, value: Value) -> str:
        """Return a view of a value: its buffer, shape, strides and offset."""
        now = self._now.get(value, value)
        place = self._sheet.place(now)
        shape = ", ".join(map(str, now.shape))
        if place.is_plain(now.shape):
            strides = ", ".join(map(str, row_major(now.shape)))
        else:
            strides = ", ".join(map(str, place.strides))
        return f"view({place.buffer}, [{shape}], [{strides}], {place.offset})"
