"""Running and differentiating graphs: the shapes of graph that other frameworks got wrong."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import (
    ArgumentTypeError,
    DtypeError,
    FeedError,
    StateError,
    UnknownNameError,
)


def numeric_gradient(model: tg.Graph, parameter: tg.Parameter, **feeds: object) -> np.ndarray:
    """Central differences of the output, an entry at a time."""
    start = parameter.value.copy()
    gradient = np.zeros_like(start)
    for index in np.ndindex(start.shape):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * 1e-6
            parameter.value = moved
            values.append(model.forward(**feeds))
        gradient[index] = (values[0] - values[1]) / 2e-6
    parameter.value = start
    return gradient


def assert_gradients_right(model: tg.Graph, **feeds: object) -> None:
    model.forward(**feeds)
    model.backward()
    for parameter in model.parameters:
        got = parameter.grad
        expected = numeric_gradient(model, parameter, **feeds)
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-8, err_msg=parameter.name)


def test_one_node_used_twice_by_one_op(rng):
    a = tg.Parameter(rng.normal(size=(3, 3)), name="A")
    assert_gradients_right(tg.Graph(tg.Sum(tg.MatMul(a, a))))


def test_diamond(rng):
    w = tg.Parameter(rng.normal(size=(2, 3)), name="w")
    left, right = tg.Tanh(w), tg.Sigmoid(w)
    assert_gradients_right(tg.Graph(tg.Sum(left * right)))


def test_skip_connection(rng):
    x = tg.Input("x", shape=(None, 4))
    h: tg.Node = x
    for k in range(3):
        w = tg.Parameter(rng.normal(size=(4, 4)), name=f"W{k}")
        h = h + tg.Tanh(tg.MatMul(h, w))
    assert_gradients_right(tg.Graph(tg.Mean(h * h)), x=rng.normal(size=(5, 4)))


def test_node_that_is_read_at_different_depths(rng):
    w = tg.Parameter(rng.normal(size=(3,)), name="w")
    h = tg.Tanh(tg.Tanh(tg.Tanh(w)))
    assert_gradients_right(tg.Graph(tg.Sum(h * w + w)))


def test_lab2(lab2, xor):
    assert_gradients_right(lab2, **xor)


def test_two_backwards_give_the_same_numbers(lab2, xor):
    lab2.forward(**xor)
    lab2.backward()
    first = [node.grad.copy() for node in lab2.nodes]
    lab2.backward()
    for node, grad in zip(lab2.nodes, first, strict=True):
        np.testing.assert_array_equal(node.grad, grad)


def test_an_op_that_returns_g_itself_corrupts_nothing(rng):
    w = tg.Parameter(rng.normal(size=(2, 2)), name="w")
    through = tg.Identity(w, name="through")
    model = tg.Graph(tg.Sum(through + through * 2 + w))
    assert_gradients_right(model)
    np.testing.assert_array_equal(model["through"].grad, np.full((2, 2), 3.0))


class Careless(tg.Op):
    """Returns g, a view of g, its own input and one array twice: all that must not be shared."""

    def forward(self, a, b, c):
        return a + b + c

    def backward(self, g, y, a, b, c):
        return g, g, g.T.T


class Repeats(tg.Op):
    def forward(self, a, b):
        return a + b

    def backward(self, g, y, a, b):
        fresh = g * 1
        return fresh, fresh


class ReturnsItsInput(tg.Op):
    def forward(self, a):
        return a * a / 2

    def backward(self, g, y, a):
        return a


@pytest.mark.parametrize("op", [Careless, Repeats, ReturnsItsInput])
def test_no_two_nodes_share_the_memory_of_a_gradient(op, rng):
    parameters = [
        tg.Parameter(rng.normal(size=(3, 3)), name=f"p{k}") for k in range(len(op.arguments))
    ]
    model = tg.Graph(tg.Sum(op(*parameters)))
    model.forward()
    model.backward()
    held = [node.grad for node in model.nodes] + [p.value for p in parameters]
    for k, one in enumerate(held):
        for other in held[:k]:
            assert not np.shares_memory(one, other)


def test_a_parameter_copies_its_array():
    array = np.ones((2, 2))
    w = tg.Parameter(array, name="w")
    array[:] = 7
    assert (w.value == 1).all()
    w.value = array
    array[:] = 8
    assert (w.value == 7).all()


def test_what_is_not_computed_is_none(rng):
    x = tg.Input("x", shape=(None, 2))
    unread = tg.Parameter(rng.normal(size=2), name="unread")
    side = tg.Tanh(unread, name="side")
    model = tg.Graph(tg.Sum(x * 1.0), prediction=side)
    model.forward(x=np.ones((1, 2)))
    assert all(node.grad is None for node in model.nodes)
    model.backward()
    assert model["unread"].grad is None
    assert model["side"].grad is None
    assert model["x"].grad is not None
    assert all(node.grad is None for node in model.nodes if isinstance(node, tg.Constant))


def test_a_gradient_of_none_from_an_op_stays_none(rng):
    class Blocks(tg.Op):
        def forward(self, a, b):
            return a + b

        def backward(self, g, y, a, b):
            return None, g

    a, b = tg.Parameter(1.0, name="a"), tg.Parameter(2.0, name="b")
    model = tg.Graph(Blocks(a, b))
    model.forward()
    model.backward()
    assert a.grad is None
    assert b.grad == 1


def test_a_chain_far_beyond_the_recursion_limit():
    w = tg.Parameter(0.5, name="w")
    h: tg.Node = w
    for _ in range(100_000):
        h = tg.Negate(h)
    model = tg.Graph(h)
    assert model.forward() == 0.5
    model.backward()
    assert w.grad == 1
    assert model["Negate100000"] is h


def test_repeated_branching_is_not_exponential():
    h: tg.Node = tg.Parameter(1.0, name="w")
    for _ in range(200):
        h = (h + h) * 0.5
    model = tg.Graph(h)
    assert model.forward() == 1.0
    model.backward()
    assert model["w"].grad == 1.0


def test_predict_returns_the_value_of_any_node(lab2, xor):
    lab2.forward(**xor)
    for node in lab2.nodes:
        labels = {"t": xor["t"]} if node in (lab2.output, lab2["t"]) else {}
        for at in (node, node.name):
            found = lab2.predict(x=xor["x"], at=at, **labels)
            np.testing.assert_array_equal(found, node.value)
    assert lab2.predict(x=xor["x"][:3], at="layer1/h").shape == (3, 4)


def test_predict_at_a_node_needs_only_its_own_inputs():
    a, b = tg.Input("a", shape=(None,)), tg.Input("b", shape=(None,))
    model = tg.Graph(tg.Sum(tg.Tanh(a, name="h") * b))
    np.testing.assert_array_equal(model.predict(a=[0.0, 0.0], at="h"), [0.0, 0.0])
    with pytest.raises(FeedError, match="The feed 'b' is missing"):
        model.predict(a=[0.0, 0.0])


def test_predict_at_follows_the_second_input_of_a_switch():
    x = tg.Input("x", shape=(None,))
    mask = tg.Random("mask", (None,), lambda rng, shape: np.zeros(shape))
    h = tg.Multiply(x, tg.Switch(mask, 1.0), name="h")
    model = tg.Graph(tg.Sum(h * h))
    np.testing.assert_array_equal(model.predict(x=[2.0], at="h"), [2.0])


@pytest.mark.parametrize("at", [1, ["h"], tg.Parameter(1.0, name="w")])
def test_predict_at_what_is_no_node_of_the_graph_is_refused(at, lab2, xor):
    with pytest.raises(ArgumentTypeError, match="needs a node of this graph, or its name; got"):
        lab2.predict(x=xor["x"], at=at)


def test_predict_at_an_unknown_name_lists_the_names(lab2, xor):
    with pytest.raises(UnknownNameError, match=r"No node of this graph is called 'layer1/H'"):
        lab2.predict(x=xor["x"], at="layer1/H")


def test_an_input_called_at_is_fed():
    at = tg.Input("at", shape=(None,))
    model = tg.Graph(tg.Sum(at))
    assert model.predict(at=[1.0, 2.0]) == 3.0
    with pytest.raises(FeedError, match="'at'"):
        model.predict()


def test_predict_needs_no_labels_and_disturbs_nothing(lab2, xor):
    lab2.forward(**xor)
    before = lab2.prediction.value.copy()
    y = lab2.predict(x=xor["x"][:3])
    np.testing.assert_allclose(y, before[:3], rtol=1e-12)
    np.testing.assert_array_equal(lab2.prediction.value, before)
    lab2.backward()
    grads = [p.grad.copy() for p in lab2.parameters]
    lab2.forward(**xor)
    lab2.backward()
    for p, grad in zip(lab2.parameters, grads, strict=True):
        np.testing.assert_array_equal(p.grad, grad)
    np.testing.assert_array_equal(lab2.predict(**xor), before)


def test_a_scalar_output_is_a_float(lab2, xor):
    assert type(lab2.forward(**xor)) is float


def test_a_seed_is_needed_for_an_output_with_axes(rng):
    x = tg.Input("x", shape=(None, 2))
    w = tg.Parameter(rng.normal(size=(2, 3)), name="w")
    model = tg.Graph(tg.MatMul(x, w, name="y"))
    feed = rng.normal(size=(4, 2))
    y = model.forward(x=feed)
    with pytest.raises(tg.TinygraphError, match=r"needs a scalar output.*\"y\".*\(4, 3\).*seed="):
        model.backward()
    with pytest.raises(tg.TinygraphError, match="seed"):
        model.backward(seed=np.ones((3, 4)))
    model.backward(seed=np.ones_like(y))
    np.testing.assert_allclose(w.grad, feed.T @ np.ones((4, 3)))


def test_backward_before_forward_is_refused(lab2):
    with pytest.raises(tg.TinygraphError, match="forward") as caught:
        lab2.backward()
    assert isinstance(caught.value, RuntimeError)


def test_backward_after_a_failed_forward_is_refused():
    x = tg.Input("x", shape=(None,))
    model = tg.Graph(tg.Mean(x))
    model.forward(x=[1.0])
    with pytest.raises(tg.TinygraphError, match="has no mean"):
        model.forward(x=[])
    with pytest.raises(tg.TinygraphError, match="forward"):
        model.backward()


def test_names_follow_the_topological_order():
    def build():
        x = tg.Input("x", shape=(None, 2))
        w = tg.Parameter(np.ones((2, 2)))
        return tg.Graph(tg.Sum(tg.Tanh(tg.MatMul(tg.Tanh(tg.MatMul(x, w)), w))))

    names = [node.name for node in build().nodes]
    assert names == ["x", "Parameter1", "MatMul1", "Tanh1", "MatMul2", "Tanh2", "Sum1"]
    assert [node.name for node in build().nodes] == names


def test_what_the_output_depends_on_comes_before_what_only_the_prediction_does():
    aside, w = tg.Parameter(1.0, name="aside"), tg.Parameter(1.0, name="w")
    model = tg.Graph(w * w, prediction=tg.Tanh(aside))
    assert [node.name for node in model.nodes] == ["w", "Multiply1", "aside", "Tanh1"]


def test_an_automatic_name_avoids_a_given_one():
    w = tg.Parameter(1.0, name="Negate1")
    model = tg.Graph(tg.Negate(tg.Negate(w)))
    assert [node.name for node in model.nodes] == ["Negate1", "Negate2", "Negate3"]


def test_two_graphs_over_the_same_nodes_name_them_alike():
    w = tg.Parameter(1.0)
    inner = tg.Graph(tg.Tanh(w))
    outer = tg.Graph(tg.Tanh(inner.output) * w)
    assert inner["Tanh1"] is inner.output
    assert outer["Tanh1"] is inner.output
    assert len({node.name for node in outer.nodes}) == len(outer.nodes)


def test_duplicate_names_are_refused():
    a, b = tg.Parameter(1.0, name="w"), tg.Parameter(2.0, name="w")
    with pytest.raises(tg.TinygraphError, match='"w"') as caught:
        tg.Graph(a + b)
    assert isinstance(caught.value, ValueError)


def test_an_unknown_name_shows_the_nearest(lab2):
    with pytest.raises(tg.TinygraphError, match='Did you mean "layer1/W"') as caught:
        lab2["layer1/w"]
    assert isinstance(caught.value, KeyError)
    assert "layer1/W" in lab2
    assert "layer1/w" not in lab2


def test_a_cycle_made_by_hand_is_refused():
    w = tg.Parameter(1.0, name="w")
    first = tg.Tanh(w, name="first")
    second = tg.Tanh(first, name="second")
    first.inputs = (second,)
    with pytest.raises(tg.TinygraphError, match=r"no cycles.*first.*second|second.*first"):
        tg.Graph(second)


def test_float32_stays_float32_end_to_end(rng):
    x = tg.Input("x", shape=(None, 3))
    w = tg.Parameter(rng.normal(size=(3, 2)).astype(np.float32), name="w")
    model = tg.Graph(tg.Mean((2 * tg.Sigmoid(tg.MatMul(x, w)) - 1) ** 2))
    model.forward(x=rng.normal(size=(4, 3)).astype(np.float32))
    model.backward()
    for node in model.nodes:
        assert node.value.dtype == np.float32, node
        assert node.grad is None or node.grad.dtype == np.float32, node
    model.forward(x=[[1, 2, 3]])
    assert model["x"].value.dtype == np.float32


def test_summary_lists_every_node_and_counts_the_parameters(lab2):
    text = lab2.summary()
    for node in lab2.nodes:
        assert node.name in text
    assert text.rstrip().endswith("37")
    assert "(B, 4)" in text


def test_summary_shows_a_name_that_looks_like_a_number_as_it_is():
    text = tg.Graph(tg.Tanh(tg.Parameter(1.0, name="1e5"), name="2.50")).summary()
    assert text.split("\n")[2].split() == ["1e5", "Parameter", "()", "1"]
    assert text.split("\n")[3].split() == ["2.50", "Tanh", "()", "1e5"]


def test_a_number_takes_the_precision_of_the_feeds_where_there_are_no_parameters():
    model = tg.Graph(tg.Input("x", shape=(3,)) * 0.1)
    assert model.forward(x=np.ones(3, dtype=np.float32)).dtype == np.float32
    assert model.forward(x=np.ones(3)).dtype == np.float64


def test_a_seed_takes_the_precision_of_the_output():
    model = tg.Graph(tg.Parameter(np.ones(3, dtype=np.float32), name="w") * 2.0)
    model.forward()
    for seed in ([1, 2, 3], np.ones(3)):
        model.backward(seed=seed)
        assert model.output.grad.dtype == np.float32


def test_an_error_inside_an_op_names_the_node():
    class Breaks(tg.Op):
        def forward(self, x):
            return x @ np.ones((99, 1))

        def backward(self, g, y, x):
            raise ZeroDivisionError("never")

    model = tg.Graph(Breaks(tg.Input("x", shape=(None, 2)), name="here"), None)
    with pytest.raises(tg.TinygraphError, match=r'forward of Breaks "here" failed on x \(3, 2\)'):
        model.forward(x=np.ones((3, 2)))


def test_a_wrong_gradient_shape_is_a_lesson():
    class Transposes(tg.Op):
        def forward(self, x):
            return x * 1

        def backward(self, g, y, x):
            return g.T

    w = tg.Parameter(np.ones((2, 3)), name="w")
    model = tg.Graph(tg.Sum(Transposes(w, name="op")))
    model.forward()
    with pytest.raises(
        tg.TinygraphError, match=r'"op" returned a gradient of shape \(3, 2\) for w.*transpose'
    ):
        model.backward()


def test_a_wrong_number_of_gradients_is_a_lesson():
    class ForgetsOne(tg.Op):
        def forward(self, a, b):
            return a + b

        def backward(self, g, y, a, b):
            return (g,)

    a, b = tg.Parameter(1.0, name="a"), tg.Parameter(1.0, name="b")
    model = tg.Graph(ForgetsOne(a, b))
    model.forward()
    with pytest.raises(
        tg.TinygraphError, match=r"one gradient per input \(2, in the same order\); it returned 1"
    ):
        model.backward()


def test_a_wrong_value_shape_is_a_lesson():
    class Shrinks(tg.Op):
        def forward(self, x):
            return x[:1]

        def backward(self, g, y, x):
            return g

    model = tg.Graph(Shrinks(tg.Input("x", shape=(None, 2)), name="op"))
    model.forward(x=np.ones((1, 2)))
    with pytest.raises(
        tg.TinygraphError, match=r"returned an array of shape \(1, 2\).*infer_shape gave"
    ):
        model.forward(x=np.ones((3, 2)))


def test_sigmoid_is_silent_far_out(rng):
    w = tg.Parameter([-1000.0, 1000.0], name="w")
    for dtype in (np.float64, np.float32):
        w = tg.Parameter(np.array([-1000.0, 1000.0], dtype=dtype), name="w")
        model = tg.Graph(tg.Sum(tg.Sigmoid(w, name="h")))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.forward()
            model.backward()
        np.testing.assert_allclose(model["h"].value, [0, 1], atol=1e-30)
        np.testing.assert_allclose(w.grad, [0, 0], atol=1e-30)


def test_a_feed_changed_between_forward_and_backward_changes_nothing():
    x = tg.Input("x", shape=(None, 2))
    w = tg.Parameter(np.ones((2, 1)), name="w")
    model = tg.Graph(tg.Sum(tg.MatMul(x, w)))
    feed = np.ones((2, 2))
    model.forward(x=feed)
    feed[:] = 5
    model.backward()
    np.testing.assert_array_equal(w.grad, [[2], [2]])


@pytest.mark.parametrize("activation", [tg.Sigmoid, tg.Identity])
def test_what_forward_and_predict_return_is_the_callers_own(activation):
    feed = np.zeros((1, 2))
    x = tg.Input("x", shape=(None, 2))
    model = tg.Graph(activation(x))
    y = model.forward(x=feed)
    y[:] = 7
    model.backward(seed=np.ones((1, 2)))
    np.testing.assert_array_equal(x.grad, model.output.backward(np.ones((1, 2)), 0.5, feed))
    assert not np.shares_memory(model.predict(x=feed), feed)
    assert not np.shares_memory(tg.Graph(x).predict(x=feed), feed)


def test_a_returned_parameter_is_a_copy():
    w = tg.Parameter(np.ones(2), name="w")
    model = tg.Graph(w)
    model.predict()[:] = 7
    model.forward()[:] = 7
    np.testing.assert_array_equal(w.value, [1, 1])


def test_backward_after_a_step_without_a_forward_is_refused():
    w = tg.Parameter(3.0, name="w")
    model = tg.Graph(w * w)
    optimizer = tg.SGD(model.parameters)
    model.forward()
    model.backward()
    optimizer.step()
    with pytest.raises(StateError, match=r'Parameter "w" has another value since.*forward'):
        model.backward()
    model.forward()
    model.backward()


def test_backward_after_another_graph_ran_over_shared_nodes_is_refused():
    x = tg.Input("x", shape=(None, 2))
    w = tg.Parameter(np.ones((2, 1)), name="w")
    h = tg.MatMul(x, w)
    first, second = tg.Graph(tg.Sum(h * h)), tg.Graph(tg.Mean(h))
    first.forward(x=np.ones((1, 2)))
    second.forward(x=np.full((3, 2), 5.0))
    with pytest.raises(StateError, match=r'Input "x" has another value.*shares'):
        first.backward()
    second.backward()
    first.forward(x=np.ones((1, 2)))
    first.backward()
    np.testing.assert_array_equal(w.grad, [[4], [4]])


def test_a_number_in_a_graph_loses_nothing_by_a_run_in_float32():
    x = tg.Input("x", shape=(None,))
    model = tg.Graph(tg.Sum(x * 0.1))
    assert model.forward(x=np.ones(1, dtype=np.float32)) == np.float32(0.1)
    assert model.forward(x=np.ones(1)) == 0.1
    model.predict(x=np.ones(1, dtype=np.float32))
    model.backward()
    np.testing.assert_array_equal(x.grad, [0.1])


def test_a_graph_of_numbers_alone():
    assert tg.Graph(tg.Constant(0.1) + 0.2).forward() == 0.1 + 0.2


def test_predict_holds_an_op_to_the_batch_size():
    class FirstSample(tg.Op):
        def forward(self, x):
            return x[:1]

        def backward(self, g, y, x):
            return g

    model = tg.Graph(FirstSample(tg.Input("x", shape=(None, 2)), name="op"))
    with pytest.raises(tg.TinygraphError, match=r"returned an array of shape \(1, 2\).*\(3, 2\)"):
        model.predict(x=np.ones((3, 2)))


def test_an_error_in_predict_shows_what_arrived_in_predict():
    class RefusesFive(tg.Op):
        def forward(self, x):
            if len(x) == 5:
                raise ZeroDivisionError
            return x * 1

        def backward(self, g, y, x):
            return g

    model = tg.Graph(RefusesFive(tg.Input("x", shape=(None, 2))))
    model.forward(x=np.ones((3, 2)))
    with pytest.raises(tg.TinygraphError, match=r"failed on x \(5, 2\)"):
        model.predict(x=np.ones((5, 2)))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_is_a_graph_of_its_own(copied, lab2, xor):
    lab2.forward(**xor)
    other = copied(lab2)
    before = lab2["layer1/W"].value.copy()
    assert other.forward(**xor) == lab2.forward(**xor)
    other.backward()
    tg.SGD(other.parameters).step()
    assert other.forward(**xor) != lab2.forward(**xor)
    np.testing.assert_array_equal(lab2["layer1/W"].value, before)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_has_the_attributes_of_its_original(copied, lab2):
    assert vars(copied(lab2)).keys() == vars(lab2).keys()


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_long_chain_is_copied_without_recursion(copied):
    h: tg.Node = tg.Parameter(0.5, name="w")
    for _ in range(5_000):
        h = tg.Negate(h)
    assert copied(tg.Graph(h)).forward() == 0.5


def test_graphs_that_are_joined_keep_names_of_their_own():
    first = tg.Graph(tg.Tanh(tg.Tanh(tg.Parameter(1.0))))
    second = tg.Graph(tg.Tanh(tg.Tanh(tg.Parameter(1.0))))
    joined = tg.Graph(first.output + second.output)
    assert [node.name for node in first.nodes] == ["Parameter1", "Tanh1", "Tanh2"]
    assert [node.name for node in second.nodes] == ["Parameter1_2", "Tanh1_2", "Tanh2_2"]
    for graph in (first, second, joined):
        assert len({node.name for node in graph.nodes}) == len(graph.nodes)
        assert all(graph[node.name] is node for node in graph.nodes)
    assert "Tanh1" not in second


def test_a_renamed_node_is_found_by_its_new_name(lab2):
    lab2["loss"].name = "error"
    assert lab2["error"] is lab2.output
    assert "loss" not in lab2


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_of_a_float32_graph_is_one(copied):
    x = tg.Input("x", shape=(None, 2))
    w = tg.Parameter(np.ones((2, 1), dtype=np.float32), name="w")
    model = copied(tg.Graph(tg.Sum(tg.MatMul(x, w) * 0.5)))
    with pytest.raises(DtypeError, match="float32"):
        model.forward(x=np.ones((1, 2)))
    model.forward(x=np.ones((1, 2), dtype=np.float32))
    model.backward()
    tg.SGD(model.parameters).step()
    assert {node.value.dtype for node in model.nodes} == {np.dtype(np.float32)}
