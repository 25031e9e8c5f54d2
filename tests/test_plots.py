"""Plots: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import plots


def test_a_learning_curve_shows_every_epoch_on_a_log_scale():
    ax = plots.learning_curve([1.0, 0.1, 0.01])
    (line,) = ax.get_lines()
    assert line.get_xdata().tolist() == [1, 2, 3]
    assert line.get_ydata().tolist() == [1.0, 0.1, 0.01]
    assert ax.get_yscale() == "log"


def test_several_curves_are_told_apart_by_a_legend():
    ax = plots.learning_curve({"SGD": [1.0, 0.5], "Adam": [1.0, 0.1]}, log_epochs=True)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["SGD", "Adam"]
    assert ax.get_xscale() == "log"


def test_a_history_draws_itself(lab2, xor):
    history = tg.fit(lab2, tg.SGD(lab2.parameters), **xor, epochs=5, print_interval=0)
    np.testing.assert_array_equal(history.plot().get_lines()[0].get_ydata(), history.loss)


def test_wrong_points_are_circled():
    x = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    truth = np.array([[0.0], [1.0], [1.0]])
    figure = plots.truth_and_prediction(x, truth, [[0.1], [0.2], [0.9]])
    left, right = figure.axes
    drawn = {c.get_label(): c.get_offsets().tolist() for c in right.collections}
    assert drawn["wrong"] == [[1.0, 1.0]]
    assert drawn["class 1"] == [[0.0, 1.0]]
    assert {c.get_label() for c in left.collections} == {"class 0", "class 1"}


def test_no_title_stands_on_another():
    figure = plots.truth_and_prediction([[0.0, 1.0]], [[1.0]], [[0.9]], title="XOR, 20,000 epochs")
    figure.canvas.draw()
    lowest = figure._suptitle.get_window_extent().y0
    highest = max(ax.title.get_window_extent().y1 for ax in figure.axes)
    assert lowest - highest > 0.3 * figure.axes[0].title.get_window_extent().height


def test_decision_regions_ask_the_model(lab2, xor):
    ax = plots.decision_regions(lab2, xor["x"], xor["t"], resolution=30)
    mesh = next(c for c in ax.collections if c.get_array() is not None)
    corner = lab2.predict(x=[[ax.get_xlim()[0], ax.get_ylim()[0]]])
    assert mesh.get_array().ravel()[0] == pytest.approx(corner[0, 0])


@pytest.mark.parametrize("several", [False, True])
def test_a_history_is_told_where_its_losses_are(several):
    history = tg.History(loss=np.array([1.0, 0.5]))
    with pytest.raises(tg.TinygraphError, match=r"pass history.loss, or call history.plot\(\)"):
        plots.learning_curve({"SGD": history} if several else history)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.learning_curve(np.ones((2, 2))),
        lambda: plots.learning_curve(["a"]),
        lambda: plots.points(np.ones((3, 3)), np.ones(3)),
        lambda: plots.points(np.ones((3, 2)), np.ones(2)),
        lambda: plots.decision_regions("model", np.ones((1, 2)), np.ones(1)),
        lambda: plots.decision_regions(
            tg.Graph(tg.Input("x", (None, 3)) * 1.0), np.ones((1, 2)), np.ones(1)
        ),
        lambda: plots.decision_regions(
            tg.Graph(tg.Input("x", (None, 2)) * 1.0), np.ones((1, 2)), np.ones(1)
        ),
        lambda: plots.decision_regions(
            tg.Graph(tg.Sum(tg.Input("x", (None, 2)))), np.ones((1, 2)), np.ones(1)
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(tg.TinygraphError):
        draw()


def test_an_empty_or_zero_loss_still_draws():
    axes = plots.learning_curve([0.0, 0.0])
    assert (axes.get_yscale(), axes.get_ylabel()) == ("linear", "loss")
    assert plots.learning_curve([1.0, 0.0]).get_ylabel() == "loss (log scale)"
    assert plots.learning_curve([]).get_xlabel() == "epoch"


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.learning_curve([1.0], ax=5), "ax is the matplotlib axes to draw on"),
        (lambda: plots.learning_curve([1.0], title=5), "A title is a text; got 5"),
        (lambda: plots.learning_curve([1.0], log_epochs="no"), "log_epochs is True or False"),
        (lambda: plots.points([[0, 1]], [1], ax="here"), "ax is the matplotlib axes"),
        (lambda: plots.points([[0, 1]], [1], title=None), "A title is a text"),
        (lambda: regions(resolution=1), "from 2 to 2,000; got 1"),
        (lambda: regions(resolution=10**18), "from 2 to 2,000"),
        (lambda: regions(resolution=20.0), "resolution is a whole number"),
    ],
)
def test_odd_settings_of_a_plot_are_refused(draw, words):
    with pytest.raises(tg.TinygraphError, match=words):
        draw()


def regions(**settings):
    return plots.decision_regions(tg.lab2.model(rng=0), *tg.data.xor(), **settings)
