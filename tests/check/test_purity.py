"""An op that changes an argument, remembers, or draws lots is named, whatever its gradients."""

import numpy as np
import pytest

import tinygraph as tg

RNG = np.random.default_rng(0)


class ChangesOnce(tg.Op):
    """To do it twice changes nothing more."""

    def forward(self, x):
        x[x < 0] = 0
        return x

    def backward(self, g, y, x):
        return g * (x > 0)


class Remembers(tg.Op):
    def forward(self, x):
        self.cache = x
        return np.sin(x)

    def backward(self, g, y, x):
        return g * np.cos(self.cache)


class RemembersWhere(tg.Op):
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, g, y, x):
        return g * self.mask


class AddsUp(tg.Op):
    total = 0.0

    def forward(self, x):
        return 3 * x

    def backward(self, g, y, x):
        self.total = self.total + 3 * g
        return self.total


class DrawsForward(tg.Op):
    def forward(self, x):
        return x * (RNG.random(x.shape) < 0.5)

    def backward(self, g, y, x):
        return g * (y != 0)


class DrawsBackward(tg.Op):
    def forward(self, x):
        return np.sin(x)

    def backward(self, g, y, x):
        return g * np.cos(x) * (1 + 1e-5 * RNG.normal(size=x.shape))


class LosesDigits(tg.Op):
    def forward(self, x):
        return np.sin(x).astype(np.float32)

    def backward(self, g, y, x):
        return g * np.cos(x)


@pytest.mark.parametrize(
    ("op", "words"),
    [
        (
            ChangesOnce,
            'forward of ChangesOnce "bad" must not change its arguments',
        ),
        (Remembers, 'backward of Remembers "bad" must be pure'),
        (RemembersWhere, 'backward of RemembersWhere "bad" must be pure'),
        (AddsUp, 'backward of AddsUp "bad" must be pure'),
        (DrawsForward, 'forward of DrawsForward "bad" must be pure'),
        (DrawsBackward, 'backward of DrawsBackward "bad" must be pure'),
        (LosesDigits, 'forward of LosesDigits "bad" must compute in the precision of its inputs'),
    ],
)
@pytest.mark.parametrize("before", [tg.Identity, tg.Tanh])
def test_an_impure_op_is_named(op, words, before):
    w = tg.Parameter(np.random.default_rng(1).normal(size=(4, 3)), name="w")
    h = before(w * 2.0)
    bad = op(h, name="bad")
    report = tg.gradcheck(tg.Sum(bad * h + bad))
    assert report.culprit is bad
    assert words in str(report.first_wrong)


@pytest.mark.parametrize("value", [np.array([1j]), np.array(["1"]), np.array([1], dtype=object)])
def test_a_gradient_that_is_no_number_is_refused(value):
    class Odd(tg.Op):
        def forward(self, x):
            return x * 2

        def backward(self, g, y, x):
            return value

    w = tg.Parameter([1.0], name="w")
    model = tg.Graph(tg.Sum(Odd(w, name="bad")))
    assert 'backward of Odd "bad"' in str(tg.gradcheck(model).first_wrong)
    model.forward()
    with pytest.raises(tg.TinygraphError, match="must be an array of numbers"):
        model.backward()
