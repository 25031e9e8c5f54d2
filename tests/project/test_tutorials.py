"""Every tutorial runs, its solution is right, and the usual mistakes are named."""

import os
import re
import runpy
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import tinygraph as tg
from tinygraph import exercises
from tinygraph.exercises import zoo
from tinygraph.exercises.verdict import judge
from tinygraph.exercises.zoo_answers import FAULT_OF

ROOT = Path(__file__).parents[2]
TUTORIALS = sorted((ROOT / "tutorials").glob("[0-9][0-9]_*.py"))
SOLUTION = re.compile(r"^# \.\. dropdown:: Solution\n(?:#.*\n)*", re.MULTILINE)
CODE = re.compile(r"^    \.\. code-block:: python\n\n(?P<code>(?:\n|        .*(?:\n|$))+)", re.M)


def solution_of(path: Path) -> str:
    """Return the code of a tutorial's folded solution."""
    folded = SOLUTION.search(path.read_text(encoding="utf-8"))
    assert folded, f"{path.name} has no folded solution"
    text = re.sub(r"^# ?", "", folded[0], flags=re.MULTILINE)
    return "\n".join(textwrap.dedent(code["code"]) for code in CODE.finditer(text))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_runs_from_any_folder_and_its_solution_is_right(path, tmp_path, monkeypatch, capsys):
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    names = runpy.run_path(str(path))
    plt.close("all")
    assert "No answer yet" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []

    exec(solution_of(path), names)
    verdict = exercises.check(path.name[:2], names["answer"])
    assert verdict.is_right, verdict


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_has_all_its_parts(path):
    text = path.read_text(encoding="utf-8")
    for part in (
        "**Question.**",
        "**The answer to the question.**",
        "admonition:: Predict",
        "# Exercise\n",
        "# What this leaves out\n",
    ):
        assert part in text, part
    assert text.count("**Your prediction.**") == text.count("admonition:: Predict")
    assert ("admonition:: Remember" in text) == (path.stem[:2] != "01")


def sigma(x):
    return 1 / (1 + np.exp(-x))


def leaky(value=None, slope_of_g=None):
    """Return the class of a leaky ReLU with a slip in one of its methods."""

    class Leaky(tg.Op):
        slope: float = 0.1

        def forward(self, x):
            return (value or (lambda x, s: np.where(x > 0, x, s * x)))(x, self.slope)

        def backward(self, g, y, x):
            return g * (slope_of_g or (lambda x, s: np.where(x > 0, 1.0, s)))(x, self.slope)

    return Leaky


def by_hand(loss=1.0, step=lambda w, g, n: w - 0.1 * g):
    """Return the straight line of tutorial 13, with a slip in the loss or in the step."""

    def answer(x, t, W, b, lr):
        e = x @ W + b - t
        g = 2 / len(e) * e
        gradients = x.T @ g, g.sum(axis=0)
        return loss * np.mean(e**2), *(
            step(w, d, len(e)) for w, d in zip((W, b), gradients, strict=True)
        )

    return answer


def change_in_place(w, g, n):
    w -= 0.1 * g
    return w


def by_values(slopes=(1, 2, 3), factor=1.0):
    """Return the gradient of tutorial 06, with slopes left out or a factor too much."""

    def answer(v):
        d = factor * 2 / v["t"].size * (v["layer3/h"] - v["t"])
        for k in (3, 2, 1):
            h = v[f"layer{k}/h"]
            d = d * (h * (1 - h) if k in slopes else 1.0)
            d = d @ v[f"layer{k}/W"].T if k > 1 else v["x"].T @ d
        return d

    return answer


def product(gradients):
    """Return a Multiply for the engine of tutorial 14, with these gradients."""

    class Multiply:
        def __init__(self, *inputs):
            self.inputs = inputs

        def forward(self, a, b):
            return a * b

        def backward(self, g, y, a, b):
            return gradients(g, a, b)

    return Multiply


WRONG = {
    "01": [
        (0.0751, "sign"),
        (-0.238, "dL/dh"),
        (-0.0250, "dL/db"),
        (-0.0501, "dL/dx"),
        (-0.0375, "2 (h − t)"),
        (-0.715, "slope of the sigmoid is missing"),
        (-0.630, "not h"),
        (-0.0853, "not 1 − h"),
        (-0.555, "not h²"),
        (-0.0102, "not (1 − h)²"),
        (-0.0761, "more digits"),
        ("a half", "made of numbers"),
    ],
    "02": [
        (24, "path through a"),
        (9, "path through b"),
        (216, "multiplied"),
        (7, "slope of a + b"),
        (21, "uses x twice"),
        (58, "swapped"),
        (36, "value of L"),
    ],
    "03": [
        (7, "must be a function"),
        (lambda x, W, g: None, "return"),
        (lambda x, W, g: x @ x, "failed: ValueError"),
        (lambda x, W, g: (W.T @ g, g @ x.T), "three gradients"),
        (lambda x, W, g: (W.T @ g, x @ g.T, g.sum(axis=1)), "transposed"),
        (lambda x, W, g: (W.T @ g, g @ x.T / 5, g.sum(axis=1)), "took a mean"),
        (lambda x, W, g: (W.T @ g, g @ x.T, g.sum(axis=1)), "shape must be (3, 1)"),
        (
            lambda x, W, g: (W.T @ g, g @ x.T, g.mean(axis=1, keepdims=True)),
            "gradient of b: Not yet: you took a mean",
        ),
    ],
    "04": [
        (lambda x: sigma(x), "second term"),
        (lambda x: x * sigma(x) * (1 - sigma(x)), "another term"),
        (lambda x: sigma(x) * (1 - sigma(x)), "only the slope of the sigmoid"),
        (lambda x: x * sigma(x), "function itself"),
        (lambda x: 1 + x, "of 13 numbers are wrong"),
    ],
    "05": [
        (0.02, "half of the sum"),
        (0.005, "cancels"),
        (100, "reciprocal"),
        (1, "divides by n"),
        (0.5, "divides by n"),
    ],
    "06": [
        (lambda v: v["layer1/h"], "shape"),
        (by_values(slopes=(1, 2)), "slope of layer 3"),
        (by_values(slopes=(2, 3)), "slope of layer 1"),
        (by_values(factor=0.5), "2 of the square"),
        (by_values(factor=21), "1/n of the mean"),
        (by_values(factor=-1), "sign"),
        (by_values(factor=3), "same factor"),
        (lambda v: v["layer4/h"], "failed: KeyError"),
    ],
    "07": [
        ("1/6", "single step"),
        (2, "only for v"),
        (0.667, "curvature is not 3"),
        (2 / 7, "do not add"),
        ("x", "made of numbers"),
    ],
    "08": [
        (-100, "plain gradient descent"),
        (-0.1 * 100 / 1000**0.5 / 1000**0.5 * 1000**0.5, "start at 0"),
        (-10, "root of the mean square"),
        (0.1, "against the gradient"),
        (0, "does change"),
    ],
    "09": [
        (1.0, "four arrays"),
        (([[1, 1]], [0, -1], [[1], [-2]], [0]), r"W1 must have the shape (2, 2)"),
        (([[1, 1], [1, 1]], ["zero", -1], [[1], [-2]], [0]), "b1: The answer must be made"),
        (([[1, -1], [-1, 1]], [0, 0], [[1], [1]], [0]), "columns of W1"),
        (([[1, 1], [1, 1]], [0, -1], [[1], [-1]], [0]), "this is OR"),
        (([[1, 1], [1, 1]], [0, -1], [[0], [1]], [0]), "this is AND"),
        (([[1, 1], [1, 1]], [0, 5], [[1], [0]], [0]), "this is x1 + x2"),
        (([[1, 1], [1, 1]], [0, 0], [[1], [-2]], [0]), "both units compute the same"),
        (([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [1]), "opposite of XOR"),
        (([[1, 1], [1, 1]], [0, -1], [[-1], [2]], [0]), "sign of W2"),
        (([[1, 1], [1, 1]], [0, -1], [[1], [-3]], [0]), "at (1, 1) the network gives -1"),
    ],
    "10": [
        (0.25**7, "weights are missing"),
        (2 * 0.25**7, "in every layer"),
        (3.5, "not added"),
        (1, "σ(0)"),
        (0.5**6, "one factor is missing"),
        (0.5**8, "one factor too many"),
    ],
    "11": [
        ("Cube", "dictionary"),
        ({"Cubes"}, 'Did you mean "Cube"'),
        ({"Cube", "Sigmoid"}, "Sigmoid is not broken"),
        ({"Cube": "g"}, "14 more"),
        ({zoo.Cube, zoo.Tanh}, "13 more"),
        ({"Cube": "power"}, "not in this way"),
        ({"Cube": "missing"}, "key of zoo.FAULTS"),
        ({op.__name__ for op in zoo.OPS} - {"Sigmoid", "SquaredError", "Center"}, "optimizers"),
        (set(FAULT_OF), "give the faults"),
    ],
    "12": [
        (tg.Sigmoid.forward, "class itself"),
        (tg.ReLU, "takes no keyword|this is a ReLU"),
        (leaky(slope_of_g=lambda x, s: np.where(x > 0, 1.0, 1.0)), "backward is wrong"),
        (leaky(value=lambda x, s: np.where(x > 0, s * x, x)), "sides are swapped"),
        (leaky(value=lambda x, s: np.where(x > 0, x, 0.1 * x)), "always uses 0.1"),
    ],
    "13": [
        (lambda x, t, W, b, lr: 0.0, "three things"),
        (by_hand(loss=0.5), "half the mean"),
        (by_hand(step=lambda w, g, n: w + 0.1 * g), "new W: Not yet: the step goes uphill"),
        (by_hand(step=lambda w, g, n: g), "this is the gradient"),
        (by_hand(step=lambda w, g, n: w - 0.1 * g / 2), "the 2 of the square"),
        (by_hand(step=lambda w, g, n: w - 0.1 * g * n), "the 1/n"),
        (by_hand(step=change_in_place), "changed W in place"),
    ],
    "14": [
        (3, "class itself"),
        (int, "method forward"),
        (product(lambda g, a, b: (g * a, g * b)), "of the other input"),
        (product(lambda g, a, b: (b, a)), "g is missing"),
        (product(lambda g, a, b: (g * (a + b), g * (a + b))), "one per input"),
        (product(lambda g, a, b: g * b), "one gradient for a and one for b"),
    ],
    "15": [
        (30, "do not need"),
        (19, "of the backward pass"),
        (20, "two products"),
        (10, "only the products of the forward pass"),
    ],
    "16": [
        (1 / 3, "only the curvature along u"),
        (0.5, "smallest curvature"),
        (0.125, "needs one step"),
        (1 / 6, "sum of the curvatures"),
    ],
    "17": [
        ([0.7, -0.8, 0.1], "sum over the batch"),
        ([-0.175, 0.2, -0.025], "direction of the step"),
        (["-0.3/4", "0.2/4", "0.1/4"], "counted from 0"),
        ([0, -1.25, 0], "not to the logits"),
        (["0.7/4", "0.2/4", "0.1/4"], "Subtract the target"),
        ([0.7, 0.2, 0.1], "these are the probabilities"),
    ],
    "18": [
        (430, "leaves out the last batch"),
        (437.5, "whole number"),
        (44, "in one epoch"),
        (14000, "images seen"),
        (10, "full batch"),
    ],
    "19": [
        (0.01, "variance"),
        ("(1/200)^0.5", "half of its inputs"),
        ("2 / 200^0.5", "not the standard deviation"),
        (0.005, "shrink"),
    ],
    "20": [
        ([0, 3], "scaled"),
        ([2.4, 0], "larger, not smaller"),
        ([0, 15], "set to 0"),
        (3.75, "shape must be (2,)"),
        (["zero", 3], "made of numbers"),
    ],
    "21": [
        (450, "has a bias"),
        (156, "all channels"),
        (468, "one bias"),
        (456 * 24 * 24, "share the weights"),
        (3456, "size of the output"),
    ],
    "22": [
        (3, "larger weight"),
        (4, "not equal"),
        (20, "add up to 1"),
        ("6 * 1.0986", "Apply the softmax first"),
        (6, "weighted mean"),
    ],
    "23": [
        (3, "through f"),
        (2, "direct path"),
        (2.5, "multiply by the gradient of y"),
        (8, "is not 1"),
        (6, "added, not multiplied"),
    ],
}


@pytest.mark.parametrize(
    ("number", "answer", "part"), [(n, *case) for n, cases in WRONG.items() for case in cases]
)
def test_a_usual_mistake_is_named(number, answer, part):
    verdict = exercises.check(number, answer)
    assert not verdict.is_right
    assert any(each in verdict.message for each in part.split("|")), verdict


def test_every_tutorial_has_an_exercise_and_the_mistakes_of_each_are_tested():
    numbers = {path.name[:2] for path in TUTORIALS}
    assert numbers == set(exercises.EXERCISES) == set(WRONG)


def test_no_message_about_a_number_contains_the_right_number():
    right = {
        "01": "0.075",
        "02": "33",
        "05": "0.01",
        "07": "0.33",
        "08": "0.1",
        "10": "0.0078",
        "15": "29",
        "16": "0.25",
        "18": "440",
        "21": "456",
    }
    for number, digits in right.items():
        for answer, _ in [*WRONG[number], (1e6, ""), (-3.7, "")]:
            message = exercises.check(number, answer).message
            assert digits not in re.sub("got .*", "", message), message


@pytest.mark.parametrize(
    "answer",
    [
        *(33, 33.0, "33", " 24+9 ", "3^3 + 6", "66/2", [33], [[33.0]], ("33",), np.array([33])),
        Fraction(33),
        *("[33]", "[[66/2]]", "3 × 11", "36\N{MINUS SIGN}3", "66\u00a0/ 2", "6^2 – 3"),
    ],
    ids=repr,
)
def test_a_number_may_be_typed_in_many_ways(answer):
    assert exercises.check("02", answer).is_right


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ("__import__('os')", "must be made of numbers"),
        ("9**9**9**9", "must be made of numbers"),
        ("1/0", "must be made of numbers"),
        ("", "must be made of numbers"),
        ("(" * 150, "must be made of numbers"),
        ("1+" * 500 + "1", "must be made of numbers"),
        ("0,5", "decimal point"),
        ("\N{MINUS SIGN}0,25", "decimal point"),
        ("[1, 2]", "shape must be (); yours is (2,)"),
        ("[[1, 2], [3]]", "must be made of numbers"),
        ({}, "must be made of numbers"),
        (float("nan"), "NaN"),
        ([1, 2], "shape must be (); yours is (2,)"),
        (tg.Parameter(33.0, name="x"), "is a node"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_an_answer_that_is_not_a_number_gets_advice(answer, part):
    verdict = exercises.check("02", answer)
    assert not verdict.is_right
    assert part in verdict.message


def test_a_wrong_answer_in_numbers_is_described():
    right = np.arange(6.0).reshape(2, 3)

    def message(answer):
        return judge(answer, right, {"a slip": right + 1}, hint="A hint.").message

    assert message(right) == "Right."
    assert "transposed" in message(right.T)
    assert "shape must be (2, 3); yours is (3,)" in message(np.zeros(3))
    assert message(right + 1) == "Not yet: a slip."
    assert message(-right) == "Not yet: check the sign. A hint."
    assert "same factor" in message(3 * right)
    assert message(right + 10) == "Not yet: 6 of 6 numbers are wrong. A hint."
    assert "made of numbers" in message("three")


def test_an_unknown_exercise_is_refused():
    with pytest.raises(tg.TinygraphError, match="The exercise '011' does not exist"):
        exercises.check("011", 1.0)


def test_the_zoo_is_broken_where_its_answers_say_so():
    specimens = {each.__name__ for each in (*zoo.OPS, *zoo.OPTIMIZERS)}
    assert zoo.broken() == set(FAULT_OF)
    assert specimens - zoo.broken() == {"Sigmoid", "SquaredError", "Center", "HeavyBall"}
    assert set(FAULT_OF.values()) < set(zoo.FAULTS)


SCRIPT = """
import matplotlib.pyplot as plt
import tinygraph as tg
from tinygraph.exercises import check, show

model = tg.Graph(tg.Sigmoid(tg.Parameter(1.0, name="w"), name="h"))
model.forward()
show(tg.render(model))
show(tg.step_through(model))
fig, ax = plt.subplots()
show(fig)
show(tg.derive(model, "w"))
show(check("02", {answer}))
"""


@pytest.fixture
def script(tmp_path):
    """Return a function that runs a small tutorial with an answer, as a script in a folder."""

    def run(answer, *options):
        (tmp_path / "small.py").write_text(SCRIPT.format(answer=answer), encoding="utf-8")
        browser = {"BROWSER": f"{sys.executable} -c 'import sys; print(sys.argv)' %s"}
        return subprocess.run(
            [sys.executable, "small.py", *options],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **browser},
            check=False,
        )

    return run


def test_a_script_writes_its_pictures_and_prints_each_path(script, tmp_path):
    done = script(answer=33)
    lines = done.stdout.splitlines()
    paths = [line.removeprefix("Picture: ") for line in lines if line.startswith("Picture: ")]
    assert paths == [
        "tutorial-output/small/1-diagram.svg",
        "tutorial-output/small/2-stepper.html",
        "tutorial-output/small/3-plot.png",
    ]
    assert all((tmp_path / path).stat().st_size > 500 for path in paths)
    assert any("∂L/∂w" in line for line in lines), lines
    assert lines[-1] == "Right."
    assert done.returncode == 0


@pytest.mark.parametrize(("answer", "status"), [(None, 1), (24, 1), (33, 0)])
def test_strict_makes_the_answer_the_exit_status(script, answer, status):
    strict = script(answer, "--strict")
    assert strict.returncode == status
    assert ("Right." if answer == 33 else "yet") in strict.stdout.splitlines()[-1]
    assert script(answer).returncode == 0


def test_an_unknown_option_of_a_script_is_refused(script):
    done = script(33, "--opne")
    assert done.returncode == 2
    assert "--opne" in done.stderr


def test_open_hands_each_picture_to_the_browser(script):
    done = script(33, "--open")
    assert done.stdout.count("file://") == 3, done


def test_show_returns_a_picture_where_no_script_runs(capsys):
    diagram = tg.render(tg.Graph(tg.Parameter(1.0, name="w") * 2.0))
    assert exercises.show(diagram) is diagram
    assert exercises.show(plt.figure()) is None
    assert exercises.show(exercises.check("02", 33)) is None
    plt.close("all")
    assert capsys.readouterr().out == "Right.\n"


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_picture_ends_its_cell(path):
    """A notebook and the book display only the last expression of a cell."""
    for cell in path.read_text(encoding="utf-8").split("\n# %%\n"):
        lines = [line for line in cell.splitlines() if line and not line.startswith("#")]
        assert not [line for line in lines[:-1] if line.startswith("show(tg.")], lines
