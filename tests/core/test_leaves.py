"""Inputs of whole numbers, frozen parameters, states, random leaves and switches."""

import numpy as np
import pytest

import tinygraph as tg


class Pick(tg.Op):
    """The element of each row that an index names, summed: a small loss with class labels."""

    def forward(self, z, label):
        return np.sum(z[np.arange(len(label)), label])

    def backward(self, g, y, z, label):
        grad = np.zeros_like(z)
        grad[np.arange(len(label)), label] = g
        return grad, None

    def infer_shape(self, z, label):
        return ()

    def feed_ranges(self):
        return {"label": (0, self.inputs[0].shape[1] - 1)}


@pytest.fixture
def classifier():
    z, label = tg.Input("z", (None, 3)), tg.Input("label", (None,), dtype=int)
    return tg.Graph(Pick(z, label, name="loss"))


def test_an_input_of_whole_numbers_gets_no_gradient(classifier):
    z = np.arange(6.0).reshape(2, 3)
    assert classifier.forward(z=z, label=[2, 0]) == 2 + 3
    classifier.backward()
    assert classifier["label"].grad is None
    assert classifier["label"].value.dtype == np.int64
    np.testing.assert_array_equal(classifier["z"].grad, [[0, 0, 1], [1, 0, 0]])


@pytest.mark.parametrize(
    "labels", [[2.0, 0.0], np.array([2, 0], np.uint8), np.array([True, False])]
)
def test_whole_numbers_of_any_type_are_labels(classifier, labels):
    classifier.forward(z=np.ones((2, 3)), label=labels)
    assert classifier["label"].value.dtype == np.int64


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (
            [1.0, -1.0],
            r"needs numbers from 0\.0 to 1\.0 in the feed 't'; sample 1 is -1\.0\. Are "
            r"these labels −1 and 1\? Feed \(t \+ 1\) / 2\.",
        ),
        ([0.5, 1.5], r"from 0\.0 to 1\.0 in the feed 't'; sample 1 is 1\.5\.$"),
        ([255.0, 0.0], r"sample 0 is 255\.0\.$"),
    ],
)
def test_targets_of_a_binary_cross_entropy_are_probabilities(targets, message):
    x, t = tg.Input("x", (None,)), tg.Input("t", (None,))
    model = tg.Graph(tg.BinaryCrossEntropy(x, t))
    with pytest.raises(ValueError, match=message):
        model.forward(x=[0.0, 1.0], t=targets)
    model.forward(x=[0.0, 1.0], t=[1 + 1e-9, 0.0])  # rounded


@pytest.mark.parametrize(
    ("labels", "kind", "message"),
    [
        ([0, 3], ValueError, r"whole numbers from 0 to 2 in the feed 'label'; sample 1 is 3"),
        ([-1, 0], ValueError, r"whole numbers from 0 to 2 in the feed 'label'; sample 0 is -1"),
        ([0, 2.7], TypeError, r"must be whole numbers; sample 1 is 2\.7"),
        ([0, np.nan], TypeError, r"must be whole numbers; sample 1 is nan"),
        (["cat", "dog"], TypeError, r"np\.unique\(labels, return_inverse=True\)"),
        (np.eye(3)[:2], ValueError, r"one-hot labels, use label\.argmax\(axis=-1\)"),
        ([0, 1, 2], ValueError, r"same batch size, but 'z' has 2 samples and 'label' has 3"),
        ([1j, 0], TypeError, "complex128"),
    ],
)
def test_wrong_labels_are_explained(classifier, labels, kind, message):
    with pytest.raises(tg.TinygraphError, match=message) as caught:
        classifier.forward(z=np.ones((2, 3)), label=labels)
    assert isinstance(caught.value, kind)


def test_the_dtype_of_an_input_is_float_or_int():
    with pytest.raises(tg.TinygraphError, match="must be float or int; got 'float32'"):
        tg.Input("x", (None,), dtype="float32")


def test_an_optimizer_leaves_out_frozen_parameters():
    w, v = tg.Parameter(1.0, name="w"), tg.Parameter(2.0, name="v", trainable=False)
    model = tg.Graph(w * v)
    optimizer = tg.SGD(model.parameters, lr=0.5)
    assert optimizer.parameters == (w,)
    model.forward()
    model.backward()
    optimizer.step()
    assert (float(w.value), float(v.value)) == (0.0, 2.0)
    assert float(v.grad) == 1.0
    with pytest.raises(tg.TinygraphError, match="frozen"):
        tg.SGD([v])


def dropout(x, p, rng):
    mask = tg.Random("mask", x.shape, lambda rng, shape: (rng.random(shape) >= p) / (1 - p))
    return tg.Graph(tg.Sum(x * tg.Switch(training=mask, predicting=1.0)), rng=rng)


def test_dropout_is_a_random_mask_and_a_switch():
    x = tg.Input("x", (None, 50))
    model = dropout(x, 0.5, rng=3)
    data = np.ones((4, 50))
    model.forward(x=data)
    first = model["mask"].value
    assert set(np.unique(first)) == {0.0, 2.0}
    model.backward()
    np.testing.assert_array_equal(x.grad, first)
    assert model["mask"].grad is None
    model.forward(x=data)
    assert (model["mask"].value != first).any()
    assert model.predict(x=data) == 200.0

    again = dropout(tg.Input("x", (None, 50)), 0.5, rng=3)
    again.forward(x=data)
    np.testing.assert_array_equal(again["mask"].value, first)


def test_gradients_through_a_random_mask_are_checked_on_one_draw():
    model = dropout(tg.Input("x", (None, 3)), 0.5, rng=0)
    assert tg.gradcheck(model, x=np.ones((2, 3))).ok


def test_a_draw_of_another_shape_is_refused():
    model = tg.Graph(tg.Sum(tg.Random("r", (3,), lambda rng, shape: rng.random(2))))
    with pytest.raises(tg.TinygraphError, match=r"must return an array of the shape \(3,\)"):
        model.forward()


def test_all_states_are_updated_from_the_old_values():
    x = tg.Input("x", ())
    a, b = tg.State(1.0, name="a"), tg.State(2.0, name="b")
    model = tg.Graph(x * a, updates={a: b + x, b: a * 1.0})
    model.forward(x=10.0)
    assert (float(a.value), float(b.value)) == (1.0, 2.0)
    model.update_states()
    assert (float(a.value), float(b.value)) == (12.0, 1.0)
    assert model.states == (a, b)
    assert model.parameters == ()


def test_a_state_takes_no_gradient():
    a = tg.State(2.0, name="a")
    w = tg.Parameter(3.0, name="w")
    model = tg.Graph(w * a)
    model.forward()
    model.backward()
    assert a.grad is None
    assert float(w.grad) == 2.0


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        ({"a": 1}, "with a State as each key; got the key 'a'"),
        (3, "must be a dict"),
    ],
)
def test_odd_updates_are_refused(updates, message):
    with pytest.raises(tg.TinygraphError, match=message):
        tg.Graph(tg.Parameter(1.0) * 2.0, updates=updates)


def test_an_update_must_have_the_shape_of_its_state():
    a = tg.State([1.0, 2.0], name="a")
    with pytest.raises(
        tg.ShapeError if hasattr(tg, "ShapeError") else tg.TinygraphError, match="shape"
    ):
        tg.Graph(tg.Sum(a), updates={a: tg.Sum(a)})


def test_predict_follows_a_switch_to_a_leaf_and_to_an_op():
    x = tg.Input("x", (None, 2))
    running = tg.State([1.0, 2.0], name="running")
    of_leaf = tg.Switch(training=np.mean(x, axis=0), predicting=running)
    of_op = tg.Switch(training=x, predicting=np.exp(running))
    model = tg.Graph(np.sum(x), prediction=x * of_leaf + of_op)
    expected = np.array([[3.0, 4.0]]) * [1.0, 2.0] + np.exp([1.0, 2.0])
    np.testing.assert_allclose(model.predict(x=[[3.0, 4.0]]), expected)


def test_a_graph_contains_the_present_names_of_its_nodes():
    w = tg.Parameter(1.0, name="w")
    model = tg.Graph(tg.Exp(w, name="y"))
    assert "w" in model
    assert model["w"] is w
    w.name = "v"
    assert "w" not in model
    assert model["v"] is w
