"""The plainer picture that is drawn where Graphviz is missing."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.viz.diagram import layout
from tinygraph.viz.diagram.svg import SVG


@pytest.fixture(autouse=True)
def no_graphviz(monkeypatch):
    monkeypatch.delenv("TINYGRAPH_DOT", raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(layout, "_has_bundled", lambda: False)


def lab2():
    model = tg.lab2.model(rng=0)
    X, T = tg.data.xor()
    model.forward(x=X, t=T)
    model.backward()
    return model


def boxes(svg):
    """Return left, top, right and bottom of each card, by its node."""
    found = {}
    for group in ET.fromstring(svg).iter(f"{SVG}g"):
        if "node" in group.get("class", "").split():
            corners = [p.split(",") for p in group.find(f"{SVG}polygon").get("points").split()]
            x, y = [float(a) for a, _ in corners], [float(b) for _, b in corners]
            found[group.get("data-node")] = (min(x), min(y), max(x), max(y))
    return found


def texts(svg):
    return [text.text for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_every_card_and_arrow_is_there_to_be_found():
    model = lab2()
    root = ET.fromstring(tg.render(model, gradients=True).svg)
    places = {each.get("data-node") for each in root.iter() if each.get("data-node")}
    assert places == set(map(str, range(len(model.nodes))))
    arrows = [g.get("class") for g in root.iter(f"{SVG}g") if "edge" in g.get("class", "")]
    edges = sum(len(node.inputs) for node in model.nodes)
    assert arrows.count("edge tg-forward") == edges
    assert arrows.count("edge tg-backward") == edges


@pytest.mark.parametrize("gradients", [False, True])
def test_no_two_cards_overlap_and_none_is_cut_off(gradients):
    svg = tg.render(lab2(), gradients=gradients).svg
    placed = list(boxes(svg).values())
    for k, (left, top, right, bottom) in enumerate(placed):
        for other in placed[k + 1 :]:
            apart = left >= other[2] or right <= other[0] or top >= other[3] or bottom <= other[1]
            assert apart
    left, top, width, height = map(float, re.search('viewBox="([^"]*)"', svg)[1].split())
    assert min(box[0] for box in placed) >= left
    assert min(box[1] for box in placed) >= top
    assert max(box[2] for box in placed) <= left + width
    assert max(box[3] for box in placed) <= top + height


def test_the_cards_say_what_graphviz_cards_say():
    said = texts(tg.render(lab2(), gradients=True).svg)
    for text in ("layer1/W", "x W₁", "mean (h₃ − t)²", "21×4", "8 of 21 rows", "∇ 1"):
        assert text in said


def test_a_value_read_far_to_the_right_runs_below_the_cards_in_between():
    x = tg.Input("x", shape=(None, 2))
    h = x
    for k in range(4):
        h = tg.Tanh(h, name=f"h{k}")
    graph = tg.Graph(tg.Sum(tg.Add(h, x, name="skip"), name="loss"))
    svg = tg.render(graph).svg
    lowest = max(box[3] for box in boxes(svg).values())
    place = {node.name: k for k, node in enumerate(graph.nodes)}
    arrow = re.search(rf'-f-{place["x"]}-{place["skip"]}".*?d="([^"]*)"', svg)[1]
    heights = [float(y) for y in re.findall(r",(-?[\d.]+)", arrow)]
    assert max(heights) > lowest


def test_saving_a_png_writes_a_plainer_svg_and_says_so(tmp_path):
    with pytest.warns(UserWarning, match=r"pip install pygraphviz.*plainer diagram is in .*a\.svg"):
        path = tg.render(lab2()).save(tmp_path / "a.png")
    assert path == tmp_path / "a.svg"
    assert path.read_text(encoding="utf-8").startswith("<svg")


def test_a_notebook_shows_the_plainer_picture_trusted_or_not():
    diagram = tg.render(lab2())
    bundle = diagram._repr_mimebundle_()
    assert sorted(bundle) == ["text/html", "text/plain"]
    assert diagram.svg in bundle["text/html"]
    assert '<img src="data:image/svg+xml;base64,' in bundle["text/html"]


def test_the_stepper_has_its_diagram():
    X, T = tg.data.xor()
    page = tg.step_through(tg.lab2.model(rng=0), x=X[:3], t=T[:3]).html
    assert 'data-node="0"' in page
    assert "There is no diagram" not in page


@pytest.mark.parametrize(
    "graph",
    [
        lambda: tg.Input("x", shape=(None, 2)),
        lambda: tg.Graph(tg.Sum(tg.Parameter(np.ones((0, 2)), name="w"))),
        lambda: tg.Graph(tg.Parameter(2.0, name="w") * tg.Parameter(3.0, name="v")),
    ],
)
def test_small_and_empty_graphs_are_drawn(graph):
    assert tg.render(graph()).svg.startswith("<svg")


def test_a_refused_op_is_red():
    x = tg.Input("x", shape=(None, 2))
    with pytest.raises(tg.ShapeError) as caught:
        tg.MatMul(x, tg.Parameter(np.ones((3, 1)), name="W"))
    assert "#c81e1e" in caught.value.diagram.svg


def test_a_folded_graph_is_drawn():
    node = tg.Input("x", shape=(None, 2))
    for k in range(400):
        node = tg.Tanh(node, name=f"block{k // 50}/h{k}")
    assert "50 nodes" in texts(tg.render(node).svg)
