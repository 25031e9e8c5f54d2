r"""
07 · Training: gradient descent and the learning rate
=====================================================

**Question.** The gradient says in which direction the loss grows. How *far* should one go the other
way?
"""

# %%
# The rule
# --------
# A step of gradient descent (SGD, with S for *stochastic* where the gradient comes from a part of
# the data) is
#
# .. math:: w \leftarrow w - \eta\, \frac{\partial L}{\partial w} ,
#
# with the learning rate :math:`\eta`. To first order the loss falls by
# :math:`\eta \lVert \partial L/\partial w \rVert^2`, so a larger :math:`\eta` helps. But the first
# order is all that the gradient knows.
#
# A valley in one dimension
# -------------------------
# :math:`L = \frac12 c\, w^2` has the gradient :math:`c\, w`, so a step multiplies :math:`w` by
# :math:`1 - \eta c`: always the same factor.
#
# .. admonition:: Predict
#
#     Take :math:`c = 1`. What happens for :math:`\eta = 0.1`? For 1? For 1.9? For 2.1?

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg


def descend(lr, steps=20, curvature=1.0):
    """Return w before every step, from 1 on."""
    w = tg.Parameter(1.0, name="w")
    model = tg.Graph(tg.Multiply(curvature / 2, w * w, name="L"))
    optimizer = tg.SGD(model.parameters, lr=lr)
    path = [float(w.value)]
    for _ in range(steps):
        model.forward()
        model.backward()
        optimizer.step()
        path.append(float(w.value))
    return path


rates = [0.1, 1.0, 1.9, 2.1]
rows = [[lr, 1 - lr, *descend(lr)[:4], descend(lr)[-1]] for lr in rates]
headers = ["η", "factor 1 − η", "w0", "w1", "w2", "w3", "w20"]
print(tabulate(rows, headers=headers, floatfmt=".3g"))
for lr in rates:
    assert np.isclose(descend(lr)[-1], (1 - lr) ** 20)

# %%
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for lr, style in zip(rates, ["-", "-.", "--", ":"], strict=True):
    ax.plot(descend(lr), style, label=f"η = {lr}")
ax.set(xlabel="step", ylabel="w", ylim=(-3, 3))
ax.legend(ncols=2, frameon=False)
plt.show()

# %%
# Below 1 the steps creep, at 1 a single step arrives, from 1 to 2 they leap from side to side and
# still arrive, above 2 each leap is longer than the last. The border, :math:`\eta = 2/c`, depends
# on the *curvature* :math:`c` alone.
#
# The Lab 2 network
# -----------------
# A network has many directions with many curvatures, and they change on the way; the steepest one
# sets the border for all. Here is the network of the lab on its linear data set, from the same
# start, with five learning rates:

X, T = tg.data.linear(100, rng=0)
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for lr in (0.01, 0.1, 1.0, 10.0, 100.0):
    model = tg.lab2.model(rng=0)
    optimizer = tg.SGD(model.parameters, lr=lr)
    history = tg.fit(model, optimizer, x=X, t=T, epochs=1500, print_interval=0)
    ax.plot(history.loss, label=f"η = {lr:g}")
ax.set(xlabel="epoch", ylabel="loss", yscale="log")
ax.legend(ncols=3, frameon=False)
plt.show()

# %%
# The graph of the last of them, with the values and gradients of one more run. With :math:`\eta =
# 100` its weights were thrown so far that the sigmoids stand at 0 or 1, where hardly any gradient
# passes:

model.forward(x=X, t=T)
model.backward()
tg.render(model, gradients=True)

# %%
# Exercise
# --------
# For :math:`L = \frac12 c\, w^2` with :math:`c = 4`: which is the smallest :math:`\eta` with which
# gradient descent no longer arrives at 0, however long it runs?

from tinygraph import exercises

answer = None
print(exercises.check("07", answer))

# %%
# .. dropdown:: Solution
#
#     The factor :math:`1 - 4 \eta` must stay above −1. At :math:`\eta = 2/4` it is −1: :math:`w`
#     leaps from 1 to −1 and back for ever.
#
#     .. code-block:: python
#
#         answer = 2 / 4
#
# What this leaves out
# --------------------
# Mini-batches, schedules that change :math:`\eta` on the way, and one seed is no experiment: curves
# from another start look different. ``tinygraph report`` runs every experiment of the lab over many
# seeds. Steps that adapt themselves are :doc:`08_optimizers`.
