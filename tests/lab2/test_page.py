"""The page of a run: its frames are the training itself, and everything it names exists."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.lab2.files import save_files, stepped_samples
from tinygraph.lab2.page import FRAMES, gradient_sentence, lead, learned, replay, write_page
from tinygraph.lab2.regions import RESOLUTION, unit_values
from tinygraph.lab2.run import Settings, train


@pytest.fixture(scope="module")
def outcomes():
    return [train(Settings(data=name, epochs=1000, print_interval=0)) for name in ("linear", "xor")]


@pytest.fixture(scope="module")
def folder(outcomes, tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    write_page(outcomes, out, [save_files(outcome, out) for outcome in outcomes])
    return out


@pytest.fixture(scope="module")
def page(folder):
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_frames_are_moments_of_the_same_training(outcomes):
    outcome = outcomes[1]
    frames = replay(outcome)
    assert frames[0].epoch == 0
    assert frames[-1].epoch == 1000
    assert 10 < len(frames) <= FRAMES + 1
    assert [frame.epoch for frame in frames] == sorted({frame.epoch for frame in frames})
    for frame in frames[:-1]:
        assert frame.loss == pytest.approx(outcome.history.loss[frame.epoch], rel=1e-9)
    np.testing.assert_array_equal(frames[-1].prediction, outcome.y)


def test_the_sentences_follow_from_the_frames(outcomes):
    frames = replay(outcomes[1])
    text = learned(frames, 21)
    first_right = next(frame.epoch for frame in frames if frame.accuracy == 1.0)
    assert f"all points are correct from epoch {first_right} on" in text
    assert "100.0 % correctly" in text
    assert "on." not in learned(frames[:3], 21)
    assert "100 of 100 points of the linear problem and 21 of 21" in lead(outcomes)


def test_a_run_with_a_setback_names_the_epoch_from_which_all_points_stay_right(outcomes):
    frames = replay(outcomes[0])
    setback = [replace(frame, accuracy=1.0) for frame in frames]
    setback[5] = replace(setback[5], accuracy=0.9)
    assert f"from epoch {frames[6].epoch} on" in learned(setback, 100)


def test_the_sentence_on_gradients_says_only_what_holds(outcomes):
    first, *_, last = replay(outcomes[0])
    assert "shrinks from layer to layer on its way back" in gradient_sentence(first, last)
    assert "steps have become tiny" in gradient_sentence(first, last)
    even = replace(first, gradients=(0.1, 0.1, 0.1))
    assert "fades" not in gradient_sentence(even, even)
    assert "tiny" not in gradient_sentence(even, even)


def test_every_unit_has_its_plane(outcomes, page):
    model = outcomes[1].model
    values = unit_values(model, layer=2)
    assert values.shape == (4, RESOLUTION, RESOLUTION)
    np.testing.assert_array_equal(unit_values(model, layer=3)[0], frames_end(outcomes[1]))
    for name in ("linear", "XOR"):
        assert all(f"{name}: layer {layer}, unit {k}<" in page for layer in (1, 2) for k in (1, 4))
    assert "moves each of the 37 parameters" in page


def frames_end(outcome):
    return replay(outcome)[-1].region.prediction


def test_a_run_that_learns_nothing_says_so():
    outcome = train(Settings(activation="none", optimizer="sgd", lr=0.01, print_interval=0))
    right = round(outcome.accuracy * 21)
    assert right < 21
    assert f"{right} of 21 points" in lead([outcome])
    assert "all points are correct" not in learned(replay(outcome), 21)


def test_every_link_and_picture_is_there(folder, page):
    targets = re.findall(r'(?:href|src)="([^"#][^"]*)"', page)
    assert len(targets) > 20
    for target in targets:
        if not target.startswith("data:"):
            assert (folder / target).is_file(), target
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids


def test_the_page_needs_nothing_from_elsewhere_and_is_sound(page):
    addresses = set(re.findall(r"https?://[\w./]+", page))
    assert addresses <= {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    parser = HTMLParser()
    parser.feed(page)
    parser.close()
    assert page.count("<section") == page.count("</section>") == 3


def test_the_animation_holds_the_predictions_of_each_frame(outcomes, page):
    stories = [json.loads(text) for text in re.findall(r"data-frames='([^']+)'", page)]
    for outcome, story in zip(outcomes, stories, strict=True):
        frames = replay(outcome)
        assert len(story) == len(frames)
        for shown, frame in zip(story, frames, strict=True):
            cells = np.frombuffer(base64.b64decode(shown["cells"]), np.uint8)
            expected = np.clip(frame.region.prediction, 0, 1).ravel() * 255
            assert cells.size == RESOLUTION**2
            assert np.abs(cells - expected).max() <= 0.5
        assert story[-1]["line"].startswith("M")


@pytest.mark.parametrize("name", ["linear", "xor"])
def test_the_stepper_shows_every_row(folder, name):
    x, t = tg.data.linear(rng=0) if name == "linear" else tg.data.xor()
    chosen = stepped_samples(x, t)
    assert sorted(t[chosen, 0]) == [0, 0, 1, 1]
    text = (folder / f"{name}-step.html").read_text(encoding="utf-8")
    assert "(4, 2)" in text or "4×2" in text or "[4,2]" in text.replace(" ", "")


def test_a_data_set_of_one_point_has_a_page(tmp_path):
    outcome = train(Settings(data="linear", n=1, epochs=3, print_interval=0))
    page = write_page([outcome], tmp_path, [save_files(outcome, tmp_path)])
    assert page.is_file()
