"""The stepper's page in a real browser: what a learner does, and what a page must not do."""

from __future__ import annotations

import re
from pathlib import Path

import axe_playwright_python
import numpy as np
import pytest
from playwright.sync_api import expect

import tinygraph as tg
from tinygraph.viz.stepper import words

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
HOSTILE = '</script><img src=x onerror="document.title=1">&amp;'
X, T = tg.data.xor()


@pytest.fixture(scope="session")
def forked_page(tmp_path_factory):
    """Values used twice, a hostile name, and two training steps."""
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter([[0.5, -1.0], [2.0, 0.25]], name="W")
    h = tg.Tanh(x @ W, name=HOSTILE)
    model = tg.Graph(tg.Mean(h * h + tg.Exp(h), name="loss"))
    stepper = tg.step_through(model, tg.SGD(model.parameters), 2, x=X[1:4])
    return stepper.save(tmp_path_factory.mktemp("page") / "forked.html").as_uri()


@pytest.fixture
def page(quiet_page):
    quiet_page.set_default_timeout(10_000)
    return quiet_page


def numbers(figures):
    """Return the numbers of each table, with all their digits."""
    return figures.evaluate_all(
        """all => all.map(one => [...one.querySelectorAll("td")].map(td => Number(td.title)))"""
    )


def test_next_back_and_keys_go_through_the_steps_in_their_order(page, lab2_page, lab2_stepper):
    page.goto(lab2_page)
    title = page.locator("#headline h2")
    for step in lab2_stepper.steps:
        expect(title).to_have_text(words.heading(step))
        page.keyboard.press("ArrowRight")
    expect(title).to_have_text(words.heading(lab2_stepper.steps[-1]))
    expect(page.locator("#next")).to_be_disabled()
    page.keyboard.press("ArrowLeft")
    expect(title).to_have_text(words.heading(lab2_stepper.steps[-2]))
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    expect(title).to_have_text(words.heading(lab2_stepper.steps[1]))
    page.click("#back")
    expect(title).to_have_text(words.heading(lab2_stepper.steps[0]))
    page.keyboard.press("End")
    expect(page.locator("#count")).to_have_text("step 26 of 26")


def test_the_backward_steps_are_the_forward_ones_reversed(page, lab2_page):
    page.goto(lab2_page)
    names = {
        phase: page.locator(f"#list button.{phase}").all_inner_texts()
        for phase in ("forward", "backward")
    }
    strip = [name.strip("→← \n") for name in names["forward"]]
    assert [name.strip("→← \n") for name in names["backward"]] == strip[::-1]
    assert len(strip) == 10


def test_the_numbers_on_the_page_are_those_of_the_trace(page, lab2_page, lab2_stepper):
    page.goto(lab2_page)
    for step in lab2_stepper.steps:
        arrays = [step["value"]]
        if step["phase"] == "backward":
            arrays = [step["incoming"], step["value"]]
            for leaving in step["outgoing"]:
                arrays += [leaving["local"], leaving["contribution"]]
        elif step["phase"] == "forward":
            arrays = [data["array"] for data in step["inputs"]] + arrays
        else:
            arrays += [step["incoming"], *step["memory"].values()]
            arrays += [line["array"] for line in step["lines"]]
        shown = numbers(page.locator("#panel figure.array"))
        assert len(shown) == len(arrays)
        for got, array in zip(shown, arrays):
            np.testing.assert_allclose(got, np.ravel(array["entries"]), rtol=1e-5)
        for line in page.locator("#panel code.line").all_inner_texts():
            assert " = " in line
        page.keyboard.press("ArrowRight")


def test_page_and_terminal_write_numbers_alike(page, lab2_page):
    for step in (1, 12, 20, 22):
        page.goto(f"{lab2_page}#step={step}")
        cells = page.locator("#panel td").evaluate_all(
            "all => all.map(td => [td.title, td.innerText])"
        )
        assert cells
        for title, text in cells:
            assert text == words.number(float(title))


def test_slider_list_link_and_diagram_go_to_a_step(page, lab2_page):
    page.goto(lab2_page + "#step=14")
    title = page.locator("#headline h2")
    expect(title).to_have_text("Backward: MatMul layer3/z")
    page.locator("#slider").focus()
    page.keyboard.press("ArrowRight")
    expect(title).to_have_text("Backward: Sigmoid layer2/h")
    assert page.url.endswith("#step=15")
    page.locator("#list button").nth(2).click()
    expect(title).to_have_text("Forward: Sigmoid layer1/h")
    page.locator('#diagram .card[data-node="7"]').click()
    expect(title).to_have_text("Forward: MatMul layer2/z")
    page.locator('#diagram .card[data-node="0"]').click()
    expect(title).to_have_text("Forward: MatMul layer1/z")
    page.goto(lab2_page + "#step=12")
    page.locator('#diagram .card[data-node="11"]').click()
    expect(title).to_have_text("Backward: MatMul layer3/z")
    page.keyboard.press("End")
    page.locator('#diagram .card[data-node="1"]').click()
    expect(title).to_have_text("Update: Adam moves layer1/W")
    page.goto(lab2_page + "#step=3")
    expect(title).to_have_text("Forward: Sigmoid layer1/h")


def test_the_diagram_is_lit_as_far_as_the_run_has_come(page, lab2_page):
    page.goto(lab2_page)
    dark = page.locator("#diagram .later")
    counts = []
    for step in (1, 10, 15, 20):
        page.goto(f"{lab2_page}#step={step}")
        counts.append(dark.count())
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0 < counts[-2] < counts[0]


def test_predict_feedback_reveal_and_score(page, lab2_page, lab2_stepper):
    page.goto(lab2_page + "#step=12")
    page.check("#predict")
    hidden = page.locator("figure", has_text="asked for:")
    expect(hidden.locator("td").first).to_have_text("?")
    step = lab2_stepper.steps[11]
    row = int(page.locator("form code").inner_text().split("[")[1].split(",")[0])
    out = step["outgoing"][0]
    g, y, answer = (
        data["entries"][row][0] for data in (step["incoming"], step["value"], out["contribution"])
    )
    entry = page.locator(".question input")
    feedback = page.locator(".feedback")
    for typed, said in (
        ("half", "type a number"),
        (f"{g} * {y}", "The chain rule needs its slope"),
        (str(g), "That is the incoming gradient"),
        (str(-answer), "size is right"),
    ):
        entry.fill(typed)
        entry.press("Enter")
        expect(feedback).to_contain_text(said)
        expect(hidden.locator("td").first).to_have_text("?")
    entry.fill(f"{g} * ({y} * (1 - {y}))")
    page.click("text=Check")
    expect(page.locator(".outcome")).to_contain_text("Correct. Here is the array. So far 0 of 1")
    (shown,) = numbers(page.locator("figure", has_text="contribution:"))
    np.testing.assert_allclose(shown, np.ravel(out["contribution"]["entries"]), rtol=1e-5)
    page.keyboard.press("ArrowRight")
    page.click("text=Show me")
    expect(page.locator("#score")).to_have_text("✓ 0/2")
    page.keyboard.press("End")
    expect(page.locator("#scorecard")).to_contain_text(
        "0 correct on the first try, 1 after a hint, 1 shown"
    )
    page.locator("#scorecard button").first.click()
    expect(page.locator("#headline h2")).to_have_text("Forward: MatMul layer1/z")


def test_picking_a_wrong_array_names_the_mistake(page, lab2_page):
    page.goto(lab2_page + "#step=14")
    page.check("#predict")
    picks = page.locator(".choice button")
    assert picks.count() == 4
    said = set()
    for k in range(4):
        picks.nth(k).click()
        if page.locator(".outcome").count():
            expect(page.locator(".outcome")).to_contain_text("Correct")
            break
        said.add(page.locator(".feedback").inner_text())
        assert said.isdisjoint({""})
    else:
        pytest.fail("none of the choices is right")


def test_every_choice_but_one_has_a_hint_of_its_own(page, lab2_page):
    page.goto(lab2_page)
    page.check("#predict")
    for step in range(11, 21):
        page.goto(f"{lab2_page}#step={step}")
        hints = page.evaluate(
            f"""JSON.parse(document.getElementById("data").textContent)
                .questions[{step - 1}].choices.map((choice) => choice.hint)"""
        )
        assert hints.count(None) == 1
        assert len(set(hints)) == len(hints)


def test_a_lost_contribution_is_recognised(page, forked_page):
    """= in place of += where a value is used more than once."""
    page.goto(forked_page)
    page.check("#predict")
    data = page.evaluate('JSON.parse(document.getElementById("data").textContent)')
    lost = [
        (k, (number, data["hints"][hint]))
        for k, question in enumerate(data["questions"])
        if question
        for number, hint in question["wrong"]
        if "+=" in data["hints"][hint]
    ]
    assert lost
    place, (number, hint) = lost[0]
    page.goto(f"{forked_page}#step={place + 1}")
    expect(page.locator("figure", has_text="before this step")).to_be_visible()
    if page.locator(".question input").is_hidden():
        page.click("text=Type one number instead")
    page.fill(".question input", str(number))
    page.click("text=Check")
    expect(page.locator(".feedback")).to_have_text(hint)


def test_predict_says_where_the_questions_are_and_goes_there(page, lab2_page):
    page.goto(lab2_page + "#step=5")
    note = page.locator("#predict-note")
    expect(note).to_be_hidden()
    page.check("#predict")
    expect(note).to_contain_text("This step has no question. The next question is at step 10.")
    note.get_by_role("button").click()
    expect(page.locator("#count")).to_have_text("step 10 of 26")
    expect(page.locator(".question")).to_be_visible()
    expect(note).to_be_hidden()
    page.click("text=Show me")
    page.keyboard.press("End")
    expect(note).to_contain_text("is at step 1.")
    page.uncheck("#predict")
    expect(note).to_be_hidden()


def test_a_value_is_predicted_before_it_is_computed(page, lab2_page, lab2_stepper):
    page.goto(lab2_page)
    page.check("#predict")
    expect(page.locator(".question h3")).to_have_text("What does MatMul compute for layer1/z?")
    assert page.locator("figure", has_text="computes").count() == 0
    row, column = (int(k) for k in page.locator("form code").inner_text()[3:-1].split(","))
    x, W = numbers(page.locator("figure", has_text="input"))
    a, b = x[2 * row : 2 * row + 2]
    page.fill(".question input", f"{a} * {W[column]}")
    page.click("text=Check")
    expect(page.locator(".feedback")).to_contain_text("only the first product")
    page.fill(".question input", f"{a} * {W[column]} + {b} * {W[4 + column]}")
    page.click("text=Check")
    expect(page.locator(".outcome")).to_contain_text("Correct. Here is the array.")
    (z,) = numbers(page.locator("figure", has_text="computes"))
    np.testing.assert_allclose(z, np.ravel(lab2_stepper.steps[0]["value"]["entries"]), rtol=1e-5)


def test_the_first_step_of_adam_is_predicted(page, lab2_page):
    page.goto(lab2_page + "#step=21")
    page.check("#predict")
    expect(page.locator(".question h3")).to_contain_text("By how much does this update change")
    assert page.locator(".lines figure").count() == 0
    page.click("text=Type one number instead")
    page.fill(".question input", "0.1")
    page.click("text=Check")
    expect(page.locator(".feedback")).to_contain_text("uphill")
    page.fill(".question input", "-0.1")
    page.click("text=Check")
    expect(page.locator("figure", has_text="asked for").locator("td").first).to_have_text("−0.100")
    assert page.locator(".lines figure").count() == 5


def test_a_sum_over_many_rows_can_be_worked_out_from_what_is_shown(page, lab2_page):
    page.goto(lab2_page + "#step=13")  # 21 rows add up to the gradient of a bias, and 8 are shown
    page.check("#predict")
    note = page.locator(".question .rest").inner_text()
    rest = note.partition(" add ")[2].split()[0].replace("−", "-")
    (rows,) = numbers(page.locator("figure", has_text="incoming:"))
    assert len(rows) == 8
    page.click("text=Type one number instead")
    page.fill(".question input", " + ".join(map(str, [*rows, rest])))
    page.click("text=Check")
    expect(page.locator(".outcome")).to_contain_text("Correct on your first try")
    page.goto(lab2_page + "#step=12")
    page.fill(".question input", "123.4")
    page.click("text=Check")
    expect(page.locator(".feedback")).to_contain_text("at the framed position")


def test_an_update_says_what_became_of_the_loss(page, forked_page):
    page.goto(forked_page)
    page.get_by_role("button", name="update", exact=True).click()
    first = page.locator(".loss").inner_text()
    page.keyboard.press("End")
    second = page.locator(".loss").inner_text()
    assert first.startswith("The updates decreased L from ")
    (end,) = re.findall(r"to ([\d.e−]+)\.", first)
    assert f" from {end} to " in second, "each starts where one ended"


def test_the_names_of_the_phases_go_to_their_first_steps(page, lab2_page, forked_page):
    page.goto(lab2_page)
    for phase, step in (("update", 21), ("backward", 11), ("forward", 1)):
        button = page.get_by_role("button", name=phase, exact=True)
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#count")).to_have_text(f"step {step} of 26")
        expect(button).to_have_attribute("aria-current", "true")
    page.goto(forked_page)
    page.keyboard.press("End")
    page.get_by_role("button", name="forward", exact=True).click()
    expect(page.locator("#list .round + li [aria-current]")).to_be_visible()
    assert page.url.rpartition("=")[2] != "1", "of this training step, not of the first"


def test_a_diagnosis_is_told_when_the_way_back_is_over(page, tmp_path):
    model = tg.lab2.model(activation="relu", rng=1)
    model.parameters[0].value = -np.abs(model.parameters[0].value)
    page.goto(tg.step_through(model, x=X, t=T).save(tmp_path / "dead.html").as_uri())
    marks = page.locator("#diagram .tg-mark")
    assert marks.count() > 0
    for step, is_told in ((1, False), (19, False), (20, True)):
        page.goto(f"{page.url.partition('#')[0]}#step={step}")
        expect(marks.first).to_be_visible(visible=is_told)


@pytest.mark.parametrize("size", [(1366, 768), (1440, 1000)])
def test_on_a_laptop_the_toolbar_is_one_line_and_the_diagram_whole(page, lab2_page, size):
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.goto(lab2_page)
    assert page.locator("header").bounding_box()["height"] < 60
    hidden = page.locator("#diagram").evaluate("stage => stage.scrollHeight - stage.clientHeight")
    assert hidden == 0
    page.get_by_role("button", name="Larger").click()
    hidden = page.locator("#diagram").evaluate("stage => stage.scrollHeight - stage.clientHeight")
    assert hidden > 0


def test_an_edge_below_all_nodes_is_not_cut_off(page, tmp_path):
    x = h = tg.Input("x", shape=(None, 2))
    for k in range(4):
        h = h + tg.Tanh(h @ tg.Parameter(np.eye(2), name=f"W{k}"), name=f"h{k}")
    both = x + h
    stepper = tg.step_through(tg.Graph(tg.Mean(both * both, name="loss")), x=X[:1])
    page.goto(stepper.save(tmp_path / "residual.html").as_uri())
    lowest = """names => Math.max(...[...document.querySelectorAll(names)].map(
        each => each.getBoundingClientRect().bottom))"""
    edges = page.evaluate(lowest, "#diagram .edge")
    assert edges > page.evaluate(lowest, "#diagram .node, #diagram .cluster")
    assert edges <= page.evaluate(lowest, "#diagram svg")


def test_paths_add_up_and_are_highlighted(page, lab2_page):
    page.goto(lab2_page + "#step=20")
    page.locator("details.paths summary").click()
    expect(page.locator(".paths")).to_contain_text("is the sum over 76 paths")
    page.locator(".path-list button").first.click()
    assert page.locator("#diagram .card.on-path").count() == 11
    page.locator(".path-list button").first.click()
    assert page.locator("#diagram .on-path").count() == 0


def test_a_hostile_name_stays_text(page, forked_page):
    page.goto(forked_page)
    expect(page.locator("#list button", has_text=HOSTILE).first).to_be_visible()
    assert page.locator("img").count() == 0
    for _ in range(page.locator("#list button").count()):
        page.keyboard.press("ArrowRight")
    assert page.locator("img").count() == 0
    assert page.title() == "Step through back-propagation: loss"


def test_training_steps_follow_one_another(page, forked_page):
    page.goto(forked_page)
    expect(page.locator("#list .round")).to_have_text(["Training step 1", "Training step 2"])
    expect(page.locator("#diagram-note")).to_be_hidden()
    page.keyboard.press("End")
    expect(page.locator("#diagram-note")).to_be_visible()
    expect(page.locator("#headline h2")).to_have_text("Update: SGD moves W")
    expect(page.locator("#headline .sentence")).to_contain_text("t = 2")


def test_without_an_optimizer_the_page_says_how_to_see_an_update(page, tmp_path):
    model = tg.lab2.model(rng=0)
    page.goto(tg.step_through(model, x=X, t=T).save(tmp_path / "plain.html").as_uri())
    expect(page.locator("#phases li")).to_have_text(["forward", "backward"])
    expect(page.locator("main")).to_contain_text("add an optimizer")
    expect(page.locator(".guide")).not_to_contain_text("update")


@pytest.mark.parametrize("size", [(1440, 1000), (800, 1000), (400, 900)])
def test_a_newcomer_finds_next_predict_and_the_update_by_their_words(page, lab2_page, size):
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    page.goto(lab2_page)
    for control in (page.get_by_role("button", name="Next"), page.get_by_label("Predict first")):
        box = control.bounding_box()
        assert box["y"] + box["height"] < height / 3, "in sight without scrolling"
    page.get_by_label("Predict first").check()
    for _ in range(25):
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("heading", name="Update: Adam moves layer3/b")).to_be_visible()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 1440), ("dark", 400)])
def test_axe_finds_nothing(page, lab2_page, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(lab2_page)
    expect(page.locator("html")).to_have_attribute("data-theme", scheme)
    page.add_script_tag(path=AXE)
    visits = [(14, False), (14, True), (26, True)]
    for step, predict in visits:
        page.goto(f"{lab2_page}#step={step}")
        page.set_checked("#predict", predict)
        for details in page.locator("details").all():
            details.evaluate("details => { details.open = true; }")
        found = page.evaluate("""async () =>
            (await axe.run(document, { resultTypes: ["violations"] })).violations""")
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize("width", [400, 800, 1440])
def test_nothing_is_wider_than_the_window(page, lab2_page, width):
    page.set_viewport_size({"width": width, "height": 900})
    for step in (1, 14, 20, 21):
        page.goto(f"{lab2_page}#step={step}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def deep_stepper():
    """About 100 nodes on a batch of 100."""
    rng = np.random.default_rng(0)
    x = tg.Input("x", shape=(None, 10))
    h = x
    for k in range(1, 20):
        W = tg.Parameter(rng.normal(size=(10, 10)) / 3, name=f"layer{k}/W")
        b = tg.Parameter(rng.normal(size=10), name=f"layer{k}/b")
        h = tg.Tanh(tg.AddBias(tg.MatMul(h, W, name=f"layer{k}/z"), b, name=f"layer{k}/a"))
    model = tg.Graph(tg.Mean(h * h, name="loss"))
    assert 95 <= len(model.nodes) <= 105
    optimizer = tg.SGD(model.parameters)
    return tg.step_through(model, optimizer, x=rng.normal(size=(100, 10)))


def test_a_graph_of_100_nodes_is_small_and_quick(page, tmp_path):
    path = deep_stepper().save(tmp_path / "deep.html")
    assert path.stat().st_size < 2_000_000
    page.goto(path.as_uri())
    # Processor time of the page's own thread: what the clock says depends on the machine's load.
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def seconds():
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

    start = seconds()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert (seconds() - start) / 30 < 0.05
    expect(page.locator("#count")).to_contain_text("step 31 of")


@pytest.mark.parametrize("hidden", [4, 8, 16])
def test_the_lab2_page_is_small(hidden):
    model = tg.lab2.model(hidden=hidden, rng=0)
    stepper = tg.step_through(model, tg.Adam(model.parameters, lr=0.1), x=X, t=T)
    assert len(stepper.html.encode()) < 250_000
