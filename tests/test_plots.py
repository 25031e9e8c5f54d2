"""Plots: what is drawn is what was given."""

from __future__ import annotations

import numpy as np
import pytest

import tinygraph as tg
from tinygraph import plots
from tinygraph.errors import ArgumentError


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


def test_histories_are_compared():
    one = tg.History(loss=[1.0, 0.5], validation_loss=[np.nan, 0.7])
    axes = plots.learning_curve({"SGD": one, "Adam": tg.History(loss=[1.0, 0.1])})
    assert legend(axes) == ["SGD", "SGD, validation", "Adam"]
    drawn = [line.get_xydata().tolist() for line in axes.get_lines()]
    assert drawn == [[[1, 1.0], [2, 0.5]], [[2, 0.7]], [[1, 1.0], [2, 0.1]]]
    colours = [line.get_color() for line in axes.get_lines()]
    assert colours[0] == colours[1] != colours[2]


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize(
    "names", [[0, 1], [0.0, None], ["", "_"], ["_a", "b"], ["$x$", "5 $"], [r"$\nothing$", "a"]]
)
def test_every_label_is_in_the_legend(names):
    axes = plots.learning_curve({name: [2.0, 1.0] for name in names})
    axes.figure.canvas.draw()
    assert len(legend(axes)) == len(names)
    if "$" not in "".join(map(str, names)):
        assert legend(axes) == [str(name) or "training" for name in names]


def test_a_long_label_leaves_space_for_the_curve():
    axes = plots.learning_curve({"a" * 200: [2.0, 1.0], "b": [1.0, 1.0]})
    axes.figure.canvas.draw()
    assert legend(axes) == ["a" * 59 + "…", "b"]
    assert axes.get_window_extent().width > 300


def test_huge_points_are_drawn_at_the_end_of_the_axes():
    axes = plots.points([[1e308, 0.0], [1.0, 1.0], [np.inf, 0.0]], [0, 1, 1])
    axes.figure.canvas.draw()
    assert axes.get_xlim()[1] > 1e300


def test_a_confusion_matrix_of_many_classes():
    axes = plots.confusion_matrix(range(30), [0, *range(29)])
    assert len(axes.get_xticks()) == 30
    with pytest.raises(ArgumentError, match="at most 100 classes; these labels have 101"):
        plots.confusion_matrix(range(101), range(101))


@pytest.mark.parametrize(
    "loss",
    [
        np.linspace(3, -3, 20),
        [-1.0, -2.0],
        [2.0, 1.0, 0.0],
        [1e-300, 1e300],
        [1.0, 1e308],
        [5.0],
        [np.nan, 2.0, np.nan, 1.0],
        [np.inf, 2.0, 1.0],
        [1e-320, 1.0],
        [1.0, 1.0],
        [0.0],
    ],
)
def test_every_finite_loss_is_inside_the_axes(loss):
    axes = plots.learning_curve(loss)
    axes.figure.canvas.draw()
    low, high = axes.get_ylim()
    finite = np.minimum(np.array(loss)[np.isfinite(loss)], 1e300)
    assert ((low <= finite) & (finite <= high)).all()
    (line,) = axes.get_lines()
    assert line.get_ydata().tolist() == finite.tolist()
    assert len(finite) > 1 or line.get_marker() == "o"


def test_all_nan_still_draws():
    plots.learning_curve([np.nan, np.nan]).figure.canvas.draw()


def test_an_accuracy_curve_shows_the_printed_lines(lab2, xor):
    history = tg.fit(
        lab2, tg.Adam(lab2.parameters), **xor, epochs=20, print_interval=5, validation=xor
    )
    axes = plots.accuracy_curve({"a": history})
    assert [line.get_xdata().tolist() for line in axes.get_lines()] == [
        [5, 10, 15, 20],
        list(range(1, 21)),
    ]
    with pytest.raises(tg.TinygraphError, match="drawn of a History"):
        plots.accuracy_curve([0.5])


def drawn_classes(axes):
    return {c.get_label(): len(c.get_offsets()) for c in axes.collections}


X3 = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 1, 1], {"class 0": 1, "class 1": 2}),
        ([[-1], [1], [1]], {"class −1": 1, "class 1": 2}),
        ([-0.9, 0.4, 0.9], {"class −1": 1, "class 1": 2}),
        ([0.4, 0.6, 0.9], {"class 0": 1, "class 1": 2}),
        ([0, 1, 2], {"class 0": 1, "class 1": 1, "class 2": 1}),
        ([[0, 0, 1], [1, 0, 0], [0.1, 0.2, 0.3]], {"class 0": 1, "class 1": 0, "class 2": 2}),
        ([5, 700, -3], {"class −3": 1, "class 5": 1, "class 700": 1}),
        ([1, 1, 1], {"class 0": 0, "class 1": 3}),
        ([0, np.nan, 1], {"class 0": 1, "class 1": 1, "NaN": 1}),
    ],
)
def test_points_are_coloured_by_the_rule_of_the_accuracy(labels, expected):
    axes = plots.points(X3, np.array(labels, float))
    axes.figure.canvas.draw()
    assert drawn_classes(axes) == expected


def test_numbers_that_are_not_classes_get_a_scale():
    axes = plots.points(X3, [0.3, 7.5, 2.0])
    assert len(axes.child_axes) == 1
    assert axes.collections[0].get_array().tolist() == [0.3, 7.5, 2.0]


def test_outputs_are_read_in_the_coding_of_the_truth():
    figure = plots.truth_and_prediction(X3, [-1, 1, 1], [-0.2, 0.2, -0.3])
    assert drawn_classes(figure.axes[1]) == {"class −1": 2, "class 1": 1, "wrong": 1}
    figure = plots.truth_and_prediction(X3, [0, 1, 1], [-0.2, 0.7, 1.6])
    assert drawn_classes(figure.axes[1]) == {"class 0": 1, "class 1": 2}


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((3, 2)),
        np.array([[1.0, 1e6], [2.0, 2e6], [3.0, 0.0]]),
        np.array([[np.nan, 1.0], [2.0, np.inf], [3.0, 0.0]]),
        np.array([[1e-300, 1e300], [0, 0], [1, 1]]),
        np.full((3, 2), 1e20),
    ],
)
def test_odd_points_still_draw(x):
    axes = plots.points(x, [0, 1, 1])
    axes.figure.canvas.draw()
    assert np.isfinite([*axes.get_xlim(), *axes.get_ylim()]).all()


def classifier(k, out=None, scale=1.0):
    rng = np.random.default_rng(0)
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, k))
    y = tg.MatMul(x, tg.Parameter(scale * rng.normal(size=(2, k)), name="W"), name="y")
    return tg.Graph(tg.MSE(y, t), prediction=y if out is None else out(y))


def test_regions_of_k_classes_take_the_largest_output():
    model = classifier(3)
    x = np.random.default_rng(1).normal(size=(20, 2))
    labels = np.arange(20) % 3
    axes = plots.decision_regions(model, x, np.eye(3)[labels], resolution=12)
    mesh = next(c for c in axes.collections if c.get_array() is not None)
    corner = model.predict(x=[[axes.get_xlim()[0], axes.get_ylim()[0]]])
    assert mesh.get_array().ravel()[0] == corner.argmax()
    assert legend(axes) == ["class 0", "class 1", "class 2"]


def test_the_line_is_where_the_class_changes():
    x = np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    model = classifier(1)
    model["W"].value = [[0.4], [0.0]]
    axes = plots.decision_regions(model, x, [[-1], [1], [1]], resolution=20)
    line = next(
        c for c in axes.collections if c.get_array() is not None and c.get_array().size == 1
    )
    np.testing.assert_allclose(line.get_paths()[0].vertices[:, 0], 0, atol=1e-9)


def test_without_ax_a_plot_is_the_current_figure_or_a_new_one():
    from matplotlib import pyplot as plt

    figure = plt.figure()
    assert plots.learning_curve([1.0, 0.5]).figure is figure  # it was empty
    second = plots.points(X3, [0, 1, 1])
    assert second.figure is not figure
    assert plt.gcf() is second.figure
    _, axes = plt.subplots(1, 2)
    plt.sca(axes[0])
    assert plots.learning_curve([1.0]) is axes[0]
    assert plots.learning_curve([1.0], ax=axes[1]) is axes[1]


def test_importing_tinygraph_and_its_plots_imports_no_pyplot():
    import subprocess
    import sys

    code = "import tinygraph, sys; tinygraph.plots; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def film(**settings):
    model, (x, t) = tg.lab2.model(rng=0), tg.data.xor()
    recorder = plots.animate(model, x, t, resolution=15, **settings)
    optimizer = tg.Adam(model.parameters, lr=0.1)
    tg.fit(
        model,
        optimizer,
        x=x,
        t=t,
        epochs=30,
        print_interval=0,
        callback=recorder,
        callback_interval=10,
    )
    return recorder


def test_an_animation_is_written_as_gif_and_page(tmp_path):
    from PIL import Image

    recorder = film()
    assert repr(recorder) == "<Animation of 3 frames, to epoch 30>"
    with Image.open(recorder.save(tmp_path / "film.gif")) as gif:
        assert gif.n_frames == 3
    page = recorder.save(tmp_path / "film.html").read_text()
    assert page.count("data:image/png;base64") >= 3
    assert 'src="http' not in page
    assert recorder._repr_html_().startswith("<img alt=")


def test_odd_animations_are_refused(lab2, xor, tmp_path):
    with pytest.raises(tg.TinygraphError, match="no frames yet"):
        plots.animate(lab2, xor["x"], xor["t"]).save(tmp_path / "a.gif")
    with pytest.raises(tg.TinygraphError, match=r"saved as .gif or .html"):
        film().save(tmp_path / "a.mp4")
    with pytest.raises(tg.TinygraphError, match="are filled in"):
        film(title="{steps}")


def test_attention_maps_are_drawn_for_each_head_of_each_block():
    weights = np.full((2, 3, 4, 4), 0.25)
    figure = plots.attention_maps(weights, tokens="abcd", title="where it looks")
    assert [axes.get_title() for axes in figure.axes][-1] == "block 2, head 3"
    assert {axes.images[0].get_clim() for axes in figure.axes} == {(0.0, 1.0)}
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == list("abcd")
    assert len(plots.attention_maps(weights[0, 0]).axes) == 1


def test_images_are_drawn_on_one_scale():
    pixels = np.stack([np.zeros((4, 4)), np.ones((4, 4))])
    figure = plots.images(pixels, titles=["0", 1], columns=2, title="two")
    assert [ax.get_title() for ax in figure.axes] == ["0", "1"]
    assert {ax.images[0].get_clim() for ax in figure.axes} == {(0.0, 1.0)}
    assert len(plots.images(np.ones((1, 1, 4, 4))).axes) == 1
    plots.images(np.full((4, 4), np.nan)).canvas.draw()


@pytest.mark.parametrize("as_rows", [False, True])
def test_a_confusion_matrix_counts_rows_of_truth(as_rows):
    truth, predicted = np.array([0, 1, 1, 2]), np.array([0, 2, 1, 2])
    if as_rows:
        truth, predicted = np.eye(3)[truth], np.eye(3)[predicted] * 0.9
    axes = plots.confusion_matrix(truth, predicted)
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["1", "·", "·", "·", "1", "1", "·", "·", "1"]


def test_a_predicted_class_that_is_not_in_the_truth_has_its_column():
    axes = plots.confusion_matrix([0, 1], [0, 2])
    assert [text.get_text() for text in axes.texts] == list("1····1···")


def test_the_worst_mistakes_come_first():
    outputs = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.0, 0.0, 1.0]])
    figure = plots.worst_mistakes(np.zeros((3, 4, 4)), [1, 1, 2], outputs)
    assert [ax.get_title() for ax in figure.axes] == ["1, not 0", "1, not 0"]
    right = plots.worst_mistakes(np.zeros((3, 4, 4)), [0, 0, 2], outputs)
    assert "none, all 3 samples are right" in right.get_suptitle()


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
        lambda: plots.images(np.ones(3)),
        lambda: plots.attention_maps(np.ones((2, 3))),
        lambda: plots.attention_maps(np.ones((3, 3)), tokens="ab"),
        lambda: plots.images(np.ones((2, 4, 4)), titles=["one"]),
        lambda: plots.images(np.ones((2, 4, 4)), columns=0),
        lambda: plots.images(np.ones((2, 4, 4)), figure="here"),
        lambda: plots.confusion_matrix([0, 1], [0]),
        lambda: plots.confusion_matrix([0.5, 1], [0, 1]),
        lambda: plots.worst_mistakes(np.ones((1, 4, 4)), [0, 1], [0, 1]),
        lambda: plots.worst_mistakes(np.ones((2, 4, 4)), [0, 1], [0, 1], count=0),
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
    assert plots.learning_curve([1.0, 0.0]).get_yscale() == "symlog"
    assert plots.learning_curve([]).get_xlabel() == "epoch"


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.learning_curve([1.0], ax=5), "ax must be the matplotlib axes to draw on"),
        (lambda: plots.learning_curve([1.0], title=5), "A title must be a string; got 5"),
        (lambda: plots.learning_curve([1.0], log_epochs="no"), "log_epochs must be True or False"),
        (lambda: plots.points([[0, 1]], [1], ax="here"), "ax must be the matplotlib axes"),
        (lambda: plots.points([[0, 1]], [1], title=None), "A title must be a string"),
        (lambda: regions(resolution=1), "from 2 to 2,000; got 1"),
        (lambda: regions(resolution=10**18), "from 2 to 2,000"),
        (lambda: regions(resolution=20.0), "resolution must be a whole number"),
    ],
)
def test_odd_settings_of_a_plot_are_refused(draw, words):
    with pytest.raises(tg.TinygraphError, match=words):
        draw()


def regions(**settings):
    return plots.decision_regions(tg.lab2.model(rng=0), *tg.data.xor(), **settings)


def test_a_run_without_printed_lines_has_only_the_validation_accuracy():
    run = tg.History(loss=[0.5, 0.4], validation_accuracy=[0.5, 1.0])
    axes = plots.accuracy_curve(run)
    names = [text.get_text() for text in axes.get_legend().get_texts()] if axes.get_legend() else []
    assert "training" not in names
    assert len(axes.lines) == 1
