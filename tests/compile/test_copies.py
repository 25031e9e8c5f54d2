"""Models trained together: each one's numbers are those it would have alone."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.compile.copies import InTurn, SideBySide, architecture, trainer
from tinygraph.compile.record.arrays import Unrecordable
from tinygraph.compile.targets.numpy.program import NumpyProgram

OPTIMIZERS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]


def pairs(count=3, activation="sigmoid", kind=tg.SGD, output=None):
    """Return models from different start values, each with a learning rate of its own."""
    made = []
    for seed in range(count):
        model = tg.lab2.model(3, activation, output, rng=seed)
        optimizer = kind(model.parameters, lr=0.01 * (1 + seed))
        if hasattr(optimizer, "eps"):
            optimizer.eps = 1e-2  # near g = 0 steps are ±lr, and the sign of a rounding error shows
        made.append((model, optimizer))
    return made


def by_hand(model, optimizer, steps, feeds, node):
    """Return the losses, and the values of ``node``, before each step of the interpreter."""
    losses, values = [], []
    for _ in range(steps):
        losses.append(model.forward(**feeds))
        values.append(np.array(model[node].value))
        model.backward()
        optimizer.step()
    return losses, values


def assert_same_as_alone(together, alone, steps, feeds, node="layer3/h"):
    side = SideBySide(together, feeds, keep=node)
    losses = side.run(steps)
    for k, (model, optimizer) in enumerate(alone):
        expected, values = by_hand(model, optimizer, steps, feeds, node)
        np.testing.assert_allclose(losses[k], expected, rtol=1e-9)
        np.testing.assert_allclose(side.kept[:, k], values, rtol=1e-8, atol=1e-12)
        trained, its_optimizer = together[k]
        assert its_optimizer.steps == optimizer.steps == steps
        for mine, its in zip(trained.parameters, model.parameters, strict=True):
            np.testing.assert_allclose(mine.value, its.value, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("activation", tg.lab2.ACTIVATIONS)
def test_each_model_is_trained_as_if_alone(activation, kind, xor):
    args = {"activation": activation, "kind": kind}
    assert_same_as_alone(pairs(**args), pairs(**args), 30, xor)


@pytest.mark.parametrize("output", tg.lab2.ACTIVATIONS)
@pytest.mark.parametrize("activation", tg.lab2.ACTIVATIONS)
def test_any_output_after_any_layers(activation, output, xor):
    args = {"activation": activation, "output": output}
    assert_same_as_alone(pairs(**args), pairs(**args), 5, xor)


NODES = [node.name for node in tg.lab2.model().nodes]


@pytest.mark.parametrize("activation", ["sigmoid", "none"])
@pytest.mark.parametrize("node", NODES)
def test_any_node_can_be_kept(node, activation, xor):
    assert_same_as_alone(pairs(activation=activation), pairs(activation=activation), 4, xor, node)


@pytest.mark.parametrize("hidden", range(1, 9))
def test_one_sample(hidden, rng):
    """With one sample a layer's entries are far apart in memory, from one model to the next."""
    feeds = {"x": rng.normal(size=(1, 2)), "t": rng.normal(size=(1, 1))}

    def two_layers(seed):
        rng = np.random.default_rng(seed)
        h = tg.Input("x", shape=(None, 2))
        for k, (m, n) in enumerate([(2, hidden), (hidden, 1)], start=1):
            z = tg.MatMul(h, tg.Parameter(rng.normal(size=(m, n))))
            a = tg.AddBias(z, tg.Parameter(rng.normal(size=n)), name=f"a{k}")
            h = tg.Sigmoid(a, name=f"h{k}")
        model = tg.Graph(tg.MSE(h, tg.Input("t", shape=(None, 1))))
        return model, tg.SGD(model.parameters, lr=0.1)

    for node in ("a2", "h2"):
        together, alone = ([two_layers(seed) for seed in range(3)] for _ in range(2))
        assert_same_as_alone(together, alone, 3, feeds, node)


def test_what_is_kept_changes_no_bit_of_the_training(xor):
    bare, kept = (SideBySide(pairs(), xor, keep=keep) for keep in (None, "layer3/h"))
    np.testing.assert_array_equal(bare.run(50), kept.run(50))
    assert bare.kept is None


def test_more_steps_than_the_program_has_room_for(xor, monkeypatch):
    whole = SideBySide(pairs(kind=tg.Adam), xor, keep="layer3/h")
    losses = whole.run(25)
    monkeypatch.setattr(NumpyProgram, "most_steps", 10)
    cut = SideBySide(pairs(kind=tg.Adam), xor, keep="layer3/h")
    np.testing.assert_array_equal(cut.run(25), losses)
    np.testing.assert_array_equal(cut.kept, whole.kept)


def test_a_run_goes_on_where_the_last_one_ended(xor):
    whole, cut = (SideBySide(pairs(kind=tg.Adam), xor) for _ in range(2))
    np.testing.assert_array_equal(np.hstack([cut.run(7), cut.run(8)]), whole.run(15))


def test_few_are_trained_in_turn_and_many_side_by_side(xor):
    assert isinstance(trainer(pairs(15), xor, "numpy"), InTurn)
    assert isinstance(trainer(pairs(16), xor, "numpy"), SideBySide)
    in_turn = InTurn(pairs(16), xor, "numpy", threads=2).run(40)
    np.testing.assert_allclose(trainer(pairs(16), xor, "numpy").run(40), in_turn, rtol=1e-9)


def test_an_update_that_is_not_entry_by_entry_is_refused(xor):
    class Normed(tg.SGD):
        def update(self, w, g, t):
            return (w - self.lr * g / np.sum(g * g),)

    with pytest.raises(Unrecordable, match="not elementwise"):
        SideBySide(pairs(kind=Normed), xor)


class Masked(tg.Op):
    def forward(self, x):
        return x * self.mask

    def backward(self, g, y, x):
        return g * self.mask


class Slotted(Masked):
    __slots__ = ("mask",)


class Climbing(tg.SGD):
    def __init__(self, parameters, lr, sign=1.0):
        super().__init__(parameters, lr)
        self.sign = sign

    def update(self, w, g, t):
        return (w + self.sign * self.lr * g,)


def masked(op=Masked, at=0, sign=1.0, turned=False, lr=0.1, start=0, outputs=("loss", "last")):
    """Return a model with a mask that is long and almost everywhere 0, and its optimizer."""
    mask = np.zeros(2000)
    mask[1000 + at] = 1.0
    w, b = (tg.Parameter(np.full(2000, start + k), name=name) for k, name in enumerate("wb"))
    loss = tg.Sum(op(w * b, mask=mask, name="masked"), name="loss")
    nodes = {"loss": loss, "last": tg.Exp(loss, name="last")}
    model = tg.Graph(*[nodes[name] for name in outputs])
    return model, Climbing(model.parameters[::-1] if turned else model.parameters, lr, sign)


def test_models_that_differ_in_numbers_alone_have_one_architecture():
    assert architecture(*masked()) == architecture(*masked(lr=0.2, start=1))


@pytest.mark.parametrize(
    "other",
    [{"at": 1}, {"sign": -1.0}, {"turned": True}, {"outputs": ("last", "loss")}, {"op": Slotted}],
    ids=["a long array", "an optimizer's own", "the order", "the output", "the class"],
)
def test_models_that_differ_otherwise_have_not(other):
    assert architecture(*masked()) != architecture(*masked(**other))


def test_a_hyperparameter_in_a_slot_tells_architectures_apart():
    assert architecture(*masked(Slotted)) == architecture(*masked(Slotted))
    assert architecture(*masked(Slotted)) != architecture(*masked(Slotted, at=1))


def test_what_cannot_be_compared_is_like_nothing_else():
    assert architecture(*masked(sign=lambda: 1)) != architecture(*masked(sign=lambda: 1))
