"""gradcheck finds a wrong derivative, names its op and says what probably went wrong."""

import re

import numpy as np
import pytest

import tinygraph as tg
from tinygraph.core.node import OPERATORS
from tinygraph.errors import ArgumentError, FeedError, GradientError, TinygraphError

RNG = np.random.default_rng(7)
X, T = RNG.normal(size=(5, 2)), RNG.normal(size=(5, 3))


def sigma(x):
    return 1 / (1 + np.exp(-x))


class WrongSign(tg.Op):
    def forward(self, x):
        return sigma(x)

    def backward(self, g, y, x):
        return -g * y * (1 - y)


class Distance(tg.Op):
    def forward(self, x):
        return np.abs(x)

    def backward(self, g, y, x):
        return g * np.sign(x)


class MissingG(tg.Op):
    def forward(self, x):
        return sigma(x)

    def backward(self, g, y, x):
        return y * (1 - y)


class MissingSlope(tg.Op):
    def forward(self, x):
        return sigma(x)

    def backward(self, g, y, x):
        return g


class MissingFactor(tg.Op):
    def forward(self, x):
        return sigma(x)

    def backward(self, g, y, x):
        return g * (1 - y)


class TwiceTooMuch(tg.Op):
    def forward(self, x):
        return x * x

    def backward(self, g, y, x):
        return g * x


class SquaredG(tg.Op):
    def forward(self, x):
        return np.sin(x)

    def backward(self, g, y, x):
        return g * g * np.cos(x)


class IgnoredG(tg.Op):
    def forward(self, x):
        return x.sum(axis=1)

    def backward(self, g, y, x):
        return np.ones_like(x)

    def infer_shape(self, x):
        return x[:1]


class OneEntry(tg.Op):
    def forward(self, x):
        return np.sin(x)

    def backward(self, g, y, x):
        grad = g * np.cos(x)
        grad[0, 0] *= 2
        return grad


class NoTranspose(tg.Op):
    def forward(self, x, W):
        return x @ W

    def backward(self, g, y, x, W):
        return g @ W, x.T @ g

    def infer_shape(self, x, W):
        return (x[0], W[1])


class TransposedResult(NoTranspose):
    def forward(self, x, W):
        return x @ W

    def backward(self, g, y, x, W):
        return g @ W.T, g.T @ x


class MeanOverBatch(tg.Op):
    def forward(self, x, b):
        return x + b

    def backward(self, g, y, x, b):
        return g, g.mean(axis=0)

    def infer_shape(self, x, b):
        return x


class NoSumOverBatch(MeanOverBatch):
    def forward(self, x, b):
        return x + b

    def backward(self, g, y, x, b):
        return g, g


class MissingMean(tg.Op):
    def forward(self, p, t):
        return np.mean((p - t) ** 2)

    def backward(self, g, y, p, t):
        return g * 2 * (p - t), None

    def infer_shape(self, p, t):
        return ()


class SwappedOrder(tg.Op):
    def forward(self, a, b):
        return a * b

    def backward(self, g, y, a, b):
        return g * a, g * b


class ForgottenGradient(tg.Op):
    def forward(self, a, b):
        return a * b

    def backward(self, g, y, a, b):
        return None, g * a


class ChangesG(tg.Op):
    def forward(self, x):
        return np.sin(x)

    def backward(self, g, y, x):
        g *= np.cos(x)
        return g


class ChangesX(tg.Op):
    def forward(self, x):
        x += 1
        return x * 2

    def backward(self, g, y, x):
        return g * 2


def wrong_layer(op, kind):
    """A network with right ops around one wrong op."""
    x, t = tg.Input("x", shape=(None, 2)), tg.Input("t", shape=(None, 3))
    rng = np.random.default_rng(1)
    W1 = tg.Parameter(rng.normal(size=(2, 3)), name="W1")
    W2 = tg.Parameter(rng.normal(size=(3, 3)), name="W2")
    b = tg.Parameter(rng.normal(size=3), name="b")
    h = tg.Tanh(tg.MatMul(x, W1), name="h")
    if kind == "one":
        h = op(h, name="bad")
    elif kind == "W":
        h = op(h, W2, name="bad")
    elif kind == "b":
        h = op(h, b, name="bad")
    elif kind == "two":
        h = op(h, tg.Sigmoid(h), name="bad")
    if len(h.shape) == 1:
        return tg.Graph(tg.Sum(h * h))
    return tg.Graph(op(h, t, name="bad") if kind == "loss" else tg.MSE(h, t, name="loss"))


SLIPS = [
    (WrongSign, "one", "sign is wrong"),
    (MissingG, "one", "g is missing"),
    (MissingSlope, "one", "own slope is missing"),
    (MissingFactor, "one", "factor y is missing"),
    (TwiceTooMuch, "one", "0.5 times"),
    (SquaredG, "one", "twice the g does not give twice"),
    (IgnoredG, "one", "is not used"),
    (OneEntry, "one", "some elements are wrong (1 of 15"),
    (NoTranspose, "W", "W must be replaced by its transpose"),
    (TransposedResult, "W", "result is the transpose"),
    (
        MeanOverBatch,
        "b",
        "n = 5, the batch size of x, once too often",
    ),
    (NoSumOverBatch, "b", "Did you forget to sum over the batch, or over a broadcast axis?"),
    (MissingMean, "loss", "1/n is missing, where n = 15"),
    (SwappedOrder, "two", "returned in the wrong order"),
    (ForgottenGradient, "two", "returned None"),
    (ChangesG, "one", "changed g in place"),
    (ChangesX, "one", "must not change its arguments, but it changed x in place"),
]


@pytest.mark.parametrize(("op", "kind", "slip"), SLIPS, ids=lambda value: str(value)[-30:])
def test_names_the_wrong_op_and_the_slip(op, kind, slip):
    model = wrong_layer(op, kind)
    report = tg.gradcheck(model, x=X, t=T) if "t" in model else tg.gradcheck(model, x=X)
    assert not report.ok
    assert report.culprit is model["bad"]
    assert slip in str(report.first_wrong)
    assert 'bad"' in repr(report)
    with pytest.raises(GradientError, match="bad") as caught:
        report.raise_if_wrong()
    assert caught.value.node is model["bad"]
    assert caught.value.report is report


def test_names_the_first_of_two_wrong_ops():
    x = tg.Input("x", shape=(None, 2))
    model = tg.Graph(tg.Sum(WrongSign(MissingG(x, name="first"), name="second")))
    report = tg.gradcheck(model, x=X)
    assert report.culprit is model["first"]
    assert [c.verdict for c in report.checks] == ["wrong", "wrong", "ok"]


def test_says_entry_got_expected_and_difference():
    x = tg.Input("x", shape=(None, 1))
    model = tg.Graph(tg.Sum(TwiceTooMuch(x, name="square")))
    check = tg.gradcheck(model, x=[[3.0], [0.0]]).first_wrong
    assert check.index == (0, 0)
    assert check.argument == "x"
    assert check.expected == pytest.approx(2 * check.got)
    assert check.difference == pytest.approx(abs(check.got))
    assert f"{check.got:.6g}" in str(check)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "none"])
def test_the_lab_network_is_right(activation):
    x, t = tg.data.xor()
    report = tg.gradcheck(tg.lab2.model(activation=activation, rng=3), x=x, t=t)
    assert report.ok
    assert report
    report.raise_if_wrong()
    assert "All derivatives are right: 10 ops" in str(report)
    assert max(check.difference for check in report.checks) < 1e-8
    assert {check.node.name for check in report.whole} >= {"layer1/W", "layer3/b", "x"}


def test_a_kink_is_no_wrong_derivative():
    x = tg.Input("x", shape=(None, 2))
    at_and_near = [[0.0, 1e-7], [-1e-7, 1.0]]
    report = tg.gradcheck(tg.Sum(tg.ReLU(x, name="relu")), x=at_and_near)
    assert report.ok
    assert report.checks[0].verdict == "kink"
    assert report.checks[0].kinks >= 1
    assert "kink" in str(report)


def test_a_wrong_derivative_beside_a_kink_is_wrong():
    class Wrong(tg.Op):
        def forward(self, x):
            return np.maximum(x, 0)

        def backward(self, g, y, x):
            return g * (x > 0) * 1.01

    x = tg.Input("x", shape=(None, 2))
    assert not tg.gradcheck(tg.Sum(Wrong(x)), x=[[0.0, 1.0]]).ok


def test_a_slope_outside_the_subgradients_of_a_kink_is_wrong():
    class Wrong(tg.Op):
        def forward(self, x):
            return np.maximum(x, 0)

        def backward(self, g, y, x):
            return g * np.where(x == 0, 2.0, x > 0)

    x = tg.Input("x", shape=(None, 1))
    assert not tg.gradcheck(tg.Sum(Wrong(x)), x=[[0.0]]).ok


def test_a_kink_that_cancels_is_not_held_against_the_whole_gradient():
    x = tg.Input("x", shape=(None, 1))
    identity = tg.ReLU(x) - tg.ReLU(-x)
    report = tg.gradcheck(tg.Sum(identity), x=[[0.0]])
    assert report.ok


def test_an_op_that_takes_no_complex_numbers_is_checked_by_central_differences():
    class Floored(tg.Op):
        def forward(self, x):
            return np.asarray(x, dtype=np.float64) ** 2

        def backward(self, g, y, x):
            return g * 2 * x

    for op in (Floored, Distance):
        report = tg.gradcheck(tg.Sum(op(tg.Input("x", shape=(None, 2)))), x=X)
        assert report.ok
        assert report.checks[0].method == "central differences"


def test_a_gradient_that_only_the_graph_gets_wrong_is_found():
    class Fickle(tg.Op):
        def forward(self, x):
            return np.sin(x)

        def backward(self, g, y, x):
            return g * np.cos(x) * (2 if g == 1.0 else 1)

    report = tg.gradcheck(Fickle(tg.Parameter(0.3, name="w"), name="f"))
    assert not report.ok
    assert "whole graph is wrong, although each op is right: ∂L/∂w" in str(report)


def test_large_arrays_are_checked_along_a_direction_too():
    class LastEntry(tg.Op):
        def forward(self, x):
            return np.sin(x)

        def backward(self, g, y, x):
            grad = g * np.cos(x)
            grad[999] = 5.0
            return grad

    report = tg.gradcheck(tg.Sum(LastEntry(tg.Parameter(np.linspace(0, 1, 1000)))))
    assert not report.ok
    assert report.checks[0].entries == 25


def test_float32_stays_within_its_precision():
    rng = np.random.default_rng(0)
    W = tg.Parameter(rng.normal(size=(2, 3)).astype(np.float32), name="W")
    model = tg.Graph(tg.MSE(tg.Sigmoid(tg.Input("x", (None, 2)) @ W), tg.Input("t", (None, 3))))
    report = tg.gradcheck(model, x=X.astype(np.float32), t=T.astype(np.float32))
    assert report.ok
    assert model["W"].grad.dtype == np.float32
    assert max(check.difference for check in report.checks) < 1e-9  # the ops are run in float64


def test_an_output_that_is_no_scalar_gets_a_random_seed():
    assert tg.gradcheck(tg.Sigmoid(tg.Input("x", shape=(None, 2))), x=X).ok


def test_no_gradient_for_labels_is_no_fault():
    class Right(tg.Op):
        def forward(self, p, t):
            return np.mean((p - t) ** 2)

        def backward(self, g, y, p, t):
            return g * 2 / p.size * (p - t), None

        def infer_shape(self, p, t):
            return ()

    report = tg.gradcheck(wrong_layer(Right, "loss"), x=X, t=T)
    assert report.ok
    assert [c.verdict for c in report.checks if c.argument == "t"] == ["none"]


def test_undefined_numbers_are_called_so():
    with np.errstate(all="ignore"):
        report = tg.gradcheck(tg.Log(tg.Parameter([0.0, 1.0], name="w")))
    assert report.checks[0].verdict == "undefined"
    assert not report.ok
    with pytest.raises(tg.TinygraphError, match=r'is incomplete: Log "Log1" has no finite'):
        report.raise_if_wrong()


def test_nan_in_the_data_hides_no_wrong_derivative():
    class Bad(tg.Op):
        def forward(self, x):
            return x**2

        def backward(self, g, y, x):
            return g * x

    x = np.array([[np.nan, 1.0], [2.0, 3.0]])
    assert not tg.gradcheck(tg.Sum(Bad(tg.Input("x", shape=(None, 2)))), x=x).ok
    assert not tg.gradcheck(tg.Sum(tg.Exp(tg.Input("x", shape=(None, 2)))), x=x).ok


def test_values_of_parameters_stay():
    model = tg.lab2.model(rng=0)
    before = [p.value.copy() for p in model.parameters]
    x, t = tg.data.xor()
    tg.gradcheck(model, x=x, t=t)
    for parameter, value in zip(model.parameters, before, strict=True):
        np.testing.assert_array_equal(parameter.value, value)


def test_the_same_seed_gives_the_same_report():
    x, t = tg.data.xor()
    first, second = (str(tg.gradcheck(tg.lab2.model(rng=0), rng=5, x=x, t=t)) for _ in range(2))
    assert first == second


def test_long_reports_fold_and_keep_what_is_wrong():
    y = tg.Input("x", shape=(None, 2))
    for _ in range(60):
        y = tg.Tanh(y)
    report = tg.gradcheck(tg.Sum(WrongSign(y, name="bad")), x=X)
    assert "… and 23 more" in str(report)
    assert "WRONG" in str(report)


def test_html_is_escaped_and_names_the_culprit():
    report = tg.gradcheck(tg.Sum(WrongSign(tg.Parameter(1.0, name="w"), name="<b>bad</b>")))
    html = report._repr_html_()
    assert "&lt;b&gt;bad&lt;/b&gt;" in html
    assert "<b>bad" not in html


def test_the_culprit_is_red_in_the_diagram():
    report = tg.gradcheck(wrong_layer(WrongSign, "one"), x=X, t=T)
    assert "wrong derivative" in report.diagram.dot
    assert report.diagram.dot.count("wrong derivative") == 1
    assert "<svg" in report._repr_html_()
    right = tg.gradcheck(tg.Sigmoid(tg.Parameter(1.0)))
    assert right.diagram is None
    assert "<svg" not in right._repr_html_()


def test_of_a_large_graph_the_neighbourhood_of_the_culprit_is_drawn():
    y = tg.Input("x", shape=(None, 2))
    for k in range(80):
        y = (WrongSign if k == 40 else tg.Tanh)(y)
    report = tg.gradcheck(tg.Sum(y), x=X)
    assert report.diagram.dot.count("Tanh") < 30


def test_without_graphviz_the_table_stands_alone(monkeypatch):
    monkeypatch.setenv("TINYGRAPH_DOT", "/no/such/dot")
    report = tg.gradcheck(WrongSign(tg.Parameter(1.0, name="w"), name="bad"))
    assert "<svg" not in report._repr_html_()
    assert "<table" in report._repr_html_()


def test_refuses_what_it_cannot_check():
    x = tg.Input("x", shape=(None, 2))
    with pytest.raises(ArgumentError, match="no op"):
        tg.gradcheck(tg.Parameter(1.0))
    with pytest.raises(ArgumentError, match="no element"):
        tg.gradcheck(tg.Sum(x), x=np.zeros((0, 2)))
    with pytest.raises(FeedError):
        tg.gradcheck(tg.Sum(x))
    with pytest.raises(TinygraphError):
        tg.gradcheck("model")


@pytest.mark.parametrize("operator", sorted(OPERATORS.keys() - {"[]"}))
def test_operators_are_right_inside_a_graph_that_uses_a_node_twice(operator):
    a = tg.Parameter(np.array([[1.2, 0.7], [0.4, 1.9]]), name="a")
    node = OPERATORS[operator](*[a] * (1 if operator == "negative" else 2))
    assert tg.gradcheck(node).ok


class FailsBackward(tg.Op):
    def forward(self, x):
        return x * 2

    def backward(self, g, y, x):
        raise ValueError("no luck")


class ChangesY(tg.Op):
    def forward(self, x):
        return x * 2

    def backward(self, g, y, x):
        y *= 2
        return g * 2


class ChangesItsLastInBackward(tg.Op):
    def forward(self, x):
        return x * 2

    def backward(self, g, y, x):
        x *= 2
        return g * 2


class ChangesTheThird(tg.Op):
    def forward(self, *xs):
        xs[2][...] += 1
        return sum(xs)

    def backward(self, g, y, *xs):
        return [g for _ in xs]


class Joined(tg.Op):
    """Right, and of any number of inputs."""

    def forward(self, *xs):
        return np.concatenate(xs)

    def backward(self, g, y, *xs):
        return tuple(np.split(g, len(xs)))

    def infer_shape(self, *shapes):
        return (sum(shape[0] for shape in shapes),)


def test_an_op_of_any_number_of_inputs_is_checked_in_each():
    parts = [tg.Parameter(np.arange(2.0) + k, name=f"part{k}") for k in range(3)]
    report = tg.gradcheck(tg.Sum(Joined(*parts, name="joined")))
    assert report.ok
    assert [check.argument for check in report.checks[:3]] == ["xs"] * 3
    assert [check.node for check in report.checks[:3]] == parts


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (
            FailsBackward,
            'backward of FailsBackward "bad" failed on w (2, 2): ValueError: no luck',
        ),
        (
            ChangesY,
            'backward of ChangesY "bad" must not change its arguments, but it changed y in place. '
            "Compute on a copy.",
        ),
        (
            ChangesItsLastInBackward,
            'backward of ChangesItsLastInBackward "bad" must not change its arguments, but it '
            "changed x in place. Compute on a copy.",
        ),
    ],
)
def test_an_op_that_breaks_is_reported_to_the_letter(op, words):
    model = tg.Graph(op(tg.Parameter(np.ones((2, 2)), name="w"), name="bad"))
    report = tg.gradcheck(model)
    assert str(report.first_wrong) == words
    assert report.graph is model
    check = report.checks[0]
    assert (check.argument, check.node, check.op) == ("", model["bad"], model["bad"])
    assert report.whole == ()


def test_an_op_of_many_inputs_that_changes_one():
    leaves = [tg.Parameter(np.ones(2), name=name) for name in "abc"]
    report = tg.gradcheck(ChangesTheThird(*leaves, name="bad"))
    assert "changed xs in place" in str(report.first_wrong)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_spoilt_data_make_no_op_of_the_package_wrong(bad, lab2, xor):
    x = xor["x"].copy()
    x[3, 1] = bad
    report = tg.gradcheck(lab2, x=x, t=xor["t"])
    assert report.first_wrong is None
    assert not report.ok
    assert "The check is incomplete" in str(report)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("end", [tg.Sum, tg.Identity])
def test_spoilt_data_make_no_whole_gradient_wrong(bad, end):
    w = tg.Parameter(np.ones(2), name="w")
    model = tg.Graph(end(tg.AddBias(tg.Input("x", shape=(None, 2)), w)))
    assert tg.gradcheck(model, x=[[bad, 1.0], [2.0, 3.0]]).first_wrong is None


def test_spoilt_data_hide_no_slip_at_the_sound_samples():
    class Forgets(tg.MatMul):
        def backward(self, g, y, x, W):
            return g @ W.T, x.T @ g / len(x)

    W = tg.Parameter(np.ones((2, 2)), name="W")
    model = tg.Graph(tg.Sum(Forgets(tg.Input("x", shape=(None, 2)), W, name="z")))
    report = tg.gradcheck(model, x=[[1.0, 2.0], [np.nan, 3.0], [5.0, 6.0]])
    assert report.culprit is model["z"]


def test_a_forward_that_clips_its_argument_in_place_is_named():
    class Clips(tg.Op):
        def forward(self, x):
            x[x < 0] = 0
            return x * 1

        def backward(self, g, y, x):
            return g * (y > 0)

    model = tg.Graph(tg.Sum(Clips(tg.Input("x", shape=(None, 2)), name="clips")))
    report = tg.gradcheck(model, x=np.array([[-1.0, 2.0]]))
    assert (
        'forward of Clips "clips" must not change its arguments, but it changed x in place'
        in str(report)
    )


def test_sides_of_kinks_that_do_not_agree_as_a_whole_are_no_mistake():
    x = tg.Parameter(np.zeros((2, 2)), name="x")
    report = tg.gradcheck(tg.Sum(tg.ReLU(x) - tg.ReLU(-x)))  # which is x, though no part is
    assert report.ok
    (whole,) = report.whole
    assert whole.verdict == "kink"


class Nonsense(tg.Op):
    def forward(self, x, W):
        return x * W

    def backward(self, g, y, x, W):
        return g * W, g * (np.exp(x) - 0.3 * W)


@pytest.mark.parametrize(("shape", "entry"), [((), ""), ((3,), "[0]"), ((2, 3), "[0, 0]")], ids=str)
def test_a_wrong_entry_is_written_as_numpy_would_index_it(shape, entry):
    x = np.arange(2.0, 2.0 + np.prod(shape)).reshape(shape)
    W = tg.Parameter(np.ones(shape), name="W")
    model = tg.Graph(tg.Sum(Nonsense(tg.Constant(x), W, name="op")))
    words = str(tg.gradcheck(model).first_wrong)
    start = 'backward of Nonsense "op" is wrong: its gradient for W'
    assert words.startswith(start)
    index, _, rest = words.removeprefix(start).partition(", from W, is ")
    assert re.sub(r"\d", "0", index) == entry
    assert rest.endswith(".")
    assert "Likely slip" not in rest


def test_nan_in_the_data_is_not_taken_for_a_change():
    report = tg.gradcheck(tg.Tanh(tg.Parameter([np.nan, 1.0], name="w")))
    assert report.first_wrong is None
    assert report.first_undefined is report.checks[0]


def test_the_seed_decides_the_random_gradients():
    model = tg.Graph(WrongSign(tg.Parameter([0.1, 0.2], name="w"), name="bad"))
    got = [tg.gradcheck(model, rng=seed).first_wrong.got for seed in (1, 1, 2)]
    assert got[0] == got[1] != got[2]


@pytest.mark.parametrize(("size", "entries"), [(23, 23), (24, 24), (25, 24), (100, 24)])
def test_small_arrays_are_checked_whole_and_large_ones_by_a_choice(size, entries):
    check = tg.gradcheck(tg.Tanh(tg.Parameter(np.linspace(0, 1, size)))).checks[0]
    assert check.entries == entries


def partly_none(slope):
    class PartlyNone(tg.Op):
        def forward(self, a, b):
            return slope * a + b

        def backward(self, g, y, a, b):
            return None, g

    leaves = [tg.Parameter(np.full(2, 0.5), name=name) for name in "ab"]
    return tg.gradcheck(PartlyNone(*leaves, name="op"))


def test_no_gradient_where_the_slope_is_zero_is_no_fault_and_the_others_are_checked():
    report = partly_none(0.0)
    assert report.ok
    assert [check.verdict for check in report.checks] == ["none", "ok"]
    assert [(c.argument, c.verdict) for c in report.whole] == [("", "none"), ("", "ok")]


def test_no_gradient_where_the_slope_is_small_is_a_fault():
    assert str(partly_none(1e-3).first_wrong) == (
        'backward of PartlyNone "op" is wrong: its gradient for a. '
        "Probable mistake: backward returned None, which means that no gradient flows."
    )


@pytest.mark.parametrize("seed", range(12))
def test_a_gradient_that_is_exactly_zero_is_right(seed):
    """A softmax does not change when all logits are shifted by the same number."""
    rng = np.random.default_rng(seed)
    x = tg.Input("x", shape=(None, 4))
    shift, W = tg.Parameter(rng.normal(size=4), name="s"), tg.Parameter(rng.normal(size=(4, 3)))
    e = tg.Exp(x @ W + tg.Sum(shift * 0.3))
    p = e / tg.Sum(e, axis=1, keepdims=True)
    assert tg.gradcheck(tg.Graph(tg.Mean(p * p)), x=rng.normal(size=(8, 4))).ok


def test_a_small_gradient_where_it_must_be_zero_is_wrong():
    class Leaks(tg.Op):
        def forward(self, x, y):
            return np.tanh(x)

        def backward(self, g, value, x, y):
            return g * (1 - value * value), 1e-9 * g

    x, y = tg.Parameter([0.1, 0.2], name="x"), tg.Parameter([0.3, 0.4], name="y")
    assert not tg.gradcheck(tg.Graph(tg.Sum(Leaks(x, y)))).ok
