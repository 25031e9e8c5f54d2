"""The playground of a small transformer: its labels have one class for each position."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect

import tinygraph as tg
from tinygraph import layers

LENGTH, SYMBOLS, WIDTH = 4, 5, 16


def reverser():
    rng = np.random.default_rng(0)
    x, t = (tg.Input(name, (None, LENGTH), dtype=int) for name in ("tokens", "answers"))
    table = tg.Parameter(rng.normal(size=(SYMBOLS, WIDTH)), name="table")
    places = tg.Parameter(rng.normal(size=(LENGTH, WIDTH)), name="places")
    h = layers.transformer_block(tg.Embedding(table, x) + places, 2, name="block1", rng=rng)
    logits = layers.linear(h, SYMBOLS, name="logits", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, t, name="loss"), prediction=logits)
    tokens, answers = tg.data.reversal(24, LENGTH, SYMBOLS, rng=0)
    return model, {"tokens": tokens, "answers": answers}


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    model, feeds = reverser()
    playground = tg.playground(model, tg.Adam(model.parameters, lr=0.01), **feeds)
    return playground.save(tmp_path_factory.mktemp("page") / "sequences.html").as_uri()


@pytest.fixture
def page(quiet_page, address):
    quiet_page.set_default_timeout(10_000)
    quiet_page.goto(address)
    return quiet_page


def test_it_trains_with_the_numbers_of_python(page):
    found = page.evaluate("tinygraph.step(30)")
    model, feeds = reverser()
    optimizer = tg.Adam(model.parameters, lr=0.01)
    expected = []
    for _ in range(30):
        expected.append(model.forward(**feeds))
        model.backward()
        optimizer.step()
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    right = model.predict(tokens=feeds["tokens"]).argmax(axis=-1) == feeds["answers"]
    expect(page.locator("#accuracy")).to_have_text(f"{int(100 * right.mean())} %")


def test_every_cell_of_the_diagram_has_a_colour_of_the_scale(page):
    page.evaluate("tinygraph.step(3)")
    fills = page.locator("#diagram .cells rect").evaluate_all(
        "all => all.map(one => one.getAttribute('fill'))"
    )
    assert len(fills) > 300
    scale = set(page.evaluate("JSON.parse(document.getElementById('data').textContent).heat"))
    assert set(fills) <= scale


def test_decisions_are_counted_for_every_position(page):
    expect(page.locator("#map")).to_be_visible()
    counted = page.evaluate("""() => {
        const texts = [];
        const fillText = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
            const isCount = typeof text === "number" && this.font.startsWith("13px");
            if (this.canvas.id === "map" && isCount) texts.push(text);
            return fillText.call(this, text, ...place);
        };
        tinygraph.step(1);
        return texts;
    }""")
    assert sum(counted) == 24 * LENGTH


def test_the_heads_of_attention_are_shown_for_one_sample(page):
    tiles = page.locator("#tiles .layer").all_inner_texts()
    assert [text.strip() for text in tiles] == [
        "block1/attention/weights, sample ①",
        "block1/gelu, sample ①",
    ]
    weights = page.locator("#tiles canvas").first
    assert "a row for each position" in weights.get_attribute("aria-label")


def test_the_node_panel_shows_the_numbers_of_one_sample(page):
    page.select_option("#node-choice", label="logits/a")
    cells = page.locator("#node-numbers figure").first.locator("td")
    assert cells.count() == 4 * 4
    values = np.reshape(page.evaluate("tinygraph.value('logits/a')"), (24, LENGTH, SYMBOLS))
    shown = [float(text.replace("−", "-")) for text in cells.all_inner_texts()]
    marks = page.evaluate("JSON.parse(document.getElementById('data').textContent).marks")
    expected = values[marks[0]][:, :4]
    np.testing.assert_allclose(np.reshape(shown, (4, 4)), expected, rtol=1e-2)


def test_the_diagram_gets_larger(page):
    svg = page.locator("#diagram svg")
    before = svg.bounding_box()["width"]
    page.click("#enlarge")
    assert svg.bounding_box()["width"] > 1.3 * before
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.click("#enlarge")
    assert svg.bounding_box()["width"] == pytest.approx(before)
