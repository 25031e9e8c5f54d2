"""From graph to program: compile a training step to straight-line code.

The compiler is a pipeline of three stages:

- ``record`` runs the ``forward`` and ``backward`` of each op once on recording arrays. The result
  is a flat list of array operations (``ir``).
- ``passes`` make that list shorter.
- ``targets`` print it: ``readable`` for people, ``numpy`` as NumPy calls that write to preallocated
  buffers, ``numba`` as loops, ``javascript`` as a module for a web page. A target knows array
  operations, not ops.

``program`` keeps the compiled programs of a model, and ``batches`` runs them on mini-batches.

Not supported: graphs that change from run to run, and devices other than the CPU.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from tinygraph.core.graph import Graph, as_graph
from tinygraph.core.topology import check_nodes
from tinygraph.errors import ArgumentError, ArgumentTypeError, did_you_mean
from tinygraph.optim.optimizer import Optimizer
from tinygraph.validation.arrays import brief

if TYPE_CHECKING:
    from tinygraph.compile.program import Program
    from tinygraph.compile.targets.javascript.program import JavaScriptProgram

TARGETS = ("numpy", "numba", "javascript")

__all__ = ["compile"]


@overload
def compile(  # noqa: A001
    model: Graph, optimizer: Optimizer | None = None, target: Literal["numpy", "numba"] = ...
) -> Program: ...


@overload
def compile(  # noqa: A001
    model: Graph, optimizer: Optimizer | None = None, *, target: Literal["javascript"]
) -> JavaScriptProgram: ...


@overload
def compile(  # noqa: A001
    model: Graph, optimizer: Optimizer | None = None, target: str = ...
) -> Program | JavaScriptProgram: ...


def compile(  # noqa: A001 - the verb that a user expects
    model: Graph, optimizer: Optimizer | None = None, target: str = "numpy"
) -> Program | JavaScriptProgram:
    """Compile a graph to a straight-line program: forward, backward and update.

    Parameters
    ----------
    model : Graph
        With a scalar output.
    optimizer : Optimizer, optional
        The program does its update. Without one it only computes gradients.
    target : {"numpy", "numba", "javascript"}
        The target that the program is compiled for.

    Returns
    -------
    Program or JavaScriptProgram
        ``program.source`` is the step as a person would write it; ``program.run`` takes steps. For
        ``"javascript"``, ``program.source`` is a module for a web page, with ``predict``.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If an argument has another type, or the target is unknown.
    CompileError
        If JavaScript cannot do an operation of the graph; names the node and the reason.

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
    check_nodes(as_graph(model, "compile").nodes)
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise ArgumentTypeError(
            f"compile takes an optimizer, such as Adam(model.parameters); got {brief(optimizer)}."
        )
    if not isinstance(target, str) or target not in TARGETS:
        raise ArgumentError(f"No target is called {brief(target)}." + did_you_mean(target, TARGETS))
    if target == "javascript":
        from tinygraph.compile.targets.javascript.program import JavaScriptProgram

        return JavaScriptProgram(model, optimizer)
    from tinygraph.compile.program import Program

    return Program(model, optimizer, target)
