"""A derivation says what backward does: its lines, run, give the gradients of every graph."""

import re

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.derivation.formats import plain_latex


def ops_of_the_package():
    return [getattr(tg.ops, name) for name in tg.ops.__all__]


@pytest.mark.parametrize("op_class", ops_of_the_package(), ids=lambda op: op.__name__)
def test_the_lines_give_the_gradient_of_every_op(op_class):
    arrays = op_class.example(np.random.default_rng(0))
    parameters = [tg.Parameter(a, name=n) for a, n in zip(arrays, op_class.arguments, strict=True)]
    y = op_class(*parameters, name="y")
    model = tg.Graph(tg.Sum(y * y, name="loss"))
    model.forward()
    model.backward()
    for parameter in parameters:
        if parameter.grad is not None:  # no gradient flows to indices and conditions
            np.testing.assert_allclose(tg.derive(model, parameter).evaluate(), parameter.grad)


def lab2_after_a_run(activation="sigmoid"):
    model = tg.lab2.model(activation=activation, rng=0)
    x, t = tg.data.xor()
    model.forward(x=x, t=t)
    model.backward()
    return model


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "none"])
def test_every_gradient_of_lab2(activation):
    model = lab2_after_a_run(activation)
    for node in model.nodes:
        np.testing.assert_allclose(tg.derive(model, node).evaluate(), node.grad, rtol=1e-12)


def test_lab2_is_written_out_from_the_loss_to_the_first_weight():
    how = tg.derive(tg.lab2.model(rng=0), "layer1/W")
    names = [step.node.name for step in how.steps]
    layers = [f"layer{k}/{leaf}" for k in (3, 2, 1) for leaf in "haz"]
    assert names == ["loss", *layers, "layer1/W"]
    assert how.written_out.startswith(r"\frac{\partial L}{\partial W_{1}} = x^\top \left(")
    assert how.written_out.count(r"\odot (1 - h_{") == 3
    assert how.steps[-1].terms[0].shapes == "∂layer1/z (B, 4), x (B, 2) → (2, 4) as layer1/W"


def test_contributions_of_a_diamond_and_of_a_node_used_twice_add_up():
    x = tg.Parameter(2.0, name="x")
    model = tg.Graph(tg.Add(tg.Multiply(x, x, name="a"), 3.0 * x, name="L"))
    model.forward()
    how = tg.derive(model, "x")
    assert len(how.steps[-1].terms) == 3
    assert how.written_out == ""
    assert how.evaluate() == 7.0


def test_what_was_broadcast_is_summed_and_the_reason_says_so():
    x = tg.Input("x", shape=(None, 3))
    b = tg.Parameter([[1.0, 2.0, 3.0]], name="b")
    model = tg.Graph(tg.Sum((x + b) * x))
    model.forward(x=np.ones((4, 3)))
    (term,) = tg.derive(model, b).steps[-1].terms
    assert "broadcasting" in term.why
    assert r"\sum" in term.math
    np.testing.assert_array_equal(tg.derive(model, b).evaluate(), [[4.0, 4.0, 4.0]])


def test_nodes_off_the_way_do_not_appear():
    model = tg.lab2.model(rng=0)
    assert [step.node.name for step in tg.derive(model, "layer3/b").steps] == [
        "loss",
        "layer3/h",
        "layer3/a",
        "layer3/b",
    ]


def test_the_output_by_itself_has_the_gradient_1():
    model = lab2_after_a_run()
    how = tg.derive(model, "loss")
    assert how.evaluate() == 1.0
    assert how.written_out == r"\frac{\partial L}{\partial L} = 1"


def test_an_op_without_rules_is_named_but_not_run():
    class Square(tg.Op):
        def forward(self, x):
            return x * x

        def backward(self, g, y, x):
            return g * 2 * x

    w = tg.Parameter(3.0, name="w")
    model = tg.Graph(Square(w, name="s"))
    model.forward()
    how = tg.derive(model, w)
    assert "Square" in how.markdown
    with pytest.raises(tg.TinygraphError, match='Square "s" has no rule'):
        how.evaluate()


def test_refusals():
    model = tg.lab2.model(rng=0)
    with pytest.raises(tg.TinygraphError, match='Did you mean "layer1/W"'):
        tg.derive(model, "layer1/w")
    with pytest.raises(tg.TinygraphError, match="needs the values of a run"):
        tg.derive(model, "layer1/W").evaluate()
    with pytest.raises(tg.TinygraphError, match="not a node of this graph"):
        tg.derive(model, tg.Parameter(np.ones((2, 4)), name="layer1/W"))
    beside = tg.Sigmoid(tg.Parameter(1.0, name="w"), name="beside")
    other = tg.Graph(tg.Parameter(2.0, name="v") * 1.0, prediction=beside)
    with pytest.raises(tg.TinygraphError, match="does not depend on"):
        tg.derive(other, "w")
    constant = next(node for node in other.nodes if node.role == "constant")
    with pytest.raises(tg.TinygraphError, match="Make it a Parameter"):
        tg.derive(other, constant)


def test_html_escapes_names_and_links_each_step_to_its_card():
    x = tg.Parameter(1.0, name='<img src="x">')
    model = tg.Graph(tg.Sigmoid(x, name="y"))
    diagram = tg.render(model)
    page = tg.derive(model, x, diagram).html
    assert "<img" not in page
    links = re.findall(r'href="#([^"]+)"', page)
    assert len(links) == 2
    for link in links:
        assert f'id="{link}"' in diagram.svg


def test_latex_and_markdown_have_every_step_and_reason():
    how = tg.derive(tg.lab2.model(rng=0), "layer1/b")
    assert how.latex.count("&=") == len(how.steps)
    assert plain_latex("x_i") == r"x\_i"
    for step in how.steps:
        assert step.math in how.markdown
        assert all(term.why in how.markdown for term in step.terms)


def test_a_diagram_that_is_none(lab2):
    with pytest.raises(tg.TinygraphError, match="diagram must be a picture of the graph"):
        tg.derive(lab2, "layer1/W", diagram=5)


def test_a_rule_of_another_shape_is_named():
    class Odd(tg.Op):
        rules = (tg.Rule("g", "np.ones(5)"),)

        def forward(self, x):
            return x

        def backward(self, g, y, x):
            return g

    model = tg.Graph(tg.Sum(Odd(tg.Parameter(np.ones((2, 3)), name="w"), name="odd")))
    model.forward()
    with pytest.raises(tg.TinygraphError, match=r'rule of Odd "odd" for w gives an array \(5,\)'):
        tg.derive(model, "w").evaluate()


def test_print_writes_every_step_with_its_reason():
    x = tg.Parameter(2.0, name="x")
    model = tg.Graph(tg.Sum(tg.Sigmoid(x, name="h"), name="L"))
    lines = str(tg.derive(model, "x")).splitlines()
    assert [line[:3] for line in lines[::2]] == [" 1.", " 2.", " 3."]
    assert lines[4].startswith(" 3. ∂L/∂x = ∂L/∂h ")
    assert "h (Sigmoid)" in lines[5]
