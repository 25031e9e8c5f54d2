"""Training: repeat forward, backward and step, and record the losses.

``fit`` checks its arguments.  :mod:`tinygraph.train.loop` keeps the record, prints lines, and stops
the run.  An *engine* (:mod:`tinygraph.train.engines`) runs the epochs.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tinygraph.compile.draws import Draws
from tinygraph.core.graph import Graph
from tinygraph.optim.optimizer import Optimizer
from tinygraph.train.batches import Batches
from tinygraph.train.classification import Accuracy
from tinygraph.train.engines import make_engine
from tinygraph.train.held_out import HeldOut
from tinygraph.train.history import History, checked_record
from tinygraph.train.loop import Loop
from tinygraph.train.settings import check_names, check_roles, checked_settings, whole_number


def fit(
    model: Graph,
    optimizer: Optimizer,
    /,
    *unnamed: Any,
    epochs: int = 1_000,
    batch_size: int | None = None,
    rng: np.random.Generator | int | None = None,
    print_interval: int | None = None,
    engine: str = "auto",
    target_loss: float | None = None,
    callback: Callable[[History], object] | None = None,
    callback_interval: int | None = None,
    history: History | None = None,
    validation: Mapping[str, Any] | None = None,
    patience: int | None = None,
    **feeds: Any,
) -> History:
    """Train ``model`` on the fed data for a number of epochs.

    After the last epoch, one more forward and backward run gives every node its value and gradient
    at the trained parameters, for a diagram or a diagnosis.

    Parameters
    ----------
    model : Graph
        With a scalar output, the loss.
    optimizer : Optimizer
    epochs : int
        How many epochs to run now.
    batch_size : int, optional
        Mini-batch size.  The data are reshuffled every epoch.  Default: the full batch.  The loss
        of an epoch is the mean over its samples, each computed before the step of its batch.
    rng : Generator or int, optional
        The random generator of the shuffles, or a seed.  Default: the seed 0.  With a seed, a run
        in several parts sees the same batches as a run in one part.
    print_interval : int, optional
        The number of epochs between two printed lines; 0 prints nothing.  Default: a tenth of the
        epochs.  On a terminal a progress bar runs below the lines.
    engine : str
        ``"interpreted"``, ``"numpy"``, ``"numba"``, or ``"auto"`` for the one that is worth its
        compile time.  One step of each is equal to within rounding.  A long run of an optimizer
        that swings at a minimum, as RMSProp may, multiplies that difference.
    target_loss : float, optional
        Stop when the loss is at most this; it is compared every 100 epochs.
    callback : callable, optional
        Called with the History every ``callback_interval`` epochs.  The nodes then hold the values
        and gradients of the last step, and the parameters their values after it.  A true result
        stops the run.
    callback_interval : int, optional
        Default: ``print_interval``.
    history : History, optional
        The record of an earlier run to continue.
    validation : mapping, optional
        Data that are not trained on, one array for each input.  Their loss and accuracy go into
        ``history.validation_loss`` and ``history.validation_accuracy``.
    patience : int, optional
        Stop if the validation loss has not fallen below its minimum for this many epochs, and
        restore the parameters of the minimum.
    **feeds : array_like
        One array for each input, by its name.

    Returns
    -------
    History
        Ctrl-C ends the run early: ``stopped`` of the record is then ``"interrupted"``.

    Raises
    ------
    NonFiniteError
        If the loss becomes NaN or infinite.  The error names the epoch and the first node that did,
        and carries the record of the epochs before.
    ArgumentError, ArgumentTypeError
        If a setting is invalid.
    FeedError, ShapeError, DtypeError
        As ``Graph.forward``.

    Examples
    --------
    >>> import tinygraph as tg
    >>> model = tg.lab2.model(rng=0)
    >>> X, T = tg.data.xor()
    >>> opt = tg.Adam(model.parameters, lr=0.1)
    >>> fit(model, opt, x=X, t=T, epochs=1000, print_interval=500)  # doctest: +ELLIPSIS
    epoch     500   loss ...
    epoch   1,000   loss ...   accuracy 100.00%
    <History of 1000 epochs, last loss ...>
    """
    check_roles(model, optimizer, unnamed)
    check_names(model, feeds, inspect.getfullargspec(fit).kwonlyargs)
    settings = checked_settings(
        epochs=epochs,
        print_interval=print_interval,
        callback=callback,
        callback_interval=callback_interval,
        target_loss=target_loss,
        patience=patience,
        has_validation=validation is not None,
    )
    record = checked_record(history)
    if batch_size is not None:
        batch_size = whole_number("batch_size", batch_size, least=1)
    with Draws(model).kept():  # only steps take numbers from the generator of the graph
        batches = Batches(model, feeds, batch_size, rng, optimizer)
        accuracy = Accuracy(model, batches.feeds)
        held_out = None if validation is None else HeldOut(model, validation, accuracy, patience)
        runner = make_engine(engine, model, optimizer, batches, settings.epochs)
    record.engine = runner.name
    Loop(model, runner, batches.feeds, record, settings, accuracy, held_out).run()
    return record
