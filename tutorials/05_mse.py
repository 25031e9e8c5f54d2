r"""
05 · The mean squared error, and a factor that matters
======================================================

**Question.** One book writes the loss as :math:`\frac1n \sum (y - t)^2`, another as
:math:`\frac12 \sum (y - t)^2`. Does it matter which?
"""

# %%
# The loss and its gradient
# -------------------------
# Four predictions, four targets:

import numpy as np
from tabulate import tabulate

import tinygraph as tg

predictions = np.array([[0.9], [0.2], [0.6], [0.4]])
targets = np.array([[1.0], [0.0], [0.0], [1.0]])

y = tg.Parameter(predictions, name="y")
t = tg.Input("t", shape=(None, 1))
model = tg.Graph(tg.MSE(y, t, name="loss"))
print("loss =", model.forward(t=targets))
model.backward()
print(
    tabulate(
        np.column_stack([predictions, targets, predictions - targets, y.grad]),
        headers=["y", "t", "y − t", "∂L/∂y"],
        floatfmt=".3f",
    )
)

# %%
# Each prediction appears in one square only. That square contributes :math:`2 (y_i - t_i)`, and the
# mean divides by :math:`n = 4`:
#
# .. math:: \frac{\partial L}{\partial y_i} = \frac{2}{n}\,(y_i - t_i) .
#
# The sign points away from the target; a step *against* the gradient goes towards it.

assert np.allclose(y.grad, 2 / 4 * (predictions - targets))
tg.render(model)

# %%
# .. admonition:: Predict
#
#     With :math:`\frac12 \sum (y_i - t_i)^2` the gradient is :math:`y_i - t_i`. How many times
#     larger is that, for 4 samples? For 100? And what does it do to the learning rate?
#
# Mean or one half: what changes
# ------------------------------
# The lab's text writes both, one line apart. Both have their minimum at the same place; their
# gradients differ by a factor, :math:`n/2`. A step of gradient descent is :math:`\eta` times the
# gradient, so the factor goes straight into the learning rate: *the best* :math:`\eta` *for one is
# not the best for the other.* Here is the same line fitted with both, and with the same
# :math:`\eta`:

rng = np.random.default_rng(1)
X = rng.uniform(-1, 1, size=(100, 1))
T = 2.0 * X + rng.normal(scale=0.1, size=(100, 1))


def fit_a_line(make_loss, lr, steps=50):
    x, t = tg.Input("x", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    w = tg.Parameter([[0.0]], name="w")
    model = tg.Graph(make_loss(tg.MatMul(x, w, name="y"), t))
    optimizer = tg.SGD(model.parameters, lr=lr)
    for _ in range(steps):
        model.forward(x=X, t=T)
        model.backward()
        optimizer.step()
    return float(w.value[0, 0])


def mean(y, t):
    return tg.MSE(y, t, name="loss")


def half_sum(y, t):
    e = y - t
    return 0.5 * tg.Sum(e * e)


rows = [
    ["mean", 0.5, fit_a_line(mean, lr=0.5)],
    ["½ sum", 0.5, fit_a_line(half_sum, lr=0.5)],
    ["½ sum", 0.01, fit_a_line(half_sum, lr=0.01)],
]
print(
    tabulate(rows, headers=["loss", "η", "w after 50 steps (true: 2)"], floatfmt=("", "g", ".4g"))
)

# %%
# With :math:`\eta = 0.5` the mean learns and the half sum explodes; with :math:`\eta = 0.01`, which
# is :math:`0.5 \cdot 2/n`, it takes exactly the steps of the first line.

assert np.isclose(rows[0][2], rows[2][2])
assert abs(rows[1][2]) > 1e6

# %%
# A shape that is almost right
# ----------------------------
# Targets of shape (n,) against predictions of shape (n, 1) are a classic: NumPy would broadcast
# them to (n, n) and compare every prediction with every target, without a word. tinygraph refuses:

try:
    tg.MSE(tg.Input("y", shape=(None, 1)), tg.Input("t", shape=(None,)), name="loss")
except tg.TinygraphError as error:
    print(error)

# %%
# Exercise
# --------
# A colleague trains on :math:`n = 100` samples with the *mean* squared error and :math:`\eta = 1`.
# You use :math:`\frac12 \sum (y - t)^2`. Which :math:`\eta` gives you the same steps?

from tinygraph import exercises

answer = None
print(exercises.check("05", answer))

# %%
# .. dropdown:: Solution
#
#     The steps are :math:`\eta_{\text{mean}} \cdot \frac{2}{n} (y - t)` and
#     :math:`\eta_{\text{half}} \cdot (y - t)`.
#
#     .. code-block:: python
#
#         answer = 1 * 2 / 100
#
# What this leaves out
# --------------------
# For classes there are losses that fit better than a squared error; the lab uses this one, and so
# do we. The derivation, with index and matrix forms, is :doc:`/derivations/04_mse`.
