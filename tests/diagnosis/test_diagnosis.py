"""What diagnose finds, in networks built to ail in one way each."""

import numpy as np
import pytest

import tinygraph as tg

X = np.random.default_rng(0).normal(size=(10, 3))


def run(output):
    model = tg.Graph(output)
    model.forward(x=X)
    model.backward()
    return model, tg.diagnose(model)


def layer(activation, weight, bias):
    x = tg.Input("x", shape=(None, 3))
    W = tg.Parameter(weight, name="W")
    return activation(tg.AddBias(x @ W, tg.Parameter(bias, name="b")), name="h")


def kinds(diagnosis):
    return [(finding.node.name, finding.kind) for finding in diagnosis.findings]


def test_a_sound_network_has_nothing_to_report():
    _, diagnosis = run(tg.Sum(layer(tg.Tanh, np.eye(3), np.zeros(3))))
    assert diagnosis.ok
    assert diagnosis.sentences[0].startswith("No problem found")


def test_dead_units_are_counted():
    _, diagnosis = run(tg.Sum(layer(tg.ReLU, np.eye(3), np.array([-100.0, 0.0, -100.0]))))
    assert kinds(diagnosis) == [("h", "dead")]
    assert diagnosis.layers[0].dead == 2
    assert "h: 2 of 3 units are dead: 0 for the whole batch of 10" in str(diagnosis)


def test_where_every_unit_is_dead_the_parameters_get_no_gradient():
    _, diagnosis = run(tg.Sum(layer(tg.ReLU, np.eye(3), np.full(3, -100.0))))
    assert kinds(diagnosis) == [("h", "dead"), ("W", "no gradient"), ("b", "no gradient")]


@pytest.mark.parametrize("activation", [tg.Sigmoid, tg.Tanh])
def test_saturated_units_are_counted(activation):
    _, diagnosis = run(tg.Sum(layer(activation, np.eye(3), np.array([0.0, 50.0, -50.0]))))
    assert kinds(diagnosis) == [("h", "saturated")]
    assert diagnosis.layers[0].saturated == 2
    assert diagnosis.layers[0].dead == 0


@pytest.mark.parametrize(
    ("weight", "kind"), [(0.01, "vanishing"), (1.0, None), (100.0, "exploding")]
)
def test_a_gradient_that_changes_from_layer_to_layer_is_reported(weight, kind):
    h = tg.Input("x", shape=(None, 3))
    for k in range(4):
        h = tg.Identity(h @ tg.Parameter(np.eye(3) * weight, name=f"W{k}"), name=f"h{k}")
    _, diagnosis = run(tg.Sum(h))
    found = [("h2", kind), ("h1", kind), ("h0", kind), ("h0", kind)] if kind else []
    assert kinds(diagnosis) == found
    assert [each.ratio for each in diagnosis.layers[1:]] == pytest.approx([weight] * 3)


def test_a_slow_loss_over_many_layers_is_reported_once():
    h = tg.Input("x", shape=(None, 3))
    for k in range(12):
        h = tg.Sigmoid(h, name=f"h{k}")
    _, diagnosis = run(tg.Sum(h))
    assert kinds(diagnosis) == [("h0", "vanishing")]
    assert "over 11 layers" in diagnosis.sentences[0]


def test_the_first_node_that_is_not_finite_is_named():
    x = tg.Input("x", shape=(None, 3))
    with np.errstate(all="ignore"):
        _, diagnosis = run(tg.Sum(tg.Tanh(tg.Log(x, name="log"), name="h")))
    assert kinds(diagnosis) == [("log", "non-finite")]
    count = int((X < 0).sum())
    assert f"{count} of 30 elements" in diagnosis.sentences[0]


def test_an_activation_that_mixes_its_entries_is_left_alone():
    class Softmax(tg.Op):
        role = "activation"

        def forward(self, x):
            e = np.exp(x - x.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)

        def backward(self, g, y, x):
            return y * (g - (g * y).sum(axis=1, keepdims=True))

    x = tg.Input("x", shape=(None, 3))
    _, diagnosis = run(tg.Sum(Softmax(x, name="h") * np.arange(3.0)))
    assert diagnosis.layers[0].units is None
    assert diagnosis.ok


def test_the_findings_are_marked_in_the_picture():
    model, diagnosis = run(tg.Sum(layer(tg.ReLU, np.eye(3), np.array([-100.0, 0.0, 0.0]))))
    assert diagnosis.marks == {model["h"]: ["1 of 3 dead"]}
    assert "! 1 of 3 dead" in tg.render(model, gradients=True).svg
    assert "dead" not in tg.render(model).svg


def test_a_hostile_name_is_text_in_the_notebook():
    x = tg.Input("x", shape=(None, 3))
    _, diagnosis = run(tg.Sum(tg.ReLU(x - 100.0, name="<script>")))
    assert "<script>" in str(diagnosis)
    assert "<script>" not in diagnosis._repr_html_()


def test_a_run_is_asked_for():
    with pytest.raises(tg.TinygraphError, match="forward"):
        tg.diagnose(tg.lab2.model(rng=0))


def trained_unit(bias):
    """A sigmoid that answers ``sign(x1)``, or with a bias all one class, against labels 0 and 1."""
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    h = tg.Tanh(x * 100.0, name="h")
    W = tg.Parameter(np.array([[20.0], [0.0], [0.0]]), name="W")
    y = tg.Sigmoid(tg.AddBias(h @ W, tg.Parameter(np.array([bias]), name="b")), name="y")
    model = tg.Graph(tg.MSE(y, t, name="loss"), prediction=y)
    model.forward(x=X, t=(X[:, :1] > 0).astype(float))
    model.backward()
    return model, tg.diagnose(model)


def test_an_output_that_agrees_with_its_labels_is_no_ailment():
    model, diagnosis = trained_unit(0.0)
    (found,) = [finding for finding in diagnosis.findings if finding.node is model["y"]]
    assert found.kind == "saturated"
    assert found.sentence.endswith("this is what success looks like.")
    assert not found.is_ailment
    assert model["y"] not in diagnosis.marks
    assert diagnosis.layers[-1].saturated == 1
    picture = tg.render(model, gradients=True).svg
    assert "! 1 of 1 saturated" not in picture
    assert "what success looks like" in picture


def test_the_gradient_that_such_an_output_holds_back_is_no_ailment_either():
    model, diagnosis = trained_unit(0.0)
    lost = [finding for finding in diagnosis.findings if finding.kind == "vanishing"]
    assert [(finding.node, finding.is_ailment) for finding in lost] == [(model["h"], False)]
    assert "y agrees with its labels" in lost[0].sentence


def test_an_output_saturated_on_the_wrong_side_is_an_ailment():
    model, diagnosis = trained_unit(60.0)
    assert "1 of 1 saturated" in diagnosis.marks[model["y"]]
    assert not diagnosis.ok
    assert "success" not in str(diagnosis)


def test_labels_that_are_all_the_same_say_nothing():
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 3))
    model = tg.Graph(tg.MSE(tg.Sigmoid(x + 50.0, name="y"), t))
    model.forward(x=X, t=np.ones_like(X))
    model.backward()
    assert tg.diagnose(model).marks[model["y"]] == ["3 of 3 saturated"]


@pytest.mark.parametrize("tablefmt", ["htm", 5, {}])
def test_a_table_in_a_format_that_is_none(tablefmt, lab2, xor):
    lab2.forward(**xor)
    with pytest.raises(tg.TinygraphError, match="must be a format of tabulate"):
        tg.diagnose(lab2).table(tablefmt)


def test_the_units_of_images_are_their_channels():
    image = tg.Input("image", shape=(None, 1, 4, 6))
    K = tg.Parameter(np.ones((3, 1, 3, 3)) * [[[[1.0]]], [[[-1.0]]], [[[2.0]]]], name="K")
    model = tg.Graph(tg.Sum(tg.ReLU(tg.Conv2D(image, K), name="h")))
    model.forward(image=np.random.default_rng(0).uniform(0.1, 1.0, size=(5, 1, 4, 6)))
    model.backward()
    (layer,) = tg.diagnose(model).layers
    assert (layer.units, layer.dead) == (3, 1)
