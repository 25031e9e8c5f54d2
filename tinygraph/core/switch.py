"""The one place where training and predicting differ."""

from __future__ import annotations

from tinygraph.core.node import Node
from tinygraph.core.op import Op, Rule
from tinygraph.validation.arrays import Array
from tinygraph.validation.shapes import Shape, broadcast


class Switch(Op):
    r"""One value while training, another while predicting.

    **Formula.** :math:`y = a` in ``forward``, with a = ``training``. ``predict`` follows
    b = ``predicting`` instead. So there is no mode that a user could forget to set.

    **Gradient.** Only ``forward`` is differentiated, and there y is a:

    .. math:: \frac{\partial L}{\partial a} = g, \qquad \frac{\partial L}{\partial b} = 0 .

    **Shape check.** y and g have the shape of a; b must broadcast to it.

    >>> import numpy as np
    >>> import tinygraph as tg
    >>> mask = tg.Random("mask", (None, 2), lambda rng, shape: 2.0 * (rng.random(shape) < 0.5))
    >>> x = tg.Input("x", shape=(None, 2))
    >>> model = tg.Graph(tg.Sum(x * tg.Switch(training=mask, predicting=1.0)), rng=0)
    >>> model.predict(x=[[1.0, 2.0]])
    3.0
    """

    role = "switch"
    formula = r"\text{training}"
    code = "training"
    rules = (
        Rule("g", "g", local="1.0", why="in training, the value is that of the first input"),
        Rule("0", "np.zeros(predicting.shape)", local="0.0", why="only predict uses this input"),
    )

    def forward(self, training: Array, predicting: Array) -> Array:
        return training

    def backward(
        self, g: Array, y: Array, training: Array, predicting: Array
    ) -> tuple[Array, None]:
        return g, None

    def infer_shape(self, training: Shape, predicting: Shape) -> Shape:
        if broadcast(training, predicting) != training:
            raise self.shape_error("two inputs that broadcast to the shape of the first")
        return training


def is_switch(node: Node) -> bool:
    """Tell whether a node is a Switch."""
    return isinstance(node, Switch)


def predicting_inputs(node: Node) -> tuple[Node, ...]:
    """Return the inputs that ``predict`` needs: of a Switch only the second one."""
    return node.inputs[1:] if isinstance(node, Switch) else node.inputs
