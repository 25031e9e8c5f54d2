r"""
07 · Training: gradient descent and the learning rate
=====================================================

**Question.** The gradient tells you in which direction the loss grows. You go the other way. How
*far* should you go?
"""

# %%
# .. admonition:: Remember
#
#     From :doc:`05_mse`: you change the loss from the mean to half of the sum. Why must you change
#     the learning rate too?
#
# .. dropdown:: Answer
#
#     A step is :math:`\eta` times the gradient. The gradient of the half sum is :math:`n/2` times
#     larger, so :math:`\eta` must be :math:`n/2` times smaller.
#
# The rule
# --------
# A step of gradient descent is
#
# .. math:: w \leftarrow w - \eta\, \frac{\partial L}{\partial w} ,
#
# with the learning rate :math:`\eta`. (The usual name is SGD. The S stands for *stochastic*,
# because the gradient often comes from a part of the data.)
#
# To first order, the loss falls by :math:`\eta \lVert \partial L/\partial w \rVert^2`. Here,
# :math:`\lVert \cdot \rVert` is the *Frobenius norm*, so its square is the sum of the squares of
# all elements. A larger :math:`\eta` helps, but this estimate is accurate only for short steps.
#
# A valley in one dimension
# -------------------------
# The loss :math:`L = \frac12 c\, w^2` has the gradient :math:`c\, w`. So one step multiplies
# :math:`w` by :math:`1 - \eta c`, and every step uses the same factor. The number :math:`c` is the
# *curvature*: it tells you how fast the slope changes.
#
# .. admonition:: Predict
#
#     Take :math:`c = 1` and start at :math:`w = 1`. How does :math:`w` move for :math:`\eta = 0.1`?
#     For :math:`\eta = 1`? For 1.9? For 2.1? Sketch four curves.

import matplotlib.pyplot as plt
import numpy as np
from tabulate import tabulate

import tinygraph as tg
from tinygraph.exercises import check, show


def descend(lr, steps=20, curvature=1.0):
    """Return w before the first step and after every step, from w = 1."""
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
show(fig)

# %%
# **Your prediction.** With :math:`\eta = 0.1`, :math:`w` shrinks slowly. With 1, a single step
# reaches the minimum. With 1.9, :math:`w` oscillates but still converges. With 2.1, each
# oscillation is larger than the last one, so :math:`w` diverges.
#
# Descent converges if the factor lies between −1 and 1. The upper limit of :math:`\eta` is
# therefore :math:`2/c`. It depends only on the curvature.
#
# The Lab 2 network
# -----------------
# A network has many directions with many curvatures. A step uses one :math:`\eta` for all of them,
# so the direction with the largest curvature sets the limit. In addition, the curvatures change
# during training.
#
# .. admonition:: Predict
#
#     Below, the lab's network learns its linear data set five times, with :math:`\eta` from 0.01 to
#     100. Which :math:`\eta` ends with the smallest loss? Does its loss fall at every step?

X, T = tg.data.linear(100, rng=0)
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
rows = []
for lr in (0.01, 0.1, 1.0, 10.0, 100.0):
    model = tg.lab2.model(rng=0)
    optimizer = tg.SGD(model.parameters, lr=lr)
    history = tg.fit(model, optimizer, x=X, t=T, epochs=1500, print_interval=0)
    loss = np.array(history.loss)
    rows.append([lr, loss[-1], np.sum(np.diff(loss) > 0)])
    ax.plot(loss, label=f"η = {lr:g}")
ax.set(xlabel="epoch", ylabel="loss", yscale="log")
ax.legend(ncols=3, frameon=False)
show(fig)
headers = ["η", "last loss", "epochs in which the loss rose"]
print(tabulate(rows, headers=headers, floatfmt=".3g"))

# %%
# **Your prediction.** :math:`\eta = 10` ends with the smallest loss, although its loss rose in more
# than a third of the epochs. The valley model with its constant :math:`c` does not explain this.
# There, an :math:`\eta` above the limit makes every step worse than the last. In a network, the
# curvature changes with the weights. After a step that is too long, the curvature may be smaller,
# and the same :math:`\eta` may be small enough. You cannot rely on this, as :math:`\eta = 100`
# shows.

assert min(rows, key=lambda row: row[1])[0] == 10
assert rows[3][2] > 500

# %%
# Here is the network after training with :math:`\eta = 100`. Its first steps made the weights so
# large that the output is almost 0 for every sample. There, the sigmoid has almost no slope, so
# almost no gradient passes. Training is stuck:

model.forward(x=X, t=T)
model.backward()
output = model["layer3/h"].value
largest = max(np.abs(p.grad).max() for p in model.parameters)
print(f"largest output: {output.max():.1e}")
print(f"largest element of any gradient: {largest:.1e}")
assert largest < 1e-3
show(tg.render(model, gradients=True, around="layer3/h"))

# %%
# Now it is your turn. Here is the same network, with a learning rate that you can change during the
# training.

page = tg.playground(
    lambda rng: tg.lab2.model(rng=rng),
    lambda parameters: tg.SGD(parameters, lr=0.1),
    x=X,
    t=T,
    title="Find a learning rate",
    task={
        "text": "Find a learning rate at which the loss falls below 0.01 within 450 epochs. "
        "Press Reset to start a new run.",
        "goal": {"loss below": 0.01, "epochs at most": 450},
        "locked": [
            *("data", "noise", "points", "activation", "optimizer", "batch size", "L2"),
            "training data",
        ],
        "done": "A rate ten times smaller is too slow. With a rate ten times larger, training "
        "gets stuck.",
    },
)
show(page)

# %%
# **The answer to the question.** Go as far as the curvature allows. Below :math:`1/c` a larger
# :math:`\eta` is faster, and above :math:`2/c` descent diverges. You do not know the curvatures of
# a network. So try several values of :math:`\eta`, each ten times the last one, and compare the
# curves.
#
# Exercise
# --------
# A loss has two parameters: :math:`L = 3 (u - 1)^2 + \frac12 v^2`. Gradient descent starts at
# :math:`u = v = 5`. What is the smallest :math:`\eta` for which it does *not* converge? You can
# type a fraction as text, such as ``"5/7"``.

answer = None
show(check("07", answer))

# %%
# .. dropdown:: Solution
#
#     The gradient along :math:`u` is :math:`6 (u - 1)`, so the curvature is 6. One step multiplies
#     :math:`u - 1` by :math:`1 - 6 \eta`. This factor is −1 at :math:`\eta = 2/6`: then :math:`u`
#     jumps from 5 to −3 and back forever. Along :math:`v`, the limit is 2, so :math:`u` diverges
#     first.
#
#     .. code-block:: python
#
#         answer = 2 / 6
#
# What this leaves out
# --------------------
# We have not discussed mini-batches or learning-rate schedules. Also, one seed is not an
# experiment: another starting point gives a different curve. The lab's report (``tinygraph lab2
# report``) runs every experiment with many seeds. Steps that adapt to the gradients are next:
# :doc:`08_optimizers`.
