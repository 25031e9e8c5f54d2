"""A custom optimizer: the results of its ``update`` are checked against the contract."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import OptimizerError


def optimizer_that(update, slots=(), value=((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))):
    """Return an optimizer of w (2, 3), whose gradient is there, with this ``update``."""
    kind = type("Own", (tg.Optimizer,), {"update": update, "slots": slots})
    w = tg.Parameter(np.array(value), name="w")
    model = tg.Graph(tg.Sum(w * w))
    model.forward()
    model.backward()
    return w, model, kind([w], lr=0.5)


def fails(self, w, g, t, *memory):
    return (w - self.lr * nowhere,)  # noqa: F821


LESSONS = {
    "a bare array": (
        lambda self, w, g, t: w - g,
        (),
        "update of Own must return a tuple, the new value and then the new state: (w,). For "
        'Parameter "w" it returned an array of shape (2, 3) and dtype float64.',
    ),
    "nothing": (
        lambda self, w, g, t: None,
        (),
        "update of Own must return a tuple, the new value and then the new state: (w,). For "
        'Parameter "w" it returned None.',
    ),
    "no memory where there must be": (
        lambda self, w, g, t, m, v: (w - g, m),
        ("m", "v"),
        "update of Own must return a tuple, the new value and then the new state: (w, m, v). For "
        'Parameter "w" it returned a tuple of 2.',
    ),
    "a value of another shape": (
        lambda self, w, g, t: (w.sum(),),
        (),
        'The w that update of Own returned for Parameter "w" has the shape (). The new value '
        "and the new state must have the shape of the parameter, (2, 3).",
    ),
    "memory of another shape": (
        lambda self, w, g, t, v: (w, v.T),
        ("v",),
        'The v that update of Own returned for Parameter "w" has the shape (3, 2). The new '
        "value and the new state must have the shape of the parameter, (2, 3).",
    ),
    "no numbers": (
        lambda self, w, g, t: ("cat",),
        (),
        "The w that update of Own returned must be an array of numbers, float64 or float32 (whole "
        "numbers and booleans are converted); got dtype <U3 in 'cat'.",
    ),
    "an error of its own": (
        fails,
        (),
        "update of Own failed on Parameter \"w\" (2, 3): NameError: name 'nowhere' is not defined",
    ),
    "another signature": (
        lambda w, g: (w - g,),
        (),
        'update of Own failed on Parameter "w" (2, 3): TypeError: <lambda>() takes 2 positional '
        "arguments but 4 were given",
    ),
}


@pytest.mark.parametrize("slip", LESSONS)
def test_a_slip_is_met_with_a_lesson_and_moves_nothing(slip):
    update, slots, words = LESSONS[slip]
    w, model, optimizer = optimizer_that(update, slots)
    before = w.value.copy()
    for attempt in (optimizer.step, lambda: model.trace(optimizer)):
        with pytest.raises(tg.TinygraphError) as caught:
            attempt()
        assert str(caught.value) == words
        if isinstance(caught.value, OptimizerError):
            assert caught.value.optimizer is optimizer
    assert optimizer.steps == 0
    np.testing.assert_array_equal(w.value, before)


@pytest.mark.parametrize("slip", LESSONS)
def test_fit_says_the_same(slip):
    update, slots, words = LESSONS[slip]
    _, model, optimizer = optimizer_that(update, slots)
    with pytest.raises(tg.TinygraphError) as caught:
        tg.fit(model, optimizer, epochs=2, print_interval=0)
    assert str(caught.value) == words


def test_a_class_without_update_is_told_what_to_define(lab2, xor):
    class Empty(tg.Optimizer):
        pass

    lab2.forward(**xor)
    lab2.backward()
    with pytest.raises(OptimizerError) as caught:
        Empty(lab2.parameters, lr=0.1).step()
    assert str(caught.value) == (
        "Empty has no update: its class must define one, update(self, w, g, t, *memory), which "
        "returns the new value and then the new state."
    )


def write_into_w(self, w, g, t):
    w -= self.lr * g
    return (w,)


def transpose_of_the_transposed(self, w, g, t):
    return ((w.T - self.lr * g.T).T,)


@pytest.mark.parametrize("update", [write_into_w, transpose_of_the_transposed])
def test_a_step_leaves_the_parameter_memory_of_its_own(update):
    w, model, optimizer = optimizer_that(update)
    in_the_run = w.value
    optimizer.step()
    assert w.value.base is None
    assert not np.shares_memory(w.value, in_the_run)
    np.testing.assert_array_equal(w.value, np.zeros((2, 3)))
    with pytest.raises(tg.TinygraphError, match="another value since"):
        model.backward()


def test_a_trace_hides_the_model_from_an_update_that_writes_into_its_arguments():
    def update(self, w, g, t, v):
        w -= g
        v += 1
        g[:] = 0
        return w, v

    w, model, optimizer = optimizer_that(update, slots=("v",))
    before = w.value.copy()
    model.trace(optimizer, 3)
    np.testing.assert_array_equal(w.value, before)
    np.testing.assert_array_equal(optimizer.memory[w][0], np.zeros((2, 3)))


def test_another_precision_and_a_list_become_arrays_of_the_parameters():
    def update(self, w, g, t, v):
        return (w - g).astype(np.float32), v.tolist()

    w, _, optimizer = optimizer_that(update, slots=("v",))
    optimizer.step()
    assert w.value.dtype == np.float64
    (v,) = optimizer.memory[w]
    assert type(v) is np.ndarray
    assert v.dtype == np.float64


def test_a_scalar_parameter_takes_a_step():
    w, _, optimizer = optimizer_that(lambda self, w, g, t: (w - self.lr * g,), value=3.0)
    optimizer.step()
    assert float(w.value) == 0.0


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        (
            "hyperparameters",
            ("lr"),
            'hyperparameters of Own is a tuple of names, such as ("lr",); a tuple of one has a '
            "comma. Got 'lr'.",
        ),
        (
            "slots",
            ["v"],
            'slots of Own is a tuple of names, such as ("v",); a tuple of one has a comma. Got '
            "['v'].",
        ),
        (
            "lines",
            (("w", "w - g", "w - g"),),
            'lines of Own is a tuple of Line, such as (Line("w", …),); a tuple of one has a '
            "comma. Got (('w', 'w - g', 'w - g'),).",
        ),
    ],
)
def test_what_a_class_declares_is_held_to_its_form_when_it_is_made(attribute, value, words):
    with pytest.raises(tg.TinygraphError) as caught:
        type("Own", (tg.Optimizer,), {attribute: value})
    assert str(caught.value) == words


def test_an_init_that_leaves_out_what_every_optimizer_has_is_told_so(lab2):
    class Own(tg.Optimizer):
        def __init__(self, parameters):
            self.lr = 0.1

    with pytest.raises(OptimizerError) as caught:
        Own(lab2.parameters).step()
    assert str(caught.value) == (
        "Own has no steps: its __init__ must call super().__init__(parameters, lr)."
    )


def test_a_hyperparameter_that_is_declared_and_never_set_is_named(lab2):
    class Own(tg.Optimizer):
        hyperparameters = ("lr", "beta")

    optimizer = Own(lab2.parameters, lr=0.1)
    with pytest.raises(OptimizerError) as caught:
        repr(optimizer)
    assert str(caught.value) == (
        "Own declares the hyperparameter 'beta', and never sets it: its __init__ must write "
        "self.beta = … ."
    )
    assert caught.value.optimizer is optimizer
    assert not hasattr(optimizer, "nonsense")


def test_an_update_in_float32_sees_and_leaves_float32():
    seen = []

    def update(self, w, g, t):
        seen.append(g.dtype)
        return (w.astype(np.float64) - g,)

    w, _, optimizer = optimizer_that(update, value=np.ones((2, 3), dtype=np.float32))
    w.grad = np.ones((2, 3))
    optimizer.step()
    assert seen == [np.float32]
    assert w.value.dtype == np.float32
