r"""
08 · Momentum, AdaGrad, RMSProp, Adam
=====================================

**Question.** One learning rate must serve a steep direction and a flat one. What can an optimizer
*remember* to do better?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`07_training`: :math:`L = \frac12 c\, w^2`. By which factor does a step of gradient
#     descent multiply :math:`w`? When is this factor negative?
#
# .. dropdown:: Answer
#
#     The factor is :math:`1 - \eta c`. It is negative for :math:`\eta > 1/c`: then :math:`w`
#     changes its sign at every step.
#
# A narrow valley
# ---------------
# :math:`L = \frac12 (20\, u^2 + v^2)` has a curvature of 20 along :math:`u` and of 1 along
# :math:`v`. Because of :math:`u`, gradient descent must keep :math:`\eta` below :math:`2/20`. Then
# it moves only slowly along :math:`v`.
#
# .. admonition:: Predict
#
#     Gradient descent with :math:`\eta = 0.09` changes the sign of :math:`u` at every step, and
#     never the sign of :math:`v`. Momentum uses a running sum of past gradients instead of the last
#     gradient. What happens in the sum to gradients that change their sign? What happens to
#     gradients that keep their sign?

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg
from tinygraph.exercises import check, show


def walk(make_optimizer, steps=60):
    """Return the positions (u, v): the start, then one after every step."""
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
rows = []
for ax, (name, make) in zip(axes, WALKERS.items(), strict=True):
    path = walk(make)
    flips = np.sum(path[1:] * path[:-1] < 0, axis=0)
    first = np.argmax(np.abs(path[:, 1]) < 0.2)
    rows.append([name, *flips, first])
    ax.contour(u, v, 10 * u**2 + 0.5 * v**2, levels=12, colors="#c9ced6", linewidths=0.8)
    ax.plot(path[:, 0], path[:, 1], ".-", color="#0067a3", markersize=3, linewidth=1)
    ax.set(title=name, xlabel="u", xlim=(-1.2, 1.2), ylim=(-1, 2.2))
axes[0].set_ylabel("v")
show(fig)
headers = ["60 steps of", "sign changes of u", "of v", "first step with |v| < 0.2"]
print(tabulate(rows, headers=headers))

# %%
# **Your prediction.** In a sum, gradients with opposite signs cancel. Gradients with the same sign
# add up. So Momentum changes the sign of :math:`u` only every four or five steps. Along :math:`v`
# its steps become longer at first. It reaches :math:`|v| < 0.2` sooner than SGD, although its
# learning rate is more than four times smaller. But the sum does not become 0 at the minimum, so
# Momentum moves past it, along :math:`u` and along :math:`v`.

assert list(rows[0][1:3]) == [60, 0]
assert rows[1][1] < 15
assert 0 < rows[1][3] < rows[0][3]

# %%
# What each optimizer remembers
# -----------------------------
# * **Momentum** keeps a velocity. It is a running sum of past gradients, in which old gradients
#   lose weight.
# * **AdaGrad** keeps the sum of squared gradients and divides by its root. So each weight gets its
#   own learning rate. The sum only grows, so under a constant gradient the steps only shrink.
# * **RMSProp** uses a running mean instead of the sum, so it forgets old gradients.
# * **Adam** keeps a running mean of the gradient and one of its square. It corrects both, because
#   they start at 0.
#
# Each optimizer is a few lines. tinygraph writes them once as mathematics and once as NumPy, in the
# same class:

print(
    tabulate(
        [[line.name, line.code] for line in tg.Adam.lines],
        headers=["Adam computes", "as"],
    )
)

# %%
# The derivations are :doc:`/derivations/10_momentum`, :doc:`/derivations/11_adagrad_rmsprop` and
# :doc:`/derivations/12_adam`.
#
# Why Adam corrects its start
# ---------------------------
# Adam's running mean :math:`m` starts at 0, and each step adds only one tenth of the new gradient.
# After one step, :math:`m` is therefore ten times too small. Dividing by :math:`1 - \beta_1^t`
# corrects this. In this example the gradient is always 1, so the mean should always be 1:

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
    optimizer = make(model.parameters, lr=0.1)
    history = tg.fit(model, optimizer, x=X, t=T, epochs=2000, print_interval=0)
    ax.plot(history.loss, label=make.__name__)
    print(f"{make.__name__:8} last loss {history.loss[-1]:.2g}")
ax.set(xlabel="epoch", ylabel="loss", yscale="log", title="XOR, η = 0.1, one seed")
ax.legend(frameon=False)
show(fig)

# %%
# The optimizer is not part of the graph. It reads the gradients that ``backward`` stores in the
# parameters, and it changes the values of the parameters:

w = tg.Parameter([-1.0, 2.0], name="w")
c = tg.Constant([10.0, 0.5], name="c")
square = tg.Multiply(w, w, name="square")
show(tg.render(tg.Graph(tg.Sum(tg.Multiply(c, square, name="scaled"), name="L"))))

# %%
# **The answer to the question.** An optimizer can remember the direction of past gradients
# (Momentum), their size (AdaGrad, RMSProp), or both (Adam). With the direction, it takes longer
# steps along a constant slope. With the size, it gives every weight its own learning rate.
#
# Exercise
# --------
# A weight is 0, and its gradient is 1000. Adam takes its *first* step, with :math:`\eta = 0.1` and
# the usual :math:`\beta_1 = 0.9`, :math:`\beta_2 = 0.999`. What is the weight after this step?

answer = None
show(check("08", answer))

# %%
# .. dropdown:: Solution
#
#     After one corrected step, :math:`\hat m = g` and :math:`\hat v = g^2`. So :math:`\hat m /
#     \sqrt{\hat v} = 1`: the size of the gradient cancels, and only its sign is left.
#
#     .. code-block:: python
#
#         answer = -0.1
#
# What this leaves out
# --------------------
# This page does not cover weight decay, schedules or second-order methods. Also, a fair comparison
# needs more than one seed and a tuned :math:`\eta` for each optimizer. The lab's report does that.
