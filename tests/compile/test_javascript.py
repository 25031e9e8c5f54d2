"""The JavaScript target: the same numbers as Python, for any graph, in any batch size."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from compiling import OPTIMIZERS, of_op
from javascript import assert_equal_nodes, gradients_code, module_of, random_cases

import tinygraph as tg
from tinygraph import ops
from tinygraph.errors import CompileError

LIBRARY = Path(tg.__file__).parent / "compile" / "targets" / "javascript" / "library"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs node")


def run(code, *job):
    """Run JavaScript in node, and return what it prints as JSON; NaN and ∞ arrive as text."""
    printed = """
console.log(JSON.stringify(results, (_, x) => typeof x === "number" && !Number.isFinite(x)
  ? String(x) : x));"""
    done = subprocess.run(
        [NODE, "--input-type=module", "-", *map(json.dumps, job)],
        input=code + printed,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[:2000]
    return json.loads(done.stdout)


def train(program, feeds, steps):
    """Return the losses and the prediction after ``steps`` steps in node."""
    lists = {name: np.asarray(array).tolist() for name, array in feeds.items()}
    code = module_of(program) + (
        "const [feeds, steps] = process.argv.slice(2).map(JSON.parse);\n"
        "const results = [train(feeds, steps), predict(feeds)];"
    )
    return run(code, lists, steps)


def lab2(activation="sigmoid", n=100):
    model = tg.lab2.model(activation=activation, rng=0)
    x, t = tg.data.linear(n, rng=1)
    return model, {"x": x, "t": t}


class Swish(tg.Op):
    def forward(self, x):
        return x / (1 + np.exp(-x))

    def backward(self, g, y, x):
        s = 1 / (1 + np.exp(-x))
        return g * (s + y * (1 - s))


class RowLogSoftmax(tg.Op):
    def forward(self, z):
        z = z - z.max(axis=1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=1, keepdims=True))

    def backward(self, g, y, z):
        return g - np.exp(y) * g.sum(axis=1, keepdims=True)


class Huber(tg.Op):
    def forward(self, x):
        return np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5)

    def backward(self, g, y, x):
        return g * np.clip(x, -1, 1)


def custom_ops():
    rng = np.random.default_rng(3)
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 2))
    W1, b1 = tg.Parameter(rng.normal(size=(2, 8)), name="W1"), tg.Parameter(np.zeros(8), name="b1")
    W2, b2 = tg.Parameter(rng.normal(size=(8, 2)), name="W2"), tg.Parameter(np.zeros(2), name="b2")
    h = Swish(x @ W1 + b1, name="h")
    log_p = RowLogSoftmax(h @ W2 + b2, name="log p")
    loss = tg.Negate(tg.Mean(tg.Sum(t * log_p, axis=1)), name="loss")
    data = rng.normal(size=(60, 2))
    return tg.Graph(loss, prediction=log_p), {"x": data, "t": np.eye(2)[(data[:, 0] > 0) * 1]}


def shared_weights_and_broadcasting():
    rng = np.random.default_rng(4)
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    W = tg.Parameter(rng.normal(size=(3, 3)) * 0.5, name="W")
    V, s = tg.Parameter(rng.normal(size=(3, 1)), name="V"), tg.Parameter(0.7, name="s")
    h = np.tanh(np.tanh(x @ W) @ W)
    rest = (h + x * s) @ V - t
    loss = tg.Mean(Huber(rest) + rest * rest * 0.1, name="loss")
    return tg.Graph(loss), {"x": rng.normal(size=(50, 3)), "t": rng.normal(size=(50, 1))}


def classes():
    rng = np.random.default_rng(5)
    x, label = tg.Input("x", shape=(None, 2)), tg.Input("label", shape=(None,), dtype=int)
    h = np.tanh(tg.layers.linear(x, 6, name="layer1", rng=rng))
    logits = tg.layers.linear(h, 3, name="layer2", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=tg.Softmax(logits))
    data = rng.normal(size=(40, 2))
    return model, {"x": data, "label": np.arange(40) % 3}


def convolutions():
    rng = np.random.default_rng(6)
    x, label = tg.Input("x", shape=(None, 1, 6, 6)), tg.Input("label", shape=(None,), dtype=int)
    h = tg.MaxPool2D(np.tanh(tg.layers.conv2d(x, 3, padding=1, name="conv", rng=rng)), size=2)
    logits = tg.layers.linear(tg.Reshape(h, to=(-1, 27)), 3, name="out", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=logits)
    return model, {"x": rng.normal(size=(12, 1, 6, 6)), "label": np.arange(12) % 3}


NETS = {
    **{f"Lab 2, {name}": lambda name=name: lab2(name) for name in ("sigmoid", "tanh", "relu")},
    "custom ops": custom_ops,
    "shared weights": shared_weights_and_broadcasting,
    "class labels": classes,
    "convolutions": convolutions,
}
RATES = {tg.SGD: 0.1, tg.Momentum: 0.02, tg.Nesterov: 0.02, tg.Adam: 0.01, tg.AdamW: 0.01}
NORMALIZED = {tg.AdaGrad: 0.01, tg.RMSProp: 0.001}
"""Optimizers that divide by the gradient: they amplify rounding near a minimum."""


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_100_training_steps_equal_those_of_python(net, kind):
    model, feeds = NETS[net]()
    optimizer = kind(model.parameters, lr=(RATES | NORMALIZED)[kind])
    losses, prediction = train(tg.compile(model, optimizer, target="javascript"), feeds, 100)
    expected = []
    for _ in range(100):
        expected.append(model.forward(**feeds))
        model.backward()
        optimizer.step()
    rtol = 1e-12 if kind in RATES else 1e-9
    np.testing.assert_allclose(losses, expected, rtol=rtol, atol=1e-15)
    given = {node.name: feeds[node.name] for node in model.prediction_inputs}
    np.testing.assert_allclose(prediction, model.predict(**given), rtol=1e3 * rtol, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_groups_and_clipping_equal_those_of_python(dtype):
    rng, x = np.random.default_rng(0), tg.Input("x", shape=(None, 2))
    t = tg.Input("t", shape=(None, 1))
    W, V = (
        tg.Parameter(rng.normal(size=(2, n)).astype(dtype), name=name)
        for name, n in [("W", 2), ("V", 1)]
    )
    b = tg.Parameter(np.zeros(2, dtype), name="b")
    model = tg.Graph(tg.MSE(np.tanh(x @ W + b) @ V, t))
    feeds = {name: array.astype(dtype) for name, array in lab2()[1].items()}
    *weights, last = model.parameters
    groups = [*weights, {"parameters": [last], "lr": 0.05}]
    optimizer = tg.Momentum(groups, lr=0.5, clip_norm=0.02)
    losses, _ = train(tg.compile(model, optimizer, target="javascript"), feeds, 50)
    expected = tg.compile(model, optimizer).run(50, **feeds)
    np.testing.assert_allclose(losses, expected, rtol=1e-11 if dtype == "float64" else 1e-5)


def gradients_in_node(cases):
    """Return, for each model, the value and gradient of every node, computed by node."""
    code, job = gradients_code(cases)
    return run(code.replace("JOB", "JSON.parse(process.argv[2])"), job)


def test_random_graphs_have_the_gradients_of_python():
    cases = random_cases(60, seed=0)
    for (graph, feeds), found in zip(cases, gradients_in_node(cases), strict=True):
        assert_equal_nodes(graph, feeds, found)


CALLED = {ops.AddWindows, ops.Columns}
"""Ops whose code is not recorded: no program contains them."""


def test_every_op_has_the_gradients_of_python():
    recorded = [getattr(ops, name) for name in ops.__all__ if getattr(ops, name) not in CALLED]
    variants = [
        *((op, {}) for op in recorded),
        *((op, {"axis": axis}) for op in (tg.Sum, tg.Mean, tg.Max) for axis in (0, -1, (0, 1))),
        *((op, {"axis": 1, "keepdims": True}) for op in (tg.Sum, tg.Mean, tg.Min)),
        (tg.Concatenate, {"axis": -1}),
        *((ops.CumSum, {"axis": axis}) for axis in (0, -1)),
        (ops.Pad, {"fill": 1.5}),
    ]
    cases = [(of_op(op, op.example(np.random.default_rng(0)), **more), {}) for op, more in variants]
    for (graph, feeds), found in zip(cases, gradients_in_node(cases), strict=True):
        assert_equal_nodes(graph, feeds, found)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_one_program_serves_every_batch_size(n):
    model, feeds = custom_ops()
    feeds = {name: array[:n] for name, array in feeds.items()}
    (found,) = gradients_in_node([(model, feeds)])
    assert_equal_nodes(model, feeds, found)


def test_float32_is_rounded_after_every_operation():
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    W = tg.Parameter(rng.normal(size=(3, 1)).astype(np.float32), name="W")
    model = tg.Graph(tg.MSE(np.tanh(x @ W) * 0.1, t, name="loss"))
    feeds = {"x": rng.normal(size=(20, 3)), "t": rng.normal(size=(20, 1))}
    feeds = {name: array.astype(np.float32) for name, array in feeds.items()}
    optimizer = tg.Adam(model.parameters, lr=0.1)
    program = tg.compile(model, optimizer, target="javascript")
    assert "Math.fround" in program.source
    losses, _ = train(program, feeds, 20)
    expected = tg.compile(model, optimizer).run(20, **feeds)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    assert losses == np.asarray(losses, np.float32).astype(float).tolist()


@pytest.mark.parametrize("n", [1, 2, 21, 100, 1000])
def test_the_shuffle_is_numpys(n):
    rng = np.random.default_rng(7)
    start = rng.bit_generator.state
    expected = [rng.permutation(n).tolist() for _ in range(3)]
    text = (LIBRARY / "shuffle.js").read_text(encoding="utf-8")
    state = {**start, **{key: str(number) for key, number in start["state"].items()}}
    code = f"{text}\nconst rng = generator(JSON.parse(process.argv[2]));\n"
    assert (
        run(code + f"const results = [1, 2, 3].map(() => rng.permutation({n}));", state) == expected
    )


class Branch(tg.Op):
    def forward(self, x):
        return x if x.sum() > 0 else -x

    def backward(self, g, y, x):
        return g if x.sum() > 0 else -g


class Sorted(tg.Op):
    def forward(self, x):
        return np.sort(x, axis=0)

    def backward(self, g, y, x):
        return g


def of_one_op(op):
    x, W = tg.Input("x", shape=(None, 2)), tg.Parameter(np.ones((2, 1)), name="W")
    return tg.Graph(tg.Mean(op(x @ W, name="own"), name="loss"))


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (of_one_op(Branch), 'forward of Branch "own" is not recorded: it branches on the numbers'),
        (of_one_op(Sorted), "own: np.sort with axis has no JavaScript"),
    ],
)
def test_what_javascript_cannot_do_is_refused_with_the_node_and_the_reason(model, reason):
    with pytest.raises(CompileError, match=reason):
        tg.compile(model, target="javascript")


def test_random_nodes_are_refused():
    mask = tg.Random("mask", (None, 1), lambda rng, shape: rng.normal(size=shape))
    x, W = tg.Input("x", shape=(None, 2)), tg.Parameter(np.ones((2, 1)), name="W")
    with pytest.raises(CompileError, match='Random "mask"'):
        tg.compile(tg.Graph(tg.Mean(x @ W * mask)), target="javascript")


def test_a_learning_rate_schedule_is_refused():
    model, _ = lab2()
    optimizer = tg.SGD(model.parameters, lr=lambda t: 1 / t)
    with pytest.raises(CompileError, match="learning rate of SGD is a schedule"):
        tg.compile(model, optimizer, target="javascript")


def test_an_input_without_a_batch_axis_may_come_first():
    heat, x = tg.Input("heat", shape=()), tg.Input("x", shape=(None, 2))
    W = tg.Parameter([[1.0], [2.0]], name="W")
    model = tg.Graph(tg.Mean(heat * (x @ W)), prediction=heat * (x @ W))
    program = tg.compile(model, tg.SGD(model.parameters, lr=0.1), target="javascript")
    feeds = {"heat": 2.0, "x": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]}
    losses, prediction = train(program, feeds, 3)
    expected = tg.compile(model, program.optimizer).run(3, **feeds)
    np.testing.assert_allclose(losses, expected, rtol=1e-14)
    np.testing.assert_allclose(prediction, model.predict(**feeds), rtol=1e-14)


def test_a_graph_without_inputs_is_trained():
    w = tg.Parameter([1.0, 2.0], name="w")
    model = tg.Graph(tg.Sum(w * w))
    losses, _ = train(tg.compile(model, tg.SGD(w, lr=0.25), target="javascript"), {}, 2)
    assert losses == [5.0, 1.25]


@pytest.mark.parametrize(
    ("feeds", "message"),
    [
        ({}, 'needs a feed for the input "x"'),
        ({"x": [[1.0], [2.0]]}, '"x" takes 4 numbers; got 2'),
        ({"x": [[1.0, 2.0]], "y": 1.0}, 'has no node "y"'),
    ],
)
def test_a_wrong_feed_of_a_module_is_explained(feeds, message):
    x = tg.Input("x", shape=(None, 2))
    model = tg.Graph(tg.Sum(x @ tg.Parameter([[1.0], [2.0]], name="W")))
    code = module_of(tg.compile(model, target="javascript")) + (
        "let results; try { predict(JSON.parse(process.argv[2])); }"
        "catch (error) { results = error.message; }"
    )
    assert message in run(code, feeds)


def test_the_source_is_a_module_that_names_every_node(tmp_path):
    model, feeds = lab2()
    program = tg.compile(model, target="javascript")
    path = program.save(tmp_path / "network.js")
    assert path.read_text(encoding="utf-8") == program.source
    assert "train" not in program.source
    assert all(f'"{node.name}": {{ value:' in program.source for node in model.nodes)
    (tmp_path / "use.mjs").write_text(
        'import { predict } from "./network.mjs";\n'
        f"console.log(JSON.stringify(predict({{ x: {feeds['x'][:3].tolist()} }})));",
        encoding="utf-8",
    )
    path.rename(tmp_path / "network.mjs")
    done = subprocess.run([NODE, tmp_path / "use.mjs"], capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout), model.predict(x=feeds["x"][:3]), rtol=1e-12)


def test_the_source_has_the_parameters_of_now():
    model, _ = lab2()
    program = tg.compile(model, target="javascript")
    model["layer1/b"].value = np.full(4, 0.625)
    assert '"layer1/b": [0.625, 0.625, 0.625, 0.625]' in program.source
