r"""
05 · The mean squared error, and a factor that matters
======================================================

**Question.** One book writes the loss as :math:`\frac1n \sum (y - t)^2`, another as
:math:`\frac12 \sum (y - t)^2`. Does it matter which one you use?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`03_layer`: which shape does the gradient of a value of shape (4, 1) have?
#
# .. dropdown:: Answer
#
#     The same shape, (4, 1). A gradient has one number for each number of its value.
#
# The loss and its gradient
# -------------------------
# Here are :math:`n = 4` predictions :math:`y` and four targets :math:`t`:

import numpy as np
from tabulate import tabulate

import tinygraph as tg
from tinygraph.exercises import check, show

predictions = np.array([[0.9], [0.2], [0.6], [0.4]])
targets = np.array([[1.0], [0.0], [0.0], [1.0]])

y = tg.Parameter(predictions, name="y")
t = tg.Input("t", shape=(None, 1))
model = tg.Graph(tg.MSE(y, t, name="loss"))
print(f"loss = {model.forward(t=targets):.4f}")
model.backward()
print(
    tabulate(
        np.column_stack([predictions, targets, predictions - targets, y.grad]),
        headers=["y", "t", "y − t", "∂L/∂y"],
        floatfmt=".3f",
    )
)

# %%
# Each prediction appears in only one square. The derivative of this square is :math:`2 (y_i -
# t_i)`, and the mean divides it by :math:`n = 4`:
#
# .. math:: \frac{\partial L}{\partial y_i} = \frac{2}{n}\,(y_i - t_i) .
#
# The gradient points away from the target. So a step *against* the gradient moves :math:`y_i`
# towards the target.

assert np.allclose(y.grad, 2 / 4 * (predictions - targets))
show(tg.render(model))

# %%
# .. admonition:: Predict
#
#     The loss :math:`\frac12 \sum (y_i - t_i)^2` has the gradient :math:`y_i - t_i`. How many times
#     larger is this gradient than that of the mean, for 4 samples? For 100 samples? Which of the
#     two losses needs the larger learning rate?
#
# The mean or one half of the sum: the difference
# -----------------------------------------------
# The lab handout contains both losses, one line apart. Both have their minimum at the same place.
# But a step of gradient descent is :math:`\eta` times the gradient. So the *best* :math:`\eta` *for
# one loss is not the best for the other.* Below, we fit the same line with both losses:

rng = np.random.default_rng(1)
X = rng.uniform(-1, 1, size=(100, 1))
T = 2.0 * X + rng.normal(scale=0.1, size=(100, 1))


def mean(y, t):
    return tg.MSE(y, t, name="loss")


def half_sum(y, t):
    e = y - t
    return 0.5 * tg.Sum(e * e)


def fit_a_line(make_loss, lr, steps=50):
    """Return w and its first gradient, after a number of steps from w = 0."""
    x, t = tg.Input("x", shape=(None, 1)), tg.Input("t", shape=(None, 1))
    w = tg.Parameter([[0.0]], name="w")
    model = tg.Graph(make_loss(tg.MatMul(x, w, name="y"), t))
    optimizer = tg.SGD(model.parameters, lr=lr)
    gradients = []
    for _ in range(steps):
        model.forward(x=X, t=T)
        model.backward()
        gradients.append(float(w.grad[0, 0]))
        optimizer.step()
    return gradients[0], float(w.value[0, 0])


rows = [
    ["mean", 0.5, *fit_a_line(mean, lr=0.5)],
    ["½ sum", 0.5, *fit_a_line(half_sum, lr=0.5)],
    ["½ sum", 0.01, *fit_a_line(half_sum, lr=0.01)],
]
headers = ["loss", "η", "first gradient", "w after 50 steps (true: 2)"]
print(tabulate(rows, headers=headers, floatfmt=("", "g", ".4g", ".4g")))
print(f"ratio of the first gradients: {rows[1][2] / rows[0][2]:.1f}")

# %%
# **Your prediction.** The gradient of the half sum is :math:`n/2` times larger: 2 times for 4
# samples, and 50 times for 100 samples, as the last line shows. So the *mean* needs the larger
# learning rate.
#
# **The answer to the question.** It does not matter for the minimum, but it matters for
# :math:`\eta`. With :math:`\eta = 0.5`, training with the mean converges, and training with the
# half sum diverges. With :math:`\eta = 0.5 \cdot 2/100 = 0.01`, the half sum takes exactly the same
# steps as the mean.

assert np.isclose(rows[0][3], rows[2][3])
assert abs(rows[1][3]) > 1e6
assert np.isclose(rows[1][2] / rows[0][2], 50)

# %%
# A shape that is almost right
# ----------------------------
# Here is a common mistake. The targets have the shape (n,), but the predictions have the shape (n,
# 1). NumPy would broadcast both to (n, n) and compare every prediction with every target. You would
# get a wrong number and no warning. tinygraph raises an error:

try:
    tg.MSE(tg.Input("y", shape=(None, 1)), tg.Input("t", shape=(None,)), name="loss")
except tg.TinygraphError as error:
    print(error)

# %%
# Exercise
# --------
# A colleague trains on :math:`n = 100` samples with the *mean* squared error and :math:`\eta = 1`.
# You use the plain sum, :math:`\sum (y - t)^2`, without the ½. Which :math:`\eta` gives you exactly
# the same steps?

answer = None
show(check("05", answer))

# %%
# .. dropdown:: Solution
#
#     The steps are :math:`\eta_{\text{mean}} \cdot \frac{2}{n} (y - t)` and
#     :math:`\eta_{\text{sum}} \cdot 2 (y - t)`. Both contain the factor 2, so they differ only by
#     the factor :math:`n`.
#
#     .. code-block:: python
#
#         answer = 1 / 100
#
# What this leaves out
# --------------------
# For classification, other losses are better than the squared error. We use the squared error
# because the lab does. :doc:`/derivations/04_mse` has the derivation, with indices and with
# matrices.
