"""What a playground is made of: its arguments, its choices, its task and its size."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.errors import ArgumentError, ArgumentTypeError, CompileError, FeedError

X, T = tg.data.xor()


def lab2_playground(**options):
    model = tg.lab2.model(rng=0)
    return tg.playground(model, tg.Adam(model.parameters, lr=0.1), x=X, t=T, **options)


def facts_of(playground):
    found = re.search(r'<script id="data"[^>]*>(.*?)</script>', playground.html, re.DOTALL)
    return json.loads(found[1])


def of_predictions(prediction, loss_of, labels):
    """Return the facts of a graph on a plane, with these labels."""
    x = tg.Input("x", shape=(None, 2))
    dtype = int if labels.dtype == int else float
    t = tg.Input("t", shape=(None, *labels.shape[1:]), dtype=dtype)
    W = tg.Parameter(np.ones((2, prediction)) * 0.3, name="W")
    y = x @ W
    model = tg.Graph(loss_of(y, t), prediction=y)
    data = np.linspace(0, 1, 2 * len(labels)).reshape(-1, 2)
    return facts_of(tg.playground(model, tg.SGD(model.parameters, lr=0.1), x=data, t=labels))


def test_the_page_of_lab_2_is_one_small_file_without_a_request(tmp_path):
    x, t = tg.data.linear(100, rng=0)

    def build(rng):
        return tg.lab2.model(rng=rng)

    path = tg.playground(build, tg.Adam, x=x, t=t).save(tmp_path / "page.html")
    text = path.read_text(encoding="utf-8")
    assert len(text.encode()) < 250_000
    assert not re.search(r'(src|href)="?http|@import|url\(|fetch\(|XMLHttpRequest|eval\(', text)
    assert "default-src 'none'" in text


def test_a_page_leaves_the_model_and_the_optimizer_as_they_are():
    model = tg.lab2.model(rng=0)
    optimizer = tg.Adam(model.parameters, lr=0.1)
    model.forward(x=X[:5], t=T[:5])
    model.backward()
    before = [(node.value.copy(), node.grad.copy()) for node in model.nodes]
    assert tg.playground(model, optimizer, x=X, t=T).html
    for node, (value, gradient) in zip(model.nodes, before, strict=True):
        np.testing.assert_array_equal(node.value, value)
        np.testing.assert_array_equal(node.grad, gradient)
    model.backward()
    assert optimizer.steps == 0


def test_a_function_that_builds_the_model_offers_several_start_values():
    def build(rng):
        return tg.lab2.model(rng=rng)

    starts = facts_of(tg.playground(build, tg.Adam, x=X, t=T))["starts"]
    assert len(starts) == 6
    for seed, start in enumerate(starts):
        expected = {p.name: p.value.ravel().tolist() for p in tg.lab2.model(rng=seed).parameters}
        assert start == expected


def test_the_choices_begin_with_the_users_own():
    model = tg.lab2.model(activation="tanh", output_activation="sigmoid", rng=0)
    page = tg.playground(model, tg.Nesterov(model.parameters, lr=0.02), x=X, t=T)
    facts = facts_of(page)
    assert next(iter(facts["optimizers"])) == "Nesterov"
    assert facts["optimizers"]["Nesterov"]["settings"]["lr"] == 0.02
    assert next(iter(facts["texts"])) == "Tanh"
    assert {"Sigmoid", "ReLU"} <= set(facts["texts"])
    place = [node["name"] for node in facts["nodes"]].index("layer3/h")
    assert {text[place]["kind"] for text in facts["texts"].values()} == {"Sigmoid"}


def test_layers_of_different_activations_keep_them():
    x, W = tg.Input("x", shape=(None, 2)), tg.Parameter(np.eye(2), name="W")
    model = tg.Graph(tg.Mean(np.tanh(tg.Sigmoid(x @ W)) @ W))
    assert list(facts_of(tg.playground(model, tg.SGD(model.parameters), x=X))["texts"]) == [
        "as built"
    ]


@pytest.mark.parametrize(
    ("outputs", "loss", "labels", "expected"),
    [
        (1, tg.MSE, T, ("two values", 0, 1, 0.5, 2)),
        (1, tg.MSE, 2 * T - 1, ("two values", -1, 1, 0, 2)),
        (1, tg.BinaryCrossEntropy, T, ("two values", 0, 1, 0, 2)),
        (1, tg.MSE, 3.5 * T + 1, ("number", 1, 4.5, 0, 0)),
        (2, tg.MSE, np.eye(2)[T.astype(int)[:, 0]], ("one-hot", 0, 1, 0.5, 2)),
        (3, tg.CrossEntropy, np.arange(21) % 3, ("indices", 0, 1, 0.5, 3)),
    ],
)
def test_the_coding_of_the_labels_decides_how_samples_are_drawn(outputs, loss, labels, expected):
    found = of_predictions(outputs, loss, labels)["labels"]
    assert (
        tuple(found[key] for key in ("coding", "low", "high", "threshold", "classes")) == expected
    )


def test_data_of_more_numbers_have_no_plane():
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    W = tg.Parameter(np.ones((3, 1)), name="W")
    model = tg.Graph(tg.MSE(x @ W, t))
    page = tg.playground(model, tg.SGD(model.parameters), x=np.ones((4, 3)), t=np.ones((4, 1)))
    assert facts_of(page)["plane"] is None
    assert facts_of(page)["sets"] == {}


def test_a_graph_without_a_prediction_shows_what_its_loss_compares():
    x, label = tg.Input("x", shape=(None, 3)), tg.Input("label", shape=(None,), dtype=int)
    logits = tg.layers.linear(x, 4, name="layer1", rng=0)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"))
    feeds = {"x": np.ones((5, 3)), "label": np.arange(5) % 4}
    facts = facts_of(tg.playground(model, tg.SGD(model.parameters), **feeds))
    assert facts["nodes"][facts["prediction"]]["name"] == logits.name
    assert facts["labels"]["classes"] == 4
    assert facts["classOf"] == [0, 1, 2, 3, 0]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((64,), [1, 8, 8]),
        ((6, 7), [1, 6, 7]),
        ((1, 8, 8), [1, 8, 8]),
        ((3, 4, 4), [3, 4, 4]),
        ((4, 4, 4), None),
        ((16,), None),
        ((26,), None),
    ],
)
def test_images_are_found_by_their_shape(shape, expected):
    x = tg.Input("x", shape=(None, *shape))
    model = tg.Graph(tg.Mean(x * tg.Parameter(1.0, name="w")))
    pictures = facts_of(tg.playground(model, tg.SGD(model.parameters), x=np.ones((3, *shape))))
    found = pictures["pictures"]
    assert (found and found["shape"]) == expected


def test_numbers_below_zero_are_not_pixels():
    x = tg.Input("x", shape=(None, 64))
    model = tg.Graph(tg.Mean(x * tg.Parameter(1.0, name="w")))
    page = tg.playground(model, tg.SGD(model.parameters), x=-np.ones((3, 64)))
    assert facts_of(page)["pictures"] is None


def test_generated_data_are_those_of_python():
    facts = facts_of(lab2_playground())
    for stored in facts["sets"].values():
        x, t = eval(stored["code"], {"tg": tg})
        points = np.array(stored["points"])
        np.testing.assert_array_equal(points[:, :2], x)
        np.testing.assert_array_equal(points[:, 2], np.ravel(t))


class Branch(tg.Op):
    def forward(self, x):
        return x if x.sum() > 0 else -x

    def backward(self, g, y, x):
        return g if x.sum() > 0 else -g


def test_an_op_that_javascript_cannot_do_is_refused_when_the_page_is_made():
    x, W = tg.Input("x", shape=(None, 2)), tg.Parameter(np.ones((2, 1)), name="W")
    model = tg.Graph(tg.Mean(Branch(x @ W, name="own")))
    with pytest.raises(CompileError, match='Branch "own" is not recorded: it branches'):
        tg.playground(model, tg.SGD(model.parameters), x=X)


def test_wrong_arguments_are_explained():
    model, other = tg.lab2.model(rng=0), tg.lab2.model(rng=1)
    optimizer = tg.Adam(model.parameters)
    with pytest.raises(ArgumentTypeError, match="playground needs a Graph; got 3"):
        tg.playground(3, optimizer, x=X, t=T)
    with pytest.raises(ArgumentTypeError, match="takes an optimizer, such as Adam"):
        tg.playground(model, "adam", x=X, t=T)
    with pytest.raises(ArgumentError, match='trains Parameter "layer1/W", but this graph'):
        tg.playground(model, tg.Adam(other.parameters), x=X, t=T)
    with pytest.raises(FeedError):
        tg.playground(model, optimizer, x=X)
    output = tg.Graph(model["layer3/h"])
    with pytest.raises(ArgumentError, match="trains on one number, the loss"):
        tg.playground(output, tg.Adam(output.parameters), x=X)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ("reach 0.01", "A task must be a dict with a text and a goal"),
        ({"text": "a", "gaol": {}}, "No key of a task is called 'gaol'.*goal"),
        ({"text": "a", "goal": {}}, "The goal of a task must be a dict of conditions"),
        ({"text": "a", "goal": {"loss bellow": 1}}, "No condition.*Did you mean.*loss below"),
        ({"text": "a", "goal": {"loss below": "1"}}, "The condition 'loss below' needs a number"),
        ({"text": "a", "goal": {"loss below": 1}, "locked": "data"}, "a list of names"),
        ({"text": "a", "goal": {"loss below": 1}, "locked": ["rate"]}, "No control is called"),
    ],
)
def test_a_wrong_task_is_explained(task, message):
    with pytest.raises((ArgumentError, ArgumentTypeError), match=message):
        lab2_playground(task=task)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("accuracy at least", "needs a graph that classifies"),
        ("dead units at least", "needs activations; this graph has none"),
    ],
)
def test_a_goal_that_no_learner_can_reach_is_refused(condition, message):
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    model = tg.Graph(tg.MSE(tg.layers.linear(x, 1, name="y", rng=0), t))
    task = {"text": "Try.", "goal": {condition: 1}}
    feeds = {"x": np.ones((4, 3)), "t": np.arange(4.0).reshape(4, 1)}
    with pytest.raises(ArgumentError, match=message):
        tg.playground(model, tg.SGD(model.parameters), task=task, **feeds)


def test_a_notebook_shows_the_page_in_a_sandbox():
    shown = lab2_playground()._repr_html_()
    assert 'sandbox="allow-scripts allow-forms' in shown
    assert "<iframe srcdoc=" in shown
