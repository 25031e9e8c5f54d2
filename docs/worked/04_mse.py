r"""
The mean squared error
======================

**Statement.** For :math:`L = \dfrac1n \sum_i (y_i - t_i)^2`, with :math:`n` the number of elements
of :math:`y`,

.. math:: \frac{\partial L}{\partial y} = \frac2n\,(y - t), \qquad
          \frac{\partial L}{\partial t} = -\frac2n\,(y - t) .
"""

# %%
# Derivation
# ----------
# Differentiate with respect to one element, :math:`y_k`.
#
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`\dfrac{\partial L}{\partial y_k} = \dfrac1n \sum_i \dfrac{\partial}{\partial y_k}
#        (y_i - t_i)^2`
#      - the derivative of a sum is the sum of the derivatives; 1/n is constant
#    * - :math:`\phantom{\dfrac{\partial L}{\partial y_k}} = \dfrac1n \dfrac{\partial}{\partial y_k}
#        (y_k - t_k)^2`
#      - :math:`y_k` appears only in the term i = k
#    * - :math:`\phantom{\dfrac{\partial L}{\partial y_k}} = \dfrac1n \cdot 2\,(y_k - t_k) \cdot 1`
#      - chain rule: the outer derivative is 2(…), the inner derivative is 1
#    * - :math:`\dfrac{\partial L}{\partial t_k} = \dfrac1n \cdot 2\,(y_k - t_k) \cdot (-1)`
#      - the same, but the inner derivative with respect to :math:`t_k` is −1
#
# The loss need not be the last node of a graph. If another op uses it, multiply both gradients by
# the incoming scalar :math:`g`. For the last node, :math:`g = 1`.
#
# Index form and matrix form
# --------------------------
# .. math:: \frac{\partial L}{\partial y_{ij}} = \frac2n\,(y_{ij} - t_{ij})
#           \qquad\Longleftrightarrow\qquad
#           \frac{\partial L}{\partial y} = \frac2n\,(y - t).
#
# **Shape check.** :math:`L` is a scalar, so its gradient has the shape of :math:`y`. The difference
# :math:`y - t` also has this shape, *if t has the shape of y*. With (n, 1) and (n,), NumPy would
# broadcast to (n, n); tinygraph refuses these shapes.
#
# The numbers
# -----------

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

y = tg.Parameter([[0.9], [0.2], [0.6], [0.4]], name="y")
t = tg.Parameter([[1.0], [0.0], [0.0], [1.0]], name="t")
model = tg.Graph(tg.MSE(y, t, name="L"))
loss = model.forward()
model.backward()


def mse(values):
    return np.mean((values - t.value) ** 2)


step = 1e-6
measured = np.array(
    [
        (mse(y.value + step * e) - mse(y.value - step * e)) / (2 * step)
        for e in np.eye(4)[:, :, None]
    ]
).reshape(4, 1)
print("L =", loss)
print(
    tabulate(
        np.hstack([y.value, t.value, 2 / 4 * (y.value - t.value), measured, y.grad, t.grad]),
        headers=["y", "t", "2/n (y − t)", "measured", "backward: y", "backward: t"],
        floatfmt=".4f",
    )
)
assert np.allclose(measured, y.grad)
assert np.allclose(t.grad, -y.grad)

# %%
# **Mean or one half.** The lab handout writes the loss once as :math:`\frac1n \sum (y - t)^2`,
# the mean, and once as :math:`\frac12 (y - t)^2`. Both forms are common, and both are correct.
# But do not mix them: their gradients differ by a factor, and so do their best learning rates:

n = 100
rng = np.random.default_rng(0)
e = rng.normal(size=(n, 1))
zero = np.zeros((n, 1))
rows = []
for name, loss_of in [
    ("mean (y − t)²", lambda y: tg.MSE(y, zero)),
    ("½ mean (y − t)²", lambda y: 0.5 * tg.MSE(y, zero)),
    ("½ sum (y − t)²", lambda y: 0.5 * tg.Sum((y - zero) ** 2)),
]:
    predictions = tg.Parameter(e, name="y")
    graph = tg.Graph(loss_of(predictions))
    graph.forward()
    graph.backward()
    factor = float(predictions.grad[0, 0] / e[0, 0])
    rows.append([name, factor, 0.02 / factor])
print(
    tabulate(
        rows,
        headers=[f"loss, n = {n}", "gradient / (y − t)", "η for the same steps"],
        floatfmt=".4g",
    )
)
assert np.allclose([row[1] for row in rows], [2 / n, 1 / n, 1])

# %%
# So "the best η is 1" has no meaning until you know which of the three losses was used. This book
# and tinygraph always use the first one.
#
# The code of the op
# ------------------
# .. literalinclude:: /../tinygraph/ops/losses.py
#    :pyobject: MSE.forward
#    :dedent: 4
#
# .. literalinclude:: /../tinygraph/ops/losses.py
#    :pyobject: MSE.backward
#    :dedent: 4
#
# A picture
# ---------
# The loss of one element is a parabola, and its slope is a line through 0. The slope is large far
# from the label and small close to it.

errors = np.linspace(-2, 2, 201)
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(errors, errors**2, color="#0067a3", label="(y − t)²")
ax.plot(errors, 2 * errors, color="#b04600", linestyle="--", label="slope 2 (y − t)")
ax.axhline(0, color="#9ca3af", linewidth=0.8)
ax.set(xlabel="y − t")
ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Forgetting the 2 or the :math:`1/n`. The direction is right, but the learning rate is not the
#   one you intended.
# * Using the number of *samples* for :math:`n` when :math:`y` has several columns. The mean is over
#   all elements.
# * Writing :math:`t - y` instead of :math:`y - t`. The loss is the same, but its gradient has the
#   opposite sign, so training increases the loss.
