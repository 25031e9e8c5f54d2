"""The built book in a real browser: its steppers and playgrounds, on the disk and in its zip."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytest.importorskip("sphinx_gallery")

ROOT = Path(__file__).parents[2]
PAGES = (
    *("01_one_neuron", "04_activations", "07_training", "09_xor", "10_fading_gradients"),
    "17_classification",
)
SOLUTIONS = {
    "04_activations": ({"activation": "ReLU", "lr": "1.8"}, 20),
    "07_training": ({"lr": "1.2"}, 400),
    "09_xor": ({"activation": "Tanh", "lr": "-1.3"}, 300),
    "10_fading_gradients": ({"activation": "Sigmoid"}, 1),
    "17_classification": ({"decay": "0.1"}, 300),
}
"""The settings that solve the task of a page, and epochs enough for it on any machine."""
FAILURES = {
    "04_activations": ({"activation": "Sigmoid", "lr": "1.8"}, 20),
    "07_training": ({"lr": "2"}, 150),
    "09_xor": ({"lr": "0"}, 300),
    "10_fading_gradients": ({"activation": "LeakyReLU"}, 5),
    "17_classification": ({"decay": "0.01"}, 300),
}
TRAIN = """n => {
    const isDone = () => document.getElementById("task-done").textContent.includes("✓");
    for (let k = 0; k < n && !isDone(); k++) document.getElementById("one-epoch").click();
}"""


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """A small book: the pages with steppers and playgrounds, built as `make docs` does it."""
    folder = tmp_path_factory.mktemp("book")
    keep_out = shutil.ignore_patterns("_build", "tutorials", "derivations", "reference", "worked")
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=keep_out)
    (folder / "docs" / "worked").mkdir()
    shutil.copy(ROOT / "docs" / "worked" / "index.rst", folder / "docs" / "worked")
    (folder / "tutorials").mkdir()
    for name in ("index.rst", *(f"{page}.py" for page in PAGES)):
        shutil.copy(ROOT / "tutorials" / name, folder / "tutorials")
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-D", "suppress_warnings=*", "docs", "site"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    return folder / "site"


@pytest.fixture
def page(quiet_page):
    quiet_page.set_viewport_size({"width": 1440, "height": 900})
    return quiet_page


def opened(page, book, name):
    """Open a page, scroll to its frame, and return the document in the frame."""
    page.goto((book / "tutorials" / f"{name}.html").as_uri())
    page.locator("figure.live").scroll_into_view_if_needed()
    expect(page.locator("figure.live iframe")).to_have_attribute(
        "src", f"../live/tutorials-{name}-1.html"
    )
    return page.frame_locator("figure.live iframe")


def run(page, frame, settings, epochs):
    for control, value in settings.items():
        if control == "lr":
            frame.locator("#lr").fill(value)
        else:
            frame.locator(f"#{control}").select_option(value)
    frame.locator("html").evaluate(f"(_, n) => ({TRAIN})(n)", epochs)


@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_task_of_a_tutorial_is_recognized_when_it_is_done(page, book, name):
    frame = opened(page, book, name)
    expect(frame.locator("#task-text")).not_to_be_empty()
    run(page, frame, *FAILURES[name])
    expect(frame.locator("#task-done")).to_be_empty()
    frame.locator("#reset").click()
    run(page, frame, *SOLUTIONS[name])
    expect(frame.locator("#task-done")).to_contain_text("✓")


@pytest.mark.parametrize("name", PAGES)
def test_a_frame_is_loaded_when_it_is_scrolled_to_and_takes_no_keys(page, book, name):
    page.goto((book / "tutorials" / f"{name}.html").as_uri())
    frame = page.locator("figure.live iframe")
    page.wait_for_timeout(100)
    assert frame.get_attribute("src") is None
    frame.scroll_into_view_if_needed()
    counter = page.frame_locator("figure.live iframe").locator("#count, #epoch")
    start = counter.inner_text()
    before = page.evaluate("scrollY")
    for key in ("ArrowRight", "End", "Home", " ", "ArrowDown"):
        page.keyboard.press(key)
    assert counter.inner_text() == start
    page.wait_for_function("before => scrollY !== before", arg=before)


def test_a_click_beside_the_controls_takes_no_keys_either(page, book):
    frame = opened(page, book, "07_training")
    frame.locator("h1").click()
    page.keyboard.press("ArrowRight")
    expect(frame.locator("#epoch")).to_have_text("0")
    frame.locator("#one-epoch").click()
    page.keyboard.press("ArrowRight")
    expect(frame.locator("#epoch")).to_have_text("2")


def test_the_gallery_loads_what_is_in_view(page, book):
    page.goto((book / "playgrounds.html").as_uri())
    frames = page.locator("figure.live iframe")
    expect(frames).to_have_count(6)
    frames.nth(4).scroll_into_view_if_needed()
    expect(page.frame_locator("figure.live iframe >> nth=4").locator("#epoch")).to_have_text("0")
    loaded = [bool(frame.get_attribute("src")) for frame in frames.all()]
    assert loaded.count(True) < 4
    assert not loaded[1]


def test_frames_follow_the_switch_of_the_book(page, book):
    frame = opened(page, book, "09_xor")
    expect(frame.locator("html")).to_have_attribute("data-theme", "light")
    page.evaluate("document.body.dataset.theme = 'dark'")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_zip_of_the_book_works_from_any_folder(page, book, tmp_path):
    pack = [sys.executable, ROOT / ".ci" / "pack.py", book, tmp_path / "tinygraph-book.zip"]
    subprocess.run(pack, check=True, capture_output=True)
    stick = tmp_path / "my stick"
    with zipfile.ZipFile(tmp_path / "tinygraph-book.zip") as archive:
        archive.extractall(stick)
    site = stick / "tinygraph-book"
    page.goto(f"{(site / 'search.html').as_uri()}?q=sigmoid")
    expect(page.locator("#search-results li").first).to_be_visible()
    page.goto((site / "tutorials" / "09_xor.html").as_uri())
    page.locator("figure.live").scroll_into_view_if_needed()
    frame = page.frame_locator("figure.live iframe")
    frame.locator("#one-epoch").click()
    expect(frame.locator("#epoch")).to_have_text("1")
    with page.expect_popup() as popup:
        page.get_by_role("link", name="in its own tab").click()
    expect(popup.value.locator("#epoch")).to_have_text("0")
