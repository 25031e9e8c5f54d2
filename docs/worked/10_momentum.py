r"""
Momentum
========

**Statement.** Start from :math:`v_0 = 0`, with :math:`0 \le \beta < 1`. The update

.. math:: v_t = \beta v_{t-1} - \eta\, g_t, \qquad w_t = w_{t-1} + v_t

gives :math:`v_t = -\eta \sum_{s=1}^{t} \beta^{t-s} g_s`. This is a sum of all past gradients, in
which older gradients have smaller weights. Under a constant gradient, the step grows to
:math:`\dfrac{1}{1-\beta}` times the step of plain SGD. If the gradient changes its sign at every
step, the step shrinks to :math:`\dfrac{1}{1+\beta}` times the step of plain SGD."""

# %%
# Derivation
# ----------
# .. list-table::
#    :widths: 55 45
#    :class: derivation
#
#    * - :math:`v_1 = -\eta g_1`
#      - from :math:`v_0 = 0`
#    * - :math:`v_2 = \beta v_1 - \eta g_2 = -\eta\,(\beta g_1 + g_2)`
#      - insert :math:`v_1`
#    * - :math:`v_t = -\eta \sum_{s=1}^{t} \beta^{t-s} g_s`
#      - by induction: every step multiplies all earlier terms by :math:`\beta` and adds one term
#    * - :math:`g_s = g: \quad v_t = -\eta g\, (1 + \beta + \dots + \beta^{t-1}) = -\eta g\,
#        \dfrac{1 - \beta^t}{1 - \beta}`
#      - geometric series
#    * - :math:`v_t \to -\eta g \cdot \dfrac{1}{1 - \beta}`
#      - :math:`\beta^t \to 0`; with :math:`\beta = 0.9` this is ten times the step of plain SGD
#    * - :math:`g_s = (-1)^s g: \quad |v_t| \to \eta |g| \cdot \dfrac{1}{1 + \beta}`
#      - the same series with :math:`-\beta` instead of :math:`\beta`; with 0.9 it is about half a
#        step
#
# Index form and matrix form
# --------------------------
# The update is elementwise, so the formulas are the same in both forms:
#
# .. math:: v_{ij} \leftarrow \beta v_{ij} - \eta\, g_{ij}, \quad w_{ij} \leftarrow w_{ij} + v_{ij}
#           \qquad\Longleftrightarrow\qquad
#           v \leftarrow \beta v - \eta\, g, \quad w \leftarrow w + v .
#
# **Shape check.** :math:`v` has the shape of :math:`w`. Every parameter has its own :math:`v`.
#
# The numbers
# -----------
# We run the optimizer with a gradient that is always 1, and with one that alternates between 1 and
# −1:

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg

lr, beta = 0.1, 0.9


def steps(gradients):
    """Return the step that the optimizer takes on each gradient."""
    w = tg.Parameter(0.0, name="w")
    optimizer = tg.Momentum([w], lr=lr, beta=beta)
    taken = []
    for g in gradients:
        before = float(w.value)
        w.grad = np.float64(g)
        optimizer.step()
        taken.append(float(w.value) - before)
    return np.array(taken)


count = 60
constant, alternating = np.ones(count), (-1.0) ** np.arange(count)
t = np.arange(1, count + 1)
rows = [
    [k, steps(constant)[k - 1], -lr * (1 - beta**k) / (1 - beta), steps(alternating)[k - 1]]
    for k in (1, 2, 3, 10, 60)
]
print(
    tabulate(
        rows,
        headers=["t", "constant g", "by the formula", "alternating g"],
        floatfmt=("g", *[".5f"] * 3),
    )
)
assert np.allclose(steps(constant), -lr * (1 - beta**t) / (1 - beta))
assert np.isclose(abs(steps(alternating)[-1]), lr / (1 + beta), rtol=0.01)

by_sum = [-lr * sum(beta ** (k - s) for s in range(1, k + 1)) for k in t]
assert np.allclose(by_sum, steps(constant))

# %%
# The code
# --------
# .. literalinclude:: /../tinygraph/optim/updates.py
#    :pyobject: Momentum.update
#    :dedent: 4
#
# A picture
# ---------

fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(t, steps(constant) / lr, color="#0067a3", label="constant gradient")
ax.plot(t, steps(alternating) / lr, color="#b04600", label="alternating gradient")
ax.axhline(-1 / (1 - beta), color="#0067a3", linestyle=":")
ax.set(xlabel="t", ylabel="step / η")
ax.legend(frameon=False)
plt.show()

# %%
# Common mistakes
# ---------------
# * Keeping the :math:`\eta` that was best without momentum. With :math:`\beta = 0.9` it may be ten
#   times too large.
# * Mixing conventions. Some authors write :math:`v \leftarrow \beta v + g` and :math:`w \leftarrow
#   w - \eta v`. The steps are the same while :math:`\eta` is constant. They differ when it changes.
#   Others write :math:`v \leftarrow \beta v + (1 - \beta) g`, which makes the steps ten times
#   smaller.
# * Using one :math:`v` for all parameters. Each parameter needs its own, so the state is as large
#   as the network.
#
# Source: B. T. Polyak, *Some methods of speeding up the convergence of iteration methods*, 1964.
