r"""
08 · Momentum, AdaGrad, RMSProp, Adam
=====================================

**Question.** One learning rate has to serve a steep direction and a flat one. What can an optimizer
*remember* to do better?
"""

# %%
# A narrow valley
# ---------------
# :math:`L = \frac12 (20\, u^2 + v^2)` is twenty times as steep along :math:`u` as along :math:`v`.
# Gradient descent must keep :math:`\eta` below :math:`2/20` for the sake of :math:`u`, and then
# crawls along :math:`v`.
#
# .. admonition:: Predict
#
#     Momentum adds up past steps. Along :math:`u` the gradient changes its sign at every step,
#     along :math:`v` it does not. What does adding up do to each?

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg


def walk(make_optimizer, steps=60):
    """Return the positions (u, v) before every step."""
    w = tg.Parameter([-1.0, 2.0], name="w")
    curvature = np.array([20.0, 1.0])
    model = tg.Graph(tg.Sum(0.5 * curvature * w * w, name="L"))
    optimizer = make_optimizer(model.parameters)
    path = [w.value]
    for _ in range(steps):
        model.forward()
        model.backward()
        optimizer.step()
        path.append(w.value)
    return np.array(path)


WALKERS = {
    "SGD": lambda p: tg.SGD(p, lr=0.09),
    "Momentum": lambda p: tg.Momentum(p, lr=0.02, beta=0.8),
    "AdaGrad": lambda p: tg.AdaGrad(p, lr=0.5),
    "RMSProp": lambda p: tg.RMSProp(p, lr=0.05),
    "Adam": lambda p: tg.Adam(p, lr=0.2),
}
u, v = np.meshgrid(np.linspace(-1.2, 1.2, 100), np.linspace(-1, 2.2, 100))
fig, axes = plt.subplots(1, 5, figsize=(10, 3.2), layout="constrained", sharey=True)
for ax, (name, make) in zip(axes, WALKERS.items(), strict=True):
    path = walk(make)
    ax.contour(u, v, 10 * u**2 + 0.5 * v**2, levels=12, colors="#c9ced6", linewidths=0.8)
    ax.plot(path[:, 0], path[:, 1], ".-", color="#0067a3", markersize=3, linewidth=1)
    ax.set(title=name, xlabel="u", xlim=(-1.2, 1.2), ylim=(-1, 2.2))
axes[0].set_ylabel("v")
plt.show()

# %%
# Four memories
# -------------
# * **Momentum** keeps a velocity: swings cancel in it, a steady slope adds up.
# * **AdaGrad** keeps the sum of squared gradients and divides by its root: each entry gets a
#   learning rate of its own. The sum only grows, so the steps only shrink.
# * **RMSProp** forgets: a running mean in place of the sum.
# * **Adam** keeps both a mean of the gradient and a mean of its square, and corrects each for
#   having started at 0.
#
# Each is a few lines, written once as mathematics and once as NumPy, in the same class:

print(
    tabulate(
        [[line.name, line.code] for line in tg.Adam.lines],
        headers=["Adam computes", "as"],
    )
)

# %%
# :doc:`/derivations/10_momentum`, :doc:`/derivations/11_adagrad_rmsprop` and
# :doc:`/derivations/12_adam` derive them.
#
# Why Adam corrects its start
# ---------------------------
# Adam's mean :math:`m` starts at 0 and takes in only a tenth of each gradient: after one step it is
# ten times too small. Dividing by :math:`1 - \beta_1^t` takes exactly that out. Here the gradient
# is 1 all the time, so the mean ought to be 1 all the time:

beta, m = 0.9, 0.0
rows = []
for step in range(1, 6):
    m = beta * m + (1 - beta) * 1.0
    rows.append([step, m, m / (1 - beta**step)])
print(tabulate(rows, headers=["t", "m", "m / (1 − β^t)"], floatfmt=".4f"))
assert all(np.isclose(row[2], 1.0) for row in rows)

# %%
# On the lab's network
# --------------------

X, T = tg.data.xor()
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for make in (tg.SGD, tg.Momentum, tg.Adam):
    model = tg.lab2.model(rng=0)
    history = tg.fit(model, make(model.parameters, lr=0.1), x=X, t=T, epochs=2000, print_interval=0)
    ax.plot(history.loss, label=make.__name__)
ax.set(xlabel="epoch", ylabel="loss", yscale="log", title="XOR, η = 0.1, one seed")
ax.legend(frameon=False)
plt.show()

# %%
# The optimizer is not part of the graph. It reads the gradients that ``backward`` leaves in the
# parameters, and changes their values:

w = tg.Parameter([-1.0, 2.0], name="w")
tg.render(tg.Graph(tg.Sum(0.5 * np.array([20.0, 1.0]) * w * w, name="L")))

# %%
# Exercise
# --------
# A weight is 0, its gradient is 1000. Adam takes its *first* step, with :math:`\eta = 0.1` and the
# usual :math:`\beta`\ s. What is the weight afterwards?

from tinygraph import exercises

answer = None
print(exercises.check("08", answer))

# %%
# .. dropdown:: Solution
#
#     :math:`\hat m = g` and :math:`\hat v = g^2` after one corrected step, so
#     :math:`\hat m / \sqrt{\hat v} = 1`: the size of the gradient cancels, only its sign is left.
#
#     .. code-block:: python
#
#         answer = -0.1
#
# What this leaves out
# --------------------
# Weight decay, schedules, and everything second-order. And a fair comparison needs more than one
# seed and an :math:`\eta` tuned for each: the report does that.
