"""Ordinary NumPy is recorded: each expression here is an op's forward."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import tinygraph as tg


def writes_part(x):
    y = np.zeros_like(x)
    y[:, 1:] = x[:, :-1]
    return y


def writes_through_a_view(x):
    y = x.copy()
    y[0] += 2.0
    y[:, 1] *= 3.0
    return y


def writes_all(x):
    y = np.empty_like(x)
    y[...] = x * 2
    return y


def fills(x):
    y = np.full_like(x, 0.5)
    y += x
    y /= 3
    return y


def adds_at(x):
    y = np.zeros_like(x)
    np.add.at(y, (np.array([0, 0, 2]), np.array([1, 1, 0])), x[0])
    return y


def writes_with_out(x):
    y = np.empty_like(x)
    np.multiply(x, x, out=y)
    return y


def walks_over_columns(x):
    total = 0.0
    for t in range(x.shape[1]):
        total = np.tanh(total + x[:, t])
    return total


def unpacks(x):
    a, b, c = x.T
    return a * b - c


def swaps(x):
    """Both rows are views, so the second assignment reads the new first row."""
    y = x.copy()
    y[0], y[1] = y[1], y[0]
    return y


x3 = np.arange(24.0).reshape(4, 3, 2) / 10


def writes_where_a_mask_holds(x):
    y = x.copy()
    y[x < 0] = 0.0
    y[:, 1:][x[:, :2] > 0.5] = 2
    return y * x


def writes_rows_where_a_mask_holds(x):
    y = np.exp(x)
    y[x[:, 0] > 0] = -1.0
    return y


def copies_where_a_mask_holds(x):
    y = x * 2
    np.copyto(y, x * x, where=x > 0)
    return y


EXPRESSIONS = {
    "split": lambda x: np.split(x, 3, axis=1)[1] * 2,
    "split at": lambda x: np.split(x, [1], axis=-1)[1] * 2,
    "array_split": lambda x: np.array_split(x, 2, axis=1)[0] * 2,
    "hsplit": lambda x: np.hsplit(x, [2])[0] * 2,
    "vsplit": lambda x: np.vsplit(x, 2)[1] + 1,
    "hstack": lambda x: np.hstack([x, x * 2]),
    "vstack": lambda x: np.vstack([x, x * 2]),
    "dstack": lambda x: np.dstack([x, x * 2]),
    "column_stack": lambda x: np.column_stack([x, x[:, 0]]),
    "stack": lambda x: np.stack([x, x + 1], axis=1),
    "concatenate": lambda x: np.concatenate((x, x**2), axis=-1),
    "append": lambda x: np.append(x, x[:, :1], axis=1),
    "diff": lambda x: np.diff(x, axis=1),
    "select": lambda x: np.select([x > 1, x > 0], [x, x * x], default=-1.0),
    "where": lambda x: np.where(x > 0, x, 0.1 * x),
    "piecewise": lambda x: np.maximum(x, 0) + np.minimum(x, 0) * 0.2,
    "windows": lambda x: sliding_window_view(x, 2, axis=1).sum(axis=-1),
    "convolution": lambda x: np.einsum("bnk,k->bn", sliding_window_view(x, 2, 1), np.ones(2)),
    "mT": lambda x: x.mT * 1.0,
    "swapaxes": lambda x: x.swapaxes(0, 1) + 1,
    "moveaxis": lambda x: np.moveaxis(x, 0, 1) + 1,
    "rollaxis": lambda x: np.rollaxis(x, 1) + 1,
    "atleast_3d": lambda x: np.atleast_3d(x) + 1,
    "expand and squeeze": lambda x: np.squeeze(np.expand_dims(x, 1) * 2, 1),
    "newaxis": lambda x: x[:, None, :] * x[:, :, None],
    "reversed": lambda x: x[:, ::-1] + x,
    "flip": lambda x: np.flip(x, axis=1) * x,
    "fliplr": lambda x: np.fliplr(x) * x,
    "roll": lambda x: np.roll(x, 1, axis=1),
    "rot90": lambda x: np.rot90(x) * 2,
    "take": lambda x: np.take(x, [2, 0], axis=1),
    "method take": lambda x: x.take(np.array([0, 0]), axis=0),
    "fancy": lambda x: x[[0, 2]],
    "fancy pairs": lambda x: x[np.arange(3), [0, 1, 2]],
    "fancy and slice": lambda x: x[:, [1, 1]],
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1),
    "sort": lambda x: np.sort(x, axis=1),
    "argmax": lambda x: 1.0 * np.argmax(x, axis=1),
    "max": lambda x: x - x.max(axis=1, keepdims=True),
    "min": lambda x: np.min(x, axis=0),
    "amax": lambda x: np.amax(x, axis=1),
    "ptp": lambda x: np.ptp(x, axis=1),
    "prod": lambda x: np.prod(x, axis=1),
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": lambda x: x.cumprod(axis=1),
    "var": lambda x: x.var(axis=1, keepdims=True),
    "std": lambda x: np.std(x, axis=0, ddof=1),
    "mean": lambda x: x.mean(axis=1),
    "average": lambda x: np.average(x, axis=1, weights=np.array([1.0, 2.0, 3.0])),
    "median": lambda x: np.median(x, axis=1),
    "any": lambda x: 1.0 * np.any(x > 1, axis=1),
    "all": lambda x: 1.0 * (x > 0).all(axis=1),
    "count_nonzero": lambda x: 1.0 * np.count_nonzero(x > 0, axis=1),
    "norm": lambda x: np.linalg.norm(x, axis=1),
    "norm of all": lambda x: x / np.linalg.norm(x),
    "logsumexp": lambda x: np.logaddexp.reduce(x, axis=1),
    "accumulate": lambda x: np.maximum.accumulate(x, axis=1),
    "outer": lambda x: np.add.outer(x[:, 0], x[0]),
    "np.outer": lambda x: np.outer(x[:, 0], x[0]),
    "inner": lambda x: np.inner(x, x),
    "dot": lambda x: x.dot(x.T),
    "vdot": lambda x: np.vdot(x, x),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, x),
    "tensordot": lambda x: np.tensordot(x, x, axes=([1], [1])),
    "matmul": lambda x: x.T @ x,
    "stacked matmul": lambda x: x[:, None, :] @ x3,
    "kron": lambda x: np.kron(x, np.ones((1, 2))),
    "trace": lambda x: np.trace(x),
    "diagonal": lambda x: x.diagonal() * 2,
    "diag": lambda x: np.diag(x[0]) + 1,
    "tril": lambda x: np.tril(x),
    "triu": lambda x: np.triu(x, 1),
    "pad": lambda x: np.pad(x, ((0, 0), (1, 1))),
    "pad edge": lambda x: np.pad(x, ((0, 0), (1, 0)), mode="edge"),
    "tile": lambda x: np.tile(x, (1, 2)),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "broadcast_to": lambda x: np.broadcast_to(x[:, :1], x.shape) * x,
    "reshape": lambda x: x.reshape(2, -1) + 1,
    "ravel": lambda x: x.ravel() * 2,
    "flatten": lambda x: x.flatten() * 2,
    "clip": lambda x: np.clip(x, -0.5, 0.5),
    "clip method": lambda x: x.clip(0, None),
    "round": lambda x: x - np.round(x, 1),
    "sign": lambda x: np.sign(x) * np.abs(x),
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "hypot": lambda x: np.hypot(x, 1.0),
    "arctan2": lambda x: np.arctan2(x, 2.0),
    "log1p": lambda x: np.log1p(np.exp(x)),
    "sinc": lambda x: np.sinc(x),
    "cbrt": lambda x: np.cbrt(x),
    "nan_to_num": lambda x: np.nan_to_num(x),
    "interp": lambda x: np.interp(x, [-1.0, 0.0, 1.0], [0.0, 1.0, 4.0]),
    "polyval": lambda x: np.polyval([1.0, 2.0, 3.0], x),
    "gradient": lambda x: np.gradient(x, axis=1),
    "cov": lambda x: np.cov(x.T),
    "inverse": lambda x: np.linalg.inv(x.T @ x + np.eye(3)),
    "solve": lambda x: np.linalg.solve(x.T @ x + np.eye(3), x.T),
    "det": lambda x: np.linalg.det(x.T @ x + np.eye(3)),
    "shape": lambda x: x.reshape(np.shape(x)[::-1]) / np.size(x),
    "writes a part": writes_part,
    "writes through a view": writes_through_a_view,
    "writes all": writes_all,
    "fills": fills,
    "adds at": adds_at,
    "writes with out": writes_with_out,
    "writes where a mask holds": writes_where_a_mask_holds,
    "writes rows where a mask holds": writes_rows_where_a_mask_holds,
    "copyto": copies_where_a_mask_holds,
    "clips without an upper bound": lambda x: x.clip(0),
    "walks": walks_over_columns,
    "unpacks": unpacks,
}


def of(function):
    class Expression(tg.Op):
        def infer_shape(self, x):
            return np.shape(function(np.ones((4, 3))))

        def forward(self, x):
            return function(x)

        def backward(self, g, y, x):
            return np.zeros_like(x) + g.sum()

    return Expression


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_recorded(name, rng):
    w = tg.Parameter(rng.normal(size=(4, 3)), name="w")
    y = of(EXPRESSIONS[name])(w, name="y")
    model = tg.Graph(tg.Sum(y * rng.normal(size=y.shape)))
    program = tg.compile(model, tg.SGD(model.parameters, lr=0.01))
    assert program.report() == f"All {len(model.nodes)} nodes are recorded as array operations."
    namespace, start = {}, w.value.copy()
    exec(program.source, namespace)
    loss, (by_text,) = namespace["training_step"](start.copy(), 1)
    for _ in range(2):
        expected = model.forward()
        model.backward()
        moved = w.value - 0.01 * w.grad
        assert program.step() == pytest.approx(expected, rel=1e-10, abs=1e-12)
        np.testing.assert_allclose(w.value, moved, rtol=1e-12)
        if loss is not None:
            assert loss == pytest.approx(expected, rel=1e-10, abs=1e-12)
            np.testing.assert_allclose(by_text, moved, rtol=1e-12)
            loss = None


def writes_to_one_name_and_reads_another(x):
    y = x.copy()
    row = y[0]
    y[0] = 5.0
    return y + row


def writes_to_its_argument(x):
    x[0] = 1.0
    return x * 2


def mask_of_numbers(x):
    return x[x > 0].sum() * np.ones(2)


def number_dependent_shape(x):
    return np.unique(x)[:2] * 1.0


@pytest.mark.parametrize(
    "function",
    [
        writes_to_one_name_and_reads_another,
        writes_to_its_argument,
        swaps,
        mask_of_numbers,
        number_dependent_shape,
        lambda x: x * float(x.sum()),
        lambda x: x[:, :2] * len(np.nonzero(x > 0)[0]),
        lambda x: np.array([[float(e) for e in row] for row in x]),
    ],
)
def test_an_expression_that_cannot_be_recorded_is_called(function, rng):
    W = tg.Parameter(rng.normal(size=(4, 3)), name="w")

    class Expression(tg.Op):
        def infer_shape(self, x):
            return np.shape(function(np.arange(12.0).reshape(4, 3)))

        def forward(self, x):
            return function(x)

        def backward(self, g, y, x):
            return np.zeros_like(x) + g.sum()

    model = tg.Graph(tg.Sum(Expression(W, name="y")))
    program = tg.compile(model)
    assert "called" in program.report()
    assert program.gradients()[0] == pytest.approx(tg.Graph(model.output).forward())


class Embedding(tg.Op):
    def infer_shape(self, table, index):
        return (*index, table[1])

    def forward(self, table, index):
        return table[index]

    def backward(self, g, y, table, index):
        grad = np.zeros_like(table)
        np.add.at(grad, index, g)
        return grad, None


class OfLabels(tg.Op):
    """The mean of minus the log-probability of the label of each sample."""

    def infer_shape(self, scores, labels):
        return ()

    def forward(self, scores, labels):
        return -self.logs(scores)[np.arange(len(labels)), labels].mean()

    def backward(self, g, y, scores, labels):
        p = np.exp(self.logs(scores))
        p[np.arange(len(labels)), labels] -= 1
        return g * p / len(labels), None

    def logs(self, scores):
        z = scores - scores.max(axis=-1, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("target", ["numpy", "numba"])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_whole_numbers_are_recorded_as_indices(target, batch_size, rng):
    def weights(engine):
        tokens = tg.Input("tokens", shape=(None, 2), dtype=int)
        labels = tg.Input("labels", shape=(None,), dtype=int)
        rng = np.random.default_rng(0)
        table = tg.Parameter(rng.normal(size=(5, 3)), name="table")
        h = tg.Sum(Embedding(table, tokens), axis=1)
        scores = tg.MatMul(h, tg.Parameter(rng.normal(size=(3, 4)), name="W"))
        model = tg.Graph(OfLabels(scores, labels), prediction=scores)
        assert "called" not in tg.compile(model).report()
        feeds = {"tokens": rng.integers(5, size=(10, 2)), "labels": rng.integers(4, size=10)}
        opt = tg.SGD(model.parameters, lr=0.1)
        settings = {"epochs": 20, "print_interval": 0, "batch_size": batch_size}
        tg.fit(model, opt, engine=engine, **settings, **feeds)
        return [parameter.value for parameter in model.parameters]

    for got, expected in zip(weights(target), weights("interpreted")):
        np.testing.assert_allclose(got, expected, rtol=1e-10)
