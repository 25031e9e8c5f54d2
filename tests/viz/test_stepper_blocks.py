"""The stepper of a large network: block by block, or op by op inside an open block."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest
from playwright.sync_api import expect

import tinygraph as tg
from tinygraph import layers
from tinygraph.viz.stepper.blocks import end_of_next_block, end_of_previous_block, find_blocks
from tinygraph.viz.stepper.terminal import Walk

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
LENGTH, SYMBOLS, WIDTH = 3, 4, 4


@pytest.fixture(scope="session")
def stepper():
    rng = np.random.default_rng(0)
    x, t = (tg.Input(name, (None, LENGTH), dtype=int) for name in ("tokens", "answers"))
    h = tg.Embedding(tg.Parameter(rng.normal(size=(SYMBOLS, WIDTH)), name="table"), x, name="e")
    for k in (1, 2):
        h = layers.transformer_block(h, 2, name=f"block{k}", rng=rng)
    logits = layers.linear(h, SYMBOLS, name="logits", rng=rng)
    model = tg.Graph(tg.CrossEntropy(logits, t, name="loss"), prediction=logits)
    tokens, answers = tg.data.reversal(2, LENGTH, SYMBOLS, rng=0)
    return tg.step_through(model, tg.SGD(model.parameters, lr=0.1), tokens=tokens, answers=answers)


@pytest.fixture(scope="session")
def address(stepper, tmp_path_factory):
    return stepper.save(tmp_path_factory.mktemp("page") / "transformer.html").as_uri()


@pytest.fixture
def page(quiet_page, address):
    quiet_page.set_default_timeout(10_000)
    quiet_page.goto(address)
    return quiet_page


def rows(page):
    """Return the visible rows of the list, without arrows and counts."""
    texts = page.locator("#list button:visible").all_inner_texts()
    return [text.strip("→←↻ \n").split()[0] for text in texts]


def test_blocks_contain_their_steps_and_nothing_else(stepper):
    blocks = find_blocks(stepper.steps)
    forward = [block.name for block in blocks if stepper.steps[block.last]["phase"] == "forward"]
    assert forward == ["block1", "block2", "logits"]

    def check(inside, first, last):
        for block in inside:
            assert first <= block.first < block.last <= last
            for k, step in enumerate(stepper.steps):
                if block.first <= k <= block.last:
                    assert step["node"].startswith(f"{block.name}/")
                    assert step["phase"] == stepper.steps[block.first]["phase"]
            check(block.blocks, block.first, block.last)

    check(blocks, 0, len(stepper.steps) - 1)
    assert "block1/attention" in [block.name for block in blocks[0].blocks]


def test_a_short_run_is_one_list(lab2_stepper):
    assert find_blocks(lab2_stepper.steps) == []


def test_stepping_by_block_reaches_every_block_and_both_ends(stepper):
    blocks, count, place, visited = find_blocks(stepper.steps), len(stepper.steps), 0, [0]
    while place < count - 1:
        place = end_of_next_block(blocks, place, count)
        visited.append(place)
    assert {block.last for block in blocks} <= set(visited)
    back = [place]
    while place:
        place = end_of_previous_block(blocks, place)
        back.append(place)
    assert back[::-1] == visited


def test_the_terminal_runs_a_block_with_one_key(stepper):
    walk = Walk(stepper.steps, [None] * len(stepper.steps))
    shown = walk.keys()
    assert "N, B: next or previous block" in shown
    walk.press("", "N")
    assert walk.place == walk.blocks[0].last
    walk.press("", "B")
    assert walk.place == walk.blocks[0].first - 1


def test_the_terminal_of_a_short_run_does_not_speak_of_blocks(lab2_stepper):
    shown = Walk(lab2_stepper.steps, [None] * len(lab2_stepper.steps)).keys()
    assert "block" not in shown


def test_the_list_shows_closed_blocks(page):
    assert rows(page)[:5] == ["e", "block1", "block2", "logits", "loss"]
    expect(page.locator("#list .block").first).to_have_attribute("aria-expanded", "false")


def test_block_by_block_shows_the_result_of_each(page, stepper):
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#headline h2")).to_contain_text("block1/result")
    expect(page.locator("#block-note")).to_contain_text("All of block1 has run")
    expect(page.locator("#list [aria-current]")).to_contain_text("block1")
    assert rows(page)[1:3] == ["block1", "block2"]
    page.click("#next-block")
    expect(page.locator("#headline h2")).to_contain_text("block2/result")
    page.click("#back-block")
    expect(page.locator("#headline h2")).to_contain_text("block1/result")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator("#count")).to_contain_text("step 1 of")


def test_next_goes_into_a_block_and_opens_it_for_as_long_as_it_is_inside(page):
    page.keyboard.press("ArrowRight")
    assert rows(page)[1:3] == ["block1", "norm1/h"]
    expect(page.locator("#block-note")).to_be_hidden()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert rows(page)[1:3] == ["block1", "block2"]


def test_an_open_block_is_taken_part_by_part(page):
    page.click("#list .block >> nth=0")
    assert rows(page)[1:4] == ["block1", "norm1/h", "attention"]
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#headline h2")).to_contain_text("block1/norm1/h")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator("#block-note")).to_contain_text("All of block1/attention has run")
    page.keyboard.press("End")
    assert rows(page)[1:3] == ["block1", "norm1/h"]  # the user has opened it


def test_a_step_in_a_folded_group_is_framed_in_the_diagram(page, stepper):
    model = stepper.model
    folded = stepper._diagram.card_of
    inside = model["block1/attention/q/z"]
    assert folded[inside] != model.nodes.index(inside)
    place = [step["node"] for step in stepper.steps].index("block1/attention/q/z")
    page.goto(f"{page.url.split('#')[0]}#step={place + 1}")
    expect(page.locator("#diagram .frame")).to_be_visible()
    frame = page.locator("#diagram .frame").bounding_box()
    card = page.locator(f'#diagram .card[data-node="{folded[inside]}"]').bounding_box()
    assert frame["x"] < card["x"] < frame["x"] + frame["width"]


def test_the_page_of_a_short_run_has_no_buttons_for_blocks(quiet_page, lab2_page):
    quiet_page.goto(lab2_page)
    assert quiet_page.locator("#next-block").count() == 0
    quiet_page.keyboard.press("Shift+ArrowRight")
    expect(quiet_page.locator("#count")).to_have_text("step 2 of 26")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1440])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.click("#list .block >> nth=0")
    page.click("#next-block")
    page.add_script_tag(path=AXE)
    found = page.evaluate("""async () =>
        (await axe.run(document, { resultTypes: ["violations"] })).violations""")
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
