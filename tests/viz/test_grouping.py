"""Groups in a picture: whom a name leaves out, and which groups would tear the picture."""

import numpy as np
import pygraphviz
import pytest

import tinygraph as tg
from tinygraph.viz.diagram.folding import choose_view


def parameter(name, *shape):
    return tg.Parameter(np.ones(shape), name=name)


def two_layers():
    """Only parameters and one activation are named, as most people would."""
    x = tg.Input("x", shape=(None, 2))
    a1 = tg.AddBias(tg.MatMul(x, parameter("hidden/W", 2, 3)), parameter("hidden/b", 3))
    h = tg.Tanh(a1, name="hidden/h")
    a2 = tg.AddBias(tg.MatMul(h, parameter("out/W", 3, 1)), parameter("out/b", 1))
    y = tg.Sigmoid(a2, name="y")
    return tg.Graph(tg.MSE(y, tg.Input("t", shape=(None, 1)), name="loss"), prediction=y)


def drawn_groups(model):
    return {card.name: card.group for card in choose_view(model).cards}


def test_an_op_without_a_name_is_drawn_where_its_parameters_are():
    groups = drawn_groups(two_layers())
    assert {name for name, group in groups.items() if group == "hidden"} == {
        "hidden/W",
        "hidden/b",
        "hidden/h",
        "MatMul1",
        "AddBias1",
    }
    assert groups["AddBias2"] == "out"
    assert groups["y"] == groups["loss"] == groups["x"] == ""


def test_an_activation_without_a_name_is_drawn_with_its_input():
    x = tg.Input("x", shape=(None, 2))
    model = tg.Graph(tg.Sum(tg.Tanh(tg.Sigmoid(x @ parameter("a/W", 2, 2)))))
    groups = drawn_groups(model)
    assert groups["Sigmoid1"] == groups["Tanh1"] == "a"
    assert groups["Sum1"] == ""


def test_values_run_from_left_to_right_through_the_picture_of_two_layers():
    model = two_layers()
    parsed = pygraphviz.AGraph(string=tg.render(model).dot)
    parsed.layout(prog="dot")
    for node in model.nodes:
        for parent in node.inputs:
            left, right = (
                float(parsed.get_node(end.name).attr["pos"].split(",")[0]) for end in (parent, node)
            )
            assert left < right + 1, f"{parent.name} -> {node.name}"


def test_folded_it_is_one_card_a_layer():
    assert [card.name for card in choose_view(two_layers(), depth=0).cards] == [
        "x",
        "hidden",
        "out",
        "y",
        "t",
        "loss",
    ]


@pytest.mark.parametrize("middle", ["outside", "other/h"])
def test_a_group_that_the_way_leaves_and_enters_again_has_no_frame(middle):
    x = tg.Input("x", shape=(None, 2))
    first = tg.Tanh(x, name="torn/first")
    last = tg.Tanh(tg.Tanh(first, name=middle), name="torn/inner/last")
    groups = drawn_groups(tg.Graph(tg.Sum(last)))
    assert groups["torn/first"] == groups["torn/inner/last"] == ""
    assert groups[middle] == middle.rpartition("/")[0]


def test_inside_a_whole_group_a_torn_one_has_no_frame():
    x = tg.Input("x", shape=(None, 2))
    first = tg.Tanh(x, name="net/torn/first")
    last = tg.Tanh(tg.Tanh(first, name="net/h"), name="net/torn/last")
    groups = drawn_groups(tg.Graph(tg.Sum(last)))
    assert groups["net/torn/first"] == groups["net/h"] == groups["net/torn/last"] == "net"


def test_a_group_of_leaves_alone_has_no_frame_and_they_stand_at_their_ops():
    x = tg.Input("x", shape=(None, 2))
    h = tg.Tanh(tg.MatMul(x, parameter("weights/W1", 2, 2), name="z1"), name="h")
    z = tg.MatMul(h, parameter("weights/W2", 2, 1), name="z2")
    view = choose_view(tg.Graph(tg.Sum(z)))
    assert not any(card.group for card in view.cards)
    assert {source.label: op.label for source, op in view.beside.items()} == {
        "weights/W1": "z1",
        "weights/W2": "z2",
    }


def test_a_refused_op_without_a_name_is_drawn_where_its_parameters_are():
    x = tg.Input("x", shape=(None, 2))
    z = tg.MatMul(x, parameter("a/W", 2, 2), name="a/z")
    with pytest.raises(tg.ShapeError) as caught:
        tg.AddBias(z, parameter("a/b", 3))
    parsed = pygraphviz.AGraph(string=caught.value.diagram.dot)
    (cluster,) = parsed.subgraphs()
    assert len(cluster.nodes()) == 4
    svg = caught.value.diagram.svg
    assert "None" not in svg
