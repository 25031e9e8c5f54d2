"""The stepper without a browser: its terminal, its questions, its path sums, its formulas."""

from __future__ import annotations

import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
from itertools import groupby
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

import tinygraph as tg
from tinygraph.notation.mathml import mathml
from tinygraph.trace.steps import summarise
from tinygraph.trace.walk import walk
from tinygraph.viz.diagram.heatmap import CELL
from tinygraph.viz.diagram.svg import SVG
from tinygraph.viz.stepper import page, terminal, words
from tinygraph.viz.stepper.drawing import page_svg
from tinygraph.viz.stepper.mistakes import is_like, mistakes
from tinygraph.viz.stepper.paths import MOST_NUMBERS, path_sums
from tinygraph.viz.stepper.predictions import calculate
from tinygraph.viz.stepper.questions import question, questions
from tinygraph.viz.stepper.value_mistakes import forward_mistakes

X, T = tg.data.xor()


def backward_moments(graph, **feeds):
    arrays = graph.feed_arrays(feeds)
    moments = walk(graph.nodes, graph.output, arrays)
    return [moment for moment in moments if moment.step["phase"] == "backward"]


def forked():
    x = tg.Input("x", shape=(None, 2))
    W = tg.Parameter([[0.5, -1.0], [2.0, 0.25]], name="W")
    h = tg.Tanh(x @ W, name="h")
    return tg.Graph(tg.Mean(h * h + tg.Exp(h), name="loss"))


def test_plain_output_fits_80_columns_and_has_every_step(capsys):
    model = tg.lab2.model(rng=0)
    stepper = tg.step_through(model, tg.Adam(model.parameters), x=X, t=T)
    stepper.show(plain=True)
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    for step in stepper.steps:
        assert words.heading(step) in out
    for line in ("z1 = x @ W1", "dW1 = x.T @ dz1", "m_hat = m / (1 - 0.9 ** t)", "W1: a step"):
        assert line in out


def test_the_terminal_says_what_became_of_the_loss(capsys):
    for lr, verb in ((0.001, "decreased"), (0.1, "increased")):
        model = tg.lab2.model(rng=0)
        tg.step_through(model, tg.Adam(model.parameters, lr=lr), x=X, t=T).show(plain=True)
        out = " ".join(capsys.readouterr().out.split())
        assert f"The updates {verb} L from {model.forward(x=X, t=T):.5g} to" in out
        assert ("The step may be too long." in out) == (verb == "increased")


def test_a_loss_that_is_no_number_has_neither_fallen_nor_risen():
    said = words.loss_change({"loss_before": 2.0, "loss_after": "nan"})
    assert said == "The updates changed L from 2 to nan."


def test_keys_walk_through_the_steps(monkeypatch):
    import readchar

    key = readchar.key
    pressed = iter([key.RIGHT, " ", key.LEFT, key.END, key.HOME, "x", "q"])
    monkeypatch.setattr(readchar, "readkey", lambda: next(pressed))
    shown = []
    monkeypatch.setattr(
        terminal, "screen", lambda step, count, rows: shown.append(step["index"]) or ""
    )
    monkeypatch.setattr(
        terminal, "Console", lambda **kwargs: Console(file=io.StringIO(), force_terminal=True)
    )
    steps = tg.lab2.model(rng=0).trace(x=X, t=T)
    terminal.walk_through(steps, [None] * len(steps))
    assert [index for index, _ in groupby(shown)] == [1, 2, 3, 2, 20, 1]


def test_no_key_is_lost_while_a_step_is_drawn(monkeypatch):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    keyboard, end = pty.openpty()
    with open(end, encoding="utf-8") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(stdin)
        with terminal._keyboard() as pressed:
            os.write(keyboard, b"0.")
            os.write(keyboard, b"2\x1b[C\r")
            typed = pressed()
            assert [terminal._meaning(key) for key in typed] == [
                ("", "0"),
                ("", "."),
                ("", "2"),
                ("next", ""),
                ("check", ""),
            ]
        assert termios.tcgetattr(stdin) == before
    os.close(keyboard)


def test_in_a_notebook_show_displays_the_page(monkeypatch):
    shown = []
    notebook = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=True))
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=shown.append))
    stepper = tg.step_through(forked(), x=X)
    stepper.show()
    assert shown == [stepper]
    frame = stepper._repr_html_()
    assert "<iframe srcdoc=" in frame
    assert frame.partition("<iframe")[2].partition("</iframe>")[0].count("<") == 0, (
        "all of the page is within the attribute"
    )


def asked_walk(optimizer=tg.Adam):
    """Return a walk that predicts first, and its moments."""
    model = tg.lab2.model(rng=0)
    arrays = model.feed_arrays({"x": X, "t": T})
    moments = list(walk(model.nodes, model.output, arrays, optimizer(model.parameters, lr=0.1)))
    steps = terminal.Walk([moment.step for moment in moments], questions(moments))
    steps.press("", "p")
    return steps, moments


def as_text(walk, height=50):
    console = Console(file=io.StringIO(), width=80, height=height)
    lines = console.render_lines(walk.shown(console))
    assert len(lines) < height
    return "\n".join("".join(segment.text for segment in line).rstrip() for line in lines)


def type_in(walk, text):
    for character in text:
        walk.press("", character)
    walk.press("check", "")


def test_every_step_fits_a_terminal_of_24_lines():
    walk, moments = asked_walk()
    for place in range(len(moments)):
        walk.place = place
        walk.predicts, walk.reply = False, ""
        as_text(walk, 24)
        walk.predicts = True
        if walk.question is None:
            continue
        walk.reply = max((choice["hint"] for choice in walk.question["choices"]), key=len)
        for picks in (False, True):
            walk.picks = picks
            as_text(walk, 24)
            assert len(walk.keys()) <= 80
        walk.press("", "?")
        as_text(walk, 24)


def test_the_terminal_asks_answers_hints_and_keeps_the_score():
    walk, moments = asked_walk()
    walk.place = 11  # the sigmoid before the loss, backward
    question = walk.question
    asked = as_text(walk)
    assert "what is the gradient of layer3/a?\nda3[0, 0] = ▏" in asked
    assert "contribution" not in asked
    g, y = moments[11].step["incoming"]["entries"][0][0], moments[11].step["value"]["entries"][0][0]
    for typed, said in (
        ("12 +", "type a number"),
        (f"{g} * {y}", "The chain rule needs its slope"),
        (str(-question["answer"]), "size is right"),
        (f"{question['answer'] * 1.05}", "more digits"),
        ("7", "at the framed position"),
    ):
        type_in(walk, typed)
        assert walk.reply.startswith(f"{typed}: ")
        assert said in " ".join(as_text(walk).split())
    walk.press("", "9")
    walk.press("delete", "")
    type_in(walk, f"{g} × ({y} · (1 − {y}))")
    revealed = as_text(walk)
    assert "Correct. Here is the array. da3[0, 0] is 0.0107." in revealed
    assert walk.keys().endswith("✓ 0/1")
    assert "da3, contribution" in revealed
    walk.press("next", "")
    right = [choice["hint"] for choice in walk.question["choices"]].index("")
    walk.press("", terminal.LETTERS[right - 1])
    assert walk.reply == walk.question["choices"][right - 1]["hint"]
    walk.press("back", "")
    walk.press("next", "")
    walk.press("", "?")
    assert "Here is the array." in as_text(walk)
    walk.press("next", "")
    walk.press("", terminal.LETTERS[[c["hint"] for c in walk.question["choices"]].index("")])
    assert "Correct on your first try. Here is the array." in as_text(walk)
    assert walk.keys().endswith("✓ 1/3")
    walk.press("last", "")
    count = sum(asked is not None for asked in questions(moments))
    assert f"{count} questions: 1 correct on the first try, 1 after a hint, 1 shown" in as_text(
        walk
    )


def test_keys_of_a_question_leave_the_others_their_meaning():
    walk, _ = asked_walk()
    assert not walk.picks
    for character in "2 * -0.5":
        walk.press("", character)
    assert (walk.typed, walk.place) == ("2 * -0.5", 0)
    walk.press("switch", "")
    assert walk.picks
    walk.press("next", "")
    assert (walk.typed, walk.place) == ("", 1)
    walk.press("", " ")
    walk.press("", "p")
    assert walk.place == 2
    assert not walk.predicts
    walk.press("check", "")
    assert walk.place == 3
    walk.press("leave", "")
    assert walk.place == -1


@pytest.mark.parametrize(
    "text", ["", "x", "1 +", "(1", "2 ** 3", "1 / 0", "f(1)", "1j", "True", "(" * 999]
)
def test_what_is_no_sum_or_product_is_no_number(text):
    assert np.isnan(calculate(text))


def test_stepping_leaves_model_and_optimizer_as_they_were():
    model = tg.lab2.model(rng=0)
    optimizer = tg.Adam(model.parameters)
    before = [parameter.value.copy() for parameter in model.parameters]
    _ = tg.step_through(model, optimizer, 3, x=X, t=T).html
    for parameter, value in zip(model.parameters, before, strict=True):
        np.testing.assert_array_equal(parameter.value, value)
    assert optimizer.steps == 0


def test_lessons():
    with pytest.raises(tg.TinygraphError, match="takes a Graph"):
        tg.step_through(tg.Parameter(1.0, name="w"))
    with pytest.raises(tg.TinygraphError, match="nothing to step through"):
        tg.step_through(tg.Graph(tg.Parameter(1.0, name="w")))
    with pytest.raises(tg.TinygraphError, match="needs a scalar output"):
        tg.step_through(tg.Graph(tg.lab2.model(rng=0).prediction), x=X)
    model = tg.lab2.model(rng=0)
    hint = r"by its position.* step_through\(model, optimizer, 3, …\)"
    with pytest.raises(tg.TinygraphError, match=hint):
        tg.step_through(model, tg.SGD(model.parameters), x=X, t=T, training_steps=3)


def test_the_page_is_the_same_each_time():
    def text():
        return tg.step_through(tg.lab2.model(rng=0), x=X, t=T).html

    assert text() == text()


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300])
def test_a_run_that_is_not_finite_can_be_stepped_through(value):
    x = tg.Input("x", shape=(None,))
    w = tg.Parameter([1.0, 2.0], name="w")
    model = tg.Graph(tg.Mean(tg.Log(x * x) * tg.Exp(w) / x, name="loss"))
    text = tg.step_through(model, tg.SGD(w), x=[value, 1.0]).html
    data = text.partition('type="application/json">')[2].partition("</script>")[0]
    assert json.loads(data)["steps"]


def test_mistakes_beyond_all_bounds_are_left_out_without_a_warning():
    w = tg.Parameter([1.0], name="w")
    model = tg.Graph(tg.Sum(w * 1e308))  # a mistake of twice as much is infinite
    assert "1e+308" in tg.step_through(model, tg.SGD([w], lr=1e-300)).html


def test_an_op_of_ones_own_can_be_stepped_through():
    class Cube(tg.Op):
        def forward(self, x):
            return x**3

        def backward(self, g, y, x):
            return 3 * g * x**2

    class Join(tg.Op):
        def forward(self, *xs):
            return sum(xs)

        def backward(self, g, y, *xs):
            return tuple(g for _ in xs)

    w = tg.Parameter([1.0, 2.0], name="w")
    stepper = tg.step_through(tg.Graph(tg.Sum(Join(Cube(w), w), name="loss")), tg.SGD(w))
    assert "Cube.backward" in stepper.html
    stepper.show(plain=True)


def test_the_page_draws_each_cell_where_the_diagram_does():
    """Cells stand in the page by their place in their heat map alone, with the same colours."""
    model = tg.lab2.model(rng=0)
    drawn = ET.fromstring(page_svg(tg.step_through(model, x=X, t=T)._diagram))
    whole = ET.fromstring(tg.render(model, gradients=True).svg)
    panels = [each for each in drawn.iter() if each.get("class") in ("tg-value", "tg-grad")]
    assert len(panels) == 2 * len(model.nodes)
    for panel in panels:
        kind = panel.get("class")
        (twin,) = (
            each
            for each in whole.iter()
            if (each.get("class"), each.get("data-node")) == (kind, panel.get("data-node"))
        )
        expected = {}
        for polygon in twin.iter(f"{SVG}polygon"):
            corners = np.array([pair.split(",") for pair in polygon.get("points").split()], float)
            if np.allclose(np.ptp(corners, axis=0), CELL) and polygon.get("fill") != "none":
                expected[tuple(np.round(corners.min(axis=0), 1))] = polygon.get("fill")
        found = {}
        for cells in panel.iter(f"{SVG}g"):
            if cells.get("class") == "cells":
                origin = np.array(re.findall(r"[-.\d]+", cells.get("transform")), float)
                for rect in cells:
                    place = np.add(origin, [float(rect.get("x")), float(rect.get("y"))])
                    found[tuple(np.round(place, 1))] = rect.get("fill")
        assert found == expected


def test_without_graphviz_the_page_still_steps(monkeypatch):
    from tinygraph.errors import LayoutError
    from tinygraph.viz.diagram import layout

    def refuse(*args):
        raise LayoutError("no <Graphviz>")

    monkeypatch.setattr(layout, "lay_out", refuse)
    text = tg.step_through(forked(), x=X).html
    assert "There is no diagram here: no &lt;Graphviz&gt;" in text


@pytest.mark.parametrize(
    "graph", [tg.lab2.model(rng=0), tg.lab2.model(activation="relu", rng=1), forked()]
)
def test_no_mistake_is_right_and_no_two_are_alike(graph):
    feeds = {"x": X, "t": T} if "t" in graph else {"x": X}
    for moment in backward_moments(graph, **feeds):
        for argument, right in moment.totals.items():
            number = 1 if moment.contributions[argument] is right else 2
            found = mistakes(moment, argument, np.asarray(right), number)
            assert found
            hints = [mistake.hint for mistake in found]
            assert len(set(hints)) == len(hints)
            for mistake in found:
                same = mistake.array.shape == np.shape(right)
                assert not (same and np.allclose(mistake.array, right, rtol=1e-3, atol=0))


def test_the_typical_mistakes_are_among_the_wrong_answers():
    moments = {m.step["node"]: m for m in backward_moments(tg.lab2.model(rng=0), x=X, t=T)}

    def found(node, argument):
        moment = moments[node]
        right = np.asarray(moment.totals[argument])
        return [(m.array, m.hint) for m in mistakes(moment, argument, right, 1)]

    g, y = moments["layer2/h"].gradients, moments["layer2/h"].values
    by_name = {node.name: node for node in y}
    h, loss_slope = by_name["layer2/h"], by_name["layer3/h"]
    assert any(np.allclose(gradient, g[h] * y[h]) for gradient, _ in found("layer2/h", 0))
    assert any(
        np.allclose(gradient, g[loss_slope] * len(X)) and "mean" in hint
        for gradient, hint in found("loss", 0)
    )
    for argument in (0, 1):
        assert any("Transpose one" in hint for _, hint in found("layer2/z", argument))
    assert any("first sample" in hint for _, hint in found("layer2/a", 1))


def test_a_slip_in_a_later_contribution_keeps_what_had_arrived():
    """g in place of g · local, added to the right rest: a slip of its own, not a lost +=."""
    moment = next(m for m in backward_moments(forked(), x=X[1:4]) if m.step["op"] == "Multiply")
    right = np.asarray(moment.totals[1])
    before = right - moment.contributions[1]
    found = {m.hint: m.array for m in mistakes(moment, 1, right, 2)}
    g = np.asarray(moment.gradients[moment.node])
    unchanged = next(array for hint, array in found.items() if "the incoming gradient. Now" in hint)
    np.testing.assert_allclose(unchanged, before + g)
    lost = next(array for hint, array in found.items() if "+=" in hint)
    np.testing.assert_array_equal(lost, moment.contributions[1])


def test_a_question_asks_for_what_can_be_told_apart():
    for moment in backward_moments(tg.lab2.model(rng=0), x=X, t=T):
        asked = question(moment)
        assert asked is not None
        leaving = moment.step["outgoing"][asked["outgoing"]]
        entries = np.array(leaving["total"]["entries"])
        assert asked["answer"] == entries[tuple(asked["entry"])]
        for wrong, hint in asked["wrong"]:
            assert abs(wrong - asked["answer"]) > 0.02 * abs(asked["answer"])
            assert str(asked["answer"])[:6] not in hint
        assert [choice["hint"] for choice in asked["choices"]].count("") == 1


def test_questions_of_a_round_are_about_its_own_numbers():
    model = tg.lab2.model(rng=0)
    optimizer = tg.SGD(model.parameters, lr=10.0)
    arrays = model.feed_arrays({"x": X, "t": T})
    moments = list(walk(model.nodes, model.output, arrays, optimizer, 3))
    for moment in moments:
        value = moment.values[moment.node]
        assert summarise(value) == moment.step["value"]
        if moment.step["phase"] == "update":
            assert summarise(moment.after) == moment.step["after"]
    backward = [question(moment) for moment in moments if moment.step["phase"] == "backward"]
    once = len(backward) // 3
    assert backward[:once] != backward[once : 2 * once]


def test_forward_and_update_are_asked_about_once_a_kind():
    model = tg.lab2.model(rng=0)
    arrays = model.feed_arrays({"x": X, "t": T})
    optimizer = tg.Momentum(model.parameters, lr=0.1)
    moments = list(walk(model.nodes, model.output, arrays, optimizer, 2))
    asked = [m for m, about in zip(moments, questions(moments), strict=True) if about]
    forward = [m.step["node"] for m in asked if m.step["phase"] == "forward"]
    assert forward == ["layer1/z", "layer1/a", "layer1/h", "loss"]
    updates = [m.step for m in asked if m.step["phase"] == "update"]
    assert [step["training_step"] for step in updates] == [1, 2]
    assert all(m in asked for m in moments if m.step["phase"] == "backward")


@pytest.mark.parametrize(
    ("op", "hint"),
    [
        ("MatMul", "You multiplied rows by rows"),
        ("MatMul", "only the first product"),
        ("AddBias", "That is the input"),
        ("Sigmoid", "That is the slope (σ′)"),
        ("MSE", "divides it by the number of elements"),
        ("MSE", "It contains a power"),
    ],
)
def test_typical_mistakes_going_forward(op, hint):
    model = tg.lab2.model(rng=0)
    arrays = model.feed_arrays({"x": X, "t": T})
    moments = [m for m in walk(model.nodes, model.output, arrays) if m.step["op"] == op]
    # The second product is square: rows can meet rows there.
    moment = moments[len(moments) > 1]
    found = {mistake.hint: mistake.array for mistake in forward_mistakes(moment)}
    assert any(hint in each for each in found)
    for wrong in found.values():
        assert not is_like(wrong, np.asarray(moment.values[moment.node]))


@pytest.mark.parametrize(
    "optimizer", [tg.SGD, tg.Momentum, tg.Nesterov, tg.AdaGrad, tg.RMSProp, tg.Adam, tg.AdamW]
)
def test_an_update_is_asked_for_as_the_change_that_it_makes(optimizer):
    steps, moments = asked_walk(optimizer)
    steps.place = next(k for k, m in enumerate(moments) if m.step["phase"] == "update")
    moment, asked = moments[steps.place], steps.question
    change = moment.step["after"]["entries"][0][0] - moment.step["value"]["entries"][0][0]
    assert asked["array"]["entries"][0][0] == pytest.approx(change)
    plain = -0.1 * moment.gradients[moment.node]
    said = [hint for hint in (choice["hint"] for choice in asked["choices"]) if "plain" in hint]
    assert bool(said) is not is_like(plain, moment.after - moment.values[moment.node])
    assert "ΔW1" in as_text(steps)
    assert "W1, after" not in as_text(steps)


def test_nothing_is_asked_where_all_is_zero_or_not_finite():
    x = tg.Input("x", shape=(None,))
    for value in (0.0, np.nan):
        moments = backward_moments(tg.Graph(tg.Sum(x * x, name="loss")), x=[value])
        assert question(moments[-1]) is None


def test_path_sums_are_the_gradients():
    for graph, feeds in ((forked(), {"x": X}), (tg.lab2.model(rng=0), {"x": X, "t": T})):
        moment = backward_moments(graph, **feeds)[0]
        sums = path_sums(graph.nodes, graph.output, moment.values, moment.gradients)
        assert set(sums) == set(graph.parameters)
        for parameter, found in sums.items():
            for path_sum in found:
                right = moment.gradients[parameter][path_sum.entry]
                np.testing.assert_allclose(path_sum.total, right, rtol=1e-12)
                for path in path_sum.largest:
                    factors = [factor for _, _, factor in path.arrows]
                    np.testing.assert_allclose(np.prod(factors), path.product, rtol=1e-12)
                products = [abs(path.product) for path in path_sum.largest]
                assert products == sorted(products, reverse=True)
                if path_sum.how_many <= len(path_sum.largest):
                    listed = sum(path.product for path in path_sum.largest)
                    np.testing.assert_allclose(listed, right, rtol=1e-12)


def test_paths_through_a_diamond_chain_are_counted_not_walked():
    w = tg.Parameter(1.0, name="w")
    node = w
    for _ in range(100):
        node = node + node
    graph = tg.Graph(node * 2.0**-100)
    moment = backward_moments(graph)[0]
    (path_sum,) = path_sums(graph.nodes, graph.output, moment.values, moment.gradients)[w]
    assert path_sum.how_many == 2**100
    assert path_sum.total == 1.0


def test_a_big_run_has_no_paths():
    x = tg.Input("x", shape=(None,))
    graph = tg.Graph(tg.Sum(x * tg.Parameter(1.0, name="w"), name="loss"))
    moment = backward_moments(graph, x=np.ones(MOST_NUMBERS + 1))[0]
    assert path_sums(graph.nodes, graph.output, moment.values, moment.gradients) == {}


@pytest.mark.parametrize(
    "latex", [r"\broken{", r"\text{<img src=x>}", r"\href{javascript:1}{x}", r"\style{a}{b}"]
)
def test_a_formula_that_is_no_plain_mathematics_is_shown_as_text(latex):
    shown = mathml(latex)
    assert "<img" not in shown
    assert "javascript" not in shown or shown.startswith("<code>")


@pytest.mark.parametrize("op_class", [vars(tg.ops)[name] for name in tg.ops.__all__])
def test_every_formula_of_the_package_can_be_set(op_class):
    for latex in (op_class.formula, *(rule.math for rule in op_class.rules)):
        assert mathml(latex).startswith("<math>")


def test_data_in_a_script_ends_with_the_script_alone():
    text = page.script_safe(json.dumps({"name": "</script><!--<script>"}))
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><!--<script>"}


def test_plain_is_yes_or_no():
    with pytest.raises(tg.TinygraphError, match="plain must be True or False; got 'yes'"):
        tg.step_through(tg.Graph(tg.Parameter(3.0) * 2.0)).show(plain="yes")


@pytest.mark.parametrize("text", ["\x01", "\ufffe", "\ud800"])
@pytest.mark.parametrize("part", ["formula", "code"])
def test_odd_characters_in_the_texts_of_an_op_leave_the_page_whole(text, part, tmp_path):
    odd = type("Odd", (tg.Sigmoid,), {part: text})
    stepper = tg.step_through(tg.Graph(tg.Sum(odd(tg.Parameter([1.0, 2.0], name="w")))))
    page = stepper.save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert text not in page
