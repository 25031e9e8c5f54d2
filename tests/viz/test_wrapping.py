"""A very wide diagram is set in rows, with every card whole and every id once."""

import xml.etree.ElementTree as ET
from collections import Counter

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.viz.diagram.notebook import width
from tinygraph.viz.diagram.svg import SVG
from tinygraph.viz.diagram.wrapping import ROW, WIDEST, Extent, Reach, _cut, _extent


def chain(length, group=""):
    h = tg.Input("x", shape=(None, 2))
    for k in range(length):
        h = tg.Tanh(h, name=f"{group}h{k}")
    model = tg.Graph(tg.Sum(h, name="loss"))
    model.forward(x=np.ones((3, 2)))
    model.backward()
    return model


def rows(svg):
    return [each for each in ET.fromstring(svg).iter(f"{SVG}svg") if each.get("y")]


@pytest.mark.parametrize("gradients", [False, True])
def test_a_long_chain_is_as_wide_as_a_page(gradients):
    svg = tg.render(chain(60), gradients=gradients).svg
    assert width(svg) < 1.2 * ROW
    assert len(rows(svg)) >= 4


@pytest.mark.parametrize("group", ["", "deep/"])
def test_every_card_is_whole_and_stands_in_one_row(group):
    model = chain(35, group)
    svg = tg.render(model).svg
    seen = Counter()
    for row in rows(svg):
        left, top, room, height = map(float, row.get("viewBox").split())
        for card in row.iter(f"{SVG}g"):
            if "node" in card.get("class", "").split():
                place = _extent(card)
                assert left <= place.left
                assert place.right <= left + room
                assert top <= place.top
                assert place.bottom <= top + height
                seen[card.get("data-node")] += 1
    assert seen == {str(k): 1 for k in range(len(model.nodes))}


def test_an_arrow_goes_on_in_the_next_row_and_no_id_stands_twice():
    model = chain(60)
    root = ET.fromstring(tg.render(model, gradients=True).svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    arrows = [g for g in root.iter(f"{SVG}g") if g.get("class") == "edge tg-forward"]
    edges = sum(len(node.inputs) for node in model.nodes)
    assert len(arrows) == edges + len(rows(ET.tostring(root))) - 2  # one more at each cut
    assert sum("id" in arrow.attrib for arrow in arrows) == edges


def test_the_legend_stays_below_the_last_row():
    svg = tg.render(chain(60)).svg
    *_, last = rows(svg)
    assert "→ value" in "".join(last.itertext())
    assert not any("node" in g.get("class", "").split() for g in last.iter(f"{SVG}g"))


def test_a_diagram_of_ordinary_width_is_left_as_it_is():
    svg = tg.render(tg.lab2.model(rng=0)).svg
    assert width(svg) < WIDEST
    assert rows(svg) == []


def test_the_stepper_scrolls_one_row():
    page = tg.step_through(chain(40), x=np.ones((1, 2))).html
    assert page.count("<svg") == 1


def test_a_cut_is_before_an_arrow_that_bends_to_the_left_of_its_cards():
    cards = [Extent(0, 0, 100, 50), Extent(160, 0, 260, 50)]
    bend, passing = Reach(120, 165), Reach(101, 101)
    (_, cut), _ = _cut(cards, 150, [bend, passing])
    assert cut == 120
    (_, cut), _ = _cut(cards, 150, [passing])
    assert cut == 130
