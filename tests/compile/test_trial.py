"""A recording is tried; an op whose recording differs from it is called instead."""

from __future__ import annotations

import numpy as np
import pytest
from compiling import assert_same_gradients, of_op

import tinygraph as tg
from tinygraph.errors import OpError


class Huber(tg.Op):
    """Branches on its data, entry by entry, by np.where: recorded."""

    def forward(self, x):
        return np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5)

    def backward(self, g, y, x):
        return g * np.clip(x, -1, 1)


class Branches(tg.Op):
    """Branches on its data in Python: called."""

    def forward(self, x):
        return x * 2 if x.sum() > 0 else x * 3

    def backward(self, g, y, x):
        return g * 2 if x.sum() > 0 else g * 3


class CalledLoss(tg.Op):
    """A loss whose forward takes numbers out of an array, and whose backward does not read it."""

    def infer_shape(self, x):
        return ()

    def forward(self, x):
        return np.float64(sum(float(entry) for entry in x.ravel()))

    def backward(self, g, y, x):
        return g * np.ones_like(x)


class ChangesG(tg.Op):
    """Changes its argument: called, since a program must not."""

    def forward(self, x):
        return x * x

    def backward(self, g, y, x):
        g *= 2 * x
        return g


class WritesInPlace(tg.Op):
    """Writes into arrays that it has made itself: recorded."""

    def forward(self, x):
        y = np.zeros_like(x)
        y += x * x
        return y

    def backward(self, g, y, x):
        g = g.copy()
        g *= 2 * x
        return g


class Counts(tg.Op):
    """Keeps a count, so that a recording of it would be wrong."""

    def forward(self, x):
        self.count = getattr(self, "count", 0) + 1
        return x * self.count

    def backward(self, g, y, x):
        return g * self.count


@pytest.mark.parametrize(
    ("op_class", "called"), [(Huber, 0), (Branches, 2), (WritesInPlace, 0), (ChangesG, 2)]
)
def test_ops_of_ones_own(op_class, called, rng):
    model = of_op(op_class, [rng.normal(size=(4, 3)) * 2])
    assert_same_gradients(model)
    report = tg.compile(model).report()
    assert report.count(f'{op_class.__name__} "y"') == called
    assert ("instead of recording" in report) == bool(called)


class Picky(tg.Op):
    """Takes no number below 1."""

    def forward(self, x):
        if (x < 1).any():
            raise ValueError("a number below 1")
        return np.sqrt(x)

    def backward(self, g, y, x):
        return g / (2 * y)


def test_an_op_that_takes_only_some_numbers_is_called():
    model = of_op(Picky, [np.array([2.0, 4.0])])
    assert_same_gradients(model)
    opt = tg.SGD(model.parameters, lr=1e-3)
    assert tg.fit(model, opt, epochs=200, print_interval=0).engine == "numpy"


def test_an_op_that_fails_is_met_with_the_lesson_of_an_interpreted_run():
    model = of_op(Picky, [np.array([2.0, 1.5])])
    program = tg.compile(model)
    program.gradients()
    model["p0"].value = [2.0, 0.5]
    lesson = r'forward of Picky "y" failed on p0 \(2,\): ValueError: a number below 1'
    for run in (model.forward, program.gradients, tg.compile(model).gradients):
        with pytest.raises(OpError, match=lesson) as caught:
            run()
        assert caught.value.node is model["y"]


class Doubles(tg.Op):
    """Breaks the contract: it changes its argument."""

    def forward(self, x):
        x *= 2.0
        return x.copy()

    def backward(self, g, y, x):
        x *= 3.0
        return 2 * g


def test_what_is_fed_is_not_changed_by_an_op_that_changes_its_argument():
    x, fed = tg.Input("x", shape=(None, 2)), np.ones((1, 2))
    program = tg.compile(tg.Graph(tg.Sum(Doubles(x) * tg.Parameter([1.0, 2.0]))))
    program.gradients(x=fed)
    np.testing.assert_array_equal(fed, 1.0)


def test_a_loss_that_is_called(rng):
    p = tg.Parameter(rng.normal(size=3), name="p")
    assert_same_gradients(tg.Graph(CalledLoss(p * p, name="loss")))


def test_the_report_says_why(rng):
    report = tg.compile(of_op(Branches, [rng.normal(size=3)])).report()
    assert "it branches on the numbers of an array" in report
    report = tg.compile(of_op(ChangesG, [rng.normal(size=3)])).report()
    assert "it writes into an array that it was given" in report
    report = tg.compile(of_op(Counts, [rng.normal(size=3)])).report()
    assert "does not compute the same function" in report


class Masks(tg.Op):
    """Keeps on self, in a forward that can be recorded, what its backward reads."""

    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, g, y, x):
        return g * self.mask


class MasksByBranch(tg.Op):
    """Has a forward that can only be called, and a backward that reads what it left on self."""

    def forward(self, x):
        self.mask = np.array([[entry > 0 for entry in row] for row in x])
        return x * self.mask

    def backward(self, g, y, x):
        return g * self.mask


class Drops(tg.Op):
    """Draws random numbers, forward alone."""

    def __init__(self, *inputs, **keywords):
        super().__init__(*inputs, **keywords)
        self.rng = np.random.default_rng(5)

    def forward(self, x):
        self.kept = self.rng.random(x.shape) < 0.5
        return x * self.kept

    def backward(self, g, y, x):
        return g * self.kept


@pytest.mark.parametrize("engine", ["numpy", "auto"])
@pytest.mark.parametrize("size", [1, 3])
@pytest.mark.parametrize("op_class", [Masks, MasksByBranch, Counts, Drops])
def test_what_an_op_keeps_on_itself_is_as_fresh_as_interpreted(op_class, size, engine):
    def weights(engine):
        W = tg.Parameter(np.random.default_rng(2).normal(size=(2, size)), name="W")
        x = tg.Input("x", shape=(None, 2))
        model = tg.Graph(tg.Mean((op_class(x @ W, name="y") - 1.0) ** 2))
        feeds = {"x": np.random.default_rng(3).normal(size=(size, 2))}
        opt = tg.SGD(model.parameters, lr=1e-6 if op_class is Counts else 0.05)
        history = tg.fit(model, opt, epochs=150, engine=engine, print_interval=0, **feeds)
        if engine != "interpreted":
            assert history.engine == "numpy"
            assert tg.compile(model).report().count(f'{op_class.__name__} "y"') == 2
        return W.value

    np.testing.assert_allclose(weights(engine), weights("interpreted"), rtol=1e-13)


def test_an_op_typed_at_a_prompt_compiles(rng):
    namespace = {"tg": tg}
    exec(
        "class Cube(tg.Op):\n"
        "    def forward(self, x): return x * x * x\n"
        "    def backward(self, g, y, x): return g * 3 * x * x\n",
        namespace,
    )
    model = of_op(namespace["Cube"], [rng.normal(size=(2, 3))])
    assert_same_gradients(model)
    assert "called" not in tg.compile(model).report()


def test_a_traceback_shows_the_line_and_names_the_node(rng):
    class Fails(tg.Op):
        armed = False

        def forward(self, x):
            if self.armed:
                raise RuntimeError("no more")
            return x * (1 if x.sum() > 0 else 2)

        def backward(self, g, y, x):
            return g

    model = of_op(Fails, [rng.normal(size=3)])
    program = tg.compile(model)
    program.gradients()
    model["y"].armed = True
    with pytest.raises(RuntimeError) as caught:
        program.gradients()
    shown = caught.getrepr(style="short")
    assert "# y" in str(shown)
