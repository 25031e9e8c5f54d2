"""The playground in a real browser: its numbers are Python's, and a learner can do everything."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import axe_playwright_python
import numpy as np
import pytest
from playwright.sync_api import expect

import tinygraph as tg

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
HOSTILE = '</script><img src=x onerror="document.title=1">&amp;'
X, T = tg.data.xor()
SIZES = {"wide": (1440, 900), "phone": (400, 800)}


def lab2(**options):
    return tg.playground(
        lambda rng: tg.lab2.model(rng=rng),
        lambda parameters: tg.Adam(parameters, lr=0.1),
        x=X,
        t=T,
        **options,
    )


@pytest.fixture(scope="session")
def lab2_playground(tmp_path_factory):
    return lab2().save(tmp_path_factory.mktemp("playground") / "lab2.html").as_uri()


@pytest.fixture
def saved(tmp_path):
    return lambda playground: playground.save(tmp_path / "page.html").as_uri()


@pytest.fixture
def page(quiet_page):
    quiet_page.set_default_timeout(10_000)
    return quiet_page


def losses(page, steps):
    return page.evaluate("steps => { tinygraph.reset(); return tinygraph.step(steps); }", steps)


def expected_losses(model, optimizer, steps, **feeds):
    found = []
    for _ in range(steps):
        found.append(model.forward(**feeds))
        model.backward()
        optimizer.step()
    return found


def graph_of(activation):
    """Return the Lab 2 network with another activation in its hidden layers."""
    names = {"Sigmoid": "sigmoid", "Tanh": "tanh", "ReLU": "relu", "Identity": "none"}
    return tg.lab2.model(activation=names[activation], output_activation="sigmoid", rng=0)


def test_every_choice_has_the_losses_of_python(page, lab2_playground):
    page.goto(lab2_playground)
    for activation in ("Sigmoid", "Tanh", "ReLU", "Identity"):
        page.select_option("#activation", activation)
        for kind in (tg.SGD, tg.Momentum, tg.Adam, tg.RMSProp, tg.AdaGrad):
            page.select_option("#optimizer", kind.__name__)
            model = graph_of(activation)
            expected = expected_losses(model, kind(model.parameters, lr=0.1), 100, x=X, t=T)
            first, rtol = (10, 1e-8) if kind in (tg.RMSProp, tg.AdaGrad) else (100, 1e-12)
            if activation == "Tanh" and kind is tg.Adam:
                rtol = 2e-11  # this run amplifies the last bits: Python's engines differ by 1.3e-11
            found = losses(page, 100)
            np.testing.assert_allclose(found[:first], expected[:first], rtol=rtol)


def test_mini_batches_are_those_of_fit(page, lab2_playground):
    page.goto(f"{lab2_playground}#batch=5")
    page.evaluate("for (let k = 0; k < 20; k++) document.getElementById('one-epoch').click()")
    model = tg.lab2.model(rng=0)
    optimizer = tg.Adam(model.parameters, lr=0.1)
    rng = np.random.default_rng(0)
    tg.fit(model, optimizer, epochs=20, batch_size=5, rng=rng, print_interval=None, x=X, t=T)
    assert page.evaluate("tinygraph.epoch") == 20
    for parameter in model.parameters:
        found = page.evaluate("name => tinygraph.value(name)", parameter.name)
        np.testing.assert_allclose(found, parameter.value.ravel(), rtol=1e-10)


def test_values_and_gradients_are_those_of_python(page, lab2_playground):
    page.goto(lab2_playground)
    model = tg.lab2.model(rng=0)
    model.forward(x=X, t=T)
    model.backward()
    for node in model.nodes:
        value, gradient = page.evaluate(
            "name => [tinygraph.value(name), tinygraph.gradient(name)]", node.name
        )
        np.testing.assert_allclose(value, np.ravel(node.value), rtol=1e-12)
        np.testing.assert_allclose(gradient, np.ravel(node.grad), rtol=1e-11, atol=1e-16)


def test_train_pause_and_all_keys(page, lab2_playground):
    page.goto(lab2_playground)
    page.keyboard.press(" ")
    expect(page.locator("#play")).to_have_text(re.compile("Pause"))
    expect(page.locator("#epoch")).not_to_have_text("0")
    page.keyboard.press(" ")
    expect(page.locator("#play")).to_have_text(re.compile("Train"))
    epoch = page.evaluate("tinygraph.epoch")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("tinygraph.epoch") == epoch + 1
    page.keyboard.press(".")
    expect(page.locator("#sentence")).to_contain_text("forwardlayer1/z")
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("+")
    expect(page.locator("#speed-out")).to_have_text("200 / s")
    page.keyboard.press("r")
    assert page.evaluate("tinygraph.epoch") == 0


def test_one_op_goes_forward_backward_and_updates(page, lab2_playground):
    page.goto(lab2_playground)
    before = page.evaluate("tinygraph.value('layer1/W')")
    phases = []
    for _ in range(21):
        page.click("#one-op")
        phases.append(page.locator("#sentence .phase").inner_text())
        if len(phases) < 21:
            assert page.evaluate("tinygraph.value('layer1/W')") == before
    assert phases == ["forward"] * 10 + ["backward"] * 10 + ["update"]
    assert page.evaluate("tinygraph.value('layer1/W')") != before
    assert page.evaluate("tinygraph.epoch") == 1


def test_a_walk_shows_the_numbers_of_each_op_and_of_the_update(page, lab2_playground):
    page.goto(lab2_playground)
    page.click("#one-op")
    captions = "#node-numbers figcaption"
    assert page.locator(captions).all_inner_texts() == [*("x, ①②③", "layer1/W", "→ layer1/z, ①②③")]
    page.evaluate("for (let k = 0; k < 12; k++) document.getElementById('one-op').click()")
    assert page.locator(captions).all_inner_texts() == [
        *("gradient of layer3/a, ①②③", "← to layer3/z, ①②③", "← to layer3/b")
    ]
    page.evaluate("for (let k = 0; k < 8; k++) document.getElementById('one-op').click()")
    assert page.locator("#sentence math").count() == len(tg.Adam.lines)
    model = tg.lab2.model(rng=0)
    before = model["layer1/W"].value[0, 0]
    expected_losses(model, tg.Adam(model.parameters, lr=0.1), 1, x=X, t=T)
    after = model["layer1/W"].value[0, 0]
    moved = f"The first number of layer1/W: {before:.3g} → {after:.3g}.".replace("-", "−")
    expect(page.locator("#sentence")).to_contain_text(moved)


def test_training_paints_only_the_maps_within_the_window(page, saved):
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    h = x
    for k in range(20):
        h = tg.Tanh(tg.layers.linear(h, 4, name=f"layer{k}", rng=k), name=f"layer{k}/h")
    model = tg.Graph(tg.MSE(tg.layers.linear(h, 1, name="out", rng=0), t, name="loss"))
    page.goto(saved(tg.playground(model, tg.SGD(model.parameters), x=X, t=T)))
    last = page.locator("canvas[aria-label='Unit 4 of layer19/h over the plane']")
    picture = "canvas => canvas.toDataURL()"
    before = last.evaluate(picture)
    page.click("#play")
    expect(page.locator("#epoch")).not_to_have_text("0")
    assert last.evaluate(picture) == before
    last.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    assert last.evaluate(picture) != before


def test_a_walk_lights_the_arrows_that_it_has_reached(page, lab2_playground):
    page.goto(lab2_playground)
    for _ in range(11):
        page.click("#one-op")
    assert page.locator("#diagram .tg-forward.later").count() == 0
    lit = "#diagram .tg-backward:not(.later)"
    assert page.locator(lit).evaluate_all("all => all.map(e => e.dataset.to)") == ["17", "17"]


def test_the_settings_are_in_the_address_and_come_back(page, lab2_playground):
    page.goto(lab2_playground)
    page.select_option("#samples", "circles")
    page.select_option("#activation", "Tanh")
    page.select_option("#optimizer", "SGD")
    page.select_option("#batch", "10")
    page.select_option("#seed", "3")
    page.select_option("#share", "0.8")
    page.locator("#lr").fill("-1.5")
    page.locator("#noise").fill("0.05")
    address = page.evaluate("location.href")
    found = losses(page, 7)
    page.goto("about:blank")
    page.goto(address)
    assert page.locator("#samples").input_value() == "circles"
    assert page.locator("#activation").input_value() == "Tanh"
    assert page.locator("#lr-out").inner_text() == "0.032"
    assert losses(page, 7) == found


def test_a_wrong_address_opens_the_usual_page(page, lab2_playground):
    page.goto(
        f"{lab2_playground}#lr=-1&seed=99&activation=Cube&points=1,2&batch=x&speed=1e9&share=0"
    )
    assert page.locator("#lr-out").inner_text() == "0.1"
    assert page.evaluate("tinygraph.step(1)[0]") == pytest.approx(
        tg.lab2.model(rng=0).forward(x=X, t=T)
    )


def test_points_are_drawn_erased_and_kept_in_the_address(page, lab2_playground):
    page.goto(lab2_playground)
    page.click("[data-pen='1']")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 250)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 300, steps=6)
    page.mouse.up()
    drawn = len(page.evaluate("tinygraph.value('t')"))
    assert drawn > len(T)
    page.click("[data-pen='erase']")
    page.mouse.click(box["x"] + 60, box["y"] + 250)
    left = page.evaluate("tinygraph.value('t').length")
    assert left < drawn
    page.reload()
    assert page.evaluate("tinygraph.value('t').length") == left


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("x,y,class\n0,0,0\n1,1,1\n0.5,0.2,1\n", "3 points from data.csv."),
        ("0;0;0\n1;1;1\n", "2 points from data.csv."),
        ("0,0,0\n1,one,1\n", "Line 2 must hold three numbers: x, y and the class."),
        ("0,0\n", "Line 1 must hold three numbers"),
        ("0,0,0\n1,1,2\n", "a class of this graph must be a whole number from 0 to 1. It is 2."),
        ("", "must hold at least two lines"),
    ],
)
def test_a_csv_file_is_used_or_explained(page, lab2_playground, text, note):
    page.goto(lab2_playground)
    file = {"name": "data.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("#file", file)
    expect(page.locator("#file-note")).to_contain_text(note)
    expected = int(note.split()[0]) if "points from" in note else len(T)
    assert page.evaluate("tinygraph.value('t').length") == expected


def test_it_works_in_a_sandboxed_frame(page):
    page.set_content(lab2()._repr_html_())
    frame = page.frames[-1]
    frame.click("#one-epoch")
    assert frame.locator("#epoch").inner_text() == "1"
    frame.select_option("#activation", "Tanh")
    assert frame.evaluate("tinygraph.epoch") == 0


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everyone_can_use_it(page, lab2_playground, size, scheme):
    page.set_viewport_size(dict(zip(("width", "height"), SIZES[size], strict=True)))
    page.emulate_media(color_scheme=scheme)
    page.goto(lab2_playground)
    page.click("#one-op")
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")
    assert [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]] == []


def test_a_loss_that_is_not_finite_stops_and_is_explained(page, saved):
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 1))
    W = tg.Parameter([[1.0], [2.0]], name="W")
    model = tg.Graph(tg.MSE(tg.MatMul(x, W, name="y"), t, name="loss"))
    page.goto(saved(tg.playground(model, tg.SGD(model.parameters, lr=100.0), x=X, t=T)))
    page.click("#play")
    expect(page.locator("#diagnosis")).to_contain_text("stopped: loss is not finite in epoch")
    expect(page.locator("#play")).to_have_text(re.compile("Train"))
    assert all(np.isfinite(page.evaluate("tinygraph.value('W')")))
    page.click("#reset")
    assert page.evaluate("tinygraph.value('W')") == [1.0, 2.0]


def test_dead_units_are_named(page, lab2_playground):
    page.goto(lab2_playground)
    page.select_option("#activation", "ReLU")
    page.select_option("#optimizer", "SGD")
    page.locator("#lr").fill("2")
    page.evaluate("tinygraph.step(20)")
    expect(page.locator("#diagnosis")).to_contain_text("dead: 0 for every sample")


def test_a_dead_channel_of_images_is_named(page, saved):
    x, t = tg.Input("x", shape=(None, 1, 5, 5)), tg.Input("t", shape=(None, 1))
    h = tg.ReLU(tg.layers.conv2d(x, 3, padding=1, name="conv", rng=0), name="h")
    y = tg.layers.linear(tg.Reshape(h, to=(-1, 75)), 1, name="y", rng=0)
    model = tg.Graph(tg.MSE(y, t, name="loss"))
    model["conv/b"].value = np.array([0.0, -100.0, 0.0]).reshape(3, 1, 1)
    feeds = {"x": np.random.default_rng(0).random((6, 1, 5, 5)), "t": np.arange(6.0).reshape(6, 1)}
    page.goto(saved(tg.playground(model, tg.SGD(model.parameters, lr=0.01), **feeds)))
    expect(page.locator("#diagnosis")).to_contain_text("h: 1 of 3 units is dead")


def test_copied_python_makes_the_same_run(page, lab2_playground):
    page.goto(f"{lab2_playground}#batch=10&seed=2&data=circles")
    page.evaluate("for (let k = 0; k < 3; k++) document.getElementById('one-epoch').click()")
    page.click("#copy")
    code = page.locator("#code-text").input_value()
    model = tg.lab2.model(rng=0)
    names = {"model": model}
    exec(code, names)
    for parameter in model.parameters:
        found = page.evaluate("name => tinygraph.value(name)", parameter.name)
        np.testing.assert_allclose(found, parameter.value.ravel(), rtol=1e-10)


def test_the_parameters_are_downloaded(page, lab2_playground):
    page.goto(lab2_playground)
    page.evaluate("tinygraph.step(5)")
    with page.expect_download() as download:
        page.click("#save")
    numbers = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert numbers["layer1/W"] == page.evaluate("tinygraph.value('layer1/W')")


TASK = {
    "text": "Find a learning rate at which the loss falls below 0.22 within 40 epochs.",
    "goal": {"loss below": 0.22, "epochs at most": 40},
    "locked": ["data", "optimizer"],
    "done": "The steps are now long enough.",
}


def test_a_task_is_recognized_and_locks_controls(page, saved):
    page.goto(saved(lab2(task=TASK)))
    expect(page.locator("#task-text")).to_have_text(TASK["text"])
    assert page.locator("#optimizer").is_disabled()
    assert page.locator("#lr").is_enabled()
    page.locator("#lr").fill("-4")
    page.evaluate("for (let k = 0; k < 40; k++) document.getElementById('one-epoch').click()")
    expect(page.locator("#task-done")).to_have_text("")
    page.click("#reset")
    page.locator("#lr").fill("-0.5")
    page.evaluate("for (let k = 0; k < 40; k++) document.getElementById('one-epoch').click()")
    expect(page.locator("#task-done")).to_have_text(f"✓ {TASK['done']}")


def test_a_task_says_what_is_missing_and_when_it_is_too_late(page, saved):
    page.goto(saved(lab2(task=TASK)))
    page.evaluate("tinygraph.step(3)")
    expect(page.locator("#task-goal")).to_contain_text("○ loss 0.2497 < 0.22✓ epochs 3 ≤ 40")
    page.locator("#lr").fill("-4")
    page.evaluate("tinygraph.step(38)")
    expect(page.locator("#task-done")).to_contain_text("More than 40 epochs: press Reset")
    page.click("#reset")
    expect(page.locator("#task-done")).to_have_text("")


def test_an_address_does_not_open_a_lock(page, saved):
    locked = ["data", "points", "noise", "activation", "optimizer", "batch size", "start values"]
    address = saved(lab2(task=TASK | {"locked": locked}))
    page.goto(
        f"{address}#data=circles&points=0,0,0;1,1,1&noise=0.1&activation=Tanh&optimizer=SGD&batch=5"
        "&seed=2&lr=0.03"
    )
    assert page.locator("#lr-out").inner_text() == "0.03"
    model = tg.lab2.model(rng=0)
    expected = expected_losses(model, tg.Adam(model.parameters, lr=0.03), 5, x=X, t=T)
    np.testing.assert_allclose(losses(page, 5), expected, rtol=1e-12)
    for control in ("#samples", "#noise", "#activation", "#optimizer", "#batch", "#seed", "#file"):
        assert page.locator(control).is_disabled()
    assert page.locator("[data-pen='1']").is_disabled()


GOALS_MET = [
    ({"loss below": 0.2}, {"lr": 0.1}, 60),
    ({"loss above": 0.26, "epochs at least": 2}, {"optimizer": "SGD", "lr": 100}, 5),
    ({"accuracy at least": 1.0}, {"lr": 0.1}, 80),
    ({"epochs at least": 7}, {}, 7),
    ({"dead units at least": 3}, {"activation": "ReLU", "optimizer": "SGD", "lr": 60}, 20),
    ({"first gradient below": 1e-3}, {"lr": 0.1}, 200),
    ({"first gradient share below": 0.5}, {}, 1),
    ({"first gradient share above": 0.5}, {"lr": 0.1}, 60),
]


@pytest.mark.parametrize(("goal", "settings", "steps"), GOALS_MET)
def test_every_condition_of_a_goal_is_recognized(page, saved, goal, settings, steps):
    address = saved(lab2(task={"text": "Try.", "goal": goal, "done": "You did it."}))
    page.goto(f"{address}#{urlencode(settings)}")
    expect(page.locator("#task-done")).to_have_text("")
    page.evaluate(f"for (let k = 0; k < {steps}; k++) document.getElementById('one-epoch').click()")
    expect(page.locator("#task-done")).to_have_text("✓ You did it.")


def test_any_node_is_chosen_with_the_keyboard(page, lab2_playground):
    page.goto(lab2_playground)
    expect(page.locator("#node-choice option:checked")).to_have_text("layer3/h")
    page.keyboard.press("n")
    expect(page.locator("#node-choice option:checked")).to_have_text("t")
    page.keyboard.press("p")
    page.keyboard.press("p")
    expect(page.locator("#node-choice option:checked")).to_have_text("layer3/a")
    expect(page.locator("#node-kind")).to_have_text("AddBias, B×1")
    page.select_option("#node-choice", label="layer1/W")
    expect(page.locator("#node-kind")).to_have_text("parameter, 2×4")


def test_without_graphviz_the_nodes_are_listed(page, saved, monkeypatch):
    monkeypatch.setenv("TINYGRAPH_DOT", "/nowhere/dot")
    page.goto(saved(lab2()))
    expect(page.locator("#diagram")).to_contain_text("There is no diagram here")
    page.click(".outline button:has-text('layer2/z')")
    expect(page.locator("#node-choice option:checked")).to_have_text("layer2/z")
    page.click("#one-epoch")
    assert page.locator(".outline button").count() == 18
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate("axe.run().then(found => found.violations.map(rule => rule.id))") == []


def test_a_hostile_name_stays_a_name(page, saved):
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter([[0.5, -1.0], [2.0, 0.25]], name=HOSTILE)
    h = tg.Tanh(x @ W, name="h")
    model = tg.Graph(tg.Mean(h * h + tg.Exp(h), name="loss"))
    page.goto(saved(tg.playground(model, tg.SGD(model.parameters), title=HOSTILE, x=X)))
    page.click("#one-epoch")
    assert page.evaluate("name => tinygraph.gradient(name).length", HOSTILE) == 4
    assert page.title().startswith("Playground: </script>")


def digits_model():
    rng = np.random.default_rng(0)
    x, label = tg.Input("x", shape=(None, 64)), tg.Input("label", shape=(None,), dtype=int)
    h = np.tanh(tg.layers.linear(x, 16, name="layer1", rng=rng))
    logits = tg.layers.linear(h, 10, name="layer2", rng=rng)
    images, labels = tg.data.digits()
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=tg.Softmax(logits))
    return model, {"x": images[:60].reshape(60, 64), "label": labels[:60]}


def classes_model():
    rng = np.random.default_rng(1)
    x, label = tg.Input("x", shape=(None, 2)), tg.Input("label", shape=(None,), dtype=int)
    h = np.tanh(tg.layers.linear(x, 6, name="layer1", rng=rng))
    logits = tg.layers.linear(h, 3, name="layer2", rng=rng)
    points, labels = tg.data.blobs(60, rng=0)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"), prediction=tg.Softmax(logits))
    return model, {"x": points, "label": labels}


def regression_model():
    rng = np.random.default_rng(2)
    x, t = tg.Input("x", shape=(None, 3)), tg.Input("t", shape=(None, 1))
    h = np.tanh(tg.layers.linear(x, 5, name="layer1", rng=rng))
    model = tg.Graph(tg.MSE(tg.layers.linear(h, 1, name="layer2", rng=rng), t, name="loss"))
    return model, {"x": rng.normal(size=(30, 3)), "t": rng.normal(size=(30, 1))}


@pytest.mark.parametrize("make", [digits_model, classes_model, regression_model])
def test_other_graphs_train_with_the_numbers_of_python(page, saved, make):
    model, feeds = make()
    optimizer = tg.Adam(model.parameters, lr=0.05)
    page.goto(saved(tg.playground(model, optimizer, **feeds)))
    found = losses(page, 30)
    np.testing.assert_allclose(found, expected_losses(model, optimizer, 30, **feeds), rtol=1e-11)
    page.click("#one-epoch")
    assert page.evaluate("tinygraph.epoch") == 31


def test_digits_are_shown_as_images_with_their_decisions(page, saved):
    model, feeds = digits_model()
    optimizer = tg.Adam(model.parameters, lr=0.02)
    page.goto(saved(tg.playground(model, optimizer, **feeds)))
    losses(page, 5)
    expected_losses(model, optimizer, 5, **feeds)
    right = np.argmax(model.predict(x=feeds["x"]), axis=-1) == feeds["label"]
    assert page.locator("#accuracy").inner_text() == f"{int(100 * right.mean())} %"
    label = f"60 samples as images; {(~right).sum()} are classified wrongly"
    expect(page.locator("#map")).to_have_attribute("aria-label", label)
    for name in ("x, samples ①②③", "layer1/W, a picture for each unit"):
        for kind in ("value", "gradient"):
            assert colours_on(page, f"#tiles canvas[aria-label='{kind} of {name}']") > 10


def test_kernels_and_feature_maps_are_shown_as_images(page, saved):
    images, labels = tg.data.digits()
    x, label = tg.Input("x", shape=(None, 1, 8, 8)), tg.Input("label", shape=(None,), dtype=int)
    h = np.tanh(tg.layers.conv2d(x, 3, padding=1, name="conv", rng=0))
    h = tg.Reshape(tg.MaxPool2D(h, size=2, name="pool"), to=(-1, 48))
    logits = tg.layers.linear(h, 10, name="out", rng=0)
    model = tg.Graph(tg.CrossEntropy(logits, label, name="loss"))
    feeds = {"x": images[:20].reshape(20, 1, 8, 8), "label": labels[:20]}
    page.goto(
        saved(tg.playground(model, tg.Adam(model.parameters, lr=0.02), **feeds)) + "#share=0.5"
    )
    page.click("#one-epoch")
    shown = page.locator("#tiles .layer b").all_inner_texts()
    assert shown == [
        *("x, samples ①②③", "conv/K, its kernels"),
        *("Tanh1, samples ①②③", "pool, samples ①②③"),
    ]
    for kind in ("value", "gradient"):
        assert colours_on(page, f"canvas[aria-label='{kind} of pool, samples ①②③']") > 5
        assert colours_on(page, f"canvas[aria-label='{kind} of conv/K, its kernels']") > 5


def test_classes_without_images_are_counted(page, saved):
    model, feeds = classes_model()
    feeds["x"] = np.hstack([feeds["x"], feeds["x"][:, :1]])
    x = tg.Input("x", shape=(None, 3))
    logits = tg.layers.linear(x, 3, name="layer1", rng=0)
    model = tg.Graph(tg.CrossEntropy(logits, model["label"], name="loss"))
    page.goto(saved(tg.playground(model, tg.SGD(model.parameters, lr=0.1), **feeds)))
    page.click("#one-epoch")
    assert page.locator("[data-seen=counts]").is_visible()
    assert colours_on(page, "#map") > 3


def test_a_regression_compares_prediction_and_label(page, saved):
    model, feeds = regression_model()
    page.goto(saved(tg.playground(model, tg.SGD(model.parameters, lr=0.1), **feeds)))
    page.click("#one-epoch")
    assert page.locator("[data-seen=agreement]").is_visible()
    assert colours_on(page, "#map") > 3
    assert page.locator("#accuracy").is_hidden()


def colours_on(page, selector):
    """Return the number of colours on a canvas."""
    return page.locator(selector).evaluate(
        """canvas => new Set(new Uint32Array(
            canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer
        )).size"""
    )
