"""Nodes that somebody has changed by hand: every reader of the graph says so."""

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ArgumentTypeError, OpError, ShapeError, StateError

READERS = {
    "summary": lambda model, feeds: model.summary(),
    "trace": lambda model, feeds: model.trace(**feeds),
    "render": lambda model, feeds: tg.render(model),
    "derive": lambda model, feeds: tg.derive(model, "layer1/W"),
    "diagnose": lambda model, feeds: tg.diagnose(model),
    "compile": lambda model, feeds: tg.compile(model),
    "gradcheck": lambda model, feeds: tg.gradcheck(model, **feeds),
    "fit": lambda model, feeds: tg.fit(model, tg.SGD(model.parameters), **feeds),
    "save": lambda model, feeds: tg.save("never.npz", model),
}


@pytest.fixture
def run(lab2, xor):
    lab2.forward(**xor)
    lab2.backward()
    return lab2


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda node: setattr(node, "name", 5), ArgumentTypeError, "a string .* got 5"),
        (lambda node: setattr(node, "name", ""), ArgumentTypeError, "at least one character"),
        (lambda node: setattr(node, "inputs", 5), ArgumentTypeError, "a tuple of nodes; .* to 5"),
        (lambda node: setattr(node, "inputs", ("x",)), ArgumentTypeError, "a tuple of nodes"),
        (
            lambda node: setattr(node, "inputs", (tg.Parameter(1.0, name="w"),)),
            StateError,
            'reads Parameter "w", which does not come before it',
        ),
        (
            lambda node: setattr(node, "inputs", ()),
            StateError,
            r"takes 1 input\(s\), \(x\), but its inputs were set to 0",
        ),
    ],
)
def test_a_reader_names_the_node(run, xor, reader, change, error, words):
    change(run["layer2/h"])
    with pytest.raises(error, match=words):
        READERS[reader](run, xor)


@pytest.mark.parametrize(
    "read",
    [
        lambda model: tg.render(model, values=True),
        lambda model: tg.render(model, gradients=True),
        tg.diagnose,
        lambda model: tg.derive(model, "layer1/W").evaluate(),
    ],
)
@pytest.mark.parametrize(
    ("number", "error", "words"),
    [
        ("steep", ArgumentTypeError, 'gradient of Parameter "layer1/W" must be an array of floats'),
        (np.zeros(3, dtype=int), ArgumentTypeError, "must be an array of floats"),
        (
            np.zeros((4, 2)),
            ShapeError,
            r"must have the shape \(2, 4\); it was set to an array of shape \(4, 2\)",
        ),
    ],
)
def test_numbers_set_by_hand_are_arrays_of_the_shape(run, read, number, error, words):
    run["layer1/W"].grad = number
    with pytest.raises(error, match=words):
        read(run)


@pytest.mark.parametrize("inputs", [5, None, "cat", (1.0,), [[]], ({},), np.zeros((0, 2))])
def test_a_graph_of_what_is_no_node(inputs):
    op = tg.Exp(tg.Parameter(1.0, name="w"), name="odd")
    op.inputs = inputs
    with pytest.raises(ArgumentTypeError, match='inputs of Exp "odd" are a tuple of nodes'):
        tg.Graph(tg.Sum(op))


@pytest.mark.parametrize("name", [5, [], b"w"])
def test_a_graph_of_a_node_without_a_name(name):
    w = tg.Parameter(1.0, name="w")
    w.name = name
    with pytest.raises(ArgumentTypeError, match="The name of a node must be a string"):
        tg.Graph(tg.Sum(w))


@pytest.mark.parametrize(
    "call",
    [lambda m, f: m.forward(**f), lambda m, f: m.predict(x=f["x"]), lambda m, f: m.backward()],
)
def test_a_run_of_such_a_graph(run, xor, call):
    run["layer2/h"].inputs = 5
    with pytest.raises(ArgumentTypeError, match='"layer2/h" are a tuple of nodes'):
        call(run, xor)


def test_backward_refuses_an_assigned_output(run):
    run.output.value = "cat"
    with pytest.raises(
        StateError, match=r'MSE "loss" has another value since \(by an assignment\)'
    ):
        run.backward()


def test_an_op_that_got_too_few_inputs_fails_in_a_lesson(run, xor):
    run["layer2/h"].inputs = ()
    with pytest.raises(OpError, match='forward of Sigmoid "layer2/h" failed on no inputs'):
        run.forward(**xor)


def test_a_node_of_no_kind():
    with pytest.raises(ArgumentTypeError, match="make one of these"):
        tg.Node("bare")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"forward": 5}, "forward of Odd must be a method that names its arguments"),
        ({"code": 2}, "code of Odd must be a string; got 2"),
        ({"formula": None}, "formula of Odd must be a string"),
        ({"role": b"loss"}, "role of Odd must be a string"),
        ({"rules": "g"}, "rules of Odd must be a tuple with one Rule"),
        ({"rules": (tg.Rule("g", 1),)}, "rules of Odd must be a tuple with one Rule"),
    ],
)
def test_a_class_of_odd_parts_is_refused_when_it_is_made(parts, words):
    with pytest.raises(ArgumentTypeError, match=words):
        type("Odd", (tg.Op,), parts)


def test_self_is_no_keyword_of_an_op():
    with pytest.raises(ArgumentTypeError, match="Exp takes no keyword 'self'"):
        tg.Exp(1.0, self=2)


def test_backward_refuses_an_assigned_value(run):
    run["layer2/z"].value = [[1.0, 2.0], [3.0]]
    with pytest.raises(StateError, match='MatMul "layer2/z" has another value since'):
        run.backward()


def test_an_update_that_returns_no_array_makes_no_program(lab2, xor):
    class Odd(tg.Optimizer):
        def update(self, w, g, t, *memory):
            return ("cat",)

    with pytest.raises(tg.TinygraphError, match="returns 'cat'"):
        tg.compile(lab2, Odd(lab2.parameters, lr=0.1)).step(**xor)


def test_an_update_that_returns_another_shape_makes_no_program(lab2, xor):
    class Odd(tg.Optimizer):
        def update(self, w, g, t, *memory):
            return (np.zeros(2),)

    with pytest.raises(tg.TinygraphError, match=r"returns the shape \(2,\)"):
        tg.compile(lab2, Odd(lab2.parameters, lr=0.1)).step(**xor)


def test_class_labels_are_whole_numbers():
    x, label = tg.Input("x", shape=(None, 2)), tg.Input("label", shape=(None,), dtype=int)
    model = tg.Graph(tg.CrossEntropy(x @ tg.Parameter(np.eye(2), name="W"), label))
    model.forward(x=np.ones((3, 2)), label=[0, 1, 1])
    model.backward()
    assert tg.render(model, gradients=True).dot
