"""From graph to program: what an explicit graph makes possible.

``recording`` runs each op once on arrays that only write down what is done to them; ``step``, and
``update`` for the optimizer, put a whole training step together from that, as the operations of
``ir``.  ``passes`` (and what follows from it: ``simplification``, ``factors``, ``affine_layers``,
``joined_layers``) make it shorter, in the order that ``plan`` gives.  ``readable`` prints it for
people, ``numpy_target`` for NumPy, a call a line (``calls``) in memory set aside before
(``storage``), and ``numba_target`` for numba, as loops (``loops``).  A target knows array
operations, and no op by name.

Left out on purpose: gradients of gradients, graphs that change from run to run, and devices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinygraph.core.graph import Graph, as_graph
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentError, ArgumentTypeError, did_you_mean
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import brief

if TYPE_CHECKING:
    from tinygraph.compile.program import Program

TARGETS = ("numpy", "numba")

__all__ = ["compile"]


def compile(  # noqa: A001 - the verb that a user expects
    model: Graph, optimizer: Optimizer | None = None, target: str = "numpy"
) -> Program:
    """Turn a graph into a straight-line program: forward, backward and update.

    Parameters
    ----------
    model : Graph
        With a scalar output.
    optimizer : Optimizer, optional
        Whose update the program does; without one it computes gradients alone.
    target : {"numpy", "numba"}
        What the program is compiled to.

    Returns
    -------
    Program
        ``program.source`` is the step as you would write it by hand; ``program.run`` takes steps.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        For anything else than the above.

    Examples
    --------
    >>> import numpy as np
    >>> import tinygraph as tg
    >>> x = tg.Input("x", shape=(None, 2))
    >>> t = tg.Input("t", shape=(None, 1))
    >>> W = tg.Parameter(np.ones((2, 1)), name="W")
    >>> model = tg.Graph(tg.MSE(tg.MatMul(x, W, name="y"), t, name="loss"))
    >>> program = compile(model, tg.SGD(model.parameters, lr=0.1))
    >>> print(program.source)
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def training_step(
        x, t,
        W,
        step,
        lr=0.1,
    ):
        # for batches of 100 samples
        # forward
        y = x @ W
        loss_part = y - t
        loss = np.ravel(loss_part) @ np.ravel(loss_part) / 100
    <BLANKLINE>
        # backward
        g_y = 0.02 * loss_part
        g_W = x.T @ g_y
    <BLANKLINE>
        # update: SGD
        W = W - lr * g_W
        return loss, (W,)
    <BLANKLINE>
    >>> program.run(3, x=[[1.0, 0.0]], t=[[0.0]])
    array([1.    , 0.64  , 0.4096])
    """
    from tinygraph.compile.program import Program

    check_nodes(as_graph(model, "compile").nodes)
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"compile takes an optimizer, such as Adam(model.parameters); got {brief(optimizer)}."
        )
    if not isinstance(target, str) or target not in TARGETS:
        raise ArgumentError(f"No target is called {brief(target)}." + did_you_mean(target, TARGETS))
    return Program(model, optimizer, target)
