"""A compiled program does what the interpreter does, for every op, optimizer and precision."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import OpError

OPS = [getattr(tg.ops, name) for name in tg.ops.__all__]
OPTIMIZERS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]
FLOATS = [np.float64, np.float32]


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYGRAPH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(params=["numpy", "loops"])
def target(request, monkeypatch):
    """The targets; the numba target's loops are run by Python, which compiles nothing."""
    if request.param == "numpy":
        return "numpy"
    numba_target = pytest.importorskip("tinygraph.compile.targets.numba.program")
    machine_code = pytest.importorskip("tinygraph.compile.targets.numba.machine_code")
    monkeypatch.setattr(
        numba_target, "compile_source", lambda source: machine_code.module_of(source).run
    )
    return "numba"


def tolerance(dtype):
    return {"rtol": 1e-11, "atol": 1e-13} if dtype == np.float64 else {"rtol": 2e-5, "atol": 1e-6}


def assert_same_gradients(model, target="numpy", dtype=np.float64, **feeds):
    """Hold the program's loss and gradients against those of forward and backward."""
    loss, gradients = tg.compile(model, target=target).gradients(**feeds)
    np.testing.assert_allclose(loss, model.forward(**feeds), **tolerance(dtype))
    model.backward()
    for parameter in model.parameters:
        got = gradients[parameter.name]
        assert got.dtype == parameter.value.dtype
        np.testing.assert_allclose(got, parameter.grad, err_msg=parameter.name, **tolerance(dtype))


def of_op(op_class, arrays, **hyperparameters):
    """Return a graph whose parameters are the op's inputs and whose loss weighs every entry."""
    parameters = [tg.Parameter(a, name=f"p{k}") for k, a in enumerate(arrays)]
    y = op_class(*parameters, name="y", **hyperparameters)
    weight = np.random.default_rng(1).normal(size=y.shape).astype(arrays[0].dtype)
    total = tg.Sum(y * weight)
    for node in y.inputs:  # a program needs a gradient for every parameter
        total = total + tg.Sum(node)
    return tg.Graph(total)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("op_class", OPS)
def test_every_op(op_class, dtype, target):
    arrays = [np.asarray(a, dtype) for a in op_class.example(np.random.default_rng(0))]
    assert_same_gradients(of_op(op_class, arrays), target, dtype=dtype)


def layers(rng, sizes, activations):
    """Return a network of layers with a bias, each with the next of the activations after it."""
    h = tg.Input("x", shape=(None, sizes[0]))
    for k, (m, n, activation) in enumerate(zip(sizes, sizes[1:], activations)):
        W = tg.Parameter(rng.normal(size=(m, n)), name=f"W{k}")
        b = tg.Parameter(rng.normal(size=n), name=f"b{k}")
        h = activation(tg.AddBias(tg.MatMul(h, W), b))
    return tg.Graph(tg.MSE(h, tg.Input("t", shape=(None, sizes[-1])), name="loss"))


ACTIVATIONS = [
    tg.Sigmoid,
    tg.Tanh,
    tg.ReLU,
    lambda a: a * tg.Sigmoid(a),
    lambda a: tg.Tanh(a) * tg.Tanh(a),
    lambda a: (1 - tg.Sigmoid(a)) * a,
    lambda a: 1 - tg.Tanh(a),
]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_layers_with_the_same_activation(activation, rng, target):
    model = layers(rng, [2, 4, 3, 4, 1], [activation] * 4)
    x, t = rng.normal(size=(9, 2)), rng.normal(size=(9, 1))
    assert_same_gradients(model, target, x=x, t=t)


@pytest.mark.parametrize("seed", range(60))
def test_layers_with_any_activations(seed):
    rng = np.random.default_rng(seed)
    depth = int(rng.integers(2, 6))
    chosen = [ACTIVATIONS[k] for k in rng.integers(len(ACTIVATIONS), size=depth)]
    sizes = rng.integers(1, 5, size=depth + 1)
    model = layers(rng, sizes, chosen)
    feeds = {"x": rng.normal(size=(7, sizes[0])), "t": rng.normal(size=(7, sizes[-1]))}
    assert_same_gradients(model, **feeds)


@pytest.mark.parametrize("output", tg.lab2.ACTIVATIONS)
@pytest.mark.parametrize("hidden", tg.lab2.ACTIVATIONS)
def test_every_lab2_network(hidden, output, xor):
    assert_same_gradients(tg.lab2.model(4, hidden, output), **xor)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("op_class", [tg.Sum, tg.Mean])
def test_reductions(op_class, axis, keepdims, rng, target):
    x = rng.normal(size=(3, 4))
    assert_same_gradients(of_op(op_class, [x], axis=axis, keepdims=keepdims), target)


def trained(optimizer, dtype, steps, target):
    """Return losses, model and optimizer after training; by hand where there is no target."""
    model = tg.lab2.model(rng=0)
    for parameter in model.parameters:
        parameter._value = parameter.value.astype(dtype)
    model = tg.Graph(model.output, prediction=model.prediction)
    opt = optimizer(model.parameters, lr=0.001)
    if optimizer is tg.RMSProp:
        opt.eps = 1e-2  # near g = 0 its steps are ±lr, and the sign of a rounding error shows
    feeds = dict(zip("xt", (a.astype(dtype) for a in tg.data.linear(50, rng=1))))
    if target is not None:
        return tg.compile(model, opt, target=target).run(steps, **feeds), model, opt
    losses = []
    for _ in range(steps):
        losses.append(model.forward(**feeds))
        model.backward()
        opt.step()
    return np.array(losses), model, opt


def assert_same_training(optimizer, dtype, steps, target):
    losses, model, opt = trained(optimizer, dtype, steps, target)
    expected, by_hand, opt_by_hand = trained(optimizer, dtype, steps, None)
    exact = dtype == np.float64
    np.testing.assert_allclose(losses, expected, rtol=1e-10 if exact else 2e-3)
    assert losses.dtype == dtype
    assert opt.steps == opt_by_hand.steps == steps
    close = {"rtol": 1e-9, "atol": 1e-10} if exact else {"rtol": 1e-2, "atol": 1e-3}
    for one, other in zip(model.parameters, by_hand.parameters):
        assert one.value.dtype == dtype
        np.testing.assert_allclose(one.value, other.value, **close)
        for mine, its in zip(opt.memory[one], opt_by_hand.memory[other]):
            np.testing.assert_allclose(mine, its, **close)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_thousand_steps(optimizer, dtype):
    assert_same_training(optimizer, dtype, 1000, "numpy")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_loops_take_the_same_steps(optimizer, dtype, target):
    assert_same_training(optimizer, dtype, 5, target)


@pytest.mark.parametrize(("optimizer", "dtype"), [(tg.Adam, np.float64), (tg.SGD, np.float32)])
def test_a_thousand_steps_of_machine_code(optimizer, dtype):
    pytest.importorskip("numba")
    assert_same_training(optimizer, dtype, 1000, "numba")


def test_graphs_that_break_frameworks(rng, target):
    A = tg.Parameter(rng.normal(size=(3, 3)), name="A")
    x = tg.Input("x", shape=(None, 3))
    h = tg.Sigmoid(tg.MatMul(x, A))
    for loss in (
        tg.Sum(tg.MatMul(A, A)),
        tg.Sum(tg.MatMul(x, A) * tg.MatMul(x, A)),
        tg.Sum((h + x) * h - h / (h + 2)),
        tg.Mean(tg.MatMul(h, A) + h),
        tg.Sum(A * 2 - A),
        tg.Sum(A) * tg.Sum(A) / 3,
    ):
        model = tg.Graph(loss)
        feeds = {"x": rng.normal(size=(5, 3))} if model.inputs else {}
        assert_same_gradients(model, target, **feeds)


class Remembers(tg.Optimizer):
    """Hands on the gradient it was given."""

    slots = ("last",)

    def update(self, w, g, t, last):
        return w - self.lr * (g + last), g


class LooksBack(tg.Optimizer):
    """Hands on the weights that it replaces."""

    slots = ("last",)

    def update(self, w, g, t, last):
        return w - self.lr * g + 0.1 * (w - last), w


class KeepsItTwice(tg.Optimizer):
    """Hands on one result in two places, and one in three."""

    slots = ("again", "ones", "more")

    def update(self, w, g, t, again, ones, more):
        new = w - self.lr * g + 0.1 * again
        return new, new, np.ones(w.shape), np.ones(w.shape)


class Swaps(tg.Optimizer):
    slots = ("one", "other")

    def update(self, w, g, t, one, other):
        return w - self.lr * (g + one), other + 1, one


class Mirrors(tg.Optimizer):
    """Reads a view of the old weights when the new ones are there."""

    slots = ("before",)

    def update(self, w, g, t, before):
        turned = w[::-1]
        new = w - self.lr * g
        return new, before + turned


class Averages(tg.Optimizer):
    """Reads the old weights first, and uses what it read when the new ones are there."""

    slots = ("mean",)

    def update(self, w, g, t, mean):
        share = w * 0.1
        new = w - self.lr * g
        return new, mean * 0.9 + share


ENTRY_BY_ENTRY = [Remembers, LooksBack, KeepsItTwice, Swaps, Averages]


def optimized(optimizer_class, loss_class, steps, by_hand=True, **compiled):
    """Return the weights and the memory after some steps, by hand or by a program."""
    W = tg.Parameter(np.random.default_rng(0).normal(size=(3, 3)), name="W")
    model = tg.Graph(loss_class(W * W * 0.5, name="loss"))
    optimizer = optimizer_class(model.parameters, lr=0.1)
    if not by_hand:
        tg.compile(model, optimizer, **compiled).run(steps)
    for _ in range(steps if by_hand else 0):
        model.forward()
        model.backward()
        optimizer.step()
    return W.value, *optimizer.memory[W]


def assert_same_optimization(optimizer, loss, target):
    for got, expected in zip(
        optimized(optimizer, loss, 4, by_hand=False, target=target), optimized(optimizer, loss, 4)
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


@pytest.mark.parametrize("loss", [tg.Sum, tg.Mean])
@pytest.mark.parametrize("optimizer", ENTRY_BY_ENTRY)
def test_optimizers_of_ones_own(optimizer, loss, target):
    assert_same_optimization(optimizer, loss, target)


def test_an_update_that_is_not_entry_by_entry():
    assert_same_optimization(Mirrors, tg.Sum, "numpy")


@pytest.mark.parametrize("optimizer", [*ENTRY_BY_ENTRY, Mirrors])
def test_the_source_of_an_optimizer_of_ones_own_runs_by_itself(optimizer):
    W = tg.Parameter(np.random.default_rng(0).normal(size=(3, 3)), name="W")
    model = tg.Graph(tg.Sum(W * W * 0.5, name="loss"))
    own = optimizer(model.parameters, lr=0.1)
    namespace = {}
    exec(tg.compile(model, own).source, namespace)
    values, memory = (W.value,), tuple(np.zeros_like(W.value) for _ in own.slots)
    for step in range(1, 5):
        _, values, memory = namespace["training_step"](*values, *memory, step)
    for got, expected in zip((*values, *memory), optimized(optimizer, tg.Sum, 4)):
        np.testing.assert_allclose(got, expected, rtol=1e-12)


def test_a_changed_learning_rate_is_honoured(lab2, xor):
    optimizer = tg.SGD(lab2.parameters, lr=0.5)
    program = tg.compile(lab2, optimizer)
    program.step(**xor)
    optimizer.lr = 1e-12
    before = lab2["layer1/W"].value.copy()
    program.step(**xor)
    np.testing.assert_allclose(lab2["layer1/W"].value, before, atol=1e-10)


def test_a_new_batch_size_recompiles_by_itself(lab2):
    program = tg.compile(lab2, tg.SGD(lab2.parameters, lr=0.1))
    for n in (3, 7, 1, 3):
        X, T = tg.data.linear(n, rng=n)
        expected = lab2.forward(x=X, t=T)
        np.testing.assert_allclose(program.step(x=X, t=T), expected, rtol=1e-12)


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


class Lifts(tg.Op):
    """Its gradient is a view of the one that arrives, without an axis."""

    def infer_shape(self, x):
        return (1, *x)

    def forward(self, x):
        return np.expand_dims(x, 0)

    def backward(self, g, y, x):
        return np.squeeze(g, 0)


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
    assert ("called as they are" in report) == bool(called)


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


class Smaller(tg.Op):
    limit = np.inf

    def forward(self, x, bounds):
        return np.minimum(np.minimum(x, bounds), self.limit)

    def backward(self, g, y, x, bounds):
        return g * (x < bounds), None


def test_numbers_that_are_not_finite_stand_in_a_program(target):
    x, w = tg.Input("x", shape=(None, 3)), tg.Parameter([1.0, 2.0, 3.0], name="w")
    model = tg.Graph(tg.Sum(Smaller(x * w, tg.Constant([[np.inf, 2.5, -np.inf]]))))
    opt = tg.SGD(model.parameters, lr=0.1)
    feeds = {"x": np.ones((1, 3))}
    assert_same_gradients(model, target, **feeds)
    namespace = {}
    exec(tg.compile(model, opt).source, namespace)
    loss, (w_new,) = namespace["training_step"](feeds["x"], w.value, 1)
    assert loss == model.output.value == -np.inf
    np.testing.assert_array_equal(w_new, w.value - 0.1 * w.grad)


def test_a_gradient_that_is_a_view(target, rng):
    p = tg.Parameter(rng.normal(size=3), name="p")
    lifted = Lifts(p)
    assert_same_gradients(tg.Graph(tg.Sum(lifted * lifted)), target)


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


HOSTILE = [
    "W", "w", "np", "lambda", "loss", "step", "lr", "1/2", "a b", "a_b", "ﬁ", "fi", "x.T",
    'quote"s', "line\nimport os", "end'''", "g_W", "v", "v_2", "places", "dot", "print", "layer1/W",
]  # fmt: skip


def test_names_never_collide_and_never_reach_the_source_as_code(rng):
    parameters = [tg.Parameter(rng.normal(size=2), name=name) for name in HOSTILE]
    total = parameters[0] * 1.5
    for k, parameter in enumerate(parameters[1:]):
        total = tg.Multiply(total, parameter + 1, name=f"t\n{k}; import os") + parameter
    model = tg.Graph(tg.Sum(total * total, name='loss"""\n'))
    assert_same_gradients(model)
    program = tg.compile(model, tg.Adam(model.parameters))
    for text in (program.source, program.code):
        compile(text, "source", "exec")
        assert "\nimport os" not in text
        assert "; import os" not in text.replace("# ", "").split("def")[0]


@pytest.mark.parametrize("fed_before", [False, True])
def test_an_op_that_hands_on_a_leaf_is_no_leaf(fed_before, target, rng):
    x = tg.Input("x", shape=(None, 3))
    w, aside = tg.Parameter(np.ones(3), name="w"), tg.Parameter(np.full(3, 2.0), name="aside")
    y = tg.Tanh(tg.Identity(x) * w) + tg.Identity(aside) * tg.Identity(w)
    model = tg.Graph(tg.Sum(y * y))
    if fed_before:
        model.forward(x=rng.normal(size=(5, 3)))
    optimizer = tg.SGD([w], lr=0.1)
    program = tg.compile(model, optimizer, target="numpy" if target == "numpy" else "numba")
    for _ in range(2):
        feeds = {"x": rng.normal(size=(5, 3))}
        loss, gradients = program.gradients(**feeds)
        assert loss == pytest.approx(model.forward(**feeds))
        model.backward()
        np.testing.assert_allclose(gradients["w"], w.grad)
    compile(program.source, "the source", "exec")


def bare(self, w, g, t):
    return w - self.lr * g


def in_place(self, w, g, t):
    w -= self.lr * g
    return (w,)


def broken(self, w, g, t):
    return (w - self.lr * nowhere,)  # noqa: F821


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (bare, "update returns no tuple of the new w and one array a slot"),
        (in_place, "it writes into an array that it was given"),
        (broken, "update raised NameError: name 'nowhere' is not defined"),
    ],
)
def test_an_update_that_cannot_be_written_down_is_a_lesson(update, reason, target, lab2, xor):
    optimizer = type("Own", (tg.Optimizer,), {"update": update})(lab2.parameters, lr=0.1)
    program = tg.compile(lab2, optimizer, target="numpy" if target == "numpy" else "numba")
    for use in (lambda: program.run(2, **xor), lambda: program.source, lambda: program.code):
        with pytest.raises(tg.TinygraphError) as caught:
            use()
        assert str(caught.value) == (
            f'The {program.target} target makes no program of MSE "loss", trained by Own: '
            f"{reason}. "
            f'tg.fit(…, engine="interpreted") runs it as it is.'
        )
    assert optimizer.steps == 0
    assert program.gradients(**xor)[0] == pytest.approx(lab2.forward(**xor))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_source_runs_by_itself(optimizer, xor):
    model = tg.lab2.model(rng=0)
    model.forward(**xor)
    opt = optimizer(model.parameters, lr=0.05)
    namespace = {}
    exec(tg.compile(model, opt).source, namespace)
    values = [p.value for p in model.parameters]
    memory = [np.zeros_like(v) for v in values for _ in opt.slots]
    for step in range(1, 4):
        loss, values, *rest = namespace["training_step"](*xor.values(), *values, *memory, step)
        memory = rest[0] if rest else []
        assert loss == pytest.approx(model.forward(**xor), rel=1e-13)
        model.backward()
        opt.step()
    for value, parameter in zip(values, model.parameters):
        np.testing.assert_allclose(value, parameter.value, rtol=1e-12, atol=1e-15)


class DotLoss(tg.Op):
    """A last op, which leaves g = 1 out: each gradient is the other parameter as it is."""

    def infer_shape(self, a, b):
        return ()

    def forward(self, a, b):
        return np.sum(a * b)

    def backward(self, g, y, a, b):
        return b, a


def dot_of_two():
    w, v = tg.Parameter([1.0, 2.0], name="w"), tg.Parameter([3.0, 5.0], name="v")
    return tg.Graph(DotLoss(w, v, name="loss"))


def a_parameter_itself():
    return tg.Graph(tg.Identity(tg.Parameter(3.0, name="w"), name="loss"))


@pytest.mark.parametrize("make", [dot_of_two, a_parameter_itself])
@pytest.mark.parametrize("kind", [tg.SGD, tg.Adam])
def test_a_parameter_that_is_handed_on_is_that_before_the_update(kind, make, target):
    model, compiled = make(), make()
    opt, namespace = kind(model.parameters, lr=0.1), {}
    exec(tg.compile(model, opt).source, namespace)
    values = [p.value for p in model.parameters]
    memory = [m for p in model.parameters for m in opt.memory[p]]
    loss, values, *_ = namespace["training_step"](*values, *memory, 1)
    program = tg.compile(compiled, kind(compiled.parameters, lr=0.1), target=target)
    assert loss == program.step() == model.forward()
    model.backward()
    opt.step()
    for mine, its, same in zip(model.parameters, compiled.parameters, values, strict=True):
        np.testing.assert_allclose(its.value, mine.value, rtol=1e-12)
        np.testing.assert_allclose(same, mine.value, rtol=1e-12)


def test_the_same_graph_gives_the_same_text(target):
    def code():
        model = tg.lab2.model(rng=0)
        return tg.compile(model, tg.RMSProp(model.parameters), target=target).code

    assert len({code() for _ in range(20)}) == 1


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


def test_errors_are_lessons(lab2, xor):
    with pytest.raises(tg.TinygraphError, match='Did you mean "numpy"'):
        tg.compile(lab2, target="nunpy")
    with pytest.raises(tg.TinygraphError, match="needs a Graph"):
        tg.compile(lab2.output)
    with pytest.raises(tg.TinygraphError, match="optimizer"):
        tg.compile(lab2, optimizer=0.1)
    with pytest.raises(tg.TinygraphError, match="without an optimizer"):
        tg.compile(lab2).run(1, **xor)
    with pytest.raises(tg.TinygraphError, match="one number"):
        tg.compile(tg.Graph(lab2.prediction))
    with pytest.raises(tg.TinygraphError, match="missing"):
        tg.compile(lab2).gradients(x=xor["x"])


@pytest.mark.parametrize("steps", [2.5, -1, "cat", True, 10**18])
def test_a_count_of_steps_that_is_none(steps, lab2, xor):
    program = tg.compile(lab2, tg.SGD(lab2.parameters))
    with pytest.raises(tg.TinygraphError, match="steps is a whole number from 0"):
        program.run(steps, **xor)


def test_a_target_that_is_no_text(lab2):
    with pytest.raises(tg.TinygraphError, match="No target is called"):
        tg.compile(lab2, target=np.zeros(2))


def test_self_is_no_input_of_a_program(lab2, xor):
    with pytest.raises(tg.TinygraphError, match="self"):
        tg.compile(lab2, tg.SGD(lab2.parameters)).step(self=1, **xor)
