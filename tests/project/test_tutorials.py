"""Every tutorial runs, its solution is right, and the usual slips are told apart."""

import re
import runpy
import textwrap
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import tinygraph as tg
from tinygraph import exercises
from tinygraph.exercises import zoo
from tinygraph.exercises.verdict import judge

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
    monkeypatch.setattr(plt, "show", plt.close)
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
        "admonition:: Predict",
        "# Exercise\n",
        "# What this leaves out\n",
    ):
        assert part in text, part


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
    "01": [(0.25, "sign"), (-1, "dL/dh"), (-0.125, "2 (h − t)"), (-0.5, "1/4")],
    "02": [(24, "by a alone"), (12, "by b alone"), (288, "multiplied"), (7, "slope of a + b")],
    "03": [
        (7, "is a function"),
        (lambda x, W, g: None, "return"),
        (lambda x, W, g: x @ x, "failed: ValueError"),
        (lambda x, W, g: (g @ W.T, x.T @ g), "three gradients"),
        (lambda x, W, g: (g @ W.T, g.T @ x, g.sum(axis=0)), "transposed"),
        (lambda x, W, g: (g @ W.T, x.T @ g / 5, g.sum(axis=0)), "not averaged"),
        (lambda x, W, g: (g @ W.T, x.T @ g, g.mean(axis=0)), "gradient of b: Not yet: the batch"),
    ],
    "04": [
        (lambda x: sigma(x), "second term"),
        (lambda x: x * sigma(x) * (1 - sigma(x)), "first term"),
        (lambda x: sigma(x) * (1 - sigma(x)), "sigmoid alone"),
        (lambda x: 1 + x, "largest difference"),
    ],
    "06": [
        (lambda v: v["layer1/h"], "shape"),
        (by_values(slopes=(1, 2)), "slope of layer 3"),
        (by_values(slopes=(2, 3)), "slope of layer 1"),
        (by_values(factor=0.5), "2 of the square"),
        (by_values(factor=21), "1/n of the mean"),
        (by_values(factor=-1), "sign"),
        (lambda v: v["layer4/h"], "failed: KeyError"),
    ],
    "10": [
        (2.5, "not added"),
        (0.025, "its own factor"),
        (0.5**10, "slope there is 1/4"),
        (0.25**9, "too few"),
        (0.25**11, "too many"),
    ],
    "07": [(0.25, "single step"), (2, "c = 1"), (0.125, "cancel"), ("x", "made of numbers")],
    "08": [
        (-100, "plain gradient descent"),
        (-0.1 * 100 / 1000**0.5 / 1000**0.5 * 1000**0.5, "start at 0"),
        (-10, "root of the mean square"),
        (0.1, "against the gradient"),
        (0, "as long as η"),
    ],
    "09": [
        (1.0, "four arrays"),
        (([[1, 1], [1, 1]], [0, -1], [1, -2], [0]), r"W2 has the shape (2, 1)"),
        (([[1, -1], [-1, 1]], [0, 0], [[1], [1]], [0]), "columns of W1"),
        (([[1, 1], [1, 1]], [0, -1], [[1], [-1]], [0]), "at (1, 1) it answers 1; XOR is 0"),
    ],
    "11": [
        ("Cube", "set of names"),
        ({"Cubes"}, 'Did you mean "Cube"'),
        ({"Cube", "Sigmoid"}, "Sigmoid is sound"),
        ({"Cube"}, "8 more of them"),
        ({zoo.Cube, zoo.Tanh}, "7 more of them"),
    ],
    "12": [
        (tg.Sigmoid.forward, "class itself"),
        (tg.ReLU, "takes no keyword|this is a ReLU"),
        (leaky(slope_of_g=lambda x, s: np.where(x > 0, 1.0, 1.0)), "backward is not yet"),
        (leaky(value=lambda x, s: np.where(x > 0, s * x, x)), "wrong way round"),
        (leaky(value=lambda x, s: np.where(x > 0, x, 0.1 * x)), "0.1 is used all the same"),
    ],
    "13": [
        (lambda x, t, W, b, lr: 0.0, "three things"),
        (by_hand(loss=0.5), "half mean"),
        (by_hand(step=lambda w, g, n: w + 0.1 * g), "new W: Not yet: the step goes uphill"),
        (by_hand(step=lambda w, g, n: g), "this is the gradient"),
        (by_hand(step=lambda w, g, n: w - 0.1 * g / 2), "the 2 of the square"),
        (by_hand(step=lambda w, g, n: w - 0.1 * g * n), "the 1/n"),
        (by_hand(step=change_in_place), "W was changed in place"),
    ],
    "14": [
        (3, "class itself"),
        (int, "no forward"),
        (product(lambda g, a, b: (g * a, g * b)), "of the other input"),
        (product(lambda g, a, b: (b, a)), "g is missing"),
        (product(lambda g, a, b: g * b), "one gradient for a and one for b"),
    ],
    "05": [(0.01, "2/n"), (50, "upside down"), (0.5, "divides by n"), (2, "divides by n")],
}


@pytest.mark.parametrize(
    ("number", "answer", "lesson"), [(n, *case) for n, cases in WRONG.items() for case in cases]
)
def test_a_usual_slip_is_told_by_name(number, answer, lesson):
    verdict = exercises.check(number, answer)
    assert not verdict.is_right
    assert any(part in verdict.message for part in lesson.split("|")), verdict


def test_every_tutorial_has_an_exercise_and_the_slips_of_each_are_tested():
    numbers = {path.name[:2] for path in TUTORIALS}
    assert numbers == set(exercises.EXERCISES) == set(WRONG)


def test_answers_in_numbers_are_told_what_kind_of_wrong_they_are():
    right = np.arange(6.0).reshape(2, 3)

    def message(answer):
        return judge(answer, right, {"a slip": right + 1}).message

    assert message(right) == "Right."
    assert "transposed" in message(right.T)
    assert "shape (2, 3); got (3,)" in message(np.zeros(3))
    assert "a slip" in message(right + 1)
    assert "sign" in message(-right)
    assert "3 times too large" in message(3 * right)
    assert "largest difference is 10" in message(right + 10)
    assert "made of numbers" in message("three")


def test_an_unknown_exercise_is_refused():
    with pytest.raises(tg.TinygraphError, match="No exercise is called '011'"):
        exercises.check("011", 1.0)


def test_the_zoo_has_at_least_eight_that_are_broken_and_some_that_are_sound():
    everybody = {each.__name__ for each in (*zoo.OPS, *zoo.OPTIMIZERS)}
    assert len(zoo.broken()) >= 8
    assert everybody - zoo.broken() == {"Sigmoid", "SquaredError", "HeavyBall"}
