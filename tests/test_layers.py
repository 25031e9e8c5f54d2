"""Layers: named sub-graphs, their start values, and networks that learn."""

import numpy as np
import pytest

import tinygraph as tg


def digits(seed=0):
    """Return 1,400 training images and 397 test images in a random order, with labels."""
    images, labels = tg.data.digits()
    order = np.random.default_rng(seed).permutation(len(images))
    images, labels = images[order], labels[order]
    return images[:1400], labels[:1400], images[1400:], labels[1400:]


def mlp(rng):
    x, label = tg.Input("x", (None, 64)), tg.Input("label", (None,), dtype=int)
    h = tg.ReLU(tg.layers.linear(x, 64, name="layer1", rng=rng, init="he"))
    h = tg.ReLU(tg.layers.linear(h, 32, name="layer2", rng=rng, init="he"))
    logits = tg.layers.linear(h, 10, name="output", rng=rng)
    return tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits)


def test_an_mlp_reads_digits():
    X, T, X_test, T_test = digits()
    model = mlp(np.random.default_rng(0))
    optimizer = tg.Adam(model.parameters, lr=3e-3)
    feeds = {"x": X.reshape(-1, 64), "label": T}
    tg.fit(model, optimizer, epochs=30, batch_size=64, print_interval=0, **feeds)
    predicted = model.predict(x=X_test.reshape(-1, 64)).argmax(axis=1)
    assert np.mean(predicted == T_test) > 0.96


def test_a_convolutional_network_has_right_gradients():
    rng = np.random.default_rng(0)
    x, label = tg.Input("x", (None, 1, 8, 8)), tg.Input("label", (None,), dtype=int)
    h = tg.ReLU(tg.layers.conv2d(x, 3, name="conv1", padding=1, rng=rng))
    h = tg.AvgPool2D(h, name="pool")
    h = tg.Reshape(h, to=(None, 3 * 16), name="flat")
    logits = tg.layers.linear(h, 4, name="output", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits)
    feeds = {"x": rng.normal(size=(5, 1, 8, 8)), "label": [0, 1, 2, 3, 0]}
    assert tg.gradcheck(model, **feeds).ok


@pytest.mark.parametrize("causal", [False, True])
def test_a_transformer_block_has_right_gradients(causal):
    rng = np.random.default_rng(0)
    token = tg.Input("token", (None, 4), dtype=int)
    label = tg.Input("label", (None, 4), dtype=int)
    h = tg.Embedding(tg.Parameter(rng.normal(size=(7, 8)), name="table"), token, name="e")
    h = tg.layers.transformer_block(h, 2, causal, name="block1", rng=rng)
    logits = tg.layers.linear(h, 7, name="output", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits)
    feeds = {"token": rng.integers(7, size=(3, 4)), "label": rng.integers(7, size=(3, 4))}
    assert tg.gradcheck(model, **feeds).ok
    if causal:  # the first position sees only itself
        first = model.predict(token=feeds["token"])[:, 0]
        changed = feeds["token"].copy()
        changed[:, 1:] = (changed[:, 1:] + 1) % 7
        np.testing.assert_allclose(model.predict(token=changed)[:, 0], first)


def test_attention_is_a_weighted_mean_of_values():
    rng = np.random.default_rng(0)
    x = tg.Input("x", (None, 5, 6))
    model = tg.Graph(tg.Sum(tg.layers.attention(x, 3, name="a", rng=rng)))
    X = rng.normal(size=(2, 5, 6))
    model.forward(x=X)
    parameter = {p.name: p.value for p in model.parameters}
    expected = np.zeros((2, 5, 6))
    for b in range(2):
        parts = [X[b] @ parameter[f"a/{p}/W"] + parameter[f"a/{p}/b"] for p in "qkv"]
        for head in range(3):
            q, k, v = (part[:, 2 * head : 2 * head + 2] for part in parts)
            e = np.exp(q @ k.T / np.sqrt(2))
            expected[b, :, 2 * head : 2 * head + 2] = e / e.sum(axis=1, keepdims=True) @ v
    out = expected @ parameter["a/out/W"] + parameter["a/out/b"]
    np.testing.assert_allclose(model["a/out/a"].value, out, rtol=1e-10)


def test_convolution_is_a_sum_over_windows():
    rng = np.random.default_rng(0)
    x, K = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 2))
    for stride, padding in [(1, 0), (2, 0), (1, 1), (2, 1), (3, 2)]:
        y = tg.Conv2D(x, K, stride=stride, padding=padding)
        got = y.forward(x, K)
        assert got.shape == y.shape
        frame = ((0, 0), (0, 0), (padding, padding), (padding, padding))
        wide = np.pad(x, frame)
        for i in range(got.shape[2]):
            for j in range(got.shape[3]):
                window = wide[:, :, stride * i : stride * i + 3, stride * j : stride * j + 2]
                expected = np.einsum("bchw,ochw->bo", window, K)
                np.testing.assert_allclose(got[:, :, i, j], expected)


def test_batch_normalization_keeps_running_statistics():
    x = tg.Input("x", (None, 3))
    h, updates = tg.layers.batch_norm(x, name="norm", momentum=0.5)
    model = tg.Graph(tg.Sum(h), prediction=h, updates=updates)
    X = np.random.default_rng(0).normal(2.0, 3.0, size=(50, 3))
    model.forward(x=X)
    np.testing.assert_allclose(model.prediction.value.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(model.prediction.value.var(axis=0), 1, rtol=1e-4)
    model.update_states()
    np.testing.assert_allclose(model["norm/running_mean"].value, 0.5 * X.mean(axis=0))
    expected = (X - 0.5 * X.mean(axis=0)) / np.sqrt(0.5 + 0.5 * X.var(axis=0) + 1e-5)
    np.testing.assert_allclose(model.predict(x=X), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: tg.layers.linear(x, 0, name="a"), "units must be a whole number of at least 1"),
        (lambda x: tg.layers.linear(x, 2, name="a", init="big"), 'Valid: "xavier", "he"'),
        (lambda x: tg.layers.linear(3, 2, name="a"), "linear needs a node"),
        (lambda x: tg.layers.dropout(x, 1.0, name="a"), "from 0 to below 1"),
        (lambda x: tg.layers.conv2d(x, 2, name="a"), "needs images"),
        (lambda x: tg.layers.attention(x, 2, name="a"), r"needs x \(B, T, d\)"),
    ],
)
def test_wrong_arguments_are_explained(call, message):
    with pytest.raises(tg.TinygraphError, match=message):
        call(tg.Input("x", (None, 4)))


def test_large_logits_are_safe():
    logits, labels = np.array([[900.0, -900.0, 0.0], [-900.0, 900.0, 0.0]]), np.array([0, 0])
    for op in (tg.Softmax, tg.LogSoftmax):
        node = op(logits)
        y = node.forward(logits)
        assert np.isfinite(y).all()
        assert np.isfinite(node.backward(np.ones_like(y), y, logits)).all()
    loss = tg.CrossEntropy(logits, tg.Input("t", (2,), dtype=int))
    assert loss.forward(logits, labels) == 900.0
    assert np.isfinite(loss.backward(1.0, 900.0, logits, labels)[0]).all()
    x, t = np.array([900.0, -900.0]), np.array([0.0, 1.0])
    binary = tg.BinaryCrossEntropy(x, t)
    assert binary.forward(x, t) == 900.0
    assert np.isfinite(binary.backward(1.0, 900.0, x, t)[0]).all()
