import ast
import inspect

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.notation.names import Notation
from tinygraph.notation.unicode import unicode_math

HOSTILE = [
    "</script><script>alert(1)</script>",
    "a b",
    "a_b",
    "a/b",
    "lambda",
    "np",
    r"\end{document}",
    "权重",
    "1st",
    "_",
    "$x$",
    "%",
    "𝐖",
    "layer1/",
    "/",
    "enc/layer1/W",
    "dec/layer1/W",
    "W1",
    "dW1",
    "L",
]


def notation_of(output):
    graph = tg.Graph(output)
    return graph, Notation(graph.nodes, graph.output)


def hostile_graph():
    nodes = [tg.Parameter(1.0, name=name) for name in HOSTILE]
    total = nodes[0]
    for node in nodes[1:]:
        total = total * node
    return notation_of(total)


def test_lab2_names_are_those_of_the_blackboard():
    model = tg.lab2.model(rng=0)
    names = Notation(model.nodes, model.output)
    got = {node.name: (names.identifier(node), names.symbol(node)) for node in model.nodes}
    assert got["layer1/W"] == ("W1", "W_{1}")
    assert got["layer3/h"] == ("h3", "h_{3}")
    assert got["x"] == ("x", "x")
    assert got["loss"] == ("loss", "L")


def test_groups_that_share_a_number_are_told_apart():
    W, V = tg.Parameter(1.0, name="enc/layer1/W"), tg.Parameter(1.0, name="dec/layer1/W")
    _, names = notation_of(W * V)
    assert {names.identifier(W), names.identifier(V)} == {"enc_layer1_W", "dec_layer1_W"}
    assert names.symbol(W) == r"W_{\mathrm{enc},\,\mathrm{layer1}}"


def test_a_group_without_a_number_is_the_index():
    W = tg.Parameter(1.0, name="shared/W")
    y = tg.Tanh(tg.Tanh(W, name="decoder/y1"), name="y")
    names = Notation(tg.Graph(tg.Sum(y)).nodes, y)
    assert names.symbol(W) == r"W_{\mathrm{shared}}"
    assert names.symbol(y.inputs[0]) == r"y_{\mathrm{decoder},\,1}"


def test_hostile_names_become_unique_identifiers_and_plain_symbols():
    graph, names = hostile_graph()
    identifiers = [names.identifier(node) for node in graph.nodes]
    gradients = [names.gradient_identifier(node) for node in graph.nodes]
    symbols = [names.symbol(node) for node in graph.nodes]
    assert len(set(identifiers + gradients)) == 2 * len(graph.nodes)
    assert len(set(symbols)) == len(graph.nodes)
    for identifier in identifiers + gradients:
        ast.parse(f"{identifier} = 1")
    for symbol in symbols:
        assert not set(symbol) & set("<>&$%#~\"'"), symbol
        assert "script" not in symbol or r"\mathrm" in symbol


def test_the_output_is_called_l_and_gives_way_to_a_node_of_that_name():
    L = tg.Parameter(1.0, name="L")
    graph, names = notation_of(L * 2)
    assert names.symbol(L) == "L"
    assert names.symbol(graph.output) == r"\mathcal{L}"
    assert names.gradient_symbol(L) == r"\frac{\partial \mathcal{L}}{\partial L}"


def test_an_op_without_formulas_is_named_by_its_class():
    class Double(tg.Op):
        def forward(self, x):
            return 2 * x

        def backward(self, g, y, x):
            return 2 * g

    class Join(tg.Op):
        def forward(self, *xs):
            return sum(xs)

        def backward(self, g, y, *xs):
            return tuple(g for _ in xs)

    x = tg.Parameter(1.0, name="x")
    double = Double(x, name="d")
    join = Join(double, x, name="j")
    _, names = notation_of(join)
    assert names.value_math(double) == r"d = \mathrm{Double}(x)"
    assert names.value_code(double) == "d = Double(x)"
    assert names.gradient_code(double, 0) == "dx = Double.backward(dd, d, x)"
    math = names.gradient_math(double, 0)
    assert math.endswith(r"\mathrm{Double}'(\frac{\partial L}{\partial d}, x)")
    assert names.gradient_code(join, 1) == "dx = Join.backward(dj, j, d, x)[1]"
    assert names.local_code(join, 1) == ""


@pytest.mark.parametrize(
    "op_class", [vars(tg.ops)[name] for name in tg.ops.__all__], ids=lambda op: op.__name__
)
def test_every_line_with_names_put_in_still_computes_the_same(op_class):
    """The gradient's code, run under the graph's names, gives what backward gives."""
    arrays = op_class.example(np.random.default_rng(0))
    inputs = [tg.Parameter(a, name=f"layer1/in put{k}") for k, a in enumerate(arrays)]
    op = op_class(*inputs, name="layer1/out")
    graph, names = notation_of(tg.Sum(op, name="loss"))
    graph.forward()
    graph.backward()
    space = vars(inspect.getmodule(op_class)) | {"np": np}
    space |= {names.identifier(node): node.value for node in graph.nodes}
    space |= {names.gradient_identifier(op): op.grad, "self": op}
    left, right = names.value_code(op).split(" = ", 1)
    np.testing.assert_allclose(eval(right, space), op.value)
    for k, node in enumerate(inputs):
        left, right = names.gradient_code(op, k).split(" = ", 1)
        assert left == names.gradient_identifier(node)
        if node.grad is not None:  # no gradient flows to indices and conditions
            np.testing.assert_allclose(eval(right, space), node.grad)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda names, op: names.symbol("z1"), "names the nodes of one graph; 'z1' is none"),
        (lambda names, op: names.identifier([]), "is none of them"),
        (lambda names, op: names.gradient_symbol(tg.Parameter(1.0)), "is none of them"),
        (lambda names, op: names.gradient_identifier(None), "is none of them"),
        (lambda names, op: names.value_math(op.inputs[1]), 'Parameter "layer1/W" computes none'),
        (lambda names, op: names.value_code(5), "is none of them"),
        (lambda names, op: names.gradient_math(op, 2), "counted from 0 to 1; got 2"),
        (lambda names, op: names.gradient_code(op, -1), "counted from 0 to 1; got -1"),
        (lambda names, op: names.local_code(op, "x"), "counted from 0 to 1; got 'x'"),
        (lambda names, op: names.gradient_math(op, 0, 5), "summed must be the axes to sum over"),
        (lambda names, op: names.gradient_code(op, 0, "0"), "summed must be the axes to sum over"),
    ],
)
def test_what_a_notation_cannot_name_is_refused(ask, words, lab2):
    with pytest.raises(tg.TinygraphError, match=words):
        ask(Notation(lab2.nodes, lab2.output), lab2["layer1/z"])


def test_a_step_of_a_backward_pass_is_written_where_it_is_used():
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    W = tg.Parameter(np.ones((2, 1)), name="layer1/W")
    h = tg.Tanh(tg.MatMul(x, W, name="layer1/z"), name="layer1/h")
    (gradient,) = tg.gradients(tg.MSE(h, t, name="loss"), [W])
    graph, names = notation_of(tg.Sum(gradient * gradient, name="norm"))

    def line(name):
        return unicode_math(names.value_math(graph[f"backward/{name}"]))

    assert line("layer1/dh") == "dh₁ = 2/size(h₁) · (h₁ − t)"
    assert line("layer1/dz") == "dz₁ = dh₁ ⊙ (1 − h₁ ⊙ h₁)"
    assert line("layer1/dW") == "dW₁ = xᵀ dz₁"
    assert names.value_code(graph["backward/Size1"]) == "Size1 = 1.0 * h1.size"
    assert names.value_code(graph["backward/layer1/Transpose1"]).endswith("= x.T")


@pytest.mark.parametrize(
    ("build", "text"),
    [
        (lambda a, b: (a + b) * a, "y = (a + b) ⊙ a"),
        (lambda a, b: a * b * a, "y = a ⊙ b ⊙ a"),
        (lambda a, b: a - (a - b), "y = a − (a − b)"),
        (lambda a, b: a - a * b, "y = a − a ⊙ b"),
        (lambda a, b: np.exp(a - b), "y = eᵃ⁻ᵇ"),
        (lambda a, b: np.tanh(a - b), "y = tanh(a − b)"),
        (lambda a, b: (a * b) ** 3, "y = (a ⊙ b)³"),
        (lambda a, b: (-a) * b, "y = (−a) ⊙ b"),
        (lambda a, b: np.transpose(a + b), "y = (a + b)ᵀ"),
        (lambda a, b: a.T @ (a * b), "y = aᵀ(a ⊙ b)"),
        (lambda a, b: a * np.sum(a), "y = a · (∑ a)"),
    ],
)
def test_a_step_has_brackets_where_it_needs_them(build, text):
    a, b = tg.Parameter(np.ones((2, 2)), name="a"), tg.Parameter(np.ones((2, 2)), name="b")
    with tg.scope("backward"):
        node = build(a, b)
        node.name = "y"
    _, names = notation_of(tg.Sum(node, name="loss"))
    assert unicode_math(names.value_math(node)) == text
