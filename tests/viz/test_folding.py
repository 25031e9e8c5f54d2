"""Large graphs: groups that fold, neighbourhoods, and what folds by itself."""

import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.viz.diagram.folding import MOST_CARDS, choose_view


def chain(length):
    h = tg.Input("x", shape=(None, 2))
    for _ in range(length):
        h = tg.Tanh(h)
    return tg.Graph(tg.Sum(h))


def names(view):
    return [card.name for card in view.cards]


def test_depth_folds_groups_into_cards_with_counts():
    model = tg.lab2.model(rng=0)
    view = choose_view(model, depth=0)
    assert names(view) == ["x", "layer1", "layer2", "layer3", "t", "loss"]
    assert len(view.arrows) == 5
    text = " ".join(ET.fromstring(tg.render(model, depth=0).svg).itertext())
    assert "5 nodes" in text
    assert "2 parameters" in text
    assert "(20 numbers)" in text


def test_nested_groups_fold_level_by_level():
    x = tg.Input("x", shape=(None, 2))
    a = tg.Tanh(tg.Tanh(x, name="net/block/a"), name="net/block/b")
    model = tg.Graph(tg.Sum(tg.Tanh(a, name="net/c"), name="s"))
    assert names(choose_view(model, depth=0)) == ["x", "net", "s"]
    assert names(choose_view(model, depth=1)) == ["x", "net/block", "net/c", "s"]
    assert len(choose_view(model, depth=2).cards) == len(model.nodes)


def test_a_group_may_be_called_like_a_node():
    h = tg.Tanh(tg.Tanh(tg.Input("a", shape=(None, 2)), name="a/b"), name="a/c")
    svg = ET.fromstring(tg.render(h, depth=0).svg)
    assert len([e for e in svg.iter() if "node" in e.get("class", "").split()]) == 2


def test_around_draws_a_neighbourhood():
    model = tg.lab2.model(rng=0)
    view = choose_view(model, around="layer2/z", radius=1)
    assert set(names(view)) == {"layer1/h", "layer2/W", "layer2/z", "layer2/a"}
    assert [(card.name, is_before) for card, is_before in view.cut] == [
        ("layer1/h", True),
        ("layer2/a", False),
    ]
    assert view.notes == ("4 of 18 nodes: those within 1 of layer2/z",)
    assert set(names(choose_view(model, around=model["loss"], radius=0))) == {"loss"}


@pytest.mark.parametrize("wrong", [{"depth": -1}, {"around": "x", "radius": 0.5}, {"depth": True}])
def test_what_is_no_count_is_refused(wrong):
    with pytest.raises(tg.TinygraphError, match="whole number of at least 0"):
        tg.render(tg.lab2.model(rng=0), **wrong)


def test_an_unknown_node_is_refused_with_the_nearest_name():
    with pytest.raises(tg.TinygraphError, match='Did you mean "layer2/z"'):
        tg.render(tg.lab2.model(rng=0), around="layer2/zz")


@pytest.mark.parametrize("length", [MOST_CARDS - 2, MOST_CARDS - 1])
def test_more_than_300_cards_fold_and_say_so(length):
    model = chain(length)
    text = " ".join(ET.fromstring(tg.render(model).svg).itertext())
    is_folded = len(model.nodes) > MOST_CARDS
    assert ("Folded: 301 nodes" in text) == is_folded
    assert (len(choose_view(model).cards) < MOST_CARDS) == is_folded


def test_groups_close_before_the_order_is_cut():
    h = tg.Input("x", shape=(None, 2))
    for k in range(100):
        for part in "abcd":
            h = tg.Tanh(h, name=f"layer{k}/{part}")
        h = tg.Tanh(h, name=f"layer{k}/{'e' * (k + 1)}")
    view = choose_view(tg.Graph(h))
    assert names(view) == ["x", *(f"layer{k}" for k in range(100))]


def blocks(count, scale=None):
    """Return a graph of blocks with two branches and a residual sum without a name."""
    h = tg.Input("x", shape=(None, 4))
    for k in range(count):
        name = f"block{k + 1}"
        start = h
        for part in ("attention", "mlp"):
            W = tg.Parameter(np.eye(4), name=f"{name}/{part}/W")
            z = tg.Tanh(tg.MatMul(h, W, name=f"{name}/{part}/z"), name=f"{name}/{part}/h")
            power = scale(k) if scale else 2
            z = tg.Power(z, exponent=power, name=f"{name}/{part}/out")
            h = tg.Add(h, z)
        h = tg.Add(h, start, name=f"{name}/out")
    return tg.Graph(tg.Sum(h, name="loss"))


def test_blocks_that_are_alike_are_drawn_once():
    model = blocks(6)
    assert len(model.nodes) > 60
    view = choose_view(model)
    folded = [card for card in view.cards if card.is_folded]
    assert [(card.name, card.note) for card in folded] == [("block2 … block6", "5 × like block1")]
    assert (
        sum(card.group.startswith("block1") for card in view.cards) == len(model.nodes[1:-1]) // 6
    )
    assert "Folded: 68 nodes are drawn as" in " ".join(view.notes)
    text = " ".join(ET.fromstring(tg.render(model).svg).itertext())
    assert "5 × like block1" in text


def test_blocks_with_other_hyperparameters_are_not_alike():
    view = choose_view(blocks(6, scale=lambda k: k + 2))
    assert not any(card.note for card in view.cards)
    assert {"block1/mlp", "block6/mlp"} <= {card.name for card in view.cards}


def test_blocks_with_something_in_between_fold_one_by_one():
    h = tg.Input("x", shape=(None, 4))
    for k in range(4):
        for part in range(12):
            h = tg.Tanh(h, name=f"block{k}/h{part}")
        h = tg.Add(h, 1.0, name=f"between{k}")
    view = choose_view(tg.Graph(tg.Sum(h)))
    notes = {card.name: card.note for card in view.cards if card.is_folded}
    assert notes == {f"block{k}": "like block0" for k in (1, 2, 3)}


def test_depth_opens_what_folds_by_itself():
    model = blocks(6)
    assert len(choose_view(model, depth=9).cards) == len(model.nodes)


def test_an_op_without_a_name_does_not_tear_the_frame_of_its_block():
    model = blocks(2)
    unnamed = [card for card in choose_view(model).cards if card.nodes[0].auto_named]
    assert [card.group for card in unnamed] == ["block1", "block1", "block2", "block2"]


def test_a_parameter_that_many_steps_read_does_not_cross_the_picture():
    W = tg.Parameter(np.eye(2) / 2, name="W")
    h = tg.Input("x", shape=(None, 2))
    for k in range(8):
        h = tg.MatMul(h, W, name=f"step{k}")
    model = tg.Graph(tg.Sum(h, name="loss"))
    model.forward(x=np.ones((1, 2)))
    model.backward()
    view = choose_view(model)
    assert len(view.tags) == 7
    dot = tg.render(model, gradients=True).dot
    assert dot.count("W:v:") == 1 or dot.count('~reads~W~0"') > 0
    svg = ET.fromstring(tg.render(model, gradients=True).svg)
    arrows = [g.get("id") for g in svg.iter() if g.get("class") == "edge tg-forward"]
    assert len(arrows) == sum(len(node.inputs) for node in model.nodes)


@pytest.mark.parametrize("gradients", [False, True])
def test_ten_thousand_nodes_render_in_under_ten_seconds(gradients):
    rng = np.random.default_rng(0)
    nodes = [tg.Input("x", shape=(None, 2))]
    for _ in range(8_000):
        a, b = rng.integers(len(nodes), size=2)
        nodes.append(nodes[a] + nodes[b])
    output = nodes[-1]
    for node in nodes[-2_000:-1]:
        output = output * 0.5 + node * 0.5  # each reaches the output
    model = tg.Graph(tg.Mean(output))
    assert len(model.nodes) > 10_000
    model.forward(x=rng.normal(size=(4, 2)) * 1e-3)
    model.backward()
    start = time.process_time()  # of this process: the machine may have other things to do
    assert tg.render(model, gradients=gradients).svg
    assert time.process_time() - start < 10


def test_a_name_with_a_thousand_levels_is_drawn():
    x = tg.Input("/".join("ab" * 500), shape=(None, 2))
    assert tg.render(tg.Tanh(x, name="a//b/")).svg


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"values": np.zeros(2)}, "values must be True or False"),
        ({"gradients": "yes"}, "gradients must be True or False; got 'yes'"),
        ({"depth": np.zeros(2)}, "depth must be a whole number of at least 0"),
        ({"depth": 1.0}, "depth must be a whole number of at least 0"),
        ({"around": "loss", "radius": -1}, "radius must be a whole number of at least 0"),
    ],
)
def test_odd_options_of_a_picture(option, words, lab2):
    with pytest.raises(tg.TinygraphError, match=words):
        tg.render(lab2, **option)


def backward_of_lab2():
    model = tg.lab2.model(rng=0)
    (gradient,) = tg.gradients(model.output, [model["layer1/W"]])
    return tg.Graph(gradient)


def test_a_backward_pass_has_one_card_for_each_gradient():
    graph = backward_of_lab2()
    view = choose_view(graph)
    backward = [card for card in view.cards if card.name.startswith("backward")]
    assert [card.name.removeprefix("backward/") for card in backward] == [
        "layer3/dh", "layer3/da", "layer2/dh", "layer2/da", "layer1/dh", "layer1/da", "layer1/dW"
    ]  # fmt: skip
    steps = [node for card in backward for node in card.steps]
    assert len(steps) == len(set(steps)) == len(graph.nodes) - len(view.cards) == 16
    text = f"depth=2 draws its {len(steps)} steps"
    assert text in view.notes[0]
    (sources,) = ({a.source.name for a in view.arrows if a.target is card} for card in backward[:1])
    assert sources == {"layer3/h", "t"}
    in_full = choose_view(graph, depth=2)
    assert len(in_full.cards) == len(graph.nodes)
    assert not any(card.steps for card in in_full.cards)


def test_the_card_of_a_gradient_shows_its_whole_formula():
    dot = tg.render(backward_of_lab2()).dot
    for formula in ("2/size(h₃) · (h₃ − t)", "dh₁ ⊙ h₁ ⊙ (1 − h₁)", "da₂ W₂ᵀ", "xᵀ da₁"):
        assert formula in dot
    assert "…" not in dot


def test_a_step_that_two_gradients_read_keeps_its_card():
    p, t = tg.Parameter(np.ones((3, 1)), name="p"), tg.Parameter(np.zeros((3, 1)), name="t")
    dp, dt = tg.gradients(tg.MSE(p, t, name="loss"), [p, t])
    view = choose_view(tg.Graph(np.sum(dp * dt)))
    assert "backward/dp" in {card.name for card in view.cards}
    assert {"backward/dt"} <= {card.name for card in view.cards}
    picture = tg.render(tg.Graph(np.sum(dp * dt)))
    assert picture.dot == tg.render(tg.Graph(np.sum(dp * dt))).dot
