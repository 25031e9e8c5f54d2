import json

import numpy as np
import pytest

import tinygraph as tg

X, T = tg.data.xor()
OPTIMIZERS = [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]


def diamond():
    """A value used three times: by one op twice, and by another."""
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter([[0.5, -1.0], [2.0, 0.25]], name="W")
    h = tg.Tanh(x @ W, name="h")
    return tg.Graph(tg.Mean(h * h + tg.Exp(h), name="loss"))


def entries(data):
    assert data["complete"]
    return np.array(data["entries"])


def steps_of(trace, phase):
    return [step for step in trace if step["phase"] == phase]


@pytest.mark.parametrize("graph", [diamond(), tg.lab2.model(rng=0)], ids=["diamond", "lab2"])
def test_the_numbers_are_those_of_forward_and_backward(graph):
    feeds = {"x": X[:4], "t": T[:4]} if "t" in graph else {"x": X[:4]}
    trace = graph.trace(**feeds)
    graph.forward(**feeds)
    graph.backward()
    for step in steps_of(trace, "forward"):
        np.testing.assert_array_equal(entries(step["value"]), graph[step["node"]].value)
        for data in step["inputs"]:
            np.testing.assert_array_equal(entries(data["array"]), graph[data["node"]].value)
    for step in steps_of(trace, "backward"):
        np.testing.assert_array_equal(entries(step["incoming"]), graph[step["node"]].grad)
        for leaving in step["outgoing"]:
            if leaving["number"] == leaving["count"]:
                np.testing.assert_array_equal(
                    entries(leaving["total"]), graph[leaving["node"]].grad
                )


def test_backward_goes_in_reverse_order():
    trace = tg.lab2.model(rng=0).trace(x=X, t=T)
    forward = [step["node"] for step in steps_of(trace, "forward")]
    assert [step["node"] for step in steps_of(trace, "backward")] == forward[::-1]
    assert [step["index"] for step in trace] == list(range(1, 21))


def test_contributions_to_a_value_used_more_than_once_are_counted_and_add_up():
    trace = diamond().trace(x=X[:4])
    arrivals = [
        leaving
        for step in steps_of(trace, "backward")
        for leaving in step["outgoing"]
        if leaving["node"] == "h"
    ]
    assert [(a["number"], a["count"]) for a in arrivals] == [(1, 3), (2, 3), (3, 3)]
    parts = [entries(arrival["contribution"]) for arrival in arrivals]
    np.testing.assert_allclose(entries(arrivals[-1]["total"]), sum(parts))


@pytest.mark.parametrize("kind", OPTIMIZERS, ids=lambda kind: kind.__name__)
def test_updates_are_those_of_training(kind):
    graph = tg.lab2.model(rng=0)
    optimizer = kind(graph.parameters, lr=0.1)
    trace = graph.trace(optimizer, 3, x=X, t=T)
    for training_step in (1, 2, 3):
        loss = graph.forward(x=X, t=T)
        graph.backward()
        optimizer.step()
        mine = [step for step in trace if step["training_step"] == training_step]
        assert mine[9]["value"]["entries"] == loss
        loss_after = graph.forward(x=X, t=T)
        for step in steps_of(mine, "update"):
            assert step["t"] == training_step
            assert (step["loss_before"], step["loss_after"]) == (loss, loss_after)
            np.testing.assert_array_equal(entries(step["after"]), graph[step["node"]].value)
            np.testing.assert_allclose(
                entries(step["lines"][-1]["array"]), entries(step["after"]), rtol=1e-14
            )


def test_a_trace_changes_nothing():
    graph = tg.lab2.model(rng=0)
    optimizer = tg.Adam(graph.parameters, lr=0.1)
    graph.forward(x=X, t=T)
    graph.backward()
    before = [(node.value, node.grad) for node in graph.nodes]
    copies = [(np.copy(node.value), np.copy(node.grad)) for node in graph.nodes]
    graph.trace(optimizer, 2, x=X + 1, t=T)
    for node, (value, grad), copy in zip(graph.nodes, before, copies):
        assert node.value is value
        assert node.grad is grad
        np.testing.assert_array_equal(value, copy[0])
        np.testing.assert_array_equal(grad, copy[1])
    assert optimizer.steps == 0
    assert not any(array.any() for slots in optimizer.memory.values() for array in slots)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_trace_is_json_even_where_numbers_are_not_finite(bad):
    graph = tg.Graph(tg.Mean(tg.Input("x", shape=(None,)) * 2, name="loss"))
    text = json.dumps(graph.trace(x=[1.0, bad]), allow_nan=False)
    assert json.loads(text)[0]["value"]["entries"] == [2.0, str(bad)]


def test_big_arrays_are_summarised():
    x = tg.Input("x", shape=(None, 50))
    trace = tg.Graph(tg.Mean(tg.Sigmoid(x))).trace(x=np.arange(5_000.0).reshape(100, 50))
    data = trace[0]["inputs"][0]["array"]
    assert not data["complete"]
    assert data["shape"] == [100, 50]
    assert (data["min"], data["max"]) == (0.0, 4999.0)
    assert np.shape(data["entries"]) == (8, 8)
    assert data["entries"][1][0] == 50.0


def test_a_broadcast_argument_is_shown_with_its_sum():
    b = tg.Parameter([[1.0], [2.0]], name="b")
    x = tg.Input("x", shape=(None, 2, 3))
    graph = tg.Graph(tg.Sum(x * b, name="loss"))
    feed = np.ones((4, 2, 3))
    step = graph.trace(x=feed)[-1]
    leaving = next(out for out in step["outgoing"] if out["node"] == "b")
    assert leaving["code"] == "db = (dMultiply1 * x).sum(axis=(0, 2)).reshape(b.shape)"
    assert r"\sum_{\text{axis 0, 2}}" in leaving["math"]
    assert leaving["contribution"]["entries"] == [[12.0], [12.0]]
    assert "the gradients of all copies add up" in leaving["why"]


def test_an_op_without_rules_or_with_wrong_ones_is_traced_all_the_same():
    class Triple(tg.Op):
        rules = (tg.Rule(r"\broken{", "nonsense(", local="1 / 0", why=""),)

        def forward(self, x):
            return 3 * x

        def backward(self, g, y, x):
            return 3 * g

    w = tg.Parameter(2.0, name="w")
    forward, step = tg.Graph(Triple(w)).trace()
    assert forward["about"] == ""
    assert step["outgoing"][0]["contribution"]["entries"] == 3.0
    assert step["outgoing"][0]["local"] is None


def test_constants_and_unreached_nodes_get_no_gradient():
    w = tg.Parameter(2.0, name="w")
    graph = tg.Graph(w * 3, prediction=tg.Exp(w))
    backward = steps_of(graph.trace(), "backward")
    assert [[out["node"] for out in step["outgoing"]] for step in backward] == [["w"]]


def test_lessons():
    graph = tg.lab2.model(rng=0)
    with pytest.raises(tg.TinygraphError, match="need an optimizer"):
        graph.trace(None, 2, x=X, t=T)
    with pytest.raises(tg.TinygraphError, match="whole number of at least 1"):
        graph.trace(None, 0, x=X, t=T)
    with pytest.raises(tg.TinygraphError, match="but this graph does not contain it"):
        graph.trace(tg.SGD(tg.Parameter(1.0, name="v")), x=X, t=T)
    with pytest.raises(tg.TinygraphError, match="needs a scalar output"):
        tg.Graph(graph.prediction).trace(x=X)
    with pytest.raises(tg.TinygraphError, match="feed"):
        graph.trace(x=X)


def test_ops_and_optimizers_say_what_they_are():
    model = tg.lab2.model(rng=0)
    trace = model.trace(tg.Adam(model.parameters), x=X, t=T)
    assert trace[0]["about"].startswith("Matrix product: each row of x is one sample")
    assert trace[-1]["about"].startswith("Momentum and RMSProp together")
    assert all(line["why"] for line in trace[-1]["lines"])


def test_a_failing_op_is_named():
    class Fails(tg.Op):
        def forward(self, x):
            raise ZeroDivisionError("on purpose")

    with pytest.raises(tg.TinygraphError, match='Fails "bad"'):
        tg.Graph(Fails(tg.Parameter(1.0, name="w"), name="bad")).trace()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((5,), "updates must be those of an optimizer"),
        ((None, 10**18), "At most 1,000 training steps are traced"),
    ],
)
def test_odd_arguments_of_a_trace(arguments, words, lab2, xor):
    with pytest.raises(tg.TinygraphError, match=words):
        lab2.trace(*arguments, **xor)
